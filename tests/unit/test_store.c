/* SPDX-License-Identifier: ISC */
#include "stores.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

static const struct store_file *
find(const struct store_index *index, const char *path)
{
	for (size_t i = 0; i < index->count; i++)
		if (strcmp(index->file[i].path, path) == 0)
			return &index->file[i];
	fail_msg("%s: not in the index", path);
	return NULL;
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_publish_normalises_and_finds_again),
		STORE_TEST(test_publish_known_tree_has_its_known_hash),
		STORE_TEST(test_record_is_found_until_its_tree_is_gone),
		STORE_TEST(test_record_with_bad_bytes_is_dropped),
		STORE_TEST(test_publish_refuses_what_no_image_can_hold),
		STORE_TEST(test_work_folder_goes_with_its_process),
		STORE_TEST(test_folder_remove_takes_deep_and_closed_folders),
		STORE_TEST(test_blob_is_kept_only_with_its_bytes),
		STORE_TEST(test_blob_with_other_bytes_is_refused),
		STORE_TEST(test_default_path_follows_the_environment),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
