/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pid1/control/control_format.c"

static uint8_t message[CONTROL_MESSAGE];

static void
test_control_request_comes_back(void **state)
{
	const struct control_request in = {
		.verb = CONTROL_LOG, .follow = 1, .name = "hello"};
	struct control_request out;
	size_t size = control_put_request(message, &in);

	(void)state;
	assert_true(size > 0);
	assert_int_equal(control_get_request(message, size, &out), 0);
	assert_int_equal(out.verb, CONTROL_LOG);
	assert_int_equal(out.follow, 1);
	assert_string_equal(out.name, "hello");
}

static void
test_control_reply_of_each_kind_comes_back(void **state)
{
	const struct control_reply in[] = {
		{.kind = REPLY_END, .end = {-5, "no"}},
		{.kind = REPLY_DEVICE,
			.device = {"robot", "ab", "trial", "planner", "watchdog", "none",
				UINT64_MAX, 1}},
		{.kind = REPLY_MOUNT,
			.mount = {"/data", "/dev/vda", "ext4", "up", "", 1}},
		{.kind = REPLY_LINK, .link = {"eth0", "", "192.0.2.1/24", 1, 1, 0}},
		{.kind = REPLY_SERVICE,
			.service = {.name = "a",
				.state = "running",
				.slice = "critical",
				.said = "",
				.result = "signal 9",
				.lacks = "landlock",
				.pid = 7,
				.restarts = 3,
				.since_ms = 11,
				.memory = UINT64_MAX,
				.tasks = 2,
				.critical = 1}},
		{.kind = REPLY_LINE,
			.line = {.time_us = 5,
				.source = "kernel",
				.text = "x",
				.dropped = 9}},
		{.kind = REPLY_STEP, .step = {8, "service", "a", "ready"}},
	};
	struct control_reply out;

	(void)state;
	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++) {
		size_t size = control_put_reply(message, &in[i]);

		assert_true(size > 0);
		assert_int_equal(control_get_reply(message, size, &out), 0);
		assert_int_equal(out.kind, in[i].kind);
		/* every cut is seen */
		for (size_t cut = 0; cut < size; cut++)
			assert_int_equal(control_get_reply(message, cut, &out), -EBADMSG);
		assert_int_equal(control_get_reply(message, size + 1, &out), -EBADMSG);
	}
	assert_int_equal(
		control_get_reply(message, control_put_reply(message, &in[0]), &out), 0);
	assert_int_equal(out.end.error, -5);
	assert_int_equal(
		control_get_reply(message, control_put_reply(message, &in[4]), &out), 0);
	assert_string_equal(out.service.lacks, "landlock");
	assert_true(out.service.memory == UINT64_MAX);
	assert_int_equal(out.service.critical, 1);
}

static void
test_control_message_too_long_is_not_made(void **state)
{
	static char name[CONTROL_MESSAGE + 1];
	const struct control_request request = {.name = name};

	(void)state;
	memset(name, 'a', sizeof(name) - 1);
	assert_int_equal(control_put_request(message, &request), 0);
}

static void
test_control_unknown_request_refused(void **state)
{
	struct control_request request = {.verb = CONTROL_VERBS, .name = ""};
	size_t size = control_put_request(message, &request);

	(void)state;
	assert_int_equal(control_get_request(message, size, &request), -EBADMSG);
	message[0] = 0;
	assert_int_equal(control_get_request(message, size, &request), 0);
	assert_int_equal(control_get_request(message, size + 1, &request), -EBADMSG);
	message[1] = 2;
	assert_int_equal(control_get_request(message, size, &request), -EBADMSG);
}

static void
test_control_unknown_reply_refused(void **state)
{
	struct control_reply reply;

	(void)state;
	for (unsigned kind = REPLY_KINDS; kind < 256; kind++) {
		message[0] = (uint8_t)kind;
		assert_int_equal(control_get_reply(message, 1, &reply), -EBADMSG);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_control_request_comes_back),
		cmocka_unit_test(test_control_reply_of_each_kind_comes_back),
		cmocka_unit_test(test_control_message_too_long_is_not_made),
		cmocka_unit_test(test_control_unknown_request_refused),
		cmocka_unit_test(test_control_unknown_reply_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
