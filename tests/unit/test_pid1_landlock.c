/* SPDX-License-Identifier: ISC */
/* What Landlock is asked for on kernels older than those that the tests boot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "pid1/isolate/landlock.c"

/* By name and ABI, from Documentation/userspace-api/landlock.rst, and whether reading takes
 * it and a file can have it. */
static const struct {
	uint64_t bit;
	int abi;
	bool reads, file;
} accesses[] = {
	{1 << 0, 1, true, true}, /* execute */
	{1 << 1, 1, false, true}, /* write_file */
	{1 << 2, 1, true, true}, /* read_file */
	{1 << 3, 1, true, false}, /* read_dir */
	{1 << 4, 1, false, false}, /* remove_dir */
	{1 << 5, 1, false, false}, /* remove_file */
	{1 << 6, 1, false, false}, /* make_char */
	{1 << 7, 1, false, false}, /* make_dir */
	{1 << 8, 1, false, false}, /* make_reg */
	{1 << 9, 1, false, false}, /* make_sock */
	{1 << 10, 1, false, false}, /* make_fifo */
	{1 << 11, 1, false, false}, /* make_block */
	{1 << 12, 1, false, false}, /* make_sym */
	{1 << 13, 2, false, false}, /* refer */
	{1 << 14, 3, false, true}, /* truncate */
	{1 << 15, 5, true, true}, /* ioctl_dev */
};

static void
test_landlock_asks_for_what_the_kernel_knows(void **state)
{
	(void)state;
	for (int abi = 1; abi <= 7; abi++) {
		uint64_t all = 0, of[2][2] = {{0}}; /* by writable, folder */

		for (size_t i = 0; i < sizeof(accesses) / sizeof(accesses[0]); i++) {
			if (abi < accesses[i].abi)
				continue;
			all |= accesses[i].bit;
			for (int writable = 0; writable < 2; writable++)
				for (int folder = 0; folder < 2; folder++)
					if ((writable || accesses[i].reads) &&
						(folder || accesses[i].file))
						of[writable][folder] |= accesses[i].bit;
		}
		assert_true(landlock_handled(abi) == all);
		for (int writable = 0; writable < 2; writable++)
			for (int folder = 0; folder < 2; folder++)
				assert_true(landlock_allowed(abi, writable, folder) ==
					    of[writable][folder]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_landlock_asks_for_what_the_kernel_knows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
