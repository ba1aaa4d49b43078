/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/error.h"
#include "build.h"
#include "builder/image/cast.h"
#include "builder/image/cpio.h"
#include "builder/graph/graph.h"
#include "builder/image/image_records.h"
#include "builder/image/image_root.h"
#include "job.h"
#include "builder/image/kit.h"
#include "builder/image/ram.h"
#include "builder/base/say.h"
#include "builder/base/size.h"
#include "builder/store/store.h"
#include "builder/base/xalloc.h"

static uint64_t
write_cpio(const struct rootfs *rootfs, const struct board *board, const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	struct error e;
	uint64_t size;

	if (fd < 0)
		die("%s: cannot create: %s", path, strerror(errno));
	if (cpio_write(fd, rootfs, (uint32_t)board->epoch, &size, &e) < 0)
		die("%s", e.text);
	if (close(fd) < 0)
		die("%s: cannot write: %s", path, strerror(errno));
	return size;
}

static uint64_t
choose_cavity(const struct board *board, const struct rootfs *rootfs, uint64_t cpio_size)
{
	char need[SIZE_TEXT], have[SIZE_TEXT];
	uint64_t class = kit_class(cpio_size);

	if (!class)
		die("%s: the root file system takes %s, more than any kernel image can hold: drop some of %s",
			board->file, size_text(cpio_size, need),
			rootfs_largest(rootfs, 5));
	if (!board->cavity)
		return class;
	if (cpio_size > board->cavity)
		die("%s: [image] cavity: the root file system takes %s, the cavity is %s: say cavity = auto, or drop some of %s",
			board->file, size_text(cpio_size, need),
			size_text(board->cavity, have), rootfs_largest(rootfs, 5));
	return board->cavity;
}

static uint64_t
image_size(const char *path, const struct board *board, const struct rootfs *rootfs)
{
	char is[SIZE_TEXT], may[SIZE_TEXT];
	struct stat st;

	if (stat(path, &st) < 0)
		die("%s: the cast made no image: %s", path, strerror(errno));
	if (board->size_budget && (uint64_t)st.st_size > board->size_budget)
		die("%s: [image] size-budget: the image takes %s, the budget is %s: raise it, or drop some of %s",
			board->file, size_text((uint64_t)st.st_size, is),
			size_text(board->size_budget, may), rootfs_largest(rootfs, 5));
	return (uint64_t)st.st_size;
}

static void
check_memory(const struct board *board, const struct rootfs *rootfs,
	const struct kit *kit, uint64_t image)
{
	char *largest = rootfs_largest(rootfs, 5);
	const struct ram_need need = {.file = board->file,
		.largest = largest,
		.cmdline = board->cmdline ? board->cmdline : "",
		.ram = board->ram,
		.init_size = kit->init_size,
		.image = image,
		.files = rootfs_tmpfs_size(rootfs),
		.kexec = strcmp(kit->kexec, "none") != 0};
	struct error e;

	if (ram_check(&need, &e) < 0)
		die("%s", e.text);
	free(largest);
}

void
build_image(struct node *node)
{
	const struct board *board = node->board;
	struct image_facts facts = {.node = node};
	struct rootfs rootfs;
	struct kit kit;
	struct error e;
	char *work = store_work(node->name), *root, *log_path;
	char *cpio = xasprintf("%s/rootfs.cpio", work), *out = xasprintf("%s/out", work);
	char *image = xasprintf("%s/bzImage", out);
	char tree[SHA256_HEX];
	uint64_t cpio_size;
	int log_fd = build_log(node->name, &log_path);

	job_step("root");
	image_root_make(&rootfs, node, facts.content_id);
	cpio_size = write_cpio(&rootfs, board, cpio);
	build_kit(node->kernel, choose_cavity(board, &rootfs, cpio_size), tree);
	if (!store_tree(tree, &root))
		die("%s: the kit is damaged in the store: run the same command again",
			node->name);
	if (kit_read(&kit, root, &e) < 0)
		die("%s", e.text);
	if (mkdir(out, 0755) < 0)
		die("%s: cannot create: %s", out, strerror(errno));
	job_step("cast");
	if (cast_image(&kit, board, cpio, work, image, log_fd, &e) < 0)
		die("%s: %s; the log: %s", node->name, e.text, log_path);
	facts.image_size = image_size(image, board, &rootfs);
	check_memory(board, &rootfs, &kit, facts.image_size);
	image_records_write(&facts, &rootfs, &kit, out);
	close(log_fd);
	job_step("store");
	store_publish(out, node->tree);
	rootfs_free(&rootfs);
	kit_free(&kit);
}
