/* SPDX-License-Identifier: ISC */
#include "stores.h"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <time.h>

/* A process of its own, as the next run is: nothing is remembered as sound. */
static void
expect_damaged(void *tree)
{
	char *root;

	if (store_tree(tree, &root))
		_exit(10);
	if (access(in_tree(tree, "index"), F_OK) == 0)
		_exit(11);
}

static void
damage(const char *tree, const char *what, const char *message)
{
	char text[1024], command[1024];

	snprintf(command, sizeof command, "cd '%s' && chmod -R u+w . && %s",
		in_tree(tree, ""), what);
	assert_int_equal(system(command), 0);
	assert_int_equal(
		in_child(expect_damaged, (void *)(uintptr_t)tree, text, sizeof text), 0);
	if (!strstr(text, message))
		fail_msg("after `%s`: \"%s\" is not in: %s", what, message, text);
}

static void
test_damage_of_each_kind_drops_the_tree(void **state)
{
	static const struct {
		const char *what, *message;
	} cases[] = {
		{"printf hellp >root/text", "the bytes of root/text have changed"},
		{"printf hellp >root/text && touch -d @1767225600 root/text",
			"the bytes of root/text have changed"},
		{"printf longer >root/text", "the size of root/text has changed"},
		{": >root/text", "the size of root/text has changed"},
		{"rm root/text", "root/text: No such file"},
		{"chmod 0644 root/bin/run", "the mode of root/bin/run has changed"},
		{"rm -f root/link && ln -s bin/ran root/link",
			"the link root/link has changed"},
		{"rmdir root/empty && touch root/empty", "root/empty is of another kind"},
		{"touch root/extra", "root/ holds 6 entries, not 5"},
		{"touch root/empty/extra", "root/empty holds 1 entries, not 0"},
		{"mkdir root/bin/x", "root/bin holds 2 entries, not 1"},
		{"rm -f index", "index: cannot open"},
		{": >index", "not an index"},
		{"printf x >>index", "checksum is wrong"},
		{"rm -rf root", "root: No such file"},
	};
	char tree[SHA256_HEX];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		publish_small("hello", tree);
		damage(tree, cases[i].what, cases[i].message);
	}
	publish_small("hello", tree);
	assert_int_equal(in_child(expect_sound, tree, (char[64]){0}, 64), 0);
}

static void
test_copied_store_is_read_once_and_kept(void **state)
{
	char tree[SHA256_HEX], command[2048], text[512];
	struct stat before, after, later;

	(void)state;
	publish_small("hello", tree);
	snprintf(command, sizeof command,
		"cd '%s/tree' && cp -a %s copy && chmod -R u+w %s && rm -rf %s && mv copy %s",
		store_dir, tree, tree, tree, tree);
	assert_int_equal(stat(in_tree(tree, "index"), &before), 0);
	assert_int_equal(system(command), 0);
	assert_int_equal(in_child(expect_sound, tree, text, sizeof text), 0);
	assert_string_equal(text, "");
	assert_int_equal(stat(in_tree(tree, "index"), &after), 0);
	assert_int_equal(in_child(expect_sound, tree, text, sizeof text), 0);
	assert_int_equal(stat(in_tree(tree, "index"), &later), 0);
	assert_true(before.st_ino != after.st_ino);
	assert_int_equal(after.st_ino, later.st_ino);
}

static void
test_publish_over_a_damaged_equal_tree_replaces_it(void **state)
{
	char tree[SHA256_HEX], command[1024];

	(void)state;
	publish_small("hello", tree);
	snprintf(command, sizeof command,
		"cd '%s' && chmod u+w root/text && printf hellp >root/text",
		in_tree(tree, ""));
	assert_int_equal(system(command), 0);
	publish_small("hello", tree);
	assert_int_equal(in_child(expect_sound, tree, (char[64]){0}, 64), 0);
}

static void
publish_many(void *seed)
{
	char tree[SHA256_HEX], text[32];

	store_open();
	for (int i = 0; i < 1000; i++) {
		snprintf(text, sizeof text, "text %d", (i + *(int *)seed) % 7);
		publish_small(text, tree);
		store_record(i % 2 ? KEY_A : KEY_B, tree);
		if (i % 5 == 0)
			store_forget(tree);
	}
}

static void
check_every_tree(void)
{
	char command[512], name[128], text[256];
	FILE *list;

	snprintf(command, sizeof command, "ls '%s/tree'", store_dir);
	list = popen(command, "r");
	assert_non_null(list);
	while (fgets(name, sizeof name, list)) {
		name[strcspn(name, "\n")] = '\0';
		assert_int_equal(sha256_check_hex(name), 0);
		assert_int_equal(in_child(expect_sound, name, text, sizeof text), 0);
	}
	pclose(list);
}

/* Killed at any instant, two at a time: what stands in the store can be trusted. */
static void
test_kill_at_any_instant_leaves_a_sound_store(void **state)
{
	char found[SHA256_HEX];

	(void)state;
	srand(1);
	for (int round = 0; round < 25; round++) {
		const struct timespec wait = {.tv_nsec = rand() % 60000000};
		pid_t pid[2];

		for (int i = 0; i < 2; i++) {
			pid[i] = fork();
			if (pid[i] == 0) {
				publish_many(&i);
				_exit(0);
			}
		}
		nanosleep(&wait, NULL);
		for (int i = 0; i < 2; i++)
			kill(pid[i], SIGKILL);
		for (int i = 0; i < 2; i++)
			waitpid(pid[i], NULL, 0);
		check_every_tree();
		if (store_lookup(KEY_A, found))
			assert_int_equal(
				in_child(expect_sound, found, (char[64]){0}, 64), 0);
	}
	store_sweep();
	assert_int_equal(count_entries("work"), 0);
}

/* A file system of its own, as small or closed as the test wants it; exit 77: not allowed
 * here. */
static void
mount_small(const char *flags, unsigned long how)
{
	uid_t uid = geteuid();
	char map[64];
	int fd;

	if (uid != 0) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
			_exit(77);
		snprintf(map, sizeof map, "0 %u 1", uid);
		fd = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
		if (fd < 0 || write(fd, map, strlen(map)) < 0)
			_exit(77);
		close(fd);
	} else if (unshare(CLONE_NEWNS) < 0) {
		_exit(77);
	}
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("small", store_dir, "tmpfs", how, flags) < 0)
		_exit(77);
}

static void
fill_store(void *unused)
{
	char *work, out[512], big[800], tree[SHA256_HEX], data[65536];
	int fd;

	(void)unused;
	mount_small("size=1m", 0);
	store_open();
	work = store_work("big");
	snprintf(out, sizeof out, "%s/out", work);
	mkdir(out, 0700);
	for (int i = 0; i < 2000; i++) {
		snprintf(big, sizeof big, "%s/%0200d", out, i);
		fd = open(big, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0)
			break;
		close(fd);
	}
	snprintf(big, sizeof big, "%s/fill", store_path());
	fd = open(big, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	memset(data, 1, sizeof data);
	while (write(fd, data, sizeof data) > 0)
		;
	close(fd);
	store_warn_full();
	store_publish(out, tree);
}

static void
test_full_store_is_named_with_what_is_free(void **state)
{
	char text[1024];
	int status;

	(void)state;
	status = in_child(fill_store, NULL, text, sizeof text);
	if (status == 77)
		skip();
	assert_int_equal(status, 1);
	assert_non_null(strstr(
		text, "No space left on device: the store's file system has 0 MiB"));
	assert_non_null(strstr(text, "INGOT_STORE"));
	assert_non_null(strstr(text, "warning: "));
}

static void
fail_on_full_store(void *unused)
{
	char *work, path[512], data[65536];
	int fd;

	(void)unused;
	mount_small("size=1m", 0);
	store_open();
	work = store_work("script");
	snprintf(path, sizeof path, "%s/out", work);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	memset(data, 1, sizeof data);
	while (write(fd, data, sizeof data) > 0)
		;
	exit(1); /* as a script does that says nothing of why */
}

static void
test_failure_on_a_full_store_says_so(void **state)
{
	char text[1024];
	int status;

	(void)state;
	status = in_child(fail_on_full_store, NULL, text, sizeof text);
	if (status == 77)
		skip();
	assert_int_equal(status, 1);
	assert_non_null(strstr(text, "has only 0 KiB free"));
}

static void
open_read_only(void *unused)
{
	(void)unused;
	mount_small(NULL, MS_RDONLY);
	store_open();
}

static void
test_read_only_store_is_an_error(void **state)
{
	char text[1024];
	int status;

	(void)state;
	status = in_child(open_read_only, NULL, text, sizeof text);
	if (status == 77)
		skip();
	assert_int_equal(status, 1);
	assert_non_null(
		strstr(text, "the store cannot be written: Read-only file system"));
}

static void
test_open_says_why_a_store_cannot_be_used(void **state)
{
	char path[512], text[512];

	(void)state;
	snprintf(path, sizeof path, "%s/foreign", scratch_dir);
	if (geteuid() == 0) {
		assert_int_equal(mkdir(path, 0777), 0);
		assert_int_equal(chown(path, 65534, 65534), 0);
	}
	assert_int_equal(in_child(open_other, geteuid() == 0 ? path : (char[]){"/"}, text,
				 sizeof text),
		1);
	assert_non_null(strstr(text, "this store belongs to "));
	assert_non_null(strstr(text, "INGOT_STORE"));
	put(scratch_dir, "file", "", 0644);
	snprintf(path, sizeof path, "%s/file", scratch_dir);
	assert_int_equal(in_child(open_other, path, text, sizeof text), 1);
	assert_non_null(strstr(text, "file: the store must be a folder"));
	snprintf(path, sizeof path, "%s/file/below", scratch_dir);
	assert_int_equal(in_child(open_other, path, text, sizeof text), 1);
	assert_non_null(strstr(text, "cannot create the store: Not a directory"));
}

static void
as_nobody(void *path)
{
	char tree[SHA256_HEX], other[SHA256_HEX];

	if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
		_exit(9);
	store_dir = path;
	open_other(path);
	publish_small("hello", tree);
	publish_small("other", other);
	if (strcmp(tree, other) == 0)
		_exit(10);
	store_forget(tree);
	if (access(in_tree(tree, "root"), F_OK) == 0)
		_exit(11);
	expect_sound(other);
	if (folder_remove(path) < 0)
		_exit(12);
}

/* Folders of 0555 hinder everybody but root. */
static void
test_ordinary_user_can_publish_and_remove(void **state)
{
	char path[512], text[512];

	(void)state;
	snprintf(path, sizeof path, "%s/own", scratch_dir);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(chmod(scratch_dir, 0777), 0);
	if (geteuid() == 0)
		assert_int_equal(chown(path, 65534, 65534), 0);
	assert_int_equal(in_child(as_nobody, path, text, sizeof text), 0);
	assert_string_equal(text, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_damage_of_each_kind_drops_the_tree),
		STORE_TEST(test_copied_store_is_read_once_and_kept),
		STORE_TEST(test_publish_over_a_damaged_equal_tree_replaces_it),
		STORE_TEST(test_kill_at_any_instant_leaves_a_sound_store),
		STORE_TEST(test_full_store_is_named_with_what_is_free),
		STORE_TEST(test_failure_on_a_full_store_says_so),
		STORE_TEST(test_read_only_store_is_an_error),
		STORE_TEST(test_open_says_why_a_store_cannot_be_used),
		STORE_TEST(test_ordinary_user_can_publish_and_remove),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
