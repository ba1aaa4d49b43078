/* SPDX-License-Identifier: ISC */
#include "gpg.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/io.h"
#include "builder/base/process.h"
#include "builder/base/xalloc.h"

#define PREFIX	    "[GNUPG:] "
#define STATUS_MAX  (1 << 20)
#define STATUS_LINE 2048
#define FIELDS	    16

/* The signature being read, and what has been said of it so far. */
struct reader {
	struct gpg_result *result;
	struct gpg_signature *now; /* NULL before the first NEWSIG */
	bool verdict, valid; /* its verdict, its VALIDSIG were seen */
	uint64_t expires; /* earliest KEYEXPIRED, 0: none */
	struct error *e;
};

static int
hex_field(const char *field, char *to, size_t room)
{
	size_t length = strlen(field);

	if (length < 16 || length >= room || strspn(field, "0123456789ABCDEF") != length)
		return -EBADMSG;
	memcpy(to, field, length + 1);
	return 0;
}

static int
time_field(const char *field, uint64_t *seconds)
{
	char *end;

	/* gpgv may write ISO times for dates after 2106; no such signature is taken. */
	if (!isdigit((unsigned char)field[0]) || strlen(field) > 10)
		return -EBADMSG;
	*seconds = strtoull(field, &end, 10);
	return *end ? -EBADMSG : 0;
}

/* What must be known once all lines of one signature are read. */
static int
finish_signature(struct reader *r)
{
	struct gpg_signature *s = r->now;
	bool verified;

	if (!s)
		return 0;
	if (!r->verdict)
		return error_set(r->e, EBADMSG, "gpgv gave no verdict on a signature");
	verified = s->status != GPG_NO_KEY && s->status != GPG_BAD;
	if (verified != r->valid)
		return error_set(r->e, EBADMSG, "gpgv said %s but VALIDSIG is %s",
			gpg_status_name(s->status), r->valid ? "there" : "missing");
	/*
	 * KEYEXPIRED comes for the signing key and for the primary key above it; the
	 * earliest decides. A revoked key says nothing sure about any time.
	 */
	s->valid_at_signing = s->status == GPG_GOOD ||
			      s->status == GPG_SIGNATURE_EXPIRED ||
			      (s->status == GPG_KEY_EXPIRED && r->expires &&
				      (uint64_t)s->time < r->expires);
	r->now = NULL;
	return 0;
}

static int
begin_signature(struct reader *r)
{
	int rc = finish_signature(r);

	if (rc < 0)
		return rc;
	if (r->result->count == GPG_SIGNATURES)
		return error_set(
			r->e, EBADMSG, "more than %d signatures", GPG_SIGNATURES);
	r->now = &r->result->signature[r->result->count++];
	memset(r->now, 0, sizeof *r->now);
	r->verdict = r->valid = false;
	r->expires = 0;
	return 0;
}

static int
malformed(struct reader *r, const char *keyword)
{
	return error_set(r->e, EBADMSG, "gpgv's %s line is not as documented", keyword);
}

/* The signature it is of; NULL where it is out of place. */
static struct gpg_signature *
set_verdict(struct reader *r, const char *keyword, enum gpg_status status)
{
	if (!r->now) {
		error_set(r->e, EBADMSG, "gpgv's %s comes before NEWSIG", keyword);
		return NULL;
	}
	if (r->verdict) {
		error_set(r->e, EBADMSG, "gpgv gave two verdicts on a signature");
		return NULL;
	}
	r->verdict = true;
	r->now->status = status;
	return r->now;
}

/* GOODSIG and its kin: KEYID UID, the rest of the line. */
static int
read_verdict(
	struct reader *r, const char *keyword, enum gpg_status status, const char *rest)
{
	char key[GPG_FINGERPRINT];
	const char *blank = strchr(rest, ' ');
	size_t length = blank ? (size_t)(blank - rest) : strlen(rest);
	struct gpg_signature *s = set_verdict(r, keyword, status);

	if (!s)
		return -EBADMSG;
	if (length >= sizeof key || r->valid)
		return malformed(r, keyword);
	memcpy(key, rest, length);
	key[length] = '\0';
	if (hex_field(key, s->fingerprint, sizeof s->fingerprint) < 0)
		return malformed(r, keyword);
	if (blank)
		/* A uid longer than the room is cut: it is for people only. */
		strncat(r->now->uid, blank + 1, sizeof r->now->uid - 1);
	return 0;
}

static size_t
split(char *rest, char *field[FIELDS])
{
	size_t count = 0;
	char *save = NULL;

	for (char *f = strtok_r(rest, " ", &save); f && count < FIELDS;
		f = strtok_r(NULL, " ", &save))
		field[count++] = f;
	return count;
}

/* GOODSIG has a key id, which is how a version 4 fingerprint ends, or the fingerprint
 * itself. */
static bool
ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return tail <= length && strcmp(text + length - tail, end) == 0;
}

/* VALIDSIG FINGERPRINT DATE TIME EXPIRES VERSION RESERVED PKALGO HASH CLASS PRIMARY */
static int
read_valid(struct reader *r, char *rest)
{
	char *field[FIELDS], key[GPG_FINGERPRINT];
	uint64_t seconds;

	if (!r->now || r->valid || !r->verdict)
		return error_set(r->e, EBADMSG, "gpgv's VALIDSIG is out of place");
	memcpy(key, r->now->fingerprint, sizeof key);
	if (split(rest, field) != 10 || time_field(field[2], &seconds) < 0 ||
		hex_field(field[0], r->now->fingerprint, GPG_FINGERPRINT) < 0 ||
		hex_field(field[9], r->now->primary, GPG_FINGERPRINT) < 0)
		return malformed(r, "VALIDSIG");
	if (!ends_with(r->now->fingerprint, key))
		return error_set(r->e, EBADMSG,
			"gpgv names the keys %s and %s for one signature", key,
			r->now->fingerprint);
	/* 00 binary and 01 text documents; a key's own signatures are no statement on a
	 * file. */
	if (strcmp(field[8], "00") != 0 && strcmp(field[8], "01") != 0)
		return error_set(r->e, EBADMSG,
			"signature of class %s is not one of a document", field[8]);
	r->now->time = (int64_t)seconds;
	r->valid = true;
	return 0;
}

/* ERRSIG KEYID PKALGO HASH CLASS TIME RC [FINGERPRINT] */
static int
read_error(struct reader *r, char *rest)
{
	char *field[FIELDS];
	size_t count = split(rest, field);
	struct gpg_signature *s;
	uint64_t seconds;

	if (count < 6 || time_field(field[4], &seconds) < 0)
		return malformed(r, "ERRSIG");
	/* 9: no public key; 4 an unknown algorithm, 5 a refused digest, others likewise.
	 */
	s = set_verdict(r, "ERRSIG", strcmp(field[5], "9") == 0 ? GPG_NO_KEY : GPG_BAD);
	if (!s)
		return -EBADMSG;
	if (count < 7 || strcmp(field[6], "-") == 0)
		field[6] = field[0];
	if (hex_field(field[6], s->fingerprint, GPG_FINGERPRINT) < 0)
		return malformed(r, "ERRSIG");
	s->time = (int64_t)seconds;
	return 0;
}

static int
read_expired(struct reader *r, const char *rest)
{
	uint64_t seconds;

	if (time_field(rest, &seconds) < 0)
		return malformed(r, "KEYEXPIRED");
	if (seconds && (!r->expires || seconds < r->expires))
		r->expires = seconds;
	return 0;
}

static int
read_line(struct reader *r, char *line)
{
	static const struct {
		const char *keyword;
		enum gpg_status status;
	} verdicts[] = {
		{"GOODSIG", GPG_GOOD},
		{"EXPSIG", GPG_SIGNATURE_EXPIRED},
		{"EXPKEYSIG", GPG_KEY_EXPIRED},
		{"REVKEYSIG", GPG_KEY_REVOKED},
		{"BADSIG", GPG_BAD},
	};
	char *keyword, *rest;

	if (strncmp(line, PREFIX, strlen(PREFIX)) != 0)
		return error_set(
			r->e, EBADMSG, "gpgv's status has a line without its prefix");
	keyword = line + strlen(PREFIX);
	rest = strchr(keyword, ' ');
	if (rest)
		*rest++ = '\0';
	else
		rest = keyword + strlen(keyword);
	for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++)
		if (strcmp(keyword, verdicts[i].keyword) == 0)
			return read_verdict(r, keyword, verdicts[i].status, rest);
	if (strcmp(keyword, "NEWSIG") == 0)
		return begin_signature(r);
	if (strcmp(keyword, "VALIDSIG") == 0)
		return read_valid(r, rest);
	if (strcmp(keyword, "ERRSIG") == 0)
		return read_error(r, rest);
	if (strcmp(keyword, "KEYEXPIRED") == 0)
		return read_expired(r, rest);
	/* Two signed texts in one file, or one around another: which was meant is not
	 * known. */
	if (strcmp(keyword, "UNEXPECTED") == 0 || strcmp(keyword, "ERROR") == 0)
		return error_set(
			r->e, EBADMSG, "not exactly one signed text (gpgv: %s)", rest);
	return 0;
}

int
gpg_parse(struct gpg_result *result, const char *text, size_t size, struct error *e)
{
	struct reader r = {.result = result, .e = e};
	char line[STATUS_LINE];

	memset(result, 0, sizeof *result);
	while (size) {
		const char *end = memchr(text, '\n', size);
		size_t length = end ? (size_t)(end - text) : 0;
		int rc;

		if (!end || length >= sizeof line || memchr(text, '\0', length))
			return error_set(
				e, EBADMSG, "gpgv's status is not lines of text");
		memcpy(line, text, length);
		line[length] = '\0';
		rc = read_line(&r, line);
		if (rc < 0)
			return rc;
		text += length + 1;
		size -= length + 1;
	}
	return finish_signature(&r);
}

/* gpgv's exit status; its status lines go to out_fd, what it tells people nowhere. */
static int
run_gpgv(const char *keyring, const char *file, const char *plain, int out_fd,
	struct error *e)
{
	/* gpgv takes a name without a slash for one in its home folder. */
	char *ring = realpath(keyring, NULL);
	int rc, null_fd;

	if (!ring)
		return error_set(e, errno, "%s: %s", keyring, strerror(errno));
	if (access(file, R_OK) < 0) {
		free(ring);
		return error_set(e, errno, "%s: %s", file, strerror(errno));
	}
	null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	const char *const argv[] = {"gpgv", "--status-fd", "1", "--keyring", ring,
		"--output", plain ? plain : "/dev/null", "--", file, NULL};
	rc = process_run(argv, NULL, out_fd, null_fd, e);
	close(null_fd);
	free(ring);
	/* 1 a bad signature, 2 a missing key and others: the lines say which. */
	if (rc > 2)
		rc = error_set(e, EIO, "gpgv ended with status %d on %s", rc, file);
	return rc;
}

int
gpg_verify(struct gpg_result *result, const char *keyring, const char *file,
	const char *plain, struct error *e)
{
	int fd = memfd_create("gpgv", MFD_CLOEXEC);
	struct stat st;
	char *text;
	int rc;

	if (fd < 0)
		return error_set(e, errno, "memfd: %s", strerror(errno));
	rc = run_gpgv(keyring, file, plain, fd, e);
	if (rc >= 0 && (fstat(fd, &st) < 0 || st.st_size > STATUS_MAX))
		rc = error_set(e, EFBIG, "gpgv said too much on %s", file);
	if (rc >= 0) {
		text = xmalloc((size_t)st.st_size + 1);
		if (lseek(fd, 0, SEEK_SET) < 0 ||
			io_read_full(fd, text, (size_t)st.st_size) < 0)
			rc = error_set(e, EIO, "gpgv's status cannot be read");
		else
			rc = gpg_parse(result, text, (size_t)st.st_size, e);
		free(text);
	}
	close(fd);
	if (rc == 0 && result->count == 0)
		rc = error_set(e, EBADMSG, "holds no OpenPGP signature");
	return rc;
}

static const char *const names[] = {
	[GPG_GOOD] = "good",
	[GPG_KEY_EXPIRED] = "key-expired",
	[GPG_SIGNATURE_EXPIRED] = "signature-expired",
	[GPG_KEY_REVOKED] = "key-revoked",
	[GPG_NO_KEY] = "no-key",
	[GPG_BAD] = "bad",
};

const char *
gpg_status_name(enum gpg_status status)
{
	return names[status];
}

int
gpg_status_parse(const char *name, enum gpg_status *status)
{
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(name, names[i]) == 0) {
			*status = (enum gpg_status)i;
			return 0;
		}
	return -EINVAL;
}
