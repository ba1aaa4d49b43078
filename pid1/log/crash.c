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
#include "dump.h"
#include "journal.h"
#include "log.h"

#define WAITING 4 /* reports in memory */
#define TEXT	8192 /* bytes of a report */
#define LINES	40 /* of the log in it */

struct report {
	bool dumps; /* what pstore has, in place of the text */
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

static bool
has_store(void)
{
	return crash.config->crash.store && crash.config->crash.store[0];
}

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
	if (!has_store() || !wanted)
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

	report->dumps = false;
	snprintf(report->service, sizeof(report->service), "%.64s",
		journal_source_name(slot));
	report->size = 0;
	add_head(report, pid, cause);
	head = report->size;
	for (uint64_t most = LINES; most > 0 && !add_log(report, slot, most); most /= 2)
		report->size = head;
}

/* One file: the report, and what else there is of it. */
static int
put(const struct report *report, const char *more, size_t size)
{
	const struct config_crash *limits = &crash.config->crash;
	struct crash_store store;
	int r;

	r = crash_store_begin(&store, limits->store, limits->count, limits->size,
		report->service, "report");
	if (r < 0)
		return r;
	r = crash_store_write(&store, report->text, report->size);
	if (r == 0)
		r = crash_store_write(&store, more, size);
	if (r == 0)
		return crash_store_commit(&store);
	crash_store_abandon(&store);
	return r;
}

/* Each dump is removed once it is kept: a power cut between the two leaves two copies. */
static int
put_dumps(struct report *report)
{
	static struct dump dump;
	char cause[DUMP_CAUSE + 16];
	int r = 0;

	for (unsigned i = 0; r == 0 && i < DUMP_MOST; i++) {
		if (!dump_load(&dump, i))
			continue;
		snprintf(cause, sizeof(cause), "%s%s%s", dump.panic ? "panic" : "oops",
			dump.cause[0] ? ": " : "", dump.cause);
		report->size = 0;
		add_head(report, 0, cause);
		if (has_store())
			r = put(report, dump.text, dump.size);
		if (r == 0)
			r = dump_remove(i);
	}
	return r;
}

/* In the child: exit status 0, or what went wrong as an errno value. */
_Noreturn static void
keep(struct report *report)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	_exit(-(report->dumps ? put_dumps(report) : put(report, "", 0)));
}

/* Has the first that waits written. */
static void
begin(void)
{
	struct report *report = &crash.reports[crash.first];

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

/* The place of one more report, NULL if there is none. */
static struct report *
place(const char *service)
{
	if (crash.count < WAITING)
		return &crash.reports[(crash.first + crash.count) % WAITING];
	log_say("service %s: crash report lost: %s does not answer", service,
		crash.config->crash.store);
	return NULL;
}

void
crash_report(size_t slot, pid_t pid, const char *cause)
{
	struct report *report;

	if (!has_store())
		return;
	report = place(journal_source_name(slot));
	if (!report)
		return;
	make(report, slot, pid, cause);
	crash.count++;
	begin();
}

void
crash_last_boot(const char *cause)
{
	char text[600];
	struct report *report = has_store() ? place("pid1") : NULL;

	if (!report)
		return;
	snprintf(text, sizeof(text), "last boot ended: %s", cause);
	strcpy(report->service, "pid1");
	report->dumps = false;
	report->size = 0;
	add_head(report, 1, text);
	crash.count++;
	begin();
}

void
crash_dumps(void)
{
	struct report *report = place("kernel");

	if (!report)
		return;
	strcpy(report->service, "kernel");
	report->dumps = true;
	crash.count++;
	begin();
}

/* What became of a report; why is NULL if all is well. */
static void
say_end(const struct report *report, const char *why)
{
	const char *store = crash.config->crash.store;

	if (!report->dumps && why)
		log_say("service %s: crash report lost: %s: %s", report->service, store,
			why);
	else if (why)
		log_say("crash: the kernel's last words stay in pstore: %s: %s", store,
			why);
	else if (report->dumps && has_store())
		log_say("crash: the kernel's last words are kept in %s", store);
}

bool
crash_reaped(pid_t pid, bool killed, int value)
{
	const char *why = killed ? "its writer was killed" : strerror(value);

	if (crash.writer == 0 || pid != crash.writer)
		return false;
	say_end(&crash.reports[crash.first], killed || value != 0 ? why : NULL);
	crash.writer = 0;
	crash.first = (crash.first + 1) % WAITING;
	crash.count--;
	begin();
	return true;
}
