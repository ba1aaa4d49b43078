/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/error.h"
#include "lib/block.h"

static char folder[] = "/tmp/test_rollback_block.XXXXXX";
static char path[64];
static struct block_file file;
static struct error e;
static _Alignas(BLOCK_ALIGN) uint8_t data[2 * BLOCK_ALIGN], back[2 * BLOCK_ALIGN];

static int
make_file(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/slot", folder);
	return creat(path, 0600) < 0 || truncate(path, 5 * BLOCK_ALIGN + 100) < 0;
}

static int
drop_file(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void
test_block_file_holds_what_was_written(void **state)
{
	struct block *block = &file.block;

	(void)state;
	assert_int_equal(block_file_open(&file, path, true, &e), 0);
	assert_true(block->size == 5 * BLOCK_ALIGN);
	memset(data, 0xa5, sizeof(data));
	assert_int_equal(block->write(block, BLOCK_ALIGN, data, sizeof(data)), 0);
	assert_int_equal(block->flush(block), 0);
	assert_int_equal(block->read(block, BLOCK_ALIGN, back, sizeof(back)), 0);
	assert_memory_equal(back, data, sizeof(data));
	memset(back, 0, sizeof(back));
	assert_int_equal(block->read_back(block, BLOCK_ALIGN, back, sizeof(back)), 0);
	assert_memory_equal(back, data, sizeof(data));
	/* It became shorter meanwhile. */
	assert_int_equal(truncate(path, BLOCK_ALIGN), 0);
	assert_int_equal(block->read(block, BLOCK_ALIGN, back, sizeof(back)), -EIO);
	assert_int_equal(truncate(path, 5 * BLOCK_ALIGN), 0);
	block_file_close(&file);
}

static void
test_block_second_writer_is_kept_out(void **state)
{
	struct block_file second;

	(void)state;
	assert_int_equal(block_file_open(&file, path, true, &e), 0);
	assert_int_equal(block_file_open(&second, path, true, &e), -EBUSY);
	assert_non_null(strstr(e.text, "cannot lock, is it in use?"));
	assert_int_equal(block_file_open(&second, path, false, &e), 0);
	assert_int_equal(second.block.write(&second.block, 0, data, BLOCK_ALIGN), -EROFS);
	block_file_close(&second);
	block_file_close(&file);
	assert_int_equal(block_file_open(&second, path, true, &e), 0);
	block_file_close(&second);
}

static void
test_block_what_is_no_device_and_no_file_is_refused(void **state)
{
	char fifo[64];

	(void)state;
	snprintf(fifo, sizeof(fifo), "%s/fifo", folder);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(block_file_open(&file, fifo, true, &e), -ENOTBLK);
	assert_int_equal(block_file_open(&file, folder, false, &e), -ENOTBLK);
	assert_int_equal(unlink(fifo), 0);
	assert_int_equal(block_file_open(&file, fifo, false, &e), -ENOENT);
	assert_int_equal(block_file_open(&file, "/dev/null", true, &e), -ENOTBLK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_block_file_holds_what_was_written),
		cmocka_unit_test(test_block_second_writer_is_kept_out),
		cmocka_unit_test(test_block_what_is_no_device_and_no_file_is_refused),
	};

	return cmocka_run_group_tests(tests, make_file, drop_file);
}
