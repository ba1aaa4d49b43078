/* SPDX-License-Identifier: ISC */
/* Four messages in the lanes of a vector have the hashes that libsodium gives each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "rollback/lanes.h"

#define MOST (64 * LANES_BLOCK)

static uint8_t message[LANES][MOST];
static const uint8_t *const start[LANES] = {
	message[0], message[1], message[2], message[3]};

static int
set_up(void **state)
{
	(void)state;
	assert_true(sodium_init() >= 0);
	for (size_t lane = 0; lane < LANES; lane++)
		for (size_t i = 0; i < MOST; i++)
			message[lane][i] = (uint8_t)(i * (2 * lane + 3) + i / 251 + lane);
	if (!lanes_available()) /* the code is for another processor */
		skip();
	return 0;
}

static void
check(const struct lanes *lanes, size_t size)
{
	uint8_t hash[RELEASE_HASH], wanted[RELEASE_HASH];

	for (unsigned lane = 0; lane < LANES; lane++) {
		lanes_hash(lanes, lane, hash);
		release_chunk_hash(message[lane], size, wanted);
		assert_memory_equal(hash, wanted, sizeof(hash));
	}
}

static void
test_lanes_every_length_hashes_as_libsodium_does(void **state)
{
	struct lanes lanes;

	(void)state;
	for (size_t size = LANES_BLOCK; size <= MOST; size += LANES_BLOCK) {
		lanes_begin(&lanes);
		lanes_update(&lanes, start, size, true);
		check(&lanes, size);
	}
}

static void
test_lanes_in_pieces_the_hash_is_the_same(void **state)
{
	struct lanes lanes;

	(void)state;
	for (size_t size = LANES_BLOCK; size <= MOST; size += LANES_BLOCK)
		for (size_t cut = 0; cut < size; cut += 7 * LANES_BLOCK) {
			const uint8_t *rest[LANES];

			for (unsigned lane = 0; lane < LANES; lane++)
				rest[lane] = message[lane] + cut;
			lanes_begin(&lanes);
			lanes_update(&lanes, start, cut, false);
			lanes_update(&lanes, rest, size - cut, true);
			check(&lanes, size);
		}
}

static void
test_lanes_data_may_be_anywhere_and_of_any_bits(void **state)
{
	static uint8_t odd[LANES][2 * LANES_BLOCK + 1];
	const uint8_t *data[LANES];
	struct lanes lanes;
	uint8_t hash[RELEASE_HASH], wanted[RELEASE_HASH];

	(void)state;
	memset(odd[1], 0xff, sizeof(odd[1]));
	randombytes_buf(odd[2], sizeof(odd[2]));
	randombytes_buf(odd[3], sizeof(odd[3]));
	for (unsigned lane = 0; lane < LANES; lane++)
		data[lane] = odd[lane] + 1;
	lanes_begin(&lanes);
	lanes_update(&lanes, data, 2 * LANES_BLOCK, true);
	for (unsigned lane = 0; lane < LANES; lane++) {
		lanes_hash(&lanes, lane, hash);
		release_chunk_hash(data[lane], 2 * LANES_BLOCK, wanted);
		assert_memory_equal(hash, wanted, sizeof(hash));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			test_lanes_every_length_hashes_as_libsodium_does, set_up),
		cmocka_unit_test_setup(test_lanes_in_pieces_the_hash_is_the_same, set_up),
		cmocka_unit_test_setup(
			test_lanes_data_may_be_anywhere_and_of_any_bits, set_up),
	};

	return cmocka_run_group_tests_name("rollback_lanes", tests, NULL, NULL);
}
