/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* pid1's objects are not linked into the unit tests; the record needs no other of them.
 */
#include "pid1/power/reason_record.c"

static const struct reason written = {
	.kind = REASON_RESCUE,
	.streak = 3,
	.image = 0xfedcba98,
	.sequence = 0x0102030405060708,
	.uptime_ms = 7123,
	.clock = -1,
	.told = 0x89abcdef,
	.text = "SIGSEGV in pid1 itself",
};

static void
test_reason_comes_back_whole(void **state)
{
	uint8_t bytes[REASON_SIZE];
	struct reason got;

	(void)state;
	reason_pack(bytes, &written);
	assert_memory_equal(bytes, "INGOTEND\1\0\0\0", 12);
	assert_true(reason_unpack(&got, bytes));
	assert_int_equal(got.kind, REASON_RESCUE);
	assert_int_equal(got.streak, 3);
	assert_true(got.image == 0xfedcba98);
	assert_true(got.sequence == 0x0102030405060708 && got.uptime_ms == 7123);
	assert_true(got.clock == -1 && got.told == 0x89abcdef);
	assert_string_equal(got.text, "SIGSEGV in pid1 itself");
}

static void
test_reason_every_bit_counts(void **state)
{
	uint8_t bytes[REASON_SIZE];
	struct reason got;

	(void)state;
	reason_pack(bytes, &written);
	for (size_t i = 0; i < REASON_SIZE * 8; i++) {
		bytes[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_false(reason_unpack(&got, bytes));
		bytes[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	assert_true(reason_unpack(&got, bytes));
}

static void
test_reason_longest_text_is_cut_and_cleaned(void **state)
{
	uint8_t bytes[REASON_SIZE];
	struct reason long_one = written, got;

	(void)state;
	memset(long_one.text, 'x', REASON_TEXT);
	long_one.text[1] = '\n';
	reason_pack(bytes, &long_one);
	assert_true(reason_unpack(&got, bytes));
	assert_int_equal(strlen(got.text), REASON_TEXT - 1);
	assert_memory_equal(got.text, "x?x", 3);
}

/* A cut inside the write of the second copy, at each byte: the first one stands. */
static void
test_reason_torn_write_leaves_the_other(void **state)
{
	uint8_t first[REASON_SIZE], second[REASON_SIZE] = {0}, next[REASON_SIZE];
	struct reason newer = written, got;

	(void)state;
	assert_int_equal(reason_newest(second, second, &got), -1);
	reason_pack(first, &written);
	newer.sequence++;
	newer.kind = REASON_REBOOT;
	reason_pack(next, &newer);
	for (size_t cut = 0; cut < REASON_SIZE; cut++) {
		memset(second, 0xff, sizeof(second));
		memcpy(second, next, cut);
		assert_int_equal(reason_newest(first, second, &got), 0);
		assert_int_equal(got.kind, REASON_RESCUE);
		assert_int_equal(reason_newest(second, first, &got), 1);
		assert_int_equal(got.kind, REASON_RESCUE);
	}
	assert_int_equal(reason_newest(first, next, &got), 1);
	assert_int_equal(got.kind, REASON_REBOOT);
	assert_int_equal(reason_newest(next, first, &got), 0);
	assert_int_equal(got.kind, REASON_REBOOT);
}

static void
test_reason_last_one_of_a_log_is_found(void **state)
{
	uint8_t log[4 * REASON_SIZE];
	struct reason newer = written, got;

	(void)state;
	memset(log, 'I', sizeof(log));
	assert_false(reason_find(&got, log, sizeof(log)));
	assert_false(reason_find(&got, log, 0));
	reason_pack(log + 7, &written);
	newer.sequence++;
	reason_pack(log + 7 + REASON_SIZE, &newer);
	/* Another one, whose end is missing. */
	newer.sequence++;
	reason_pack(log + 7 + 2 * REASON_SIZE, &newer);
	assert_true(reason_find(&got, log, 7 + 3 * REASON_SIZE - 1));
	assert_true(got.sequence == written.sequence + 1);
	assert_true(reason_find(&got, log, 7 + REASON_SIZE));
	assert_true(got.sequence == written.sequence);
	assert_false(reason_find(&got, log, REASON_SIZE - 1));
}

static void
test_reason_every_kind_has_a_name(void **state)
{
	(void)state;
	for (int i = 0; i < REASON_KINDS; i++)
		for (int k = 0; k <= i; k++)
			assert_int_equal(strcmp(reason_name((enum reason_kind)i),
						 reason_name((enum reason_kind)k)) == 0,
				i == k);
}

/* Bytes whose checksum is right, and that say what no pid1 of this layout would. */
static bool
sealed(uint8_t bytes[REASON_SIZE])
{
	struct wire_writer w;
	struct reason got;

	wire_write_fixed(&w, bytes + HASH_AT, 8);
	wire_put_u64(&w, XXH64(bytes, HASH_AT, 0));
	return reason_unpack(&got, bytes);
}

static void
test_reason_of_another_layout_is_none(void **state)
{
	uint8_t bytes[REASON_SIZE];

	(void)state;
	reason_pack(bytes, &written);
	assert_true(sealed(bytes));
	bytes[8] = VERSION + 1;
	assert_false(sealed(bytes));
	reason_pack(bytes, &written);
	bytes[12] = REASON_KINDS;
	assert_false(sealed(bytes));
	/* a text without an end */
	reason_pack(bytes, &written);
	memset(bytes + TEXT_AT, 'x', REASON_TEXT);
	assert_false(sealed(bytes));
}

static void
test_reason_text_is_printable_ascii(void **state)
{
	struct reason odd = written, got;
	uint8_t bytes[REASON_SIZE];

	(void)state;
	strcpy(odd.text, "a\x1b[m\x7f\xc3\xa4~");
	reason_pack(bytes, &odd);
	assert_true(reason_unpack(&got, bytes));
	assert_string_equal(got.text, "a?[m???~");
	/* of two that are alike, the first */
	assert_int_equal(reason_newest(bytes, bytes, &got), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reason_comes_back_whole),
		cmocka_unit_test(test_reason_every_bit_counts),
		cmocka_unit_test(test_reason_longest_text_is_cut_and_cleaned),
		cmocka_unit_test(test_reason_torn_write_leaves_the_other),
		cmocka_unit_test(test_reason_last_one_of_a_log_is_found),
		cmocka_unit_test(test_reason_every_kind_has_a_name),
		cmocka_unit_test(test_reason_of_another_layout_is_none),
		cmocka_unit_test(test_reason_text_is_printable_ascii),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
