/* SPDX-License-Identifier: ISC */
#include "dump.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PANIC "Kernel panic - not syncing: "

/* The time in "<0>[    7.927191] Kernel panic": from the line's start to its text. */
static uint64_t
stamp_ms(const char *line, const char *text)
{
	const char *at = memchr(line, '[', (size_t)(text - line));
	uint64_t ms = 0;
	int decimals = -1;

	for (; at && at < text && *at != ']' && decimals < 3; at++) {
		if (*at == '.' && decimals < 0) {
			decimals = 0;
		} else if (*at >= '0' && *at <= '9') {
			if (ms > UINT64_MAX / 100)
				return 0;
			ms = ms * 10 + (uint64_t)(*at - '0');
			decimals += decimals >= 0;
		}
	}
	return decimals == 3 ? ms : 0;
}

void
dump_judge(struct dump *dump)
{
	const char *end = dump->text + dump->size, *found = NULL, *line, *at = dump->text;
	size_t n = 0;

	dump->cause[0] = '\0';
	dump->uptime_ms = 0;
	/* The last one: a program may have written such a line to /dev/kmsg. */
	while ((at = memmem(at, (size_t)(end - at), PANIC, strlen(PANIC))))
		found = at++;
	if (!dump->panic || !found)
		return;
	line = memrchr(dump->text, '\n', (size_t)(found - dump->text));
	dump->uptime_ms = stamp_ms(line ? line : dump->text, found);
	at = found + strlen(PANIC);
	for (; at < end && *at != '\n' && n < sizeof(dump->cause) - 1; at++)
		dump->cause[n++] = *at < ' ' || *at > '~' ? '?' : *at;
	dump->cause[n] = '\0';
}

static void
name_of(char name[64], unsigned number)
{
	snprintf(name, 64, DUMP_MOUNT "/dmesg-ramoops-%u", number);
}

/* The time of a dump is the kernel's, to the microsecond. */
static uint32_t
mark_of(const struct stat *st, unsigned number)
{
	uint64_t mark = (uint64_t)st->st_mtim.tv_sec * 1000003 +
			(uint64_t)st->st_mtim.tv_nsec / 1000;

	mark = (mark * 1000003 + (uint64_t)st->st_size) * 1000003 + number;
	mark ^= mark >> 32;
	return (uint32_t)mark ? (uint32_t)mark : 1;
}

bool
dump_load(struct dump *dump, unsigned number)
{
	char name[64], kind[8] = "";
	struct stat st;
	off_t from;
	ssize_t n = -1;
	int fd;

	name_of(name, number);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && pread(fd, kind, sizeof(kind) - 1, 0) > 0) {
		from = st.st_size > DUMP_TEXT ? st.st_size - DUMP_TEXT : 0;
		n = pread(fd, dump->text, sizeof(dump->text), from);
	}
	close(fd);
	if (n < 0)
		return false;
	dump->size = (size_t)n;
	dump->panic = strncmp(kind, "Panic#", 6) == 0;
	dump->mark = mark_of(&st, number);
	dump_judge(dump);
	return true;
}

int
dump_remove(unsigned number)
{
	char name[64];

	name_of(name, number);
	return unlink(name) < 0 ? -errno : 0;
}
