/* SPDX-License-Identifier: ISC */
#include "lock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "lib/ini.h"
#include "lib/strlist.h"
#include "builder/read/recipe.h"
#include "builder/base/xalloc.h"

#define FILES_MAX 64

static int
parse_fingerprint(struct ini *ini, const char *key, char to[GPG_FINGERPRINT],
	bool may_lack, struct error *e)
{
	struct ini_entry *entry =
		may_lack ? ini_get(ini, "dsc", key) : ini_need(ini, "dsc", key, e);
	size_t length;

	if (!entry)
		return may_lack ? 0 : -EINVAL;
	length = strlen(entry->value);
	if (length < 16 || length >= GPG_FINGERPRINT ||
		strspn(entry->value, "0123456789ABCDEF") != length)
		return ini_bad(ini, entry, e, "want a key's fingerprint, got \"%.80s\"",
			entry->value);
	memcpy(to, entry->value, length + 1);
	return 0;
}

bool
lock_trusts(const struct gpg_signature *signature)
{
	return signature->valid_at_signing &&
	       (signature->status == GPG_GOOD || signature->status == GPG_KEY_EXPIRED);
}

static int
parse_accepted(struct lock *lock, struct ini *ini, const struct ini_entry *status,
	struct error *e)
{
	struct ini_entry *entry = ini_get(ini, "dsc", "accepted");
	const struct gpg_signature *s = &lock->signature;

	if (lock_trusts(s) && entry)
		return ini_bad(ini, entry, e, "the signature needs no acceptance");
	if (lock_trusts(s))
		return 0;
	if (!entry)
		return ini_bad(ini, status, e,
			"the signature was not accepted: see --accept-signer in ingot(1)");
	if (strcmp(entry->value, s->fingerprint) != 0 &&
		strcmp(entry->value, s->primary) != 0)
		return ini_bad(ini, entry, e, "is not the signer %s", s->fingerprint);
	lock->accepted = xstrdup(entry->value);
	return 0;
}

static int
parse_signature(struct lock *lock, struct ini *ini, struct error *e)
{
	struct gpg_signature *s = &lock->signature;
	struct ini_entry *entry, *status;
	int rc = parse_fingerprint(ini, "signer", s->fingerprint, false, e);

	if (rc == 0)
		rc = parse_fingerprint(ini, "key-primary", s->primary, true, e);
	if (rc < 0)
		return rc;
	if (!(entry = ini_need(ini, "dsc", "signed", e)))
		return -EINVAL;
	rc = ini_time(ini, entry, &s->time, e);
	if (rc < 0)
		return rc;
	if (!(status = ini_need(ini, "dsc", "status", e)))
		return -EINVAL;
	if (gpg_status_parse(status->value, &s->status) < 0 || s->status == GPG_BAD)
		return ini_bad(
			ini, status, e, "no such status: \"%.40s\"", status->value);
	if (!(entry = ini_need(ini, "dsc", "valid-at-signing", e)))
		return -EINVAL;
	rc = ini_bool(ini, entry, &s->valid_at_signing, e);
	if (rc < 0)
		return rc;
	if ((entry = ini_get(ini, "dsc", "uid")))
		strncat(s->uid, entry->value, sizeof s->uid - 1);
	return parse_accepted(lock, ini, status, e);
}

static int
parse_dsc(struct lock *lock, struct ini *ini, struct error *e)
{
	struct ini_entry *entry;
	int rc = lock_need_text(ini, "dsc", "file", &lock->dsc.name, e);

	if (rc == 0)
		rc = lock_need_hash(ini, "dsc", "sha256", lock->dsc.sha256, e);
	if (rc == 0)
		rc = (entry = ini_need(ini, "dsc", "size", e)) ? 0 : -EINVAL;
	if (rc == 0)
		rc = ini_count(ini, entry, UINT32_MAX, &lock->dsc.size, e);
	if (rc == 0)
		rc = parse_signature(lock, ini, e);
	if (rc == 0)
		rc = lock_need_text(ini, "dsc", "keyring", &lock->keyring, e);
	if (rc == 0)
		rc = lock_need_hash(
			ini, "dsc", "keyring-sha256", lock->keyring_sha256, e);
	return rc;
}

/* NAME = SHA256 SIZE */
static int
parse_file(struct lock *lock, struct ini *ini, struct ini_entry *entry, struct error *e)
{
	struct lock_file *file = &lock->file[lock->count];
	const char *size = strchr(entry->value, ' ');
	char *end;

	if (lock->count == FILES_MAX)
		return ini_bad(ini, entry, e, "more than %d files", FILES_MAX);
	if (!size || size - entry->value != SHA256_HEX - 1 || strlen(size + 1) > 18 ||
		strspn(size + 1, "0123456789") != strlen(size + 1) || !size[1])
		return ini_bad(ini, entry, e, "want SHA-256 and size");
	memcpy(file->sha256, entry->value, SHA256_HEX - 1);
	file->sha256[SHA256_HEX - 1] = '\0';
	if (sha256_check_hex(file->sha256) < 0)
		return ini_bad(ini, entry, e, "want a SHA-256 of 64 hex digits");
	if (strchr(entry->key, '/'))
		return ini_bad(ini, entry, e, "want a file's name without folders");
	file->size = strtoull(size + 1, &end, 10);
	file->name = xstrdup(entry->key);
	lock->count++;
	return 0;
}

static int
parse_files(struct lock *lock, struct ini *ini, struct error *e)
{
	lock->file = xcalloc(FILES_MAX, sizeof *lock->file);
	for (size_t i = 0; i < ini->count; i++) {
		struct ini_entry *entry = &ini->entry[i];
		int rc;

		if (strcmp(entry->section, "files") != 0)
			continue;
		entry->used = true;
		rc = parse_file(lock, ini, entry, e);
		if (rc < 0)
			return rc;
	}
	if (lock->count == 0)
		return error_set(e, EINVAL, "%s: [files]: names no file", ini->file);
	return 0;
}

static int
parse_all(struct lock *lock, struct ini *ini, struct error *e)
{
	static const char *const sections[] = {
		"source", "inrelease", "index", "dsc", "files", NULL};
	int rc = lock_need_text(ini, "source", "package", &lock->package, e);

	if (rc == 0)
		rc = lock_need_text(ini, "source", "version", &lock->version, e);
	if (rc == 0)
		rc = lock_need_text(ini, "source", "directory", &lock->directory, e);
	if (rc == 0)
		rc = lock_archive_parse(&lock->archive, ini, e);
	if (rc == 0)
		rc = parse_dsc(lock, ini, e);
	if (rc == 0)
		rc = parse_files(lock, ini, e);
	if (rc == 0)
		rc = ini_finish(ini, sections, e);
	return rc;
}

int
lock_read(struct lock *lock, const char *path, struct error *e)
{
	struct ini ini;
	int rc;

	memset(lock, 0, sizeof *lock);
	rc = ini_read(&ini, path, e);
	if (rc == 0)
		rc = parse_all(lock, &ini, e);
	ini_free(&ini);
	return rc;
}

int
lock_parse(struct lock *lock, const char *file, const char *text, size_t size,
	struct error *e)
{
	struct ini ini;
	int rc;

	memset(lock, 0, sizeof *lock);
	rc = ini_read_text(&ini, file, text, size, e);
	if (rc == 0)
		rc = parse_all(lock, &ini, e);
	ini_free(&ini);
	return rc;
}

void
lock_free(struct lock *lock)
{
	free(lock->package);
	free(lock->version);
	free(lock->directory);
	lock_archive_free(&lock->archive);
	free(lock->dsc.name);
	free(lock->accepted);
	free(lock->keyring);
	for (size_t i = 0; i < lock->count; i++)
		free(lock->file[i].name);
	free(lock->file);
	memset(lock, 0, sizeof *lock);
}

static void
print_dsc(const struct lock *lock, FILE *to)
{
	const struct gpg_signature *s = &lock->signature;
	char date[32];

	fprintf(to, "\n[dsc]\nfile = %s\nsha256 = %s\nsize = %" PRIu64 "\nsigner = %s\n",
		lock->dsc.name, lock->dsc.sha256, lock->dsc.size, s->fingerprint);
	if (s->primary[0])
		fprintf(to, "key-primary = %s\n", s->primary);
	if (s->uid[0])
		fprintf(to, "uid = %s\n", s->uid);
	fprintf(to, "signed = %s\nstatus = %s\nvalid-at-signing = %s\n",
		lock_time(s->time, date), gpg_status_name(s->status),
		s->valid_at_signing ? "yes" : "no");
	if (lock->accepted)
		fprintf(to, "accepted = %s\n", lock->accepted);
	fprintf(to, "keyring = %s\nkeyring-sha256 = %s\n", lock->keyring,
		lock->keyring_sha256);
}

char *
lock_text(const struct lock *lock)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return NULL;
	fprintf(to,
		"# Made by `ingot lock`: the proof of recipe.ini's pin. Not to be edited.\n");
	fprintf(to, "[source]\npackage = %s\nversion = %s\ndirectory = %s\n",
		lock->package, lock->version, lock->directory);
	lock_archive_print(&lock->archive, to);
	print_dsc(lock, to);
	fprintf(to, "\n[files]\n");
	for (size_t i = 0; i < lock->count; i++)
		fprintf(to, "%s = %s %" PRIu64 "\n", lock->file[i].name,
			lock->file[i].sha256, lock->file[i].size);
	if (fclose(to) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

const struct lock_file *
lock_find(const struct lock *lock, const char *name)
{
	for (size_t i = 0; i < lock->count; i++)
		if (strcmp(lock->file[i].name, name) == 0)
			return &lock->file[i];
	return NULL;
}

static int
check_file(const struct lock *lock, const struct recipe *recipe, const char *name,
	const char *sha256, struct error *e)
{
	const struct lock_file *file = lock_find(lock, name);

	if (!file)
		return error_set(e, ESTALE, "%s:%u: %s: not a file of %s %s",
			recipe->file, recipe->source.line, name, lock->package,
			lock->version);
	if (strcmp(file->sha256, sha256) != 0)
		return error_set(e, ESTALE,
			"%s:%u: %s: sha256 is %s, but the signed .dsc of %s %s says %s",
			recipe->file, recipe->source.line, name, sha256, lock->package,
			lock->version, file->sha256);
	return 0;
}

int
lock_matches(const struct lock *lock, const struct recipe *recipe, struct error *e)
{
	const struct source *s = &recipe->source;
	int rc;

	if (strcmp(lock->package, s->package) != 0 ||
		strcmp(lock->version, s->version) != 0 ||
		strcmp(lock->archive.suite, s->suite) != 0)
		return error_set(e, ESTALE,
			"%s:%u: %s %s %s: source.lock proves %s %s %s: `ingot lock %s` proves the pin",
			recipe->file, s->line, s->package, s->version, s->suite,
			lock->package, lock->version, lock->archive.suite, recipe->name);
	rc = check_file(lock, recipe, s->file, s->sha256, e);
	if (rc == 0 && s->debian_file)
		rc = check_file(lock, recipe, s->debian_file, s->debian_sha256, e);
	return rc;
}

char *
lock_path(const struct recipe *recipe)
{
	return xasprintf("%s/source.lock", recipe->dir);
}
