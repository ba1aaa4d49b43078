/* SPDX-License-Identifier: ISC */
/* What an install takes and refuses, and what is on record of one that was cut. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/error.h"
#include "rollback/verify.h"
#include "tests/fault/walk.h"

#define CHUNK RELEASE_CHUNK_LEAST

static struct walk walk;
static struct error e;

/* An update that ends after so many bytes. */
static struct {
	struct source source; /* the first member */
	const struct walk_update *update;
	size_t at, end;
} input;

static int
pull(struct source *source, void *data, size_t size)
{
	(void)source;
	if (size > input.end - input.at)
		return -ENODATA;
	if (data)
		memcpy(data, input.update->bytes + input.at, size);
	input.at += size;
	return 0;
}

static int
leave_out(struct source *source, uint64_t size)
{
	return pull(source, NULL, (size_t)size);
}

static int
more(struct source *source)
{
	(void)source;
	return input.at < input.end;
}

static int
set_up(void **state)
{
	(void)state;
	walk_init(&walk);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	walk_free(&walk);
	return 0;
}

/* Installs so much of a version's image, in bytes. */
static int
install(uint64_t version, uint64_t bytes, const uint8_t *image)
{
	static struct install in;
	const struct walk_update *update = &walk.update[version - 1];
	int r;

	input.source = (struct source){
		.name = "update", .pull = pull, .skip = leave_out, .more = more};
	input.update = update;
	input.at = 0;
	input.end = update->size - update->release.size + bytes;
	in = (struct install){
		.device = &walk.device, .source = &input.source, .image = image};
	r = install_run(&in, &e);
	/* As the kernel does sooner or later. */
	assert_int_equal(walk.device.slot[1]->flush(walk.device.slot[1]), 0);
	return r;
}

static int
install_all(uint64_t version)
{
	return install(version, walk.update[version - 1].release.size, NULL);
}

static uint64_t
goes_on_at(void)
{
	uint8_t slot;

	return install_resume_at(&walk.device, &slot);
}

static const struct slot *
second(void)
{
	return &walk.device.state.slots.slot[1];
}

static void
test_offered_in_place_of_one_that_was_cut_is_on_record(void **state)
{
	struct release release;

	(void)state;
	assert_int_equal(install(3, CHUNK + 100, NULL), -EPIPE);
	assert_int_equal(second()->state, SLOT_WRITING);
	/* Of an earlier time, too. */
	assert_int_equal(install(2, CHUNK + 100, NULL), -EPIPE);
	assert_int_equal(second()->image.version, 2);
	assert_int_equal(install_all(4), 0);
	assert_int_equal(second()->state, SLOT_STAGED);
	assert_memory_equal(second()->image.hash, walk.update[3].release.hash, SLOT_HASH);
	assert_int_equal(verify_slot(&walk.device, 1, &release, &e), 0);
	assert_int_equal(release.version, 4);
}

static void
test_offered_again_and_cut_at_once_loses_nothing(void **state)
{
	(void)state;
	assert_int_equal(install(2, CHUNK + 100, NULL), -EPIPE);
	assert_int_equal(goes_on_at(), CHUNK);
	assert_int_equal(install(2, CHUNK, NULL), -EPIPE);
	assert_int_equal(goes_on_at(), CHUNK);
	assert_int_equal(install_all(2), 0);
	assert_int_equal(goes_on_at(), 0);
}

static void
test_offered_to_go_on_though_it_was_refused_meanwhile(void **state)
{
	struct slots *slots = &walk.device.state.slots;

	(void)state;
	assert_int_equal(install(2, CHUNK + 100, NULL), -EPIPE);
	memcpy(slots->refused[slots->refused_count++], walk.update[1].release.hash,
		SLOT_HASH);
	assert_int_equal(install_all(2), -EPERM);
	assert_string_equal(e.text, "this image is known to be bad");
	assert_int_equal(second()->state, SLOT_WRITING);
}

static void
test_offered_another_image_than_is_wanted(void **state)
{
	uint64_t size = walk.update[1].release.size;

	(void)state;
	assert_int_equal(install(2, size, walk.update[2].release.hash), -EPERM);
	assert_string_equal(e.text, "update: is not the image that is wanted");
	assert_int_equal(second()->state, SLOT_EMPTY);
	assert_int_equal(install(2, size, walk.update[1].release.hash), 0);
}

static void
test_offered_at_the_end_of_its_time(void **state)
{
	int64_t expires = walk.update[1].release.expires;

	(void)state;
	walk.device.state.slots.clock = expires;
	assert_int_equal(install_all(2), -EPERM);
	assert_string_equal(e.text, "update: has expired");
	walk.device.state.slots.clock = expires - 1;
	assert_int_equal(install_all(2), 0);
}

static void
test_offered_more_than_the_slot_holds(void **state)
{
	struct block *block = walk.device.slot[1];
	uint64_t whole = block->size;

	(void)state;
	block->size = TAIL_SIZE + CHUNK;
	assert_int_equal(install_all(2), -ENOSPC);
	assert_int_equal(second()->state, SLOT_EMPTY);
	block->size = whole;
	assert_int_equal(install_all(2), 0);
}

static void
test_offered_more_than_an_image(void **state)
{
	uint64_t size = walk.update[1].release.size;

	(void)state;
	assert_int_equal(install(2, size + 1, NULL), -EPERM);
	assert_string_equal(e.text, "update: goes on behind the image");
	assert_int_equal(second()->state, SLOT_WRITING);
	assert_int_equal(install_all(2), 0);
}

static void
test_offered_kernel_that_firmware_cannot_start(void **state)
{
	(void)state;
	walk.device.files = true;
	assert_int_equal(install_all(2), -EPERM);
	assert_non_null(strstr(e.text, "holds a bare kernel"));
}

int
main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_offered_in_place_of_one_that_was_cut_is_on_record),
		TEST(test_offered_again_and_cut_at_once_loses_nothing),
		TEST(test_offered_to_go_on_though_it_was_refused_meanwhile),
		TEST(test_offered_another_image_than_is_wanted),
		TEST(test_offered_at_the_end_of_its_time),
		TEST(test_offered_more_than_the_slot_holds),
		TEST(test_offered_more_than_an_image),
		TEST(test_offered_kernel_that_firmware_cannot_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
