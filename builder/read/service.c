/* SPDX-License-Identifier: ISC */
#include "service.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "lib/ini.h"
#include "builder/base/command.h"
#include "builder/base/field.h"
#include "builder/base/path.h"
#include "service_parts.h"
#include "builder/base/xalloc.h"

#define SUFFIX ".service"

static const struct field known[] = {
	{"Unit", "Description"},
	{"Unit", "After"},
	{"Unit", "OnFailure"},
	{"Unit", "Requires"},
	{"Unit", "RequiresMountsFor"},
	{"Unit", "Wants"},
	{"Service", "ExecStart"},
	/* service_life.c */
	{"Unit", "StartLimitAction"},
	{"Unit", "StartLimitBurst"},
	{"Unit", "StartLimitIntervalSec"},
	{"Service", "Critical"},
	{"Service", "NotifyFD"},
	{"Service", "Restart"},
	{"Service", "RestartMaxDelaySec"},
	{"Service", "RestartSec"},
	{"Service", "TimeoutStartSec"},
	{"Service", "TimeoutStopSec"},
	{"Service", "Type"},
	{"Service", "WatchdogSec"},
	{"Timer", "OnBootSec"},
	{"Timer", "OnUnitActiveSec"},
	/* service_limits.c */
	{"Service", "AllowedCPUs"},
	{"Service", "CPUQuota"},
	{"Service", "CPUSchedulingPolicy"},
	{"Service", "CPUSchedulingPriority"},
	{"Service", "CPUWeight"},
	{"Service", "IOWeight"},
	{"Service", "LimitCORE"},
	{"Service", "LimitNOFILE"},
	{"Service", "LogRateLimitBurst"},
	{"Service", "LogRateLimitIntervalSec"},
	{"Service", "LogSize"},
	{"Service", "MemoryHigh"},
	{"Service", "MemoryMax"},
	{"Service", "MemoryMin"},
	{"Service", "Nice"},
	{"Service", "OOMScoreAdjust"},
	{"Service", "Slice"},
	{"Service", "TasksMax"},
	/* service_isolation.c, service_view.c, service_privilege.c */
	{"Service", "AmbientCapabilities"},
	{"Service", "BindPaths"},
	{"Service", "BindReadOnlyPaths"},
	{"Service", "CapabilityBoundingSet"},
	{"Service", "DeviceAllow"},
	{"Service", "RuntimeDirectory"},
	{"Service", "Environment"},
	{"Service", "Group"},
	{"Service", "IsolationRequired"},
	{"Service", "NoNewPrivileges"},
	{"Service", "PrivateIPC"},
	{"Service", "PrivateNetwork"},
	{"Service", "PrivatePIDs"},
	{"Service", "PrivateTmp"},
	{"Service", "PrivateUsers"},
	{"Service", "ProtectHostname"},
	{"Service", "RestrictNamespaces"},
	{"Service", "SupplementaryGroups"},
	{"Service", "SystemCallErrorNumber"},
	{"Service", "SystemCallFilter"},
	{"Service", "User"},
	{"Service", "WorkingDirectory"},
	{"Service", "TTYPath"},
	{NULL, NULL},
};

bool
service_cut_suffix(char *name)
{
	size_t length = strlen(name), suffix = sizeof(SUFFIX) - 1;

	if (length <= suffix || strcmp(name + length - suffix, SUFFIX) != 0)
		return false;
	name[length - suffix] = '\0';
	return true;
}

/* The service's name is its file's: "folder/NAME.service". */
static int
read_name(struct service *service, struct error *e)
{
	const char *slash = strrchr(service->file, '/');
	const char *base = slash ? slash + 1 : service->file;

	service->name = xstrdup(base);
	if (!service_cut_suffix(service->name) || !name_valid(service->name, NAME_OTHER))
		return error_set(e, EINVAL,
			"%s: want a file called NAME.service, NAME of at most %d of a-z 0-9 + . - _",
			service->file, NAME_LENGTH);
	return 0;
}

static int
read_command(struct service *service, struct ini *ini, struct error *e)
{
	struct ini_entry *entry = ini_need(ini, "Service", "ExecStart", e);
	char why[256];

	if (!entry)
		return -EINVAL;
	if (command_split(entry->value, &service->arguments, why, sizeof(why)) < 0)
		return ini_bad(ini, entry, e, "%s", why);
	if (path_fault(service->arguments.item[0]))
		return ini_bad(ini, entry, e, "%s, got \"%.80s\"",
			path_fault(service->arguments.item[0]),
			service->arguments.item[0]);
	if (service->arguments.count > CONFIG_ARGUMENTS)
		return ini_bad(ini, entry, e, "want at most %d words, got %zu",
			CONFIG_ARGUMENTS, service->arguments.count);
	return 0;
}

static int
read_tty(struct service *service, struct ini *ini, struct error *e)
{
	struct ini_entry *entry = ini_get(ini, "Service", "TTYPath");
	const char *fault = entry ? path_fault(entry->value) : NULL;

	if (!entry)
		return 0;
	if (fault)
		return ini_bad(ini, entry, e, "%s, got \"%.80s\"", fault, entry->value);
	if (strncmp(entry->value, "/dev/", 5) != 0)
		return ini_bad(ini, entry, e,
			"want a terminal such as /dev/ttyS0, got \"%.80s\"",
			entry->value);
	service->tty = xstrdup(entry->value);
	return 0;
}

static int
build(struct service *service, struct ini *ini, struct error *e)
{
	int r = field_known(ini, known, e);

	if (r == 0)
		r = service_read_unit(service, ini, e);
	if (r == 0)
		r = read_command(service, ini, e);
	if (r == 0)
		r = service_read_life(service, ini, e);
	if (r == 0)
		r = read_tty(service, ini, e);
	if (r == 0)
		r = service_read_limits(service, ini, e);
	if (r == 0)
		r = service_read_isolation(service, ini, e);
	if (r == 0)
		r = service_read_log(service, ini, e);
	return r;
}

int
service_read(struct service *service, const char *file, struct error *e)
{
	struct ini ini = {0};
	int r;

	memset(service, 0, sizeof(*service));
	service->file = path_shown(file);
	r = read_name(service, e);
	if (r == 0)
		r = ini_read(&ini, service->file, e);
	if (r == 0)
		r = build(service, &ini, e);
	ini_free(&ini);
	return r;
}

int
service_parse(struct service *service, const char *file, const char *text, size_t size,
	struct error *e)
{
	struct ini ini = {0};
	int r;

	memset(service, 0, sizeof(*service));
	service->file = xstrdup(file);
	r = read_name(service, e);
	if (r == 0)
		r = ini_read_text(&ini, file, text, size, e);
	if (r == 0)
		r = build(service, &ini, e);
	ini_free(&ini);
	return r;
}

void
service_free(struct service *service)
{
	free(service->file);
	free(service->name);
	free(service->description);
	strlist_free(&service->arguments);
	strlist_free(&service->after);
	strlist_free(&service->requires.names);
	strlist_free(&service->wants.names);
	strlist_free(&service->on_failure.names);
	strlist_free(&service->mounts_for.names);
	free(service->tty);
	free((char *)(uintptr_t)service->limits.cpus);
	strlist_free(&service->filter.words);
	strlist_free(&service->environment);
	free(service->directory);
	free(service->user);
	free(service->group);
	strlist_free(&service->groups);
	strlist_free(&service->kept);
	memset(service, 0, sizeof(*service));
}
