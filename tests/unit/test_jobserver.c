/* SPDX-License-Identifier: ISC */
#include "scratch.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "builder/sandbox/jobserver.h"

static int
take_all(void)
{
	int count = 0;

	while (jobserver_take())
		count++;
	return count;
}

static void
test_take_without_a_jobserver_gives_none(void **state)
{
	(void)state;
	assert_int_equal(jobserver_read_fd(), -1);
	assert_int_equal(jobserver_write_fd(), -1);
	assert_int_equal(jobserver_take(), 0);
	jobserver_give();
	jobserver_refill();
	assert_int_equal(jobserver_take(), 0);
}

static void
test_tokens_are_one_less_than_jobs(void **state)
{
	(void)state;
	jobserver_open(5);
	assert_int_equal(take_all(), 4);
	jobserver_give();
	jobserver_give();
	assert_int_equal(take_all(), 2);
	jobserver_refill();
	assert_int_equal(take_all(), 4);
	jobserver_refill();
	jobserver_refill();
	assert_int_equal(take_all(), 4);
	jobserver_refill();
}

/* make reads its end as it is: blocking, or it fails with EAGAIN where it waits. */
static void
test_end_for_make_stays_blocking(void **state)
{
	(void)state;
	assert_int_equal(fcntl(jobserver_read_fd(), F_GETFL) & O_NONBLOCK, 0);
	assert_int_equal(take_all(), 4);
	assert_int_equal(fcntl(jobserver_read_fd(), F_GETFL) & O_NONBLOCK, 0);
	jobserver_refill();
}

static void
test_token_of_a_killed_job_comes_back_by_refill(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		char token[2];

		if (read(jobserver_read_fd(), token, 2) != 2)
			_exit(1);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(take_all(), 2);
	jobserver_refill();
	assert_int_equal(take_all(), 4);
}

static void
test_one_job_has_no_tokens(void **state)
{
	(void)state;
	jobserver_open(1);
	assert_true(jobserver_read_fd() >= 0);
	assert_int_equal(take_all(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take_without_a_jobserver_gives_none),
		cmocka_unit_test(test_tokens_are_one_less_than_jobs),
		cmocka_unit_test(test_end_for_make_stays_blocking),
		cmocka_unit_test(test_token_of_a_killed_job_comes_back_by_refill),
		cmocka_unit_test(test_one_job_has_no_tokens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
