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

#include "lib/error.h"
#include "lib/minisign.h"

#define KEYS 3

static struct minisign_secret secret[KEYS];
static struct minisign_public public[KEYS];
static uint8_t hash[MINISIGN_HASH];
static char text[KEYS * MINISIGN_TEXT];
static struct error e;

static int
make_keys(void **state)
{
	(void)state;
	if (sodium_init() < 0)
		return -1;
	for (size_t i = 0; i < KEYS; i++)
		minisign_generate(&secret[i], &public[i]);
	minisign_hash("what is signed", 14, hash);
	return 0;
}

/* The signatures of those keys, one after the other. */
static void
sign(const char *keys)
{
	text[0] = '\0';
	for (; *keys; keys++) {
		char lines[MINISIGN_TEXT];

		assert_int_equal(minisign_sign(&secret[*keys - '0'], hash,
					 "timestamp:1\tfile:x", lines, &e),
			0);
		strcat(text, lines);
	}
}

static int
verify(size_t count)
{
	return minisign_verify("x.minisig", text, strlen(text), public, count, hash, &e);
}

static void
test_minisign_distinct_trusted_keys_are_counted(void **state)
{
	(void)state;
	sign("0");
	assert_int_equal(verify(3), 1);
	sign("012");
	assert_int_equal(verify(3), 3);
	assert_int_equal(verify(2), 2);
	assert_int_equal(verify(0), 0);
	sign("0000");
	assert_int_equal(verify(3), 1);
	sign("2");
	assert_int_equal(verify(2), 0);
}

static void
test_minisign_every_changed_byte_is_noticed(void **state)
{
	size_t size, comment;

	(void)state;
	sign("0");
	size = strlen(text);
	comment = strcspn(text, "\n");
	for (size_t i = 0; i < size; i++) {
		char kept = text[i];
		int r;

		text[i] ^= 1;
		r = verify(1);
		/* The untrusted comment is just that; another key's number counts nothing. */
		if (i >= 19 && i < comment)
			assert_true(r == 1);
		else
			assert_true(r <= 0);
		text[i] = kept;
	}
	for (size_t i = 0; i < size; i++)
		assert_int_equal(
			minisign_verify("x", text, i, public, 1, hash, &e), -EINVAL);
	hash[63] ^= 0x80;
	assert_int_equal(verify(1), -EBADMSG);
	assert_non_null(strstr(e.text, "x.minisig: the signature of key "));
	hash[63] ^= 0x80;
}

static void
replace(const char *from, const char *to)
{
	char *at = strstr(text, from), rest[sizeof(text)];

	assert_non_null(at);
	strcpy(rest, at + strlen(from));
	strcpy(at, to);
	strcat(text, rest);
}

static void
test_minisign_legacy_and_malformed_signatures_are_refused(void **state)
{
	static char many[17 * MINISIGN_TEXT];

	(void)state;
	sign("0");
	replace("\nRU", "\nRW"); /* "ED" becomes "Ed" */
	assert_int_equal(verify(1), -EINVAL);
	assert_string_equal(
		e.text, "x.minisig:2: is a legacy signature, not one of the file's hash");
	sign("0");
	replace("\nRU", "\nRg");
	assert_int_equal(verify(1), -EINVAL);
	sign("0");
	replace("timestamp", "time\rstamp");
	assert_int_equal(verify(1), -EINVAL);
	sign("0");
	replace("untrusted", "Untrusted");
	assert_int_equal(verify(1), -EINVAL);
	sign("0");
	strcat(text, "\n");
	assert_int_equal(verify(1), -EINVAL);
	text[0] = '\0';
	assert_int_equal(verify(1), -EINVAL);
	sign("0");
	for (int i = 0; i < 17; i++)
		strcat(many, text);
	assert_int_equal(
		minisign_verify("m", many, strlen(many), public, 1, hash, &e), -EINVAL);
	assert_string_equal(e.text, "m: more than 16 signatures");
}

static void
test_minisign_lines_that_are_too_long_are_refused(void **state)
{
	char line[2 * MINISIGN_COMMENT];

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	sign("0");
	replace("signature by", line);
	assert_int_equal(verify(1), -EINVAL);
	assert_string_equal(e.text, "x.minisig:1: is too long");
	sign("0");
	replace("\nRU", "\nRUAAAAAAAA");
	memset(line, 'A', 300);
	line[300] = '\0';
	replace("AAAAAAAA", line);
	assert_int_equal(verify(1), -EINVAL);
	assert_string_equal(e.text, "x.minisig:2: is too long");
	sign("0");
	memset(line, 'x', sizeof(line) - 1);
	replace("timestamp", line);
	assert_int_equal(verify(1), -EINVAL);
	assert_string_equal(e.text, "x.minisig:3: is too long");
}

/* S + L is the same number to a careless verifier. */
static void
test_minisign_signature_that_is_not_canonical_is_refused(void **state)
{
	static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
		0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
	uint8_t bytes[74];
	char *line, end[64] = "", again[128];
	unsigned carry = 0;

	(void)state;
	sign("0");
	line = strchr(text, '\n') + 1;
	assert_int_equal(sodium_base642bin(bytes, sizeof(bytes), line, 100, end, NULL,
				 NULL, sodium_base64_VARIANT_ORIGINAL),
		0);
	for (size_t i = 0; i < 32; i++) {
		carry += bytes[42 + i] + order[i];
		bytes[42 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	assert_int_equal(carry, 0);
	sodium_bin2base64(again, sizeof(again), bytes, sizeof(bytes),
		sodium_base64_VARIANT_ORIGINAL);
	memcpy(line, again, 100);
	assert_int_equal(verify(1), -EBADMSG);
}

/* With a key of small order, R = the neutral point and S = 0 hold for many messages. */
static void
test_minisign_key_of_small_order_verifies_nothing(void **state)
{
	static const uint8_t small[][32] = {{1}, {0},
		{0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89,
			0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33,
			0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05}};
	struct minisign_public weak = {.keynum = "12345678"};
	uint8_t bytes[74] = "ED12345678\1", global[64] = {1};
	char first[128], second[128];

	(void)state;
	sodium_bin2base64(first, sizeof(first), bytes, sizeof(bytes),
		sodium_base64_VARIANT_ORIGINAL);
	sodium_bin2base64(second, sizeof(second), global, sizeof(global),
		sodium_base64_VARIANT_ORIGINAL);
	snprintf(text, sizeof(text), "untrusted comment: x\n%s\ntrusted comment: y\n%s\n",
		first, second);
	for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++) {
		memcpy(weak.key, small[i], 32);
		for (uint8_t n = 0; n < 32; n++) {
			hash[0] ^= n;
			assert_int_equal(minisign_verify("x", text, strlen(text), &weak,
						 1, hash, &e),
				-EBADMSG);
			hash[0] ^= n;
		}
	}
}

static void
test_minisign_public_key_reads_back(void **state)
{
	char file[MINISIGN_PUBLIC], *line;
	struct minisign_public back;

	(void)state;
	minisign_public_write(&public[0], file);
	assert_int_equal(minisign_public_read("k", file, strlen(file), &back, &e), 0);
	assert_memory_equal(&back, &public[0], sizeof(back));
	line = strchr(file, '\n') + 1;
	assert_int_equal(
		minisign_public_read("k", file, strlen(file) - 1, &back, &e), -EINVAL);
	assert_int_equal(strlen(line), 57);
	assert_memory_equal(line, "RW", 2);
	assert_int_equal(minisign_public_parse(line, &back, &e), -EINVAL);
	line[56] = '\0';
	assert_int_equal(minisign_public_parse(line, &back, &e), 0);
	line[55] = '\0';
	assert_int_equal(minisign_public_parse(line, &back, &e), -EINVAL);
	assert_int_equal(minisign_public_parse("", &back, &e), -EINVAL);
	/* "ED" is no kind of a key. */
	minisign_public_write(&public[0], file);
	line = strchr(file, '\n') + 1;
	line[56] = '\0';
	line[1] = 'U';
	assert_int_equal(minisign_public_parse(line, &back, &e), -EINVAL);
}

static void
test_minisign_secret_key_opens_with_its_passphrase_only(void **state)
{
	/* The least that scrypt takes. */
	static const struct minisign_cost cheap = {
		crypto_pwhash_scryptsalsa208sha256_OPSLIMIT_MIN,
		crypto_pwhash_scryptsalsa208sha256_MEMLIMIT_MIN};
	char file[MINISIGN_SECRET];
	struct minisign_secret back;
	size_t comment;
	int encrypted = 0;

	(void)state;
	assert_int_equal(minisign_seal(&secret[1], "open it", &cheap, file, &e), 0);
	assert_int_equal(
		minisign_open("k", file, strlen(file), NULL, &back, &encrypted, &e), 0);
	assert_true(encrypted);
	assert_int_equal(
		minisign_open("k", file, strlen(file), "open it", &back, &encrypted, &e),
		0);
	assert_memory_equal(&back, &secret[1], sizeof(back));
	assert_int_equal(
		minisign_open("k", file, strlen(file), "Open it", &back, &encrypted, &e),
		-EACCES);
	assert_string_equal(e.text, "k: that is not its passphrase");
	comment = strcspn(file, "\n");
	for (size_t i = 0; i < strlen(file); i++) {
		char kept = file[i];

		file[i] = kept == 'A' ? 'B' : 'A';
		/* The comment is nobody's; limits that differ a little cost the same. */
		if (i < 19 || (i >= comment && i < comment + 50) || i > comment + 75)
			assert_true(minisign_open("k", file, strlen(file), "open it",
					    &back, &encrypted, &e) < 0);
		file[i] = kept;
	}
	assert_int_equal(minisign_open("k", file, strlen(file) - 2, "open it", &back,
				 &encrypted, &e),
		-EINVAL);
	assert_int_equal(
		minisign_open("k", "", 0, "open it", &back, &encrypted, &e), -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_minisign_distinct_trusted_keys_are_counted),
		cmocka_unit_test(test_minisign_every_changed_byte_is_noticed),
		cmocka_unit_test(
			test_minisign_legacy_and_malformed_signatures_are_refused),
		cmocka_unit_test(test_minisign_lines_that_are_too_long_are_refused),
		cmocka_unit_test(
			test_minisign_signature_that_is_not_canonical_is_refused),
		cmocka_unit_test(test_minisign_key_of_small_order_verifies_nothing),
		cmocka_unit_test(test_minisign_public_key_reads_back),
		cmocka_unit_test(test_minisign_secret_key_opens_with_its_passphrase_only),
	};

	return cmocka_run_group_tests(tests, make_keys, NULL);
}
