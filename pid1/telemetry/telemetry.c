/* SPDX-License-Identifier: ISC */
/* telemetry: brings the log from pid1 to the board's collector; telemetry(8). */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lib/config.h"
#include "lib/error.h"
#include "lib/wire.h"
#include "collector.h"
#include "pid1/base/image_config.h"
#include "pid1/log/logwire.h"
#include "syslog.h"

static const struct config *config;

static int
open_log(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = LOGWIRE_SOCKET};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	fprintf(stderr, "<3>%s: %s\n", LOGWIRE_SOCKET, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* What the real time was when the monotonic clock read zero, by the clock as it is now:
 * lines from before it was set get their right time. */
static int64_t
real_zero(void)
{
	struct timespec real = {0}, monotonic = {0};

	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	return ((int64_t)real.tv_sec - monotonic.tv_sec) * 1000000 +
	       (real.tv_nsec - monotonic.tv_nsec) / 1000;
}

static int
send_message(struct collector *collector, char *message, size_t size)
{
	if (config->log.protocol == COLLECTOR_TCP)
		size = syslog_count(message, size);
	return size > 0 ? collector_send(collector, message, size) : 0;
}

static int
send_record(struct collector *collector, const struct logwire *record)
{
	char message[SYSLOG_MOST];
	int64_t zero = real_zero();
	int r = 0;

	if (record->lost > 0)
		r = send_message(collector, message,
			syslog_lost(message, record, config->hostname, zero));
	if (r == 0)
		r = send_message(collector, message,
			syslog_format(message, record, config->hostname, zero));
	return r;
}

/* Tells pid1 that the collector has them; -1 if pid1 is gone. */
static int
answer(int log_fd, uint32_t count)
{
	struct wire_writer w;
	uint8_t data[4];

	wire_write_fixed(&w, data, sizeof(data));
	wire_put_u32(&w, count);
	return send(log_fd, data, sizeof(data), MSG_NOSIGNAL) == sizeof(data) ? 0 : -1;
}

/* Sends while both sides last. What the collector may not have got is not answered for,
 * and so comes again. */
static void
carry(int log_fd, struct collector *collector)
{
	uint8_t packet[LOGWIRE_PACKET];
	struct logwire record;
	uint32_t count = 0;

	for (;;) {
		ssize_t n = recv(
			log_fd, packet, sizeof(packet), count > 0 ? MSG_DONTWAIT : 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			if (collector_settle(collector) < 0 || answer(log_fd, count) < 0)
				return;
			count = 0;
			continue;
		}
		if (n <= 0 || logwire_get(&record, packet, (size_t)n) < 0 ||
			send_record(collector, &record) < 0)
			return;
		count++;
	}
}

int
main(void)
{
	struct collector collector;
	struct error e;

	config = image_config(&e);
	if (!config) {
		fprintf(stderr, "<3>%s\n", e.text);
		return 1;
	}
	if (config->log.protocol == COLLECTOR_NONE) {
		fputs("<4>the board names no collector: [log] collector\n", stderr);
		return 0;
	}
	collector_init(&collector, &config->log);
	for (;;) {
		int log_fd;

		if (collector_connect(&collector) < 0)
			continue;
		log_fd = open_log();
		if (log_fd < 0)
			return 1;
		carry(log_fd, &collector);
		close(log_fd);
		if (collector.fd >= 0)
			close(collector.fd);
		collector.fd = -1;
	}
}
