/* SPDX-License-Identifier: ISC */
#include "feed.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/config.h"
#include "lib/wire.h"
#include "pid1/base/discard.h"
#include "pid1/base/watch.h"
#include "journal.h"
#include "log.h"
#include "logwire.h"

#define BACKLOG 4

static struct {
	int socket_fd, reader_fd; /* -1: none */
	bool waiting; /* somebody connects, as far as is known */
	uid_t uid; /* who may read */
	unsigned sent, done; /* records of this window */
	uint64_t tried; /* journal_sequence() when there was nothing more to send */
	void (*watch)(int fd, size_t source);
	/* From here on only with a reader. */
	bool urgent[JOURNAL_SLOTS];
	struct journal_cursor at, safe; /* next to send; behind what the reader dealt
					   with */
} feed;

static int
make_socket(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = LOGWIRE_SOCKET};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	mkdir(LOGWIRE_FOLDER, 0755);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		chmod(LOGWIRE_SOCKET, 0600) < 0 ||
		chown(LOGWIRE_SOCKET, feed.uid, (gid_t)-1) < 0 ||
		listen(fd, BACKLOG) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

void
feed_init(const struct config *config, void (*watch)(int fd, size_t source))
{
	feed.watch = watch;
	feed.socket_fd = feed.reader_fd = -1;
	if (config->log.reader >= config->service_count)
		return;
	feed.uid = config->services[config->log.reader].isolation.uid;
	for (size_t i = 0; i < config->service_count; i++)
		feed.urgent[i] = config->services[i].limits.slice == SLICE_CRITICAL;
	feed.socket_fd = make_socket();
	if (feed.socket_fd < 0)
		log_say("%s: %s: nobody can read the log", LOGWIRE_SOCKET,
			strerror(errno));
	else
		watch(feed.socket_fd, FEED_SOCKET);
}

static void
drop_reader(void)
{
	watch_discard(feed.reader_fd);
	feed.reader_fd = -1;
	/* What it was sent but did not deal with comes again. */
	feed.at = feed.safe;
	feed.sent = feed.done = 0;
}

/* A new reader takes the place of the old one: that is the same service, restarted. False:
 * there is no more connection, or none can be taken now. */
static bool
accept_reader(void)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);
	int fd = accept4(feed.socket_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0) {
		feed.waiting = errno != EAGAIN;
		return false;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 ||
		peer.uid != feed.uid) {
		log_say("%s: refused process %d of user %u", LOGWIRE_SOCKET,
			(int)peer.pid, (unsigned)peer.uid);
		discard_fds(&fd, 1);
		return true;
	}
	if (feed.reader_fd >= 0)
		drop_reader();
	feed.reader_fd = fd;
	feed.tried = 0;
	feed.watch(fd, FEED_READER);
	return true;
}

/* What the reader has dealt with: a count that adds up, or it is dropped. */
static void
read_counts(void)
{
	struct wire_reader r;
	uint8_t data[8];

	for (unsigned i = 0; i < LOGWIRE_WINDOW; i++) {
		ssize_t n = discard_receive(feed.reader_fd, data, sizeof(data));
		uint32_t count;

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		wire_read_init(&r, data, n > 0 ? (size_t)n : 0);
		count = wire_get_u32(&r);
		if (n != 4 || count > feed.sent - feed.done) {
			drop_reader();
			return;
		}
		feed.done += count;
		if (feed.done == feed.sent) {
			feed.safe = feed.at;
			feed.done = feed.sent = 0;
			feed.tried = 0;
		}
	}
}

void
feed_ready(size_t source)
{
	if (source == FEED_SOCKET)
		feed.waiting = true;
	else if (feed.reader_fd >= 0)
		read_counts();
}

void
feed_advance(void)
{
	static struct journal_record record;
	static uint8_t packet[LOGWIRE_PACKET];
	struct journal_cursor before;

	for (int i = 0; feed.waiting && i < BACKLOG && accept_reader(); i++)
		;
	if (feed.reader_fd < 0 || feed.tried == journal_sequence())
		return;
	while (feed.sent < LOGWIRE_WINDOW) {
		struct logwire wire;
		size_t size;

		before = feed.at;
		if (!journal_next(&feed.at, JOURNAL_ALL, feed.urgent, &record)) {
			feed.tried = journal_sequence();
			return;
		}
		wire = (struct logwire){
			.priority = record.head.priority,
			.flags = record.head.flags,
			.sequence = record.head.sequence,
			.time_us = record.head.time_us,
			.lost = record.lost,
			.source = journal_source_name(record.source),
			.text = record.text,
			.size = record.head.size,
		};
		size = logwire_put(&wire, packet);
		/* Its queue is full: its next count brings us here again. */
		if (send(feed.reader_fd, packet, size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
			feed.at = before;
			return;
		}
		feed.sent++;
	}
}
