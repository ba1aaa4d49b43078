/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/error.h"
#include "estimate.h"
#include "builder/graph/graph.h"
#include "builder/source/lock.h"
#include "builder/base/options.h"
#include "builder/source/package_lock.h"
#include "progress.h"
#include "builder/store/store.h"
#include "builder/source/toolchain.h"

/* Measured: a source tarball unpacks, and is compiled, in about this many times its size.
 */
#define SOURCE_FACTOR 12
#define DEB_FACTOR    5
/* Seconds of one processor where nothing is known of an earlier run. */
#define KERNEL_SECONDS 900
#define RECIPE_SECONDS 20

static void
want(struct estimate *estimate, const char *sha256, uint64_t size)
{
	char *path;

	if (store_blob(sha256, &path)) {
		free(path);
		return;
	}
	estimate->fetch += size;
	estimate->files++;
}

static void
add_recipe(struct estimate *estimate, const struct recipe *recipe)
{
	char *path = lock_path(recipe);
	const struct source *source = &recipe->source;
	struct lock lock;
	struct error e;

	if (source->kind == SOURCE_DEBIAN && access(path, R_OK) == 0 &&
		lock_read(&lock, path, &e) == 0) {
		const struct lock_file *file = lock_find(&lock, source->file);
		const struct lock_file *debian =
			source->debian_patches ? lock_find(&lock, source->debian_file)
					       : NULL;

		if (file) {
			want(estimate, source->sha256, file->size);
			estimate->disk += SOURCE_FACTOR * file->size;
		}
		if (debian)
			want(estimate, source->debian_sha256, debian->size);
		lock_free(&lock);
	}
	free(path);
}

static void
add_toolchain(struct estimate *estimate, const char *arch)
{
	const struct package_lock *lock = toolchain_lock(arch);
	char identity[SHA256_HEX], tree[SHA256_HEX];

	toolchain_identity(arch, identity);
	if (store_lookup(identity, tree))
		return;
	for (size_t i = 0; i < lock->count; i++) {
		want(estimate, lock->package[i].sha256, lock->package[i].size);
		estimate->disk += DEB_FACTOR * lock->package[i].size;
	}
}

void
estimate_make(struct estimate *estimate, const struct graph *graph)
{
	double seconds = 0;
	bool any = false;

	memset(estimate, 0, sizeof *estimate);
	for (size_t i = 0; i < graph->count; i++) {
		const struct node *node = graph->node[i];
		double known;

		if (node->state != NODE_WAITING)
			continue;
		any = true;
		known = progress_expected(node->name);
		if (known > 0)
			seconds += known;
		else if (node->recipe && node->recipe->kind == RECIPE_KERNEL)
			seconds += (double)KERNEL_SECONDS / options.jobs;
		else
			seconds += (double)RECIPE_SECONDS / options.jobs;
		if (node->recipe)
			add_recipe(estimate, node->recipe);
	}
	if (any)
		add_toolchain(estimate, graph->toolchain_arch);
	estimate->disk += estimate->fetch;
	estimate->seconds = (unsigned)seconds;
}
