/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/envelope.h"
#include "lib/error.h"
#include "lib/root.h"
#include "signed.h"

static struct minisign_secret secret[5];
static struct minisign_public public[5];
static struct root before, next, got;
static struct error e;
static char bytes[32768];

static void
set_role(struct role *role, const char *keys, unsigned threshold)
{
	memset(role, 0, sizeof(*role));
	for (; *keys; keys++)
		assert_int_equal(role_add(role, &public[*keys - '0']), 0);
	role->threshold = threshold;
}

/* Two of keys 0 to 2 sign roots, then two of 1 to 3. */
static int
set_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < 5; i++)
		minisign_generate(&secret[i], &public[i]);
	before = (struct root){
		.board = "toy", .version = 4, .issued = 1000, .expires = 2000};
	set_role(&before.role[ROOT_ROOT], "012", 2);
	set_role(&before.role[ROOT_RELEASE], "0", 1);
	set_role(&before.role[ROOT_INDEX], "4", 1);
	next = before;
	next.version = 5;
	set_role(&next.role[ROOT_ROOT], "123", 2);
	return 0;
}

/* As root_follow() of `next`, signed by the keys. */
static int
follow(const char *keys)
{
	struct envelope envelope;
	char *text;
	size_t size;

	assert_int_equal(root_format(&next, &text, &e), 0);
	size = seal(bytes, sizeof(bytes), text, secret, keys);
	free(text);
	assert_int_equal(
		envelope_parse(&envelope, "root", bytes, size, ROOT_TEXT, &e), 0);
	return root_follow(&got, &before, "root", &envelope, &e);
}

static void
refused(const char *keys, const char *message)
{
	assert_int_equal(follow(keys), -EPERM);
	if (!strstr(e.text, message))
		fail_msg("keys %s: \"%s\", want \"%s\"", keys, e.text, message);
}

static void
test_root_reads_back_whole(void **state)
{
	char *text;

	(void)state;
	assert_int_equal(root_format(&next, &text, &e), 0);
	assert_int_equal(root_parse(&got, "root", text, strlen(text), &e), 0);
	assert_memory_equal(&got, &next, sizeof(got));
	for (size_t i = 0; i + 1 < strlen(text); i++)
		assert_true(root_parse(&got, "root", text, i, &e) < 0);
	free(text);
}

static void
test_root_rotation_needs_old_and_new_keys(void **state)
{
	(void)state;
	assert_int_equal(follow("12"), 0);
	assert_memory_equal(&got, &next, sizeof(got));
	assert_int_equal(follow("0123"), 0);
	assert_int_equal(follow("4120"), 0);
	refused("", "");
	refused("34", "signed by 0 trusted keys");
	/* Enough of the new ones, too few of the old ones; and the other way. */
	refused("13", "signed by 1 trusted keys, 2 are needed");
	refused("01", "signed by 1 trusted keys, 2 are needed");
}

static void
test_root_threshold_minus_one_is_refused(void **state)
{
	(void)state;
	set_role(&before.role[ROOT_ROOT], "0123", 3);
	next.role[ROOT_ROOT] = before.role[ROOT_ROOT];
	assert_int_equal(follow("012"), 0);
	refused("01", "signed by 2 trusted keys, 3 are needed");
	/* One key's signature counts once. */
	refused("0011", "signed by 2 trusted keys, 3 are needed");
}

static void
test_root_duplicate_key_ids_are_refused(void **state)
{
	struct role *role = &next.role[ROOT_RELEASE];
	struct minisign_public twin = public[1];

	(void)state;
	assert_int_equal(role_add(role, &public[0]), -EEXIST);
	memcpy(twin.keynum, public[0].keynum, sizeof(twin.keynum));
	assert_int_equal(role_add(role, &twin), -EEXIST);
	twin = public[0];
	twin.keynum[0] ^= 1;
	assert_int_equal(role_add(role, &twin), -EEXIST);
	/* One who signs roots writes it all the same. */
	role->key[role->keys++] = twin;
	refused("12", "keys: one key stands there twice");
	role->key[1] = public[1];
	memcpy(role->key[1].keynum, public[0].keynum, sizeof(twin.keynum));
	refused("12", "keys: one key stands there twice");
}

static void
test_root_versions_go_up_by_one(void **state)
{
	static const uint64_t wrong[] = {1, 3, 4, 6, INT64_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		next.version = wrong[i];
		refused("12", "the one after 4 is wanted");
	}
}

static void
test_root_for_another_board_is_refused(void **state)
{
	(void)state;
	strcpy(next.board, "tay");
	refused("12", "is for the board tay, this is toy");
}

static void
test_root_changed_bytes_are_noticed(void **state)
{
	struct envelope envelope;
	size_t size;

	(void)state;
	assert_int_equal(follow("12"), 0);
	size = strlen(bytes);
	for (size_t i = 0; i < size; i++) {
		char was = bytes[i];

		bytes[i] = (char)(was ^ 1);
		if (envelope_parse(&envelope, "root", bytes, size, ROOT_TEXT, &e) == 0 &&
			root_follow(&got, &before, "root", &envelope, &e) == 0 &&
			memcmp(&got, &next, sizeof(got)) != 0)
			fail_msg("byte %zu is not looked at", i);
		bytes[i] = was;
	}
}

static void
test_root_malformed_is_refused(void **state)
{
	static const struct {
		const char *from, *to, *why;
	} cases[] = {
		{"\"root\": 1", "\"root\": 2", "root: of format 2, this program knows 1"},
		{"\"version\"", "\"Version\"", "Version: unknown key"},
		{"\"version\": 5", "\"version\": -5", "version: want a whole number"},
		{"\"version\": 5", "\"version\": 0", "version: want 1 or more"},
		{"\"version\": 5", "\"version\": 5, \"version\": 5", "duplicate"},
		{"\"issued\": 1000", "\"issued\": 3000", "expires: want a time after"},
		{"\"threshold\": 1", "\"threshold\": 2", "threshold: want 1 or more"},
		{"\"threshold\": 1", "\"threshold\": 0", "threshold: want 1 or more"},
		{"\"keys\": [", "\"keys\": [\"RWx\", ",
			"keys: want minisign public keys"},
		{"\"keys\": [", "\"keys\": [7, ", "keys: want minisign public keys"},
		{"\"board\": \"toy\"", "\"board\": \"../toy\"", "board: want a board"},
		{"\"roles\": {", "\"roles\": {\"more\": 1,", "more: unknown key"},
	};
	char *text, changed[8192];

	(void)state;
	assert_int_equal(root_format(&next, &text, &e), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *at = strstr(text, cases[i].from);

		assert_non_null(at);
		snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - text), text,
			cases[i].to, at + strlen(cases[i].from));
		assert_true(root_parse(&got, "root", changed, strlen(changed), &e) < 0);
		if (!strstr(e.text, cases[i].why))
			fail_msg("%s: \"%s\"", cases[i].to, e.text);
	}
	free(text);
}

static void
test_root_roles_are_the_same_in_any_order(void **state)
{
	struct role a, b;

	(void)state;
	set_role(&a, "012", 2);
	set_role(&b, "201", 2);
	assert_true(role_same(&a, &b));
	b.threshold = 1;
	assert_false(role_same(&a, &b));
	set_role(&b, "013", 2);
	assert_false(role_same(&a, &b));
	set_role(&b, "01", 2);
	assert_false(role_same(&a, &b));
}

static void
test_envelope_wrong_heads_are_refused(void **state)
{
	static const char *const wrong[] = {"", "ingot-signed 1 000001 000001\n",
		"ingot-signed 2 000001 000001\nab", "ingot-signed 1 000000 000001\nab",
		"ingot-signed 1 000001 000000\nab", "ingot-signed 1 -00001 000001\nab",
		"ingot-signed 1 000001 00001x\nab", "ingot-signed 1 000011 000001\nab",
		"ingot-signed 1 000001 999999\nab"};
	struct envelope envelope;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(envelope_parse(&envelope, "x", wrong[i],
					 strlen(wrong[i]), 10, &e),
			-EINVAL);
	assert_int_equal(envelope_parse(&envelope, "x",
				 "ingot-signed 1 000001 000001\nabc", 32, 10, &e),
		0);
	assert_int_equal(envelope.whole, 31);
	/* The bytes are there, but nobody asked for so many. */
	memset(bytes, 'x', sizeof(bytes));
	envelope_head(bytes, 11, 1);
	bytes[ENVELOPE_HEAD] = 'x';
	assert_int_equal(
		envelope_parse(&envelope, "x", bytes, sizeof(bytes), 10, &e), -EINVAL);
	assert_int_equal(envelope_parse(&envelope, "x", bytes, sizeof(bytes), 11, &e), 0);
	envelope_head(bytes, 1, MINISIGN_KEYS * MINISIGN_TEXT + 1);
	bytes[ENVELOPE_HEAD] = 'x';
	assert_int_equal(
		envelope_parse(&envelope, "x", bytes, sizeof(bytes), 10, &e), -EINVAL);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_root_reads_back_whole, set_up),
		cmocka_unit_test_setup(test_root_rotation_needs_old_and_new_keys, set_up),
		cmocka_unit_test_setup(test_root_threshold_minus_one_is_refused, set_up),
		cmocka_unit_test_setup(test_root_duplicate_key_ids_are_refused, set_up),
		cmocka_unit_test_setup(test_root_versions_go_up_by_one, set_up),
		cmocka_unit_test_setup(test_root_for_another_board_is_refused, set_up),
		cmocka_unit_test_setup(test_root_changed_bytes_are_noticed, set_up),
		cmocka_unit_test_setup(test_root_malformed_is_refused, set_up),
		cmocka_unit_test_setup(test_root_roles_are_the_same_in_any_order, set_up),
		cmocka_unit_test(test_envelope_wrong_heads_are_refused),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
