/* SPDX-License-Identifier: ISC */
#include "reason.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/config.h"
#include "pid1/base/clock.h"
#include "deadline.h"
#include "pid1/log/log.h"
#include "reason_store.h"
#include "watchdog.h"

#define READ_MS	 5000
#define WRITE_MS 3000
#define PMSG	 "/dev/pmsg0"

static struct {
	struct reason last, end;
	bool open; /* all that the board names is open */
	bool asked; /* `last` is known, as far as it can be */
	bool dumps; /* pstore has words of the kernel */
	struct reason_panic panic; /* the last of them */
	int newest; /* which copy of the store holds the last record */
	int store, pmsg; /* open, or -1 */
	char text[REASON_TEXT + 80];
} kept = {.newest = -1, .store = -1, .pmsg = -1};

/* The streak goes on if this end is like the last one; a watchdog's shot and a panic are
 * kinds of cut. */
static uint32_t
streak(enum reason_kind kind)
{
	enum reason_kind last = kept.last.kind;

	if (last == REASON_WATCHDOG || last == REASON_PANIC)
		last = REASON_CUT;
	if (kind != last || kept.last.streak == UINT32_MAX)
		return 1;
	return kept.last.streak + 1;
}

static void
write_record(void *argument)
{
	const uint8_t *bytes = argument;
	off_t at = kept.newest == 0 ? REASON_BLOCK : 0;

	/* The pmsg first: it is memory. An error has nobody left to be told to. */
	if (kept.pmsg >= 0 && write(kept.pmsg, bytes, REASON_SIZE) < 0)
		kept.pmsg = -1;
	if (kept.store >= 0 && pwrite(kept.store, bytes, REASON_SIZE, at) != REASON_SIZE)
		_exit(1);
}

void
reason_end(enum reason_kind kind, const char *text)
{
	static uint8_t bytes[REASON_SIZE];
	struct timespec now = {0};
	struct reason *end = &kept.end;
	size_t length = strnlen(text, REASON_TEXT - 1);

	if (!reason_is_kept())
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	memset(end->text, 0, sizeof(end->text));
	memcpy(end->text, text, length);
	end->kind = kind;
	end->streak = streak(kind);
	end->sequence++;
	end->uptime_ms = clock_ms();
	end->clock = now.tv_sec;
	reason_pack(bytes, end);
	if (deadline_run(write_record, bytes, WRITE_MS) == 0)
		kept.newest = kept.newest == 0 ? 1 : 0;
	else
		log_raw("pid1: reason: the store does not take it\n");
}

bool
reason_is_kept(void)
{
	return kept.store >= 0 || kept.pmsg >= 0;
}

static void
make_text(void)
{
	const struct reason *last = &kept.last;
	int n = snprintf(kept.text, sizeof(kept.text), "%s%s%s", reason_name(last->kind),
		last->text[0] ? ": " : "", last->text);

	if (last->uptime_ms > 0 && n > 0 && (size_t)n < sizeof(kept.text))
		n += snprintf(kept.text + n, sizeof(kept.text) - (size_t)n,
			", after %llu.%03llu s",
			(unsigned long long)last->uptime_ms / 1000,
			(unsigned long long)last->uptime_ms % 1000);
	if (last->streak > 1 && n > 0 && (size_t)n < sizeof(kept.text))
		snprintf(kept.text + n, sizeof(kept.text) - (size_t)n, ", %u in a row",
			last->streak);
}

/* After a panic nothing is written any more, so it is the end, whatever the record says;
 * but its words may still be there from a boot before, which told them. */
static void
take_panic(void)
{
	struct reason *last = &kept.last;

	kept.end.told = kept.panic.mark;
	if (kept.panic.mark == 0 || kept.panic.mark == last->told)
		return;
	/* After an end that was told, it is another image's panic: one that never wrote. */
	if (last->kind != REASON_CUT && last->kind != REASON_WATCHDOG)
		last->image = 0;
	if (last->kind != REASON_CUT)
		last->streak = 1;
	last->kind = REASON_PANIC;
	last->uptime_ms = kept.panic.uptime_ms;
	memset(last->text, 0, sizeof(last->text));
	memcpy(last->text, kept.panic.cause, sizeof(kept.panic.cause));
}

/* The first digits of what runs; 0 where the image has no content id. */
static uint32_t
read_image(void)
{
	char digits[9] = "";
	int fd = open(CONTENT_ID_PATH, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	if (read(fd, digits, sizeof(digits) - 1) != sizeof(digits) - 1)
		digits[0] = '\0';
	close(fd);
	return (uint32_t)strtoul(digits, NULL, 16);
}

/* As a whole or not at all, for whoever waits for it. */
static void
tell(void)
{
	static const char fresh[] = REASON_FILE ".new";
	const struct reason *last = &kept.last;
	char text[REASON_TEXT + 100];
	int n, fd;

	n = snprintf(text, sizeof(text), "[last-boot]\nkind = %s\nimage = %08x\n%s%s%s%s",
		reason_name(last->kind), (unsigned)last->image,
		watchdog_fired() ? "watchdog = fired\n" : "",
		last->text[0] ? "why = " : "", last->text, last->text[0] ? "\n" : "");
	mkdir("/run/pid1", 0755);
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text, (size_t)n) != n || rename(fresh, REASON_FILE) < 0)
		log_say("reason: " REASON_FILE ": %s", strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* What the store and pstore had; the hardware may know more than they do. */
static void
take_last(const struct reason_found *found)
{
	if (found->valid && found->record.sequence >= kept.last.sequence)
		kept.last = found->record;
	kept.end.sequence = kept.last.sequence;
	/* The time at which it was written is that of the start. */
	if (kept.last.kind == REASON_CUT)
		kept.last.uptime_ms = 0;
	if (watchdog_fired() &&
		(kept.last.kind == REASON_CUT || kept.last.kind == REASON_UNKNOWN))
		kept.last.kind = REASON_WATCHDOG;
	take_panic();
	if (kept.last.streak == 0)
		kept.last.streak = 1;
	make_text();
	log_say("last boot ended: %s", kept.text);
	tell();
}

bool
reason_is_open(void)
{
	return kept.open;
}

void
reason_open(const struct config_reason *config)
{
	struct reason_found found = {0};
	int r = 0;

	if (kept.open)
		return;
	if (config->pstore && kept.pmsg < 0) {
		kept.pmsg = open(PMSG, O_WRONLY | O_CLOEXEC);
		if (kept.pmsg < 0)
			log_say("reason: %s: %s", PMSG, strerror(errno));
	}
	if (config->store[0] || config->pstore)
		r = reason_store_read(config, &found, READ_MS);
	if (r == 0 && config->store[0])
		r = found.error;
	if (r == 0 && config->store[0]) {
		kept.store = open(found.place.path[0] ? found.place.path : config->store,
			O_WRONLY | O_DSYNC | O_CLOEXEC);
		r = kept.store < 0 ? -errno : 0;
	}
	if (found.place.note[0])
		log_say("reason: %s: %s", config->store, found.place.note);
	if (r == 0)
		kept.newest = found.newest;
	else if (config->store[0])
		log_say("reason: %s: %s: the end of this boot will not be kept there",
			config->store,
			r == -ENOTEMPTY ? "holds something else" : strerror(-r));
	kept.dumps |= found.dumps;
	if (found.panic.mark)
		kept.panic = found.panic;
	if (!kept.asked || found.valid)
		take_last(&found);
	kept.asked = true;
	kept.end.image = read_image();
	kept.open = kept.store >= 0 || !config->store[0];
	reason_end(REASON_CUT, "");
}

const struct reason *
reason_last(void)
{
	return &kept.last;
}

bool
reason_has_dumps(void)
{
	return kept.dumps;
}

bool
reason_last_is_bad(void)
{
	switch (kept.last.kind) {
	case REASON_WATCHDOG:
	case REASON_KEXEC_FAILED:
	case REASON_RESCUE:
	case REASON_UNHEALTHY:
	case REASON_NO_WATCHDOG:
		return true;
	default:
		return false;
	}
}

const char *
reason_last_text(void)
{
	return kept.text;
}

void
reason_close(void)
{
	if (kept.store >= 0)
		close(kept.store);
	kept.store = -1;
}
