/* SPDX-License-Identifier: ISC */
#include "scratch.h"

#include "builder/read/board.h"
#include "builder/read/board_layers.h"
#include "builder/read/board_users.h"

static char file[] = "boards/b/board.ini";

static int
read_users(struct board *board, const char *text, struct error *e)
{
	struct layers layers = {0};
	int r = ini_read_text(&layers.own, file, text, strlen(text), e);

	board->file = file;
	if (r == 0)
		r = board_read_users(board, &layers, e);
	layers_free(&layers);
	return r;
}

static void
refused(const char *text, const char *message)
{
	struct board board = {0};
	struct error e = {.text = ""};

	assert_int_equal(read_users(&board, text, &e), -EINVAL);
	assert_string_equal(e.text, message);
	board_users_free(&board.users);
}

static void
writes(const struct board *board, size_t index, const char *want_path, unsigned want_mode,
	const char *want)
{
	const char *path;
	unsigned mode;
	char *text = board_users_text(&board->users, index, &path, &mode);

	assert_string_equal(text, want);
	assert_string_equal(path, want_path);
	assert_int_equal(mode, want_mode);
	free(text);
}

static void
test_users_written_without_a_password_that_matches(void **state)
{
	struct board board = {0};
	struct error e = {.text = ""};

	(void)state;
	assert_int_equal(
		read_users(&board,
			"[users]\nrobot = 1000 100 home=/data shell=/bin/sh groups=video,root\n"
			"log = 7\nroot = 0 shell=/bin/sh password=$6$a$b\n"
			"[groups]\nusers = 100\nvideo = 44\n",
			&e),
		0);
	writes(&board, 0, "/etc/passwd", 0644,
		"root:x:0:0::/:/bin/sh\nrobot:x:1000:100::/data:/bin/sh\n"
		"log:x:7:7::/:/bin/false\n");
	writes(&board, 1, "/etc/group", 0644,
		"root:x:0:robot\nlog:x:7:\nusers:x:100:\nvideo:x:44:robot\n");
	writes(&board, 2, "/etc/shadow", 0600,
		"root:$6$a$b:::::::\nrobot:*:::::::\nlog:*:::::::\n");
	board_users_free(&board.users);
}

static void
test_users_no_section_no_files(void **state)
{
	struct board board = {0};
	struct error e = {.text = ""};
	const char *path;
	unsigned mode;

	(void)state;
	assert_int_equal(read_users(&board, "[board]\nname = b\n", &e), 0);
	assert_null(board_users_text(&board.users, 0, &path, &mode));
	board_users_free(&board.users);
}

static void
test_users_bad_value_refused(void **state)
{
	(void)state;
	refused("[users]\na = x\n",
		"boards/b/board.ini:2: a: want a numeric user or group id up to 4294967294, got \"x\"");
	refused("[users]\nA = 1\n",
		"boards/b/board.ini:2: A: want a name of at most 31 of a-z 0-9 _ -, the first a letter");
	refused("[users]\na = 0\n",
		"boards/b/board.ini:2: a: user 0 is root and nobody else");
	refused("[users]\nroot = 5\n",
		"boards/b/board.ini:2: root: user 0 is root and nobody else");
	refused("[users]\na = 5\nb = 5\n",
		"boards/b/board.ini:3: b: a has the number 5, too");
	refused("[users]\na = 61184\n",
		"boards/b/board.ini:2: a: the users 61184 to 65279 are for services without User=");
	refused("[users]\na = 5 home=x\n",
		"boards/b/board.ini:2: a: want UID [GID] and home=DIR, shell=PROGRAM, groups=A,B or password=$HASH, got \"home\"");
	/* A password in plain text, or none at all. */
	refused("[users]\na = 5 password=secret\n",
		"boards/b/board.ini:2: a: want UID [GID] and home=DIR, shell=PROGRAM, groups=A,B or password=$HASH, got \"password\"");
	refused("[users]\na = 5 password=\n",
		"boards/b/board.ini:2: a: want UID [GID] and home=DIR, shell=PROGRAM, groups=A,B or password=$HASH, got \"password\"");
	refused("[users]\na = 5 groups=video\n",
		"boards/b/board.ini: [users] a: there is no group \"video\": add it to [groups]");
}

static void
test_users_beside_a_file_of_the_board_refused(void **state)
{
	char path[] = "/etc/shadow";
	struct board_file own = {.path = path, .file = file, .line = 9};
	struct board board = {.files = &own, .file_count = 1};
	struct error e = {.text = ""};

	(void)state;
	assert_int_equal(read_users(&board, "[users]\na = 5\n", &e), -EINVAL);
	assert_string_equal(e.text,
		"boards/b/board.ini:9: /etc/shadow: [users] makes that file: take one of both away");
	board_users_free(&board.users);
}

static void
test_users_names_in_services_resolved(void **state)
{
	static const char good[] =
		"[Service]\nExecStart = /bin/a\nUser = robot\nSupplementaryGroups = 9 dial\n";
	static const char bad[] = "[Service]\nExecStart = /bin/a\nGroup = wheel\n";
	struct service service;
	struct board board = {.services = &service, .service_count = 1};
	struct error e = {.text = ""};

	(void)state;
	assert_int_equal(
		read_users(&board,
			"[users]\nrobot = 1000 100 groups=video\n[groups]\nvideo = 44\ndial = 20\n",
			&e),
		0);
	assert_int_equal(
		service_parse(&service, "s/a.service", good, sizeof(good) - 1, &e), 0);
	assert_int_equal(board_users_resolve(&board, &e), 0);
	assert_int_equal(service.isolation.uid, 1000);
	assert_int_equal(service.isolation.gid, 100);
	assert_int_equal(service.isolation.group_count, 3);
	assert_int_equal(service.isolation.groups[0], 9);
	assert_int_equal(service.isolation.groups[1], 44);
	assert_int_equal(service.isolation.groups[2], 20);
	service_free(&service);
	assert_int_equal(
		service_parse(&service, "s/a.service", bad, sizeof(bad) - 1, &e), 0);
	assert_int_equal(board_users_resolve(&board, &e), -EINVAL);
	assert_string_equal(e.text,
		"s/a.service: Group: \"wheel\" is no number, nor in the board's [groups]");
	service_free(&service);
	board_users_free(&board.users);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_users_written_without_a_password_that_matches),
		cmocka_unit_test(test_users_no_section_no_files),
		cmocka_unit_test(test_users_bad_value_refused),
		cmocka_unit_test(test_users_beside_a_file_of_the_board_refused),
		cmocka_unit_test(test_users_names_in_services_resolved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
