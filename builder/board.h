/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_BOARD_H
#define BUILDER_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "../lib/config.h"
#include "../lib/strlist.h"
#include "recipe.h"

/* One file of boards/NAME/ for the image: [files] /path = SOURCE [MODE [UID GID]] */
struct board_file {
	char *path;
	char *source; /* absolute */
	mode_t mode;
	unsigned uid, gid;
	unsigned line;
};

/* One kernel module to load at boot: [modules] NAME = PARAMETERS, in the order of the file */
struct board_module {
	char *name;
	char *parameters;
	unsigned line;
};

/* A service as its file says it; service(5). Strings are owned. */
struct service {
	char *file;
	char *name;
	char *description;
	struct strlist arguments; /* ExecStart= */
	struct strlist after;
	enum service_type type;
	enum service_restart restart;
	uint64_t restart_ms, memory_max, tasks_max;
	uint32_t uid, gid;
	char *tty; /* TTYPath= */
};

/* One boards/NAME/board.ini with what it inherits; board(5). */
struct board {
	char *file, *dir, *name;
	char *summary;
	char *arch;            /* x86_64 */
	char *hostname;
	uint64_t version;      /* of the image */
	uint64_t floor;        /* security floor */
	int64_t epoch;         /* SOURCE_DATE_EPOCH of the image, seconds */
	char *kernel;          /* recipe */
	struct strlist fragments; /* names in kernel-configs/, in order */
	char *cmdline;         /* compiled in; NULL: open (development) */
	struct strlist recipes;   /* whose [install] files enter the image */
	struct board_file *files;
	size_t file_count;
	struct board_module *modules;
	size_t module_count;
	struct service *services; /* in start order: after= resolved, ties by name */
	size_t service_count;
	unsigned zstd_level;   /* compression = zstd-19 */
	uint64_t cavity;       /* bytes; 0: the smallest class that fits */
	uint64_t size_budget;  /* bytes of bzImage; 0: none */
	uint64_t ram;          /* floor of the board's memory, bytes */
	uint64_t run_size, tmp_size; /* tmpfs */
	bool selfcheck;
	struct {
		char *machine, *cpu;
		uint64_t memory;
		struct strlist arguments;
	} qemu;
};

/* Reads dir/board.ini, what it inherits (one level) and its services. 0 or -errno with e. */
int board_read(struct board *board, const char *dir, struct error *e);
void board_free(struct board *board);

/* Reads one service file (fuzzing reads from memory). */
int service_read(struct service *service, const char *file, struct error *e);
int service_parse(struct service *service, const char *file, const char *text, size_t size,
	struct error *e);
void service_free(struct service *service);

#endif
