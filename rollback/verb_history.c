/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <stdio.h>

#include <jansson.h>

#include "lib/error.h"
#include "verbs.h"

static const char *const times[HISTORY_TIMES] = {
	[TIME_FETCH] = "fetch",
	[TIME_WRITE] = "write",
	[TIME_READ_BACK] = "read_back",
	[TIME_VERIFY] = "verify",
	[TIME_LOAD] = "load",
	[TIME_BLACKOUT] = "blackout",
};

static json_t *
entry_json(const struct history_entry *entry)
{
	char image[2 * SLOT_HASH + 1], boot[2 * HISTORY_BOOT + 1];
	json_t *ms = json_object();

	sodium_bin2hex(image, sizeof(image), entry->image, SLOT_HASH);
	sodium_bin2hex(boot, sizeof(boot), entry->boot, HISTORY_BOOT);
	for (size_t i = 0; i < HISTORY_TIMES; i++)
		if (entry->ms[i] > 0)
			json_object_set_new(
				ms, times[i], json_integer((json_int_t)entry->ms[i]));
	return json_pack("{s:I, s:I, s:I, s:s, s:s, s:s?, s:s, s:I, s:i, s:s, s:s, s:o}",
		"sequence", (json_int_t)entry->sequence, "clock_ms",
		(json_int_t)entry->clock_ms, "uptime_ms", (json_int_t)entry->uptime_ms,
		"boot", boot, "event", history_name(entry), "slot",
		entry->slot == 0   ? "a"
		: entry->slot == 1 ? "b"
				   : NULL,
		"state", slot_state_name((enum slot_state)entry->state), "version",
		(json_int_t)entry->version, "tries", entry->tries, "image", image, "why",
		entry->why, "ms", ms);
}

static void
print_entry(const struct history_entry *entry)
{
	char when[32];
	const char *before = " (";

	show_time(entry->clock_ms / 1000, when);
	printf("%s  ", when);
	if (entry->slot < SLOT_COUNT)
		printf("slot %c, version %" PRIu64 ": ", 'a' + entry->slot,
			entry->version);
	printf("%s%s%s", history_name(entry), entry->why[0] ? ": " : "", entry->why);
	for (size_t i = 0; i < HISTORY_TIMES; i++) {
		if (entry->ms[i] == 0)
			continue;
		printf("%s%s %u.%03u s", before, times[i], entry->ms[i] / 1000,
			entry->ms[i] % 1000);
		before = ", ";
	}
	puts(before[0] == ',' ? ")" : "");
}

int
verb_history(struct request *request, struct error *e)
{
	const struct history *history = &request->setup->device.history;
	json_t *list = request->json ? json_array() : NULL;
	struct history_entry entry;

	if (!history->block && !request->json)
		fprintf(stderr,
			"rollback: %s: has no room for a history behind the state\n",
			request->setup->state_path);
	for (uint64_t i = history_oldest(history); i <= history->newest; i++) {
		if (!history_get(history, i, &entry))
			continue;
		if (request->json)
			json_array_append_new(list, entry_json(&entry));
		else
			print_entry(&entry);
	}
	return request->json ? show_json(list, e) : 0;
}
