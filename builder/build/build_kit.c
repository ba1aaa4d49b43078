/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/error.h"
#include "build.h"
#include "build_env.h"
#include "builder/graph/graph.h"
#include "builder/graph/identity.h"
#include "job.h"
#include "builder/base/options.h"
#include "builder/base/process.h"
#include "builder/sandbox/sandbox.h"
#include "builder/base/say.h"
#include "builder/store/store.h"
#include "builder/source/toolchain.h"
#include "builder/base/xalloc.h"

/* The compiled kernel's output, not its identity, decides: an equal kernel is not linked
 * again. */
static void
kit_key(const struct node *kernel, uint64_t cavity, char key[SHA256_HEX])
{
	struct strlist env = {0};
	struct identity id = {.fields = NULL};
	char toolchain[SHA256_HEX];

	identity_begin(&id, "kit");
	identity_number(&id, "sandbox", SANDBOX_VERSION);
	toolchain_identity(kernel->arch, toolchain);
	identity_text(&id, "toolchain", toolchain);
	build_env_fixed(&env, kernel->arch);
	identity_list(&id, "environment", &env);
	identity_text(&id, "kernel", kernel->tree);
	identity_text(&id, "script", kernel->recipe->kit_script);
	identity_number(&id, "cavity", cavity);
	identity_end(&id, key);
	strlist_free(&env);
}

/* The cavity as the kernel's build takes it: a file of zeros, which the kernel skips. */
static char *
make_cavity(const char *work, uint64_t size)
{
	char *path = xasprintf("%s/cavity.cpio", work);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0 || ftruncate(fd, (off_t)size) < 0 || close(fd) < 0)
		die("%s: cannot create: %s", path, strerror(errno));
	return path;
}

static void
copy_tree(const char *from, const char *to)
{
	const char *argv[] = {"cp", "-R", "-p", "--reflink=auto", "--", from, to, NULL};
	const char *chmod[] = {"chmod", "-R", "u+w", "--", to, NULL};
	struct error e;

	if (process_run(argv, NULL, -1, -1, &e) != 0 ||
		process_run(chmod, NULL, -1, -1, &e) != 0)
		die("%s: cannot copy to %s", from, to);
}

static void
link_kit(const struct node *kernel, uint64_t cavity, char tree[SHA256_HEX])
{
	const struct recipe *recipe = kernel->recipe;
	char *work = store_work("kit");
	char *src = xasprintf("%s/src", work), *out = xasprintf("%s/out", work);
	char *script = xasprintf("%s/script", work);
	char *hollow = make_cavity(work, cavity);
	char *where = xasprintf("%s:%u: [kernel] kit", recipe->file, recipe->kit_line);
	char *root, *log_path, *log_name;
	struct strlist env = {0};
	const char **environment;
	const struct sandbox_bind bind[] = {
		{src, BUILD_SRC, true},
		{out, BUILD_OUT, true},
		{hollow, "/build/cavity.cpio", false},
		{script, "/build/script", false},
	};
	struct sandbox sandbox = {.root = toolchain_root(kernel->arch),
		.bind = bind,
		.bind_count = sizeof bind / sizeof bind[0],
		.cwd = BUILD_SRC,
		.jobserver = true};

	if (!store_tree(kernel->tree, &root))
		die("%s: its tree is damaged in the store: run the same command again",
			kernel->name);
	copy_tree(root, src);
	if (mkdir(out, 0755) < 0)
		die("%s: cannot create: %s", out, strerror(errno));
	build_env(&env, kernel->arch, false, options.jobs);
	environment = xcalloc(env.count + 1, sizeof *environment);
	for (size_t i = 0; i < env.count; i++)
		environment[i] = env.item[i];
	sandbox.env = environment;
	log_name = xasprintf("%s-kit-%" PRIu64 "M", kernel->name, cavity >> 20);
	sandbox.log_fd = build_log(log_name, &log_path);
	build_script(&sandbox, kernel->name, where, work, recipe->kit_script, log_path);
	close(sandbox.log_fd);
	store_publish(out, tree);
}

void
build_kit(const struct node *kernel, uint64_t cavity, char tree[SHA256_HEX])
{
	char key[SHA256_HEX];
	char *root;

	kit_key(kernel, cavity, key);
	if (store_lookup(key, tree) && store_tree(tree, &root)) {
		free(root);
		return;
	}
	job_step("link kit");
	link_kit(kernel, cavity, tree);
	store_record(key, tree);
}
