/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/io.h"
#include "build.h"
#include "builder/graph/graph.h"
#include "builder/graph/identity.h"
#include "job.h"
#include "builder/sandbox/sandbox.h"
#include "builder/base/say.h"
#include "builder/store/store.h"
#include "twice.h"
#include "builder/base/xalloc.h"

#define LOG_LINES 20
#define LOG_TAIL  16384

#define SCRIPT_SECONDS (6 * 3600)

/*
 * Two runs that share a store would otherwise compile the same kernel side by side. The
 * lock goes with its process, however that ends; losing a race for a fresh lock file
 * costs work, no more.
 */
static char *
lock_identity(const char *identity, int *fd)
{
	char *dir = xasprintf("%s/building", store_path());
	char *path = xasprintf("%s/%s", dir, identity);

	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		die("%s: cannot create: %s", dir, strerror(errno));
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (*fd < 0)
		die("%s: cannot create: %s", path, strerror(errno));
	if (flock(*fd, LOCK_EX | LOCK_NB) < 0) {
		job_step("wait for another run");
		while (flock(*fd, LOCK_EX) < 0)
			if (errno != EINTR)
				die("%s: cannot lock: %s", path, strerror(errno));
	}
	free(dir);
	return path;
}

/*
 * Early cutoff: the same inputs by their bytes give the same result. Not so for an image,
 * whose manifest names the identities too.
 */
static const char *
build_or_reuse(struct node *node)
{
	char outputs[SHA256_HEX];
	char *root;

	if (node->kind == NODE_IMAGE) {
		build_image(node);
		return "built";
	}
	node_identity(node, true, outputs);
	if (store_lookup(outputs, node->tree) && store_tree(node->tree, &root)) {
		free(root);
		return "unchanged";
	}
	build_recipe(node);
	store_record(outputs, node->tree);
	return "built";
}

const char *
build_node(struct node *node)
{
	int lock_fd;
	char *lock = lock_identity(node->key, &lock_fd), *root;
	const char *how = "found";

	if (!store_lookup(node->key, node->tree) || !store_tree(node->tree, &root)) {
		how = build_or_reuse(node);
		store_record(node->key, node->tree);
	}
	if (node->twice) {
		twice_build(node);
		how = "reproduced";
	}
	unlink(lock);
	free(lock);
	return how;
}

int
build_log(const char *name, char **path)
{
	char *dir = xasprintf("%s/log", store_path());
	int fd;

	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		die("%s: cannot create: %s", dir, strerror(errno));
	*path = xasprintf("%s/%s.log", dir, name);
	free(dir);
	/* A log of an earlier run that somebody still reads keeps its bytes. */
	unlink(*path);
	fd = open(*path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
		0644);
	if (fd < 0)
		die("%s: cannot create: %s", *path, strerror(errno));
	return fd;
}

static void
show_log_end(const char *path)
{
	char text[LOG_TAIL + 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t end = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
	ssize_t n =
		end < 0 ? -1
			: pread(fd, text, LOG_TAIL, end > LOG_TAIL ? end - LOG_TAIL : 0);
	size_t lines = 0;
	char *at;

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return;
	if (text[n - 1] == '\n')
		n--;
	text[n] = '\0';
	for (at = text + n; at > text && lines < LOG_LINES; at--)
		if (at[-1] == '\n' && ++lines == LOG_LINES)
			break;
	fprintf(stderr, "%s\n", at);
}

/* A script that never ends should not hold a build farm for ever. */
static unsigned
script_timeout(void)
{
	const char *text = getenv("INGOT_BUILD_TIMEOUT");
	unsigned long seconds = text ? strtoul(text, NULL, 10) : 0;

	return seconds > 0 && seconds < UINT_MAX ? (unsigned)seconds : SCRIPT_SECONDS;
}

void
build_script(struct sandbox *sandbox, const char *name, const char *where,
	const char *work, const char *script, const char *log_path)
{
	const char *argv[] = {"/bin/sh", "-eu", "/build/script", NULL};
	char *file = xasprintf("%s/script", work);
	struct error e;
	int status;

	if (io_replace_file(AT_FDCWD, file, script, strlen(script), 0644, &e) < 0)
		die("%s", e.text);
	free(file);
	sandbox->argv = argv;
	sandbox->timeout_s = script_timeout();
	status = sandbox_run(sandbox, &e);
	if (status == -ETIMEDOUT)
		die("%s: the script ran longer than %u s and was stopped ($INGOT_BUILD_TIMEOUT sets the limit); its log: %s",
			where, sandbox->timeout_s, log_path);
	if (status < 0)
		die("%s: %s", name, e.text);
	if (status == 0)
		return;
	show_log_end(log_path);
	if (status > 128)
		die("%s: the script was killed by signal %d (%s); its log: %s", where,
			status - 128, strsignal(status - 128), log_path);
	die("%s: the script failed with status %d: above are the last lines of %s; mend the recipe and run the same command again",
		where, status, log_path);
}
