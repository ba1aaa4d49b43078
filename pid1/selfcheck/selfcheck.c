/* SPDX-License-Identifier: ISC */
/*
 * /sbin/selfcheck: looks from inside whether the running system is the image that was
 * built, and prints TAP. A program of its own, since pid1 carries no cryptography.
 */
#include "selfcheck.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/config.h"
#include "lib/error.h"
#include "lib/io.h"
#include "pid1/isolate/cgroup.h"
#include "pid1/isolate/limit.h"

#define FILE_MOST   (16 << 20)
#define ORPHAN_MS   2000
#define WRITE_PROBE "/ingot-write-test"

static struct config_service services[CONFIG_SERVICES];

/* What is checked, and how it went so far. */
struct run {
	struct config config;
	struct selfcheck_image image;
	struct error image_error; /* why image could not be opened */
	int image_status;
	unsigned done, failed;
};

/* One TAP line; r < 0: not ok, for the reason in e. */
static void __attribute__((format(printf, 4, 5)))
result(struct run *run, int r, const struct error *e, const char *format, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, format);
	vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);
	run->done++;
	if (r < 0) {
		run->failed++;
		printf("not ok %u - %s: %s\n", run->done, what, e->text);
	} else {
		printf("ok %u - %s\n", run->done, what);
	}
}

static void
check_content(struct run *run)
{
	struct error e = run->image_error;
	char id[SHA256_HEX] = "";
	int r = run->image_status;

	if (r == 0)
		r = selfcheck_image_content(&run->image, id, &e);
	result(run, r, &e, "content id %s", id[0] ? id : "unknown");
}

static void
check_read_only(struct run *run)
{
	struct error e;
	int fd = open(WRITE_PROBE, O_CREAT | O_WRONLY | O_CLOEXEC, 0600), r = 0;

	if (fd >= 0) {
		r = error_set(&e, EPERM, "a file could be made in it");
		close(fd);
		unlink(WRITE_PROBE);
	} else if (errno != EROFS) {
		r = error_set(&e, errno, "want EROFS, got: %s", strerror(errno));
	}
	result(run, r, &e, "root is read-only");
}

static void
check_cmdline(struct run *run)
{
	const char *want = run->config.cmdline;
	struct error e;
	char *text = NULL;
	size_t size;
	int r = io_read_file(AT_FDCWD, "/proc/cmdline", FILE_MOST, &text, &size, &e);

	if (r == 0) {
		if (size > 0 && text[size - 1] == '\n')
			text[size - 1] = '\0';
		if (want[0] == '\0')
			r = error_set(&e, EPERM,
				"cmdline is open: the boot loader says \"%s\"", text);
		else if (strcmp(text, want) != 0)
			r = error_set(&e, EBADMSG, "is \"%s\", want \"%s\"", text, want);
	}
	free(text);
	result(run, r, &e, "command line is the image's own");
}

static void
check_foreign(struct run *run)
{
	struct error e = run->image_error;
	int r = run->image_status;

	if (r == 0)
		r = selfcheck_image_foreign(&run->image, &e);
	result(run, r, &e, "no file from outside, such as an initrd's");
}

/* The line of /proc/modules that starts with the name and a blank has " Live " in it. */
static int
module_is_live(const char *modules, const char *name, struct error *e)
{
	size_t length = strlen(name);

	for (const char *line = modules; line; line = strchr(line, '\n')) {
		const char *live, *end;

		line += *line == '\n';
		if (strncmp(line, name, length) != 0 || line[length] != ' ')
			continue;
		end = line + strcspn(line, "\n");
		live = strstr(line, " Live ");
		if (live && live < end)
			return 0;
		return error_set(e, EAGAIN, "not live: %.*s", (int)(end - line), line);
	}
	return error_set(e, ENOENT, "not in /proc/modules");
}

static void
check_modules(struct run *run)
{
	struct error e;
	char *text = NULL;
	size_t size;
	int r = io_read_file(AT_FDCWD, "/proc/modules", FILE_MOST, &text, &size, &e);

	for (size_t i = 0; i < run->config.module_count; i++) {
		const char *name = run->config.modules[i].name;
		int live = r < 0 ? r : module_is_live(text, name, &e);

		result(run, live, &e, "module %s is live", name);
	}
	free(text);
}

/* A limit as its cgroup file says it; memory is kept in whole pages, rounded down. */
static int
check_limit(const struct config_service *service, size_t index, struct error *e)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	char path[sizeof(CGROUP_ROOT) + CGROUP_NAME + 32], want[LIMIT_TEXT], *text;
	const char *file;
	size_t size;
	int r;

	if (!limit_text(&service->limits, index, &file, want))
		return 0;
	if (strncmp(file, "memory.", 7) == 0)
		snprintf(want, sizeof(want), "%llu",
			strtoull(want, NULL, 10) / page * page);
	snprintf(path, sizeof(path), CGROUP_ROOT "/%s/%s/%s",
		limit_slice_name(service->limits.slice), service->name, file);
	r = io_read_file(AT_FDCWD, path, FILE_MOST, &text, &size, e);
	if (r < 0)
		return r;
	text[strcspn(text, "\n")] = '\0';
	if (strcmp(text, want) != 0)
		r = error_set(e, EBADMSG, "%s is %s, want %s", file, text, want);
	free(text);
	return r;
}

static bool
has_limits(const struct config_service *service)
{
	return limit_needs(&service->limits) != 0;
}

static void
check_limits(struct run *run)
{
	for (size_t i = 0; i < run->config.service_count; i++) {
		const struct config_service *s = &services[i];
		struct error e;
		int r = 0;

		if (!has_limits(s))
			continue;
		for (size_t k = 0; k < LIMIT_FILES && r == 0; k++)
			r = check_limit(s, k, &e);
		result(run, r, &e, "service %s has its limits", s->name);
	}
}

static uint64_t
now_ms(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* The parent of a process as /proc has it, or -errno. */
static int
parent_of(pid_t pid)
{
	char path[64], *text, *at;
	size_t size;
	int r, parent;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	r = io_read_file(AT_FDCWD, path, FILE_MOST, &text, &size, NULL);
	if (r < 0)
		return r == -ESRCH ? -ENOENT : r;
	at = strstr(text, "\nPPid:");
	parent = at ? atoi(at + 6) : -EBADMSG;
	free(text);
	return parent;
}

/* Until parent_of(pid) is what is wanted, or the time is over. */
static bool
wait_for_parent(pid_t pid, int want)
{
	const struct timespec moment = {.tv_nsec = 5 * 1000 * 1000};
	uint64_t end = now_ms() + ORPHAN_MS;

	for (;;) {
		if (parent_of(pid) == want)
			return true;
		if (now_ms() >= end)
			return false;
		nanosleep(&moment, NULL);
	}
}

/* Forks a child that forks a grandchild and ends; the grandchild lives until `hold` is
 * closed. */
static pid_t
make_orphan(int *hold)
{
	int held[2], told[2];
	pid_t orphan = -1, pid;

	if (pipe2(held, O_CLOEXEC) < 0 || pipe2(told, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		close(held[1]);
		pid = fork();
		if (pid == 0) {
			char byte;

			close(told[1]);
			_exit(read(held[0], &byte, 1) == 0 ? 0 : 1);
		}
		_exit(io_write_full(told[1], &pid, sizeof(pid)) < 0);
	}
	close(held[0]);
	close(told[1]);
	if (pid < 0 || io_read_full(told[0], &orphan, sizeof(orphan)) < 0)
		orphan = -1;
	close(told[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	*hold = held[1];
	return orphan;
}

static void
check_orphan(struct run *run)
{
	struct error e;
	int hold = -1, r = 0;
	pid_t orphan = make_orphan(&hold);

	if (orphan <= 0)
		r = error_set(&e, EAGAIN, "cannot make one: %s", strerror(errno));
	else if (!wait_for_parent(orphan, 1))
		r = error_set(&e, EBADMSG, "process 1 did not become its parent");
	if (hold >= 0)
		close(hold);
	if (r == 0 && !wait_for_parent(orphan, -ENOENT))
		r = error_set(
			&e, ETIMEDOUT, "still there %d ms after its end", ORPHAN_MS);
	result(run, r, &e, "an orphan is reaped");
}

static void
check_clock(struct run *run)
{
	time_t now = time(NULL);
	struct error e;
	int r = 0;

	if (now < run->config.epoch)
		r = error_set(&e, ERANGE, "it is %lld, the image is of %lld",
			(long long)now, (long long)run->config.epoch);
	result(run, r, &e, "clock is not before the image's epoch");
}

static unsigned
count_checks(const struct config *config)
{
	unsigned count = 6 + (unsigned)config->module_count;

	for (size_t i = 0; i < config->service_count; i++)
		count += has_limits(&services[i]);
	return count;
}

static void
read_config(struct run *run)
{
	struct error e;
	char *data;
	size_t size;

	run->config.services = services;
	/* data is kept: the config's strings point into it */
	if (io_read_file(AT_FDCWD, CONFIG_PATH, FILE_MOST, &data, &size, &e) < 0 ||
		config_decode(&run->config, data, size, &e) < 0) {
		printf("Bail out! %s\nselfcheck: FAILED: no config\n", e.text);
		exit(1);
	}
}

int
main(void)
{
	static struct run run;

	setvbuf(stdout, NULL, _IOLBF, 0);
	read_config(&run);
	printf("TAP version 13\n1..%u\n", count_checks(&run.config));
	run.image_status = selfcheck_image_open(&run.image, &run.image_error);
	check_content(&run);
	check_read_only(&run);
	check_cmdline(&run);
	check_foreign(&run);
	check_modules(&run);
	check_limits(&run);
	check_orphan(&run);
	check_clock(&run);
	if (run.failed)
		printf("selfcheck: FAILED %u of %u\n", run.failed, run.done);
	else
		printf("selfcheck: passed\n");
	return run.failed != 0;
}
