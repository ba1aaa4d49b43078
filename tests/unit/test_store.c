/* SPDX-License-Identifier: ISC */
#include "scratch.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "../../builder/folder.h"
#include "../../builder/store_parts.h"

#define KEY_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define KEY_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static char *store_dir;

static int
fresh_store(void **state)
{
	(void)state;
	store_dir = realpath(scratch_dir, NULL);
	store_dir = realloc(store_dir, strlen(store_dir) + 32);
	strcat(store_dir, "/a store");
	options.store = store_dir;
	store_open();
	return 0;
}

static int
drop_store(void **state)
{
	(void)state;
	assert_int_equal(folder_remove(store_dir), 0);
	free(store_dir);
	return 0;
}

static void
put(const char *dir, const char *name, const char *text, mode_t mode)
{
	char path[512];
	int fd;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void
folder(const char *dir, const char *name)
{
	char path[512];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

/* A small result with one of everything, published; the work folder goes with the
 * process. */
static void
publish_small(const char *text, char tree[SHA256_HEX])
{
	char *work = store_work("test"), out[512], link[600];

	snprintf(out, sizeof out, "%s/out", work);
	assert_int_equal(mkdir(out, 0700), 0);
	folder(out, "bin");
	folder(out, "empty");
	put(out, "bin/run", "#!/bin/sh\n", 04755);
	put(out, "text", text, 0640);
	put(out, "closed", "secret", 0);
	snprintf(link, sizeof link, "%s/link", out);
	assert_int_equal(symlink("bin/run", link), 0);
	store_publish(out, tree);
	store_work_drop(work);
	free(work);
}

static const char *
in_tree(const char *tree, const char *name)
{
	static char path[512];

	snprintf(path, sizeof path, "%s/tree/%s/%s", store_dir, tree, name);
	return path;
}

static const struct store_file *
find(const struct store_index *index, const char *path)
{
	for (size_t i = 0; i < index->count; i++)
		if (strcmp(index->file[i].path, path) == 0)
			return &index->file[i];
	fail_msg("%s: not in the index", path);
	return NULL;
}

/* Runs a function in a child, its stderr in text; the exit status, or 128 + signal. */
static int
in_child(void (*run)(void *), void *argument, char *text, size_t size)
{
	int ends[2], status;
	size_t at = 0;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(ends[1], 2);
		close(ends[0]);
		close(ends[1]);
		run(argument);
		_exit(0);
	}
	close(ends[1]);
	while (at + 1 < size && (n = read(ends[0], text + at, size - 1 - at)) > 0)
		at += (size_t)n;
	text[at] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void
test_publish_normalises_and_finds_again(void **state)
{
	char tree[SHA256_HEX], again[SHA256_HEX], other[SHA256_HEX], *root;
	struct store_index index;
	struct stat st;

	(void)state;
	publish_small("hello", tree);
	publish_small("hello", again);
	publish_small("Hello", other);
	assert_string_equal(tree, again);
	assert_string_not_equal(tree, other);
	assert_true(store_tree(tree, &root));
	assert_string_equal(root, in_tree(tree, "root"));
	free(root);
	assert_int_equal(stat(in_tree(tree, "root/bin/run"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0555);
	assert_int_equal(st.st_mtime, STORE_EPOCH);
	assert_int_equal(stat(in_tree(tree, "root/closed"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0444);
	assert_int_equal(lstat(in_tree(tree, "root/link"), &st), 0);
	assert_int_equal(st.st_mtime, STORE_EPOCH);
	assert_int_equal(stat(in_tree(tree, "root"), &st), 0);
	assert_int_equal(st.st_mtime, STORE_EPOCH);

	store_read_index(tree, &index);
	assert_int_equal(index.count, 6);
	assert_string_equal(index.file[0].path, "bin");
	assert_int_equal(find(&index, "bin/run")->mode, S_IFREG | 0755);
	assert_int_equal(find(&index, "text")->mode, S_IFREG | 0644);
	assert_int_equal(find(&index, "text")->size, 5);
	assert_string_equal(find(&index, "text")->sha256,
		"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
	assert_string_equal(find(&index, "link")->link, "bin/run");
	store_index_free(&index);
}

/* The name is a promise to every other machine: it must not change by accident. */
static void
test_publish_known_tree_has_its_known_hash(void **state)
{
	char tree[SHA256_HEX];

	(void)state;
	publish_small("hello", tree);
	assert_string_equal(
		tree, "ecb3bd1fdf7ff5b0527ed28cbfd07b887e5c93aade203237d007fa49d6d5633c");
}

static void
test_record_is_found_until_its_tree_is_gone(void **state)
{
	char tree[SHA256_HEX], found[SHA256_HEX];

	(void)state;
	assert_false(store_lookup(KEY_A, found));
	publish_small("hello", tree);
	store_record(KEY_A, tree);
	store_record(KEY_A, tree);
	assert_true(store_lookup(KEY_A, found));
	assert_string_equal(found, tree);
	store_forget(tree);
	assert_false(store_lookup(KEY_A, found));
	assert_false(store_tree(tree, &(char *){NULL}));
}

static void
test_record_with_bad_bytes_is_dropped(void **state)
{
	static const char *const bad[] = {"", "x", KEY_A, KEY_A "\n\n", KEY_A "\r", "\n",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"};
	char found[SHA256_HEX], path[512], tree[SHA256_HEX];

	(void)state;
	publish_small("hello", tree);
	snprintf(path, sizeof path, "%s/action", store_dir);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		put(path, KEY_B, bad[i], 0644);
		assert_false(store_lookup(KEY_B, found));
		strcat(path, "/" KEY_B);
		assert_int_equal(access(path, F_OK), -1);
		*strrchr(path, '/') = '\0';
	}
	store_record(KEY_B, tree);
	assert_true(store_lookup(KEY_B, found));
}

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
expect_sound(void *tree)
{
	char *root;

	if (!store_tree(tree, &root))
		_exit(10);
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
publish_socket(void *unused)
{
	char *work = store_work("test"), out[512], tree[SHA256_HEX];
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)unused;
	snprintf(out, sizeof out, "%s/out", work);
	mkdir(out, 0700);
	if (chdir(out) < 0)
		_exit(9);
	strcpy(address.sun_path, "s");
	if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
		_exit(9);
	store_publish(out, tree);
}

static void
publish_pipe(void *unused)
{
	char *work = store_work("test"), out[512], tree[SHA256_HEX];

	(void)unused;
	snprintf(out, sizeof out, "%s/out", work);
	mkdir(out, 0700);
	strcat(out, "/fifo");
	mkfifo(out, 0600);
	*strrchr(out, '/') = '\0';
	store_publish(out, tree);
}

static size_t
count_entries(const char *name)
{
	char command[1024];
	size_t count = 0;
	FILE *list;

	snprintf(command, sizeof command, "ls -A '%s/%s' | wc -l", store_dir, name);
	list = popen(command, "r");
	assert_non_null(list);
	assert_int_equal(fscanf(list, "%zu", &count), 1);
	pclose(list);
	return count;
}

static void
test_publish_refuses_what_no_image_can_hold(void **state)
{
	char text[512];

	(void)state;
	assert_int_equal(in_child(publish_socket, NULL, text, sizeof text), 1);
	assert_non_null(strstr(text, "/s: is a socket"));
	assert_int_equal(in_child(publish_pipe, NULL, text, sizeof text), 1);
	assert_non_null(strstr(text, "/fifo: is a pipe"));
	assert_int_equal(count_entries("tree"), 0);
	assert_int_equal(count_entries("work"), 0);
}

static void
leave_work(void *sig)
{
	char *work = store_work("dead"), path[512];

	snprintf(path, sizeof path, "%s/closed", work);
	mkdir(path, 0700);
	put(path, "file", "x", 0400);
	chmod(path, 0);
	raise(*(int *)sig);
	exit(0);
}

static void
test_work_folder_goes_with_its_process(void **state)
{
	char *mine = store_work("mine"), text[64];
	int sig = SIGKILL, none = 0;

	(void)state;
	assert_int_equal(in_child(leave_work, &none, text, sizeof text), 0);
	assert_int_equal(count_entries("work"), 2); /* mine and its lock */
	assert_int_equal(in_child(leave_work, &sig, text, sizeof text), 128 + SIGKILL);
	assert_int_equal(count_entries("work"), 4);
	store_sweep();
	assert_int_equal(count_entries("work"), 2);
	assert_int_equal(access(mine, F_OK), 0);
	store_work_drop(mine);
	assert_int_equal(count_entries("work"), 0);
	free(mine);
}

static void
test_folder_remove_takes_deep_and_closed_folders(void **state)
{
	char *work = store_work("deep");

	(void)state;
	assert_int_equal(chdir(work), 0);
	assert_int_equal(mkdir("top", 0755), 0);
	assert_int_equal(chdir("top"), 0);
	for (int i = 0; i < 3000; i++) {
		assert_int_equal(mkdir("d", 0755), 0);
		assert_int_equal(chdir("d"), 0);
	}
	assert_int_equal(chdir(work), 0);
	assert_int_equal(chmod("top", 0), 0);
	assert_int_equal(folder_remove("top"), 0);
	assert_int_equal(folder_remove("top"), 0);
	assert_int_equal(access("top", F_OK), -1);
	assert_int_equal(chdir(scratch_dir), 0);
	store_work_drop(work);
	free(work);
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

static void
test_blob_is_kept_only_with_its_bytes(void **state)
{
	static const char hash[] =
		"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
	char *work = store_work("blob"), path[512], *blob;
	struct stat st;

	(void)state;
	assert_false(store_blob(hash, &blob));
	put(work, "download", "hello", 0600);
	snprintf(path, sizeof path, "%s/download", work);
	store_add_blob(path, hash);
	assert_true(store_blob(hash, &blob));
	assert_int_equal(stat(blob, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0444);
	assert_int_equal(chmod(blob, 0600), 0);
	assert_int_equal(truncate(blob, 4), 0);
	free(blob);
	assert_false(store_blob(hash, &blob));
	assert_int_equal(count_entries("blob"), 0);
	store_work_drop(work);
	free(work);
}

static void
add_wrong_blob(void *path)
{
	store_add_blob(path, KEY_A);
}

static void
test_blob_with_other_bytes_is_refused(void **state)
{
	char *work = store_work("blob"), path[512], text[512];

	(void)state;
	put(work, "download", "hello", 0600);
	snprintf(path, sizeof path, "%s/download", work);
	assert_int_equal(in_child(add_wrong_blob, path, text, sizeof text), 1);
	assert_non_null(strstr(text, "its sha256 is 2cf24dba"));
	assert_int_equal(count_entries("blob"), 0);
	store_work_drop(work);
	free(work);
}

static void
open_other(void *path)
{
	options.store = path;
	store_open();
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

static void
test_default_path_follows_the_environment(void **state)
{
	char *path;

	(void)state;
	options.store = NULL;
	setenv("HOME", "/home/h", 1);
	setenv("INGOT_STORE", "/i", 1);
	setenv("XDG_CACHE_HOME", "/x", 1);
	path = store_default_path();
	assert_string_equal(path, "/i");
	free(path);
	unsetenv("INGOT_STORE");
	path = store_default_path();
	assert_string_equal(path, "/x/ingot");
	free(path);
	unsetenv("XDG_CACHE_HOME");
	path = store_default_path();
	assert_string_equal(path, "/home/h/.cache/ingot");
	free(path);
	options.store = store_dir;
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, fresh_store, drop_store)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_publish_normalises_and_finds_again),
		STORE_TEST(test_publish_known_tree_has_its_known_hash),
		STORE_TEST(test_record_is_found_until_its_tree_is_gone),
		STORE_TEST(test_record_with_bad_bytes_is_dropped),
		STORE_TEST(test_damage_of_each_kind_drops_the_tree),
		STORE_TEST(test_copied_store_is_read_once_and_kept),
		STORE_TEST(test_publish_over_a_damaged_equal_tree_replaces_it),
		STORE_TEST(test_publish_refuses_what_no_image_can_hold),
		STORE_TEST(test_work_folder_goes_with_its_process),
		STORE_TEST(test_folder_remove_takes_deep_and_closed_folders),
		STORE_TEST(test_kill_at_any_instant_leaves_a_sound_store),
		STORE_TEST(test_blob_is_kept_only_with_its_bytes),
		STORE_TEST(test_blob_with_other_bytes_is_refused),
		STORE_TEST(test_open_says_why_a_store_cannot_be_used),
		STORE_TEST(test_full_store_is_named_with_what_is_free),
		STORE_TEST(test_failure_on_a_full_store_says_so),
		STORE_TEST(test_read_only_store_is_an_error),
		STORE_TEST(test_ordinary_user_can_publish_and_remove),
		STORE_TEST(test_default_path_follows_the_environment),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
