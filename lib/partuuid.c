/* SPDX-License-Identifier: ISC */
#include "partuuid.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "error.h"
#include "partition.h"

struct search {
	struct partuuid *where;
	const char *nodes;
	uint8_t guid[GPT_GUID];
	struct partition best, other; /* no name: none */
};

bool
partuuid_is(const char *name)
{
	return strncmp(name, PARTUUID_PREFIX, sizeof(PARTUUID_PREFIX) - 1) == 0;
}

bool
partuuid_parse(const char *name, uint8_t guid[GPT_GUID])
{
	return partuuid_is(name) &&
	       gpt_guid_parse(name + sizeof(PARTUUID_PREFIX) - 1, guid);
}

static bool
is_silent(const struct partuuid *where, const char *disk)
{
	for (size_t i = 0; i < PARTUUID_SILENT; i++)
		if (strcmp(where->silent[i], disk) == 0)
			return true;
	return false;
}

static void
give_up(struct partuuid *where, const char *disk)
{
	for (size_t i = 0; i < PARTUUID_SILENT; i++)
		if (!where->silent[i][0]) {
			memcpy(where->silent[i], disk, strlen(disk) + 1);
			return;
		}
}

static bool
is_before(const struct partition *one, const struct partition *other)
{
	if (one->rank != other->rank)
		return one->rank < other->rank;
	return strverscmp(one->link, other->link) < 0;
}

static void
consider(struct search *search, int folder, const char *name)
{
	struct partuuid *where = search->where;
	struct partition p;
	int r;

	if (!partition_read(&p, folder, name) || is_silent(where, p.disk))
		return;
	r = partition_has_guid(&p, search->nodes, search->guid, where->ms);
	if (r == -ETIMEDOUT)
		give_up(where, p.disk);
	if (r != 1)
		return;
	if (!search->best.name[0]) {
		search->best = p;
	} else if (is_before(&p, &search->best)) {
		search->other = search->best;
		search->best = p;
	} else if (!search->other.name[0] || is_before(&p, &search->other)) {
		search->other = p;
	}
}

/* By getdents64(2) itself: opendir(3) would allocate. */
static int
look(struct search *search)
{
	const char *blocks = search->where->blocks;
	_Alignas(struct dirent) char entries[2048];
	int fd = open(blocks ? blocks : "/sys/class/block",
		    O_RDONLY | O_DIRECTORY | O_CLOEXEC),
	    r;
	long n;

	if (fd < 0)
		return -errno;
	while ((n = syscall(SYS_getdents64, fd, entries, sizeof(entries))) > 0) {
		for (long at = 0; at < n;) {
			const char *entry = entries + at;
			unsigned short length;

			memcpy(&length, entry + offsetof(struct dirent, d_reclen),
				sizeof(length));
			consider(search, fd, entry + offsetof(struct dirent, d_name));
			at += length;
		}
	}
	r = n < 0 ? -errno : 0;
	close(fd);
	return r;
}

/* A node, not a link: links may be older than the disks that are there now. */
static bool
find_node(const char *nodes, const char *guid, char path[PARTUUID_PATH])
{
	struct stat st;
	int n = snprintf(path, PARTUUID_PATH, "%s%s/%s", nodes,
		PARTUUID_FOLDER + sizeof("/dev") - 1, guid);

	return n < PARTUUID_PATH && lstat(path, &st) == 0 && S_ISBLK(st.st_mode);
}

static void
make_note(const struct search *search, struct partuuid_found *found)
{
	static const char *const why[] = {[PARTITION_FIXED] = "comes behind it in /sys",
		[PARTITION_REMOVABLE] = "can be removed",
		[PARTITION_VIRTUAL] = "is of no disk"};
	char path[PARTUUID_PATH];

	if (!search->other.name[0])
		return;
	partition_path(search->nodes, search->other.name, path);
	snprintf(found->note, sizeof(found->note),
		"%.40s has the same GUID, but %s: %.40s is taken", path,
		why[search->other.rank == search->best.rank ? PARTITION_FIXED
							    : search->other.rank],
		found->path);
}

int
partuuid_find(struct partuuid *where, const char *name, struct partuuid_found *found,
	struct error *e)
{
	struct search search = {
		.where = where, .nodes = where->nodes ? where->nodes : "/dev"};
	char guid[GPT_GUID_TEXT];
	int r;

	*found = (struct partuuid_found){.path = ""};
	if (!partuuid_parse(name, search.guid))
		return error_set(e, EINVAL, "%s: is no GUID", name);
	gpt_guid_text(search.guid, guid);
	if (find_node(search.nodes, guid, found->path))
		return 0;
	found->path[0] = '\0';
	r = look(&search);
	if (r == 0 && !search.best.name[0])
		r = -ENOENT;
	if (r < 0)
		return error_set(e, -r, "%s: %s%s%s", name,
			r == -ENOENT ? "no disk that is there has this partition"
				     : strerror(-r),
			where->silent[0][0] ? ", and one does not answer: " : "",
			where->silent[0]);
	partition_path(search.nodes, search.best.name, found->path);
	make_note(&search, found);
	return 0;
}
