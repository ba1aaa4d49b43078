/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#include "pid1/base/discard.c"

#define LINGER_S 20

static double
now(void)
{
	struct timespec t = {0};

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t
open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

/* A socket whose peer takes nothing more and whose last close waits for it; *peer and
 * *listener keep it so. */
static int
make_lingering(int *peer, int *listener)
{
	const struct linger slow = {.l_onoff = 1, .l_linger = LINGER_S};
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	static char data[65536];
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(*listener, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(*listener, 1), 0);
	assert_int_equal(getsockname(*listener, (struct sockaddr *)&address, &size), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, size), 0);
	*peer = accept(*listener, NULL, NULL);
	assert_true(*peer >= 0);
	while (send(fd, data, sizeof(data), MSG_DONTWAIT) > 0)
		;
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &slow, sizeof(slow)), 0);
	return fd;
}

static void
send_beside(int to, const char *text, const int *fds, size_t count)
{
	_Alignas(struct cmsghdr) char room[CMSG_SPACE(DISCARD_MOST * sizeof(int))] = {0};
	struct iovec part = {
		.iov_base = (char *)(uintptr_t)text, .iov_len = strlen(text)};
	struct msghdr head = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = room,
		.msg_controllen = CMSG_SPACE(count * sizeof(int))};
	struct cmsghdr *c = CMSG_FIRSTHDR(&head);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(c), fds, count * sizeof(int));
	assert_true(sendmsg(to, &head, 0) >= 0);
}

static void
reap(void)
{
	while (waitpid(-1, NULL, 0) > 0)
		;
	assert_int_equal(errno, ECHILD);
}

static void
test_discard_of_a_lingering_socket_waits_for_nobody(void **state)
{
	const size_t files = open_files();
	int pair[2], peer, listener, fd;
	char text[16];
	double start;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	fd = make_lingering(&peer, &listener);
	send_beside(pair[0], "hello", &fd, 1);
	close(fd);
	start = now();
	assert_int_equal(discard_receive(pair[1], text, sizeof(text)), 5);
	assert_memory_equal(text, "hello", 5);
	assert_true(now() - start < LINGER_S / 2.0);
	reap();
	assert_true(now() - start < LINGER_S / 2.0);
	close(pair[0]);
	close(pair[1]);
	close(peer);
	close(listener);
	assert_int_equal(open_files(), files);
}

/* As a client that is dropped: what it has sent was never read. */
static void
test_discard_of_a_socket_with_one_in_its_queue_waits_for_nobody(void **state)
{
	const size_t files = open_files();
	int pair[2], peer, listener, fd;
	double start;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	fd = make_lingering(&peer, &listener);
	send_beside(pair[0], "unread", &fd, 1);
	close(fd);
	start = now();
	discard_fds(&pair[1], 1);
	assert_true(now() - start < LINGER_S / 2.0);
	reap();
	close(pair[0]);
	close(peer);
	close(listener);
	assert_int_equal(open_files(), files);
}

/* BARRIER=1: who sent it waits for the end of the pipe, and no child is made for it. */
static void
test_discard_closes_a_pipe_itself(void **state)
{
	int pair[2], barrier[2];
	char text[16], byte;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	assert_int_equal(pipe2(barrier, O_NONBLOCK), 0);
	send_beside(pair[0], "BARRIER=1", &barrier[1], 1);
	close(barrier[1]);
	assert_int_equal(discard_receive(pair[1], text, sizeof(text)), 9);
	assert_int_equal(read(barrier[0], &byte, 1), 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	close(barrier[0]);
	close(pair[0]);
	close(pair[1]);
}

/* None of them is left, and none was closed by recvmsg(2) in our place. */
static void
test_discard_receives_as_many_as_a_message_can_bring(void **state)
{
	size_t files;
	int pair[2], fds[DISCARD_MOST], barrier[2];
	char text[4], byte;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	assert_int_equal(pipe2(barrier, O_NONBLOCK), 0);
	files = open_files();
	for (size_t i = 0; i < DISCARD_MOST; i++)
		fds[i] = barrier[1];
	send_beside(pair[0], "a longer one", fds, DISCARD_MOST);
	assert_int_equal(discard_receive(pair[1], text, sizeof(text)), 12);
	assert_int_equal(open_files(), files);
	close(barrier[1]);
	assert_int_equal(read(barrier[0], &byte, 1), 0);
	assert_int_equal(discard_receive(pair[1], text, sizeof(text)), -1);
	assert_int_equal(errno, EAGAIN);
	close(barrier[0]);
	close(pair[0]);
	close(pair[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_discard_of_a_lingering_socket_waits_for_nobody),
		cmocka_unit_test(
			test_discard_of_a_socket_with_one_in_its_queue_waits_for_nobody),
		cmocka_unit_test(test_discard_closes_a_pipe_itself),
		cmocka_unit_test(test_discard_receives_as_many_as_a_message_can_bring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
