/* SPDX-License-Identifier: ISC */
#include "scratch.h"

#include "builder/image/ram.h"

#define MIB (1024ull * 1024)

static struct ram_need
need(void)
{
	return (struct ram_need){.file = "boards/b/board.ini",
		.largest = "/bin/busybox 1.0 MiB",
		.cmdline = "quiet",
		.ram = 128 * MIB,
		.init_size = 40 * MIB,
		.image = 4 * MIB,
		.files = 12 * MIB};
}

static void
refused(const struct ram_need *n, const char *message)
{
	struct error e = {.text = ""};

	assert_int_equal(ram_check(n, &e), -ENOSPC);
	assert_string_equal(e.text, message);
}

/* The memory a message asks for is enough, and one MiB less is not. */
static void
floor_is(struct ram_need n, uint64_t mib)
{
	struct error e;

	n.ram = mib * MIB;
	assert_int_equal(ram_check(&n, &e), 0);
	n.ram = (mib - 1) * MIB;
	assert_int_equal(ram_check(&n, &e), -ENOSPC);
}

static void
test_check_enough_memory_passes(void **state)
{
	struct ram_need n = need();
	struct error e;

	(void)state;
	assert_int_equal(ram_check(&n, &e), 0);
	n.kexec = true;
	assert_int_equal(ram_check(&n, &e), 0);
}

static void
test_check_boot_counts_kernel_image_and_files(void **state)
{
	struct ram_need n = need();

	(void)state;
	n.init_size = 60 * MIB;
	n.image = 60 * MIB;
	refused(&n,
		"boards/b/board.ini: [image] ram: booting needs 132 MiB, the floor is 128.0 MiB (kernel 60.0 MiB, image 60.0 MiB, files 12.0 MiB): raise ram or drop files; the largest: /bin/busybox 1.0 MiB");
	floor_is(n, 132);
	n.init_size = UINT64_MAX; /* sums do not wrap */
	assert_int_equal(ram_check(&n, NULL), -ENOSPC);
}

static void
test_check_tmpfs_takes_half_of_what_the_kernel_leaves(void **state)
{
	struct ram_need n = need();

	(void)state;
	n.files = 50 * MIB;
	refused(&n,
		"boards/b/board.ini: [image] ram: the root file system (a tmpfs, half of memory unless initramfs_options=size= says otherwise) needs 143 MiB, the floor is 128.0 MiB (kernel 40.0 MiB, image 4.0 MiB, files 50.0 MiB): raise ram or drop files; the largest: /bin/busybox 1.0 MiB");
	floor_is(n, 143);
	n.cmdline = "quiet initramfs_options=size=90%";
	assert_int_equal(ram_check(&n, NULL), 0);
	n.cmdline = "initramfs_options=size=32M quiet";
	refused(&n,
		"boards/b/board.ini: [kernel] cmdline: initramfs_options= leaves the root 32.0 MiB, its files take 50.0 MiB: raise size= or drop files; the largest: /bin/busybox 1.0 MiB");
}

static void
test_check_kexec_counts_both_systems(void **state)
{
	struct ram_need n = need();

	(void)state;
	n.ram = 99 * MIB; /* 40 + 12 + 2 * 4 + 40 = 100 */
	assert_int_equal(ram_check(&n, NULL), 0);
	n.kexec = true;
	refused(&n,
		"boards/b/board.ini: [image] ram: starting the next image by kexec needs 100 MiB, the floor is 99.0 MiB (kernel 40.0 MiB, image 4.0 MiB, files 12.0 MiB): raise ram or drop files; the largest: /bin/busybox 1.0 MiB");
	floor_is(n, 100);
}

static void
test_tmpfs_limit_reads_the_option_as_the_kernel(void **state)
{
	static const struct {
		const char *cmdline;
		uint64_t limit;
	} cases[] = {
		{"", 500},
		{"x initramfs_options=nr_inodes=1k y", 500},
		{"initramfs_options=size=90%", 900},
		{"initramfs_options=nr_inodes=1k,size=90%", 900},
		{"initramfs_options=size=100", 100},
		{"initramfs_options=size=1k", 1024},
		{"initramfs_options=size=2G", 2ull << 30},
		{"initramfs_options=size=0", UINT64_MAX},
		{"initramfs_options=size=1% initramfs_options=size=20%", 200},
		{"my_initramfs_options=size=90%", 500},
		{"initramfs_options=nr_inodes=1 size=90%", 500},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(ram_tmpfs_limit(cases[i].cmdline, 1000), cases[i].limit);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check_enough_memory_passes),
		cmocka_unit_test(test_check_boot_counts_kernel_image_and_files),
		cmocka_unit_test(test_check_tmpfs_takes_half_of_what_the_kernel_leaves),
		cmocka_unit_test(test_check_kexec_counts_both_systems),
		cmocka_unit_test(test_tmpfs_limit_reads_the_option_as_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
