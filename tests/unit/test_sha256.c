/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/sha256.h"

/* FIPS 180-4 examples, and the empty message. */
#define EMPTY	  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC	  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define MILLION_A "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

static void
test_sha256_known_messages(void **state)
{
	char hex[SHA256_HEX];

	(void)state;
	sha256_hex("", 0, hex);
	assert_string_equal(hex, EMPTY);
	sha256_hex("abc", 3, hex);
	assert_string_equal(hex, ABC);
}

static void
test_sha256_in_parts_is_the_same(void **state)
{
	static char part[1000];
	struct sha256 hash;
	char hex[SHA256_HEX];

	(void)state;
	memset(part, 'a', sizeof(part));
	sha256_init(&hash);
	for (int i = 0; i < 1000; i++)
		sha256_update(&hash, part, sizeof(part));
	sha256_final_hex(&hash, hex);
	assert_string_equal(hex, MILLION_A);
}

static void
test_sha256_of_a_descriptor(void **state)
{
	static char data[1000000];
	char hex[SHA256_HEX];
	uint64_t size;
	int fd = memfd_create("sha256", MFD_CLOEXEC);

	(void)state;
	memset(data, 'a', sizeof(data));
	assert_int_equal(write(fd, data, sizeof(data)), sizeof(data));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(sha256_fd(fd, hex, &size), 0);
	assert_string_equal(hex, MILLION_A);
	assert_true(size == sizeof(data));
	assert_int_equal(sha256_fd(fd, hex, NULL), 0);
	assert_string_equal(hex, EMPTY);
	close(fd);
	assert_int_equal(sha256_fd(-1, hex, NULL), -EBADF);
}

static void
test_sha256_hex_is_checked(void **state)
{
	char text[] = ABC;

	(void)state;
	assert_int_equal(sha256_check_hex(ABC), 0);
	assert_int_equal(sha256_check_hex(ABC "0"), -EINVAL);
	assert_int_equal(sha256_check_hex(""), -EINVAL);
	text[63] = '\0';
	assert_int_equal(sha256_check_hex(text), -EINVAL);
	text[63] = 'A';
	assert_int_equal(sha256_check_hex(text), -EINVAL);
	text[63] = 'g';
	assert_int_equal(sha256_check_hex(text), -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sha256_known_messages),
		cmocka_unit_test(test_sha256_in_parts_is_the_same),
		cmocka_unit_test(test_sha256_of_a_descriptor),
		cmocka_unit_test(test_sha256_hex_is_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
