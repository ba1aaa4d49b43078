/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>

#include <jansson.h>

#include "keep.h"
#include "lib/error.h"
#include "verbs.h"

int
verb_confirm(struct request *request, struct error *e)
{
	static const char *const words[] = {[CONFIRM_GOOD] = "confirmed",
		[CONFIRM_BEFORE] = "confirmed before",
		[CONFIRM_COLD] = "healthy by kexec, a cold trial comes next"};
	struct device *device = &request->setup->device;
	enum confirm_result result;
	int r = confirm_run(device, &result, e);

	if (r < 0)
		return r;
	if (request->json)
		return show_json(
			json_pack("{s:b, s:b}", "confirmed", result != CONFIRM_COLD,
				"changed", result != CONFIRM_BEFORE),
			e);
	printf("slot %c: %s\n", device_letter(device_running(device)), words[result]);
	return 0;
}

int
verb_revert(struct request *request, struct error *e)
{
	struct device *device = &request->setup->device;
	const struct slots *slots = &device->state.slots;
	struct slot_input input = {
		.event = SLOT_REVERT, .running = device_running(device)};
	uint8_t trial = slot_trying(slots);
	int r = device_need_state(device, e);

	if (trial != SLOT_NONE)
		input.slot = trial;
	else if (slots->chosen != SLOT_NONE)
		input.slot = slots->chosen;
	if (r == 0)
		r = device_step(device, &input, e);
	if (r < 0)
		return r;
	if (request->json)
		return show_json(
			json_pack("{s:s}", "default", slots->chosen == 0 ? "a" : "b"), e);
	if (trial != SLOT_NONE)
		printf("slot %c: %s, no longer tried\n", device_letter(trial),
			slot_state_name(slots->slot[trial].state));
	else
		printf("slot %c: the default from the next start on\n",
			device_letter(slots->chosen));
	return 0;
}

static void
say(const struct repair *repair, const char *line)
{
	(void)repair;
	puts(line);
}

/* A copy of the launcher that is damaged, or that an installation was cut before. */
static int
mend_launcher(struct setup *setup, struct repair *repair, struct error *e)
{
	int r = setup_open_launcher(setup, e);

	if (r > 0)
		r = launcher_heal(&setup->launcher_copies.copies, e);
	if (r == -EBADMSG) {
		repair->left++;
		if (repair->say)
			repair->say(repair, e->text);
		return 0;
	}
	if (r > 0) {
		repair->done++;
		if (repair->say)
			repair->say(repair, "launcher: a copy is written anew");
	}
	return r < 0 ? r : 0;
}

int
verb_repair(struct request *request, struct error *e)
{
	struct repair repair = {
		.device = &request->setup->device, .say = request->json ? NULL : say};
	int r = repair_run(&repair, e);

	if (r == 0)
		r = mend_launcher(request->setup, &repair, e);
	if (r < 0)
		return r;
	if (request->json)
		r = show_json(json_pack("{s:i, s:i}", "mended", (int)repair.done,
				      "damaged", (int)repair.left),
			e);
	else if (repair.done == 0 && repair.left == 0)
		puts("nothing to repair");
	if (r == 0 && repair.left > 0)
		r = error_set(e, EBADMSG, "something stays damaged");
	return r;
}
