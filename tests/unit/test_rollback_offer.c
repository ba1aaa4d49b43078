/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rollback/offer.h"
#include "slots.h"

static struct slots slots;
static struct index list;
static const struct index_release *release;
static const char *why;

/* Version 5 is confirmed in slot a and runs; the index has 7, 6 and 5. */
static int
set_up(void **state)
{
	(void)state;
	slot_init(&slots);
	slots.slot[0].state = SLOT_GOOD;
	slots.slot[0].image = image_of(5, 5, 3);
	slots.chosen = 0;
	slots.floor = 3;
	memset(&list, 0, sizeof(list));
	list.releases = 3;
	for (uint8_t i = 0; i < 3; i++) {
		list.release[i].version = 7u - i;
		memset(list.release[i].image, 7 - i, RELEASE_HASH);
		list.release[i].expires = 1000;
	}
	assert_true(slot_sane(&slots));
	return 0;
}

static enum offer
pick(uint8_t running)
{
	return offer_pick(&list, &slots, running, 100, &release, &why);
}

static void
refuse(uint8_t byte)
{
	memset(slots.refused[slots.refused_count++], byte, SLOT_HASH);
}

static void
test_offer_newest_is_taken(void **state)
{
	(void)state;
	assert_int_equal(pick(0), OFFER_INSTALL);
	assert_ptr_equal(release, &list.release[0]);
}

static void
test_offer_bad_image_is_never_fetched_again(void **state)
{
	(void)state;
	refuse(7);
	assert_int_equal(pick(0), OFFER_INSTALL);
	assert_ptr_equal(release, &list.release[1]);
	refuse(6);
	assert_int_equal(pick(0), OFFER_NOTHING);
	assert_null(release);
	assert_string_equal(why, "the newer one is known to be bad");
}

static void
test_offer_expired_release_is_not_taken(void **state)
{
	(void)state;
	list.release[0].expires = 100;
	assert_int_equal(pick(0), OFFER_INSTALL);
	assert_ptr_equal(release, &list.release[1]);
	list.release[1].expires = 99;
	assert_int_equal(pick(0), OFFER_NOTHING);
	assert_string_equal(why, "the newer one has expired");
}

static void
test_offer_nothing_older_is_taken(void **state)
{
	(void)state;
	slots.slot[0].image.version = 7;
	assert_int_equal(pick(0), OFFER_NOTHING);
	assert_string_equal(why, "nothing newer");
	slots.slot[0].image.version = 5;
	slots.floor = 8;
	assert_int_equal(pick(0), OFFER_NOTHING);
	list.releases = 0;
	assert_int_equal(pick(0), OFFER_NOTHING);
}

static void
test_offer_installed_one_is_there(void **state)
{
	(void)state;
	slots.slot[1].state = SLOT_STAGED;
	slots.slot[1].image = image_of(7, 7, 3);
	assert_int_equal(pick(0), OFFER_THERE);
	assert_ptr_equal(release, &list.release[0]);
	/* A newer one came meanwhile. */
	memset(list.release[0].image, 8, RELEASE_HASH);
	assert_int_equal(pick(0), OFFER_INSTALL);
	/* Half of it is there: it goes on. */
	slots.slot[1].state = SLOT_WRITING;
	assert_int_equal(pick(0), OFFER_INSTALL);
}

static void
test_offer_waits_for_what_is_under_way(void **state)
{
	(void)state;
	assert_int_equal(pick(SLOT_NONE), OFFER_NOTHING);
	assert_string_equal(why, "what runs is not confirmed");
	assert_int_equal(pick(1), OFFER_NOTHING);
	slots.slot[1].state = SLOT_TRYING;
	slots.slot[1].way = TRIAL_KEXEC;
	assert_int_equal(pick(0), OFFER_NOTHING);
	assert_string_equal(why, "a trial awaits its verdict");
	slot_init(&slots);
	assert_int_equal(pick(0), OFFER_NOTHING);
	assert_string_equal(why, "nothing is confirmed yet");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_offer_newest_is_taken, set_up),
		cmocka_unit_test_setup(
			test_offer_bad_image_is_never_fetched_again, set_up),
		cmocka_unit_test_setup(test_offer_expired_release_is_not_taken, set_up),
		cmocka_unit_test_setup(test_offer_nothing_older_is_taken, set_up),
		cmocka_unit_test_setup(test_offer_installed_one_is_there, set_up),
		cmocka_unit_test_setup(test_offer_waits_for_what_is_under_way, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
