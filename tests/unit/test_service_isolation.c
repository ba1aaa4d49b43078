/* SPDX-License-Identifier: ISC */
#include "services.h"

#include "builder/read/capability.h"

static const uint32_t tight = ISOLATE_VIEW | ISOLATE_LANDLOCK | ISOLATE_TMP |
			      ISOLATE_NETWORK | ISOLATE_PIDS | ISOLATE_IPC |
			      ISOLATE_HOSTNAME | ISOLATE_PRIVILEGES;

static void
test_isolation_nothing_said_is_tight(void **state)
{
	struct service s;

	(void)state;
	accepted(RUN, &s);
	assert_in_range(s.isolation.uid, 61184, 65279);
	assert_int_equal(s.isolation.uid, service_own_id("a"));
	assert_int_equal(s.isolation.gid, s.isolation.uid);
	assert_int_equal(s.isolation.flags, tight);
	assert_true(s.isolation.dropped == UINT64_MAX);
	assert_true(s.isolation.ambient == 0);
	assert_int_equal(s.isolation.bind_count, 1);
	assert_string_equal(s.isolation.binds[0].from, "/bin/a");
	assert_int_equal(s.isolation.binds[0].flags, 0);
	assert_int_equal(s.filter.words.count, 1);
	assert_string_equal(s.filter.words.item[0], "@system-service");
	assert_false(s.filter.deny || s.filter.none || s.filter.namespaces);
	service_free(&s);
}

static void
test_isolation_everything_bound_is_open_but_never_boot_or_modules(void **state)
{
	struct service s;

	(void)state;
	accepted(RUN "User = root\nBindPaths = /\n", &s);
	assert_int_equal(s.isolation.uid, 0);
	assert_int_equal(s.isolation.flags, 0);
	assert_true(s.filter.none);
	assert_true((s.isolation.dropped & CAPABILITY_ALL) == ISOLATE_NEVER);
	assert_int_equal(s.isolation.bind_count, 0);
	service_free(&s);
	accepted(RUN
		"BindPaths = /\nPrivateNetwork = yes\nCapabilityBoundingSet = ~CAP_MKNOD\n"
		"NoNewPrivileges = yes\nSystemCallFilter = ~@swap\n",
		&s);
	assert_int_equal(s.isolation.flags, ISOLATE_NETWORK | ISOLATE_PRIVILEGES);
	assert_true((s.isolation.dropped & CAPABILITY_ALL) ==
		    (ISOLATE_NEVER | (uint64_t)1 << capability_number("CAP_MKNOD")));
	assert_true(s.filter.deny);
	assert_string_equal(s.filter.words.item[0], "@swap");
	service_free(&s);
}

static void
test_isolation_all_given_read(void **state)
{
	struct service s;

	(void)state;
	accepted(RUN
		"User = 7\nGroup = 8\nSupplementaryGroups = 20 root\n"
		"BindPaths = /data/a:/data /run/x\nBindReadOnlyPaths = -/etc/z /dev/dri /bin\n"
		"DeviceAllow = /dev/ttyS1 r\n\t-/dev/video0\n"
		"AmbientCapabilities = CAP_NET_RAW\nPrivateNetwork = no\nPrivatePIDs = no\n"
		"PrivateUsers = yes\nIsolationRequired = yes\nRestrictNamespaces = no\n"
		"SystemCallErrorNumber = kill\nEnvironment = A=b \"C=d e\" F=\n"
		"WorkingDirectory = /data\n",
		&s);
	assert_int_equal(s.isolation.gid, 8);
	assert_int_equal(s.isolation.group_count, 2);
	assert_int_equal(s.isolation.groups[0], 20);
	assert_int_equal(
		s.isolation.flags, (tight & ~(uint32_t)(ISOLATE_NETWORK | ISOLATE_PIDS)) |
					   ISOLATE_USERS | ISOLATE_REQUIRED);
	/* Sorted; the program lies in a folder that is there, so it has no bind. */
	assert_int_equal(s.isolation.bind_count, 5);
	assert_string_equal(s.isolation.binds[0].to, "/bin");
	assert_string_equal(s.isolation.binds[1].from, "/data/a");
	assert_string_equal(s.isolation.binds[1].to, "/data");
	assert_int_equal(s.isolation.binds[1].flags, BIND_WRITABLE);
	assert_int_equal(s.isolation.binds[2].flags, BIND_DEVICES);
	assert_int_equal(s.isolation.binds[3].flags, BIND_OPTIONAL);
	assert_string_equal(s.isolation.devices[0].path, "/dev/ttyS1");
	assert_int_equal(s.isolation.devices[0].access, DEVICE_READ);
	assert_int_equal(s.isolation.devices[1].access,
		DEVICE_READ | DEVICE_WRITE | DEVICE_OPTIONAL);
	assert_true(s.isolation.ambient == (uint64_t)1 << 13);
	assert_true(s.isolation.dropped == ~((uint64_t)1 << 13));
	assert_true(s.filter.kill && s.filter.namespaces);
	assert_int_equal(s.environment.count, 3);
	assert_string_equal(s.environment.item[1], "C=d e");
	assert_string_equal(s.directory, "/data");
	service_free(&s);
}

static void
test_isolation_runtime_folders_bound(void **state)
{
	struct service s;

	(void)state;
	accepted(RUN "RuntimeDirectory = a.b c_d\nBindPaths = /run/c_d:/var/c\n", &s);
	assert_string_equal(s.isolation.runtime[0], "a.b");
	assert_string_equal(s.isolation.runtime[1], "c_d");
	assert_null(s.isolation.runtime[2]);
	assert_int_equal(s.isolation.bind_count, 4);
	assert_string_equal(s.isolation.binds[1].from, "/run/a.b");
	assert_string_equal(s.isolation.binds[1].to, "/run/a.b");
	assert_int_equal(s.isolation.binds[1].flags, BIND_WRITABLE);
	assert_string_equal(s.isolation.binds[3].from, "/run/c_d");
	assert_string_equal(s.isolation.binds[3].to, "/var/c");
	service_free(&s);
	/* All is seen anyway; the folder is made all the same. */
	accepted(RUN "BindPaths = /\nRuntimeDirectory = x\n", &s);
	assert_string_equal(s.isolation.runtime[0], "x");
	assert_int_equal(s.isolation.bind_count, 0);
	service_free(&s);
	refused(RUN "RuntimeDirectory = pid1\n",
		FILE ":3: RuntimeDirectory: /run/pid1 is Ingot's own");
	refused(RUN "RuntimeDirectory = x\nBindReadOnlyPaths = /run/x\n",
		FILE ":3: RuntimeDirectory: /run/x is bound by another key, too");
	refused(RUN "RuntimeDirectory = a b c d e\n",
		FILE ":3: RuntimeDirectory: want at most 4 folders");
}

static void
test_isolation_runtime_folder_of_two_users_refused(void **state)
{
	struct service s[2];
	struct error e = {.text = ""};

	(void)state;
	accepted(RUN "RuntimeDirectory = x\nUser = 7\n", &s[0]);
	accepted(RUN "RuntimeDirectory = y x\nUser = 7\n", &s[1]);
	assert_int_equal(service_check_runtime(s, 2, &e), 0);
	s[1].isolation.uid = 8;
	assert_int_equal(service_check_runtime(s, 2, &e), -EINVAL);
	assert_string_equal(e.text, FILE
		": RuntimeDirectory: /run/x is that of another user's " FILE ", too");
	service_free(&s[0]);
	service_free(&s[1]);
}

static void
test_isolation_without_a_filter_no_namespaces_all_the_same(void **state)
{
	struct service s;

	(void)state;
	accepted(RUN "SystemCallFilter = no\n", &s);
	assert_false(s.filter.none);
	assert_true(s.filter.deny);
	assert_int_equal(s.filter.words.count, 0);
	assert_false(s.filter.namespaces);
	service_free(&s);
	accepted(RUN "SystemCallFilter = no\nRestrictNamespaces = no\n", &s);
	assert_true(s.filter.none);
	service_free(&s);
	accepted(RUN "SystemCallFilter = no\nNoNewPrivileges = no\n", &s);
	assert_true(s.filter.none);
	service_free(&s);
	refused(RUN
		"NoNewPrivileges = no\nRestrictNamespaces = yes\nSystemCallFilter = no\n",
		FILE ":5: SystemCallFilter: want NoNewPrivileges = yes beside it");
}

static void
test_isolation_bad_value_refused(void **state)
{
	(void)state;
	refused(RUN "CapabilityBoundingSet = CAP_SYS_BOOT\n", FILE
		":3: CapabilityBoundingSet: no service has CAP_SYS_BOOT: only pid1 may do that");
	refused(RUN "AmbientCapabilities = CAP_SYS_MODULE\n", FILE
		":3: AmbientCapabilities: no service has CAP_SYS_MODULE: only pid1 may do that");
	refused(RUN "CapabilityBoundingSet = CAP_FLY\n", FILE
		":3: CapabilityBoundingSet: want capabilities such as CAP_NET_RAW, got \"CAP_FLY\"");
	refused(RUN "CapabilityBoundingSet =\nAmbientCapabilities = CAP_NET_RAW\n", FILE
		":3: CapabilityBoundingSet: want what AmbientCapabilities names in it, too");
	refused(RUN "SystemCallFilter = @fly\n", FILE
		":3: SystemCallFilter: want system calls or groups such as @system-service, got \"@fly\"");
	refused(RUN "SystemCallFilter = read fly\n", FILE
		":3: SystemCallFilter: want system calls or groups such as @system-service, got \"fly\"");
	refused(RUN "NoNewPrivileges = no\n", FILE
		":3: NoNewPrivileges: want SystemCallFilter = no beside it: the kernel filters only processes that gain no privileges");
	refused(RUN "BindPaths = / /data\n",
		FILE ":3: BindPaths: want \"BindPaths = /\" alone, or paths below it");
	refused(RUN "BindPaths = /a:/../b\n",
		FILE ":3: BindPaths: want a path without \"..\", got \"/../b\"");
	refused(RUN "BindPaths = /a\nBindReadOnlyPaths = /b:/a\n",
		FILE ":4: BindReadOnlyPaths: \"/a\" is bound twice");
	refused(RUN "BindPaths = /tmp/x\n",
		FILE ": BindPaths: /tmp/x lies in its own /tmp: want PrivateTmp = no");
	refused(RUN "BindPaths = /\nDeviceAllow = /dev/ttyS1\n",
		FILE ":4: DeviceAllow: BindPaths = / has everything in it already");
	refused(RUN "BindPaths = /\nPrivateTmp = yes\n",
		FILE ":4: PrivateTmp: want paths other than / in BindPaths beside it");
	refused(RUN "DeviceAllow = /etc/x\n", FILE
		":3: DeviceAllow: want a device and r, w or rw, such as \"/dev/ttyS1 rw\", got \"/etc/x\"");
	refused(RUN "DeviceAllow = PARTUUID=1\n", FILE
		":3: DeviceAllow: want a device and r, w or rw, such as \"/dev/ttyS1 rw\", got \"PARTUUID=1\"");
	refused(RUN "DeviceAllow = slot-c\n", FILE
		":3: DeviceAllow: want a device and r, w or rw, such as \"/dev/ttyS1 rw\", got \"slot-c\"");
	refused(RUN "DeviceAllow = /dev/x m\n", FILE
		":3: DeviceAllow: want a device and r, w or rw, such as \"/dev/ttyS1 rw\", got \"/dev/x m\"");
	refused(RUN "Environment = 1=2\n",
		FILE ":3: Environment: want assignments such as NAME=value, got \"1=2\"");
	refused(RUN "WorkingDirectory = data\n",
		FILE ":3: WorkingDirectory: want an absolute path, got \"data\"");
	refused(RUN "TasksMax = 1\n", FILE
		":3: TasksMax: want at least 2, or PrivatePIDs = no: the keeper of its PID namespace is one");
	refused(RUN "PrivateNetwork = maybe\n",
		FILE ":3: PrivateNetwork: want yes or no, got \"maybe\"");
}

static void
test_isolation_one_user_for_two_services_refused(void **state)
{
	struct error e = {.text = ""};
	struct service s[2];

	(void)state;
	accepted(RUN, &s[0]);
	accepted(RUN, &s[1]);
	/* As if "b" had the same hash. */
	s[1].file[9] = 'b';
	assert_int_equal(service_check_ids(s, 2, &e), -EINVAL);
	assert_non_null(strstr(e.text, "services/a.service: User: its user "));
	s[1].isolation.uid = 0;
	assert_int_equal(service_check_ids(s, 2, &e), 0);
	service_free(&s[0]);
	service_free(&s[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_isolation_nothing_said_is_tight),
		cmocka_unit_test(
			test_isolation_everything_bound_is_open_but_never_boot_or_modules),
		cmocka_unit_test(test_isolation_all_given_read),
		cmocka_unit_test(test_isolation_runtime_folders_bound),
		cmocka_unit_test(test_isolation_runtime_folder_of_two_users_refused),
		cmocka_unit_test(
			test_isolation_without_a_filter_no_namespaces_all_the_same),
		cmocka_unit_test(test_isolation_bad_value_refused),
		cmocka_unit_test(test_isolation_one_user_for_two_services_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
