/* SPDX-License-Identifier: ISC */
#include "rootfs_group.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "rootfs.h"
#include "builder/base/xalloc.h"

static bool
equal_files(const struct rootfs_entry *a, const struct rootfs_entry *b)
{
	return a->mode == b->mode && a->uid == b->uid && a->gid == b->gid &&
	       a->size == b->size && memcmp(a->sha256, b->sha256, SHA256_HEX) == 0;
}

/* The first digits are as good a hash as any; the others of the same slot are compared.
 */
static size_t
hash_of(const struct rootfs_entry *entry)
{
	uint64_t digits;

	memcpy(&digits, entry->sha256, sizeof(digits));
	digits *= 0x9e3779b97f4a7c15u;
	return (size_t)(digits >> 32);
}

void
rootfs_groups_find(struct rootfs_groups *groups, const struct rootfs *rootfs)
{
	size_t slots = 64;
	size_t *slot;

	while (slots < 2 * rootfs->count)
		slots *= 2;
	slot = xcalloc(
		slots, sizeof(*slot)); /* index + 1 of a group's first, 0 is free */
	groups->of = xcalloc(rootfs->count + 1, sizeof(*groups->of));
	for (size_t i = 0; i < rootfs->count; i++) {
		const struct rootfs_entry *entry = &rootfs->entry[i];
		size_t at = hash_of(entry) & (slots - 1);
		struct rootfs_group *group;

		groups->of[i] = (struct rootfs_group){.first = i, .last = i, .count = 1};
		if (!S_ISREG(entry->mode) || entry->size == 0 || entry->sha256[0] == '\0')
			continue;
		while (slot[at] != 0 && !equal_files(&rootfs->entry[slot[at] - 1], entry))
			at = (at + 1) & (slots - 1);
		if (slot[at] == 0) {
			slot[at] = i + 1;
			continue;
		}
		group = &groups->of[slot[at] - 1];
		group->last = i;
		group->count++;
		groups->of[i].first = slot[at] - 1;
	}
	for (size_t i = 0; i < rootfs->count; i++)
		groups->of[i] = groups->of[groups->of[i].first];
	free(slot);
}

void
rootfs_groups_free(struct rootfs_groups *groups)
{
	free(groups->of);
	groups->of = NULL;
}
