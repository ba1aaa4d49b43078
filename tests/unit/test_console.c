/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <signal.h>
#include <time.h>

#include "builder/base/console.h"
#include "scratch.h"

/* A console whose machine is this test: what is written to `in` it says. */
struct machine {
	struct console console;
	int in, log;
};

static void
start(struct machine *machine)
{
	int out[2];

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	machine->in = out[1];
	machine->log = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	assert_true(machine->log >= 0);
	console_open(&machine->console, -1, out[0], machine->log);
}

static void
say(const struct machine *machine, const char *text)
{
	assert_int_equal(write(machine->in, text, strlen(text)), strlen(text));
}

static void
stop(struct machine *machine)
{
	if (machine->in >= 0)
		close(machine->in);
	close(machine->log);
	close(machine->console.from_guest);
	console_close(&machine->console);
}

static void
test_console_match_is_behind_the_last(void **state)
{
	struct machine machine;
	struct error e;
	char *match;

	(void)state;
	start(&machine);
	say(&machine, "one two\r\nthree t\0wo 22\n");
	assert_int_equal(console_expect(&machine.console, "two", 5, NULL, &e), 0);
	assert_int_equal(console_expect(&machine.console, "t", 5, NULL, &e), 0);
	assert_int_equal(
		console_expect(&machine.console, "one", 1, NULL, &e), -ETIMEDOUT);
	assert_string_equal(e.text,
		"\"one\" did not come in time; the console said last: \"hree t\"");
	say(&machine, "wo 22\n");
	assert_int_equal(
		console_expect(&machine.console, "two ([0-9]+)\n", 5, &match, &e), 0);
	assert_string_equal(match, "22");
	free(match);
	stop(&machine);
}

static void
test_console_line_ends_are_anchors(void **state)
{
	struct machine machine;
	struct error e;

	(void)state;
	start(&machine);
	say(&machine, "ab\r\nb\r\nc");
	assert_int_equal(console_expect(&machine.console, "a", 5, NULL, &e), 0);
	/* the rest of a line is no line */
	assert_int_equal(console_expect(&machine.console, "^b$", 5, NULL, &e), 0);
	assert_int_equal(console_expect(&machine.console, "^b", 1, NULL, &e), -ETIMEDOUT);
	assert_int_equal(
		console_expect(&machine.console, "b.c", 1, NULL, &e), -ETIMEDOUT);
	assert_int_equal(console_expect(&machine.console, "^c$", 5, NULL, &e), 0);
	stop(&machine);
}

static void
test_console_end_of_the_machine_is_told(void **state)
{
	struct machine machine;
	struct error e;

	(void)state;
	start(&machine);
	say(&machine, "last words");
	close(machine.in);
	machine.in = -1;
	assert_int_equal(console_expect(&machine.console, "words", 5, NULL, &e), 0);
	assert_int_equal(console_expect(&machine.console, "more", 60, NULL, &e), -EPIPE);
	assert_string_equal(e.text,
		"\"more\" did not come: the machine ended; the console said last: \"\"");
	stop(&machine);
}

static void
test_console_bad_regex_is_told(void **state)
{
	struct machine machine;
	struct error e;

	(void)state;
	start(&machine);
	assert_int_equal(console_expect(&machine.console, "a[", 1, NULL, &e), -EINVAL);
	assert_non_null(strstr(e.text, "\"a[\": "));
	stop(&machine);
}

static void
test_console_skip_forgets_what_was_said(void **state)
{
	struct machine machine;
	struct error e;

	(void)state;
	start(&machine);
	say(&machine, "/ # ");
	console_skip(&machine.console);
	assert_int_equal(
		console_expect(&machine.console, "# $", 1, NULL, &e), -ETIMEDOUT);
	say(&machine, "\n/ # ");
	assert_int_equal(console_expect(&machine.console, "# $", 5, NULL, &e), 0);
	stop(&machine);
}

static void
test_console_log_has_every_byte(void **state)
{
	struct machine machine;
	struct error e;
	char log[16] = "";

	(void)state;
	start(&machine);
	assert_int_equal(write(machine.in, "a\0b\r\nc", 6), 6);
	assert_int_equal(console_expect(&machine.console, "^ab$", 5, NULL, &e), 0);
	assert_int_equal(pread(machine.log, log, sizeof(log), 0), 6);
	assert_memory_equal(log, "a\0b\r\nc", 6);
	stop(&machine);
}

/* A guest that talks for ever, in the background until the console is closed. */
static pid_t
talk(const struct machine *machine, size_t lines)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		close(machine->console.from_guest);
		signal(SIGPIPE, SIG_DFL);
		for (size_t i = 0; !lines || i < lines; i++)
			if (write(machine->in, "0123456789abcdef0123456789abcde\n", 32) !=
				32)
				break;
		(void)!write(machine->in, "the end\n", 8);
		_exit(0);
	}
	return pid;
}

static void
test_console_much_text_is_bounded_and_still_matched(void **state)
{
	struct machine machine;
	struct error e;
	pid_t pid;

	(void)state;
	start(&machine);
	pid = talk(&machine, 3 * CONSOLE_MAX / 32);
	assert_int_equal(console_expect(&machine.console, "^the end$", 120, NULL, &e), 0);
	assert_true(machine.console.length <= CONSOLE_MAX);
	assert_true(machine.console.position <= machine.console.length);
	kill(pid, SIGKILL);
	stop(&machine);
}

static void
test_console_deadline_holds_under_endless_text(void **state)
{
	struct machine machine;
	struct error e;
	time_t start_time;
	pid_t pid;

	(void)state;
	start(&machine);
	pid = talk(&machine, 0);
	start_time = time(NULL);
	assert_int_equal(
		console_expect(&machine.console, "the end", 1, NULL, &e), -ETIMEDOUT);
	console_skip(&machine.console);
	assert_true(time(NULL) - start_time < 30);
	kill(pid, SIGKILL);
	stop(&machine);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_console_match_is_behind_the_last),
		cmocka_unit_test(test_console_line_ends_are_anchors),
		cmocka_unit_test(test_console_end_of_the_machine_is_told),
		cmocka_unit_test(test_console_bad_regex_is_told),
		cmocka_unit_test(test_console_skip_forgets_what_was_said),
		cmocka_unit_test(test_console_log_has_every_byte),
		cmocka_unit_test(test_console_much_text_is_bounded_and_still_matched),
		cmocka_unit_test(test_console_deadline_holds_under_endless_text),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
