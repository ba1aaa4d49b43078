/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_BOARD_H
#define BUILDER_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/config_log.h"
#include "lib/sha256.h"
#include "lib/strlist.h"
#include "board_health.h"
#include "board_mounts.h"
#include "board_net.h"
#include "board_power.h"
#include "board_slots.h"
#include "board_users.h"
#include "service.h"

struct error;

/* One file of boards/NAME/ for the image: [files] /path = SOURCE MODE [UID GID] */
struct board_file {
	char *path;
	char *source; /* absolute */
	char sha256[SHA256_HEX]; /* of its bytes; "" until node_identity() took it */
	mode_t mode; /* permission bits */
	unsigned uid, gid;
	char *file; /* of the board.ini that says so, as messages name it */
	unsigned line;
};

/* One kernel module to load at boot: [modules] NAME = PARAMETERS, in the file's order */
struct board_module {
	char *name;
	char *parameters; /* "" for none */
	char *file;
	unsigned line;
};

/* One boards/NAME/board.ini with what it inherits; board(5). */
struct board {
	char *file, *dir, *name;
	char *inherits; /* the board it inherits, or NULL */
	char *summary; /* "" if there is none */
	char *arch; /* x86_64 */
	char *hostname;
	uint64_t version; /* of the image */
	uint64_t floor; /* security floor, <= version */
	int64_t epoch; /* SOURCE_DATE_EPOCH of the image, seconds */
	char *kernel; /* recipe */
	struct strlist fragments; /* names in kernel-configs/, in order */
	char *cmdline; /* compiled in; NULL: open (development) */
	struct strlist recipes; /* whose [install] files enter the image */
	struct board_file *files;
	size_t file_count;
	struct board_module *modules;
	size_t module_count;
	struct board_users users;
	struct service *services; /* in start order: after= resolved, ties by name */
	size_t service_count;
	unsigned zstd_level; /* compression = zstd-19 */
	uint64_t cavity; /* bytes; 0: the smallest class that fits */
	uint64_t size_budget; /* bytes of bzImage; 0: none */
	uint64_t ram; /* floor of the board's memory, bytes */
	uint64_t run_size, tmp_size; /* tmpfs */
	bool selfcheck;
	struct board_health health;
	struct board_net net;
	struct config_log log; /* its address is owned, as is the store, and the */
	struct config_crash crash; /* outbox's strings */
	struct config_outbox outbox;
	struct board_mounts mounts;
	bool lock_modules; /* none can be loaded after the board's */
	struct board_power power;
	struct board_slots slots;
	struct {
		char *machine; /* NULL: the board cannot be run in QEMU */
		char *cpu; /* NULL: the machine's own */
		uint64_t memory; /* default: ram */
		struct strlist arguments;
	} qemu;
};

/* Reads dir/board.ini, what it inherits (one level) and its services. 0 or -errno. */
int board_read(struct board *board, const char *dir, struct error *e);

/* The same with board.ini from memory; the rest is looked up in the trees (fuzzing). */
int board_parse(struct board *board, const char *dir, const char *file, const char *text,
	size_t size, struct error *e);
void board_free(struct board *board);

#endif
