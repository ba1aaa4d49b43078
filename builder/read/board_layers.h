/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_BOARD_LAYERS_H
#define BUILDER_BOARD_LAYERS_H

#include <stdbool.h>

#include "lib/ini.h"
#include "builder/base/field.h"

/* A board.ini over the one it inherits. */
struct layers {
	struct ini own, base;
	char *base_name; /* NULL: nothing is inherited, base is empty */
	char *base_dir;
};

/* An entry and the file it stands in; entry NULL: neither file has it. */
struct found {
	const struct ini *ini;
	const struct ini_entry *entry;
};

/* With own read: reads what it inherits, checked against the table. 0 or -errno. */
int layers_open(struct layers *layers, const char *name, const struct field *known,
	struct error *e);
void layers_free(struct layers *layers);

/* True if one of both files has the key: the board's own before the inherited one. */
bool layers_get(
	struct layers *layers, const char *section, const char *key, struct found *found);

/* 0, or -EINVAL naming both files. */
int layers_need(struct layers *layers, const char *section, const char *key,
	struct found *found, struct error *e);

#endif
