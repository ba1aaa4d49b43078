/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

/* The builder has one of that name, for the other end. */
#define console_open device_console_open
#include "pid1/log/console.c"

#define LINE "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\n"

static char said[4 * QUEUE];

uint64_t
clock_ms(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* A console that takes a page and then nothing until it is read. */
static int
begin(void)
{
	int fds[2];

	memset(&console, 0, sizeof(console));
	memset(said, 0, sizeof(said));
	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	assert_true(fcntl(fds[1], F_SETPIPE_SZ, 4096) >= 0);
	console.fd = fds[1];
	return fds[0];
}

/* All that can be read now, behind what was read before. */
static void
take(int fd)
{
	size_t at = strlen(said);
	ssize_t n;

	while ((n = read(fd, said + at, sizeof(said) - 1 - at)) > 0) {
		at += (size_t)n;
		console_ready();
	}
}

static size_t
count(const char *what)
{
	size_t n = 0;

	for (const char *at = said; (at = strstr(at, what)); at += strlen(what))
		n++;
	return n;
}

static void
test_console_that_stands_still_loses_lines_and_says_how_many(void **state)
{
	const size_t lines = 2000, size = sizeof(LINE) - 1;
	unsigned lost;
	int fd = begin();

	(void)state;
	for (size_t i = 0; i < lines; i++)
		console_put(LINE, size);
	take(fd);
	/* the queue is used to its last byte, and nothing else is missing */
	assert_int_equal(count(LINE), (QUEUE + 4096) / size);
	assert_int_equal(sscanf(strstr(said, "pid1: console"),
				 "pid1: console: too slow: %u lines lost", &lost),
		1);
	assert_int_equal(lost, lines - count(LINE));
	/* and goes on as before */
	console_put("after\n", 6);
	take(fd);
	assert_non_null(strstr(said, "lost\nafter\n"));
	close(fd);
	close(console.fd);
}

/* A console a little too slow: losses are told together, not in turns with lines. */
static void
test_console_after_a_loss_waits_for_room(void **state)
{
	char piece[128];
	int fd = begin();

	(void)state;
	while (console.lost == 0)
		console_put(LINE, sizeof(LINE) - 1);
	for (int i = 0; i < 100; i++) {
		assert_true(read(fd, piece, sizeof(piece)) > 0);
		console_ready();
		console_put(LINE, sizeof(LINE) - 1);
	}
	assert_true(console.lost > 90);
	take(fd);
	assert_int_equal(count("lines lost"), 1);
	close(fd);
	close(console.fd);
}

/* One that was hung up takes everything: nobody reads it, and nothing waits. */
static void
test_console_that_is_gone_holds_nothing(void **state)
{
	int fd = begin();

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	close(fd);
	for (int i = 0; i < 2000; i++)
		console_put(LINE, sizeof(LINE) - 1);
	assert_int_equal(console.used, 0);
	assert_int_equal(console.lost, 0);
	console_flush(60000);
	close(console.fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_console_that_stands_still_loses_lines_and_says_how_many),
		cmocka_unit_test(test_console_after_a_loss_waits_for_room),
		cmocka_unit_test(test_console_that_is_gone_holds_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
