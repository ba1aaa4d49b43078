/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gpts.h"
#include "lib/gpt.h"

#define BYTES (1 << 20)

static uint8_t bytes[BYTES];

struct memory {
	struct gpt_disk disk; /* the first member */
	uint64_t bad; /* no byte before this one can be read */
};

static struct gpt_partition seen[GPT_ENTRIES];
static unsigned count, most;

static int
read_memory(struct gpt_disk *disk, uint64_t at, void *data, size_t size)
{
	assert_true(at + size <= disk->blocks * disk->block_size);
	if (at < ((struct memory *)disk)->bad)
		return -EIO;
	memcpy(data, bytes + at, size);
	return 0;
}

static bool
note(void *context, const struct gpt_partition *partition)
{
	assert_ptr_equal(context, seen);
	seen[count++] = *partition;
	return count < most;
}

static int
read_all(unsigned block_size, uint64_t bad)
{
	struct memory memory = {
		{read_memory, BYTES / block_size, block_size}, .bad = bad};

	count = 0;
	most = GPT_ENTRIES;
	return gpt_read(&memory.disk, note, seen);
}

/* Partitions 1, 2 and 128, of one that was deleted in between. */
static void
make(unsigned block_size)
{
	uint8_t *entries = bytes + (size_t)2 * block_size;

	memset(bytes, 0, sizeof(bytes));
	gpts_entry(entries, 1, 0xa1, 40, 99);
	gpts_entry(entries, 2, 0xa2, 100, 100);
	gpts_entry(entries, 128, 0xaf, 101, BYTES / block_size - 1);
	gpts_make(bytes, BYTES / block_size, block_size);
}

static void
test_gpt_partitions_read(void **state)
{
	static const unsigned sizes[] = {512, 1024, 2048, 4096};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		make(sizes[i]);
		assert_int_equal(read_all(sizes[i], 0), 0);
		assert_int_equal(count, 3);
		assert_int_equal(seen[0].number, 1);
		assert_int_equal(seen[0].first, 40);
		assert_int_equal(seen[0].blocks, 60);
		assert_int_equal(seen[0].guid[15], 0xa1);
		assert_int_equal(seen[1].blocks, 1);
		assert_int_equal(seen[2].number, 128);
	}
}

static void
test_gpt_stops_when_told(void **state)
{
	struct memory memory = {{read_memory, BYTES / 512, 512}, .bad = 0};

	(void)state;
	make(512);
	count = 0;
	most = 2;
	assert_int_equal(gpt_read(&memory.disk, note, seen), 0);
	assert_int_equal(count, 2);
}

static void
test_gpt_first_damaged_copy_counts(void **state)
{
	static const size_t places[] = {512, 512 + 16, 512 + 24, 512 + 72, 512 + 88,
		1024 + 16, 1024 + 127 * 128, 1024 + 128 * 128 - 1};

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		make(512);
		bytes[places[i]] ^= 1;
		assert_int_equal(read_all(512, 0), 0);
		assert_int_equal(count, 3);
		/* The copy, too. */
		bytes[BYTES - 512 + 40] ^= 1;
		assert_int_equal(read_all(512, 0), -EBADMSG);
	}
	make(512);
	assert_int_equal(read_all(512, 4096), 0);
	assert_int_equal(count, 3);
	assert_int_equal(read_all(512, BYTES), -EIO);
}

/* A header whose checksum is right, and which says that. */
static void
says(size_t at, uint64_t value, unsigned size)
{
	make(512);
	memset(bytes + BYTES - 512, 0, 512);
	gpts_put(bytes + 512 + at, value, size);
	gpts_put(bytes + 512 + 16, 0, 4);
	gpts_put(bytes + 512 + 16, gpts_crc(bytes + 512, 92), 4);
}

static void
test_gpt_bad_header_refused(void **state)
{
	static const struct {
		size_t at;
		uint64_t value;
		unsigned size;
	} faults[] = {
		{12, 91, 4}, {12, 513, 4}, {12, UINT32_MAX, 4}, /* the header's size */
		{24, 2, 8}, /* it is elsewhere */
		{72, 1, 8}, {72, BYTES / 512, 8}, {72, BYTES / 512 - 31, 8},
		{72, UINT64_MAX, 8}, /* the entries, outside */
		{80, 0, 4}, {80, 1025, 4}, {80, UINT32_MAX, 4}, /* how many */
		{84, 64, 4}, {84, 256, 4}, {84, 0, 4}, /* how large */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		says(faults[i].at, faults[i].value, faults[i].size);
		assert_int_equal(read_all(512, 0), -EBADMSG);
	}
	/* As are the means of this test. */
	says(12, 92, 4);
	assert_int_equal(read_all(512, 0), 0);
}

static void
test_gpt_impossible_partition_left_out(void **state)
{
	(void)state;
	memset(bytes, 0, sizeof(bytes));
	gpts_entry(bytes + 1024, 1, 1, 100, 99);
	gpts_entry(bytes + 1024, 2, 2, 100, BYTES / 512);
	gpts_entry(bytes + 1024, 3, 3, 0, UINT64_MAX);
	gpts_entry(bytes + 1024, 4, 4, 100, 100);
	gpts_make(bytes, BYTES / 512, 512);
	assert_int_equal(read_all(512, 0), 0);
	assert_int_equal(count, 1);
	assert_int_equal(seen[0].number, 4);
}

static void
test_gpt_no_disk_for_a_table_refused(void **state)
{
	static const struct gpt_disk disks[] = {{read_memory, 0, 512},
		{read_memory, 3, 512}, {read_memory, 2048, 0}, {read_memory, 2048, 256},
		{read_memory, 2048, 513}, {read_memory, 2048, 8192},
		{read_memory, UINT64_MAX, 4096}};

	(void)state;
	for (size_t i = 0; i < sizeof(disks) / sizeof(disks[0]); i++) {
		struct memory memory = {disks[i], 0};

		assert_int_equal(gpt_read(&memory.disk, note, seen), -EBADMSG);
	}
}

/* The first three fields are little-endian numbers (UEFI 2.10, appendix A). */
static void
test_gpt_guid_as_people_write_it(void **state)
{
	static const uint8_t want[GPT_GUID] = {0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2,
		0x11, 0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b};
	static const char *const faults[] = {"", "c12a7328",
		"c12a7328-f81f-11d2-ba4b-00a0c93ec93",
		"c12a7328-f81f-11d2-ba4b-00a0c93ec93bb",
		"c12a7328f81f11d2ba4b00a0c93ec93b",
		"c12a7328-f81f-11d2-ba4b-00a0c93ec93g",
		"{c12a7328-f81f-11d2-ba4b-00a0c93ec93b}",
		"c12a7328-f81f-11d2-ba4b00-a0c93ec93b"};
	uint8_t guid[GPT_GUID];
	char text[GPT_GUID_TEXT];

	(void)state;
	assert_true(gpt_guid_parse("C12A7328-f81f-11D2-ba4b-00a0C93EC93B", guid));
	assert_memory_equal(guid, want, sizeof(want));
	gpt_guid_text(guid, text);
	assert_string_equal(text, "c12a7328-f81f-11d2-ba4b-00a0c93ec93b");
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		assert_false(gpt_guid_parse(faults[i], guid));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gpt_partitions_read),
		cmocka_unit_test(test_gpt_stops_when_told),
		cmocka_unit_test(test_gpt_first_damaged_copy_counts),
		cmocka_unit_test(test_gpt_bad_header_refused),
		cmocka_unit_test(test_gpt_impossible_partition_left_out),
		cmocka_unit_test(test_gpt_no_disk_for_a_table_refused),
		cmocka_unit_test(test_gpt_guid_as_people_write_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
