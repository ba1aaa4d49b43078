/* SPDX-License-Identifier: ISC */
#include "boards.h"

static void
test_board_mounts_are_read(void **state)
{
	const struct config_mount *m;
	struct board b;

	(void)state;
	scratch_write("boards/b/services/z.service",
		"[Unit]\nRequiresMountsFor = /data/x\n[Service]\nExecStart = /bin/z\n"
		"BindReadOnlyPaths = -/card/maps\n");
	accepted(ALL
		"[services]\nenable = z\n[mounts]\n/data = /dev/vda ext4 noatime wait=5s\n"
		"/card = /dev/mmcblk0p1 vfat nofail ro exec sync options=uid=1,gid=2\n"
		"/log = PARTUUID=C12A7328-f81f-11d2-ba4b-00a0c93ec93b ext4 fsck=force fsck-wait=10min\n"
		"[entropy]\nseed = /data/seed\ncredit = yes\n",
		&b);
	assert_int_equal(b.mounts.count, 3);
	m = b.mounts.mount;
	assert_string_equal(m[0].path, "/data");
	assert_string_equal(m[0].device, "/dev/vda");
	assert_string_equal(m[0].type, "ext4");
	assert_string_equal(m[0].options, "");
	assert_int_equal(m[0].flags, MOUNT_NOATIME);
	assert_int_equal(m[0].check, CHECK_REPAIR);
	assert_int_equal(m[0].wait_ms, 5000);
	assert_int_equal(m[0].check_ms, 120 * 1000);
	assert_int_equal(
		m[1].flags, MOUNT_NOFAIL | MOUNT_READ_ONLY | MOUNT_EXEC | MOUNT_SYNC);
	assert_int_equal(m[1].check, CHECK_NONE);
	assert_int_equal(m[1].wait_ms, 10 * 1000);
	assert_string_equal(m[1].options, "uid=1,gid=2");
	assert_string_equal(m[2].device, "PARTUUID=C12A7328-f81f-11d2-ba4b-00a0c93ec93b");
	assert_int_equal(m[2].check, CHECK_FORCE);
	assert_int_equal(m[2].check_ms, 600 * 1000);
	assert_string_equal(b.mounts.seed.path, "/data/seed");
	assert_int_equal(b.mounts.seed.credit, 1);
	assert_int_equal(b.mounts.seed.mount, 0);
	assert_int_equal(b.services[0].mounts, 1);
	assert_int_equal(b.services[0].mounts_wanted, 2);
	board_free(&b);
}

/* One line in [mounts], and what is said of it. */
static void
mount_refused(const char *line, const char *why)
{
	char text[1024], message[1024];

	snprintf(text, sizeof(text), ALL "[mounts]\n%s\n", line);
	snprintf(message, sizeof(message), "boards/b/board.ini:15: %s", why);
	refused(text, message);
}

static void
test_board_bad_mount_refused(void **state)
{
	(void)state;
	mount_refused("/data = /dev/vda",
		"/data: want a device and a type, such as \"/dev/vda ext4 nofail\", got \"/dev/vda\"");
	mount_refused("/data = vda ext4",
		"/data: want a device and a type, such as \"/dev/vda ext4 nofail\", got \"vda ext4\"");
	mount_refused("/data = /dev/../vda ext4",
		"/data: want a device and a type, such as \"/dev/vda ext4 nofail\", got \"/dev/../vda ext4\"");
	mount_refused("/data = PARTUUID=1 ext4",
		"/data: want a device and a type, such as \"/dev/vda ext4 nofail\", got \"PARTUUID=1 ext4\"");
	mount_refused("/data = state ext4",
		"/data: want a device and a type, such as \"/dev/vda ext4 nofail\", got \"state ext4\"");
	mount_refused("data = /dev/vda ext4", "data: want an absolute path");
	mount_refused("/run/x = /dev/vda ext4",
		"/run/x: /run is Ingot's own: choose another folder");
	mount_refused("/data = /dev/vda ext4 nofial",
		"/data: want nofail, ro, exec, noatime, sync, fsck=, fsck-wait=, wait= or options= behind the type, got \"nofial\"");
	mount_refused("/data = /dev/vda ext4 fsck=maybe",
		"/data: want fsck=no, fsck=repair or fsck=force, got \"maybe\"");
	mount_refused("/data = /dev/vda vfat fsck=repair",
		"/data: want fsck=no: only ext4 can be checked, not vfat");
	mount_refused(
		"/data = /dev/vda ext4 wait=25h", "/data: want at most 24h, got \"25h\"");
	mount_refused(
		"/data = /dev/vda ext4 fsck-wait=0", "/data: want more than fsck-wait=0");
	refused(ALL "[mounts]\n/a = /dev/vda ext4\n/a/b = /dev/vdb ext4\n",
		"boards/b/board.ini:16: /a/b: lies in, or around, the mount /a");
	refused(ALL "[mounts]\n/1 = /dev/a x\n/2 = /dev/a x\n/3 = /dev/a x\n"
		    "/4 = /dev/a x\n/5 = /dev/a x\n/6 = /dev/a x\n/7 = /dev/a x\n"
		    "/8 = /dev/a x\n/9 = /dev/a x\n",
		"boards/b/board.ini:23: /9: want at most 8 mounts");
	refused(ALL "[entropy]\nseed = /data/seed\n",
		"boards/b/board.ini:15: seed: want a file on one of [mounts] that is not ro, got \"/data/seed\"");
	refused(ALL "[mounts]\n/data = /dev/vda ext4 ro\n[entropy]\nseed = /data/seed\n",
		"boards/b/board.ini:17: seed: want a file on one of [mounts] that is not ro, got \"/data/seed\"");
	refused(ALL "[entropy]\ncredit = yes\n",
		"boards/b/board.ini:15: credit: want [entropy] seed beside it");
	scratch_write("boards/b/services/z.service",
		"[Unit]\nRequiresMountsFor = /data\n[Service]\nExecStart = /bin/z\n");
	refused(ALL "[services]\nenable = z\n",
		"boards/b/services/z.service:2: RequiresMountsFor: the board's [mounts] has no line for /data");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_board_mounts_are_read),
		cmocka_unit_test(test_board_bad_mount_refused),
	};

	return cmocka_run_group_tests(tests, set_up, scratch_leave);
}
