/* SPDX-License-Identifier: ISC */
#include "watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/watchdog.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/config_power.h"
#include "pid1/base/clock.h"
#include "pid1/log/log.h"

#define AGAIN_MS 10000 /* between two tries to open it */
#define UNKNOWN	 4 /* seconds, of a driver that does not tell its timeout */

static struct {
	const struct config_watchdog *config;
	int fd;
	unsigned timeout; /* seconds, as the driver has it */
	uint64_t due_ms;
	bool fired;
	bool starved; /* health forbids to feed it, and it was said */
	int deaf; /* errno of the last feed, 0: it went well */
	char fault[96];
	char status[96];
} dog = {.fd = -1, .due_ms = UINT64_MAX, .status = "none"};

/* By system call: the type of ioctl(2)'s request is musl's or glibc's own. */
static int
ask(unsigned long request, void *argument)
{
	return (int)syscall(SYS_ioctl, dog.fd, request, argument);
}

/* Said once, not at each try. */
static void
say_fault(const char *what, int error)
{
	char fault[sizeof(dog.fault)];

	snprintf(fault, sizeof(fault), "%s: %s", what, strerror(error));
	if (strcmp(fault, dog.fault) == 0)
		return;
	memcpy(dog.fault, fault, sizeof(fault));
	snprintf(dog.status, sizeof(dog.status), "%s", fault);
	log_say("watchdog %s: %s", dog.config->device, fault);
}

/* Sets the timeout and asks what it became: a driver may round it, or refuse it and keep
 * its own. */
static void
set_timeout(unsigned seconds)
{
	int asked = (int)seconds, has = 0;

	if (ask(WDIOC_SETTIMEOUT, &asked) < 0) {
		char what[64];

		snprintf(what, sizeof(what), "refuses a timeout of %u s", seconds);
		say_fault(what, errno);
	}
	if (ask(WDIOC_GETTIMEOUT, &has) < 0 || has <= 0)
		has = UNKNOWN;
	dog.timeout = (unsigned)has;
}

static void
try_open(uint64_t now_ms)
{
	int status = 0;

	dog.due_ms = now_ms + AGAIN_MS;
	dog.fd = open(dog.config->device, O_WRONLY | O_CLOEXEC);
	if (dog.fd < 0) {
		say_fault(
			errno == EBUSY ? "another process has it" : "cannot open", errno);
		return;
	}
	dog.fault[0] = '\0';
	if (ask(WDIOC_GETBOOTSTATUS, &status) == 0 && (status & WDIOF_CARDRESET))
		dog.fired = true;
	set_timeout(dog.config->timeout);
	ask(WDIOC_KEEPALIVE, NULL);
	dog.due_ms = now_ms + (uint64_t)dog.timeout * 1000 / 4;
	snprintf(dog.status, sizeof(dog.status), "%s, %u s", dog.config->device,
		dog.timeout);
	if (dog.timeout == dog.config->timeout)
		log_say("watchdog %s: armed, %u s", dog.config->device, dog.timeout);
	else
		log_say("watchdog %s: armed, %u s in place of %u s", dog.config->device,
			dog.timeout, (unsigned)dog.config->timeout);
}

void
watchdog_open(const struct config_watchdog *config)
{
	dog.config = config;
	if (config->device[0] && dog.fd < 0)
		try_open(clock_ms());
}

const char *
watchdog_fault(void)
{
	return dog.fault[0] ? dog.fault : NULL;
}

bool
watchdog_fired(void)
{
	return dog.fired;
}

void
watchdog_feed(uint64_t now_ms)
{
	if (dog.fd < 0 || now_ms < dog.due_ms)
		return;
	dog.due_ms = now_ms + (uint64_t)dog.timeout * 1000 / 4;
	if (ask(WDIOC_KEEPALIVE, NULL) == 0)
		dog.deaf = 0;
	else if (!dog.deaf)
		dog.deaf = errno;
}

void
watchdog_advance(uint64_t now_ms, bool healthy)
{
	if (!healthy && dog.fd >= 0 && now_ms >= dog.due_ms) {
		if (!dog.starved)
			log_say("watchdog %s: not fed: the device is unhealthy",
				dog.config->device);
		dog.starved = true;
		dog.due_ms = now_ms + 1000;
		return;
	}
	dog.starved = dog.starved && !healthy;
	if (now_ms >= dog.due_ms && dog.fd < 0)
		try_open(now_ms);
	watchdog_feed(now_ms);
	if (dog.deaf)
		say_fault("cannot be fed", dog.deaf);
}

uint64_t
watchdog_deadline(void)
{
	return dog.due_ms;
}

void
watchdog_last(void)
{
	if (dog.fd < 0)
		return;
	if (dog.config->boot_timeout != dog.config->timeout)
		set_timeout(dog.config->boot_timeout);
	ask(WDIOC_KEEPALIVE, NULL);
}

const char *
watchdog_status(void)
{
	return dog.status;
}
