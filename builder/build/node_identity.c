/* SPDX-License-Identifier: ISC */
#include <string.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/error.h"
#include "build_env.h"
#include "builder/image/device_config.h"
#include "builder/graph/graph.h"
#include "builder/graph/identity.h"
#include "builder/source/lock.h"
#include "builder/image/modinfo.h"
#include "builder/sandbox/sandbox.h"
#include "builder/base/say.h"
#include "builder/source/source.h"
#include "builder/source/toolchain.h"

/* Raised when the way an image is put together changes its bytes. */
#define IMAGE_VERSION 1

static void
file_hash(const char *path, const char *asked_by, char hex[SHA256_HEX])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r = fd < 0 ? -1 : sha256_fd(fd, hex, NULL);

	if (r < 0)
		die("%s: %s: cannot read: %s", asked_by, path, strerror(errno));
	close(fd);
}

/*
 * What a path's folder and the patches held is remembered: source_unpack() refuses to
 * build this identity from other bytes, and the records name the ones that were built.
 */
static void
put_source(struct identity *id, struct recipe *recipe)
{
	struct source *source = &recipe->source;
	char hex[SHA256_HEX];
	struct error e;

	switch (source->kind) {
	case SOURCE_NONE:
		identity_text(id, "source", NULL);
		break;
	case SOURCE_DEBIAN:
	case SOURCE_URL:
		identity_text(id, "source", source->sha256);
		identity_text(id, "debian",
			source->debian_patches ? source->debian_sha256 : NULL);
		if (source->only.count)
			identity_list(id, "only", &source->only);
		break;
	case SOURCE_PATH:
		if (!*source->sha256 &&
			source_path_identity(recipe, source->sha256, &e) < 0)
			die("%s", e.text);
		identity_text(id, "path", source->sha256);
		break;
	}
	identity_number(id, "patches", recipe->patches.count);
	for (size_t i = 0; i < recipe->patches.count; i++) {
		if (recipe->patch_sha256.count == i) {
			file_hash(recipe->patches.item[i], recipe->file, hex);
			if (strlist_add(&recipe->patch_sha256, hex) < 0)
				die("out of memory");
		}
		identity_text(id, "patch", recipe->patch_sha256.item[i]);
	}
}

static void
put_depends(struct identity *id, const struct node *node, bool outputs)
{
	identity_number(id, "depends", node->depend_count);
	for (size_t i = 0; i < node->depend_count; i++) {
		const struct node *on = node->depends[i];

		identity_text(id, "depend", on->name);
		identity_text(id, "key", outputs ? on->tree : on->identity);
	}
}

static void
put_recipe(struct identity *id, const struct node *node)
{
	const struct recipe *recipe = node->recipe;
	char toolchain[SHA256_HEX];
	struct strlist env = {0};
	char *text;

	identity_text(id, "name", recipe->name);
	identity_text(id, "version", recipe->version);
	identity_text(id, "kind", recipe_kind_name(recipe->kind));
	identity_text(id, "arch", node->arch);
	identity_number(id, "sandbox", SANDBOX_VERSION);
	identity_number(id, "epoch", SOURCE_DATE_EPOCH);
	toolchain_identity(node->arch, toolchain);
	identity_text(id, "toolchain", toolchain);
	build_env_fixed(&env, node->arch);
	identity_list(id, "environment", &env);
	strlist_free(&env);
	put_source(id, node->recipe);
	identity_text(id, "script", recipe->script);
	if (recipe->kind == RECIPE_KERNEL) {
		identity_text(id, "configure", recipe->configure_script);
		text = kconfig_text(node->kconfig);
		identity_text(id, "kconfig", text);
		free(text);
	}
}

/*
 * All that pid1 is told of the board and its services, as it is told: what a new key adds
 * to the config is in the identity without being named here. The modules' order is known
 * only once they are built.
 */
static void
put_device(struct identity *id, const struct board *board)
{
	const struct modinfo_loads none = {0};
	char hex[SHA256_HEX];
	uint8_t *data;
	size_t size;
	struct error e;

	if (device_config(board, &none, board->cmdline ? board->cmdline : "", &data,
		    &size, &e) < 0)
		die("%s", e.text);
	sha256_hex(data, size, hex);
	free(data);
	identity_text(id, "device", hex);
}

static void
put_slots(struct identity *id, const struct board *board)
{
	char *text = board_slots_text(&board->slots);

	if (text)
		identity_text(id, "slots", text);
	free(text);
}

/* A file's hash is remembered: image_file_take() refuses to pack anything else. */
static void
put_board_contents(struct identity *id, const struct board *board)
{
	identity_number(id, "files", board->file_count);
	for (size_t i = 0; i < board->file_count; i++) {
		struct board_file *file = &board->files[i];

		identity_text(id, "path", file->path);
		identity_number(id, "mode", file->mode);
		identity_number(id, "uid", file->uid);
		identity_number(id, "gid", file->gid);
		if (!*file->sha256)
			file_hash(file->source, board->file, file->sha256);
		identity_text(id, "sha256", file->sha256);
	}
	for (size_t i = 0; i < USERS_FILES; i++) {
		const char *path;
		unsigned mode;
		char *text = board_users_text(&board->users, i, &path, &mode);

		identity_text(id, "users", text);
		free(text);
	}
	put_slots(id, board);
	identity_number(id, "modules", board->module_count);
	for (size_t i = 0; i < board->module_count; i++) {
		identity_text(id, "module", board->modules[i].name);
		identity_text(id, "parameters", board->modules[i].parameters);
	}
	put_device(id, board);
}

/* What of a recipe reaches an image beside its build: names, modes and what the records
 * say. */
static void
put_installed(struct identity *id, const struct node *node)
{
	const struct recipe *recipe = node->recipe;

	identity_text(id, "recipe", recipe->name);
	identity_text(id, "version", recipe->version);
	identity_text(id, "license", recipe->license);
	identity_number(id, "install", recipe->install_count);
	for (size_t i = 0; i < recipe->install_count; i++) {
		const struct recipe_install *install = &recipe->install[i];

		identity_text(id, "path", install->path);
		identity_number(id, "mode", install->mode);
		identity_number(id, "uid", install->uid);
		identity_number(id, "gid", install->gid);
		identity_text(id, "link", install->link);
	}
}

static void
put_image(struct identity *id, const struct node *node)
{
	const struct board *board = node->board;
	char toolchain[SHA256_HEX];

	identity_number(id, "image", IMAGE_VERSION);
	identity_number(id, "sandbox", SANDBOX_VERSION);
	toolchain_identity(node->arch, toolchain);
	identity_text(id, "toolchain", toolchain); /* it compresses and links the image */
	identity_text(id, "name", board->name);
	identity_text(id, "arch", board->arch);
	identity_text(id, "hostname", board->hostname);
	identity_number(id, "version", board->version);
	identity_number(id, "floor", board->floor);
	identity_number(id, "epoch", (uint64_t)board->epoch);
	identity_text(id, "kernel", board->kernel);
	/* It links what is compiled, so it is the image's and its kit's, not the
	 * kernel's. */
	identity_text(id, "kit", node->kernel->recipe->kit_script);
	identity_text(id, "cmdline", board->cmdline);
	identity_number(id, "zstd-level", board->zstd_level);
	identity_number(id, "cavity", board->cavity);
	identity_number(id, "size-budget", board->size_budget);
	identity_number(id, "ram", board->ram);
	identity_number(id, "run-size", board->run_size);
	identity_number(id, "tmp-size", board->tmp_size);
	identity_number(id, "selfcheck", board->selfcheck);
	identity_list(id, "recipes", &board->recipes);
	put_board_contents(id, board);
	for (size_t i = 0; i < node->depend_count; i++)
		put_installed(id, node->depends[i]);
}

static void
put_node(struct identity *id, const struct node *node, bool outputs)
{
	identity_begin(id, outputs ? "outputs" : "inputs");
	if (node->kind == NODE_IMAGE)
		put_image(id, node);
	else
		put_recipe(id, node);
	put_depends(id, node, outputs);
}

void
node_identity(const struct node *node, bool outputs, char hex[SHA256_HEX])
{
	struct identity id = {.fields = NULL};

	put_node(&id, node, outputs);
	identity_end(&id, hex);
}

void
node_fields(const struct node *node, struct strlist *fields)
{
	struct identity id = {.fields = fields};

	put_node(&id, node, false);
}

static void
put_proofs(struct identity *id, const struct node *node)
{
	if (node->recipe) {
		char *path = lock_path(node->recipe);
		char hex[SHA256_HEX];

		if (access(path, R_OK) == 0) {
			file_hash(path, node->recipe->file, hex);
			identity_text(id, node->name, hex);
		}
		free(path);
	}
	for (size_t i = 0; i < node->depend_count; i++)
		put_proofs(id, node->depends[i]);
}

void
node_key(const struct node *node, char hex[SHA256_HEX])
{
	struct identity id = {.fields = NULL};

	if (node->kind != NODE_IMAGE) {
		memcpy(hex, node->identity, SHA256_HEX);
		return;
	}
	identity_begin(&id, "image");
	identity_text(&id, "identity", node->identity);
	put_proofs(&id, node);
	identity_end(&id, hex);
}
