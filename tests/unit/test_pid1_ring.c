/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pid1/log/ring.c"

static uint8_t memory[4096];

static void
put(struct ring *ring, const char *text, size_t size)
{
	struct ring_record record = {.sequence = 7, .time_us = 9, .priority = 14};

	record.size = (uint16_t)size;
	ring_put(ring, &record, text);
}

static void
test_ring_without_records_gives_none(void **state)
{
	struct ring ring;
	struct ring_record record;
	uint64_t position = 0;
	char text[RING_TEXT + 1];

	(void)state;
	ring_init(&ring, memory, sizeof(memory));
	assert_false(ring_get(&ring, &position, &record, text));
	put(&ring, "a", 1);
	assert_true(ring_get(&ring, &position, &record, text));
	assert_string_equal(text, "a");
	assert_int_equal(record.priority, 14);
	assert_int_equal(record.sequence, 7);
	assert_int_equal(record.time_us, 9);
	assert_false(ring_get(&ring, &position, &record, text));
}

static void
test_ring_too_small_or_without_memory_keeps_nothing_but_counts(void **state)
{
	struct ring ring;
	struct ring_record record;
	uint64_t position = 0;

	(void)state;
	for (size_t size = 0; size < RING_LEAST; size += RING_LEAST - 1) {
		ring_init(&ring, memory, size);
		put(&ring, "lost", 4);
		assert_false(ring_peek(&ring, &position, &record));
		assert_int_equal(ring.count, 1);
	}
	ring_init(&ring, NULL, 0);
	put(&ring, "lost", 4);
	assert_false(ring_peek(&ring, &position, &record));
}

/* Against a model: the i-th record's text is a function of i, so what comes out can be
 * told. */
static size_t
make_text(char *text, unsigned i)
{
	size_t size = (size_t)(i * 7919u) % (RING_TEXT + 1);

	memset(text, 'a' + (int)(i % 26), size);
	return size;
}

static void
test_ring_overwrites_the_oldest_and_a_late_reader_sees_how_many(void **state)
{
	struct ring ring;
	struct ring_record record;
	uint64_t position = 0, wanted = 0, lost = 0;
	char text[RING_TEXT + 1], want[RING_TEXT + 1];
	unsigned seed = 1;

	(void)state;
	ring_init(&ring, memory, sizeof(memory));
	for (unsigned i = 0; i < 20000; i++) {
		size_t size = make_text(text, i);

		put(&ring, text, size);
		assert_true(ring.head - ring.tail <= sizeof(memory));
		seed = seed * 1103515245u + 12345u;
		for (unsigned reads = (seed >> 16) % 3; reads > 0; reads--) {
			if (!ring_get(&ring, &position, &record, text))
				break;
			assert_true(record.number >= wanted);
			lost += record.number - wanted;
			wanted = record.number + 1;
			size = make_text(want, (unsigned)record.number);
			assert_int_equal(record.size, size);
			assert_memory_equal(text, want, size);
			assert_int_equal(text[size], '\0');
		}
	}
	assert_true(lost > 0);
	while (ring_get(&ring, &position, &record, text))
		wanted = record.number + 1;
	assert_int_equal(wanted, 20000);
}

static void
test_ring_last_gives_the_newest(void **state)
{
	struct ring ring;
	struct ring_record record;
	uint64_t position;
	char text[RING_TEXT + 1], line[24];

	(void)state;
	ring_init(&ring, memory, sizeof(memory));
	for (int i = 0; i < 500; i++)
		put(&ring, line, (size_t)snprintf(line, sizeof(line), "line %d", i));
	position = ring_last(&ring, 3);
	for (int i = 497; i < 500; i++) {
		snprintf(line, sizeof(line), "line %d", i);
		assert_true(ring_get(&ring, &position, &record, text));
		assert_string_equal(text, line);
	}
	assert_false(ring_get(&ring, &position, &record, text));
	position = ring_last(&ring, 0);
	assert_false(ring_peek(&ring, &position, &record));
	position = ring_last(&ring, 100000);
	assert_true(ring_peek(&ring, &position, &record));
	assert_int_equal(position, ring.tail);
}

/* What just fits costs nothing else its place, and no record is longer than one may be. */
static void
test_ring_is_used_to_its_last_byte(void **state)
{
	static char text[2 * RING_TEXT];
	const size_t size = 2 * (sizeof(struct ring_record) + RING_TEXT);
	char got[RING_TEXT + 1];
	struct ring_record record;
	struct ring ring;
	uint64_t position = 0;

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_true(size <= sizeof(memory));
	ring_init(&ring, memory, size);
	put(&ring, text, RING_TEXT);
	put(&ring, text, sizeof(text));
	assert_true(ring_get(&ring, &position, &record, got));
	assert_int_equal(record.number, 0);
	assert_true(ring_get(&ring, &position, &record, got));
	assert_int_equal(record.number, 1);
	assert_int_equal(record.size, RING_TEXT);
	put(&ring, "", 0);
	position = 0;
	assert_true(ring_get(&ring, &position, &record, got));
	assert_int_equal(record.number, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ring_without_records_gives_none),
		cmocka_unit_test(
			test_ring_too_small_or_without_memory_keeps_nothing_but_counts),
		cmocka_unit_test(
			test_ring_overwrites_the_oldest_and_a_late_reader_sees_how_many),
		cmocka_unit_test(test_ring_last_gives_the_newest),
		cmocka_unit_test(test_ring_is_used_to_its_last_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
