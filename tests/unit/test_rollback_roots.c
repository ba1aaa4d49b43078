/* SPDX-License-Identifier: ISC */
/* The chain of roots on the device: what it takes, what it keeps, and power cuts. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/error.h"
#include "rollback/roots.h"
#include "signed.h"
#include "tests/fault/sim.h"

#define UNIT 8192
#define AT   (2 * UNIT) /* behind two copies of the state */
#define MANY 60 /* cuts of one write are fewer */

static struct sim sim, spare;
static struct roots roots;
static struct error e;
static struct minisign_secret secret[4];
static struct minisign_public public[4];
static struct root image;
static struct index list;
static char bytes[32768];
static unsigned taken;

static void
set_role(struct role *role, unsigned key)
{
	memset(role, 0, sizeof(*role));
	assert_int_equal(role_add(role, &public[key]), 0);
	role->threshold = 1;
}

static int
open_at(struct sim *machine, const struct root *root)
{
	return roots_open(&roots, &machine->device[0].block, AT, UNIT, root, &e);
}

/* A root with keys for root, release and index, signed by keys; its size in bytes. */
static size_t
make_root(uint64_t version, const char *keys, const char *signers)
{
	struct root root = {.board = "toy",
		.version = version,
		.issued = 1000 * (int64_t)version,
		.expires = 1000000};
	char *text;
	size_t size;

	for (unsigned i = 0; i < ROOT_ROLES; i++)
		set_role(&root.role[i], (unsigned)(keys[i] - '0'));
	assert_int_equal(root_format(&root, &text, &e), 0);
	size = seal(bytes, sizeof(bytes), text, secret, signers);
	free(text);
	return size;
}

static int
add(uint64_t version, const char *keys, const char *signers)
{
	size_t size = make_root(version, keys, signers);

	return roots_add(&roots, "root", bytes, size, &taken, &e);
}

static int
offer(uint64_t version, int64_t issued, int64_t expires, const char *signer)
{
	struct index index = {
		.board = "toy", .version = version, .issued = issued, .expires = expires};
	char *text;
	size_t size;

	assert_int_equal(index_format(&index, &text, &e), 0);
	size = seal(bytes, sizeof(bytes), text, secret, signer);
	free(text);
	return roots_index(&roots, "index", bytes, size, 0, &list, &e);
}

static int
set_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++)
		minisign_generate(&secret[i], &public[i]);
	memset(&image, 0, sizeof(image));
	strcpy(image.board, "toy");
	image.expires = INT64_MAX;
	for (unsigned i = 0; i < ROOT_ROLES; i++)
		set_role(&image.role[i], 0);
	sim_init(&sim);
	sim_add(&sim, "state", AT + ROOTS_UNITS * UNIT);
	sim_init(&spare);
	sim_add(&spare, "state", AT + ROOTS_UNITS * UNIT);
	return open_at(&sim, &image);
}

static int
tear_down(void **state)
{
	(void)state;
	sim_free(&sim);
	sim_free(&spare);
	return 0;
}

static void
test_roots_chain_is_followed_after_a_restart(void **state)
{
	(void)state;
	assert_int_equal(add(1, "000", "0"), 0);
	assert_int_equal(add(2, "123", "01"), 0);
	assert_int_equal(open_at(&sim, &image), 0);
	assert_int_equal(roots.root.version, 2);
	assert_memory_equal(
		&roots.root.role[ROOT_ROOT].key[0], &public[1], sizeof(public[1]));
	/* Who signs releases now, and who did before. */
	assert_int_equal(roots.count, 3);
	assert_memory_equal(&roots.trust[2].key[0], &public[2], sizeof(public[2]));
	assert_memory_equal(
		&roots.trust[2].before->key[0], &public[0], sizeof(public[0]));
	assert_null(roots.trust[0].before);
}

static void
test_roots_wrong_ones_change_nothing(void **state)
{
	size_t size;

	(void)state;
	assert_int_equal(add(1, "000", "0"), 0);
	assert_int_equal(add(1, "000", "0"), -EPERM);
	assert_int_equal(add(3, "000", "0"), -EPERM);
	assert_int_equal(add(2, "111", "1"), -EPERM);
	assert_int_equal(add(2, "111", "0"), -EPERM);
	size = make_root(2, "111", "01");
	assert_int_equal(roots_add(&roots, "root", bytes, size - 1, &taken, &e), -EPERM);
	assert_int_equal(roots.root.version, 1);
	assert_int_equal(open_at(&sim, &image), 0);
	assert_int_equal(roots.root.version, 1);
}

static void
test_roots_on_the_medium_add_nothing_of_their_own(void **state)
{
	size_t size;

	(void)state;
	/* Somebody who writes to the medium makes record and chain right, but cannot sign. */
	assert_int_equal(add(1, "000", "0"), 0);
	size = make_root(2, "111", "1");
	memcpy(roots.chain + roots.size, bytes, size);
	roots.size += size;
	size = make_root(3, "222", "12");
	memcpy(roots.chain + roots.size, bytes, size);
	roots.size += size;
	assert_int_equal(add(2, "033", "0"), 0);
	assert_true(roots.size > 3 * size);
	assert_int_equal(open_at(&sim, &image), 0);
	assert_int_equal(roots.root.version, 2);
	assert_memory_equal(
		&roots.root.role[ROOT_INDEX].key[0], &public[3], sizeof(public[3]));
}

static void
test_roots_are_never_below_the_images(void **state)
{
	struct root newer = image;

	(void)state;
	assert_int_equal(add(1, "000", "0"), 0);
	assert_int_equal(add(2, "100", "01"), 0);
	newer.version = 2;
	set_role(&newer.role[ROOT_ROOT], 1);
	assert_int_equal(open_at(&sim, &newer), 0);
	assert_int_equal(roots.root.version, 2);
	assert_int_equal(roots.count, 1);
	assert_int_equal(add(2, "000", "0"), -EPERM);
	assert_int_equal(add(3, "200", "12"), 0);
	/* The image before it finds its way by the same chain. */
	assert_int_equal(open_at(&sim, &image), 0);
	assert_int_equal(roots.root.version, 3);
	newer.version = 7;
	assert_int_equal(open_at(&sim, &newer), 0);
	assert_int_equal(roots.root.version, 7);
}

static void
test_roots_full_chain_drops_what_the_image_has(void **state)
{
	struct root newer = image;
	uint64_t version = 1;

	(void)state;
	while (add(version, "000", "0") == 0)
		version++;
	assert_true(version > 5);
	assert_non_null(strstr(e.text, "install an image with a newer one"));
	newer.version = version - 1;
	assert_int_equal(open_at(&sim, &newer), 0);
	assert_int_equal(add(version, "000", "0"), 0);
	assert_int_equal(open_at(&sim, &newer), 0);
	assert_int_equal(roots.root.version, version);
}

/* However much room there is: who may be believed is an array. */
static void
test_roots_are_so_many_at_most(void **state)
{
	uint64_t unit = (uint64_t)8 * UNIT, version = 1;

	(void)state;
	sim_free(&sim);
	sim_init(&sim);
	sim_add(&sim, "state", AT + ROOTS_UNITS * unit);
	assert_int_equal(
		roots_open(&roots, &sim.device[0].block, AT, unit, &image, &e), 0);
	for (; version <= ROOTS_MOST; version++)
		assert_int_equal(add(version, "000", "0"), 0);
	assert_int_equal(add(version, "000", "0"), -ENOSPC);
	assert_string_equal(
		e.text, "16 roots follow the image's: install an image with a newer one");
	assert_int_equal(roots.count, ROOTS_MOST + 1);
	assert_int_equal(
		roots_open(&roots, &sim.device[0].block, AT, unit, &image, &e), 0);
	assert_int_equal(roots.count, ROOTS_MOST + 1);
	assert_int_equal(roots.root.version, ROOTS_MOST);
}

static void
test_index_rollback_is_refused(void **state)
{
	(void)state;
	assert_int_equal(offer(10, 100, 200, "0"), 0);
	assert_int_equal(offer(10, 100, 200, "0"), 0);
	assert_int_equal(offer(9, 101, 200, "0"), -EPERM);
	assert_non_null(strstr(e.text, "is version 9, 10 was seen before"));
	assert_int_equal(open_at(&sim, &image), 0);
	assert_int_equal(offer(9, 101, 200, "0"), -EPERM);
	assert_int_equal(offer(11, 101, 200, "0"), 0);
	/* The same version, signed later. */
	assert_int_equal(offer(11, 150, 200, "0"), 0);
	assert_int_equal(open_at(&sim, &image), 0);
	assert_int_equal(roots.clock, 150);
	/* Not what was signed alone. */
	assert_int_equal(
		roots_index(&roots, "index", bytes, strlen(bytes) + 1, 0, &list, &e),
		-EPERM);
	assert_string_equal(e.text, "index: goes on behind its signatures");
}

static void
test_index_freeze_is_seen_by_signed_times(void **state)
{
	(void)state;
	assert_int_equal(offer(10, 100, 200, "0"), 0);
	assert_int_equal(offer(11, 250, 300, "0"), 0);
	assert_int_equal(offer(12, 100, 250, "0"), -EPERM);
	assert_non_null(strstr(e.text, "has expired"));
	/* A root's time counts, too. */
	assert_int_equal(add(1, "000", "0"), 0);
	assert_int_equal(offer(12, 260, 1000, "0"), -EPERM);
	assert_int_equal(offer(12, 260, 1001, "0"), 0);
}

static void
test_index_below_a_root_that_has_expired(void **state)
{
	(void)state;
	image.expires = 160;
	assert_int_equal(open_at(&sim, &image), 0);
	assert_int_equal(offer(10, 100, 200, "0"), 0);
	assert_int_equal(offer(11, 160, 300, "0"), 0);
	assert_int_equal(offer(12, 170, 300, "0"), -EPERM);
	assert_non_null(strstr(e.text, "root 0 has expired"));
	/* The next root is taken all the same, and mends it. */
	assert_int_equal(add(1, "000", "0"), 0);
	assert_int_equal(offer(12, 1000, 2000, "0"), 0);
}

static void
test_index_fast_forward_ends_with_a_root_rotation(void **state)
{
	(void)state;
	assert_int_equal(add(1, "001", "0"), 0);
	assert_int_equal(offer(UINT64_C(9000000000000000000), 500000, 600000, "1"), 0);
	assert_int_equal(offer(20, 2000, 4000, "1"), -EPERM);
	/* A rotation of other keys forgets nothing. */
	assert_int_equal(add(2, "021", "0"), 0);
	assert_int_equal(offer(20, 2000, 4000, "1"), -EPERM);
	assert_int_equal(add(3, "023", "0"), 0);
	assert_int_equal(roots.index_version, 0);
	assert_int_equal(roots.clock, 3000);
	assert_int_equal(offer(20, 2000, 4000, "1"), -EPERM);
	assert_int_equal(offer(20, 2000, 4000, "3"), 0);
	assert_int_equal(open_at(&sim, &image), 0);
	assert_int_equal(roots.index_version, 20);
	assert_int_equal(roots.clock, 3000);
}

static void
test_index_for_another_board_is_refused(void **state)
{
	(void)state;
	strcpy(image.board, "tay");
	assert_int_equal(open_at(&sim, &image), 0);
	assert_int_equal(offer(10, 100, 200, "0"), -EPERM);
	assert_non_null(strstr(e.text, "is for the board toy, this is tay"));
	assert_int_equal(add(1, "000", "0"), -EPERM);
}

static void
test_roots_small_device_says_what_it_lacks(void **state)
{
	(void)state;
	sim_free(&sim);
	sim_init(&sim);
	sim_add(&sim, "state", AT);
	assert_int_equal(open_at(&sim, &image), 0);
	assert_int_equal(add(1, "000", "0"), -ENOSPC);
	assert_int_equal(offer(1, 100, 200, "0"), -ENOSPC);
	assert_non_null(strstr(e.text, "has no room for roots: want 49152 bytes"));
}

/* One of three, however the writes before the cut were torn and ordered. */
static void
test_roots_power_cut_leaves_the_chain_before_or_after(void **state)
{
	unsigned before = 0, after = 0;

	(void)state;
	assert_int_equal(add(1, "000", "0"), 0);
	assert_int_equal(offer(10, 2000, 4000, "0"), 0);
	sim_copy(&spare, &sim);
	for (uint64_t cut = 0; cut < MANY; cut++) {
		for (uint64_t seed = 1; seed <= 8; seed++) {
			uint64_t version;
			int r;

			sim_copy(&sim, &spare);
			sim_power_on(&sim);
			assert_int_equal(open_at(&sim, &image), 0);
			sim_cut(&sim, cut, seed);
			r = add(2, "011", "0");
			sim_power_on(&sim);
			assert_int_equal(open_at(&sim, &image), 0);
			version = roots.root.version;
			assert_in_range(version, 1, 2);
			assert_true(r < 0 || version == 2);
			assert_int_equal(roots.index_version, version == 1 ? 10 : 0);
			before += version == 1;
			after += version == 2;
			/* It goes on from there. */
			if (version == 1)
				assert_int_equal(add(2, "011", "0"), 0);
			assert_int_equal(add(3, "011", "0"), 0);
		}
	}
	assert_true(before > 8 && after > 8);
}

static int (*real_flush)(struct block *block);
static unsigned flushes;

/* Whoever wrote is killed before the one that ends it. */
static int
flush_three(struct block *block)
{
	return ++flushes > 3 ? -EINTR : real_flush(block);
}

/* The record that was left names one half, and may be lost: the other one stays until it is
 * not. */
static void
test_roots_left_unflushed_are_not_built_upon(void **state)
{
	struct block *block = &sim.device[0].block;
	int (*read_back)(struct block *, uint64_t, void *, size_t) = block->read_back;
	struct root newer = image;
	uint64_t next = 1;

	(void)state;
	real_flush = block->flush;
	/* A full chain, so that the next one moves in its half. */
	while (add(next, "000", "0") == 0)
		next++;
	newer.version = 2;
	sim_copy(&spare, &sim);
	for (uint64_t i = 0; i < MANY * 8; i++) {
		sim_copy(&sim, &spare);
		assert_int_equal(open_at(&sim, &newer), 0);
		flushes = 0;
		block->flush = flush_three;
		assert_int_equal(add(next, "000", "0"), -EINTR);
		block->flush = real_flush;
		/* The device shows what it has not kept yet. */
		block->read_back = block->read;
		assert_int_equal(open_at(&sim, &newer), 0);
		assert_int_equal(roots.root.version, next);
		sim_cut(&sim, sim.tick + i / 8, i);
		add(next + 1, "000", "0");
		sim_power_on(&sim);
		block->read_back = read_back;
		assert_int_equal(open_at(&sim, &newer), 0);
		assert_in_range(roots.root.version, next - 1, next + 1);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_roots_chain_is_followed_after_a_restart),
		TEST(test_roots_wrong_ones_change_nothing),
		TEST(test_roots_on_the_medium_add_nothing_of_their_own),
		TEST(test_roots_are_never_below_the_images),
		TEST(test_roots_full_chain_drops_what_the_image_has),
		TEST(test_roots_are_so_many_at_most),
		TEST(test_index_rollback_is_refused),
		TEST(test_index_freeze_is_seen_by_signed_times),
		TEST(test_index_below_a_root_that_has_expired),
		TEST(test_index_fast_forward_ends_with_a_root_rotation),
		TEST(test_index_for_another_board_is_refused),
		TEST(test_roots_small_device_says_what_it_lacks),
		TEST(test_roots_power_cut_leaves_the_chain_before_or_after),
		TEST(test_roots_left_unflushed_are_not_built_upon),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
