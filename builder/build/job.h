/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_JOB_H
#define BUILDER_JOB_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "lib/sha256.h"

struct node;

/*
 * A job is the process that builds one node. It tells the scheduler through a pipe, a
 * line each: "step NAME" and at the end "tree HASH HOW" and "cost MICROSECONDS KIB".
 */
struct job {
	struct node *node;
	pid_t pid;
	int fd; /* read end, non-blocking */
	char line[256]; /* received so far */
	size_t length;
	char tree[SHA256_HEX];
	char how[32]; /* what build_node() says */
	uint64_t others_us; /* CPU of the programs that it ran */
	long peak_kib; /* its own memory */
};

/* Starts a job; dies if the system cannot. */
void job_start(struct job *job, struct node *node);

/* Reads what the job told; calls step() for each step. 1 while it lives, 0 at its end. */
int job_read(struct job *job, void (*step)(const struct job *job, const char *name));

/* In the job's process (elsewhere nothing): what it does now. */
void job_step(const char *name);

#endif
