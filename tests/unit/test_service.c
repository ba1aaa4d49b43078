/* SPDX-License-Identifier: ISC */
#include "scratch.h"

#include "builder/base/command.h"
#include "builder/read/service.h"

#define RUN "[Service]\nExecStart = /bin/a\n"

static const char path[] = "services/a.service";

static int
read_it(const char *file, struct error *e)
{
	struct service service;
	int r = service_read(&service, file, e);

	service_free(&service);
	return r;
}

/* Reads text as services/a.service; the message must be exactly this. */
static void
refused(const char *text, const char *message)
{
	assert_int_equal(scratch_refused(path, text, read_it, message), -EINVAL);
}

static void
accepted(const char *text, struct service *service)
{
	struct error e = {.text = ""};
	int r;

	scratch_write(path, text);
	r = service_read(service, path, &e);
	assert_string_equal(e.text, "");
	assert_int_equal(r, 0);
}

static void
test_service_complete_every_field_read(void **state)
{
	struct service s;

	(void)state;
	accepted("[Unit]\nDescription = Does a\nAfter = b.service c\n"
		 "[Service]\nExecStart = /bin/a \"b c\" --d\nType = oneshot\n"
		 "Restart = on-failure\nRestartSec = 2s\nMemoryMax = 16M\nTasksMax = 8\n"
		 "User = 100\nGroup = 101\nTTYPath = /dev/ttyS0\n",
		&s);
	assert_string_equal(s.file, path);
	assert_string_equal(s.name, "a");
	assert_string_equal(s.description, "Does a");
	assert_int_equal(s.after.count, 2);
	assert_string_equal(s.after.item[0], "b");
	assert_string_equal(s.after.item[1], "c");
	assert_int_equal(s.after_line, 3);
	assert_int_equal(s.arguments.count, 3);
	assert_string_equal(s.arguments.item[1], "b c");
	assert_int_equal(s.type, SERVICE_ONESHOT);
	assert_int_equal(s.restart, RESTART_ON_FAILURE);
	assert_int_equal(s.life.restart_ms, 2000);
	assert_int_equal(s.limits.memory_max, 16 << 20);
	assert_int_equal(s.limits.tasks_max, 8);
	assert_int_equal(s.isolation.uid, 100);
	assert_int_equal(s.isolation.gid, 101);
	assert_string_equal(s.tty, "/dev/ttyS0");
	service_free(&s);
}

static void
test_service_minimal_defaults_as_documented(void **state)
{
	struct service s;

	(void)state;
	accepted(RUN, &s);
	assert_string_equal(s.description, "a");
	assert_int_equal(s.after.count, 0);
	assert_int_equal(s.type, SERVICE_SIMPLE);
	assert_int_equal(s.restart, RESTART_NO);
	assert_int_equal(s.life.restart_ms, 100);
	assert_true(s.limits.memory_max == UINT64_MAX);
	assert_true(s.limits.tasks_max == UINT64_MAX);
	assert_null(s.tty);
	service_free(&s);
	accepted(RUN "User = 7\nMemoryMax = infinity\nTasksMax = infinity\n", &s);
	assert_int_equal(s.isolation.gid, 7);
	assert_true(s.limits.memory_max == UINT64_MAX);
	assert_true(s.limits.tasks_max == UINT64_MAX);
	service_free(&s);
}

static void
test_service_bad_value_refused(void **state)
{
	(void)state;
	refused("", "services/a.service:1: ExecStart: missing in [Service]");
	refused("[Service]\nExecStart =\n",
		"services/a.service:2: ExecStart: empty, want a value");
	refused("[Service]\nExecStart = a\n",
		"services/a.service:2: ExecStart: want an absolute path, got \"a\"");
	refused("[Service]\nExecStart = /bin/../a\n",
		"services/a.service:2: ExecStart: want a path without \"..\", got \"/bin/../a\"");
	refused(RUN "Type = forking\n",
		"services/a.service:3: Type: want simple, oneshot or notify, got \"forking\"");
	refused(RUN "Restart = maybe\n",
		"services/a.service:3: Restart: want no, on-success, on-failure, on-abnormal, on-watchdog or always, got \"maybe\"");
	refused(RUN "Type = oneshot\nRestart = always\n",
		"services/a.service:4: Restart: want no or on-failure with Type=oneshot, got \"always\"");
	refused(RUN "LogSize = 1K\n",
		"services/a.service:3: LogSize: want 4K to 16M, got \"1K\"");
	refused(RUN "LogRateLimitIntervalSec = 25h\n",
		"services/a.service:3: LogRateLimitIntervalSec: want at most 24h, got \"25h\"");
	refused(RUN "LogRateLimitBurst = -1\n",
		"services/a.service:3: LogRateLimitBurst: want a number from 0 to 4294967295, got \"-1\"");
	refused(RUN "MemoryMax = 16Q\n",
		"services/a.service:3: MemoryMax: want a size such as 16M, got \"16Q\"");
	refused(RUN "MemoryMax = 0\n",
		"services/a.service:3: MemoryMax: want a size of at least one byte, got \"0\"");
	refused(RUN "TasksMax = 0\n",
		"services/a.service:3: TasksMax: want 1 to 4194304 or infinity, got \"0\"");
	refused(RUN "User = wh:eel\n",
		"services/a.service:3: User: want a numeric user or group id up to 4294967294, got \"wh:eel\"");
	refused(RUN "TTYPath = /etc/x\n",
		"services/a.service:3: TTYPath: want a terminal such as /dev/ttyS0, got \"/etc/x\"");
	refused(RUN "[Unit]\nDescription =\n",
		"services/a.service:4: Description: empty, want a value");
	refused(RUN "[Unit]\nAfter = b b.service\n",
		"services/a.service:4: After: \"b\" stands in it twice");
}

/* Keys that systemd has and Ingot does not must not look as if they worked. */
static void
test_service_unknown_key_refused(void **state)
{
	(void)state;
	refused(RUN "RuntimeMaxSec = 5\n",
		"services/a.service:3: RuntimeMaxSec: unknown key in [Service]");
	refused("[Unit]\nBindsTo = b\n" RUN,
		"services/a.service:2: BindsTo: unknown key in [Unit]");
	refused(RUN "[Install]\nWantedBy = multi-user.target\n",
		"services/a.service:3: [Install]: unknown section");
	refused("[Service]\nexecstart = /bin/a\n",
		"services/a.service:2: execstart: unknown key in [Service]");
}

static void
test_service_bad_file_name_refused(void **state)
{
	struct error e = {.text = ""};

	(void)state;
	assert_int_equal(read_it("services/a.conf", &e), -EINVAL);
	assert_string_equal(e.text,
		"services/a.conf: want a file called NAME.service, NAME of at most 64 of a-z 0-9 + . - _");
	assert_int_equal(read_it("services/A.service", &e), -EINVAL);
}

static void
test_service_hostile_file_refused(void **state)
{
	(void)state;
	scratch_hostile(path, read_it);
	scratch_unreadable(path, read_it);
}

static void
test_command_split_as_systemd(void **state)
{
	static const struct {
		const char *line, *words; /* parted by "|" */
	} good[] = {
		{"/bin/a", "/bin/a"},
		{"  /bin/a\tb\n c ", "/bin/a|b|c"},
		{"/bin/a \"b c\" 'd \"e\"'", "/bin/a|b c|d \"e\""},
		{"/bin/a \"\" x", "/bin/a||x"},
		{"/bin/a --b=\"c d\"e", "/bin/a|--b=c de"},
		{"/bin/a \\\"b\\\\ c\\sd", "/bin/a|\"b\\|c d"},
		{"/bin/sh -c 'echo $$HOME 5%%'", "/bin/sh|-c|echo $HOME 5%"},
		{"/bin/a b;c", "/bin/a|b;c"},
	};
	char why[256], joined[256];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct strlist words = {0};

		assert_int_equal(
			command_split(good[i].line, &words, why, sizeof(why)), 0);
		joined[0] = '\0';
		for (size_t k = 0; k < words.count; k++) {
			strcat(joined, k > 0 ? "|" : "");
			strcat(joined, words.item[k]);
		}
		assert_string_equal(joined, good[i].words);
		strlist_free(&words);
	}
}

static void
test_command_split_what_ingot_lacks_refused(void **state)
{
	static const struct {
		const char *line, *why;
	} bad[] = {
		{" \t", "empty, want a program and its arguments"},
		{"/bin/a \"b", "a quote is not closed"},
		{"/bin/a 'b\"", "a quote is not closed"},
		{"/bin/a \\q",
			"want \\\\, \\\", \\', \\s, \\n or \\t behind a backslash"},
		{"/bin/a \\", "want \\\\, \\\", \\', \\s, \\n or \\t behind a backslash"},
		{"/bin/a $HOME",
			"there are no variables: write $$ for a \"$\", or start a shell"},
		{"/bin/a %i", "there are no specifiers: write %% for a \"%\""},
		{"/bin/a ; /bin/b", "want one command, \";\" starts a second one"},
		{"-/bin/a",
			"want the program's path first: systemd's prefixes have no meaning here"},
	};
	char why[256];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct strlist words = {0};

		assert_int_equal(
			command_split(bad[i].line, &words, why, sizeof(why)), -EINVAL);
		assert_string_equal(why, bad[i].why);
		strlist_free(&words);
	}
}

/* Services from pairs NAME, "AFTER ..."; returns what service_sort() does and the order.
 */
static int
sort(const char *const pairs[][2], size_t count, char *order, struct error *e)
{
	struct service services[8] = {{0}};
	int r;

	order[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		char text[128], file[64];

		(void)snprintf(file, sizeof(file), "%s.service", pairs[i][0]);
		(void)snprintf(
			text, sizeof(text), "[Unit]\nAfter = %s\n" RUN, pairs[i][1]);
		assert_int_equal(
			service_parse(&services[i], file, text, strlen(text), e), 0);
	}
	r = service_sort(services, count, "board.ini", e);
	for (size_t i = 0; i < count; i++) {
		strcat(order, services[i].name);
		service_free(&services[i]);
	}
	return r;
}

static void
test_service_sort_after_then_name(void **state)
{
	static const char *const free_ones[][2] = {{"c", ""}, {"a", ""}, {"b", ""}};
	static const char *const chain[][2] = {
		{"a", "c"}, {"b", ""}, {"c", "d"}, {"d", ""}, {"e", "a b"}};
	struct error e = {.text = ""};
	char order[64];

	(void)state;
	assert_int_equal(sort(free_ones, 3, order, &e), 0);
	assert_string_equal(order, "abc");
	assert_int_equal(sort(chain, 5, order, &e), 0);
	assert_string_equal(order, "bdcae");
}

static void
test_service_sort_critical_and_its_needs_first(void **state)
{
	static const char *const texts[][2] = {{"a", RUN},
		{"b", "[Unit]\nAfter = a\n" RUN},
		{"z", "[Unit]\nAfter = m\n" RUN "Critical = yes\n"},
		{"m", "[Unit]\nAfter = k\n" RUN}, {"k", RUN}};
	struct service services[5] = {{0}};
	struct error e = {.text = ""};
	char order[8] = "";

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		char file[16];

		(void)snprintf(file, sizeof(file), "%s.service", texts[i][0]);
		assert_int_equal(service_parse(&services[i], file, texts[i][1],
					 strlen(texts[i][1]), &e),
			0);
	}
	assert_int_equal(service_sort(services, 5, "board.ini", &e), 0);
	for (size_t i = 0; i < 5; i++) {
		strcat(order, services[i].name);
		service_free(&services[i]);
	}
	assert_string_equal(order, "kmzab");
}

static void
test_service_sort_cycle_is_printed(void **state)
{
	static const char *const self[][2] = {{"a", "a"}};
	static const char *const tail[][2] = {
		{"a", "b"}, {"b", "d"}, {"c", ""}, {"d", "e"}, {"e", "b c"}};
	struct error e = {.text = ""};
	char order[64];

	(void)state;
	assert_int_equal(sort(self, 1, order, &e), -EINVAL);
	assert_string_equal(
		e.text, "a.service:2: After: services wait for each other: a -> a");
	assert_int_equal(sort(tail, 5, order, &e), -EINVAL);
	assert_string_equal(e.text,
		"b.service:2: After: services wait for each other: b -> d -> e -> b");
}

static void
test_service_sort_not_enabled_refused(void **state)
{
	static const char *const lone[][2] = {{"a", "b"}};
	struct error e = {.text = ""};
	char order[64];

	(void)state;
	assert_int_equal(sort(lone, 1, order, &e), -EINVAL);
	assert_string_equal(
		e.text, "a.service:2: After: \"b\" is not enabled in board.ini");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_service_complete_every_field_read),
		cmocka_unit_test(test_service_minimal_defaults_as_documented),
		cmocka_unit_test(test_service_bad_value_refused),
		cmocka_unit_test(test_service_unknown_key_refused),
		cmocka_unit_test(test_service_bad_file_name_refused),
		cmocka_unit_test(test_service_hostile_file_refused),
		cmocka_unit_test(test_command_split_as_systemd),
		cmocka_unit_test(test_command_split_what_ingot_lacks_refused),
		cmocka_unit_test(test_service_sort_after_then_name),
		cmocka_unit_test(test_service_sort_critical_and_its_needs_first),
		cmocka_unit_test(test_service_sort_cycle_is_printed),
		cmocka_unit_test(test_service_sort_not_enabled_refused),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
