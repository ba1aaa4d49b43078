/* SPDX-License-Identifier: ISC */
#include "boards.h"

#include "lib/minisign.h"

#define DEVICE                                                                           \
	HEAD KERNEL                                                                      \
		"[image]\nrecipes = pid1 rollback e2fsprogs\nram = 128M\n" /* 13 lines */
#define SLOTS DEVICE "[slots]\n"
#define LEAST "method = launcher\ndisk = /dev/vda\nkeys = one.pub\n"

static int
set_up_key(void **state)
{
	struct minisign_secret secret;
	struct minisign_public public;
	char text[MINISIGN_PUBLIC];

	if (set_up(state) < 0 || sodium_init() < 0)
		return -1;
	scratch_write("recipes/rollback/recipe.ini", "");
	scratch_write("recipes/e2fsprogs/recipe.ini", "");
	minisign_generate(&secret, &public);
	minisign_public_write(&public, text);
	scratch_write("boards/b/one.pub", text);
	return 0;
}

#define INSTALLER "[Service]\nExecStart = /sbin/installer 970\n"
#define ENABLED	  SLOTS LEAST "[services]\nenable = installer\n"
#define WANTS(device)                                                                    \
	"boards/b/services/installer.service: DeviceAllow: want \"" device               \
	" rw\" in it, which [slots] names: put a copy with the board's devices into its services folder"

static void
test_board_slots_installer_without_rights_refused(void **state)
{
	static const char service[] = "boards/b/services/installer.service";
	static const char *const full =
		INSTALLER "DeviceAllow =\n\t-/dev/vda1 rw\n\t/dev/vda2\n\t/dev/vda3 rw\n";
	static const char efi[] = SLOTS "method = efi\ndisk = /dev/vda\nkeys = one.pub\n"
					"[services]\nenable = installer\n";
	static const char firmware[] =
		"boards/b/services/installer.service: BindPaths: want \"User = root\" and \"BindPaths = /\", as in boards/pc-x86_64: with \"method = efi\" it keeps the firmware's boot entries";
	struct board b;

	(void)state;
	scratch_write(service, INSTALLER);
	refused(ENABLED, WANTS("/dev/vda1"));
	scratch_write(
		service, INSTALLER "DeviceAllow =\n\t/dev/vda1 rw\n\t/dev/vda2 r\n");
	refused(ENABLED, WANTS("/dev/vda2"));
	scratch_write(service, full);
	accepted(ENABLED, &b);
	board_free(&b);
	refused(SLOTS LEAST "state = /dev/vdb\n[services]\nenable = installer\n",
		WANTS("/dev/vdb"));
	refused(efi, firmware);
	scratch_write(service, INSTALLER "BindPaths = /\n");
	refused(efi, firmware);
	scratch_write(service, INSTALLER "BindPaths = /\nUser = root\n");
	accepted(efi, &b);
	board_free(&b);
	/* Without [slots] nobody knows which devices it writes. */
	scratch_write(service, INSTALLER);
	accepted(DEVICE "[services]\nenable = installer\n", &b);
	board_free(&b);
}

static void
test_board_slots_mounted_refused(void **state)
{
	struct board b;

	(void)state;
	refused(SLOTS LEAST "[mounts]\n/data = /dev/vda ext4 nofail\n",
		"boards/b/board.ini:19: /data: /dev/vda is what [slots] writes: want the partition that \"data\" in [slots] makes, or another disk");
	refused(SLOTS LEAST "data = 8M\n[mounts]\n/data = /dev/vda2 ext4\n",
		"boards/b/board.ini:20: /data: /dev/vda2 is what [slots] writes: want the partition that \"data\" in [slots] makes, or another disk");
	accepted(SLOTS LEAST "data = 8M\n[mounts]\n/data = /dev/vda5 ext4\n", &b);
	board_free(&b);
	accepted(SLOTS LEAST "[mounts]\n/data = /dev/vdb ext4\n", &b);
	board_free(&b);
	refused(SLOTS
		"method = launcher\ndisk = /dev/nvme0n1\nkeys = one.pub\n[mounts]\n/data = /dev/nvme0n1 ext4\n",
		"boards/b/board.ini:19: /data: /dev/nvme0n1 is what [slots] writes: want the partition that \"data\" in [slots] makes, or another disk");
	accepted(SLOTS
		"method = launcher\ndisk = /dev/nvme0n10\nkeys = one.pub\n[mounts]\n/data = /dev/nvme0n1 ext4\n",
		&b);
	board_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_board_slots_installer_without_rights_refused),
		cmocka_unit_test(test_board_slots_mounted_refused),
	};

	return cmocka_run_group_tests(tests, set_up_key, scratch_leave);
}
