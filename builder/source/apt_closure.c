/* SPDX-License-Identifier: ISC */
#include "apt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/io.h"
#include "lib/strlist.h"
#include "builder/base/say.h"
#include "builder/base/xalloc.h"

#define CLOSURE_MAX (8 << 20)

static void
add(struct strlist *list, const char *text)
{
	if (strlist_add(list, text) < 0)
		die("out of memory");
}

/* The last path component of each 'URI' line of --print-uris. */
static void
add_printed_files(char *text, struct strlist *files)
{
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line;
		line = strtok_r(NULL, "\n", &save)) {
		char *end = line[0] == '\'' ? strchr(line + 1, '\'') : NULL;
		char *name, *to;

		if (!end)
			continue;
		*end = '\0';
		name = strrchr(line, '/');
		if (!name)
			continue;
		to = ++name;
		for (const char *from = name; *from; from++) {
			char hex[3] = {from[0], from[0] ? from[1] : '\0', '\0'};

			if (from[0] == '%' && from[1] && from[2]) {
				hex[0] = from[1];
				hex[1] = from[2];
				*to++ = (char)strtoul(hex, NULL, 16);
				from += 2;
			} else {
				*to++ = *from;
			}
		}
		*to = '\0';
		add(files, name);
	}
}

static int
run_apt_get(struct strlist *arguments, int out_fd, struct error *e)
{
	char *said = NULL;
	int status = apt_run(arguments, out_fd, &said, e);

	if (status > 0)
		status = error_set(e, EIO, "%s", apt_complaint(said));
	free(said);
	return status;
}

static void
add_settings(struct strlist *arguments, const char *architecture, const char *dir)
{
	/* Not "signed-by" in the sources: a path with blanks cannot be written there. */
	char *trusted = xasprintf("Dir::Etc::trustedparts=%s/trusted/", dir);
	char *native = xasprintf("APT::Architecture=%s", architecture);
	char *all = xasprintf("APT::Architectures=%s", architecture);

	add(arguments, "apt-get");
	add(arguments, "-q");
	add(arguments, "-o");
	add(arguments, "Acquire::By-Hash=no");
	add(arguments, "-o");
	add(arguments, trusted);
	add(arguments, "-o");
	add(arguments, native);
	add(arguments, "-o");
	add(arguments, all);
	free(trusted);
	free(native);
	free(all);
}

static void
make_folder(const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s", dir, name);

	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		die("%s: %s", path, strerror(errno));
	free(path);
}

/* Sources and folders of the private configuration for one archive on this disk. */
static char *
prepare_closure(const char *archive, const char *suite, const char *architecture,
	const char *keyring)
{
	char *dir = xstrdup(apt_config());
	char *uri = apt_uri("copy:", archive + 1);
	char *line = xasprintf("deb [arch=%s] %s %s main\n", architecture, uri, suite);
	struct error e;
	char *list, *key;

	*strrchr(dir, '/') = '\0';
	make_folder(dir, "lists");
	make_folder(dir, "lists/partial");
	make_folder(dir, "archives");
	make_folder(dir, "archives/partial");
	make_folder(dir, "trusted");
	key = xasprintf("%s/trusted/archive.gpg", dir);
	if ((unlink(key) < 0 && errno != ENOENT) || symlink(keyring, key) < 0)
		die("%s: %s", key, strerror(errno));
	list = xasprintf("%s/sources.list", dir);
	if (io_replace_file(AT_FDCWD, list, line, strlen(line), 0644, &e) < 0)
		die("%s", e.text);
	free(uri);
	free(line);
	free(list);
	free(key);
	return dir;
}

int
apt_closure(const char *archive, const char *suite, const char *architecture,
	const char *keyring, const struct strlist *wanted, struct strlist *files,
	struct error *e)
{
	struct strlist update = {0}, install = {0};
	char *dir = prepare_closure(archive, suite, architecture, keyring);
	char *out = xasprintf("%s/closure", dir), *text = NULL;
	int fd = open(out, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int status;
	size_t size;

	if (fd < 0)
		die("%s: %s", out, strerror(errno));
	add_settings(&update, architecture, dir);
	add(&update, "update");
	status = run_apt_get(&update, fd, e);
	if (status == 0) {
		add_settings(&install, architecture, dir);
		add(&install, "-y");
		add(&install, "--print-uris");
		add(&install, "install");
		for (size_t i = 0; i < wanted->count; i++)
			add(&install, wanted->item[i]);
		status = run_apt_get(&install, fd, e);
	}
	if (status == 0)
		status = io_read_file(AT_FDCWD, out, CLOSURE_MAX, &text, &size, e);
	if (status == 0)
		add_printed_files(text, files);
	close(fd);
	free(text);
	strlist_free(&update);
	strlist_free(&install);
	free(dir);
	free(out);
	return status;
}
