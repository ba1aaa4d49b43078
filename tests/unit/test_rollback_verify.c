/* SPDX-License-Identifier: ISC */
/* Chunks are judged alike by one thread and by several, and where none can be had. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cmocka.h>
#include <sodium.h>

#include "rollback/verify.h"

#define CHUNKS 9
#define LAST   5000 /* bytes of the last one */

static struct release release = {.size = (CHUNKS - 1) * RELEASE_CHUNK_LEAST + LAST,
	.chunk_size = RELEASE_CHUNK_LEAST,
	.chunks = CHUNKS};
static _Alignas(BLOCK_ALIGN) uint8_t image[CHUNKS * RELEASE_CHUNK_LEAST];
static uint64_t fails_at; /* bytes; a read of it is an error */
static atomic_uint reads;

static int
read_back(struct block *block, uint64_t at, void *data, size_t size)
{
	(void)block;
	atomic_fetch_add(&reads, 1);
	if (at % BLOCK_ALIGN != 0 || size % BLOCK_ALIGN != 0 || at + size > sizeof(image))
		return -EINVAL;
	if (at <= fails_at && fails_at < at + size)
		return -EIO;
	memcpy(data, image + at, size);
	return 0;
}

static struct block block = {
	.name = "memory", .size = sizeof(image), .read_back = read_back};

static int
set_up(void **state)
{
	(void)state;
	assert_true(sodium_init() >= 0); /* it says what the processor can */
	for (size_t i = 0; i < sizeof(image); i++)
		image[i] = (uint8_t)(i * 7 + i / 251);
	for (uint32_t i = 0; i < CHUNKS; i++)
		release_chunk_hash(image + i * release.chunk_size,
			release_chunk_bytes(&release, i), release.chunk[i]);
	fails_at = UINT64_MAX;
	block.parallel = true;
	return 0;
}

static void
check_judgement(void)
{
	uint32_t broken;

	atomic_store(&reads, 0);
	assert_int_equal(verify_chunks(&block, &release, &broken), 0);
	assert_int_equal(atomic_load(&reads), CHUNKS);
	for (uint32_t i = 0; i < CHUNKS; i++) {
		size_t at = (size_t)i * release.chunk_size +
			    release_chunk_bytes(&release, i) - 1;

		image[at] ^= 1;
		assert_int_equal(verify_chunks(&block, &release, &broken), -EBADMSG);
		assert_int_equal(broken, i);
		image[at] ^= 1;
		fails_at = at;
		assert_int_equal(verify_chunks(&block, &release, &broken), -EIO);
		assert_int_equal(broken, i);
		fails_at = UINT64_MAX;
	}
	/* What is behind the image is not judged. */
	image[release.size] ^= 1;
	assert_int_equal(verify_chunks(&block, &release, &broken), 0);
	image[release.size] ^= 1;
}

static void
test_verify_chunks_several_threads_find_the_broken_one(void **state)
{
	(void)state;
	check_judgement();
}

static void
test_verify_chunks_medium_for_one_reader_judged_alike(void **state)
{
	(void)state;
	block.parallel = false;
	check_judgement();
}

/* So that no thread can be had, as where the limit of tasks is used up. */
static int
refuse_threads(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAGAIN),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {
		.len = sizeof(code) / sizeof(code[0]), .filter = code};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
			       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0
		       ? 0
		       : -errno;
}

static void
test_verify_chunks_without_threads_one_does_it_all(void **state)
{
	uint32_t broken;
	int status;
	pid_t pid;

	(void)state;
	image[3 * release.chunk_size] ^= 1;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(refuse_threads() < 0		 ? 2
			: fork() >= 0 || errno != EAGAIN ? 3
			: verify_chunks(&block, &release, &broken) == -EBADMSG &&
					broken == 3
				? 0
				: 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			test_verify_chunks_several_threads_find_the_broken_one, set_up),
		cmocka_unit_test_setup(
			test_verify_chunks_medium_for_one_reader_judged_alike, set_up),
		cmocka_unit_test_setup(
			test_verify_chunks_without_threads_one_does_it_all, set_up),
	};

	return cmocka_run_group_tests_name("rollback_verify", tests, NULL, NULL);
}
