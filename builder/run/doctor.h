/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_DOCTOR_H
#define BUILDER_DOCTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/utsname.h>

#include "lib/error.h"
#include "lib/strlist.h"

#define DOCTOR_ACCELERATORS 2

/* A program of the host that some verb starts. */
struct doctor_program {
	const char *name, *package, *use;
	bool required; /* by `ingot build` */
	char *path; /* NULL: missing */
};

struct doctor_accelerator {
	const char *name;
	bool boots;
	double seconds;
	struct error why; /* it does not */
};

/* What `ingot doctor` found, and what to do about it. */
struct doctor {
	char *distribution;
	struct utsname kernel;
	long processors;
	uint64_t memory; /* bytes, as the store's sizes */
	struct doctor_program *program;
	size_t program_count;
	bool sandbox_works;
	struct error sandbox_why;
	struct doctor_accelerator accelerator[DOCTOR_ACCELERATORS];
	const struct doctor_accelerator *fastest; /* NULL: none boots */
	char *store;
	bool store_works;
	struct error store_why;
	uint64_t store_size, store_free;
	struct strlist advice; /* one thing to do each */
};

/* Looks at this host: runs a sandbox, boots a guest by each accelerator, opens the store.
 */
void doctor_look(struct doctor *doctor);

bool doctor_can_build(const struct doctor *doctor);

#endif
