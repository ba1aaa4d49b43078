/* SPDX-License-Identifier: ISC */
#include "prove.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "lib/io.h"
#include "lib/strlist.h"
#include "apt.h"
#include "control.h"
#include "keyring.h"
#include "builder/base/say.h"
#include "builder/store/store.h"
#include "suite.h"
#include "builder/base/xalloc.h"

#define DSC_MAX (1 << 20)

void
prove_archive(const struct suite *suite, const char *index, const char *index_sha256,
	struct lock_archive *archive)
{
	archive->suite = xstrdup(suite->name);
	memcpy(archive->inrelease_sha256, suite->sha256, SHA256_HEX);
	archive->date = suite->date;
	archive->signers = xstrdup(suite->signers);
	archive->index = xstrdup(index);
	memcpy(archive->index_sha256, index_sha256, SHA256_HEX);
}

static int
by_name(const void *a, const void *b)
{
	const struct lock_file *left = a, *right = b;

	return strcmp(left->name, right->name);
}

/* The files of a Checksums-Sha256, sorted by name. */
static size_t
read_checksums(const char *text, size_t size, const char *what, struct lock_file **files)
{
	struct control_value list;
	struct control_file file;
	struct error e;
	size_t count = 0;
	int rc;

	*files = NULL;
	if (control_field(text, size, "Checksums-Sha256", &list, what, &e) < 0)
		die("%s", e.text);
	while ((rc = control_next_file(&list, &file, what, &e)) > 0) {
		if (memchr(file.name, '/', file.name_size))
			die("%s: %.*s: a file's name has no folders", what,
				(int)file.name_size, file.name);
		*files = xrealloc(*files, count + 1, sizeof **files);
		(*files)[count].name = xasprintf("%.*s", (int)file.name_size, file.name);
		memcpy((*files)[count].sha256, file.sha256, SHA256_HEX);
		(*files)[count++].size = file.size;
	}
	if (rc < 0)
		die("%s", e.text);
	if (count)
		qsort(*files, count, sizeof **files, by_name);
	return count;
}

static void
free_files(struct lock_file *files, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(files[i].name);
	free(files);
}

static bool
is_dsc(const char *name)
{
	size_t length = strlen(name);

	return length > 4 && strcmp(name + length - 4, ".dsc") == 0;
}

/* The index and the .dsc must tell of the same files; the .dsc itself is the index's
 * alone. */
static void
compare_files(const struct lock *lock, const struct lock_file *indexed, size_t count)
{
	size_t matched = 0;

	for (size_t i = 0; i < count; i++) {
		const struct lock_file *file = lock_find(lock, indexed[i].name);

		if (is_dsc(indexed[i].name))
			continue;
		if (!file || strcmp(file->sha256, indexed[i].sha256) != 0)
			die("%s: %s: the index and the signed .dsc do not agree on it",
				lock->dsc.name, indexed[i].name);
		matched++;
	}
	if (matched != lock->count)
		die("%s: names files that the index does not have", lock->dsc.name);
}

static void
take_dsc(struct lock *lock, const struct lock_file *indexed, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_dsc(indexed[i].name)) {
			if (lock->dsc.name)
				die("%s: the index has two .dsc files", lock->package);
			lock->dsc = indexed[i];
			lock->dsc.name = xstrdup(indexed[i].name);
		}
	if (!lock->dsc.name)
		die("%s: the index has no .dsc", lock->package);
}

static char *
download_dsc(const struct proof *proof, const struct lock *lock, const char *dir)
{
	char *mirror = apt_mirror();
	char *below = xasprintf("%s/%s", lock->directory, lock->dsc.name);
	struct apt_file file = {
		apt_uri(mirror, below), xasprintf("%s/dsc", dir), lock->dsc.sha256};
	struct error e;
	int rc = apt_download(&file, 1, &e);

	if (rc == -EBADMSG)
		die("%s: %s: is not the file that the signed index names: it was changed: choose another --mirror",
			proof->origin, lock->dsc.name);
	if (rc < 0)
		die("%s: %s: see that the network and the mirror are there, or give --mirror URI",
			proof->origin, e.text);
	free(mirror);
	free(below);
	free(file.uri);
	return file.path;
}

/* Why a signature is not enough. */
static const char *
reason(const struct gpg_signature *s)
{
	switch (s->status) {
	case GPG_NO_KEY:
		return "by a key that no keyring holds";
	case GPG_KEY_REVOKED:
		return "by a key that has been revoked";
	case GPG_KEY_EXPIRED:
		return "by a key that had expired when it signed";
	case GPG_SIGNATURE_EXPIRED:
		return "with a signature that has expired";
	case GPG_GOOD:
	case GPG_BAD:
		break;
	}
	return "with a bad signature";
}

static void
judge(const struct proof *proof, struct lock *lock)
{
	const struct gpg_signature *s = &lock->signature;
	const char *known = s->primary[0] ? s->primary : s->fingerprint;

	if (s->status == GPG_BAD)
		die("%s: %s: the signature by %s does not match: it was changed after it was signed",
			proof->origin, lock->dsc.name, s->fingerprint);
	if (lock_trusts(s))
		return;
	if (strlist_has(proof->accepted, s->fingerprint))
		lock->accepted = xstrdup(s->fingerprint);
	else if (s->primary[0] && strlist_has(proof->accepted, s->primary))
		lock->accepted = xstrdup(s->primary);
	else
		die("%s: %s: signed %s (%s, %s): if you trust it all the same, `ingot lock --accept-signer %s %s`, which the lock and every record will say",
			proof->origin, lock->dsc.name, reason(s), s->fingerprint,
			gpg_status_name(s->status), known, proof->name);
	warn("%s: %s: signed %s: taken because of --accept-signer %s", proof->origin,
		lock->dsc.name, reason(s), lock->accepted);
}

/* A uid is shown to people and stands in the lock: no control characters, no comment
 * sign. */
static void
clean_uid(char *uid)
{
	for (char *c = uid; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f || *c == ';')
			*c = ' ';
	/* What was cut in the middle of a character must not stay. */
	for (size_t length = strlen(uid);
		length && (uid[length - 1] & 0x80) &&
		strlen(uid) >= sizeof(((struct gpg_signature *)0)->uid) - 1;)
		uid[--length] = '\0';
}

/* The signature, and the bytes that it covers. */
static char *
verify_dsc(const struct proof *proof, struct lock *lock, const char *dsc, const char *dir,
	size_t *size)
{
	char *plain = xasprintf("%s/signed", dir), *text;
	struct gpg_result result;
	struct error e;
	size_t which;

	if (keyring_verify(proof->keyring, &result, dsc, plain, &which, &e) < 0)
		die("%s: %s: %s", proof->origin, lock->dsc.name, e.text);
	if (result.count != 1)
		die("%s: %s: has %zu signatures, want one", proof->origin, lock->dsc.name,
			result.count);
	lock->signature = result.signature[0];
	clean_uid(lock->signature.uid);
	lock->keyring = xstrdup(proof->keyring->names.item[which]);
	memcpy(lock->keyring_sha256, proof->keyring->sha256[which], SHA256_HEX);
	judge(proof, lock);
	if (io_read_file(AT_FDCWD, plain, DSC_MAX, &text, size, &e) < 0)
		die("%s: %s: %s", proof->origin, lock->dsc.name, e.text);
	free(plain);
	return text;
}

static void
check_field(const struct lock *lock, const char *text, size_t size, const char *field,
	const char *want)
{
	char *value = stanza_field(text, size, field, lock->dsc.name);

	if (strcmp(value, want) != 0)
		die("%s: %s: is \"%s\", the index says \"%s\"", lock->dsc.name, field,
			value, want);
	free(value);
}

static void
prove_dsc(const struct proof *proof, struct lock *lock, const struct lock_file *indexed,
	size_t count)
{
	char *dir = store_work("dsc"), *dsc = download_dsc(proof, lock, dir), *text;
	size_t size;

	text = verify_dsc(proof, lock, dsc, dir, &size);
	check_field(lock, text, size, "Source", lock->package);
	check_field(lock, text, size, "Version", lock->version);
	lock->count = read_checksums(text, size, lock->dsc.name, &lock->file);
	compare_files(lock, indexed, count);
	free(text);
	free(dsc);
	free(dir);
}

bool
prove_source(const struct proof *proof, struct lock *lock)
{
	const struct suite *suite = suite_open(proof->suite, proof->archive_keyring);
	char hash[SHA256_HEX], *entry, *index;
	struct lock_file *indexed;
	struct stanza stanza;
	size_t count;

	memset(lock, 0, sizeof *lock);
	index = suite_index(suite, "main/source/Sources", &entry, hash);
	if (!suite_find(index, proof->package, proof->version, &stanza))
		return false;
	lock->package = xstrdup(proof->package);
	lock->version = xstrdup(stanza.version);
	lock->directory =
		stanza_field(stanza.text, stanza.size, "Directory", proof->package);
	prove_archive(suite, entry, hash, &lock->archive);
	count = read_checksums(stanza.text, stanza.size, proof->package, &indexed);
	take_dsc(lock, indexed, count);
	prove_dsc(proof, lock, indexed, count);
	free_files(indexed, count);
	free(stanza.text);
	free(stanza.version);
	free(index);
	free(entry);
	return true;
}
