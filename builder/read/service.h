/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_SERVICE_H
#define BUILDER_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/config.h"
#include "lib/strlist.h"

struct error;

/* Other services, by name without ".service", and the line that names them. */
struct service_names {
	struct strlist names;
	unsigned line;
};

/* A service as its file says it; service(5). Strings are owned. */
struct service {
	char *file;
	char *name;
	char *description; /* the name if there is none */
	struct strlist arguments; /* ExecStart= */
	struct strlist after; /* names, without ".service" */
	unsigned after_line;
	struct service_names requires, wants, on_failure;
	struct service_names mounts_for; /* RequiresMountsFor=: paths */
	uint32_t mounts, mounts_wanted; /* as in config_service; the board decides */
	enum service_type type;
	enum service_restart restart;
	struct config_life life; /* but for at_boot, which the board decides */
	struct config_limits limits;
	struct config_isolation isolation; /* its strings are in `kept` */
	struct {
		struct strlist words; /* SystemCallFilter= */
		bool none, deny, kill, namespaces;
	} filter;
	struct strlist environment; /* "NAME=value" */
	char *directory; /* WorkingDirectory=, or NULL */
	char *user, *group; /* names for board_users_resolve(), or NULL */
	bool group_given;
	struct strlist groups; /* the same of SupplementaryGroups= */
	struct strlist kept;
	struct config_service_log log;
	char *tty; /* TTYPath=, or NULL */
};

/* Reads NAME.service; service_free() in either case. 0 or -errno with e. */
int service_read(struct service *service, const char *file, struct error *e);
int service_parse(struct service *service, const char *file, const char *text,
	size_t size, struct error *e);
void service_free(struct service *service);

/* The user of a service that names none: 61184 to 65279 by a hash of its name. */
uint32_t service_own_id(const char *name);

/* 0, or -EINVAL if a user that belongs to one service alone runs another one as well. */
int service_check_ids(const struct service *services, size_t count, struct error *e);

/* 0, or -EINVAL if services of different users share a RuntimeDirectory=. */
int service_check_runtime(const struct service *services, size_t count, struct error *e);

/* 0, or -EINVAL if OnFailure= leads from one back to itself: each start would be forgiven
 * the failures before it, and there would be no end to them. */
int service_check_failures(const struct service *services, size_t count, struct error *e);

/*
 * Brings the services into start order: each behind what it names in After=, else the
 * critical ones and what they wait for first, then by name. board is the file that enables
 * them, for messages. 0, or -EINVAL for a name that is not among them or a cycle, which is
 * printed.
 */
int service_sort(
	struct service *services, size_t count, const char *board, struct error *e);

#endif
