/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_BUILD_H
#define BUILDER_BUILD_H

#include "lib/sha256.h"

struct node;
struct sandbox;

/*
 * Builds one node whose dependencies are NODE_DONE, in the job's process: fills
 * node->tree and records it under the node's identity. Says how: "built", or "unchanged"
 * when the second key (the dependencies' outputs) was known, "found" when somebody else
 * built it meanwhile, "reproduced" when node->twice asks for that. Dies on failure.
 */
const char *build_node(struct node *node);

/* The kinds of node; the second key is already known to be new. */
void build_recipe(struct node *node);
void build_image(struct node *node);

/* The kit of a kernel for a cavity class, from the store or linked now; its tree hash. */
void build_kit(const struct node *kernel, uint64_t cavity, char tree[SHA256_HEX]);

/* The log of a step below the store, opened anew; *path is what messages name. */
int build_log(const char *name, char **path);

/*
 * Runs a recipe's script by `sh -eu` in the sandbox (argv is set here). On failure says
 * the log's last lines, where the log is and what to try, and dies; where is "file:line"
 * of the script.
 */
void build_script(struct sandbox *sandbox, const char *name, const char *where,
	const char *work, const char *script, const char *log_path);

#endif
