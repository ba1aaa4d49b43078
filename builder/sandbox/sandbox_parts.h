/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_SANDBOX_PARTS_H
#define BUILDER_SANDBOX_PARTS_H

#include <sys/types.h>

#include "lib/strlist.h"
#include "sandbox.h"

struct error;

/* What the files of the sandbox share; everybody else includes sandbox.h. */

/* Descriptors of the child, by number. Those of the jobserver are what MAKEFLAGS names.
 */
enum {
	SANDBOX_JOBS_READ = 3,
	SANDBOX_JOBS_WRITE = 4,
	SANDBOX_STATUS = 5, /* bubblewrap's --json-status-fd, or our own report */
	SANDBOX_PASSWD = 6,
	SANDBOX_GROUP = 7,
	SANDBOX_FDS = 8,
};

#define SANDBOX_PASSWD_TEXT                                                              \
	"root:x:0:0:root:/root:/usr/sbin/nologin\nbuild:x:1000:1000:build:/build:/bin/sh\n"
#define SANDBOX_GROUP_TEXT "root:x:0:\nbuild:x:1000:\n"

#define SANDBOX_TMP_SIZE   (2ull << 30) /* /tmp */
#define SANDBOX_BUILD_SIZE (64ull << 20) /* /build, beside the binds in it */

/* What `docker run` needs; README.md says why. */
#define SANDBOX_CONTAINER_FLAGS                                                          \
	"--security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined"

/* The command line of bubblewrap for it; dies without memory. */
void sandbox_arguments(const struct sandbox *sandbox, const char *program,
	const struct strlist *env, struct strlist *arguments);

/* What the child is given: made by the parent, so that it needs no memory of its own. */
struct sandbox_child {
	const struct sandbox *sandbox;
	struct strlist env, arguments; /* bubblewrap's */
	char **env_vector, **vector; /* the same as execve(2) takes them, NULL-ended */
	char *top; /* empty folder to mount --sandbox=none on; NULL: bubblewrap */
	int fd[SANDBOX_FDS]; /* by the number it shall have; -1: closed */
};

/* The rest of the child's life; what goes wrong before the command runs is reported. */
_Noreturn void sandbox_child(const struct sandbox_child *child, pid_t parent);

/*
 * --sandbox=none, in the child: mounts the same view on child->top, goes there for good
 * and becomes the command. Returns only when that failed: -errno with e.
 */
int sandbox_enter_plain(const struct sandbox_child *child, struct error *e);

/*
 * Why bubblewrap said `text`, judged by the files below `root` ("" outside tests), and
 * what to change: -EPERM with e.
 */
int sandbox_explain(const char *text, const char *root, struct error *e);

#endif
