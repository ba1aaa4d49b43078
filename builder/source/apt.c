/* SPDX-License-Identifier: ISC */
#include "apt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/io.h"
#include "lib/strlist.h"
#include "builder/base/options.h"
#include "builder/base/process.h"
#include "builder/base/say.h"
#include "builder/store/store.h"
#include "builder/base/xalloc.h"

#define APT_OUTPUT_MAX (8 << 20)
#define APT_HELPER     "/usr/lib/apt/apt-helper"

static char *
without_slash(const char *uri)
{
	char *copy = xstrdup(uri);

	for (size_t end = strlen(copy); end && copy[end - 1] == '/'; end--)
		copy[end - 1] = '\0';
	return copy;
}

/* What the tool says, NULL if it failed. */
static char *
ask(const char *const *argv)
{
	struct error e;
	char *text = NULL;
	size_t size;

	if (process_capture(argv, APT_OUTPUT_MAX, &text, &size, &e) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* "bookworm" is a suite of the main archive, "bookworm-updates" an addition to one. */
static bool
is_main_suite(const char *suite, size_t length)
{
	return length && !memchr(suite, '-', length);
}

/* The mirror by the origin that downloaded indexes state: sure, but they may not be
 * there. */
static char *
mirror_from_indexes(void)
{
	static const char *const argv[] = {"apt-get", "indextargets", "--format",
		"$(ORIGIN)|$(LABEL)|$(COMPONENT)|$(CODENAME)|$(REPO_URI)",
		"Created-By: Packages", NULL};
	static const char prefix[] = "Debian|Debian|main|";
	char *text = ask(argv), *save = NULL;

	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
		line = strtok_r(NULL, "\n", &save)) {
		char *suite = line + sizeof prefix - 1, *uri;

		if (strncmp(line, prefix, sizeof prefix - 1) != 0)
			continue;
		uri = strchr(suite, '|');
		if (uri && is_main_suite(suite, (size_t)(uri - suite)))
			return without_slash(uri + 1);
	}
	return NULL;
}

/* The mirror by the names in the host's sources: 'BASE/debian/dists/SUITE/InRelease' ...
 */
static char *
mirror_from_sources(void)
{
	static const char *const argv[] = {"apt-get", "update", "--print-uris", NULL};
	char *text = ask(argv), *save = NULL;

	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
		line = strtok_r(NULL, "\n", &save)) {
		char *dists = strstr(line, "/dists/");
		char *suite = dists ? dists + strlen("/dists/") : NULL;
		char *end = suite ? strchr(suite, '/') : NULL;

		if (line[0] != '\'' || !end || strncmp(end, "/InRelease'", 11) != 0)
			continue;
		*dists = '\0';
		if (!is_main_suite(suite, (size_t)(end - suite)))
			continue;
		if (dists - line > 7 && strcmp(dists - 7, "/debian") == 0)
			return without_slash(line + 1);
	}
	return NULL;
}

char *
apt_host_mirror(void)
{
	static char *mirror;

	if (!mirror)
		mirror = mirror_from_indexes();
	if (!mirror)
		mirror = mirror_from_sources();
	return mirror ? xstrdup(mirror) : NULL;
}

char *
apt_mirror(void)
{
	char *mirror;

	if (options.mirror)
		return without_slash(options.mirror);
	mirror = apt_host_mirror();
	if (!mirror)
		die("no mirror of Debian's main archive in this host's apt sources: give one with --mirror URI");
	return mirror;
}

char *
apt_pool_path(const char *package, const char *file)
{
	int prefix = strncmp(package, "lib", 3) == 0 && package[3] ? 4 : 1;

	return xasprintf("pool/main/%.*s/%s/%s", prefix, package, package, file);
}

char *
apt_uri(const char *base, const char *path)
{
	size_t at = strlen(base) + 1;
	char *uri = xmalloc(at + 3 * strlen(path) + 1);

	memcpy(uri, base, at - 1);
	uri[at - 1] = '/';
	for (const char *c = path; *c; c++) {
		if (strchr("+% \"'\\", *c)) {
			static const char digit[] = "0123456789abcdef";

			uri[at++] = '%';
			uri[at++] = digit[(unsigned char)*c >> 4];
			uri[at++] = digit[*c & 15];
		} else {
			uri[at++] = *c;
		}
	}
	uri[at] = '\0';
	return uri;
}

/* How the host reaches the network (proxies, certificates, retries), as apt.conf lines.
 */
static char *
host_acquire(void)
{
	static const char *const argv[] = {"apt-config", "dump", NULL};
	static const char *const kept[] = {"Acquire::http", "Acquire::https",
		"Acquire::ftp", "Acquire::Retries", "Acquire::ForceIPv4",
		"Acquire::ForceIPv6", "Acquire::Connect"};
	char *text = ask(argv), *save = NULL, *lines = xstrdup("");

	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
		line = strtok_r(NULL, "\n", &save))
		for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
			if (strncmp(line, kept[i], strlen(kept[i])) == 0) {
				char *longer = xasprintf("%s%s\n", lines, line);

				free(lines);
				lines = longer;
				break;
			}
	free(text);
	return lines;
}

static void
write_file(const char *path, const char *text)
{
	struct error e;

	if (io_replace_file(AT_FDCWD, path, text, strlen(text), 0644, &e) < 0)
		die("%s", e.text);
}

const char *
apt_config(void)
{
	static char *path;
	static pid_t owner;
	char *dir, *acquire, *text;

	if (path && owner == getpid())
		return path;
	dir = store_work("apt");
	acquire = host_acquire();
	/* The host's logins are kept, its sources, pins, hooks and package state are not.
	 */
	text = xasprintf("Dir \"%s/\";\n"
			 "Dir::Etc \"%s/\";\n"
			 "Dir::Etc::parts \"/dev/null\";\n"
			 "Dir::Etc::main \"/dev/null\";\n"
			 "Dir::Etc::sourceparts \"/dev/null\";\n"
			 "Dir::Etc::preferencesparts \"/dev/null\";\n"
			 "Dir::Etc::trustedparts \"/dev/null\";\n"
			 "Dir::Etc::netrc \"/etc/apt/auth.conf\";\n"
			 "Dir::Etc::netrcparts \"/etc/apt/auth.conf.d\";\n"
			 "Dir::State \"%s/\";\n"
			 "Dir::State::Lists \"%s/lists/\";\n"
			 "Dir::State::status \"/dev/null\";\n"
			 "Dir::Cache \"%s/\";\n"
			 "Dir::Log \"%s/\";\n"
			 "Acquire::Languages \"none\";\n"
			 "APT::Install-Recommends \"0\";\n"
			 "APT::Install-Suggests \"0\";\n"
			 "APT::Sandbox::User \"\";\n%s",
		dir, dir, dir, dir, dir, dir, acquire);
	free(path);
	path = xasprintf("%s/apt.conf", dir);
	write_file(path, text);
	owner = getpid();
	free(dir);
	free(acquire);
	free(text);
	return path;
}

const char *
apt_complaint(char *said)
{
	char *line = strncmp(said, "E: ", 3) == 0 ? said : strstr(said, "\nE: ");

	if (line)
		line += line == said ? 3 : 4;
	else
		/* Not apt itself, but what could not start it. */
		line = said + strspn(said, "\n");
	line[strcspn(line, "\n")] = '\0';
	return line[0] ? line : "apt failed and did not say why";
}

int
apt_run(const struct strlist *arguments, int out_fd, char **said, struct error *e)
{
	size_t count = 0, size;
	const char **argv = xcalloc(arguments->count + 4, sizeof *argv);
	char *config = xasprintf("APT_CONFIG=%s", apt_config());
	char *log = xasprintf("%.*s.log", (int)strlen(config) - 11, config + 11);
	int status, err_fd = open(log, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (err_fd < 0)
		die("%s: %s", log, strerror(errno));
	argv[count++] = "env";
	argv[count++] = config;
	argv[count++] = "LC_ALL=C";
	for (size_t i = 0; i < arguments->count; i++)
		argv[count++] = arguments->item[i];
	status = process_run(argv, NULL, out_fd, err_fd, e);
	if (status >= 0 &&
		io_read_file(AT_FDCWD, log, APT_OUTPUT_MAX, said, &size, e) < 0)
		die("%s", e->text);
	close(err_fd);
	free(argv);
	free(config);
	free(log);
	return status;
}

static void
add(struct strlist *list, const char *text)
{
	if (strlist_add(list, text) < 0)
		die("out of memory");
}

static void
add_download(struct strlist *arguments, const struct apt_file *file)
{
	/* apt's "file" method leaves the bytes where they are; "copy" is the one that
	 * copies. */
	bool local = strncmp(file->uri, "file:", 5) == 0;
	char *uri = xasprintf("%s%s", local ? "copy:" : "", file->uri + (local ? 5 : 0));
	char *hash = xasprintf("SHA256:%s", file->sha256 ? file->sha256 : "");

	add(arguments, uri);
	add(arguments, file->path);
	add(arguments, file->sha256 ? hash : "");
	free(uri);
	free(hash);
}

/* What apt-helper leaves of a download that failed. */
static void
remove_leftovers(const struct apt_file *file, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *failed = xasprintf("%s.FAILED", file[i].path);

		unlink(failed);
		unlink(file[i].path);
		free(failed);
	}
}

int
apt_download(const struct apt_file *file, size_t count, struct error *e)
{
	struct strlist arguments = {0};
	char *said = NULL;
	int status, null_fd;

	if (count == 0)
		return 0;
	if (options.offline)
		return error_set(e, ENETUNREACH,
			"%s: not downloaded because of --offline", file[0].uri);
	add(&arguments, APT_HELPER);
	add(&arguments, "-q");
	add(&arguments, "download-file");
	for (size_t i = 0; i < count; i++)
		add_download(&arguments, &file[i]);
	null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	status = apt_run(&arguments, options.verbose > 1 ? 2 : null_fd, &said, e);
	close(null_fd);
	strlist_free(&arguments);
	if (status > 0) {
		bool mismatch = strstr(said, "ash Sum mismatch") != NULL;

		remove_leftovers(file, count);
		status =
			error_set(e, mismatch ? EBADMSG : EIO, "%s", apt_complaint(said));
	}
	free(said);
	return status;
}
