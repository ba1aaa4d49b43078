/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/base/options.h"
#include "builder/base/passphrase.h"
#include "builder/base/path.h"
#include "builder/base/say.h"
#include "builder/base/tree.h"
#include "builder/base/xalloc.h"
#include "lib/error.h"
#include "lib/io.h"
#include "lib/minisign.h"
#include "verbs.h"

static bool
same_folder(const char *path, const struct stat *folder)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_dev == folder->st_dev &&
	       st.st_ino == folder->st_ino;
}

/* What lies in a tree gets copied, packed and pushed. */
static void
refuse_folder(const char *folder)
{
	char *git = xasprintf("%s/.git", folder);
	struct stat st;
	bool tree;

	if (stat(folder, &st) < 0)
		die("%s: %s", folder, strerror(errno));
	tree = same_folder(tree_builtin(), &st);
	for (size_t i = 0; i < options.trees.count; i++)
		tree = tree || same_folder(options.trees.item[i], &st);
	if (tree || access(git, F_OK) == 0)
		die("%s: a private key does not belong into a %s: name another folder",
			folder, tree ? "tree" : "repository");
	free(git);
}

/* The folder of the name, and each above it. */
static void
refuse_trees(const char *name)
{
	char *copy = path_absolute(name), *slash = strrchr(copy, '/'), *folder;

	if (slash[1] == '\0')
		die("%s: want a file's name", name);
	slash[slash == copy ? 1 : 0] = '\0';
	folder = realpath(copy, NULL);
	if (!folder)
		die("%s: %s%s", copy, strerror(errno),
			errno == ENOENT ? ": make the folder first" : "");
	for (;;) {
		refuse_folder(folder);
		if (folder[1] == '\0')
			break;
		slash = strrchr(folder, '/');
		slash[slash == folder ? 1 : 0] = '\0';
	}
	free(folder);
	free(copy);
}

/* A new file: a key that is there is never lost. */
static void
write_new(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	int r;

	if (fd < 0)
		die("%s: cannot create: %s", path, strerror(errno));
	r = io_write_full(fd, text, strlen(text));
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r < 0) {
		unlink(path);
		die("%s: cannot write: %s", path, strerror(-r));
	}
}

static void
make_keys(const char *name, const char *passphrase_file)
{
	char *key = xasprintf("%s.key", name), *pub = xasprintf("%s.pub", name);
	char text[MINISIGN_SECRET], public_text[MINISIGN_PUBLIC], id[MINISIGN_ID];
	struct minisign_public public;
	struct minisign_secret secret;
	struct error e;
	char *passphrase;

	if (access(key, F_OK) == 0 || access(pub, F_OK) == 0)
		die("%s: is there already: a key is never written over",
			access(key, F_OK) == 0 ? key : pub);
	passphrase = passphrase_ask("new passphrase", passphrase_file, 1);
	if (sodium_init() < 0)
		die("libsodium does not start");
	minisign_generate(&secret, &public);
	if (minisign_seal(&secret, passphrase, &minisign_cost, text, &e) < 0)
		die("%s", e.text);
	sodium_memzero(&secret, sizeof(secret));
	sodium_memzero(passphrase, strlen(passphrase));
	free(passphrase);
	minisign_public_write(&public, public_text);
	write_new(key, text, 0600);
	write_new(pub, public_text, 0644);
	minisign_id(public.keynum, id);
	if (options.json)
		printf("{\"id\": \"%s\", \"secret\": \"%s\", \"public\": \"%s\"}\n", id,
			key, pub);
	else
		printf("%s %s %s\n", pub, key, id);
	free(key);
	free(pub);
}

int
cmd_keygen(int argc, char **argv)
{
	static const struct option known[] = {
		{"passphrase-file", required_argument, NULL, 'p'}, {0}};
	const char *passphrase_file = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option != 'p')
			return 2;
		passphrase_file = optarg;
	}
	if (optind + 1 != argc)
		die_usage("keygen: want a name for the two files");
	refuse_trees(argv[optind]);
	make_keys(argv[optind], passphrase_file);
	return 0;
}
