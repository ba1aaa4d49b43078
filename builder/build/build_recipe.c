/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/io.h"
#include "build.h"
#include "build_env.h"
#include "builder/graph/graph.h"
#include "job.h"
#include "builder/read/kconfig.h"
#include "builder/base/options.h"
#include "builder/sandbox/sandbox.h"
#include "builder/base/say.h"
#include "builder/source/part.h"
#include "builder/source/source.h"
#include "builder/store/store.h"
#include "sysroot.h"
#include "builder/source/toolchain.h"
#include "builder/base/xalloc.h"

#define CONFIG_MAX (4u << 20)

/* A recipe's build while it runs: the folders it has and the sandbox they are seen in. */
struct workshop {
	const struct node *node;
	char *dir, *src, *out, *sysroot;
	struct sandbox sandbox;
	struct sandbox_bind *bind;
	size_t bind_count;
	struct strlist env;
	const char **environment;
	char *log_path;
};

static char *
make_folder(const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s", dir, name);

	if (mkdir(path, 0755) < 0)
		die("%s: cannot create: %s", path, strerror(errno));
	return path;
}

static void
add_bind(struct workshop *w, const char *host, const char *guest, bool writable)
{
	w->bind = xrealloc(w->bind, w->bind_count + 1, sizeof *w->bind);
	w->bind[w->bind_count++] =
		(struct sandbox_bind){xstrdup(host), xstrdup(guest), writable};
}

static bool
bind_depends(struct workshop *w)
{
	const struct node *node = w->node;
	struct sysroot_part *part = xcalloc(node->depend_count + 1, sizeof *part);
	size_t parts = 0;
	bool own_libc;

	for (size_t i = 0; i < node->depend_count; i++) {
		const struct node *on = node->depends[i];
		char *root, *guest;

		if (!store_tree(on->tree, &root))
			die("%s: what it needs of %s is damaged in the store: run the same command again",
				node->name, on->name);
		guest = xasprintf(
			BUILD_DEPENDS "/%s", on == node->kernel ? "kernel" : on->name);
		add_bind(w, root, guest, false);
		free(guest);
		if (on != node->kernel)
			part[parts++] = (struct sysroot_part){on->name, root};
	}
	own_libc = sysroot_make(w->sysroot, part, parts);
	free(part);
	return own_libc;
}

static void
open_workshop(struct workshop *w, const struct node *node)
{
	bool own_libc;

	memset(w, 0, sizeof *w);
	w->node = node;
	w->dir = store_work(node->name);
	w->src = make_folder(w->dir, "src");
	w->out = make_folder(w->dir, "out");
	w->sysroot = make_folder(w->dir, "sysroot");
	own_libc = bind_depends(w);
	add_bind(w, w->src, BUILD_SRC, true);
	add_bind(w, w->out, BUILD_OUT, true);
	add_bind(w, w->sysroot, BUILD_SYSROOT, false);
	build_env(&w->env, node->arch, own_libc, options.jobs);
	w->environment = xcalloc(w->env.count + 1, sizeof *w->environment);
	for (size_t i = 0; i < w->env.count; i++)
		w->environment[i] = w->env.item[i];
	w->sandbox = (struct sandbox){
		.root = toolchain_root(node->arch),
		.env = w->environment,
		.cwd = BUILD_SRC,
		.log_fd = build_log(node->name, &w->log_path),
		.jobserver = true,
	};
}

static void
run(struct workshop *w, const char *key, unsigned line, const char *script)
{
	const struct recipe *recipe = w->node->recipe;
	char *where = xasprintf("%s:%u: %s", recipe->file, line, key);
	char *file = xasprintf("%s/script", w->dir);
	size_t binds = w->bind_count;

	add_bind(w, file, "/build/script", false);
	w->sandbox.bind = w->bind;
	w->sandbox.bind_count = w->bind_count;
	build_script(&w->sandbox, recipe->name, where, w->dir, script, w->log_path);
	w->bind_count = binds;
	free(file);
	free(where);
}

/* Configures a kernel and sees to it that every request holds before an hour is spent on
 * it. */
static void
configure_kernel(struct workshop *w)
{
	const struct recipe *recipe = w->node->recipe;
	char *requests = kconfig_text(w->node->kconfig);
	char *file = xasprintf("%s/kconfig", w->dir);
	char *final = xasprintf("%s/kernel.config", w->out);
	struct error e;
	char *text;
	size_t size;

	if (io_replace_file(AT_FDCWD, file, requests, strlen(requests), 0644, &e) < 0)
		die("%s", e.text);
	add_bind(w, file, "/build/kconfig", false);
	job_step("configure");
	run(w, "[kernel] configure", recipe->configure_line, recipe->configure_script);
	if (io_read_file(AT_FDCWD, final, CONFIG_MAX, &text, &size, &e) < 0)
		die("%s: configure left no kernel.config: %s", recipe->file, e.text);
	if (kconfig_verify(w->node->kconfig, text, size, &e) < 0)
		die("%s", e.text);
	free(text);
	free(final);
	free(file);
	free(requests);
}

static void
check_installed(const struct workshop *w)
{
	const struct recipe *recipe = w->node->recipe;

	for (size_t i = 0; i < recipe->install_count; i++) {
		const struct recipe_install *install = &recipe->install[i];
		char *path = xasprintf("%s%s", w->out, install->path);
		struct stat st;

		if (!install->link && (lstat(path, &st) < 0 || !S_ISREG(st.st_mode)))
			die("%s:%u: %s: the build made no such file below $OUT; its log: %s",
				recipe->file, install->line, install->path, w->log_path);
		free(path);
	}
}

void
build_recipe(struct node *node)
{
	const struct recipe *recipe = node->recipe;
	struct workshop w;

	/* A part of an archive that is kept needs no archive. */
	if (!part_wanted(recipe) || recipe->source.debian_patches ||
		!part_take(recipe, NULL)) {
		job_step("fetch");
		source_fetch(recipe);
	}
	open_workshop(&w, node);
	job_step("unpack");
	source_unpack(recipe, recipe->script ? w.src : w.out, node->parts);
	if (recipe->kind == RECIPE_KERNEL)
		configure_kernel(&w);
	if (recipe->script) {
		job_step("build");
		run(&w, "[build] script", recipe->script_line, recipe->script);
	}
	check_installed(&w);
	job_step("store");
	store_publish(w.out, node->tree);
	close(w.sandbox.log_fd);
}
