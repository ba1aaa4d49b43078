/* SPDX-License-Identifier: ISC */
#include "evidence.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/watchdog.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <xxhash.h>

#include "lib/error.h"
#include "lib/ini.h"
#include "lib/io.h"

#define LAST_BOOT "/run/pid1/last-boot"
#define WATCHDOG  "/sys/class/watchdog/watchdog0/bootstatus"
#define PSTORE	  "/sys/fs/pstore"
#define STEP_MS	  100

void
evidence_defaults(struct evidence_paths *paths)
{
	strcpy(paths->last_boot, LAST_BOOT);
	strcpy(paths->watchdog, WATCHDOG);
	strcpy(paths->pstore, PSTORE);
}

static bool
find_end(const char *kind, enum evidence_end *end)
{
	static const struct {
		const char *kind;
		enum evidence_end end;
	} table[] = {
		{"unknown", END_UNKNOWN},
		{"cut", END_CUT},
		{"watchdog", END_WATCHDOG},
		{"power-off", END_ORDERLY},
		{"reboot", END_ORDERLY},
		{"halt", END_ORDERLY},
		{"kexec", END_KEXEC},
		{"kexec-failed", END_NO_JUMP},
		{"panic", END_PANIC},
		{"rescue", END_FAULT},
		{"unhealthy", END_FAULT},
		{"no-watchdog", END_FAULT},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(kind, table[i].kind) == 0) {
			*end = table[i].end;
			return true;
		}
	return false;
}

/* What becomes messages: printable, and cut where it does not fit. */
static void
copy_text(char to[EVIDENCE_TEXT], const char *from, size_t size)
{
	size_t n = 0;

	for (; n < EVIDENCE_TEXT - 1 && n < size && from[n]; n++)
		to[n] = from[n] >= ' ' && from[n] <= '~' ? from[n] : '?';
	to[n] = '\0';
}

static int
take_account(struct evidence *evidence, struct ini *ini, struct error *e)
{
	static const char *const sections[] = {"last-boot", NULL};
	struct ini_entry *kind = ini_need(ini, "last-boot", "kind", e);
	struct ini_entry *image = ini_get(ini, "last-boot", "image");
	struct ini_entry *watchdog = ini_get(ini, "last-boot", "watchdog");
	struct ini_entry *why = ini_get(ini, "last-boot", "why");
	char text[EVIDENCE_TEXT];
	char *end;

	if (!kind)
		return -EINVAL;
	if (!find_end(kind->value, &evidence->end))
		return ini_bad(ini, kind, e, "no kind of pid1's");
	snprintf(text, sizeof(text), "%s%s%s", kind->value, why ? ": " : "",
		why ? why->value : "");
	copy_text(evidence->text, text, sizeof(text));
	evidence->watchdog = watchdog && strcmp(watchdog->value, "fired") == 0;
	if (image) {
		unsigned long tag = strtoul(image->value, &end, 16);

		if (strlen(image->value) != 8 || *end)
			return ini_bad(ini, image, e, "want 8 hex digits");
		evidence->ended = (uint32_t)tag;
	}
	return ini_finish(ini, sections, e);
}

/* The folder is pid1's; where there is none, nobody writes the account. */
static bool
is_to_come(const char *path)
{
	char folder[256];
	char *slash;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (!slash || slash == folder)
		return false;
	*slash = '\0';
	return access(path, F_OK) < 0 && access(folder, F_OK) == 0;
}

static int
read_account(struct evidence *evidence, const char *path, unsigned ms, struct error *e)
{
	const struct timespec step = {.tv_nsec = STEP_MS * 1000000L};
	struct ini ini;
	int r;

	for (unsigned i = 0; i < ms / STEP_MS && is_to_come(path); i++)
		nanosleep(&step, NULL);
	if (access(path, F_OK) < 0)
		return 0;
	r = ini_read(&ini, path, e);
	if (r == 0)
		r = take_account(evidence, &ini, e);
	ini_free(&ini);
	return r < 0 ? -EINVAL : 0;
}

static bool
read_watchdog(const char *path)
{
	struct error e;
	char *text;
	size_t size;
	bool fired;

	if (io_read_file(AT_FDCWD, path, 64, &text, &size, &e) < 0)
		return false;
	fired = (strtoul(text, NULL, 0) & WDIOF_CARDRESET) != 0;
	free(text);
	return fired;
}

/* A record of a panic. */
struct dump {
	struct timespec when;
	bool marked; /* it has the kernel's last line */
	char text[EVIDENCE_TEXT];
};

/* "Kernel panic - not syncing: ...", or what the record begins with. */
static void
find_panic(struct dump *dump, const char *text, size_t size)
{
	static const char mark[] = "Kernel panic - not syncing: ";
	const char *at = memmem(text, size, mark, sizeof(mark) - 1);
	const char *end;

	dump->marked = at;
	at = at ? at + sizeof(mark) - 1 : text;
	size -= (size_t)(at - text);
	end = memchr(at, '\n', size);
	copy_text(dump->text, at, end ? (size_t)(end - at) : size);
}

/* The words of the newest, of one panic's parts that which has them. */
static bool
is_better(const struct dump *a, const struct dump *b)
{
	if (a->marked != b->marked)
		return a->marked;
	if (a->when.tv_sec != b->when.tv_sec)
		return a->when.tv_sec > b->when.tv_sec;
	return a->when.tv_nsec > b->when.tv_nsec;
}

/* sysfs-like files tell no size: read to the end, or as much as is looked at. */
static size_t
read_some(int folder, const char *name, char *bytes, size_t most, struct timespec *when)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	size_t size = 0;
	ssize_t n = 1;

	if (fd >= 0 && fstat(fd, &st) == 0)
		*when = st.st_mtim;
	while (fd >= 0 && n > 0 && size < most) {
		n = read(fd, bytes + size, most - size);
		size += n > 0 ? (size_t)n : 0;
	}
	if (fd >= 0)
		close(fd);
	return size;
}

uint64_t
evidence_panics(const char *folder, char panic[EVIDENCE_TEXT])
{
	static char bytes[65536];
	struct dump best = {.text = ""};
	uint64_t print = 0;
	struct dirent *entry;
	DIR *dir;

	/* It is pid1 who mounts it, where the board keeps reasons there; another time does
	 * not. */
	if (strcmp(folder, PSTORE) == 0)
		mount("pstore", PSTORE, "pstore", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL);
	dir = folder[0] ? opendir(folder) : NULL;
	while (dir && (entry = readdir(dir))) {
		struct dump dump = {.text = ""};
		size_t size;

		if (strncmp(entry->d_name, "dmesg-", 6) != 0)
			continue;
		size = read_some(
			dirfd(dir), entry->d_name, bytes, sizeof(bytes), &dump.when);
		/* In whatever order the folder has them. */
		print += XXH64(
			bytes, size, XXH64(entry->d_name, strlen(entry->d_name), 1));
		print += print == 0;
		find_panic(&dump, bytes, size);
		if (!best.text[0] || is_better(&dump, &best))
			best = dump;
	}
	if (dir)
		closedir(dir);
	if (panic)
		memcpy(panic, best.text, EVIDENCE_TEXT);
	return print;
}

int
evidence_read(struct evidence *evidence, const struct evidence_paths *paths, unsigned ms,
	struct error *e)
{
	int r = 0;

	memset(evidence, 0, sizeof(*evidence));
	if (paths->last_boot[0])
		r = read_account(evidence, paths->last_boot, ms, e);
	if (paths->watchdog[0])
		evidence->watchdog |= read_watchdog(paths->watchdog);
	evidence->panics = evidence_panics(paths->pstore, evidence->panic);
	return r;
}
