/* SPDX-License-Identifier: ISC */
#include "boards.h"

#include "lib/minisign.h"

#define DEVICE HEAD KERNEL "[image]\nrecipes = pid1 rollback\nram = 128M\n" /* 13 lines */
#define SLOTS  DEVICE "[slots]\n"
#define LEAST  "method = launcher\ndisk = /dev/vda\nkeys = one.pub\n"
/* On line 18, behind the keys that every board needs. */
#define BAD(entry, message)                                                              \
	refused(SLOTS LEAST entry "\n", "boards/b/board.ini:18: " message)

#define MINE "PARTUUID=C12A7328-F81F-11D2-BA4B-00A0C93EC93B"

static char texts[2][MINISIGN_PUBLIC]; /* one.pub and two.pub */
static char keys[2][57]; /* their lines */

static int
set_up_keys(void **state)
{
	static const char *const files[] = {"boards/b/one.pub", "boards/b/two.pub"};
	struct minisign_secret secret;
	struct minisign_public public;

	if (set_up(state) < 0 || sodium_init() < 0)
		return -1;
	scratch_write("recipes/rollback/recipe.ini", "");
	for (size_t i = 0; i < 2; i++) {
		minisign_generate(&secret, &public);
		minisign_public_write(&public, texts[i]);
		scratch_write(files[i], texts[i]);
		memcpy(keys[i], strchr(texts[i], '\n') + 1, 56);
	}
	return 0;
}

static void
test_board_slots_absent_no_file(void **state)
{
	struct board b;

	(void)state;
	accepted(ALL, &b);
	assert_int_equal(b.slots.method, SLOTS_NONE);
	assert_null(board_slots_text(&b.slots));
	assert_int_equal(b.power.loader.count, 0);
	board_free(&b);
}

static void
test_board_slots_defaults_as_documented(void **state)
{
	char want[512];
	struct board b;
	char *text;

	(void)state;
	accepted(SLOTS LEAST, &b);
	text = board_slots_text(&b.slots);
	snprintf(want, sizeof(want),
		"# Of the board's [slots].\n[device]\nboard = b\n[slots]\na = /dev/vda1\n"
		"b = /dev/vda2\n[state]\ndevice = /dev/vda3\n[boot]\nmethod = launcher\n"
		"trial = kexec reboot\nfirmware-watchdog = no\n[keys]\nthreshold = 1\n"
		"trusted =\n\t%s\n",
		keys[0]);
	assert_string_equal(text, want);
	free(text);
	assert_int_equal(b.slots.size, 64 << 20);
	assert_null(b.slots.part[SLOTS_DATA]);
	assert_null(b.slots.launcher);
	assert_string_equal(b.power.loader.item[1], "load");
	assert_string_equal(b.power.store, "/dev/vda4");
	assert_false(b.power.at_boot);
	board_free(&b);
}

static void
test_board_slots_every_field_read(void **state)
{
	struct board b;
	char *text;

	(void)state;
	accepted(SLOTS "method = efi\ndisk = /dev/nvme0n1\nb = /dev/sdb\nsize = 48M\n"
		       "data = 1G\nkeys = one.pub two.pub\nthreshold = 2\n"
		       "trial = reboot\nfirmware-watchdog = yes\n"
		       "[kexec]\nloader = /bin/mine\n",
		&b);
	assert_int_equal(b.slots.method, SLOTS_EFI);
	assert_string_equal(b.slots.part[SLOTS_A], "/dev/nvme0n1p1");
	assert_string_equal(b.slots.part[SLOTS_B], "/dev/sdb");
	assert_string_equal(b.slots.part[SLOTS_DATA], "/dev/nvme0n1p5");
	assert_int_equal(b.slots.size, 48 << 20);
	assert_int_equal(b.slots.data, 1 << 30);
	assert_string_equal(b.slots.keys.item[1], keys[1]);
	assert_int_equal(b.slots.ways, SLOTS_REBOOT);
	assert_true(b.slots.guarded);
	assert_string_equal(b.power.loader.item[0], "/bin/mine");
	text = board_slots_text(&b.slots);
	assert_non_null(strstr(text, "\ntrial = reboot\nfirmware-watchdog = yes\n"));
	assert_non_null(strstr(text, "\nthreshold = 2\n"));
	free(text);
	board_free(&b);
}

/* Whatever the disk is called: GUIDs that follow from the board's name, and no other. */
static void
test_board_slots_by_guid(void **state)
{
	char guid[GPT_GUID_TEXT], again[GPT_GUID_TEXT], want[512];
	struct board b, other;
	char *text;

	(void)state;
	scratch_write("boards/b/services/i.service",
		"[Service]\nExecStart = /bin/busybox\nDeviceAllow =\n\tslot-b rw\n\t-system r\n");
	accepted(SLOTS "method = launcher\nkeys = one.pub\ndata = 4M\n"
		       "[mounts]\n/data = data ext4\n[services]\nenable = i\n",
		&b);
	board_slots_guid(&b.slots, SLOTS_A, guid);
	/* Devices in the field have these. */
	assert_string_equal(guid, "db510a0f-02eb-8192-9a42-a743011bd728");
	assert_string_equal(b.slots.part[SLOTS_A] + strlen("PARTUUID="), guid);
	text = board_slots_text(&b.slots);
	snprintf(want, sizeof(want),
		"[slots]\na = PARTUUID=%s\nb = %s\n[state]\ndevice = %s\n", guid,
		b.slots.part[SLOTS_B], b.slots.part[SLOTS_STATE]);
	assert_non_null(strstr(text, want));
	free(text);
	assert_string_equal(b.power.store, b.slots.part[SLOTS_REASON]);
	assert_string_equal(b.mounts.mount[0].device, b.slots.part[SLOTS_DATA]);
	for (unsigned i = 0; i < SLOTS_SYSTEM; i++)
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(b.slots.part[i], b.slots.part[k]);
	/* The one that there is not was optional. */
	assert_int_equal(b.services[0].isolation.device_count, 1);
	assert_string_equal(
		b.services[0].isolation.devices[0].path, b.slots.part[SLOTS_B]);
	/* A disk that is named has them as well, so that its board can change. */
	accepted(SLOTS LEAST, &other);
	board_slots_guid(&other.slots, SLOTS_A, again);
	assert_string_equal(again, guid);
	board_free(&other);
	board_free(&b);
	/* It takes the place of an inherited disk; one partition may be another. */
	accepted(SLOTS "method = launcher\ndisk = PARTUUID\nkeys = one.pub\n"
		       "b = " MINE "\n",
		&b);
	assert_string_equal(b.slots.part[SLOTS_A] + strlen("PARTUUID="), guid);
	assert_string_equal(b.slots.part[SLOTS_B], MINE);
	board_slots_guid(&b.slots, SLOTS_B, again);
	assert_string_equal(again, "c12a7328-f81f-11d2-ba4b-00a0c93ec93b");
	board_free(&b);
}

static void
test_board_slots_launcher_has_the_device_s(void **state)
{
	struct board b;
	char *text;

	(void)state;
	/* What the other one inherits counts, and its folder. */
	scratch_write("boards/base/board.ini",
		"[board]\nname = base\n[slots]\nmethod = launcher\ndisk = /dev/vdq\n");
	scratch_write("boards/robot/board.ini",
		"[board]\nname = robot\ninherit = base\n[slots]\nkeys = robot.pub\nlauncher = b\n");
	scratch_write("boards/robot/robot.pub", texts[1]);
	accepted(SLOTS "board = robot\n", &b);
	assert_true(b.slots.launches);
	text = board_slots_text(&b.slots);
	assert_non_null(strstr(text, "board = robot\n[slots]\na = /dev/vdq1\n"));
	assert_non_null(strstr(text, keys[1]));
	free(text);
	assert_string_equal(b.power.loader.item[1], "launch");
	assert_true(b.power.at_boot);
	board_free(&b);
	refused(SLOTS "board = robot\nsize = 8M\n",
		"boards/b/board.ini:16: size: the board that \"board\" names says this");
	refused(SLOTS "board = b\n",
		"boards/b/board.ini:15: board: \"b\" is a launcher itself (boards/b/board.ini:15)");
	refused(SLOTS "board = nobody\n",
		"boards/b/board.ini:15: board: no board \"nobody\" in 1 tree: --tree DIR adds another");
	/* Firmware that has lost its entries falls back to one. */
	scratch_write("boards/robot/board.ini",
		"[board]\nname = robot\n[slots]\nmethod = efi\ndisk = /dev/vda\nkeys = robot.pub\nlauncher = b\n");
	accepted(SLOTS "board = robot\n", &b);
	assert_int_equal(b.slots.method, SLOTS_EFI);
	assert_true(b.slots.launches);
	/* It stands on two partitions behind the others. */
	text = board_slots_text(&b.slots);
	assert_non_null(
		strstr(text, "\n[launcher]\nboard = b\na = /dev/vda5\nb = /dev/vda6\n"));
	free(text);
	board_free(&b);
}

static void
test_board_bad_slots_refused(void **state)
{
	(void)state;
	refused(ALL "[slots]\n" LEAST,
		"boards/b/board.ini:12: recipes: want \"rollback\" among them, which [slots] is for");
	refused(SLOTS "disk = /dev/vda\n",
		"boards/b/board.ini:14: method: missing in [slots]");
	BAD("size = 100K", "size: want whole MiB such as 64M, got \"100K\"");
	BAD("size = 1537K", "size: want whole MiB such as 64M, got \"1537K\"");
	BAD("a = /tmp/a", "a: want a device such as /dev/vda, got \"/tmp/a\"");
	BAD("a = PARTUUID=c12a7328-01",
		"a: want a partition's GUID behind PARTUUID=, got \"PARTUUID=c12a7328-01\"");
	refused(SLOTS "method = launcher\ndisk = " MINE "\n",
		"boards/b/board.ini:16: disk: want PARTUUID or a device such as /dev/vda, got \"" MINE
		"\"");
	scratch_write("boards/b/services/j.service",
		"[Service]\nExecStart = /bin/busybox\nDeviceAllow = system r\n");
	refused(SLOTS LEAST "[services]\nenable = j\n",
		"boards/b/services/j.service: DeviceAllow: system: the board's [slots] have no such partition");
	refused(SLOTS LEAST "[mounts]\n/data = data ext4\n",
		"boards/b/board.ini:19: /data: want [slots] data, the size of that partition");
	BAD("threshold = 2", "threshold: want 1 to 1, as many as there are keys");
	BAD("threshold = 0", "threshold: want 1 to 1, as many as there are keys");
	BAD("trial = kexec jump", "trial: want kexec, reboot or both, got \"jump\"");
	BAD("trial = reboot",
		"trial: reboot alone wants \"firmware-watchdog = yes\": an image that hangs early would never come back");
	BAD("launcher = nobody",
		"launcher: no board \"nobody\" in 1 tree: --tree DIR adds another");
	refused(SLOTS "method = efi\nsize = 33M\n",
		"boards/b/board.ini:16: size: want 34M or more for the file system that the firmware reads");
	refused(SLOTS "method = magic\n",
		"boards/b/board.ini:15: method: want launcher or efi, got \"magic\"");
}

static void
test_board_bad_keys_refused(void **state)
{
	(void)state;
#define BAD_KEYS(names, message)                                                         \
	refused(SLOTS "method = launcher\ndisk = /dev/vda\nkeys = " names "\n",          \
		"boards/b/board.ini:17: keys: " message)
	BAD_KEYS(
		"../b/one.pub", "want files in the board's folder, got \"../b/one.pub\"");
	scratch_write("boards/b/same.pub", texts[0]);
	BAD_KEYS("one.pub same.pub", "same.pub: this key stands there twice");
	BAD_KEYS("motd", "motd:1: want a line that begins \"untrusted comment: \"");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_board_slots_absent_no_file),
		cmocka_unit_test(test_board_slots_defaults_as_documented),
		cmocka_unit_test(test_board_slots_every_field_read),
		cmocka_unit_test(test_board_slots_by_guid),
		cmocka_unit_test(test_board_slots_launcher_has_the_device_s),
		cmocka_unit_test(test_board_bad_slots_refused),
		cmocka_unit_test(test_board_bad_keys_refused),
	};

	return cmocka_run_group_tests(tests, set_up_keys, scratch_leave);
}
