/* SPDX-License-Identifier: ISC */
#include "scratch.h"

#include "gpts.h"
#include "lib/partuuid.h"

#define BLOCKS	   256 /* of a disk */
#define BYTE_OF(n) #n #n #n #n "-" #n #n "-" #n #n "-" #n #n "-" #n #n #n #n #n #n
#define A	   "PARTUUID=" BYTE_OF(a1)
#define B	   "PARTUUID=" BYTE_OF(b2)

static struct error e;
static struct partuuid_found found;

static void
write_number(const char *folder, const char *name, unsigned number)
{
	char path[200], text[16];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	snprintf(text, sizeof(text), "%u\n", number);
	scratch_write(path, text);
}

/* A partition as sysfs has it. */
static void
add_partition(const char *disk, const char *where, unsigned number, unsigned start)
{
	char name[64], folder[160], link[80];

	snprintf(name, sizeof(name), "%s%s%u", disk,
		strchr("0123456789", disk[strlen(disk) - 1]) ? "p" : "", number);
	snprintf(folder, sizeof(folder), "sys/devices/%s/%s/%s", where, disk, name);
	write_number(folder, "partition", number);
	write_number(folder, "start", start);
	write_number(folder, "size", 8);
	snprintf(link, sizeof(link), "sys/class/block/%s", name);
	(void)unlink(link);
	snprintf(folder, sizeof(folder), "../../devices/%s/%s/%s", where, disk, name);
	assert_int_equal(symlink(folder, link), 0);
}

/* A disk with two partitions in /sys and /dev, whose table gives them these GUIDs. */
static void
add_disk(const char *disk, const char *where, bool removable, uint8_t one, uint8_t two)
{
	static uint8_t bytes[BLOCKS * 512];
	char folder[120], path[160], link[80];

	memset(bytes, 0, sizeof(bytes));
	gpts_entry(bytes + 1024, 1, one, 64, 71);
	gpts_entry(bytes + 1024, 2, two, 72, 79);
	gpts_make(bytes, BLOCKS, 512);
	snprintf(path, sizeof(path), "dev/%s", disk);
	scratch_bytes(path, bytes, sizeof(bytes));
	snprintf(folder, sizeof(folder), "sys/devices/%s/%s", where, disk);
	write_number(folder, "size", BLOCKS);
	write_number(folder, "removable", removable);
	write_number(folder, "queue/logical_block_size", 512);
	scratch_parents("sys/class/block/x");
	snprintf(link, sizeof(link), "sys/class/block/%s", disk);
	(void)unlink(link);
	snprintf(folder, sizeof(folder), "../../devices/%s/%s", where, disk);
	assert_int_equal(symlink(folder, link), 0);
	add_partition(disk, where, 1, 64);
	add_partition(disk, where, 2, 72);
}

static int
find(const char *name)
{
	struct partuuid where = {
		.blocks = "sys/class/block", .nodes = "dev", .ms = 10000};

	return partuuid_find(&where, name, &found, &e);
}

static int
clear(void **state)
{
	(void)state;
	(void)nftw("sys", scratch_remove, 16, FTW_DEPTH | FTW_PHYS);
	(void)nftw("dev", scratch_remove, 16, FTW_DEPTH | FTW_PHYS);
	scratch_parents("sys/class/block/x");
	scratch_parents("dev/x");
	return 0;
}

#define SATA(n) "pci0000:00/0000:00:1f.2/ata" #n "/host" #n "/block"

static void
test_partuuid_found_on_whatever_disk(void **state)
{
	(void)state;
	add_disk("sda", SATA(1), false, 0x11, 0x22);
	add_disk("nvme0n1", "pci0000:00/0000:00:04.0/nvme/nvme0", false, 0xa1, 0xb2);
	assert_int_equal(find(A), 0);
	assert_string_equal(found.path, "dev/nvme0n1p1");
	assert_string_equal(found.note, "");
	assert_int_equal(find(B), 0);
	assert_string_equal(found.path, "dev/nvme0n1p2");
	assert_int_equal(find("PARTUUID=" BYTE_OF(22)), 0);
	assert_string_equal(found.path, "dev/sda2");
	/* The second disk has become the first. */
	clear(state);
	add_disk("sdb", SATA(1), false, 0x11, 0x22);
	add_disk("sda", SATA(2), false, 0xa1, 0xb2);
	assert_int_equal(find(A), 0);
	assert_string_equal(found.path, "dev/sda1");
	/* Either case; a folder of /dev. */
	clear(state);
	add_disk("cciss!c0d0", "pci0000:00/0000:00:05.0/cciss0", false, 0xa1, 0xb2);
	scratch_parents("dev/cciss/x");
	assert_int_equal(rename("dev/cciss!c0d0", "dev/cciss/c0d0"), 0);
	assert_int_equal(find("PARTUUID=A1a1A1A1-a1a1-a1a1-a1a1-a1a1a1a1a1a1"), 0);
	assert_string_equal(found.path, "dev/cciss/c0d0p1");
}

static void
test_partuuid_absent_said(void **state)
{
	(void)state;
	assert_int_equal(find(A), -ENOENT);
	assert_string_equal(e.text, A ": no disk that is there has this partition");
	add_disk("sda", SATA(1), false, 0x11, 0x22);
	assert_int_equal(find(A), -ENOENT);
	assert_int_equal(find("PARTUUID=12345678-01"), -EINVAL);
	assert_string_equal(e.text, "PARTUUID=12345678-01: is no GUID");
	assert_int_equal(nftw("sys", scratch_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
	assert_int_equal(find(A), -ENOENT);
}

/* A table that changed since the kernel read it, one that it did not read, none at all. */
static void
test_partuuid_kernel_disagrees_not_taken(void **state)
{
	static const struct {
		const char *file;
		unsigned number;
	} lies[] = {{"start", 65}, {"size", 9}, {"partition", 2}};
	const char folder[] = "sys/devices/" SATA(1) "/sda/sda1";

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		clear(state);
		add_disk("sda", SATA(1), false, 0xa1, 0xb2);
		write_number(folder, lies[i].file, lies[i].number);
		assert_int_equal(find(A), -ENOENT);
	}
	clear(state);
	add_disk("sda", SATA(1), false, 0xa1, 0xb2);
	scratch_write("dev/sda", "short");
	assert_int_equal(find(A), -ENOENT);
	assert_int_equal(unlink("dev/sda"), 0);
	assert_int_equal(find(A), -ENOENT);
	clear(state);
	add_disk("sda", SATA(1), false, 0xa1, 0xb2);
	write_number("sys/devices/" SATA(1) "/sda", "queue/logical_block_size", 0);
	assert_int_equal(find(A), -ENOENT);
}

/* A cloned disk: the rule does not go by names, nor by the order in sysfs. */
static void
test_partuuid_twice_rule_decides(void **state)
{
	(void)state;
	add_disk("sda", SATA(10), false, 0xa1, 0xb2);
	add_disk("sdb", SATA(9), false, 0xa1, 0x22);
	assert_int_equal(find(A), 0);
	assert_string_equal(found.path, "dev/sdb1");
	assert_string_equal(found.note,
		"dev/sda1 has the same GUID, but comes behind it in /sys: dev/sdb1 is taken");
	/* What only one has is nobody else's. */
	assert_int_equal(find(B), 0);
	assert_string_equal(found.path, "dev/sda2");
	assert_string_equal(found.note, "");
	/* The other way round, with names changed. */
	clear(state);
	add_disk("sdb", SATA(10), false, 0xa1, 0xb2);
	add_disk("sda", SATA(9), false, 0xa1, 0x22);
	assert_int_equal(find(A), 0);
	assert_string_equal(found.path, "dev/sda1");
}

static void
test_partuuid_fixed_disk_preferred(void **state)
{
	(void)state;
	/* A stick, a card in a reader that says so, an image that somebody looped. */
	add_disk(
		"sda", "pci0000:00/0000:00:01.0/usb1/1-1/host0/block", false, 0xa1, 0xb2);
	add_disk("sdb", "pci0000:00/0000:00:01.1/ata1/host1/block", true, 0xa1, 0xb2);
	add_disk("loop0", "virtual/block", false, 0xa1, 0xb2);
	assert_int_equal(find(A), 0);
	assert_string_equal(found.path, "dev/sda1");
	add_disk("vda", "pci0000:ff/0000:ff:1f.0/virtio9/block", false, 0xa1, 0xb2);
	assert_int_equal(find(A), 0);
	assert_string_equal(found.path, "dev/vda1");
	assert_string_equal(found.note,
		"dev/sda1 has the same GUID, but can be removed: dev/vda1 is taken");
	/* Where there is no other one. */
	clear(state);
	add_disk("sda", "pci0000:00/0000:00:01.0/usb1/1-1/host0/block", true, 0xa1, 0xb2);
	add_disk("loop0", "virtual/block", false, 0xa1, 0xb2);
	assert_int_equal(find(A), 0);
	assert_string_equal(found.path, "dev/sda1");
	assert_string_equal(found.note,
		"dev/loop0p1 has the same GUID, but is of no disk: dev/sda1 is taken");
}

static void
test_partuuid_damaged_first_table_copy_counts(void **state)
{
	FILE *file;

	(void)state;
	add_disk("sda", SATA(1), false, 0xa1, 0xb2);
	file = fopen("dev/sda", "r+");
	assert_non_null(file);
	assert_int_equal(fseek(file, 512, SEEK_SET), 0);
	assert_int_equal(fputs("gone", file) < 0, 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(find(A), 0);
	assert_string_equal(found.path, "dev/sda1");
}

/* As a disk that hangs: the pipe that nobody writes to does not even open. */
static void
test_partuuid_hanging_disk_keeps_nobody(void **state)
{
	struct partuuid where = {.blocks = "sys/class/block", .nodes = "dev", .ms = 3000};

	(void)state;
	add_disk("sda", SATA(1), false, 0xa1, 0xb2);
	add_disk("sdb", SATA(2), false, 0xa1, 0xb2);
	assert_int_equal(unlink("dev/sda"), 0);
	assert_int_equal(mkfifo("dev/sda", 0600), 0);
	assert_int_equal(partuuid_find(&where, A, &found, &e), 0);
	assert_string_equal(found.path, "dev/sdb1");
	/* It is not asked again, nor for its other partition. */
	assert_string_equal(where.silent[0], "sda");
	assert_string_equal(where.silent[1], "");
}

static void
test_partuuid_names(void **state)
{
	uint8_t guid[GPT_GUID];

	(void)state;
	assert_true(partuuid_is(A));
	assert_true(partuuid_is("PARTUUID="));
	assert_false(partuuid_is("/dev/sda1"));
	assert_true(partuuid_parse(A, guid));
	assert_int_equal(guid[7], 0xa1);
	assert_false(partuuid_parse("PARTUUID=", guid));
	assert_false(partuuid_parse(BYTE_OF(a1), guid));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_partuuid_found_on_whatever_disk, clear),
		cmocka_unit_test_setup(test_partuuid_absent_said, clear),
		cmocka_unit_test_setup(test_partuuid_kernel_disagrees_not_taken, clear),
		cmocka_unit_test_setup(test_partuuid_twice_rule_decides, clear),
		cmocka_unit_test_setup(test_partuuid_fixed_disk_preferred, clear),
		cmocka_unit_test_setup(
			test_partuuid_damaged_first_table_copy_counts, clear),
		cmocka_unit_test_setup(test_partuuid_hanging_disk_keeps_nobody, clear),
		cmocka_unit_test(test_partuuid_names),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
