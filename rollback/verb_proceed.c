/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/error.h"
#include "proceed.h"
#include "verbs.h"

#define NOT_RUN 127 /* exit status */

static int
arm(struct request *request, uint8_t slot, struct error *e)
{
	struct setup *setup = request->setup;
	struct slot_input input = {.event = SLOT_ARM,
		.slot = slot,
		.ways = (uint8_t)setup->ways,
		.guarded = setup->guarded};

	return device_step(&setup->device, &input, e);
}

/* Has pid1 do it, which stops everything first, and this, too. */
static int
ask_pid1(const char *program, enum proceed next, uint8_t slot, struct error *e)
{
	char letter[2] = {device_letter(slot), '\0'};
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (next == PROCEED_REBOOT)
			execl(program, "svc", "reboot", (char *)NULL);
		else
			execl(program, "svc", "kexec", letter, (char *)NULL);
		_exit(NOT_RUN);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return error_set(e, errno, "waitpid: %s", strerror(errno));
	if (pid < 0)
		return error_set(e, errno, "fork: %s", strerror(errno));
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_RUN)
		return error_set(e, ENOENT, "%s: cannot be run", program);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return error_set(e, EIO, "%s: does not have it done", program);
	return 0;
}

/* What is due, once what was only installed is armed. */
static int
find_next(struct request *request, enum proceed *next, uint8_t *slot, struct error *e)
{
	struct device *device = &request->setup->device;
	const struct slots *slots = &device->state.slots;
	uint8_t running = device_running(device);
	int r = 0;

	*next = proceed_next(slots, running, false, slot);
	if (*next == PROCEED_ARM)
		r = arm(request, *slot, e);
	if (r == 0 && device->boot && slot_trying(slots) != SLOT_NONE)
		r = device->boot->waits(device->boot, device, e);
	if (r >= 0)
		*next = proceed_next(slots, running, r > 0, slot);
	return r < 0 ? r : 0;
}

/* Looks once, and has done what is due. */
static int
look(struct request *request, struct error *e)
{
	static enum proceed said; /* once, however often it has to be asked for */
	struct setup *setup = request->setup;
	enum proceed next = PROCEED_NOTHING;
	uint8_t slot;
	int r = setup_open(setup, true, e);

	if (r == 0)
		r = setup_open_boot(setup, e);
	if (r == 0)
		r = device_need_state(&setup->device, e);
	if (r == 0)
		r = find_next(request, &next, &slot, e);
	/* The loader that pid1 runs wants the slots for itself. */
	setup_close(setup);
	if (r < 0)
		return r;
	if (next != PROCEED_NOTHING && next != said)
		printf("slot %c: %s\n", device_letter(slot),
			next == PROCEED_REBOOT ? "its trial by a cold start comes now"
					       : "its trial by kexec comes now");
	said = next;
	return next == PROCEED_NOTHING ? 0 : ask_pid1(setup->svc_path, next, slot, e);
}

int
verb_proceed(struct request *request, struct error *e)
{
	const struct timespec pause = {.tv_sec = (time_t)request->seconds};
	struct error before = {""};

	if (request->seconds == 0)
		return look(request, e);
	for (;;) {
		int r;

		nanosleep(&pause, NULL);
		r = look(request, e);
		/* Another one that is at work is no news, nor is the same again. */
		if (r >= 0 || r == -EBUSY || strcmp(before.text, e->text) == 0)
			continue;
		before = *e;
		fprintf(stderr, "rollback: %s\n", e->text);
	}
}
