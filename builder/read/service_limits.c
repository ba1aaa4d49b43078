/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "lib/ini.h"
#include "cpulist.h"
#include "builder/base/field.h"
#include "service.h"
#include "service_parts.h"

#define INFINITE     "infinity"
#define PERIOD_US    100000 /* what CPUQuota= is a share of, as in pid1/isolate/limit.c */
#define QUOTA_US_MIN 1000 /* the kernel's own bound, min_cfs_quota_period */

static struct ini_entry *
get(struct ini *ini, const char *key)
{
	return ini_get(ini, "Service", key);
}

/* A size, or "infinity", which is `unset`. */
static int
read_size(struct ini *ini, const char *key, uint64_t unset, uint64_t *bytes,
	struct error *e)
{
	struct ini_entry *entry = get(ini, key);

	*bytes = unset;
	return entry && strcmp(entry->value, INFINITE) != 0
		       ? field_size(ini, entry, bytes, e)
		       : 0;
}

/* A whole number from low to high, which may be below zero. */
static int
read_number(
	struct ini *ini, const char *key, int low, int high, int *value, struct error *e)
{
	struct ini_entry *entry = get(ini, key);
	const char *text = entry ? entry->value : "";
	char *end;
	long n;

	if (!entry)
		return 0;
	n = strtol(text, &end, 10);
	if (text[strspn(text, "-0123456789")] != '\0' || end == text || *end != '\0' ||
		n < low || n > high)
		return ini_bad(ini, entry, e,
			"want a whole number from %d to %d, got \"%.80s\"", low, high,
			text);
	*value = (int)n;
	return 0;
}

static int
read_memory(struct config_limits *limits, struct ini *ini, struct error *e)
{
	struct ini_entry *entry = get(ini, "MemoryMin");
	int r = read_size(ini, "MemoryMax", UINT64_MAX, &limits->memory_max, e);

	if (r == 0)
		r = read_size(ini, "MemoryHigh", 0, &limits->memory_high, e);
	if (r == 0 && entry)
		r = field_size(ini, entry, &limits->memory_min, e);
	if (r == 0 && entry && limits->memory_min > limits->memory_max)
		r = ini_bad(
			ini, entry, e, "\"%s\" is more than its MemoryMax", entry->value);
	entry = get(ini, "MemoryHigh");
	if (r == 0 && entry && limits->memory_high > limits->memory_max)
		r = ini_bad(
			ini, entry, e, "\"%s\" is more than its MemoryMax", entry->value);
	return r;
}

static int
read_tasks(struct config_limits *limits, struct ini *ini, struct error *e)
{
	struct ini_entry *entry = get(ini, "TasksMax");
	int r;

	limits->tasks_max = UINT64_MAX;
	if (!entry || strcmp(entry->value, INFINITE) == 0)
		return 0;
	/* the kernel's own bound, PID_MAX_LIMIT */
	r = ini_count(ini, entry, 4194304, &limits->tasks_max, e);
	if (r == 0 && limits->tasks_max == 0)
		r = ini_bad(ini, entry, e, "want 1 to 4194304 or infinity, got \"%s\"",
			entry->value);
	return r;
}

/* "20%": of one processor; 200% are two. */
static int
read_quota(struct config_limits *limits, struct ini *ini, struct error *e)
{
	struct ini_entry *entry = get(ini, "CPUQuota");
	const char *text = entry ? entry->value : "";
	size_t digits = strspn(text, "0123456789");
	unsigned long percent;

	if (!entry)
		return 0;
	percent = digits > 0 && digits < 7 ? strtoul(text, NULL, 10) : 0;
	if (strcmp(text + digits, "%") != 0 || percent == 0 || percent > 100 * 1024)
		return ini_bad(ini, entry, e,
			"want a share of one processor such as 20%%, at most 102400%%, got \"%.80s\"",
			text);
	limits->cpu_quota_us = (uint32_t)(percent * (PERIOD_US / 100));
	if (limits->cpu_quota_us < QUOTA_US_MIN)
		return ini_bad(ini, entry, e, "want at least 1%%, got \"%s\"", text);
	return 0;
}

static int
read_shares(struct config_limits *limits, struct ini *ini, struct error *e)
{
	struct ini_entry *entry = get(ini, "AllowedCPUs");
	int cpu = 0, io = 0, r;

	r = read_number(ini, "CPUWeight", 1, 10000, &cpu, e);
	if (r == 0)
		r = read_number(ini, "IOWeight", 1, 10000, &io, e);
	limits->cpu_weight = (uint16_t)cpu;
	limits->io_weight = (uint16_t)io;
	if (r == 0)
		r = read_quota(limits, ini, e);
	if (r == 0 && entry) {
		char *list = cpulist_normal(entry->value);

		if (!list)
			return ini_bad(ini, entry, e,
				"want processors such as \"0-3 5\", each below %d, got \"%.80s\"",
				CPULIST_CPUS, entry->value);
		limits->cpus = list;
		if (strlen(list) > CPULIST_LENGTH)
			return ini_bad(ini, entry, e,
				"want fewer ranges: the list is longer than %d bytes",
				CPULIST_LENGTH);
	}
	return r;
}

/* By sched(7): SCHED_OTHER 0, SCHED_FIFO 1, SCHED_RR 2, SCHED_BATCH 3, SCHED_IDLE 5. */
static int
read_scheduling(struct config_limits *limits, struct ini *ini, struct error *e)
{
	static const char *const policies[] = {
		"other", "fifo", "rr", "batch", "idle", NULL};
	static const uint8_t numbers[] = {0, 1, 2, 3, 5};
	struct ini_entry *entry = get(ini, "CPUSchedulingPolicy");
	struct ini_entry *priority_entry = get(ini, "CPUSchedulingPriority");
	unsigned choice = 0;
	int nice = 0, priority = 0, r = 0;

	if (entry)
		r = field_choice(ini, entry, policies, &choice, e);
	if (r == 0)
		r = read_number(ini, "CPUSchedulingPriority", 1, 99, &priority, e);
	if (r == 0)
		r = read_number(ini, "Nice", -20, 19, &nice, e);
	if (r < 0)
		return r;
	limits->policy = numbers[choice];
	if (choice == 1 || choice == 2)
		limits->priority = (uint8_t)(priority ? priority : 1);
	else if (priority_entry)
		return ini_bad(ini, priority_entry, e,
			"want CPUSchedulingPolicy = fifo or rr beside it");
	limits->nice = (int16_t)nice;
	return 0;
}

/* The speculative go first when memory is out, the critical last: one that is not given a
 * score gets its slice's. */
static int
read_slice(struct config_limits *limits, bool critical, struct ini *ini, struct error *e)
{
	static const char *const slices[] = {"services", "critical", "speculative", NULL};
	static const int scores[] = {0, -900, 1000};
	struct ini_entry *entry = get(ini, "Slice");
	unsigned choice = critical ? SLICE_CRITICAL : SLICE_SERVICES;
	int score, r = 0;

	if (entry)
		r = field_choice(ini, entry, slices, &choice, e);
	score = scores[choice];
	if (r == 0)
		r = read_number(ini, "OOMScoreAdjust", -1000, 1000, &score, e);
	limits->slice = (uint8_t)choice;
	limits->oom_score_adjust = (int16_t)score;
	return r;
}

static int
read_resources(struct config_limits *limits, struct ini *ini, struct error *e)
{
	struct ini_entry *files = get(ini, "LimitNOFILE"), *core = get(ini, "LimitCORE");
	int r = 0;

	if (files)
		/* the kernel's own bound, fs.nr_open */
		r = ini_count(ini, files, 1048576, &limits->files, e);
	if (r == 0 && files && limits->files < 8)
		r = ini_bad(ini, files, e, "want 8 to 1048576, got \"%s\"", files->value);
	if (r < 0 || !core)
		return r;
	limits->core = UINT64_MAX;
	return strcmp(core->value, INFINITE) == 0 ? 0
						  : ini_size(ini, core, &limits->core, e);
}

int
service_read_limits(struct service *service, struct ini *ini, struct error *e)
{
	struct config_limits *limits = &service->limits;
	int r = read_memory(limits, ini, e);

	if (r == 0)
		r = read_tasks(limits, ini, e);
	if (r == 0)
		r = read_shares(limits, ini, e);
	if (r == 0)
		r = read_scheduling(limits, ini, e);
	if (r == 0)
		r = read_slice(limits, service->life.critical, ini, e);
	if (r == 0)
		r = read_resources(limits, ini, e);
	return r;
}
