/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/error.h"
#include "../lib/io.h"
#include "patch.h"
#include "recipe.h"
#include "sandbox.h"
#include "say.h"
#include "store.h"
#include "toolchain.h"
#include "xalloc.h"

#define SERIES_MAX (1u << 20)
#define SAID_MAX   (1u << 20)
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

/* level is "-p1"; file the patch on the host. Debian's tools allow a little fuzz, so do
 * we. */
static void
apply(const struct recipe *recipe, const char *dir, const char *file, const char *level)
{
	static const char *const env[] = {
		"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC0", "HOME=/build", NULL};
	const char *argv[] = {"/usr/bin/patch", level, "-N", "-f", "-F2", "-E",
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
		die("%s: %s: %s", recipe->name, file, e.text);
	if (status > 0)
		die("%s: %s: the patch does not apply:\n%s", recipe->file, file,
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
	apply(recipe, dir, file, level ? level : "-p1");
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

void
patch_files(const struct recipe *recipe, const char *dir)
{
	for (size_t i = 0; i < recipe->patches.count; i++)
		apply(recipe, dir, recipe->patches.item[i], "-p1");
}
