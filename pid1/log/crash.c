/* SPDX-License-Identifier: ISC */
#include "crash.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/config.h"
#include "pid1/base/clock.h"
#include "crash_store.h"
#include "journal.h"
#include "log.h"

#define WAITING 4 /* reports in memory */
#define TEXT	8192 /* bytes of a report */
#define LINES	40 /* of the log in it */

struct report {
	char service[65];
	char text[TEXT];
	size_t size;
};

static struct {
	const struct config *config;
	pid_t writer; /* 0: none */
	size_t first,
		count; /* of the reports, which wrap round; the first is the writer's */
	struct report reports[WAITING];
} crash;

void
crash_init(const struct config *config)
{
	/* The process, and the most it may leave: core(5). */
	static const char pattern[] = "|/init core %P %c";
	bool wanted = false;
	int fd;

	crash.config = config;
	for (size_t i = 0; i < config->service_count; i++)
		wanted |= config->services[i].limits.core > 0;
	if (!config->crash.store || !config->crash.store[0] || !wanted)
		return;
	fd = open("/proc/sys/kernel/core_pattern", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, pattern, sizeof(pattern) - 1) < 0)
		log_say("crash: no cores: /proc/sys/kernel/core_pattern: %s",
			strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void add(struct report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* What does not fit is left out. */
static void
add(struct report *report, const char *format, ...)
{
	size_t room = sizeof(report->text) - report->size;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(report->text + report->size, room, format, ap);
	va_end(ap);
	if (n > 0)
		report->size += (size_t)n < room ? (size_t)n : room - 1;
}

static void
add_head(struct report *report, pid_t pid, const char *cause)
{
	struct timespec now = {0};
	uint64_t up = clock_ms();
	struct tm tm;
	char stamp[80] = "unknown", id[65] = "unknown";
	int fd = open(CONTENT_ID_PATH, O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		ssize_t n = read(fd, id, sizeof(id) - 1);

		id[n < 0 ? 0 : n] = '\0';
		close(fd);
	}
	clock_gettime(CLOCK_REALTIME, &now);
	if (gmtime_r(&now.tv_sec, &tm))
		/* strftime(3) would bring the tables of all time zones along. */
		snprintf(stamp, sizeof(stamp), "%d-%02d-%02dT%02d:%02d:%02dZ",
			tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
			tm.tm_min, tm.tm_sec);
	add(report, "service: %s\ncause: %s\npid: %d\n", report->service, cause,
		(int)pid);
	add(report, "board: %s\ncontent-id: %.64s\n", crash.config->board, id);
	add(report, "time: %s\nuptime: %llu.%03llu\nlog:\n", stamp,
		(unsigned long long)(up / 1000), (unsigned long long)(up % 1000));
}

/* The last `most` lines of the slot; false if they do not all fit. */
static bool
add_log(struct report *report, size_t slot, uint64_t most)
{
	static struct journal_cursor cursor;
	static struct journal_record record;

	journal_last(&cursor, slot, most);
	while (journal_next(&cursor, slot, NULL, &record)) {
		if (report->size + record.head.size + 32 > sizeof(report->text))
			return false;
		add(report, "[%5llu.%06llu] %s\n",
			(unsigned long long)(record.head.time_us / 1000000),
			(unsigned long long)(record.head.time_us % 1000000), record.text);
	}
	return true;
}

static void
make(struct report *report, size_t slot, pid_t pid, const char *cause)
{
	size_t head;

	snprintf(report->service, sizeof(report->service), "%.64s",
		journal_source_name(slot));
	report->size = 0;
	add_head(report, pid, cause);
	head = report->size;
	for (uint64_t most = LINES; most > 0 && !add_log(report, slot, most); most /= 2)
		report->size = head;
}

/* In the child: exit status 0, or what went wrong as an errno value. */
_Noreturn static void
keep(const struct report *report)
{
	const struct config_crash *limits = &crash.config->crash;
	struct crash_store store;
	sigset_t none;
	int r;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	r = crash_store_begin(&store, limits->store, limits->count, limits->size,
		report->service, "report");
	if (r == 0) {
		r = crash_store_write(&store, report->text, report->size);
		if (r == 0)
			r = crash_store_commit(&store);
		else
			crash_store_abandon(&store);
	}
	_exit(-r);
}

/* Has the first that waits written. */
static void
begin(void)
{
	const struct report *report = &crash.reports[crash.first];

	while (crash.writer == 0 && crash.count > 0) {
		crash.writer = fork();
		if (crash.writer == 0)
			keep(report);
		if (crash.writer > 0)
			return;
		log_say("service %s: crash report lost: %s", report->service,
			strerror(errno));
		crash.writer = 0;
		crash.first = (crash.first + 1) % WAITING;
		crash.count--;
		report = &crash.reports[crash.first];
	}
}

void
crash_report(size_t slot, pid_t pid, const char *cause)
{
	const char *store = crash.config->crash.store;

	if (!store || !store[0])
		return;
	if (crash.count == WAITING) {
		log_say("service %s: crash report lost: %s does not answer",
			journal_source_name(slot), store);
		return;
	}
	make(&crash.reports[(crash.first + crash.count) % WAITING], slot, pid, cause);
	crash.count++;
	begin();
}

bool
crash_reaped(pid_t pid, bool killed, int value)
{
	const struct report *report = &crash.reports[crash.first];

	if (crash.writer == 0 || pid != crash.writer)
		return false;
	if (killed || value != 0)
		log_say("service %s: crash report lost: %s: %s", report->service,
			crash.config->crash.store,
			killed ? "its writer was killed" : strerror(value));
	crash.writer = 0;
	crash.first = (crash.first + 1) % WAITING;
	crash.count--;
	begin();
	return true;
}
