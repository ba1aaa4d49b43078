/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/io.h"
#include "patch.h"
#include "builder/read/recipe.h"
#include "builder/sandbox/sandbox.h"
#include "builder/base/say.h"
#include "builder/store/store.h"
#include "toolchain.h"
#include "builder/base/xalloc.h"

#define SERIES_MAX (1u << 20)
#define SAID_MAX   (1u << 20)
#define PATCH_MAX  (64u << 20)
#define HOST_ARCH  "x86_64" /* the sandbox's, whatever a board's is */

static char *
said(const char *path)
{
	struct error e;
	char *text;
	size_t size;

	if (io_read_file(AT_FDCWD, path, SAID_MAX, &text, &size, &e) < 0)
		return xstrdup(e.text);
	while (size && text[size - 1] == '\n')
		text[--size] = '\0';
	return text;
}

/*
 * level is "-p1"; file the patch on the host, called name in messages. No fuzz, as
 * dpkg-source(1) has it: a hunk that only nearly fits may land in the wrong place.
 */
static void
apply(const struct recipe *recipe, const char *dir, const char *name, const char *file,
	const char *level)
{
	static const char *const env[] = {
		"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC0", "HOME=/build", NULL};
	const char *argv[] = {"/usr/bin/patch", level, "-N", "-f", "-F0", "-E",
		"--no-backup-if-mismatch", "-r", "-", "-i", "/build/patch", NULL};
	const struct sandbox_bind bind[] = {
		{dir, "/build/src", true}, {file, "/build/patch", false}};
	char *work = store_work("patch"), *log = xasprintf("%s/log", work);
	int fd = open(log, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	struct sandbox sandbox = {.root = toolchain_root(HOST_ARCH),
		.bind = bind,
		.bind_count = 2,
		.env = env,
		.argv = argv,
		.cwd = "/build/src",
		.log_fd = fd};
	struct error e;
	int status;

	if (fd < 0)
		die("%s: cannot create: %s", log, strerror(errno));
	status = sandbox_run(&sandbox, &e);
	close(fd);
	if (status < 0)
		die("%s: %s: %s", recipe->name, name, e.text);
	if (status > 0)
		die("%s: %s: the patch does not apply:\n%s", recipe->file, name,
			said(log));
	free(log);
	free(work);
}

static void
apply_line(const struct recipe *recipe, const char *dir, const char *patches, char *line)
{
	char *save, *name, *level, *file;

	line[strcspn(line, "#")] = '\0';
	name = strtok_r(line, " \t\r", &save);
	if (!name)
		return;
	level = strtok_r(NULL, " \t\r", &save);
	if (strstr(name, "..") || name[0] == '/')
		die("%s:%u: debian-patches: the series names %s, which is outside of it",
			recipe->file, recipe->source.line, name);
	file = xasprintf("%s/%s", patches, name);
	if (access(file, R_OK) < 0)
		die("%s:%u: debian-patches: %s has no patch %s, which its series names",
			recipe->file, recipe->source.line, recipe->source.debian_file,
			name);
	apply(recipe, dir, name, file, level ? level : "-p1");
	free(file);
}

void
patch_series(const struct recipe *recipe, const char *dir, const char *debian)
{
	char *patches = xasprintf("%s/debian/patches", debian);
	char *series = xasprintf("%s/series", patches), *text, *save;
	struct error e;
	size_t size;
	int r = io_read_file(AT_FDCWD, series, SERIES_MAX, &text, &size, &e);

	if (r < 0)
		die("%s:%u: debian-patches: %s has no series: %s", recipe->file,
			recipe->source.line, recipe->source.debian_file, e.text);
	for (char *line = strtok_r(text, "\n", &save); line;
		line = strtok_r(NULL, "\n", &save))
		apply_line(recipe, dir, patches, line);
	free(text);
	free(series);
	free(patches);
}

/* A copy of the patch that its author cannot change any more, still what was hashed. */
static char *
take_patch(const struct recipe *recipe, size_t i)
{
	const char *path = recipe->patches.item[i];
	char *work = store_work("patch"), *copy = xasprintf("%s/patch", work);
	char hex[SHA256_HEX], *text;
	struct error e;
	size_t size;

	if (io_read_file(AT_FDCWD, path, PATCH_MAX, &text, &size, &e) < 0)
		die("%s: %s", recipe->file, e.text);
	sha256_hex(text, size, hex);
	if (i >= recipe->patch_sha256.count ||
		strcmp(hex, recipe->patch_sha256.item[i]) != 0)
		die("%s: %s: changed while it was being built: run the same command again",
			recipe->file, path);
	if (io_replace_file(AT_FDCWD, copy, text, size, 0644, &e) < 0)
		die("%s", e.text);
	free(text);
	free(work);
	return copy;
}

void
patch_files(const struct recipe *recipe, const char *dir)
{
	for (size_t i = 0; i < recipe->patches.count; i++) {
		char *copy = take_patch(recipe, i);

		apply(recipe, dir, recipe->patches.item[i], copy, "-p1");
		free(copy);
	}
}
