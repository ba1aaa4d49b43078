/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <unistd.h>

#include "lib/error.h"
#include "builder/base/host.h"
#include "builder/base/process.h"
#include "sandbox_parts.h"
#include "builder/base/say.h"
#include "builder/base/xalloc.h"

static bool
setting_is(const char *root, const char *name, char value)
{
	char *path = xasprintf("%s%s", root, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[2] = "";

	free(path);
	if (fd < 0)
		return false;
	if (read(fd, text, 2) < 1)
		text[0] = '\0';
	close(fd);
	return text[0] == value && (text[1] == '\n' || text[1] == '\0');
}

static bool
is_there(const char *root, const char *name)
{
	char *path = xasprintf("%s%s", root, name);
	bool there = access(path, F_OK) == 0;

	free(path);
	return there;
}

int
sandbox_explain(const char *text, const char *root, struct error *e)
{
	static const struct {
		const char *file;
		char value;
		const char *advice;
	} settings[] = {
		{"/proc/sys/kernel/unprivileged_userns_clone", '0',
			"this kernel keeps user namespaces for root: run: sudo sysctl -w kernel.unprivileged_userns_clone=1"},
		{"/proc/sys/user/max_user_namespaces", '0',
			"this kernel allows no user namespaces: run: sudo sysctl -w user.max_user_namespaces=15000"},
		{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1',
			"AppArmor keeps user namespaces for programs with a profile: run: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"},
	};
	size_t length = strcspn(text, "\n");

	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
		if (setting_is(root, settings[i].file, settings[i].value))
			return error_set(e, EPERM, "%s (%.*s)", settings[i].advice,
				(int)length, text);
	if (is_there(root, "/.dockerenv") || is_there(root, "/run/.containerenv"))
		return error_set(e, EPERM,
			"this container allows no namespaces: start it with " SANDBOX_CONTAINER_FLAGS
			" (%.*s)",
			(int)length, text);
	return error_set(e, EPERM,
		"%.*s: in a container, start it with " SANDBOX_CONTAINER_FLAGS,
		(int)length, text);
}

/* The same kinds of namespaces, mounts and identity as a build, on the host's own files.
 */
static int
try_bubblewrap(const char *program, struct error *e)
{
	const char *const argv[] = {program, "--unshare-all", "--unshare-user",
		"--die-with-parent", "--new-session", "--uid", "1000", "--gid", "1000",
		"--hostname", "ingot", "--ro-bind", "/", "/", "--proc", "/proc", "--dev",
		"/dev", "--size", "65536", "--perms", "1777", "--tmpfs", "/tmp", "--",
		"/bin/sh", "-c", "exit 42", NULL};
	char text[1024];
	struct error why;
	int fd = memfd_create("bwrap", MFD_CLOEXEC), status;
	ssize_t n;

	if (fd < 0)
		return error_set(e, errno, "sandbox: %s", strerror(errno));
	status = process_run(argv, NULL, fd, fd, &why);
	n = pread(fd, text, sizeof text - 1, 0);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	if (status == 42)
		return 0;
	if (status < 0)
		return error_set(e, -status, "%s", why.text);
	if (strstr(text, "nknown option"))
		return error_set(e, EPERM,
			"%s is too old: ingot needs bubblewrap 0.8, as Debian 12 has it (%.*s)",
			program, (int)strcspn(text, "\n"), text);
	return sandbox_explain(text[0] ? text : "bwrap failed without a word", "", e);
}

int
sandbox_probe(struct error *e)
{
	char *program = host_program("bwrap");
	int before, result;

	if (!program)
		return error_set(e, ENOENT,
			"bwrap is not installed: run: apt-get install bubblewrap");
	result = try_bubblewrap(program, e);
	free(program);
	if (result < 0)
		return result;
	before = personality(0xffffffff);
	if (before < 0 || personality((unsigned long)before | ADDR_NO_RANDOMIZE) < 0)
		return error_set(e, EPERM,
			"address randomisation cannot be switched off: %s: start the container with " SANDBOX_CONTAINER_FLAGS,
			strerror(errno));
	(void)personality((unsigned long)before);
	return 0;
}
