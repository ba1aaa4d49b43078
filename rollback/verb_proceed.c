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
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return error_set(e, errno, "waitpid: %s", strerror(errno));
	if (pid < 0)
		return error_set(e, errno, "fork: %s", strerror(errno));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return error_set(e, EIO, "%s: does not have it done", program);
	return 0;
}

/* Looks once, and does what is due. */
static int
look(struct request *request, struct error *e)
{
	struct setup *setup = request->setup;
	struct device *device = &setup->device;
	enum proceed next;
	uint8_t slot;
	int r = setup_open(setup, true, e);

	if (r == 0)
		r = device_need_state(device, e);
	if (r < 0)
		return r;
	next = proceed_next(&device->state.slots, device_running(device), &slot);
	if (next == PROCEED_ARM) {
		r = arm(request, slot, e);
		if (r == 0)
			next = proceed_next(
				&device->state.slots, device_running(device), &slot);
	}
	/* The loader that pid1 runs wants the slots for itself. */
	setup_close(setup);
	if (r < 0 || next == PROCEED_NOTHING)
		return r;
	printf("slot %c: %s\n", device_letter(slot),
		next == PROCEED_REBOOT ? "its trial by a cold start comes now"
				       : "its trial by kexec comes now");
	return ask_pid1(setup->svc_path, next, slot, e);
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
		setup_close(request->setup);
		/* Another one that is at work is no news, nor is the same again. */
		if (r >= 0 || r == -EBUSY || strcmp(before.text, e->text) == 0)
			continue;
		before = *e;
		fprintf(stderr, "rollback: %s\n", e->text);
	}
}
