/* SPDX-License-Identifier: ISC */
#include "history_clock.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#define BOOT_ID	   "/proc/sys/kernel/random/boot_id"
#define SAMPLE_NS  20000000 /* how long a rate is measured */
#define DOUBT_MS   3000 /* the two clocks may differ by: the real-time one has seconds */
#define MS_AT_MOST UINT32_MAX

/* It is no clock where it may stop or start anew; a kexec leaves it running. */
static uint64_t
counter(void)
{
#ifdef __x86_64__
	return __builtin_ia32_rdtsc();
#else
	return 0;
#endif
}

uint64_t
clock_now(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint32_t
clock_ms_since(uint64_t then)
{
	uint64_t ms = (clock_now() - then) / 1000000;

	return ms < MS_AT_MOST ? (uint32_t)ms : MS_AT_MOST;
}

static int64_t
real_ms(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
read_boot(uint8_t boot[HISTORY_BOOT])
{
	char text[64] = "";
	int fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC);

	memset(boot, 0, HISTORY_BOOT);
	if (fd < 0)
		return;
	if (read(fd, text, sizeof(text) - 1) > 0)
		sodium_hex2bin(boot, HISTORY_BOOT, text, strlen(text), "-\n", NULL, NULL);
	close(fd);
}

/* Only a jump is measured by it. */
static void
read_counter(struct history_entry *entry)
{
	const struct timespec pause = {.tv_nsec = SAMPLE_NS};
	uint64_t from = clock_now(), begin = counter(), ns;

	if (begin == 0)
		return;
	nanosleep(&pause, NULL);
	entry->counter = counter();
	ns = clock_now() - from;
	entry->counter_khz = (entry->counter - begin) * 1000 / (ns / 1000);
}

void
history_clock(struct history_entry *entry)
{
	if (entry->kind == SLOT_JUMP)
		read_counter(entry);
	entry->clock_ms = real_ms();
	entry->uptime_ms = clock_now() / 1000000;
	read_boot(entry->boot);
}

uint32_t
history_since(const struct history_entry *then)
{
	int64_t real = real_ms() - then->clock_ms;
	uint64_t now = counter(), ms;

	if (then->counter_khz > 0 && now > then->counter) {
		ms = (now - then->counter) / then->counter_khz;
		/* Both, since either may have been set or begun anew. */
		if ((int64_t)ms - real < DOUBT_MS && real - (int64_t)ms < DOUBT_MS)
			return ms < MS_AT_MOST ? (uint32_t)ms : MS_AT_MOST;
	}
	return real > 0 && real < MS_AT_MOST ? (uint32_t)real : 0;
}
