/* SPDX-License-Identifier: ISC */
#include "collector.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/config_log.h"

#define PAUSE_MS   500
#define LONGEST_MS 30000
#define LOCAL_MS   1000 /* no network yet: asking costs nothing */
#define SEND_MS	   15000 /* a collector that takes nothing for so long is down */

static void
pause_ms(int ms)
{
	struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

void
collector_init(struct collector *collector, const struct config_log *log)
{
	*collector = (struct collector){.log = log, .fd = -1};
}

/* Once for each reason, not for each attempt: these lines are sent there, too. */
static void
say(struct collector *collector, int error)
{
	const struct config_log *log = collector->log;

	if (collector->tried && collector->error == error)
		return;
	collector->tried = true;
	collector->error = error;
	fprintf(stderr,
		error ? "<4>collector %s port %u: %s\n"
		      : "<6>collector %s port %u: connected\n",
		log->address, log->port, strerror(error));
}

static int
fail(struct collector *collector, int error)
{
	if (collector->fd >= 0)
		close(collector->fd);
	collector->fd = -1;
	collector->failures++;
	say(collector, error);
	return -error;
}

static socklen_t
make_address(const struct config_log *log, struct sockaddr_storage *address)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(log->port)};
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6, .sin6_port = htons(log->port)};

	memset(address, 0, sizeof(*address));
	if (inet_pton(AF_INET, log->address, &in.sin_addr) == 1) {
		memcpy(address, &in, sizeof(in));
		return sizeof(in);
	}
	if (inet_pton(AF_INET6, log->address, &in6.sin6_addr) == 1) {
		memcpy(address, &in6, sizeof(in6));
		return sizeof(in6);
	}
	return 0;
}

static int
pending_error(int fd)
{
	socklen_t size = sizeof(int);
	int error = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		return errno;
	return error;
}

static void
wait_before(const struct collector *collector)
{
	int ms = PAUSE_MS;

	if (collector->failures == 0)
		return;
	if (collector->error == ENETUNREACH || collector->error == ENETDOWN) {
		pause_ms(LOCAL_MS);
		return;
	}
	for (unsigned i = 1; i < collector->failures && ms < LONGEST_MS; i++)
		ms *= 2;
	pause_ms(ms < LONGEST_MS ? ms : LONGEST_MS);
}

int
collector_connect(struct collector *collector)
{
	const bool tcp = collector->log->protocol == COLLECTOR_TCP;
	/* A dead peer is found within a minute, though nothing is sent. */
	static const int on = 1, idle = 20, interval = 10, count = 3;
	struct sockaddr_storage address;
	socklen_t size = make_address(collector->log, &address);
	struct pollfd ready = {.events = POLLOUT};
	int error;

	wait_before(collector);
	collector->fd = socket(address.ss_family,
		(tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (size == 0 || collector->fd < 0)
		return fail(collector, size == 0 ? EINVAL : errno);
	if (tcp) {
		setsockopt(collector->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
		setsockopt(collector->fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
		setsockopt(collector->fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval,
			sizeof(interval));
		setsockopt(
			collector->fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
	}
	if (connect(collector->fd, (struct sockaddr *)&address, size) < 0 &&
		errno != EINPROGRESS)
		return fail(collector, errno);
	ready.fd = collector->fd;
	if (poll(&ready, 1, SEND_MS) <= 0)
		return fail(collector, ETIMEDOUT);
	error = pending_error(collector->fd);
	if (error)
		return fail(collector, error);
	say(collector, 0);
	return 0;
}

/* A collector says nothing: what can be read is the end. */
static int
ended(const struct collector *collector)
{
	char byte;
	ssize_t n = recv(collector->fd, &byte, 1, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : errno;
	return n == 0 && collector->log->protocol == COLLECTOR_TCP ? ECONNRESET : 0;
}

int
collector_send(struct collector *collector, const char *data, size_t size)
{
	struct pollfd ready = {.fd = collector->fd, .events = POLLOUT};
	int error = ended(collector);

	if (error)
		return fail(collector, error);
	while (size > 0) {
		ssize_t n = send(collector->fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0) {
			data += n;
			size -= (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			if (poll(&ready, 1, SEND_MS) <= 0)
				return fail(collector, ETIMEDOUT);
		} else if (n < 0 && errno == EMSGSIZE) {
			return 0; /* no way there is wide enough: the others count */
		} else if (n < 0 && errno != EINTR) {
			return fail(collector, errno);
		}
	}
	return 0;
}

int
collector_settle(struct collector *collector)
{
	int waiting = 0, error;

	for (int ms = 0; ms < SEND_MS; ms += 10) {
		error = ended(collector);
		if (error)
			return fail(collector, error);
		if (collector->log->protocol != COLLECTOR_TCP ||
			ioctl(collector->fd, SIOCOUTQ, &waiting) < 0 || waiting == 0) {
			/* It has taken something: the next loss is a new one. */
			collector->failures = 0;
			return 0;
		}
		pause_ms(10);
	}
	return fail(collector, ETIMEDOUT);
}
