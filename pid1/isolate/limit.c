/* SPDX-License-Identifier: ISC */
#include "limit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/config_service.h"

#define PERIOD_US 100000 /* the kernel's default, and what CPUQuota= is a share of */

static const char *const controllers[LIMIT_CONTROLLERS] = {
	"memory", "pids", "cpu", "io", "cpuset"};

static const struct limit {
	const char *file;
	enum limit_controller controller;
} limits_known[LIMIT_FILES] = {
	/* The lower bounds first: a group is never without its protection. */
	{"memory.min", LIMIT_MEMORY},
	{"memory.high", LIMIT_MEMORY},
	{"memory.max", LIMIT_MEMORY},
	{"pids.max", LIMIT_PIDS},
	{"cpu.weight", LIMIT_CPU},
	{"cpu.max", LIMIT_CPU},
	{"io.weight", LIMIT_IO},
	{"cpuset.cpus", LIMIT_CPUSET},
};

const char *
limit_controller_name(size_t index)
{
	return index < LIMIT_CONTROLLERS ? controllers[index] : "";
}

const char *
limit_slice_name(uint8_t slice)
{
	static const char *const names[SERVICE_SLICES] = {
		[SLICE_SERVICES] = "services",
		[SLICE_CRITICAL] = "critical",
		[SLICE_SPECULATIVE] = "speculative",
	};

	return names[slice < SERVICE_SLICES ? slice : SLICE_SERVICES];
}

static bool
is_asked(const struct config_limits *limits, size_t index)
{
	switch (index) {
	case 0:
		return limits->memory_min != 0;
	case 1:
		return limits->memory_high != 0;
	case 2:
		return limits->memory_max != UINT64_MAX;
	case 3:
		return limits->tasks_max != UINT64_MAX;
	case 4:
		return limits->cpu_weight != 0;
	case 5:
		return limits->cpu_quota_us != 0;
	case 6:
		return limits->io_weight != 0;
	default:
		return limits->cpus && limits->cpus[0];
	}
}

static void
put(char *text, uint64_t value)
{
	snprintf(text, LIMIT_TEXT, "%" PRIu64, value);
}

bool
limit_text(const struct config_limits *limits, size_t index, const char **file,
	char text[LIMIT_TEXT])
{
	*file = limits_known[index].file;
	/* Most are not, and each start of a service asks. */
	if (!is_asked(limits, index))
		return false;
	switch (index) {
	case 0:
		put(text, limits->memory_min);
		break;
	case 1:
		put(text, limits->memory_high);
		break;
	case 2:
		put(text, limits->memory_max);
		break;
	case 3:
		put(text, limits->tasks_max);
		break;
	case 4:
		put(text, limits->cpu_weight);
		break;
	case 5:
		snprintf(text, LIMIT_TEXT, "%" PRIu32 " %d", limits->cpu_quota_us,
			PERIOD_US);
		break;
	case 6:
		snprintf(text, LIMIT_TEXT, "default %u", limits->io_weight);
		break;
	default:
		snprintf(text, LIMIT_TEXT, "%s", limits->cpus);
		break;
	}
	return true;
}

unsigned
limit_needs(const struct config_limits *limits)
{
	unsigned needs = 0;

	for (size_t i = 0; i < LIMIT_FILES; i++)
		if (is_asked(limits, i))
			needs |= limits_known[i].controller;
	return needs;
}

unsigned
limit_controllers(const char *text)
{
	unsigned found = 0;

	while (*text) {
		size_t length = strcspn(text, " \n");

		for (size_t i = 0; i < LIMIT_CONTROLLERS; i++)
			if (strlen(controllers[i]) == length &&
				memcmp(text, controllers[i], length) == 0)
				found |= 1u << i;
		text += length;
		text += strspn(text, " \n");
	}
	return found;
}
