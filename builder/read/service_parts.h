/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_SERVICE_PARTS_H
#define BUILDER_SERVICE_PARTS_H

#include <stdbool.h>

struct error;
struct ini;
struct service;

/* The parts of a service file, each a concern of its own: 0 or -errno with e. */
int service_read_unit(struct service *service, struct ini *ini, struct error *e);
int service_read_life(struct service *service, struct ini *ini, struct error *e);
int service_read_limits(struct service *service, struct ini *ini, struct error *e);
int service_read_isolation(struct service *service, struct ini *ini, struct error *e);

int service_read_log(struct service *service, struct ini *ini, struct error *e);

/* Of the isolation: BindPaths= and its like, DeviceAllow=; SystemCallFilter=;
 * CapabilityBoundingSet=, AmbientCapabilities=. `open`: BindPaths = / takes the walls
 * down that no key asks for. */
int service_read_view(
	struct service *service, struct ini *ini, bool *open, struct error *e);
int service_read_filter(
	struct service *service, struct ini *ini, bool open, struct error *e);
int service_read_capabilities(
	struct service *service, struct ini *ini, bool open, struct error *e);

/* Cuts ".service" off the end of a service's name; true if it was there. */
bool service_cut_suffix(char *name);

#endif
