/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/io.h"
#include "lib/wire.h"
#include "graph.h"
#include "builder/base/options.h"
#include "builder/base/say.h"
#include "builder/store/store.h"
#include "builder/base/tree.h"
#include "witness.h"
#include "builder/base/xalloc.h"

#define MAGIC	    0x31544957u /* "WIT1" */
#define WITNESS_MAX (256u << 20)
#define GRAIN_NS    20000000 /* coarser than any kernel's file time stamps (1/HZ) */

static struct timespec began;

void
witness_begin(void)
{
	clock_gettime(CLOCK_REALTIME, &began);
}

static char *
witness_path(const struct strlist *command)
{
	struct sha256 hash;
	char hex[SHA256_HEX], *dir, *path, *cwd = getcwd(NULL, 0);
	struct stat self = {0};

	stat("/proc/self/exe", &self);
	sha256_init(&hash);
	sha256_update(&hash, &self.st_ino, sizeof self.st_ino);
	sha256_update(&hash, &self.st_mtim, sizeof self.st_mtim);
	sha256_update(&hash, cwd ? cwd : "", cwd ? strlen(cwd) + 1 : 1);
	sha256_update(&hash, options.out, strlen(options.out) + 1);
	for (size_t i = 0; i < options.trees.count; i++)
		sha256_update(
			&hash, options.trees.item[i], strlen(options.trees.item[i]) + 1);
	sha256_update(&hash, "", 1);
	for (size_t i = 0; i < command->count; i++)
		sha256_update(&hash, command->item[i], strlen(command->item[i]) + 1);
	sha256_final_hex(&hash, hex);
	dir = xasprintf("%s/witness", store_path());
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		die("%s: cannot create: %s", dir, strerror(errno));
	path = xasprintf("%s/%s", dir, hex);
	free(dir);
	free(cwd);
	return path;
}

struct marks {
	uint64_t value[6];
};

static bool
take_marks(const char *path, struct marks *marks)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return false;
	*marks = (struct marks){{st.st_dev, st.st_ino, (uint64_t)st.st_size, st.st_mode,
		(uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec,
		(uint64_t)st.st_ctim.tv_sec * 1000000000u +
			(uint64_t)st.st_ctim.tv_nsec}};
	return true;
}

static bool
all_unchanged(struct wire_reader *r)
{
	for (uint32_t count = wire_get_u32(r); count && !r->failed; count--) {
		const char *path = wire_get_string(r);
		struct marks now;

		if (!take_marks(path, &now))
			return false;
		for (size_t i = 0; i < sizeof now.value / sizeof now.value[0]; i++)
			if (wire_get_u64(r) != now.value[i])
				return false;
	}
	return !r->failed;
}

bool
witness_holds(const struct strlist *command, char **lines)
{
	char *path = witness_path(command), *data;
	struct wire_reader r;
	size_t size;
	bool holds;

	if (io_read_file(AT_FDCWD, path, WITNESS_MAX, &data, &size, NULL) < 0) {
		free(path);
		return false;
	}
	wire_read_init(&r, data, size);
	holds = wire_get_u32(&r) == MAGIC;
	if (holds)
		*lines = xstrdup(wire_get_string(&r));
	holds = holds && all_unchanged(&r);
	free(data);
	free(path);
	return holds;
}

/* A list of marks being written; `young` once an input is too fresh to be trusted. */
struct writer {
	struct wire_writer wire;
	uint32_t count;
	bool young;
	void *seen; /* paths already there, by tsearch(3) */
};

static int
compare_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* True the first time it is asked about a path: recipes may share sources. */
static bool
is_new(struct writer *w, const char *path)
{
	char *copy = xstrdup(path);
	char **kept = tsearch(copy, &w->seen, compare_text);

	if (!kept)
		die("out of memory");
	if (*kept == copy)
		return true;
	free(copy);
	return false;
}

static void
put_path(struct writer *w, const char *path, bool input)
{
	uint64_t limit =
		(uint64_t)began.tv_sec * 1000000000u + (uint64_t)began.tv_nsec - GRAIN_NS;
	struct marks marks;

	if (!is_new(w, path))
		return;
	if (!take_marks(path, &marks)) {
		w->young = true;
		return;
	}
	if (input && (marks.value[4] >= limit || marks.value[5] >= limit))
		w->young = true;
	wire_put_string(&w->wire, path);
	for (size_t i = 0; i < sizeof marks.value / sizeof marks.value[0]; i++)
		wire_put_u64(&w->wire, marks.value[i]);
	w->count++;
}

static void
put_below(struct writer *w, const char *path)
{
	DIR *dir;
	struct dirent *entry;
	uint32_t before = w->count;

	put_path(w, path, true);
	if (w->count == before)
		return;
	dir = opendir(path);
	if (!dir)
		return; /* a file */
	while ((entry = readdir(dir))) {
		char *name;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		name = xasprintf("%s/%s", path, entry->d_name);
		if (entry->d_type == DT_DIR)
			put_below(w, name);
		else
			put_path(w, name, true);
		free(name);
	}
	closedir(dir);
}

static void
put_list(struct writer *w, const struct strlist *paths)
{
	for (size_t i = 0; i < paths->count; i++)
		put_path(w, paths->item[i], true);
}

static void
put_if_there(struct writer *w, const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s", dir, name);

	if (access(path, F_OK) == 0)
		put_path(w, path, true);
	free(path);
}

/* The folders that names are looked up in: a new name there may change what is found. */
static void
put_tree(struct writer *w, const char *tree)
{
	put_path(w, tree, true);
	put_if_there(w, tree, "recipes");
	put_if_there(w, tree, "recipes/toolchain");
	put_if_there(w, tree, "boards");
	put_if_there(w, tree, "kernel-configs");
}

static void
put_board(struct writer *w, const struct board *board)
{
	char *inherited;
	struct error e;

	put_path(w, board->file, true);
	put_path(w, board->dir, true);
	put_if_there(w, board->dir, "services");
	if (board->inherits && tree_find_board(board->inherits, &inherited, &e) == 0) {
		put_if_there(w, inherited, "board.ini");
		put_if_there(w, inherited, "services");
		free(inherited);
	}
	for (size_t i = 0; i < board->service_count; i++)
		put_path(w, board->services[i].file, true);
	for (size_t i = 0; i < board->file_count; i++)
		put_path(w, board->files[i].source, true);
}

static void
put_node(struct writer *w, const struct node *node)
{
	if (node->recipe) {
		put_path(w, node->recipe->file, true);
		put_if_there(w, node->recipe->dir, "source.lock");
		put_list(w, &node->recipe->patches);
		for (size_t i = 0; i < node->recipe->source.paths.count; i++)
			put_below(w, node->recipe->source.paths.item[i]);
	}
	if (node->kconfig)
		for (size_t i = 0; i < node->kconfig->count; i++)
			if (i == 0 || strcmp(node->kconfig->request[i].file,
					      node->kconfig->request[i - 1].file) != 0)
				put_path(w, node->kconfig->request[i].file, true);
	if (node->board)
		put_board(w, node->board);
}

void
witness_write(const struct strlist *command, const struct graph *graph,
	const struct strlist *results, const char *lines)
{
	struct writer w = {.count = 0}, body = {.count = 0};
	char *path = witness_path(command);

	wire_write_init(&body.wire);
	put_tree(&body, tree_builtin());
	for (size_t i = 0; i < options.trees.count; i++)
		put_tree(&body, options.trees.item[i]);
	for (size_t i = 0; i < graph->count; i++)
		put_node(&body, graph->node[i]);
	for (size_t i = 0; i < results->count; i++)
		put_path(&body, results->item[i], false);
	wire_write_init(&w.wire);
	wire_put_u32(&w.wire, MAGIC);
	wire_put_string(&w.wire, lines);
	wire_put_u32(&w.wire, body.count);
	if (!body.young && !body.wire.failed && !w.wire.failed) {
		size_t size = w.wire.size + body.wire.size;
		char *all = xmalloc(size);
		struct error e;

		memcpy(all, w.wire.data, w.wire.size);
		memcpy(all + w.wire.size, body.wire.data, body.wire.size);
		if (io_replace_file(AT_FDCWD, path, all, size, 0644, &e) < 0)
			warn("%s", e.text); /* the next run is slower, nothing worse */
		free(all);
	} else {
		unlink(path);
	}
	wire_free(&w.wire);
	wire_free(&body.wire);
	tdestroy(body.seen, free);
	free(path);
}
