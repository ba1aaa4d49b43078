/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "pid1/control/control_format.h"
#include "svc.h"

/* A terminal must not be told what to do by a service: control characters become dots. */
static void
print_text(const char *text)
{
	for (; *text; text++)
		putchar((unsigned char)*text < ' ' || *text == 0x7f ? '.' : *text);
}

static void
print_time(uint64_t us)
{
	printf("%5" PRIu64 ".%06" PRIu64, us / 1000000, us % 1000000);
}

/* "12.3M", at most five characters; "-" for what is not known. */
static void
print_size(uint64_t bytes)
{
	static const char units[] = "KMGT";
	uint64_t tenths = bytes / 1024 * 10 + bytes % 1024 * 10 / 1024;
	size_t unit = 0;

	if (bytes == UINT64_MAX) {
		printf("%7s", "-");
		return;
	}
	while (tenths >= 10240 && unit + 2 < sizeof(units)) {
		tenths /= 1024;
		unit++;
	}
	printf("%4" PRIu64 ".%" PRIu64 "%c", tenths / 10, tenths % 10, units[unit]);
}

/* True once before the lines of each table: time for its heading. */
static bool
begins(struct svc_show *show, const char *table)
{
	if (show->table && strcmp(show->table, table) == 0)
		return false;
	if (show->table)
		putchar('\n');
	show->table = table;
	return true;
}

static void
print_device(struct svc_show *show, const struct reply_device *device)
{
	begins(show, "device");
	printf("board     %s\ncontent   %s\nhealth    %s", device->board,
		device->content_id, device->health);
	if (device->health_why[0]) {
		fputs(": ", stdout);
		print_text(device->health_why);
	}
	printf("\nup        %" PRIu64 ".%03" PRIu64 " s\nwatchdog  %s\nmodules   %s\n",
		device->uptime_ms / 1000, device->uptime_ms % 1000, device->watchdog,
		device->modules_locked ? "locked" : "not locked");
	if (device->last_boot[0]) {
		fputs("last boot ", stdout);
		print_text(device->last_boot);
		putchar('\n');
	}
}

static void
print_mount(struct svc_show *show, const struct reply_mount *mount)
{
	if (begins(show, "mounts"))
		printf("%-24s %-10s %-16s %s\n", "MOUNT", "STATE", "DEVICE", "TYPE");
	printf("%-24s %-10s %-16s %s%s", mount->path, mount->state, mount->device,
		mount->type, mount->read_only ? " read-only" : "");
	if (mount->why[0]) {
		fputs("  ", stdout);
		print_text(mount->why);
	}
	putchar('\n');
}

static void
print_link(struct svc_show *show, const struct reply_link *link)
{
	if (begins(show, "links"))
		printf("%-24s %-10s %s\n", "LINK", "STATE", "CARRIER  ADDRESSES");
	printf("%-24s %-10s %-8s %s", link->name,
		link->up	? "up"
		: link->present ? "down"
				: "absent",
		link->carrier ? "yes" : "no", link->addresses);
	if (link->why[0]) {
		fputs("  ", stdout);
		print_text(link->why);
	}
	putchar('\n');
}

static void
print_service(struct svc_show *show, const struct reply_service *service)
{
	if (begins(show, "services"))
		printf("%-24s %-10s %-11s %7s %8s %7s %6s  %s\n", "SERVICE", "STATE",
			"SLICE", "PID", "RESTARTS", "MEMORY", "TASKS", "");
	printf("%-24s %-10s %-11s ", service->name, service->state, service->slice);
	if (service->pid)
		printf("%7" PRIu32 " ", service->pid);
	else
		printf("%7s ", "-");
	printf("%8" PRIu32 " ", service->restarts);
	print_size(service->memory);
	if (service->tasks == UINT64_MAX)
		printf(" %6s  ", "-");
	else
		printf(" %6" PRIu64 "  ", service->tasks);
	print_text(service->said[0] ? service->said : service->result);
	if (service->lacks[0])
		printf(" (this kernel lacks: %s)", service->lacks);
	putchar('\n');
}

static void
print_line(const struct reply_line *line)
{
	if (line->dropped > 0)
		printf("%12s  %s: %" PRIu32 " lines dropped\n", "", line->source,
			line->dropped);
	print_time(line->time_us);
	printf("  %s: ", line->source);
	print_text(line->text);
	putchar('\n');
	fflush(stdout);
}

static void
print_step(const struct reply_step *step)
{
	print_time(step->time_us);
	printf("  %s%s%s: %s\n", step->what, step->name[0] ? " " : "", step->name,
		step->event);
}

/* UTF-8 or not: what a service says is any bytes, JSON's strings are not. */
static json_t *
text_value(const char *text)
{
	json_t *value = json_string(text);
	char clean[CONTROL_MESSAGE];
	size_t size = strlen(text);

	if (value || size >= sizeof(clean))
		return value;
	for (size_t i = 0; i <= size; i++)
		clean[i] = (unsigned char)text[i] < 0x80 ? text[i] : '?';
	return json_string(clean);
}

/* Null for what is not known. */
static json_t *
number_value(uint64_t number)
{
	if (number > INT64_MAX)
		return json_null();
	return json_integer((json_int_t)number);
}

static json_t *
device_value(const struct reply_device *device)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "board",
		text_value(device->board), "content_id", text_value(device->content_id),
		"health", text_value(device->health), "health_why",
		text_value(device->health_why), "last_boot",
		text_value(device->last_boot), "watchdog", text_value(device->watchdog),
		"uptime_ms", number_value(device->uptime_ms), "modules_locked",
		device->modules_locked);
}

static json_t *
mount_value(const struct reply_mount *mount)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:b, s:o}", "path",
		text_value(mount->path), "device", text_value(mount->device), "type",
		text_value(mount->type), "state", text_value(mount->state), "read_only",
		mount->read_only, "why", text_value(mount->why));
}

/* Words with a blank between two. */
static json_t *
words_value(const char *text)
{
	json_t *words = json_array();

	while (*text) {
		size_t length = strcspn(text, " ");

		if (length > 0)
			json_array_append_new(words, json_stringn(text, length));
		text += length + (text[length] == ' ');
	}
	return words;
}

static json_t *
link_value(const struct reply_link *link)
{
	return json_pack("{s:o, s:b, s:b, s:b, s:o, s:o}", "name", text_value(link->name),
		"present", link->present, "up", link->up, "carrier", link->carrier,
		"addresses", words_value(link->addresses), "why", text_value(link->why));
}

static json_t *
service_value(const struct reply_service *service)
{
	return json_pack("{s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"name", text_value(service->name), "state", text_value(service->state),
		"slice", text_value(service->slice), "critical", service->critical, "pid",
		service->pid ? number_value(service->pid) : json_null(), "restarts",
		number_value(service->restarts), "since_ms",
		number_value(service->since_ms), "memory", number_value(service->memory),
		"tasks", number_value(service->tasks), "status",
		text_value(service->said), "result", text_value(service->result), "lacks",
		text_value(service->lacks));
}

static json_t *
line_value(const struct reply_line *line)
{
	return json_pack("{s:o, s:i, s:o, s:o, s:o}", "time_us",
		number_value(line->time_us), "priority", (int)line->priority, "source",
		text_value(line->source), "text", text_value(line->text), "dropped",
		number_value(line->dropped));
}

static json_t *
step_value(const struct reply_step *step)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "time_us", number_value(step->time_us),
		"what", text_value(step->what), "name", text_value(step->name), "event",
		text_value(step->event));
}

static int
append(json_t **array, json_t *value)
{
	if (!*array)
		*array = json_array();
	return json_array_append_new(*array, value) < 0 ? -ENOMEM : 0;
}

static int
keep(struct svc_show *show, const struct control_reply *reply)
{
	json_t *line;
	int r;

	switch (reply->kind) {
	case REPLY_DEVICE:
		show->device = device_value(&reply->device);
		return show->device ? 0 : -ENOMEM;
	case REPLY_MOUNT:
		return append(&show->mounts, mount_value(&reply->mount));
	case REPLY_LINK:
		return append(&show->links, link_value(&reply->link));
	case REPLY_SERVICE:
		return append(&show->services, service_value(&reply->service));
	case REPLY_STEP:
		return append(&show->steps, step_value(&reply->step));
	case REPLY_LINE:
		line = line_value(&reply->line);
		r = line ? json_dumpf(line, stdout, JSON_COMPACT) : -1;
		json_decref(line);
		putchar('\n');
		fflush(stdout);
		return r < 0 ? -ENOMEM : 0;
	case REPLY_END:
	case REPLY_KINDS:
		break;
	}
	return 0;
}

int
svc_show_reply(struct svc_show *show, const struct control_reply *reply)
{
	if (show->json)
		return keep(show, reply);
	switch (reply->kind) {
	case REPLY_DEVICE:
		print_device(show, &reply->device);
		break;
	case REPLY_MOUNT:
		print_mount(show, &reply->mount);
		break;
	case REPLY_LINK:
		print_link(show, &reply->link);
		break;
	case REPLY_SERVICE:
		print_service(show, &reply->service);
		break;
	case REPLY_LINE:
		print_line(&reply->line);
		break;
	case REPLY_STEP:
		print_step(&reply->step);
		break;
	case REPLY_END:
	case REPLY_KINDS:
		break;
	}
	return 0;
}

int
svc_show_finish(struct svc_show *show)
{
	json_t *document = NULL;
	int r = 0;

	if (show->steps)
		document = show->steps;
	else if (show->device || show->services)
		document = json_pack("{s:o*, s:o*, s:o*, s:o*}", "device", show->device,
			"mounts", show->mounts, "links", show->links, "services",
			show->services);
	if (document)
		r = json_dumpf(document, stdout, JSON_INDENT(2));
	if (document)
		putchar('\n');
	json_decref(document);
	if (fflush(stdout) == EOF || ferror(stdout))
		return -EIO;
	return r < 0 ? -ENOMEM : 0;
}
