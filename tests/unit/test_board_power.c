/* SPDX-License-Identifier: ISC */
#include "boards.h"

#define BOARD(line)                                                                      \
	HEAD "[kernel]\nrecipe = linux\nconfig = base\ncmdline = noinitrd " line         \
	     "\n" IMAGE
#define ARMED BOARD("watchdog.stop_on_reboot=0")
/* On line 15, behind ARMED and the section's own line. */
#define BAD_PART(section, entry, message)                                                \
	refused(ARMED "[" section "]\n" entry "\n", "boards/b/board.ini:15: " message)

static void
test_board_power_every_field_read(void **state)
{
	struct board b;

	(void)state;
	accepted(ARMED
		"[watchdog]\ndevice = /dev/watchdog0\ntimeout = 2min\nboot-timeout = 65535s\n"
		"required = yes\n[reason]\nstore = /data/end\npstore = yes\n"
		"[kexec]\nloader = /bin/load --slot\ntimeout = 1h\n",
		&b);
	assert_string_equal(b.power.device, "/dev/watchdog0");
	assert_int_equal(b.power.timeout, 120);
	assert_int_equal(b.power.boot_timeout, 65535);
	assert_true(b.power.required && b.power.pstore);
	assert_string_equal(b.power.store, "/data/end");
	assert_int_equal(b.power.loader.count, 2);
	assert_string_equal(b.power.loader.item[1], "--slot");
	assert_int_equal(b.power.loader_ms, 3600000);
	board_free(&b);
}

static void
test_board_power_defaults_as_documented(void **state)
{
	struct board b;

	(void)state;
	accepted(ALL, &b);
	assert_null(b.power.device);
	assert_null(b.power.store);
	assert_int_equal(b.power.loader.count, 0);
	board_free(&b);
	accepted(ARMED
		"[watchdog]\ndevice = /dev/watchdog\n[kexec]\nloader = /bin/load\n",
		&b);
	assert_int_equal(b.power.timeout, 60);
	assert_int_equal(b.power.boot_timeout, 60);
	assert_false(b.power.required);
	assert_int_equal(b.power.loader_ms, 60000);
	board_free(&b);
}

static void
test_board_bad_watchdog_refused(void **state)
{
	(void)state;
	BAD_PART("watchdog", "timeout = 5s", "timeout: want [watchdog] device beside it");
	BAD_PART("watchdog", "timeout = 1500ms\ndevice = /dev/w",
		"timeout: want whole seconds from 1 to 65535, got \"1500ms\"");
	BAD_PART("watchdog", "timeout = 65536s\ndevice = /dev/w",
		"timeout: want whole seconds from 1 to 65535, got \"65536s\"");
	BAD_PART("watchdog", "boot-timeout = 59s\ndevice = /dev/w",
		"boot-timeout: \"59s\" is less than the timeout in operation, 60 s");
	BAD_PART("watchdog", "required = yes\ndevice = /dev/w",
		"required: want a [reason] store or pstore too: without it the restarts for want of a watchdog cannot be counted");
	refused(BOARD("watchdog.stop_on_reboot=01") "[watchdog]\ndevice = /dev/w\n",
		"boards/b/board.ini:15: device: want \"watchdog.stop_on_reboot=0\" in [kernel] cmdline, so that the watchdog stays armed through a restart");
}

static void
test_board_bad_kexec_refused(void **state)
{
	(void)state;
	BAD_PART("kexec", "timeout = 5s", "timeout: want [kexec] loader beside it");
	BAD_PART("kexec", "loader = load", "loader: want an absolute path, got \"load\"");
	BAD_PART("kexec", "loader = /bin/a 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15",
		"loader: want at most 15 words, got 16");
	BAD_PART("kexec", "timeout = 0\nloader = /bin/a",
		"timeout: want at most 1h, got \"0\"");
	BAD_PART("reason", "store = PARTUUID=1",
		"store: want a partition's GUID behind PARTUUID=, got \"PARTUUID=1\"");
	BAD_PART("reason", "store = data/end",
		"store: want an absolute path, got \"data/end\"");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_board_power_every_field_read),
		cmocka_unit_test(test_board_power_defaults_as_documented),
		cmocka_unit_test(test_board_bad_watchdog_refused),
		cmocka_unit_test(test_board_bad_kexec_refused),
	};

	return cmocka_run_group_tests(tests, set_up, scratch_leave);
}
