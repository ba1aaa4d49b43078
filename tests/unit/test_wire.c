/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/wire.h"

static void
test_wire_numbers_are_little_endian(void **state)
{
	static const uint8_t want[] = {0x01, 0x03, 0x02, 0x07, 0x06, 0x05, 0x04, 0x0f,
		0x0e, 0x0d, 0x0c, 0x0b, 0x0a, 0x09, 0x08};
	struct wire_writer w;
	struct wire_reader r;

	(void)state;
	wire_write_init(&w);
	wire_put_u8(&w, 0x01);
	wire_put_u16(&w, 0x0203);
	wire_put_u32(&w, 0x04050607);
	wire_put_u64(&w, UINT64_C(0x08090a0b0c0d0e0f));
	assert_false(w.failed);
	assert_int_equal(w.size, sizeof(want));
	assert_memory_equal(w.data, want, sizeof(want));
	wire_read_init(&r, w.data, w.size);
	assert_int_equal(wire_get_u8(&r), 0x01);
	assert_int_equal(wire_get_u16(&r), 0x0203);
	assert_int_equal(wire_get_u32(&r), 0x04050607);
	assert_true(wire_get_u64(&r) == UINT64_C(0x08090a0b0c0d0e0f));
	assert_false(r.failed);
	assert_int_equal(r.at, r.size);
	wire_free(&w);
}

static void
test_wire_strings_come_back(void **state)
{
	static char big[5000];
	struct wire_writer w;
	struct wire_reader r;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	wire_write_init(&w);
	wire_put_string(&w, "");
	wire_put_string(&w, "one");
	wire_put_string(&w, big);
	assert_false(w.failed);
	wire_read_init(&r, w.data, w.size);
	assert_string_equal(wire_get_string(&r), "");
	assert_string_equal(wire_get_string(&r), "one");
	assert_string_equal(wire_get_string(&r), big);
	assert_false(r.failed);
	wire_free(&w);
}

static void
test_wire_reading_past_the_end_fails_for_good(void **state)
{
	static const uint8_t data[] = {1, 2, 3};
	struct wire_reader r;

	(void)state;
	wire_read_init(&r, data, sizeof(data));
	assert_int_equal(wire_get_u32(&r), 0);
	assert_true(r.failed);
	assert_int_equal(wire_get_u8(&r), 0);
	assert_string_equal(wire_get_string(&r), "");
	assert_true(r.failed);
}

static void
expect_bad_string(const void *data, size_t size)
{
	struct wire_reader r;

	wire_read_init(&r, data, size);
	assert_string_equal(wire_get_string(&r), "");
	assert_true(r.failed);
}

static void
test_wire_bad_strings_are_refused(void **state)
{
	(void)state;
	expect_bad_string("\3\0\0\0ab\0", 7); /* length past the end */
	expect_bad_string("\2\0\0\0ab", 6); /* no NUL */
	expect_bad_string("\2\0\0\0abc", 7); /* not NUL */
	expect_bad_string("\3\0\0\0a\0c\0", 8); /* NUL inside */
	expect_bad_string("\xff\xff\xff\xff"
			  "ab\0",
		7); /* length + 1 wraps in 32 bits */
	expect_bad_string("\1\0\0", 3);
}

static void
test_wire_fixed_memory_is_never_overrun(void **state)
{
	uint8_t memory[8] = {0, 0, 0, 0, 0, 0, 0xaa, 0xaa};
	struct wire_writer w;

	(void)state;
	wire_write_fixed(&w, memory, 6);
	wire_put_u32(&w, UINT32_MAX);
	assert_false(w.failed);
	wire_put_u32(&w, UINT32_MAX);
	assert_true(w.failed);
	wire_put_u8(&w, 1);
	assert_int_equal(w.size, 4);
	assert_int_equal(memory[4], 0);
	assert_int_equal(memory[6], 0xaa);
	wire_free(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wire_numbers_are_little_endian),
		cmocka_unit_test(test_wire_strings_come_back),
		cmocka_unit_test(test_wire_reading_past_the_end_fails_for_good),
		cmocka_unit_test(test_wire_bad_strings_are_refused),
		cmocka_unit_test(test_wire_fixed_memory_is_never_overrun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
