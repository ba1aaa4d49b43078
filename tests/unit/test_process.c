/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "builder/base/process.h"
#include "lib/error.h"

static int
shell(const char *script)
{
	const char *argv[] = {"sh", "-c", script, NULL};
	struct error e;

	return process_run(argv, NULL, -1, -1, &e);
}

static void
test_process_exit_status_and_signal_are_told(void **state)
{
	(void)state;
	assert_int_equal(shell("exit 0"), 0);
	assert_int_equal(shell("exit 7"), 7);
	assert_int_equal(shell("kill -9 $$"), 137);
	/* its stdin is empty, whatever ours is */
	assert_int_equal(shell("read -r line"), 1);
}

static void
test_process_that_cannot_start_is_an_error(void **state)
{
	const char *none[] = {"/nonexistent/program", NULL}, *folder[] = {"/", NULL};
	struct error e;

	(void)state;
	assert_int_equal(process_run(none, NULL, -1, -1, &e), -ENOENT);
	assert_string_equal(
		e.text, "/nonexistent/program: cannot run: No such file or directory");
	assert_int_equal(process_run(folder, NULL, -1, -1, &e), -EACCES);
}

static void
test_process_descriptors_and_environment_are_the_given(void **state)
{
	const char *argv[] = {"/bin/sh", "-c", "echo out $X; echo err >&2", NULL};
	const char *env[] = {"X=y", NULL};
	int out = memfd_create("out", MFD_CLOEXEC),
	    err = memfd_create("err", MFD_CLOEXEC);
	struct error e;
	char text[32] = {0};

	(void)state;
	assert_int_equal(process_run(argv, env, out, err, &e), 0);
	assert_int_equal(pread(out, text, sizeof(text) - 1, 0), 6);
	assert_string_equal(text, "out y\n");
	memset(text, 0, sizeof(text));
	assert_int_equal(pread(err, text, sizeof(text) - 1, 0), 4);
	assert_string_equal(text, "err\n");
	close(out);
	close(err);
}

static void
test_process_output_is_captured_up_to_the_limit(void **state)
{
	const char *small[] = {"sh", "-c", "printf hello; exit 3", NULL};
	const char *big[] = {"sh", "-c", "yes | head -c 100000", NULL};
	const char *endless[] = {"yes", NULL};
	struct error e;
	char *text;
	size_t size;

	(void)state;
	assert_int_equal(process_capture(small, 5, &text, &size, &e), 3);
	assert_int_equal(size, 5);
	assert_string_equal(text, "hello");
	free(text);
	assert_int_equal(process_capture(big, 100000, &text, &size, &e), 0);
	assert_int_equal(size, 100000);
	assert_int_equal(strlen(text), 100000);
	free(text);
	assert_int_equal(process_capture(endless, 100000, &text, &size, &e), -EFBIG);
	assert_null(text);
	assert_string_equal(e.text, "yes: printed more than 100000 bytes");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_process_exit_status_and_signal_are_told),
		cmocka_unit_test(test_process_that_cannot_start_is_an_error),
		cmocka_unit_test(test_process_descriptors_and_environment_are_the_given),
		cmocka_unit_test(test_process_output_is_captured_up_to_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
