/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/ini.h"
#include "lock.h"
#include "builder/base/xalloc.h"

int
lock_need_text(struct ini *ini, const char *section, const char *key, char **value,
	struct error *e)
{
	struct ini_entry *entry = ini_need(ini, section, key, e);

	if (!entry)
		return -EINVAL;
	if (!entry->value[0] || strchr(entry->value, '\n'))
		return ini_bad(ini, entry, e, "want one line of text");
	free(*value);
	*value = xstrdup(entry->value);
	return 0;
}

int
lock_need_hash(struct ini *ini, const char *section, const char *key,
	char sha256[SHA256_HEX], struct error *e)
{
	struct ini_entry *entry = ini_need(ini, section, key, e);

	if (!entry)
		return -EINVAL;
	if (sha256_check_hex(entry->value) < 0)
		return ini_bad(ini, entry, e,
			"want a SHA-256 of 64 hex digits, got \"%.80s\"", entry->value);
	memcpy(sha256, entry->value, SHA256_HEX);
	return 0;
}

int
lock_archive_parse(struct lock_archive *archive, struct ini *ini, struct error *e)
{
	struct ini_entry *entry;
	int rc = lock_need_text(ini, "inrelease", "suite", &archive->suite, e);

	if (rc == 0)
		rc = lock_need_hash(
			ini, "inrelease", "sha256", archive->inrelease_sha256, e);
	if (rc == 0)
		rc = (entry = ini_need(ini, "inrelease", "date", e)) ? 0 : -EINVAL;
	if (rc == 0)
		rc = ini_time(ini, entry, &archive->date, e);
	if (rc == 0)
		rc = lock_need_text(ini, "inrelease", "signer", &archive->signers, e);
	if (rc == 0)
		rc = (entry = ini_need(ini, "inrelease", "status", e)) ? 0 : -EINVAL;
	/* Nothing else is ever written: an InRelease without a good signature is not
	 * taken. */
	if (rc == 0 && strcmp(entry->value, "good") != 0)
		rc = ini_bad(ini, entry, e, "want good, got \"%.40s\"", entry->value);
	if (rc == 0)
		rc = lock_need_text(ini, "index", "path", &archive->index, e);
	if (rc == 0)
		rc = lock_need_hash(ini, "index", "sha256", archive->index_sha256, e);
	return rc;
}

const char *
lock_time(int64_t seconds, char text[32])
{
	time_t t = (time_t)seconds;
	struct tm tm;

	strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &tm));
	return text;
}

void
lock_archive_print(const struct lock_archive *archive, FILE *to)
{
	char date[32];

	fprintf(to,
		"\n[inrelease]\nsuite = %s\nsha256 = %s\ndate = %s\nsigner = %s\nstatus = good\n",
		archive->suite, archive->inrelease_sha256, lock_time(archive->date, date),
		archive->signers);
	fprintf(to, "\n[index]\npath = %s\nsha256 = %s\n", archive->index,
		archive->index_sha256);
}

void
lock_archive_free(struct lock_archive *archive)
{
	free(archive->suite);
	free(archive->signers);
	free(archive->index);
}
