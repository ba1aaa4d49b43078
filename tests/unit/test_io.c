/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/error.h"
#include "lib/io.h"

static int folder = -1;

static int
make_folder(void **state)
{
	static char path[] = "/tmp/test_io.XXXXXX";

	if (!mkdtemp(path))
		return -1;
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = path;
	return folder < 0 ? -1 : 0;
}

static int
drop_folder(void **state)
{
	static const char *const names[] = {"file", "fifo", "sub/file"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlinkat(folder, names[i], 0);
	unlinkat(folder, "sub", AT_REMOVEDIR);
	close(folder);
	return rmdir(*state);
}

static void
test_io_replaced_file_reads_back_with_its_mode(void **state)
{
	struct error e;
	struct stat st;
	char *data;
	size_t size;

	(void)state;
	umask(077);
	assert_int_equal(io_replace_file(folder, "file", "one", 3, 0644, &e), 0);
	assert_int_equal(io_replace_file(folder, "file", "two\0!", 5, 0640, &e), 0);
	assert_int_equal(fstatat(folder, "file", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(io_read_file(folder, "file", 5, &data, &size, &e), 0);
	assert_int_equal(size, 5);
	assert_memory_equal(data, "two\0!\0", 6);
	free(data);
}

static void
test_io_replaced_file_leaves_no_other_name(void **state)
{
	struct dirent *entry;
	struct error e;
	DIR *dir;

	(void)state;
	assert_int_equal(mkdirat(folder, "sub", 0755), 0);
	assert_int_equal(io_replace_file(folder, "sub/file", "x", 1, 0644, &e), 0);
	dir = fdopendir(openat(folder, "sub", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	assert_non_null(dir);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' || entry->d_name[1] == 'f')
			assert_string_equal(entry->d_name, "file");
	closedir(dir);
	assert_int_equal(io_replace_file(folder, "sub", "x", 1, 0644, &e), -EISDIR);
	assert_int_equal(io_replace_file(folder, "none/file", "x", 1, 0644, &e), -ENOENT);
	assert_string_equal(
		e.text, "none/file: cannot open its folder: No such file or directory");
}

static void
test_io_files_over_the_limit_or_not_regular_are_refused(void **state)
{
	struct error e;
	char *data;
	size_t size;

	(void)state;
	assert_int_equal(io_replace_file(folder, "file", "12345", 5, 0644, &e), 0);
	assert_int_equal(io_read_file(folder, "file", 4, &data, &size, &e), -EFBIG);
	assert_null(data);
	assert_string_equal(e.text, "file: larger than 4 bytes");
	assert_int_equal(mkfifoat(folder, "fifo", 0600), 0);
	assert_int_equal(io_read_file(folder, "fifo", 4, &data, &size, &e), -EINVAL);
	assert_int_equal(io_read_file(folder, ".", 4, &data, &size, &e), -EISDIR);
	assert_int_equal(io_read_file(folder, "none", 4, &data, &size, &e), -ENOENT);
}

static void
test_io_proc_files_of_size_0_are_read_whole(void **state)
{
	struct error e;
	char *data;
	size_t size;

	(void)state;
	assert_int_equal(
		io_read_file(AT_FDCWD, "/proc/self/status", 65536, &data, &size, &e), 0);
	assert_true(size > 100);
	assert_non_null(strstr(data, "Name:\ttest_io"));
	free(data);
	assert_int_equal(
		io_read_file(AT_FDCWD, "/proc/self/status", 16, &data, &size, &e),
		-EFBIG);
}

static void
on_alarm(int signal)
{
	(void)signal;
}

static void
test_io_short_and_interrupted_transfers_are_completed(void **state)
{
	static char data[300000], back[sizeof(data)];
	struct sigaction act = {.sa_handler = on_alarm};
	int fds[2], status;
	pid_t pid;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 7 % 251);
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		for (int i = 0; i < 20; i++) {
			usleep(1000);
			kill(getppid(), SIGALRM);
		}
		_exit(io_write_full(fds[1], data, sizeof(data)) == 0 ? 0 : 1);
	}
	close(fds[1]);
	sigaction(SIGALRM, &act, NULL);
	assert_int_equal(io_read_full(fds[0], back, sizeof(back)), 0);
	assert_memory_equal(back, data, sizeof(data));
	assert_int_equal(io_read_full(fds[0], back, 1), -ENODATA);
	close(fds[0]);
	while (waitpid(pid, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	assert_int_equal(status, 0);
	assert_int_equal(io_write_full(-1, "x", 1), -EBADF);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_io_replaced_file_reads_back_with_its_mode),
		cmocka_unit_test(test_io_replaced_file_leaves_no_other_name),
		cmocka_unit_test(test_io_files_over_the_limit_or_not_regular_are_refused),
		cmocka_unit_test(test_io_proc_files_of_size_0_are_read_whole),
		cmocka_unit_test(test_io_short_and_interrupted_transfers_are_completed),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
