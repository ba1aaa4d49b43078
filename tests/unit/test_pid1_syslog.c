/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pid1/log/logwire.c"
#include "pid1/telemetry/syslog.c"

static char message[SYSLOG_MOST + 1];

static const char *
format(const struct logwire *record, const char *hostname, int64_t real_us)
{
	message[syslog_format(message, record, hostname, real_us)] = '\0';
	return message;
}

static void
test_syslog_is_as_rfc5424_has_it(void **state)
{
	struct logwire record = {.priority = 14,
		.sequence = 2147483648,
		.time_us = 1234567,
		.lost = 3,
		.source = "hello",
		.text = "a b",
		.size = 3};

	(void)state;
	assert_string_equal(format(&record, "ingot", 1767225600000000),
		"<14>1 2026-01-01T00:00:01.234567Z ingot hello - - [timeQuality tzKnown=\"1\" "
		"isSynced=\"0\"][meta sequenceId=\"1\" sysUpTime=\"123\"] a b");
	record.priority = 2;
	message[syslog_lost(message, &record, "", 1767225600000000)] = '\0';
	assert_string_equal(message,
		"<4>1 2026-01-01T00:00:01.234567Z - hello - - [timeQuality tzKnown=\"1\" "
		"isSynced=\"0\"][meta sequenceId=\"1\" sysUpTime=\"123\"] 3 lines lost: "
		"overwritten before they could be sent");
	/* A clock before 1970 has no place in a timestamp. */
	assert_non_null(strstr(
		format(&record, "ingot", -5000000), " 1970-01-01T00:00:00.000000Z "));
}

static void
test_syslog_of_the_longest_of_everything_fits(void **state)
{
	static char text[LOGWIRE_TEXT];
	char name[65] = "", host[65] = "";
	struct logwire record = {.priority = 191,
		.sequence = UINT64_MAX,
		.time_us = (uint64_t)1 << 50,
		.source = name,
		.text = text,
		.size = sizeof(text)};
	size_t size;

	(void)state;
	memset(text, 'x', sizeof(text));
	memset(name, 'n', 64);
	memset(host, 'h', 64);
	size = syslog_format(message, &record, host, 1767225600000000);
	assert_true(size < SYSLOG_MOST - 8);
	size = syslog_count(message, size);
	assert_true(size > sizeof(text));
	assert_int_equal(strtoul(message, NULL, 10), size - 5);
	assert_memory_equal(message + 4, " <191>1 ", 8);
}

static void
test_logwire_comes_back_and_nothing_shorter_or_longer(void **state)
{
	char name[65] = "";
	const struct logwire in = {.priority = 30,
		.flags = 1,
		.sequence = 5,
		.time_us = 6,
		.lost = 7,
		.source = name,
		.text = "te\0xt",
		.size = 5};
	uint8_t packet[LOGWIRE_PACKET];
	struct logwire out;
	size_t size;

	(void)state;
	memset(name, 'n', 64);
	size = logwire_put(&in, packet);
	assert_true(size > 0);
	assert_int_equal(logwire_get(&out, packet, size), 0);
	assert_int_equal(out.priority, 30);
	assert_int_equal(out.flags, 1);
	assert_int_equal(out.sequence, 5);
	assert_int_equal(out.time_us, 6);
	assert_int_equal(out.lost, 7);
	assert_string_equal(out.source, name);
	assert_int_equal(out.size, 5);
	assert_memory_equal(out.text, "te\0xt", 5);
	for (size_t i = 0; i < size; i++) {
		uint8_t *copy = malloc(i ? i : 1);

		memcpy(copy, packet, i);
		assert_true(logwire_get(&out, copy, i) < 0);
		free(copy);
	}
	assert_true(logwire_get(&out, packet, size + 1) < 0);
	packet[0]++;
	assert_true(logwire_get(&out, packet, size) < 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_syslog_is_as_rfc5424_has_it),
		cmocka_unit_test(test_syslog_of_the_longest_of_everything_fits),
		cmocka_unit_test(test_logwire_comes_back_and_nothing_shorter_or_longer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
