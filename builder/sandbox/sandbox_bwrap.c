/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox_parts.h"
#include "builder/base/say.h"
#include "builder/base/xalloc.h"

#define END ((const char *)NULL)

static void
add(struct strlist *list, const char *first, ...)
{
	va_list rest;

	va_start(rest, first);
	for (const char *text = first; text; text = va_arg(rest, const char *))
		if (strlist_add(list, text) < 0)
			die("out of memory");
	va_end(rest);
}

static void
add_root(struct strlist *list, const char *root)
{
	char *usr = xasprintf("%s/usr", root);

	add(list, "--ro-bind", usr, "/usr", END);
	add(list, "--symlink", "usr/bin", "/bin", "--symlink", "usr/sbin", "/sbin", END);
	add(list, "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64",
		END);
	add(list, "--proc", "/proc", "--dev", "/dev", "--dir", "/etc", END);
	free(usr);
}

static void
add_file(struct strlist *list, int fd, const char *guest)
{
	char number[16];

	snprintf(number, sizeof number, "%d", fd);
	add(list, "--perms", "0444", "--file", number, guest, END);
}

static void
add_tmpfs(struct strlist *list, unsigned long long size, const char *mode,
	const char *guest)
{
	char number[32];

	snprintf(number, sizeof number, "%llu", size);
	add(list, "--size", number, "--perms", mode, "--tmpfs", guest, END);
}

static void
add_env(struct strlist *list, const struct strlist *env)
{
	for (size_t i = 0; i < env->count; i++) {
		char *name = xstrdup(env->item[i]);
		size_t length = strcspn(name, "=");

		if (!name[length])
			die("sandbox: \"%s\" is no NAME=VALUE", name);
		name[length] = '\0';
		add(list, "--setenv", name, name + length + 1, END);
		free(name);
	}
}

void
sandbox_arguments(const struct sandbox *sandbox, const char *program,
	const struct strlist *env, struct strlist *arguments)
{
	char status[16];

	snprintf(status, sizeof status, "%d", SANDBOX_STATUS);
	/* --unshare-all alone goes on without a user namespace where there is none. */
	add(arguments, program, "--unshare-all", "--unshare-user", "--die-with-parent",
		"--new-session", "--clearenv", END);
	add(arguments, "--uid", "1000", "--gid", "1000", "--hostname", "ingot", END);
	add(arguments, "--json-status-fd", status, END);
	add_root(arguments, sandbox->root);
	add_file(arguments, SANDBOX_PASSWD, "/etc/passwd");
	add_file(arguments, SANDBOX_GROUP, "/etc/group");
	add_tmpfs(arguments, SANDBOX_TMP_SIZE, "1777", "/tmp");
	add_tmpfs(arguments, SANDBOX_BUILD_SIZE, "0755", "/build");
	for (size_t i = 0; i < sandbox->bind_count; i++)
		add(arguments, sandbox->bind[i].writable ? "--bind" : "--ro-bind",
			sandbox->bind[i].host, sandbox->bind[i].guest, END);
	add(arguments, "--remount-ro", "/", END);
	add_env(arguments, env);
	add(arguments, "--chdir", sandbox->cwd, "--", END);
	for (const char *const *at = sandbox->argv; *at; at++)
		add(arguments, *at, END);
}
