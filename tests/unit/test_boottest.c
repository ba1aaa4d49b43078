/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "builder/run/boottest.h"
#include "builder/base/console.h"
#include "builder/run/qemu.h"
#include "scratch.h"

static int
parse(struct boottest *test, const char *text, struct error *e)
{
	e->text[0] = '\0';
	return boottest_parse(test, "t.boot", text, strlen(text), e);
}

static void
test_boottest_steps_are_read_in_order(void **state)
{
	static const char text[] = "# a comment\n"
				   "\n"
				   "expect login:\n"
				   "\ttimeout 7\n"
				   "expect \"a 5\"\n"
				   "expect a b  3\n"
				   "expect \"say \"hi\"\" 4\n"
				   "send  echo \"x\" 5 \t\n"
				   "send\n"
				   "run test a -> b -> 1\n"
				   "reset\n"
				   "expect 12";
	static const struct boottest_step want[] = {
		{BOOTTEST_EXPECT, NULL, 60, 0, 3},
		{BOOTTEST_EXPECT, NULL, 7, 0, 5},
		{BOOTTEST_EXPECT, NULL, 3, 0, 6},
		{BOOTTEST_EXPECT, NULL, 4, 0, 7},
		{BOOTTEST_SEND, NULL, 7, 0, 8},
		{BOOTTEST_SEND, NULL, 7, 0, 9},
		{BOOTTEST_RUN, NULL, 7, 1, 10},
		{BOOTTEST_RESET, NULL, 7, 0, 11},
		{BOOTTEST_EXPECT, NULL, 7, 0, 12},
	};
	static const char *const said[] = {"expect login:", "expect a 5", "expect a b",
		"expect say \"hi\"", "send echo \"x\" 5", "send ", "run test a -> b -> 1",
		"reset", "expect 12"};
	struct boottest test;
	struct error e;

	(void)state;
	assert_int_equal(parse(&test, text, &e), 0);
	assert_int_equal(test.count, 9);
	assert_string_equal(test.file, "t.boot");
	for (size_t i = 0; i < test.count; i++) {
		char *name = boottest_step_text(&test.step[i]);

		assert_int_equal(test.step[i].verb, want[i].verb);
		assert_int_equal(test.step[i].seconds, want[i].seconds);
		assert_int_equal(test.step[i].exit_status, want[i].exit_status);
		assert_int_equal(test.step[i].line, want[i].line);
		assert_string_equal(name, said[i]);
		free(name);
	}
	boottest_free(&test);
}

static void
test_boottest_what_is_wrong_is_said_with_its_line(void **state)
{
	static const struct {
		const char *text, *message;
	} faults[] = {
		{"", "t.boot: has no step"},
		{"# nothing\n\n", "t.boot: has no step"},
		{"timeout 5\n", "t.boot: has no step"},
		{"\nexpekt a\n",
			"t.boot:2: unknown step \"expekt\": want expect, send, run, "
			"reset or timeout"},
		{"expect\n", "t.boot:1: expect: want a regex"},
		{"expect \"\"\n", "t.boot:1: expect: want a regex"},
		{"expect \"\n", "t.boot:1: expect: want a closing \""},
		{"expect \"a\n", "t.boot:1: expect: want a closing \""},
		{"expect \"a\" b\n",
			"t.boot:1: expect: want seconds behind the regex, got \"b\""},
		{"expect \"a\" 0\n",
			"t.boot:1: expect: want seconds behind the regex, got \"0\""},
		{"expect \"a\"5\n",
			"t.boot:1: expect: want seconds behind the regex, got \"5\""},
		{"expect a(\n", "t.boot:1: expect: Unmatched ( or \\(: \"a(\""},
		{"expect ${contentid}\n",
			"t.boot:1: expect: unknown name in \"${contentid}\": want "
			"${content_id}, ${identity} or ${board}"},
		{"run\n",
			"t.boot:1: run: want COMMAND -> EXIT, such as \"run true -> 0\", "
			"got \"\""},
		{"run true\n",
			"t.boot:1: run: want COMMAND -> EXIT, such as \"run true -> "
			"0\", got \"true\""},
		{"run -> 0\n",
			"t.boot:1: run: want COMMAND -> EXIT, such as \"run true -> "
			"0\", got \"-> 0\""},
		{"run a -> 256\n",
			"t.boot:1: run: want COMMAND -> EXIT, such as \"run true "
			"-> 0\", got \"a -> 256\""},
		{"run a -> -1\n",
			"t.boot:1: run: want COMMAND -> EXIT, such as \"run true -> "
			"0\", got \"a -> -1\""},
		{"reset now\n", "t.boot:1: reset: takes nothing, got \"now\""},
		{"timeout\n", "t.boot:1: timeout: want seconds, got \"\""},
		{"timeout 0\n", "t.boot:1: timeout: want seconds, got \"0\""},
		{"timeout 5s\n", "t.boot:1: timeout: want seconds, got \"5s\""},
		{"timeout 99999999999999999999\n",
			"t.boot:1: timeout: want seconds, got \"99999999999999999999\""},
		{"send a\r\n", "t.boot:1: ends in CR LF: want LF alone"},
	};
	struct boottest test;
	struct error e;

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		assert_int_equal(parse(&test, faults[i].text, &e), -EINVAL);
		assert_string_equal(e.text, faults[i].message);
		boottest_free(&test);
	}
	assert_int_equal(boottest_parse(&test, "t.boot", "send a\0b", 8, &e), -EINVAL);
	assert_string_equal(e.text, "t.boot: has a NUL byte");
	boottest_free(&test);
}

static void
test_boottest_regex_that_would_eat_all_memory_is_refused(void **state)
{
	static const char *const bad[] = {"a++++++++++++++++++++++++++++++++",
		"a{1,32767}", "((a{200}){200}){200}",
		"(((((((((((((((((a+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+",
		"((((((((((((((((((((((((((((((((((a))))))))))))))))))))))))))))))))))",
		"a{99999999999999999999}"};
	static const char *const good[] = {"(ab+c*){3}", "[]+{9999}]{2}x",
		"[[:alpha:]+]{20}", "\\+\\{\\(+", "a{0,}", "[0-9a-f]{64}"};
	struct boottest test;
	struct error e;
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(text, sizeof(text), "expect %s", bad[i]);
		assert_int_equal(parse(&test, text, &e), -EINVAL);
		if (!strstr(e.text, "repeats too much"))
			fail_msg("%s: %s", bad[i], e.text);
		boottest_free(&test);
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		(void)snprintf(text, sizeof(text), "expect %s", good[i]);
		assert_int_equal(parse(&test, text, &e), 0);
		boottest_free(&test);
	}
}

static void
test_boottest_file_that_cannot_be_read_is_named(void **state)
{
	struct boottest test;
	struct error e;

	(void)state;
	assert_int_equal(boottest_read(&test, "none.boot", &e), -ENOENT);
	assert_string_equal(e.text, "none.boot: cannot open: No such file or directory");
	boottest_free(&test);
	assert_int_equal(mkdir("folder.boot", 0755), 0);
	assert_int_equal(boottest_read(&test, "folder.boot", &e), -EISDIR);
	boottest_free(&test);
	scratch_write("good.boot", "send a\n");
	assert_int_equal(boottest_read(&test, "good.boot", &e), 0);
	assert_int_equal(test.count, 1);
	boottest_free(&test);
}

/* A shell of the host with a prompt: as good as one on a serial port. */
struct guest {
	struct console console;
	pid_t pid;
};

static void
start(struct guest *guest, const char *script)
{
	int in[2], out[2];

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	guest->pid = fork();
	assert_true(guest->pid >= 0);
	if (guest->pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(out[1], 2);
		setenv("PS1", "/ # ", 1);
		execl("/bin/sh", "sh", "-c", script, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	console_open(&guest->console, in[1], out[0], -1);
}

static void
stop(struct guest *guest)
{
	kill(guest->pid, SIGKILL);
	waitpid(guest->pid, NULL, 0);
	close(guest->console.to_guest);
	close(guest->console.from_guest);
	console_close(&guest->console);
}

/* Parses and does the steps; the first that fails is told. */
static int
play(struct guest *guest, const char *text, struct error *e)
{
	static const struct boottest_names names = {"c0ffee", "1d", "x86.64+"};
	struct boottest test;
	int r;

	assert_int_equal(parse(&test, text, e), 0);
	r = 0;
	for (size_t i = 0; r == 0 && i < test.count; i++)
		r = boottest_do(&test.step[i], &names, &guest->console, NULL, e);
	boottest_free(&test);
	return r;
}

#define SHELL "sleep 0.3; exec sh -i"

static void
test_boottest_run_compares_the_exit_status(void **state)
{
	struct guest guest;
	struct error e;

	(void)state;
	start(&guest, SHELL);
	assert_int_equal(
		play(&guest,
			"timeout 20\nrun true -> 0\nrun false -> 1\n"
			"run (exit 255) -> 255\nrun echo '-> 3'; exit_3() { return 3; "
			"}; exit_3 -> 3\n",
			&e),
		0);
	assert_int_equal(
		play(&guest, "timeout 20\nrun echo why; false -> 0\n", &e), -EPROTO);
	assert_non_null(strstr(e.text, "\"echo why; false\" ended with status 1, not 0"));
	assert_non_null(strstr(e.text, "why"));
	/* and the shell is still of use */
	assert_int_equal(play(&guest, "timeout 20\nrun true -> 0\n", &e), 0);
	assert_int_equal(play(&guest, "timeout 1\nrun sleep 30 -> 0\n", &e), -ETIMEDOUT);
	stop(&guest);
}

static void
test_boottest_run_without_a_shell_fails(void **state)
{
	struct guest guest;
	struct error e;

	(void)state;
	start(&guest, "echo no shell here; sleep 60");
	assert_int_equal(play(&guest, "timeout 1\nrun true -> 0\n", &e), -ETIMEDOUT);
	stop(&guest);
	start(&guest, "echo bye");
	assert_int_equal(play(&guest, "timeout 20\nexpect bye\n", &e), 0);
	assert_true(play(&guest, "timeout 20\nrun true -> 0\n", &e) == -EPIPE);
	stop(&guest);
}

static void
test_boottest_names_stand_for_the_manifest(void **state)
{
	struct guest guest;
	struct error e;

	(void)state;
	start(&guest, "cat");
	assert_int_equal(
		play(&guest,
			"timeout 20\nsend ${content_id} ${identity} ${board} ${HOME}\n"
			"expect ^c0ffee 1d x86\\.64\\+ [$][{]HOME}$\n",
			&e),
		0);
	/* in a regex, a name is just itself */
	assert_int_equal(play(&guest,
				 "timeout 20\nsend a x86.64+\nexpect a ${board}$\n"
				 "send b x86-644\n",
				 &e),
		0);
	assert_int_equal(play(&guest, "expect b ${board}$ 1\n", &e), -ETIMEDOUT);
	stop(&guest);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_boottest_steps_are_read_in_order),
		cmocka_unit_test(test_boottest_what_is_wrong_is_said_with_its_line),
		cmocka_unit_test(
			test_boottest_regex_that_would_eat_all_memory_is_refused),
		cmocka_unit_test(test_boottest_file_that_cannot_be_read_is_named),
		cmocka_unit_test(test_boottest_run_compares_the_exit_status),
		cmocka_unit_test(test_boottest_run_without_a_shell_fails),
		cmocka_unit_test(test_boottest_names_stand_for_the_manifest),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
