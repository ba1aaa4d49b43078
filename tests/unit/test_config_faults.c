/* SPDX-License-Identifier: ISC */
/* What pid1 counts on in a config: each value that it could not bear is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/config.h"
#include "lib/error.h"

static struct config_service services[3];
static struct config in;

/* A config that is good; the service that a test spoils. */
static struct config_service *
afresh(void)
{
	memset(&in, 0, sizeof(in));
	memset(services, 0, sizeof(services));
	for (size_t i = 0; i < 3; i++)
		services[i] = (struct config_service){
			.name = i == 0	 ? "a"
				: i == 1 ? "b"
					 : "c",
			.arguments = {"/bin/x"},
			.life = {.timer_boot_ms = CONFIG_NEVER},
			.tty = "",
		};
	in.board = "board";
	in.hostname = "";
	in.log = (struct config_log){.size = 8192, .kernel_size = 8192, .address = ""};
	in.log.reader = 3;
	in.outbox.sender = 3;
	in.watchdog.device = in.reason.store = "";
	in.mounts[0] = (struct config_mount){
		"/data", "/dev/vda", "ext4", "", 0, CHECK_REPAIR, 5000, 60000};
	in.mount_count = 1;
	in.services = services;
	in.service_count = 3;
	return &services[1];
}

static struct config_isolation *
isolation(void)
{
	return &afresh()->isolation;
}

static struct config_limits *
limits(void)
{
	return &afresh()->limits;
}

static struct config_life *
life(void)
{
	return &afresh()->life;
}

static struct config *
machine(void)
{
	afresh();
	return &in;
}

static struct config_net *
net(void)
{
	afresh();
	in.net.link_count = 2;
	in.net.links[0] = (struct config_link){.name = "eth0", .key = ""};
	in.net.links[1] = (struct config_link){
		.name = "wg0", .kind = LINK_WIREGUARD, .key = "/data/key"};
	return &in.net;
}

static void
refused(const char *why)
{
	struct error e = {0};
	uint8_t *data = NULL;
	size_t size;
	char want[200];

	snprintf(want, sizeof(want), "config: %s", why);
	assert_int_equal(config_encode(&in, &data, &size, &e), -EINVAL);
	assert_string_equal(e.text, want);
	assert_null(data);
}

static void
bad(const char *why)
{
	char want[160];

	snprintf(want, sizeof(want), "service 1: %s", why);
	refused(want);
}

static void
accepted(void)
{
	struct error e = {0};
	uint8_t *data;
	size_t size;

	if (config_encode(&in, &data, &size, &e) < 0)
		fail_msg("%s", e.text);
	free(data);
}

static void
test_config_fault_in_a_life(void **state)
{
	(void)state;
	afresh();
	accepted();
	afresh()->type = SERVICE_TYPES;
	bad("unknown type or restart");
	afresh()->restart = SERVICE_RESTARTS;
	bad("unknown type or restart");
	life()->critical = 2;
	bad("bad flag");
	life()->at_boot = 2;
	bad("bad flag");
	life()->limit_burst = CONFIG_BURST;
	accepted();
	life()->limit_burst = CONFIG_BURST + 1;
	bad("bad start limit");
	life()->limit_action = LIMIT_ACTIONS;
	bad("bad start limit");
	life()->notify_fd = 3;
	bad("bad descriptor for readiness");
	for (uint8_t fd = 0; fd < 20; fd++) {
		afresh()->type = SERVICE_NOTIFY;
		services[1].life.notify_fd = fd;
		if (fd == 0 || (fd >= 3 && fd <= CONFIG_NOTIFY_FD))
			accepted();
		else
			bad("bad descriptor for readiness");
	}
}

/* Nothing is so far away that a sum with the time wraps. */
static void
test_config_fault_in_a_time(void **state)
{
	static const size_t waits[] = {offsetof(struct config_life, start_ms),
		offsetof(struct config_life, stop_ms),
		offsetof(struct config_life, restart_ms),
		offsetof(struct config_life, restart_most_ms)};
	static const size_t times[] = {offsetof(struct config_life, watchdog_ms),
		offsetof(struct config_life, limit_ms),
		offsetof(struct config_life, timer_period_ms),
		offsetof(struct config_life, timer_boot_ms)};
	static const size_t health[] = {offsetof(struct config_health, trial_ms),
		offsetof(struct config_health, deadline_ms),
		offsetof(struct config_health, timeout_ms)};

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		const size_t at = i < 4 ? waits[i] : times[i - 4];
		uint64_t ms = CONFIG_WAIT_MS;

		memcpy((char *)life() + at, &ms, sizeof(ms));
		accepted();
		ms++;
		memcpy((char *)life() + at, &ms, sizeof(ms));
		bad(i < 4 ? "a wait of more than a day" : "a time of more than a day");
	}
	for (size_t i = 0; i < 3; i++) {
		uint64_t ms = CONFIG_WAIT_MS + 1;

		afresh();
		memcpy((char *)&in.health + health[i], &ms, sizeof(ms));
		refused("health: a time of more than a day");
	}
	afresh()->log.interval_ms = CONFIG_WAIT_MS + 1;
	bad("interval of a log's rate is more than a day");
	machine()->kexec.loader[0] = "/bin/load";
	in.kexec.timeout_ms = CONFIG_WAIT_MS + 1;
	refused("kexec: a timeout of more than a day");
	machine()->mounts[0].wait_ms = CONFIG_WAIT_MS + 1;
	refused("mount 0: a wait of nothing or more than a day");
	machine()->mounts[0].check_ms = 0;
	refused("mount 0: a wait of nothing or more than a day");
}

static void
test_config_fault_in_a_relation(void **state)
{
	(void)state;
	afresh()->after = (struct config_relation){.index = {1}, .count = 1};
	bad("starts after a later service");
	afresh()->requires = (struct config_relation){.index = {0, 3}, .count = 2};
	bad("needs a service that is not there");
	afresh()->wants = (struct config_relation){.index = {3}, .count = 1};
	bad("needs a service that is not there");
	afresh()->on_failure = (struct config_relation){.index = {3}, .count = 1};
	bad("needs a service that is not there");
	afresh()->requires = (struct config_relation){.index = {2}, .count = 1};
	accepted();
	afresh()->mounts = 2;
	bad("needs a mount that is not there");
	afresh()->mounts_wanted = 2;
	bad("needs a mount that is not there");
	afresh()->mounts = services[1].mounts_wanted = 1;
	accepted();
	afresh()->name = "a";
	bad("name given twice");
	machine()->outbox.url = "http://x/";
	in.outbox.priorities[0] = "high";
	refused("sender of the outbox is no service");
	in.outbox.sender = 2;
	accepted();
	in.outbox.priorities[0] = "../high";
	refused("bad name of a priority");
	in.outbox.priorities[0] = NULL;
	refused("outbox without priorities");
	in.outbox.url = "https://x/";
	refused("outbox without an http address");
}

static void
test_config_fault_in_limits(void **state)
{
	static char many[502];

	(void)state;
	limits()->slice = SERVICE_SLICES;
	bad("unknown slice");
	limits()->cpu_weight = 10001;
	bad("weight above 10000");
	limits()->io_weight = 10001;
	bad("weight above 10000");
	limits()->policy = 4;
	bad("bad scheduling policy or priority");
	limits()->policy = 6;
	bad("bad scheduling policy or priority");
	limits()->policy = 1;
	bad("bad scheduling policy or priority");
	limits()->priority = 1;
	bad("bad scheduling policy or priority");
	limits()->policy = 2;
	services[1].limits.priority = 100;
	bad("bad scheduling policy or priority");
	services[1].limits.priority = 99;
	accepted();
	limits()->nice = 20;
	bad("nice is not -20 to 19");
	limits()->nice = -21;
	bad("nice is not -20 to 19");
	limits()->oom_score_adjust = 1001;
	bad("OOM score is not -1000 to 1000");
	limits()->oom_score_adjust = -1001;
	bad("OOM score is not -1000 to 1000");
	limits()->cpus = "0-1 3";
	bad("bad list of processors");
	limits()->cpus = "0-1,3";
	accepted();
	memset(many, '0', sizeof(many) - 1);
	limits()->cpus = many;
	bad("list of processors too long");
}

static void
test_config_fault_in_isolation(void **state)
{
	static const uint8_t filter[4097 * 8];

	(void)state;
	isolation()->flags = ISOLATE_SYSTEM;
	bad("unknown kind of isolation");
	isolation()->ambient = ISOLATE_NEVER;
	bad("ambient capability outside of its bounding set");
	isolation()->dropped = 1;
	services[1].isolation.ambient = 1;
	bad("ambient capability outside of its bounding set");
	isolation()->filter = filter;
	services[1].isolation.flags = ISOLATE_PRIVILEGES;
	services[1].isolation.filter_size = 9;
	bad("bad system call filter");
	services[1].isolation.filter_size = 4097 * 8;
	bad("bad system call filter");
	services[1].isolation.filter_size = 8;
	accepted();
	services[1].isolation.flags = 0;
	bad("system call filter without NoNewPrivileges=yes");
	isolation()->runtime[0] = "../etc";
	bad("bad name of a folder in /run");
	afresh()->directory = "data";
	bad("working directory is no absolute path");
}

static void
test_config_fault_in_a_path(void **state)
{
	static const char *const escapes[] = {
		"data", "", "/a/../b", "/a/..", "/..", "//a", "/a//b"};

	(void)state;
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		isolation()->bind_count = 1;
		services[1].isolation.binds[0] =
			(struct config_bind){"/a", escapes[i], 0};
		bad("bad path to bind");
		services[1].isolation.binds[0] =
			(struct config_bind){escapes[i], "/a", 0};
		bad("bad path to bind");
	}
	services[1].isolation.binds[0] = (struct config_bind){"/", "/", 0};
	bad("bad path to bind");
	services[1].isolation.binds[0] = (struct config_bind){"/", "/a..b/..c/d..", 0};
	accepted();
	isolation()->device_count = 1;
	services[1].isolation.devices[0].path = "/etc/passwd";
	bad("device is not in /dev");
	services[1].isolation.devices[0].path = "/dev/../etc/passwd";
	bad("device is not in /dev");
	services[1].isolation.devices[0].path = "/dev/null";
	accepted();
}

static void
test_config_fault_in_a_mount(void **state)
{
	(void)state;
	machine()->mounts[0].path = "/";
	refused("mount 0: no folder to mount on");
	in.mounts[0].path = "data";
	refused("mount 0: no folder to mount on");
	machine()->mounts[0].device = "/dev/";
	refused("mount 0: no device");
	in.mounts[0].device = "/etc/x";
	refused("mount 0: no device");
	machine()->mounts[0].type = "";
	refused("mount 0: no type");
	in.mounts[0].type = "vfat";
	refused("mount 0: a check of what is not ext4");
	in.mounts[0].check = CHECK_NONE;
	accepted();
	in.mounts[0].check = MOUNT_CHECKS;
	refused("mount 0: unknown flag");
	machine()->mounts[0].flags = MOUNT_FLAGS + 1;
	refused("mount 0: unknown flag");
	machine()->seed = (struct config_seed){"/data/seed", 2, 0};
	refused("bad flag of the seed");
	in.seed = (struct config_seed){"seed", 1, 0};
	refused("no absolute path of the seed");
	in.seed = (struct config_seed){"/data/seed", 1, 1};
	refused("a seed on no mount");
}

static void
test_config_fault_in_a_link(void **state)
{
	static const char *const names[] = {"", "sixteen-letters-", ".", "a/b"};

	(void)state;
	net();
	accepted();
	for (size_t i = 0; i < 4; i++) {
		net()->links[0].name = names[i];
		refused("bad name of a link");
	}
	net()->links[0].kind = LINK_KINDS;
	refused("bad kind, flags or size of a link");
	net()->links[0].flags = LINK_FLAGS + 1;
	refused("bad kind, flags or size of a link");
	net()->links[0].mtu = 65536;
	refused("bad kind, flags or size of a link");
	net()->links[1].key = "";
	refused("WireGuard without a key");
	net()->links[1].kind = LINK_VLAN;
	refused("bad VLAN");
	in.net.links[1].vlan = 4095;
	refused("bad VLAN");
	in.net.links[1].vlan = 4094;
	accepted();
	in.net.links[1].parent = 1;
	refused("bad VLAN");
	in.net.links[1].parent = 2;
	refused("bad VLAN");
}

static void
test_config_fault_in_an_address(void **state)
{
	(void)state;
	net()->address_count = 1;
	refused("bad address of a link");
	in.net.addresses[0] = (struct config_address){0, {4, 33, {10}}};
	refused("bad address of a link");
	in.net.addresses[0] = (struct config_address){2, {4, 32, {10}}};
	refused("bad address of a link");
	in.net.addresses[0] = (struct config_address){1, {6, 128, {10}}};
	accepted();
	net()->route_count = 1;
	refused("bad route");
	in.net.routes[0].to.family = 4;
	accepted();
	in.net.routes[0].via.family = 5;
	refused("bad route");
	in.net.routes[0].via.family = 0;
	in.net.routes[0].link = 2;
	refused("bad route");
	net()->peer_count = 1;
	in.net.peers[0].preshared = "";
	refused("bad peer");
	in.net.peers[0].link = 2;
	refused("bad peer");
	in.net.peers[0].link = 1;
	accepted();
	in.net.peers[0].endpoint = (struct config_prefix){4, 33, {0}};
	refused("bad peer");
	in.net.peers[0].endpoint = (struct config_prefix){0};
	in.net.allowed_count = 1;
	refused("bad addresses of a peer");
	in.net.allowed[0].prefix = (struct config_prefix){6, 129, {0}};
	refused("bad addresses of a peer");
	in.net.allowed[0].prefix.length = 128;
	accepted();
	in.net.allowed[0].peer = 1;
	refused("bad addresses of a peer");
	net()->fail_open = 2;
	refused("bad flag of the firewall");
	net()->forward = 2;
	refused("bad flag of the firewall");
}

static void
test_config_fault_in_the_machine(void **state)
{
	(void)state;
	machine()->selfcheck = 2;
	refused("bad selfcheck flag");
	machine()->lock_modules = 2;
	refused("bad lock-modules flag");
	machine()->hostname = "a b";
	refused("bad hostname");
	machine()->module_count = 1;
	in.modules[0] = (struct config_module){"a/b", "/a.ko", ""};
	refused("module 0: bad name");
	machine()->health.unhealthy[0] = "revert";
	refused("health command is no absolute path");
	machine()->watchdog.device = "watchdog";
	refused("watchdog: no absolute path");
	in.watchdog.device = "/dev/watchdog";
	in.watchdog.timeout = 1;
	refused("watchdog: no timeout");
	in.watchdog.boot_timeout = 1;
	accepted();
	in.watchdog.required = 2;
	refused("bad watchdog or reason flag");
	machine()->reason.pstore = 2;
	refused("bad watchdog or reason flag");
	machine()->reason.store = "reason";
	refused("reason: no absolute path");
	machine()->kexec.at_boot = 1;
	refused("kexec: at boot without a loader");
	in.kexec.loader[0] = "/bin/load";
	refused("kexec: no loader by absolute path, or no timeout");
	in.kexec.timeout_ms = 1;
	accepted();
	in.kexec.loader[0] = "load";
	refused("kexec: no loader by absolute path, or no timeout");
	machine()->log.protocol = COLLECTOR_PROTOCOLS;
	refused("unknown protocol of the collector");
	machine()->log.console = 2;
	refused("bad console flag");
	afresh()->log.size = 1;
	bad("size of a log is not 4K to 16M");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_config_fault_in_a_life),
		cmocka_unit_test(test_config_fault_in_a_time),
		cmocka_unit_test(test_config_fault_in_a_relation),
		cmocka_unit_test(test_config_fault_in_limits),
		cmocka_unit_test(test_config_fault_in_isolation),
		cmocka_unit_test(test_config_fault_in_a_path),
		cmocka_unit_test(test_config_fault_in_a_mount),
		cmocka_unit_test(test_config_fault_in_a_link),
		cmocka_unit_test(test_config_fault_in_an_address),
		cmocka_unit_test(test_config_fault_in_the_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
