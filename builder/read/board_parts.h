/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_BOARD_PARTS_H
#define BUILDER_BOARD_PARTS_H

struct board;
struct error;
struct ini;
struct ini_entry;
struct layers;

/* The parts of a board that are lists of their own; each 0 or -errno with e. */
int parts_read_modules(struct board *board, struct layers *layers, struct error *e);
int parts_read_files(struct board *board, struct layers *layers, struct error *e);
int parts_read_services(struct board *board, struct layers *layers, struct error *e);
/* Sections of their own: 0 or -errno with e. The log's reader is a service. */
int board_read_log(struct board *board, struct layers *layers, struct error *e);
int board_read_crash(struct board *board, struct layers *layers, struct error *e);
int board_read_outbox(struct board *board, struct layers *layers, struct error *e);
void board_free_outbox(struct board *board);
void parts_free(struct board *board);

/* 0 if the trees have it, else the message with the nearest name. */
int parts_check_recipe(const struct ini *ini, const struct ini_entry *entry,
	const char *name, struct error *e);
int parts_check_fragment(const struct ini *ini, const struct ini_entry *entry,
	const char *name, struct error *e);

#endif
