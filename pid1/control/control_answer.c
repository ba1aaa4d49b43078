/* SPDX-License-Identifier: ISC */
#include "control_answer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/config.h"
#include "pid1/service/care.h"
#include "pid1/isolate/cgroup.h"
#include "pid1/base/clock.h"
#include "pid1/isolate/isolate.h"
#include "pid1/isolate/limit.h"
#include "pid1/power/kexec.h"
#include "pid1/net/address.h"
#include "pid1/net/link.h"
#include "pid1/power/reason.h"
#include "pid1/power/watchdog.h"
#include "pid1/service/supervise.h"
#include "pid1/start/module.h"
#include "pid1/start/mount.h"
#include "pid1/start/storage.h"
#include "pid1/base/timeline.h"

static struct {
	const struct config *config;
	char content_id[65];
	struct answer_power power;
} all;

static void
read_content_id(void)
{
	int fd = open(CONTENT_ID_PATH, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, all.content_id, sizeof(all.content_id) - 1);

	all.content_id[n < 0 ? 0 : n] = '\0';
	all.content_id[strcspn(all.content_id, "\n")] = '\0';
	if (fd >= 0)
		close(fd);
}

void
answer_init(const struct config *config)
{
	all.config = config;
	read_content_id();
}

void
answer_refuse(struct answer *answer, int error, const char *message)
{
	answer->verb = CONTROL_START; /* nothing but the end follows */
	answer->follow = false;
	answer->error = error;
	answer->message = message;
}

static void
begin_request(struct answer *answer, const char *name)
{
	static const enum supervise_request requests[] = {
		[CONTROL_START] = REQUEST_START,
		[CONTROL_STOP] = REQUEST_STOP,
		[CONTROL_RESTART] = REQUEST_RESTART,
	};
	int r = supervise_request(name, requests[answer->verb]);

	if (r == -ENOENT)
		answer_refuse(answer, ENOENT, "no such service: `svc status` lists them");
	else if (r < 0)
		answer_refuse(answer, -r, "the machine is going down");
}

/* One service of a status, or the source of a log by name. */
static void
begin_one(struct answer *answer, const char *name)
{
	int index = supervise_find(name);

	answer->one = true;
	if (answer->verb == CONTROL_LOG && strcmp(name, "pid1") == 0)
		answer->source = JOURNAL_PID1;
	else if (answer->verb == CONTROL_LOG && strcmp(name, "kernel") == 0)
		answer->source = JOURNAL_KERNEL;
	else if (index < 0)
		answer_refuse(answer, ENOENT, "no such service: `svc status` lists them");
	else
		answer->source = answer->service = (size_t)index;
	answer->part = PART_SERVICES;
}

static void
begin_power(struct answer *answer, const char *slot)
{
	if (answer->verb == CONTROL_KEXEC && !kexec_offered()) {
		answer_refuse(
			answer, ENOTSUP, "this board has no loader that verifies images");
		return;
	}
	if (all.power.verb != CONTROL_STATUS) {
		answer_refuse(answer, EALREADY, "the machine is going down");
		return;
	}
	if (strlen(slot) >= sizeof(all.power.slot)) {
		answer_refuse(answer, ENAMETOOLONG, "that name of a slot is too long");
		return;
	}
	all.power.verb = answer->verb;
	snprintf(all.power.slot, sizeof(all.power.slot), "%s", slot);
}

void
answer_begin(struct answer *answer, const struct control_request *request, bool root)
{
	*answer = (struct answer){
		.verb = (enum control_verb)request->verb,
		.follow = request->follow,
		.source = JOURNAL_ALL,
		.message = "",
	};
	if (!root && answer->verb != CONTROL_STATUS && answer->verb != CONTROL_TIMELINE) {
		answer_refuse(answer, EPERM, "only user 0 may do that");
		return;
	}
	switch (answer->verb) {
	case CONTROL_STATUS:
	case CONTROL_LOG:
		if (request->name[0])
			begin_one(answer, request->name);
		break;
	case CONTROL_START:
	case CONTROL_STOP:
	case CONTROL_RESTART:
		begin_request(answer, request->name);
		break;
	case CONTROL_REBOOT:
	case CONTROL_POWEROFF:
	case CONTROL_KEXEC:
		begin_power(answer, request->name);
		break;
	case CONTROL_TIMELINE:
	case CONTROL_VERBS:
		break;
	}
}

static size_t
put_service(uint8_t message[CONTROL_MESSAGE], const struct supervise_status *status)
{
	const struct config_service *config = status->config;
	char lacks[128];
	struct control_reply reply = {
		.kind = REPLY_SERVICE,
		.service =
			{
				.name = config->name,
				.state = service_state_name(status->state),
				.slice = limit_slice_name(config->limits.slice),
				.said = status->said,
				.result = status->result == RESULT_NONE
						  ? ""
						  : service_result_name(status->result),
				.lacks = lacks,
				.pid = (uint32_t)status->pid,
				.restarts = status->restarts,
				.since_ms = status->since_ms,
				.memory = cgroup_memory(status->group),
				.tasks = cgroup_tasks(status->group),
				.critical = config->life.critical,
			},
	};

	isolate_lacks_text(isolate_lacks(config), lacks, sizeof(lacks));
	return control_put_reply(message, &reply);
}

static size_t
put_device(uint8_t message[CONTROL_MESSAGE])
{
	const char *why;
	enum health_phase phase = supervise_health(&why);
	const struct control_reply reply = {
		.kind = REPLY_DEVICE,
		.device =
			{
				.board = all.config->board,
				.content_id = all.content_id,
				.health = health_name(phase),
				.health_why = why ? why : "",
				.last_boot = reason_last_text(),
				.watchdog = watchdog_status(),
				.uptime_ms = clock_ms(),
				.modules_locked = module_locked(),
			},
	};

	return control_put_reply(message, &reply);
}

static size_t
put_mount(uint8_t message[CONTROL_MESSAGE], const struct storage_status *status)
{
	const struct control_reply reply = {
		.kind = REPLY_MOUNT,
		.mount = {status->path, status->device, status->type,
			storage_state_name(status->state), status->why,
			/* The kernel may have made it so, for an error on the disk. */
			status->read_only || (status->state == STORAGE_UP &&
						     mount_is_read_only(status->path))},
	};

	return control_put_reply(message, &reply);
}

static size_t
put_link(uint8_t message[CONTROL_MESSAGE], const struct link_status *status)
{
	char addresses[512];
	const struct control_reply reply = {
		.kind = REPLY_LINK,
		.link = {status->name, status->why ? status->why : "", addresses,
			status->index > 0, status->up, status->carrier},
	};

	address_list(status->index, addresses, sizeof(addresses));
	return control_put_reply(message, &reply);
}

static size_t
put_end(struct answer *answer, uint8_t message[CONTROL_MESSAGE])
{
	const struct control_reply reply = {
		.kind = REPLY_END,
		.end = {.error = answer->error, .message = answer->message},
	};

	answer->done = true;
	return control_put_reply(message, &reply);
}

static size_t
next_status(struct answer *answer, uint8_t message[CONTROL_MESSAGE])
{
	struct storage_status mount;
	struct link_status link;
	struct supervise_status service;

	if (answer->part == PART_DEVICE) {
		answer->part = PART_MOUNTS;
		return put_device(message);
	}
	if (answer->part == PART_MOUNTS) {
		if (storage_status(answer->mount++, &mount))
			return put_mount(message, &mount);
		answer->part = PART_LINKS;
	}
	if (answer->part == PART_LINKS) {
		if (link_status(answer->link++, &link))
			return put_link(message, &link);
		answer->part = PART_SERVICES;
	}
	if (answer->part == PART_SERVICES) {
		if (answer->one)
			answer->part = PART_END;
		if (supervise_status(answer->service++, &service))
			return put_service(message, &service);
	}
	return put_end(answer, message);
}

static size_t
next_line(struct answer *answer, uint8_t message[CONTROL_MESSAGE])
{
	static struct journal_record record;
	struct control_reply reply = {.kind = REPLY_LINE};

	if (!journal_next(&answer->cursor, answer->source, NULL, &record))
		return answer->follow ? 0 : put_end(answer, message);
	reply.line = (struct reply_line){
		.time_us = record.head.time_us,
		.priority = record.head.priority,
		.source = journal_source_name(record.source),
		.text = record.text,
		.dropped = record.lost > UINT32_MAX ? UINT32_MAX : (uint32_t)record.lost,
	};
	return control_put_reply(message, &reply);
}

static size_t
next_step(struct answer *answer, uint8_t message[CONTROL_MESSAGE])
{
	const struct timeline_step *step = timeline_at(answer->step);
	struct control_reply reply = {.kind = REPLY_STEP};

	if (!step)
		return put_end(answer, message);
	answer->step++;
	reply.step =
		(struct reply_step){step->time_us, step->what, step->name, step->event};
	return control_put_reply(message, &reply);
}

static size_t
put_next(struct answer *answer, uint8_t message[CONTROL_MESSAGE])
{
	switch (answer->verb) {
	case CONTROL_STATUS:
		return next_status(answer, message);
	case CONTROL_LOG:
		return next_line(answer, message);
	case CONTROL_TIMELINE:
		return next_step(answer, message);
	default:
		return put_end(answer, message);
	}
}

size_t
answer_next(struct answer *answer, uint8_t message[CONTROL_MESSAGE])
{
	size_t size = put_next(answer, message);

	/* Nothing to say is for those who follow; the others must not wait for ever. */
	if (size == 0 && !answer->follow) {
		answer_refuse(answer, EMSGSIZE, "it does not fit into a message");
		size = put_end(answer, message);
	}
	return size;
}

bool
answer_take_power(struct answer_power *power)
{
	static bool taken;

	if (taken || all.power.verb == CONTROL_STATUS)
		return false;
	taken = true;
	*power = all.power;
	return true;
}
