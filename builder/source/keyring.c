/* SPDX-License-Identifier: ISC */
#include "keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/error.h"
#include "gpg.h"
#include "package_lock.h"
#include "builder/base/say.h"
#include "toolchain.h"
#include "builder/base/xalloc.h"

static void
add(struct keyring *keyring, const char *file, const char *name, const char *sha256)
{
	size_t count = keyring->files.count;

	if (strlist_add(&keyring->files, file) < 0 ||
		strlist_add(&keyring->names, name) < 0)
		die("out of memory");
	keyring->sha256 = xrealloc(keyring->sha256, count + 1, sizeof(char *));
	keyring->sha256[count] = xstrdup(sha256);
}

static void
add_file(struct keyring *keyring, const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	const char *slash = strrchr(file, '/');
	char hex[SHA256_HEX], *name;
	int rc;

	if (fd < 0)
		die("%s: %s", file, strerror(errno));
	rc = sha256_fd(fd, hex, NULL);
	close(fd);
	if (rc < 0)
		die("%s: %s", file, strerror(-rc));
	name = xasprintf("file %s", slash ? slash + 1 : file);
	add(keyring, file, name, hex);
	free(name);
}

void
keyring_open(struct keyring *keyring, const struct strlist *files)
{
	/* Developers, and maintainers with upload rights; nobody else may sign an upload.
	 */
	static const char *const rings[] = {
		"debian-keyring.pgp", "debian-maintainers.pgp"};
	const struct package_lock *lock;
	char *root;

	memset(keyring, 0, sizeof *keyring);
	for (size_t i = 0; i < files->count; i++)
		add_file(keyring, files->item[i]);
	if (files->count)
		return;
	lock = toolchain_lock("keyring");
	root = toolchain_unpacked(lock);
	for (size_t i = 0; i < sizeof rings / sizeof rings[0]; i++) {
		char *file = xasprintf("%s/usr/share/keyrings/%s", root, rings[i]);
		char *name = xasprintf("%s %s %s", lock->package[0].name,
			lock->package[0].version, rings[i]);

		add(keyring, file, name, lock->package[0].sha256);
		free(file);
		free(name);
	}
	free(root);
}

int
keyring_verify(const struct keyring *keyring, struct gpg_result *result, const char *file,
	const char *plain, size_t *which, struct error *e)
{
	for (*which = 0;; (*which)++) {
		int rc;

		unlink(plain);
		rc = gpg_verify(result, keyring->files.item[*which], file, plain, e);
		if (rc < 0 || *which + 1 == keyring->files.count)
			return rc;
		for (size_t i = 0; i < result->count; i++)
			if (result->signature[i].status != GPG_NO_KEY)
				return 0;
	}
}
