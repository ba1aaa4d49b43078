/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "lib/config.h"
#include "lib/error.h"
#include "lib/wire.h"

#define HEADER 24

static struct config_service services[CONFIG_SERVICES], decoded[CONFIG_SERVICES];
static struct config in, out;
static struct error e;

static int
fill(void **state)
{
	(void)state;
	memset(services, 0, sizeof(services));
	memset(&in, 0, sizeof(in));
	services[0] = (struct config_service){
		.name = "setup",
		.description = "Prepares things",
		.arguments = {"/bin/setup", "--flag", ""},
		.type = SERVICE_ONESHOT,
		.limits = {.memory_max = UINT64_MAX, .tasks_max = UINT64_MAX},
		.tty = "",
	};
	services[1] = (struct config_service){
		.name = "hello",
		.description = "",
		.arguments = {"/bin/hello"},
		.restart = RESTART_ALWAYS,
		.life = {.restart_ms = 1500, .limit_burst = 3, .watchdog_ms = 5},
		.limits = {.memory_max = 16 << 20, .tasks_max = 8},
		.isolation = {.uid = 1000, .gid = 1001, .runtime = {"hello"}},
		.tty = "/dev/ttyS0",
		.log = {.size = 8192, .interval_ms = 1000, .burst = 5},
		.after = {.count = 1},
	};
	in.board = "qemu-x86_64";
	in.hostname = "ingot";
	in.cmdline = "console=ttyS0 noinitrd";
	in.epoch = 1767225600;
	in.run_size = 4 << 20;
	in.tmp_size = 8 << 20;
	in.selfcheck = 1;
	in.log = (struct config_log){.console = 1,
		.size = 32768,
		.kernel_size = 65536,
		.protocol = COLLECTOR_TCP,
		.address = "2001:db8::1",
		.port = 601,
		.reader = 1};
	in.crash = (struct config_crash){"/data/crash", 7, 1 << 20};
	in.watchdog = (struct config_watchdog){"/dev/watchdog0", 30, 90, 1};
	in.reason = (struct config_reason){"/dev/vda", 1};
	in.kexec = (struct config_kexec){{"/bin/load", "--slot"}, 60000, 1};
	in.modules[0] = (struct config_module){"virtio_rng", "/lib/modules/a.ko", "x=1"};
	in.module_count = 1;
	in.lock_modules = 1;
	in.mounts[0] = (struct config_mount){
		"/data", "/dev/vda", "ext4", "", MOUNT_NOFAIL, CHECK_FORCE, 5000, 60000};
	in.mount_count = 1;
	in.seed = (struct config_seed){"/data/seed", 1, 0};
	services[1].mounts = 1;
	in.net.link_count = 2;
	in.net.links[0] = (struct config_link){.name = "eth0", .mtu = 1400, .key = ""};
	in.net.links[1] = (struct config_link){
		.name = "wg0", .kind = LINK_WIREGUARD, .key = "/data/key", .port = 7};
	in.net.address_count = in.net.route_count = 1;
	in.net.addresses[0] = (struct config_address){0, {4, 24, {10, 0, 2, 15}}};
	in.net.routes[0].to.family = in.net.routes[0].via.family = 4;
	in.net.peer_count = in.net.allowed_count = 1;
	in.net.peers[0] = (struct config_peer){.link = 1, .key = {9}, .preshared = ""};
	in.net.allowed[0].prefix = (struct config_prefix){6, 64, {0xfd}};
	in.services = services;
	in.service_count = 2;
	memset(&out, 0, sizeof(out));
	out.services = decoded;
	return 0;
}

static void
encode(uint8_t **data, size_t *size)
{
	if (config_encode(&in, data, size, &e) < 0)
		fail_msg("%s", e.text);
}

static int
decode(const void *data, size_t size)
{
	out.services = decoded;
	return config_decode(&out, data, size, &e);
}

static void
net_came_back(void)
{
	assert_int_equal(out.net.link_count, 2);
	assert_string_equal(out.net.links[0].name, "eth0");
	assert_int_equal(out.net.links[0].mtu, 1400);
	assert_string_equal(out.net.links[1].key, "/data/key");
	assert_int_equal(out.net.links[1].port, 7);
	assert_int_equal(out.net.addresses[0].prefix.length, 24);
	assert_int_equal(out.net.addresses[0].prefix.bytes[3], 15);
	assert_int_equal(out.net.routes[0].via.family, 4);
	assert_int_equal(out.net.peers[0].key[0], 9);
	assert_int_equal(out.net.allowed[0].prefix.bytes[0], 0xfd);
}

static void
test_config_comes_back_whole(void **state)
{
	uint8_t *data;
	size_t size;

	(void)state;
	encode(&data, &size);
	assert_int_equal(decode(data, size), 0);
	assert_string_equal(out.board, "qemu-x86_64");
	assert_string_equal(out.hostname, "ingot");
	assert_string_equal(out.cmdline, "console=ttyS0 noinitrd");
	assert_true(out.epoch == 1767225600);
	assert_true(out.run_size == 4 << 20 && out.tmp_size == 8 << 20);
	assert_int_equal(out.selfcheck, 1);
	assert_int_equal(out.log.console, 1);
	assert_int_equal(out.log.size, 32768);
	assert_int_equal(out.log.kernel_size, 65536);
	assert_int_equal(out.log.protocol, COLLECTOR_TCP);
	assert_string_equal(out.log.address, "2001:db8::1");
	assert_int_equal(out.log.port, 601);
	assert_int_equal(out.log.reader, 1);
	assert_string_equal(out.crash.store, "/data/crash");
	assert_int_equal(out.crash.count, 7);
	assert_int_equal(out.crash.size, 1 << 20);
	assert_int_equal(decoded[1].log.size, 8192);
	assert_int_equal(decoded[1].log.interval_ms, 1000);
	assert_int_equal(decoded[1].log.burst, 5);
	assert_string_equal(out.watchdog.device, "/dev/watchdog0");
	assert_int_equal(out.watchdog.timeout, 30);
	assert_int_equal(out.watchdog.boot_timeout, 90);
	assert_int_equal(out.watchdog.required, 1);
	assert_string_equal(out.reason.store, "/dev/vda");
	assert_int_equal(out.reason.pstore, 1);
	assert_string_equal(out.kexec.loader[1], "--slot");
	assert_null(out.kexec.loader[2]);
	assert_true(out.kexec.timeout_ms == 60000 && out.kexec.at_boot == 1);
	assert_int_equal(out.module_count, 1);
	assert_string_equal(out.modules[0].name, "virtio_rng");
	assert_string_equal(out.modules[0].path, "/lib/modules/a.ko");
	assert_string_equal(out.modules[0].parameters, "x=1");
	assert_int_equal(out.lock_modules, 1);
	assert_int_equal(out.mount_count, 1);
	assert_string_equal(out.mounts[0].path, "/data");
	assert_string_equal(out.mounts[0].device, "/dev/vda");
	assert_string_equal(out.mounts[0].type, "ext4");
	assert_string_equal(out.mounts[0].options, "");
	assert_int_equal(out.mounts[0].flags, MOUNT_NOFAIL);
	assert_int_equal(out.mounts[0].check, CHECK_FORCE);
	assert_int_equal(out.mounts[0].wait_ms, 5000);
	assert_int_equal(out.mounts[0].check_ms, 60000);
	assert_string_equal(out.seed.path, "/data/seed");
	assert_int_equal(out.seed.credit, 1);
	assert_int_equal(decoded[1].mounts, 1);
	net_came_back();
	assert_int_equal(out.service_count, 2);
	assert_string_equal(decoded[0].name, "setup");
	assert_string_equal(decoded[0].arguments[1], "--flag");
	assert_string_equal(decoded[0].arguments[2], "");
	assert_null(decoded[0].arguments[3]);
	assert_int_equal(decoded[0].type, SERVICE_ONESHOT);
	assert_true(decoded[0].limits.memory_max == UINT64_MAX);
	assert_int_equal(decoded[1].restart, RESTART_ALWAYS);
	assert_true(decoded[1].life.restart_ms == 1500 &&
		    decoded[1].life.limit_burst == 3 &&
		    decoded[1].life.watchdog_ms == 5 &&
		    decoded[1].limits.memory_max == 16 << 20);
	assert_true(decoded[1].limits.tasks_max == 8);
	assert_int_equal(decoded[1].isolation.uid, 1000);
	assert_int_equal(decoded[1].isolation.gid, 1001);
	assert_string_equal(decoded[1].isolation.runtime[0], "hello");
	assert_null(decoded[1].isolation.runtime[1]);
	assert_null(decoded[0].isolation.runtime[0]);
	assert_string_equal(decoded[1].tty, "/dev/ttyS0");
	assert_int_equal(decoded[1].after.count, 1);
	assert_int_equal(decoded[1].after.index[0], 0);
	free(data);
}

/* A copy of exactly `size` bytes, so that the sanitizer sees any read past them. */
static int
decode_copy(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, data, size);
	r = decode(copy, size);
	free(copy);
	return r;
}

static void
test_config_cut_off_anywhere_is_refused(void **state)
{
	uint8_t *data;
	size_t size;

	(void)state;
	encode(&data, &size);
	for (size_t n = 0; n < size; n++) {
		assert_int_equal(decode_copy(data, n), -EBADMSG);
		assert_int_equal(out.service_count, 0);
	}
	free(data);
}

static void
test_config_with_any_bit_flipped_is_refused(void **state)
{
	uint8_t *data;
	size_t size;

	(void)state;
	encode(&data, &size);
	for (size_t bit = 0; bit < size * 8; bit++) {
		bool version = bit / 8 >= 8 && bit / 8 < 12;

		data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(decode(data, size), version ? -EPROTO : -EBADMSG);
		assert_int_equal(out.service_count + out.module_count, 0);
		data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(decode(data, size), 0);
	free(data);
}

static void
test_config_of_another_version_is_told_apart(void **state)
{
	char want[80];
	uint8_t *data;
	size_t size;

	(void)state;
	encode(&data, &size);
	data[8] = CONFIG_VERSION + 1;
	assert_int_equal(decode(data, size), -EPROTO);
	snprintf(want, sizeof(want), "config: layout version %d, this pid1 reads %d",
		CONFIG_VERSION + 1, CONFIG_VERSION);
	assert_string_equal(e.text, want);
	free(data);
}

/* The payload changed on purpose, its checksum right. */
static void
seal(uint8_t *data, size_t size)
{
	struct wire_writer w;

	wire_write_fixed(&w, data + 12, HEADER - 12);
	wire_put_u32(&w, (uint32_t)(size - HEADER));
	wire_put_u64(&w, XXH64(data + HEADER, size - HEADER, 0));
}

static void
test_config_payload_that_lies_is_refused(void **state)
{
	uint8_t *data;
	size_t size, refused = 0;

	(void)state;
	encode(&data, &size);
	/* every byte changed, the checksum made right: refused or read, never past the
	 * end */
	for (size_t i = HEADER; i < size; i++) {
		uint8_t old = data[i];

		data[i] = 0xff;
		seal(data, size);
		if (decode_copy(data, size) < 0)
			refused++;
		data[i] = old;
	}
	assert_true(refused > 50);
	seal(data, size);
	assert_int_equal(decode_copy(data, size), 0);
	/* one byte after the end */
	data = realloc(data, size + 1);
	assert_non_null(data);
	data[size] = 0;
	seal(data, size + 1);
	assert_int_equal(decode_copy(data, size + 1), -EBADMSG);
	assert_string_equal(e.text, "config: damaged: lengths do not add up");
	free(data);
}

static void
test_config_of_10000_services_is_refused(void **state)
{
	uint8_t *data;
	size_t size, at;

	(void)state;
	in.log.reader = 0;
	in.service_count = 10000;
	assert_int_equal(config_encode(&in, &data, &size, &e), -E2BIG);
	assert_null(data);
	/* as bytes: the count is the last thing of a config without services */
	in.service_count = 0;
	encode(&data, &size);
	at = size - 2;
	data[at] = 10000 & 0xff;
	data[at + 1] = 10000 >> 8;
	seal(data, size);
	assert_int_equal(decode_copy(data, size), -E2BIG);
	assert_string_equal(e.text,
		"config: more services, modules, arguments or names than this pid1 has room for");
	free(data);
}

static void
test_config_at_its_limits_comes_back(void **state)
{
	static char name[CONFIG_SERVICES][8];
	uint8_t *data;
	size_t size;

	(void)state;
	for (size_t i = 0; i < CONFIG_SERVICES; i++) {
		snprintf(name[i], sizeof(name[i]), "s%zu", i);
		services[i] = services[1];
		services[i].name = name[i];
		services[i].after.count =
			(uint16_t)(i < CONFIG_RELATIONS ? i : CONFIG_RELATIONS);
		for (size_t k = 0; k < services[i].after.count; k++)
			services[i].after.index[k] = (uint16_t)k;
		for (size_t k = 0; k < CONFIG_ARGUMENTS; k++)
			services[i].arguments[k] = "/x";
	}
	in.service_count = CONFIG_SERVICES;
	encode(&data, &size);
	assert_int_equal(decode_copy(data, size), 0);
	assert_int_equal(out.service_count, CONFIG_SERVICES);
	assert_int_equal(decoded[255].after.count, CONFIG_RELATIONS);
	assert_int_equal(decoded[255].after.index[CONFIG_RELATIONS - 1], 63);
	assert_null(decoded[255].arguments[CONFIG_ARGUMENTS]);
	free(data);
	services[0].arguments[CONFIG_ARGUMENTS] = "/x";
	assert_int_equal(config_encode(&in, &data, &size, &e), -E2BIG);
	services[0].arguments[CONFIG_ARGUMENTS] = NULL;
	services[255].after.count = CONFIG_RELATIONS + 1;
	assert_int_equal(config_encode(&in, &data, &size, &e), -E2BIG);
}

static void
expect_refused(const char *message)
{
	uint8_t *data;
	size_t size;

	assert_int_equal(config_encode(&in, &data, &size, &e), -EINVAL);
	assert_string_equal(e.text, message);
	assert_null(data);
	fill(NULL);
}

/* What service(5) and board(5) allow in names. */
static void
test_config_names_may_have_a_plus(void **state)
{
	uint8_t *data;
	size_t size;

	(void)state;
	services[1].name = "c++_0.a-b";
	in.board = "b+";
	encode(&data, &size);
	assert_int_equal(decode(data, size), 0);
	assert_string_equal(decoded[1].name, "c++_0.a-b");
	free(data);
}

static void
test_config_that_cannot_work_is_not_encoded(void **state)
{
	(void)state;
	services[0].name = "../escape";
	expect_refused("config: service 0: bad name");
	services[1].name = "setup";
	expect_refused("config: service 1: name given twice");
	services[1].arguments[0] = "hello";
	expect_refused("config: service 1: no program by absolute path");
	services[0].arguments[0] = NULL;
	expect_refused("config: service 0: no program by absolute path");
	services[1].after.index[0] = 1;
	expect_refused("config: service 1: starts after a later service");
	services[1].tty = "ttyS0";
	expect_refused("config: service 1: terminal is no absolute path");
	in.modules[0].path = "x.ko";
	expect_refused("config: module 0: no absolute path");
	services[1].log.size = 1;
	in.modules[0].path = "/x.ko";
	in.crash.count = 0;
	expect_refused("config: store of crash reports without room");
	in.crash.store = "data";
	expect_refused("config: store of crash reports is no absolute path");
	in.log.reader = 3;
	expect_refused("config: reader of the log is no service");
	in.log.port = 0;
	expect_refused("config: collector without address or port");
	in.log.kernel_size = 0;
	expect_refused("config: size of a log is not 4K to 16M");
	in.epoch = -1;
	expect_refused("config: epoch before 1970");
	in.board = "";
	expect_refused("config: bad board name");
}

static void
test_config_device_is_a_path_or_a_guid(void **state)
{
	static const char *const guid = "PARTUUID=c12a7328-f81f-11d2-ba4b-00a0c93ec93b";
	uint8_t *data;
	size_t size;

	(void)state;
	in.mounts[0].device = in.reason.store = guid;
	encode(&data, &size);
	assert_int_equal(decode(data, size), 0);
	assert_string_equal(out.mounts[0].device, guid);
	assert_string_equal(out.reason.store, guid);
	free(data);
	in.mounts[0].device = "PARTUUID=";
	expect_refused("config: mount 0: no device");
	in.mounts[0].device = "vda";
	expect_refused("config: mount 0: no device");
	in.reason.store = "PARTUUID=";
	expect_refused("config: reason: no absolute path");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_config_comes_back_whole, fill),
		cmocka_unit_test_setup(test_config_cut_off_anywhere_is_refused, fill),
		cmocka_unit_test_setup(test_config_with_any_bit_flipped_is_refused, fill),
		cmocka_unit_test_setup(
			test_config_of_another_version_is_told_apart, fill),
		cmocka_unit_test_setup(test_config_payload_that_lies_is_refused, fill),
		cmocka_unit_test_setup(test_config_of_10000_services_is_refused, fill),
		cmocka_unit_test_setup(test_config_at_its_limits_comes_back, fill),
		cmocka_unit_test_setup(test_config_names_may_have_a_plus, fill),
		cmocka_unit_test_setup(test_config_that_cannot_work_is_not_encoded, fill),
		cmocka_unit_test_setup(test_config_device_is_a_path_or_a_guid, fill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
