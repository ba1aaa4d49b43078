/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "scratch.h"

/* A disk that does not answer, as long as this file is there. */
static const char *hung;

static int open_slowly(const char *path, int flags);

#include "pid1/power/deadline.c"

#define open open_slowly
#include "pid1/net/key_file.c"
#undef open

#define KEY "eCXmdT0foQrtUT6HvMkvPteaDVYaaJNo1qgahZXDz3k="

static unsigned said;

void
log_say(const char *format, ...)
{
	(void)format;
	said++;
}

void
watchdog_feed(uint64_t now_ms)
{
	(void)now_ms;
}

uint64_t
clock_ms(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Its bytes are what wireguard.c's own test is about. */
bool
wireguard_decode(const char *text, size_t size, uint8_t key[WIREGUARD_KEY])
{
	memset(key, 7, WIREGUARD_KEY);
	return size == WIREGUARD_TEXT + 1 && memcmp(text, KEY "\n", size) == 0;
}

/* As one that waits for a disk: what was sent SIGKILL is still there, by a process that
 * stands for it. */
static int
open_slowly(const char *path, int flags)
{
	const struct timespec moment = {.tv_nsec = 1000000};

	if (hung && fork() == 0) {
		while (access(hung, F_OK) == 0)
			nanosleep(&moment, NULL);
		_exit(0);
	}
	while (hung)
		pause();
	return open(path, flags);
}

static void
write_key(const char *path, const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void
test_key_file_read_and_judged(void **state)
{
	uint8_t key[WIREGUARD_KEY] = {0}, want[WIREGUARD_KEY];

	(void)state;
	memset(want, 7, sizeof(want));
	write_key("good", KEY "\n", 0600);
	write_key("loose", KEY "\n", 0640);
	write_key("bad", KEY "x\n", 0600);
	said = 0;
	assert_int_equal(key_file_read("good", key), 0);
	assert_memory_equal(key, want, sizeof(want));
	assert_int_equal(said, 0);
	assert_int_equal(key_file_read("loose", key), 0);
	assert_int_equal(said, 1);
	memset(key, 0, sizeof(key));
	assert_int_equal(key_file_read("missing", key), -ENOENT);
	assert_int_equal(key_file_read("bad", key), -EINVAL);
	assert_int_equal(symlink("good", "link"), 0);
	assert_int_equal(key_file_read("link", key), -ELOOP);
	assert_int_equal(key_file_read(".", key), -EINVAL);
	/* and nothing of them was taken */
	memset(want, 0, sizeof(want));
	assert_memory_equal(key, want, sizeof(want));
	assert_int_equal(said, 1);
}

static void
test_key_file_on_a_dead_disk_is_given_up(void **state)
{
	uint8_t key[WIREGUARD_KEY];
	uint64_t start = clock_ms();

	(void)state;
	write_key("good", KEY "\n", 0600);
	write_key("hung", "", 0600);
	hung = "hung";
	assert_int_equal(key_file_read("good", key), -ETIMEDOUT);
	assert_true(clock_ms() - start >= KEY_MS);
	/* as long as that one is held, none is sent after it */
	start = clock_ms();
	for (int i = 0; i < 100; i++)
		assert_int_equal(key_file_read("good", key), -ETIMEDOUT);
	assert_true(clock_ms() - start < KEY_MS);
	hung = NULL;
	assert_int_equal(unlink("hung"), 0);
	start = clock_ms();
	while (key_file_read("good", key) != 0)
		assert_true(clock_ms() - start < 60000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key_file_read_and_judged),
		cmocka_unit_test(test_key_file_on_a_dead_disk_is_given_up),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
