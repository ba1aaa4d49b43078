/* SPDX-License-Identifier: ISC */
#include "control_format.h"

#include <errno.h>
#include <stdbool.h>

#include "lib/codec.h"
#include "lib/wire.h"

static void
visit_request(struct codec *c, struct control_request *request)
{
	codec_u8(c, &request->verb);
	codec_u8(c, &request->follow);
	codec_string(c, &request->name);
}

static void
visit_end(struct codec *c, struct reply_end *end)
{
	uint32_t error = (uint32_t)end->error;

	codec_u32(c, &error);
	end->error = (int32_t)error;
	codec_string(c, &end->message);
}

static void
visit_device(struct codec *c, struct reply_device *device)
{
	codec_string(c, &device->board);
	codec_string(c, &device->content_id);
	codec_string(c, &device->health);
	codec_string(c, &device->health_why);
	codec_string(c, &device->last_boot);
	codec_string(c, &device->watchdog);
	codec_u64(c, &device->uptime_ms);
	codec_u8(c, &device->modules_locked);
}

static void
visit_mount(struct codec *c, struct reply_mount *mount)
{
	codec_string(c, &mount->path);
	codec_string(c, &mount->device);
	codec_string(c, &mount->type);
	codec_string(c, &mount->state);
	codec_string(c, &mount->why);
	codec_u8(c, &mount->read_only);
}

static void
visit_link(struct codec *c, struct reply_link *link)
{
	codec_string(c, &link->name);
	codec_string(c, &link->why);
	codec_string(c, &link->addresses);
	codec_u8(c, &link->present);
	codec_u8(c, &link->up);
	codec_u8(c, &link->carrier);
}

static void
visit_service(struct codec *c, struct reply_service *service)
{
	codec_string(c, &service->name);
	codec_string(c, &service->state);
	codec_string(c, &service->slice);
	codec_string(c, &service->said);
	codec_string(c, &service->result);
	codec_string(c, &service->lacks);
	codec_u32(c, &service->pid);
	codec_u32(c, &service->restarts);
	codec_u64(c, &service->since_ms);
	codec_u64(c, &service->memory);
	codec_u64(c, &service->tasks);
	codec_u8(c, &service->critical);
}

static void
visit_line(struct codec *c, struct reply_line *line)
{
	codec_u64(c, &line->time_us);
	codec_u8(c, &line->priority);
	codec_string(c, &line->source);
	codec_string(c, &line->text);
	codec_u32(c, &line->dropped);
}

static void
visit_step(struct codec *c, struct reply_step *step)
{
	codec_u64(c, &step->time_us);
	codec_string(c, &step->what);
	codec_string(c, &step->name);
	codec_string(c, &step->event);
}

static void
visit_reply(struct codec *c, struct control_reply *reply)
{
	switch (reply->kind) {
	case REPLY_END:
		visit_end(c, &reply->end);
		break;
	case REPLY_DEVICE:
		visit_device(c, &reply->device);
		break;
	case REPLY_MOUNT:
		visit_mount(c, &reply->mount);
		break;
	case REPLY_LINK:
		visit_link(c, &reply->link);
		break;
	case REPLY_SERVICE:
		visit_service(c, &reply->service);
		break;
	case REPLY_LINE:
		visit_line(c, &reply->line);
		break;
	case REPLY_STEP:
		visit_step(c, &reply->step);
		break;
	case REPLY_KINDS:
		break;
	}
}

size_t
control_put_request(
	uint8_t message[CONTROL_MESSAGE], const struct control_request *request)
{
	struct control_request copy = *request; /* a writing visit changes nothing */
	struct wire_writer w;
	struct codec c = {.writer = &w};

	wire_write_fixed(&w, message, CONTROL_MESSAGE);
	visit_request(&c, &copy);
	return w.failed ? 0 : w.size;
}

size_t
control_put_reply(uint8_t message[CONTROL_MESSAGE], const struct control_reply *reply)
{
	struct control_reply copy = *reply;
	struct wire_writer w;
	struct codec c = {.writer = &w};

	wire_write_fixed(&w, message, CONTROL_MESSAGE);
	wire_put_u8(&w, (uint8_t)reply->kind);
	visit_reply(&c, &copy);
	return w.failed ? 0 : w.size;
}

int
control_get_request(const void *message, size_t size, struct control_request *request)
{
	struct wire_reader r;
	struct codec c = {.reader = &r};

	wire_read_init(&r, message, size);
	visit_request(&c, request);
	if (r.failed || r.at != r.size || request->verb >= CONTROL_VERBS ||
		request->follow > 1)
		return -EBADMSG;
	return 0;
}

int
control_get_reply(const void *message, size_t size, struct control_reply *reply)
{
	struct wire_reader r;
	struct codec c = {.reader = &r};
	uint8_t kind;

	wire_read_init(&r, message, size);
	kind = wire_get_u8(&r);
	if (kind >= REPLY_KINDS)
		return -EBADMSG;
	reply->kind = (enum reply_kind)kind;
	visit_reply(&c, reply);
	return r.failed || r.at != r.size ? -EBADMSG : 0;
}
