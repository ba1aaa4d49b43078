/* SPDX-License-Identifier: ISC */
#include "isolate.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lib/config.h"
#include "cgroup.h"
#include "landlock.h"
#include "limit.h"
#include "pid1/log/log.h"
#include "runtime.h"
#include "view.h"

#define NO_USERS "/proc/sys/user/max_user_namespaces"

/* What this kernel has of what services want: bits of enum limit_controller and
 * isolate_lack. */
static unsigned kernel_has;

/* By isolate_lack, from LACK_MOUNTS on. */
static const struct {
	uint32_t flag; /* of config_isolate that needs it; 0: see isolate_needs() */
	const char *file; /* that tells of it in /proc; NULL: asked for otherwise */
	const char *name;
} kinds[] = {
	{ISOLATE_VIEW, "/proc/self/ns/mnt", "mount namespaces"},
	{ISOLATE_NETWORK, "/proc/self/ns/net", "network namespaces"},
	{ISOLATE_PIDS, "/proc/self/ns/pid", "PID namespaces"},
	{ISOLATE_IPC, "/proc/self/ns/ipc", "IPC namespaces"},
	{ISOLATE_HOSTNAME, "/proc/self/ns/uts", "UTS namespaces"},
	{ISOLATE_USERS, "/proc/self/ns/user", "user namespaces"},
	{ISOLATE_LANDLOCK, NULL, "Landlock"},
	{0, NULL, "seccomp"},
};

unsigned
isolate_needs(const struct config_service *service)
{
	const struct config_isolation *isolation = &service->isolation;
	unsigned needs = limit_needs(&service->limits);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (isolation->flags & kinds[i].flag)
			needs |= (unsigned)LACK_MOUNTS << i;
	if (isolation->filter_size > 0)
		needs |= LACK_FILTER;
	return needs;
}

unsigned
isolate_lacks(const struct config_service *service)
{
	return isolate_needs(service) & ~kernel_has;
}

static const char *
lack_name(size_t index)
{
	return index < LIMIT_CONTROLLERS ? limit_controller_name(index)
					 : kinds[index - LIMIT_CONTROLLERS].name;
}

void
isolate_lacks_text(unsigned lacks, char *text, size_t size)
{
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; i < LACKS && at < size; i++)
		if (lacks & 1u << i)
			at += (size_t)snprintf(text + at, size - at, "%s%s%s",
				at ? ", " : "", lack_name(i),
				i < LIMIT_CONTROLLERS ? " controller" : "");
}

int
isolate_permit(const struct config_service *service)
{
	const bool required = service->isolation.flags & ISOLATE_REQUIRED;
	unsigned lacks = isolate_lacks(service);
	char text[256];

	if (lacks == 0)
		return 0;
	isolate_lacks_text(lacks, text, sizeof(text));
	log_say("service %s: this kernel lacks: %s: %s", service->name, text,
		required ? "not started, since IsolationRequired=yes" : "runs without");
	return required ? -ENOTSUP : 0;
}

/* Namespaces that no service asked for are only there to be attacked: a user namespace is
 * where an attacker gets the capabilities that reach most of the kernel. */
static void
settle_user_namespaces(unsigned wanted)
{
	int fd;

	if (wanted & LACK_USERS)
		return;
	fd = open(NO_USERS, O_WRONLY | O_CLOEXEC);
	/* A kernel without them does not have the file. */
	if (fd < 0 && errno == ENOENT)
		return;
	if (fd < 0 || write(fd, "0", 1) != 1)
		log_say("%s: cannot turn user namespaces off: %s", NO_USERS,
			strerror(errno));
	if (fd >= 0)
		close(fd);
}

void
isolate_setup(const struct config *config, bool cgroups)
{
	unsigned wanted = 0; /* what nobody wants is not asked for: each takes its time */

	kernel_has = cgroup_controllers();
	for (size_t i = 0; i < config->service_count; i++)
		wanted |= isolate_needs(&config->services[i]);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (wanted & (unsigned)LACK_MOUNTS << i && kinds[i].file &&
			access(kinds[i].file, F_OK) == 0)
			kernel_has |= (unsigned)LACK_MOUNTS << i;
	/* The keeper of a PID namespace is ended through the cgroup. */
	if (!cgroups)
		kernel_has &= ~(unsigned)LACK_PIDS;
	if (landlock_abi() > 0)
		kernel_has |= LACK_LANDLOCK;
	/* EFAULT: the kernel has filters and looked for ours at NULL; seccomp(2). */
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) < 0 && errno == EFAULT)
		kernel_has |= LACK_FILTER;
	settle_user_namespaces(wanted);
	if (wanted & LACK_MOUNTS)
		view_setup();
	runtime_setup(config);
}
