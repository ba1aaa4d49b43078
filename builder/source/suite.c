/* SPDX-License-Identifier: ISC */
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/error.h"
#include "lib/io.h"
#include "lib/strlist.h"
#include "apt.h"
#include "control.h"
#include "gpg.h"
#include "builder/base/process.h"
#include "builder/base/say.h"
#include "builder/store/store.h"
#include "builder/base/xalloc.h"

#define INRELEASE_MAX (16 << 20)

char *
stanza_field(const char *text, size_t size, const char *field, const char *what)
{
	struct control_value value;
	struct error e;

	if (control_field(text, size, field, &value, what, &e) < 0)
		die("%s", e.text);
	return xasprintf("%.*s", (int)value.size, value.text);
}

static bool
has_field(const struct suite *suite, const char *field, struct control_value *value)
{
	struct error e;
	int rc = control_field(suite->text, suite->size, field, value, "InRelease", &e);

	if (rc < 0 && rc != -ENOENT)
		die("%s: %s", suite->name, e.text);
	return rc == 0;
}

/* "Sat, 12 Sep 2026 07:55:41 UTC", as Debian's archive writes it. */
static int64_t
read_date(const struct suite *suite, const struct control_value *value)
{
	char *text = xasprintf("%.*s", (int)value->size, value->text);
	struct tm tm = {0};
	const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S", &tm);

	if (!end || (strcmp(end, " UTC") != 0 && strcmp(end, " GMT") != 0 &&
			    strcmp(end, " +0000") != 0))
		die("%s: InRelease: \"%s\" is not a date in UTC", suite->name, text);
	free(text);
	return timegm(&tm);
}

static const char *
day(int64_t seconds)
{
	static char text[32];
	time_t t = (time_t)seconds;
	struct tm tm;

	strftime(text, sizeof text, "%Y-%m-%d", gmtime_r(&t, &tm));
	return text;
}

/* An old InRelease is how a mirror would hide a security update: it is not taken. */
static void
check_dates(struct suite *suite)
{
	struct control_value value;
	int64_t now = time(NULL);

	if (!has_field(suite, "Date", &value))
		die("%s: InRelease has no Date", suite->name);
	suite->date = read_date(suite, &value);
	if (suite->date > now + 86400)
		die("%s: InRelease is dated %s, after this host's clock: set the clock",
			suite->name, day(suite->date));
	if (has_field(suite, "Valid-Until", &value)) {
		int64_t until = read_date(suite, &value);

		if (until < now)
			die("%s: InRelease expired on %s: the mirror is out of date, choose another with --mirror",
				suite->name, day(until));
	}
}

static void
check_name(const struct suite *suite)
{
	struct control_value codename = {"", 0}, alias = {"", 0};
	size_t length = strlen(suite->name);

	has_field(suite, "Codename", &codename);
	has_field(suite, "Suite", &alias);
	if (!(codename.size == length &&
		    memcmp(codename.text, suite->name, length) == 0) &&
		!(alias.size == length && memcmp(alias.text, suite->name, length) == 0))
		die("%s: the mirror's InRelease is that of another suite: %.*s",
			suite->name, (int)codename.size, codename.text);
}

/* One good signature is enough, as keys change hands; one bad one means the bytes were
 * changed. */
static void
check_signers(struct suite *suite, const char *plain)
{
	struct gpg_result result;
	struct strlist good = {0};
	struct error e;

	if (gpg_verify(&result, suite->keyring, suite->inrelease, plain, &e) < 0)
		die("%s: InRelease: %s", suite->name, e.text);
	for (size_t i = 0; i < result.count; i++) {
		const struct gpg_signature *s = &result.signature[i];

		if (s->status == GPG_BAD)
			die("%s: InRelease: the signature by %s does not match: it was changed after it was signed, choose another --mirror",
				suite->name, s->fingerprint);
		if (s->status == GPG_GOOD && !strlist_has(&good, s->primary) &&
			strlist_add(&good, s->primary) < 0)
			die("out of memory");
	}
	if (good.count == 0)
		die("%s: InRelease: signed by %s (%s), no good signature by a key of %s: update debian-archive-keyring",
			suite->name, result.signature[0].fingerprint,
			gpg_status_name(result.signature[0].status), suite->keyring);
	strlist_sort(&good);
	suite->signers = xstrdup(good.item[0]);
	for (size_t i = 1; i < good.count; i++) {
		char *longer = xasprintf("%s %s", suite->signers, good.item[i]);

		free(suite->signers);
		suite->signers = longer;
	}
	strlist_free(&good);
}

static void
download(const struct suite *suite, const char *path, const char *to, const char *sha256)
{
	char *mirror = apt_mirror();
	char *below = xasprintf("dists/%s/%s", suite->name, path);
	struct apt_file file = {apt_uri(mirror, below), xstrdup(to), sha256};
	struct error e;

	if (apt_download(&file, 1, &e) < 0)
		die("%s: %s: see that the network and the mirror are there, or give --mirror URI",
			suite->name, e.text);
	free(mirror);
	free(below);
	free(file.uri);
	free(file.path);
}

static void
read_inrelease(struct suite *suite)
{
	char *dir = store_work("suite"), *plain = xasprintf("%s/Release", dir), *bytes;
	struct error e;
	size_t size;

	suite->inrelease = xasprintf("%s/InRelease", dir);
	download(suite, "InRelease", suite->inrelease, NULL);
	if (io_read_file(AT_FDCWD, suite->inrelease, INRELEASE_MAX, &bytes, &size, &e) <
		0)
		die("%s", e.text);
	sha256_hex(bytes, size, suite->sha256);
	free(bytes);
	check_signers(suite, plain);
	if (io_read_file(AT_FDCWD, plain, INRELEASE_MAX, &suite->text, &suite->size, &e) <
		0)
		die("%s", e.text);
	check_name(suite);
	check_dates(suite);
	free(dir);
	free(plain);
}

const struct suite *
suite_open(const char *name, const char *keyring)
{
	static struct suite **opened;
	static size_t count;
	struct suite *suite;

	if (!keyring)
		keyring = SUITE_KEYRING;
	for (size_t i = 0; i < count; i++)
		if (strcmp(opened[i]->name, name) == 0 &&
			strcmp(opened[i]->keyring, keyring) == 0)
			return opened[i];
	suite = xcalloc(1, sizeof *suite);
	suite->name = xstrdup(name);
	suite->keyring = xstrdup(keyring);
	read_inrelease(suite);
	opened = xrealloc(opened, count + 1, sizeof(struct suite *));
	opened[count++] = suite;
	return suite;
}

/* The first of NAME.xz, NAME.gz, NAME that InRelease lists. */
static bool
find_entry(const struct suite *suite, const char *name, char **entry,
	char sha256[SHA256_HEX])
{
	static const char *const suffixes[] = {".xz", ".gz", ""};
	struct control_value list;
	struct control_file file;
	struct error e;
	int rc;

	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		char *want = xasprintf("%s%s", name, suffixes[i]);

		if (!has_field(suite, "SHA256", &list))
			die("%s: InRelease lists no SHA256", suite->name);
		while ((rc = control_next_file(&list, &file, "InRelease", &e)) > 0)
			if (file.name_size == strlen(want) &&
				memcmp(file.name, want, file.name_size) == 0) {
				memcpy(sha256, file.sha256, SHA256_HEX);
				*entry = want;
				return true;
			}
		if (rc < 0)
			die("%s: %s", suite->name, e.text);
		free(want);
	}
	return false;
}

char *
suite_index(const struct suite *suite, const char *name, char **entry,
	char sha256[SHA256_HEX])
{
	struct control_value by_hash;
	char *path, *to, *from, *dir;

	if (!find_entry(suite, name, entry, sha256))
		die("%s: InRelease lists no %s", suite->name, name);
	if (store_blob(sha256, &path))
		return path;
	/* By hash: an index that is replaced meanwhile does not break the chain. */
	if (has_field(suite, "Acquire-By-Hash", &by_hash) && by_hash.size == 3)
		from = xasprintf("%.*s/by-hash/SHA256/%s",
			(int)(strrchr(*entry, '/') - *entry), *entry, sha256);
	else
		from = xstrdup(*entry);
	dir = store_work("index");
	to = xasprintf("%s/index", dir);
	download(suite, from, to, sha256);
	store_add_blob(to, sha256);
	if (!store_blob(sha256, &path))
		die("%s: %s is not in the store", suite->name, *entry);
	free(from);
	free(to);
	free(dir);
	return path;
}

int
suite_compare_versions(const char *a, const char *b)
{
	const char *const less[] = {"dpkg", "--compare-versions", a, "lt", b, NULL};
	const char *const equal[] = {"dpkg", "--compare-versions", a, "eq", b, NULL};
	struct error e;
	int rc = process_run(equal, NULL, -1, -1, &e);

	if (rc == 1)
		rc = process_run(less, NULL, -1, -1, &e) == 0 ? -1 : 1;
	else if (rc != 0)
		die("dpkg cannot compare the versions %s and %s", a, b);
	return rc;
}
