/* SPDX-License-Identifier: ISC */
#include "package_lock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "lib/ini.h"
#include "deb.h"
#include "builder/base/xalloc.h"

static int
no_memory(struct error *e)
{
	return error_set(e, ENOMEM, "out of memory");
}

/* NAME = VERSION ARCH SIZE SHA256 PATH */
static int
parse_package(struct package_lock *lock, struct ini *ini, struct ini_entry *entry,
	struct error *e)
{
	struct package *p = &lock->package[lock->count];
	struct strlist word = {0};
	int rc = strlist_split(&word, entry->value);

	if (rc < 0)
		return no_memory(e);
	if (word.count != 5)
		rc = ini_bad(ini, entry, e, "want VERSION ARCH SIZE SHA256 PATH");
	else if (strlen(word.item[2]) > 18 ||
		 strspn(word.item[2], "0123456789") != strlen(word.item[2]))
		rc = ini_bad(ini, entry, e, "want a size in bytes, got \"%.40s\"",
			word.item[2]);
	else if (sha256_check_hex(word.item[3]) < 0)
		rc = ini_bad(ini, entry, e,
			"want a SHA-256 of 64 hex digits, got \"%.80s\"", word.item[3]);
	else if (strncmp(word.item[4], "pool/", 5) != 0 || strstr(word.item[4], ".."))
		rc = ini_bad(ini, entry, e, "want a path in pool/, got \"%.80s\"",
			word.item[4]);
	if (rc == 0) {
		lock->count++;
		p->size = strtoull(word.item[2], NULL, 10);
		memcpy(p->sha256, word.item[3], SHA256_HEX);
		p->name = xstrdup(entry->key);
		p->version = xstrdup(word.item[0]);
		p->arch = xstrdup(word.item[1]);
		p->path = xstrdup(word.item[4]);
	}
	strlist_free(&word);
	return rc;
}

/* /usr/bin/awk = mawk */
static int
parse_link(struct package_link **link, size_t *count, struct ini *ini,
	struct ini_entry *entry, struct error *e)
{
	if (strncmp(entry->key, "/usr/", 5) != 0 || strstr(entry->key, "..") ||
		strchr(entry->key, ' '))
		return ini_bad(ini, entry, e, "want a path below /usr");
	if (!entry->value[0] || strpbrk(entry->value, "/ \n"))
		return ini_bad(ini, entry, e, "want a file's name in the same folder");
	*link = xrealloc(*link, *count + 1, sizeof **link);
	(*link)[*count].path = xstrdup(entry->key + 1);
	(*link)[*count].target = xstrdup(entry->value);
	(*count)++;
	return 0;
}

static void
free_links(struct package_link *link, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(link[i].path);
		free(link[i].target);
	}
	free(link);
}

static int
parse_lock(struct package_lock *lock, struct ini *ini, struct error *e)
{
	static const char *const sections[] = {
		"lock", "inrelease", "index", "links", "packages", NULL};
	int rc = lock_need_text(ini, "lock", "name", &lock->name, e);

	if (rc == 0)
		rc = lock_archive_parse(&lock->archive, ini, e);
	if (rc < 0)
		return rc;
	lock->package = xcalloc(ini->count, sizeof *lock->package);
	for (size_t i = 0; i < ini->count && rc == 0; i++) {
		struct ini_entry *entry = &ini->entry[i];

		if (strcmp(entry->section, "packages") == 0)
			rc = parse_package(lock, ini, entry, e);
		else if (strcmp(entry->section, "links") == 0)
			rc = parse_link(&lock->link, &lock->link_count, ini, entry, e);
		else
			continue;
		entry->used = true;
	}
	if (rc == 0 && lock->count == 0)
		rc = error_set(e, EINVAL, "%s: [packages]: names no package", ini->file);
	return rc == 0 ? ini_finish(ini, sections, e) : rc;
}

int
package_lock_read(struct package_lock *lock, const char *path, struct error *e)
{
	struct ini ini;
	int rc;

	memset(lock, 0, sizeof *lock);
	rc = ini_read(&ini, path, e);
	if (rc == 0)
		rc = parse_lock(lock, &ini, e);
	ini_free(&ini);
	return rc;
}

int
package_lock_parse(struct package_lock *lock, const char *file, const char *text,
	size_t size, struct error *e)
{
	struct ini ini;
	int rc;

	memset(lock, 0, sizeof *lock);
	rc = ini_read_text(&ini, file, text, size, e);
	if (rc == 0)
		rc = parse_lock(lock, &ini, e);
	ini_free(&ini);
	return rc;
}

void
package_lock_free(struct package_lock *lock)
{
	for (size_t i = 0; i < lock->count; i++) {
		free(lock->package[i].name);
		free(lock->package[i].version);
		free(lock->package[i].arch);
		free(lock->package[i].path);
	}
	free(lock->package);
	free_links(lock->link, lock->link_count);
	free(lock->name);
	lock_archive_free(&lock->archive);
	memset(lock, 0, sizeof *lock);
}

static int
by_name(const void *a, const void *b)
{
	const struct package *left = a, *right = b;

	return strcmp(left->name, right->name);
}

static int
by_path(const void *a, const void *b)
{
	const struct package_link *left = a, *right = b;

	return strcmp(left->path, right->path);
}

static void
sort(struct package_lock *lock)
{
	if (lock->count)
		qsort(lock->package, lock->count, sizeof *lock->package, by_name);
	if (lock->link_count)
		qsort(lock->link, lock->link_count, sizeof *lock->link, by_path);
}

char *
package_lock_text(struct package_lock *lock)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return NULL;
	sort(lock);
	fprintf(to,
		"# Made by `ingot lock toolchain` from packages.ini. Not to be edited.\n");
	fprintf(to, "[lock]\nname = %s\n", lock->name);
	lock_archive_print(&lock->archive, to);
	if (lock->link_count)
		fprintf(to, "\n[links]\n");
	for (size_t i = 0; i < lock->link_count; i++)
		fprintf(to, "/%s = %s\n", lock->link[i].path, lock->link[i].target);
	fprintf(to, "\n[packages]\n");
	for (size_t i = 0; i < lock->count; i++) {
		const struct package *p = &lock->package[i];

		fprintf(to, "%s = %s %s %" PRIu64 " %s %s\n", p->name, p->version,
			p->arch, p->size, p->sha256, p->path);
	}
	if (fclose(to) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static void
hash_line(struct sha256 *hash, const char *what, const char *a, const char *b,
	const char *c, const char *d)
{
	const char *const part[] = {what, " ", a, " ", b, " ", c, " ", d, "\n"};

	/* No part can hold a blank or a newline, so that a line says one thing only. */
	for (size_t i = 0; i < sizeof part / sizeof part[0]; i++)
		sha256_update(hash, part[i], strlen(part[i]));
}

void
package_lock_identity(const struct package_lock *lock, char identity[SHA256_HEX])
{
	struct package_lock sorted = *lock;
	struct sha256 hash;
	char layout[16];

	/* The order of lines in the file decides nothing. */
	sort(&sorted);
	snprintf(layout, sizeof layout, "%d", DEB_LAYOUT);
	sha256_init(&hash);
	hash_line(&hash, "toolchain", lock->name, "layout", layout, "");
	for (size_t i = 0; i < lock->count; i++)
		hash_line(&hash, "package", sorted.package[i].name,
			sorted.package[i].version, sorted.package[i].arch,
			sorted.package[i].sha256);
	for (size_t i = 0; i < lock->link_count; i++)
		hash_line(&hash, "link", sorted.link[i].path, sorted.link[i].target, "",
			"");
	sha256_final_hex(&hash, identity);
}

static int
read_wishes(
	struct package_wishes *wishes, struct ini *ini, const char *arch, struct error *e)
{
	const char *const sections[] = {
		"toolchain", "keyring", "links", "packages", arch, NULL};
	int rc = lock_need_text(ini, "toolchain", "suite", &wishes->suite, e);

	if (rc == 0)
		rc = lock_need_text(ini, "keyring", "package", &wishes->keyring, e);
	if (rc == 0)
		rc = lock_need_text(ini, "keyring", "suite", &wishes->keyring_suite, e);
	for (size_t i = 0; i < ini->count && rc == 0; i++) {
		struct ini_entry *entry = &ini->entry[i];

		if (strcmp(entry->section, "links") == 0)
			rc = parse_link(
				&wishes->link, &wishes->link_count, ini, entry, e);
		else if (strcmp(entry->section, "packages") != 0 &&
			 strcmp(entry->section, arch) != 0)
			continue;
		else if (strlist_add(&wishes->packages, entry->key) < 0)
			rc = no_memory(e);
		entry->used = true;
	}
	return rc == 0 ? ini_finish(ini, sections, e) : rc;
}

int
package_wishes_read(struct package_wishes *wishes, const char *path, const char *arch,
	struct error *e)
{
	struct ini ini;
	int rc;

	memset(wishes, 0, sizeof *wishes);
	rc = ini_read(&ini, path, e);
	if (rc == 0)
		rc = read_wishes(wishes, &ini, arch, e);
	ini_free(&ini);
	return rc;
}

void
package_wishes_free(struct package_wishes *wishes)
{
	free(wishes->suite);
	free(wishes->keyring);
	free(wishes->keyring_suite);
	strlist_free(&wishes->packages);
	free_links(wishes->link, wishes->link_count);
	memset(wishes, 0, sizeof *wishes);
}
