/* SPDX-License-Identifier: ISC */
#include "scratch.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>

#include "builder/base/folder.h"
#include "builder/build/progress.h"
#include "builder/base/say.h"
#include "builder/store/store.h"

static char text[65536];

static void
wait_ms(long ms)
{
	const struct timespec time = {
		.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&time, NULL);
}

/* Runs it in a child whose stderr is the descriptor, and collects what it writes to
 * `from`. */
static int
collect(void (*run)(void), int stderr_fd, int from)
{
	size_t at = 0;
	int status;
	ssize_t n;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		dup2(stderr_fd, 2);
		close(stderr_fd);
		close(from);
		run();
		exit(0);
	}
	close(stderr_fd);
	/* a terminal whose last user is gone reads as EIO */
	while ((n = read(from, text + at, sizeof text - 1 - at)) > 0)
		at += (size_t)n;
	text[at] = '\0';
	close(from);
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static void
on_pipe(void (*run)(void))
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(collect(run, ends[1], ends[0]), 0);
}

static int
on_terminal(void (*run)(void), unsigned short columns)
{
	struct winsize size = {.ws_row = 24, .ws_col = columns};
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;

	setenv("TERM", "xterm", 1);
	assert_true(master >= 0);
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	assert_int_equal(ioctl(master, TIOCSWINSZ, &size), 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	assert_true(slave >= 0);
	return collect(run, slave, master);
}

static void
two_nodes(void)
{
	progress_begin(2, 2);
	progress_start(0, "linux");
	progress_step(0, "build");
	progress_tick();
	progress_done(0, "built");
	progress_start(0, "hello");
	progress_done(0, "unchanged");
	progress_tick();
	progress_end();
}

static void
test_pipe_gets_plain_lines(void **state)
{
	(void)state;
	on_pipe(two_nodes);
	assert_string_equal(text,
		"ingot: linux: build\ningot: linux: built in 0 s\ningot: hello: unchanged\n");
}

static void
slow_nodes(void)
{
	progress_begin(9, 2);
	progress_plan("kernel");
	progress_plan("slow/one");
	progress_start(0, "kernel");
	progress_step(0, "build");
	progress_start(1, "slow/one");
	progress_step(1, "unpack");
	wait_ms(300);
	progress_tick();
	progress_tick();
	warn("something else");
	progress_done(1, "built");
	progress_end();
}

static void
count_text(const char *what, size_t want)
{
	size_t count = 0;

	for (const char *at = text; (at = strstr(at, what)); at++)
		count++;
	if (count != want)
		fail_msg("%zu times, not %zu: \"%s\" in: %s", count, want, what, text);
}

static void
test_terminal_is_redrawn_and_left_clean(void **state)
{
	size_t length;

	(void)state;
	scratch_write("store/time/kernel", "250000\n");
	assert_int_equal(on_terminal(slow_nodes, 80), 0);
	assert_int_equal(strncmp(text, "\033[?25l", 6), 0);
	/* two ticks at once, one drawing */
	count_text("0/9 nodes, 2 running, elapsed 0:00", 1);
	count_text("kernel               build            0:00 of about 4:10", 1);
	count_text("slow/one             unpack           0:00\r\n", 1);
	count_text("\033[3A", 1);
	count_text("ingot: warning: something else\r\n", 1);
	count_text("ingot: slow/one: built in 0:00\r\n", 1);
	length = strlen(text);
	assert_true(length > 10);
	assert_string_equal(text + length - 10, "\r\033[J\033[?25h");
}

/* Runs after the one before it, which left the time of slow/one. */
static void
test_expected_comes_from_last_time(void **state)
{
	(void)state;
	assert_int_equal(access("store/time/slow_one", F_OK), 0);
	assert_true(progress_expected("slow/one") >= 0.3);
	assert_true(progress_expected("kernel") == 250.0);
	assert_true(progress_expected("never built") == 0.0);
	assert_int_equal(on_terminal(slow_nodes, 80), 0);
	count_text("of about 0:00\r\n", 1);
	count_text("elapsed 0:00, about 4:10 left", 1);
}

static void
test_damaged_time_is_no_expectation(void **state)
{
	static const char *const bad[] = {
		"", "x\n", "-5\n", "99999999999999999999\n", "12", "12 x\n"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		scratch_write("store/time/kernel", bad[i]);
		assert_int_equal(on_terminal(slow_nodes, 80), 0);
		count_text("kernel               build            0:00\r\n", 1);
	}
}

static void
test_narrow_terminal_cuts_lines(void **state)
{
	(void)state;
	assert_int_equal(on_terminal(slow_nodes, 20), 0);
	count_text("\n0/9 nodes, 2 runnin\r", 1);
	count_text("\n  kernel           \r\n", 1);
}

static void
dies(void)
{
	progress_begin(1, 1);
	progress_start(0, "kernel");
	if (fork() == 0)
		exit(0); /* a job's end leaves the terminal alone */
	wait(NULL);
	die("it broke");
}

static void
test_terminal_is_restored_when_the_program_dies(void **state)
{
	(void)state;
	assert_int_equal(on_terminal(dies, 80), 1);
	count_text("\033[?25h", 1);
	assert_true(strstr(text, "it broke") < strstr(text, "\033[?25h"));
}

static int
enter(void **state)
{
	char path[64];

	if (scratch_enter(state) < 0)
		return -1;
	snprintf(path, sizeof path, "%s/store", scratch_dir);
	options.store = strdup(path);
	store_open();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pipe_gets_plain_lines),
		cmocka_unit_test(test_terminal_is_redrawn_and_left_clean),
		cmocka_unit_test(test_expected_comes_from_last_time),
		cmocka_unit_test(test_damaged_time_is_no_expectation),
		cmocka_unit_test(test_narrow_terminal_cuts_lines),
		cmocka_unit_test(test_terminal_is_restored_when_the_program_dies),
	};

	return cmocka_run_group_tests(tests, enter, scratch_leave);
}
