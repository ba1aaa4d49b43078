/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <linux/ioprio.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <jansson.h>

#include "keep.h"
#include "lib/error.h"
#include "scrub.h"
#include "verbs.h"

#define RATE (4u << 20) /* bytes a second */

/* Behind everybody else; where that is not granted, the rate is bound alone. */
static void
step_back(void)
{
	setpriority(PRIO_PROCESS, 0, 19);
	syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0,
		IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0));
}

static bool
is_whole(const struct slot *slot)
{
	return slot->state == SLOT_STAGED || slot->state == SLOT_TRYING ||
	       slot->state == SLOT_GOOD;
}

/* Without the lock: an install need not wait for it. *unsure: slots to judge, as bits. */
static int
look(struct request *request, unsigned *unsure, struct error *e)
{
	struct device *device = &request->setup->device;
	uint64_t rate = request->rate ? request->rate : RATE;
	enum scrub_result result;
	int r = device_need_state(device, e);

	for (uint8_t i = 0; r == 0 && i < SLOT_COUNT; i++) {
		if (!is_whole(&device->state.slots.slot[i]))
			continue;
		r = scrub_look(device, i, rate, &result, e);
		if (r == 0 && result != SCRUB_WHOLE)
			*unsure |= 1u << i;
		if (r == 0 && result == SCRUB_WHOLE && !request->json)
			printf("slot %c: has not changed\n", device_letter(i));
	}
	return r;
}

static void
say(const struct repair *repair, const char *line)
{
	(void)repair;
	puts(line);
}

/* What has no sum, or another one: the signed hashes decide. */
static int
judge(struct request *request, unsigned unsure, unsigned *damaged, struct error *e)
{
	struct device *device = &request->setup->device;
	struct repair repair = {.device = device, .say = request->json ? NULL : say};
	int r = device_need_state(device, e);

	for (uint8_t i = 0; r == 0 && i < SLOT_COUNT; i++) {
		if (!(unsure & 1u << i) || !is_whole(&device->state.slots.slot[i]))
			continue;
		r = scrub_settle(device, i, e);
		if (r == -EBADMSG || r == -ENODATA || r == -EPERM) {
			++*damaged;
			r = 0;
		} else if (r == 0 && !request->json) {
			printf("slot %c: is signed and whole\n", device_letter(i));
		}
	}
	return r == 0 && *damaged > 0 ? repair_run(&repair, e) : r;
}

int
verb_scrub(struct request *request, struct error *e)
{
	unsigned unsure = 0, damaged = 0;
	int r;

	step_back();
	r = look(request, &unsure, e);
	if (r == 0 && unsure != 0) {
		setup_close(request->setup);
		r = setup_open(request->setup, true, e);
	}
	/* A slot that is emptied must not stay what the firmware starts. */
	if (r == 0 && unsure != 0)
		r = setup_open_boot(request->setup, e);
	if (r == 0 && unsure != 0)
		r = judge(request, unsure, &damaged, e);
	if (r < 0)
		return r;
	if (request->json)
		r = show_json(json_pack("{s:i}", "damaged", (int)damaged), e);
	if (r == 0 && damaged > 0)
		r = error_set(e, EBADMSG, "a slot was not what was signed");
	return r;
}
