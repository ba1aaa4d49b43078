/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_BOARD_USERS_H
#define BUILDER_BOARD_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/strlist.h"

struct board;
struct error;
struct layers;

/* [users] NAME = UID [GID] [home=DIR] [shell=PROGRAM] [groups=A,B] [password=HASH] */
struct board_user {
	char *name;
	uint32_t uid, gid;
	char *home, *shell; /* "/", "/bin/false" */
	char *password; /* as crypt(3) writes it; "*": none that could match */
	struct strlist groups; /* names of [groups], or of users */
};

/* [groups] NAME = GID */
struct board_group {
	char *name;
	uint32_t gid;
};

struct board_users {
	bool given; /* one of both sections is there */
	struct board_user *user; /* root is the first, whether named or not */
	size_t user_count;
	struct board_group *group;
	size_t group_count;
};

/* Reads [users] and [groups]: 0 or -errno with e. After [files], with which it must not
 * collide. */
int board_read_users(struct board *board, struct layers *layers, struct error *e);
void board_users_free(struct board_users *users);

/* Puts numbers for the names in the services' User=, Group=, SupplementaryGroups=. */
int board_users_resolve(struct board *board, struct error *e);

#define USERS_FILES 3

/*
 * The index-th file that they are written to: /etc/passwd, /etc/group, /etc/shadow. Its
 * path and mode; the text is the caller's to free. NULL if the board has neither section.
 */
char *board_users_text(
	const struct board_users *users, size_t index, const char **path, unsigned *mode);

#endif
