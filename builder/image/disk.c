/* SPDX-License-Identifier: ISC */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/base/folder.h"
#include "builder/base/process.h"
#include "builder/base/say.h"
#include "builder/base/xalloc.h"
#include "builder/read/board.h"
#include "builder/store/store.h"
#include "lib/block.h"
#include "lib/error.h"
#include "lib/io.h"
#include "lib/release.h"
#include "lib/state.h"
#include "lib/tail.h"
#include "fat.h"

#define MIB	   ((uint64_t)1 << 20)
#define SMALL	   (1 * MIB) /* a partition for the state, one for the reason */
#define STATE_UNIT (128u << 10) /* rollback(8), the default */
#define COPIES	   2
#define PIECE	   65536 /* bytes, of a copy */
#define UUID	   37
#define LINUX	   "0fc63daf-8483-4772-8e79-3d69d8477de4" /* any data of Linux */
#define SYSTEM                                                                           \
	"c12a7328-f81f-11d2-ba4b-00a0c93ec93b" /* UEFI 2.10, 5.3.3: it starts there */

/* A UUID of our own making (RFC 9562, version 8) that follows from image and name. */
static void
make_uuid(const struct release *release, const char *name, char uuid[UUID])
{
	uint8_t hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state state;
	char hex[2 * sizeof(hash) + 1];

	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, release->hash, sizeof(release->hash));
	crypto_hash_sha256_update(&state, (const uint8_t *)name, strlen(name));
	crypto_hash_sha256_final(&state, hash);
	hash[6] = (uint8_t)((hash[6] & 0x0f) | 0x80);
	hash[8] = (uint8_t)((hash[8] & 0x3f) | 0x80);
	sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	snprintf(uuid, UUID, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
		hex + 16, hex + 20);
}

/* A file of zeros. */
static char *
make_file(const char *dir, const char *name, uint64_t size)
{
	char *path = xasprintf("%s/%s", dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0 || ftruncate(fd, (off_t)size) < 0 || close(fd) < 0)
		die("%s: cannot create: %s", path, strerror(errno));
	return path;
}

static void
copy_image(struct block *slot, const struct disk_signed *from)
{
	static _Alignas(BLOCK_ALIGN) uint8_t piece[PIECE];
	int fd = open(from->image, O_RDONLY | O_CLOEXEC), r = 0;

	if (fd < 0)
		die("%s: cannot read: %s", from->image, strerror(errno));
	for (uint64_t at = 0; r == 0 && at < from->release->size; at += PIECE) {
		uint64_t left = from->release->size - at;
		size_t size = left < PIECE ? (size_t)left : PIECE;

		memset(piece, 0, sizeof(piece));
		r = io_read_full(fd, piece, size);
		if (r == 0)
			r = slot->write(slot, at, piece, PIECE);
	}
	if (r < 0)
		die("%s: cannot copy: %s", from->image, strerror(-r));
	close(fd);
}

/* As rollback's install leaves it. */
static void
fill_slot(const char *path, const struct disk_signed *from)
{
	static struct tail tail; /* of aligned parts, which no malloc() gives */
	struct block_file file;
	struct error e;
	int r;

	if (block_file_open(&file, path, true, &e) < 0)
		die("%s", e.text);
	if (from->release->size > tail_room(&file.block))
		die("%s: has %" PRIu64 " bytes, the slot takes %" PRIu64
		    ": raise [slots] size",
			from->image, from->release->size, tail_room(&file.block));
	copy_image(&file.block, from);
	tail.release_size = from->text_size;
	tail.signatures_size = from->signatures_size;
	memcpy(tail.text, from->text, from->text_size);
	memcpy(tail.text + from->text_size, from->signatures, from->signatures_size);
	r = tail_write(&file.block, &tail);
	if (r == 0)
		r = file.block.read(&file.block, 0, tail.first, sizeof(tail.first));
	if (r == 0)
		r = tail_write_first(&file.block, &tail);
	if (r < 0)
		die("%s: cannot write: %s", path, strerror(-r));
	block_file_close(&file);
}

/* The steps of a first install and its confirmation. */
static void
fill_state(const char *path, const struct release *release)
{
	static const enum slot_event events[] = {SLOT_BEGIN, SLOT_FINISH, SLOT_ADOPT};
	struct slot_input input = {.slot = 0, .running = SLOT_NONE};
	static struct state state; /* aligned, too */
	enum slot_refusal refusal;
	struct block_file file;
	struct error e;

	input.clock = release->issued;
	input.image.version = release->version;
	input.image.floor = release->floor;
	memcpy(input.image.hash, release->hash, SLOT_HASH);
	memcpy(input.image.content, release->content, SLOT_HASH);
	if (block_file_open(&file, path, true, &e) < 0)
		die("%s", e.text);
	/* There is none yet. */
	state_open(&state, &file.block, STATE_UNIT, COPIES, &e);
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		input.event = events[i];
		if (state_step(&state, &input, &refusal, &e) < 0)
			die("%s", e.text);
		if (refusal != SLOT_OK)
			die("%s: this image %s", path, slot_refusal_text(refusal));
	}
	block_file_close(&file);
}

/* mke2fs(8) is not in an ordinary user's way. */
static void
widen_path(void)
{
	const char *path = getenv("PATH");
	char *wider = xasprintf("%s:/usr/sbin:/sbin", path ? path : "/usr/bin:/bin");

	setenv("PATH", wider, 1);
	free(wider);
}

static void
run(const char *const *argv)
{
	struct error e = {.text = ""};
	int status = process_run(argv, NULL, -1, -1, &e);

	if (status < 0)
		die("%s: apt-get install %s", e.text,
			strcmp(argv[0], "genimage") == 0 ? "genimage" : "e2fsprogs");
	if (status > 0)
		die("%s: exited with %d", argv[0], status);
}

/* Its times and ids are what the board and the image are. */
static void
fill_data(const char *path, const struct board *board, const struct release *release)
{
	char uuid[UUID], seed[UUID + 64];
	char *epoch = xasprintf("%" PRId64, board->epoch);
	const char *const argv[] = {"mke2fs", "-q", "-F", "-t", "ext4", "-L", "data",
		"-U", uuid, "-E", seed, path, NULL};

	make_uuid(release, "data file system", uuid);
	snprintf(seed, sizeof(seed), "hash_seed=%s,lazy_itable_init=0", uuid);
	setenv("E2FSPROGS_FAKE_TIME", epoch, 1);
	setenv("SOURCE_DATE_EPOCH", epoch, 1);
	widen_path();
	run(argv);
	free(epoch);
}

/* A system partition: the file system, which every launcher's has the same size of, as long
 * as it is no larger than the least FAT32. */
static uint64_t
system_size(const struct release *launcher)
{
	struct fat_plan plan;

	fat_plan(&plan, FAT_FALLBACK, launcher->kernel_size);
	return (plan.volume + TAIL_SIZE + MIB - 1) / MIB * MIB;
}

/* 0: there is none. */
static uint64_t
part_size(const struct board *board, const struct disk_release *from, unsigned part)
{
	switch (part) {
	case SLOTS_A:
	case SLOTS_B:
		return board->slots.size;
	case SLOTS_DATA:
		return board->slots.data;
	case SLOTS_SYSTEM:
	case SLOTS_SYSTEM_B:
		return from->launcher ? system_size(from->launcher->release) : 0;
	default:
		return SMALL;
	}
}

static const char *
part_type(const struct board *board, unsigned part)
{
	bool slot = part == SLOTS_A || part == SLOTS_B;

	if (part == SLOTS_SYSTEM || part == SLOTS_SYSTEM_B)
		return SYSTEM;
	return slot && board->slots.method == SLOTS_EFI ? SYSTEM : LINUX;
}

static void
write_partition(FILE *to, const struct board *board, enum slots_part part, uint64_t size,
	bool filled)
{
	const char *name = board_slots_name(part);
	char uuid[GPT_GUID_TEXT];

	board_slots_guid(&board->slots, part, uuid);
	fprintf(to,
		"\tpartition %s {\n\t\tsize = %" PRIu64
		"M\n\t\tpartition-uuid = \"%s\"\n\t\tpartition-type-uuid = \"%s\"\n",
		name, size / MIB, uuid, part_type(board, part));
	if (filled)
		fprintf(to, "\t\timage = \"%s\"\n", name);
	fputs("\t}\n", to);
}

/* genimage's settings, in its work folder. */
static char *
write_config(const char *dir, const struct board *board, const struct disk_release *from)
{
	const struct release *release = from->slot.release;
	char *path = xasprintf("%s/genimage.cfg", dir), uuid[UUID];
	FILE *to = fopen(path, "we");

	if (!to)
		die("%s: cannot create: %s", path, strerror(errno));
	make_uuid(release, "disk", uuid);
	fprintf(to,
		"image disk.img {\n\thdimage {\n\t\tpartition-table-type = \"gpt\"\n"
		"\t\tdisk-uuid = \"%s\"\n\t\talign = 1M\n\t}\n",
		uuid);
	for (unsigned i = 0; i < SLOTS_PARTS; i++)
		if (part_size(board, from, i) > 0)
			write_partition(to, board, i, part_size(board, from, i),
				i != SLOTS_B && i != SLOTS_REASON);
	fputs("}\n", to);
	if (ferror(to) || fclose(to) != 0)
		die("%s: cannot write: %s", path, strerror(errno));
	return path;
}

static void
make_dir(const char *path)
{
	if (mkdir(path, 0755) < 0)
		die("%s: cannot create: %s", path, strerror(errno));
}

/* The partitions' files together: genimage(1). */
static void
assemble(const char *dir, const char *config, const char *to)
{
	char *root = xasprintf("%s/root", dir), *work = xasprintf("%s/work", dir);
	const char *const argv[] = {"genimage", "--loglevel", "0", "--config", config,
		"--rootpath", root, "--tmppath", work, "--inputpath", dir, "--outputpath",
		to, NULL};

	make_dir(root);
	run(argv);
	free(root);
	free(work);
}

void
disk_make(const struct board *board, const struct disk_release *from, const char *path)
{
	char *dir = store_work("disk"), *fresh = xasprintf("%s.new", path), *made,
	     *config;
	char *file = make_file(dir, board_slots_name(SLOTS_A), board->slots.size);

	fill_slot(file, &from->slot);
	free(file);
	file = make_file(dir, board_slots_name(SLOTS_STATE), SMALL);
	fill_state(file, from->slot.release);
	free(file);
	if (board->slots.data) {
		file = make_file(dir, board_slots_name(SLOTS_DATA), board->slots.data);
		fill_data(file, board, from->slot.release);
		free(file);
	}
	for (unsigned i = SLOTS_SYSTEM; from->launcher && i <= SLOTS_SYSTEM_B; i++) {
		file = make_file(dir, board_slots_name(i), part_size(board, from, i));
		fill_slot(file, from->launcher);
		free(file);
	}
	config = write_config(dir, board, from);
	folder_remove(fresh); /* of a run that was killed */
	assemble(dir, config, fresh);
	made = xasprintf("%s/disk.img", fresh);
	if (rename(made, path) < 0 || rmdir(fresh) < 0)
		die("%s: cannot move to %s: %s", made, path, strerror(errno));
	free(config);
	free(made);
	free(fresh);
	free(dir);
}
