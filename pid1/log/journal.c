/* SPDX-License-Identifier: ISC */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/config.h"
#include "pid1/base/clock.h"
#include "console.h"
#include "kmsg.h"
#include "log.h"
#include "logline.h"

#define PIECE	    16384 /* bytes taken from a pipe in one call */
#define LEFT_BEHIND 131072 /* bytes taken at a main process's end: twice a pipe */
#define RECORDS	    64 /* taken from /dev/kmsg in one call */
#define OWN_SIZE    16384 /* of pid1's ring */

/* RFC 5424, 6.2.1 */
#define FACILITY_USER	(1 << 3)
#define FACILITY_DAEMON (3 << 3)
#define SEVERITY_NOTICE 5
#define SEVERITY_INFO	6

struct stream {
	int read_fd, write_fd; /* 0: not made yet */
	struct loglimit limit;
};

static struct {
	const struct config *config;
	void (*watch)(int fd, size_t source);
	int kmsg;
	bool echo; /* services' lines go to the console too */
	uint64_t sequence;
	struct ring rings[JOURNAL_SOURCES];
	size_t slots; /* in use: the services and the self-check */
	struct stream streams[JOURNAL_SLOTS];
	struct logline lines[JOURNAL_SLOTS];
} journal;

/* pid1 speaks before there is a config to size anything. */
static uint8_t own_memory[OWN_SIZE];

/* What is being read, of a pipe or of the kernel's messages. */
static char piece[PIECE > KMSG_MOST ? PIECE : KMSG_MOST];

static void
put(size_t source, const char *text, size_t size, uint64_t time_us, unsigned priority,
	bool part)
{
	struct ring_record record = {
		.sequence = ++journal.sequence,
		.time_us = time_us,
		.size = (uint16_t)(size < RING_TEXT ? size : RING_TEXT),
		.priority = (uint8_t)priority,
		.flags = part ? RING_PART : 0,
	};

	ring_put(&journal.rings[source], &record, text);
}

void
journal_own(const char *text, size_t size)
{
	if (!journal.rings[JOURNAL_PID1].data)
		ring_init(&journal.rings[JOURNAL_PID1], own_memory, sizeof(own_memory));
	put(JOURNAL_PID1, text, size, clock_us(), FACILITY_DAEMON | SEVERITY_NOTICE,
		false);
}

static uint64_t
size_of(const struct config *config, size_t slot)
{
	if (slot < config->service_count && config->services[slot].log.size > 0)
		return config->services[slot].log.size;
	return config->log.size;
}

/* One piece of memory for all rings; without it only pid1's own lines are kept. */
static void
make_rings(const struct config *config)
{
	size_t size = config->log.kernel_size;
	uint8_t *memory;

	for (size_t i = 0; i < journal.slots; i++)
		size += size_of(config, i);
	memory = mmap(
		NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED) {
		log_say("log: no memory for %zu bytes: nothing is kept", size);
		return;
	}
	/* What is about to be a service needs none of it. */
	madvise(memory, size, MADV_DONTFORK);
	ring_init(&journal.rings[JOURNAL_KERNEL], memory, config->log.kernel_size);
	memory += config->log.kernel_size;
	for (size_t i = 0; i < journal.slots; i++) {
		ring_init(&journal.rings[i], memory, size_of(config, i));
		memory += size_of(config, i);
	}
}

void
journal_init(const struct config *config, void (*watch)(int fd, size_t source))
{
	journal.config = config;
	journal.watch = watch;
	journal.echo = config->log.console;
	journal.slots = (size_t)config->service_count + SUPERVISE_HELPERS;
	make_rings(config);
	for (size_t i = 0; i < config->service_count; i++) {
		journal.streams[i].limit.interval_ms =
			config->services[i].log.interval_ms;
		journal.streams[i].limit.burst = config->services[i].log.burst;
	}
	journal.kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (journal.kmsg < 0)
		log_say("/dev/kmsg: %s: the kernel's messages are not kept",
			strerror(errno));
	else
		watch(journal.kmsg, JOURNAL_KERNEL);
}

int
journal_output(size_t slot)
{
	struct stream *stream = &journal.streams[slot];
	int fds[2];

	if (stream->write_fd > 0)
		return stream->write_fd;
	/* Both ends stay open for good: what an orphan still writes is taken too, and no
	 * end of file ever comes. */
	if (pipe2(fds, O_CLOEXEC) < 0) {
		log_say("service %s: its output is lost: %s", journal_source_name(slot),
			strerror(errno));
		return -1;
	}
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	stream->read_fd = fds[0];
	stream->write_fd = fds[1];
	journal.watch(fds[0], slot);
	return stream->write_fd;
}

static void
echo(const char *text, size_t size, bool part)
{
	char line[LOGLINE_TEXT + 1];

	memcpy(line, text, size);
	if (!part)
		line[size++] = '\n';
	console_put(line, size);
}

static void
say_dropped(size_t slot, uint64_t now_ms)
{
	uint64_t dropped = loglimit_over(&journal.streams[slot].limit, now_ms);

	if (dropped > 0)
		log_say("service %s: log: %llu lines dropped, over its rate",
			journal_source_name(slot), (unsigned long long)dropped);
}

/* A line of a service; context points to its slot. */
static void
take(void *context, const char *text, size_t size, unsigned severity, bool part)
{
	size_t slot = *(const size_t *)context;
	uint64_t now_us = clock_us();

	say_dropped(slot, now_us / 1000);
	if (!loglimit_allow(&journal.streams[slot].limit, now_us / 1000))
		return;
	put(slot, text, size, now_us, FACILITY_USER | severity, part);
	if (journal.echo)
		echo(text, size, part);
}

/* At most size bytes, in pieces; what is left makes the descriptor ready again. */
static void
drain(size_t slot, size_t size)
{
	int fd = journal.streams[slot].read_fd;

	while (size > 0) {
		ssize_t n = read(fd, piece, PIECE);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		logline_feed(&journal.lines[slot], piece, (size_t)n, take, &slot);
		size -= (size_t)n < size ? (size_t)n : size;
	}
}

static void
drain_kernel(void)
{
	char *const data = piece;
	struct kmsg kmsg;

	for (int i = 0; i < RECORDS; i++) {
		ssize_t n = read(journal.kmsg, data, KMSG_MOST);

		/* EPIPE: some were overwritten before they were read. */
		if (n < 0 && (errno == EINTR || errno == EPIPE))
			continue;
		if (n <= 0)
			return;
		if (!kmsg_parse(&kmsg, data, (size_t)n))
			continue;
		/* log.c put it there, and it has been kept as pid1's own. */
		if (kmsg.priority >> 3 == FACILITY_DAEMON >> 3 && kmsg.size > 6 &&
			memcmp(kmsg.text, "pid1: ", 6) == 0)
			continue;
		put(JOURNAL_KERNEL, kmsg.text, kmsg.size, kmsg.time_us, kmsg.priority,
			false);
	}
}

void
journal_ready(size_t source)
{
	if (source == JOURNAL_KERNEL)
		drain_kernel();
	else if (source < JOURNAL_SLOTS && journal.streams[source].read_fd > 0)
		drain(source, PIECE);
}

void
journal_ended(size_t slot)
{
	if (journal.streams[slot].read_fd <= 0)
		return;
	drain(slot, LEFT_BEHIND);
	logline_end(&journal.lines[slot], take, &slot);
}

void
journal_advance(uint64_t now_ms)
{
	for (size_t i = 0; i < journal.slots; i++)
		say_dropped(i, now_ms);
}

uint64_t
journal_deadline(void)
{
	uint64_t due = UINT64_MAX;

	for (size_t i = 0; i < journal.slots; i++) {
		uint64_t one = loglimit_due(&journal.streams[i].limit);

		if (one < due)
			due = one;
	}
	return due;
}

uint64_t
journal_sequence(void)
{
	return journal.sequence;
}

/* Of two records, the one whose source is urgent, else the one that came first. */
static bool
comes_before(const bool *urgent, size_t a, const struct ring_record *head_a, size_t b,
	const struct ring_record *head_b)
{
	bool first = a == JOURNAL_PID1 || (urgent && a < JOURNAL_SLOTS && urgent[a]);
	bool second = b == JOURNAL_PID1 || (urgent && b < JOURNAL_SLOTS && urgent[b]);

	if (urgent && first != second)
		return first;
	return head_a->sequence < head_b->sequence;
}

bool
journal_next(struct journal_cursor *cursor, size_t source, const bool *urgent,
	struct journal_record *record)
{
	size_t from = source == JOURNAL_ALL ? 0 : source;
	size_t to = source == JOURNAL_ALL ? JOURNAL_SOURCES : source + 1;
	size_t best = JOURNAL_SOURCES;
	struct ring_record head, best_head = {0};

	for (size_t i = from; i < to; i++) {
		if (!ring_peek(&journal.rings[i], &cursor->position[i], &head))
			continue;
		if (best == JOURNAL_SOURCES ||
			comes_before(urgent, i, &head, best, &best_head)) {
			best = i;
			best_head = head;
		}
	}
	if (best == JOURNAL_SOURCES)
		return false;
	record->source = best;
	ring_get(&journal.rings[best], &cursor->position[best], &record->head,
		record->text);
	record->lost = record->head.number - cursor->number[best];
	cursor->number[best] = record->head.number + 1;
	return true;
}

void
journal_last(struct journal_cursor *cursor, size_t source, uint64_t most)
{
	const struct ring *ring = &journal.rings[source];
	struct ring_record head;

	cursor->position[source] = ring_last(ring, most);
	cursor->number[source] = ring->count;
	if (ring_peek(ring, &cursor->position[source], &head))
		cursor->number[source] = head.number;
}

const char *
journal_source_name(size_t source)
{
	struct supervise_status helper;

	if (source == JOURNAL_KERNEL)
		return "kernel";
	if (source == JOURNAL_PID1)
		return "pid1";
	if (journal.config && source < journal.config->service_count)
		return journal.config->services[source].name;
	return supervise_status(source, &helper) ? helper.config->name : "selfcheck";
}
