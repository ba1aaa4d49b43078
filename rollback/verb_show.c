/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "install.h"
#include "lib/error.h"
#include "verbs.h"
#include "verify.h"

void
show_time(int64_t seconds, char text[32])
{
	time_t when = (time_t)seconds;
	struct tm tm;

	if (!gmtime_r(&when, &tm) || strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(text, 32, "%" PRId64, seconds);
}

int
show_json(struct json_t *value, struct error *e)
{
	char *text = value ? json_dumps(value, JSON_SORT_KEYS) : NULL;

	json_decref(value);
	if (!text)
		return error_set(e, ENOMEM, "%s", strerror(ENOMEM));
	puts(text);
	free(text);
	return 0;
}

static const char *
letter(uint8_t slot)
{
	return slot == SLOT_NONE ? NULL : slot == 0 ? "a" : "b";
}

/* "trying, by kexec, 2 attempts" ... */
static void
describe(const struct slot *slot, char text[96])
{
	int n = snprintf(text, 96, "%s", slot_state_name(slot->state));

	if (slot->state == SLOT_TRYING)
		snprintf(text + n, 96 - (size_t)n, ", by %s, %u attempts%s",
			slot->way == TRIAL_KEXEC ? "kexec" : "a cold start", slot->tries,
			slot->jumped ? ", no verdict yet" : "");
	else if (slot->state == SLOT_STAGED && slot->tries > 0)
		snprintf(text + n, 96 - (size_t)n, ", shelved after %u attempts",
			slot->tries);
}

static json_t *
slot_json(const struct slot *slot, uint8_t i)
{
	char hash[SHA256_HEX], content[SHA256_HEX];

	if (slot->state == SLOT_EMPTY)
		return json_pack("{s:s, s:s}", "slot", letter(i), "state",
			slot_state_name(slot->state));
	sodium_bin2hex(hash, sizeof(hash), slot->image.hash, SLOT_HASH);
	sodium_bin2hex(content, sizeof(content), slot->image.content, SLOT_HASH);
	return json_pack("{s:s, s:s, s:I, s:I, s:s, s:s, s:i, s:s?, s:b}", "slot",
		letter(i), "state", slot_state_name(slot->state), "version",
		(json_int_t)slot->image.version, "floor", (json_int_t)slot->image.floor,
		"image", hash, "content_id", content, "tries", slot->tries, "way",
		slot->way == TRIAL_KEXEC  ? "kexec"
		: slot->way == TRIAL_COLD ? "reboot"
					  : NULL,
		"no_verdict_yet", slot->jumped);
}

static unsigned
broken_copies(const struct record *record)
{
	unsigned broken = 0;

	for (unsigned i = 0; i < record->copies; i++)
		broken += !record->valid[i];
	return broken;
}

static int
status_json(struct device *device, uint64_t resume, struct error *e)
{
	const struct slots *slots = &device->state.slots;
	json_t *list = json_array(), *refused = json_array();

	for (uint8_t i = 0; i < SLOT_COUNT; i++)
		json_array_append_new(list, slot_json(&slots->slot[i], i));
	for (unsigned i = 0; i < slots->refused_count; i++) {
		char hash[SHA256_HEX];

		sodium_bin2hex(hash, sizeof(hash), slots->refused[i], SLOT_HASH);
		json_array_append_new(refused, json_string(hash));
	}
	return show_json(
		json_pack("{s:s, s:s?, s:s?, s:I, s:I, s:b, s:i, s:I, s:o, s:o}", "board",
			device->trust.board, "default", letter(slots->chosen), "running",
			letter(device_running(device)), "floor", (json_int_t)slots->floor,
			"clock", (json_int_t)slots->clock, "state_lost", device->lost,
			"broken_copies", (int)broken_copies(&device->state.record),
			"resume_at", (json_int_t)resume, "slots", list, "refused",
			refused),
		e);
}

int
verb_status(struct request *request, struct error *e)
{
	struct device *device = &request->setup->device;
	const struct slots *slots = &device->state.slots;
	uint8_t running = device_running(device), slot;
	uint64_t resume = install_resume_at(device, &slot);

	if (request->json)
		return status_json(device, resume, e);
	if (device->lost)
		printf("the state is lost: run `rollback repair`\n");
	else if (broken_copies(&device->state.record) > 0)
		printf("the state has broken copies: run `rollback repair`\n");
	for (uint8_t i = 0; i < SLOT_COUNT; i++) {
		char text[96];

		describe(&slots->slot[i], text);
		printf("slot %c: %s", device_letter(i), text);
		if (slots->slot[i].state != SLOT_EMPTY)
			printf(", version %" PRIu64, slots->slot[i].image.version);
		printf("%s%s\n", slots->chosen == i ? ", the default" : "",
			running == i ? ", runs" : "");
	}
	if (resume > 0)
		printf("slot %c: an install goes on at %" PRIu64 "\n",
			device_letter(slot), resume);
	printf("floor: version %" PRIu64 "\n", slots->floor);
	return 0;
}

int
verb_verify(struct request *request, struct error *e)
{
	static struct release release;
	struct device *device = &request->setup->device;
	struct error why;
	int worst = 0;

	for (uint8_t i = 0; i < SLOT_COUNT; i++) {
		enum slot_state state = device->state.slots.slot[i].state;
		int r;

		if (request->argument && request->argument[0] != device_letter(i))
			continue;
		/* Nothing is claimed of such a slot, unless it is asked for. */
		if (!request->argument && !device->lost &&
			(state == SLOT_EMPTY || state == SLOT_WRITING))
			continue;
		r = verify_slot(device, i, &release, &why);
		if (r == 0 && !request->json)
			printf("slot %c: version %" PRIu64 " is signed and whole\n",
				device_letter(i), release.version);
		if (r == 0)
			continue;
		if (worst < 0)
			fprintf(stderr, "rollback: %s\n", e->text);
		*e = why;
		worst = r == -ENODATA ? -EBADMSG : r;
	}
	if (!request->json)
		return worst;
	if (show_json(json_pack("{s:b}", "whole", worst == 0), &why) < 0)
		return error_set(e, ENOMEM, "%s", why.text);
	return worst;
}
