/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/io.h"
#include "builder/graph/graph.h"
#include "image_records.h"
#include "kit.h"
#include "builder/source/lock.h"
#include "manifest.h"
#include "rootfs.h"
#include "builder/base/say.h"
#include "builder/source/source.h"
#include "builder/store/store.h"
#include "builder/source/toolchain.h"
#include "builder/base/xalloc.h"

#define CONFIG_MAX   (4u << 20)
#define CMDLINE_LINE "CONFIG_CMDLINE="

static void
write_file(const char *out, const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", out, name);
	struct error e;

	if (io_replace_file(AT_FDCWD, path, text, strlen(text), 0644, &e) < 0)
		die("%s", e.text);
	free(path);
}

/* The kernel was configured with a placeholder; what counts is the command line in its
 * slot. */
static char *
kernel_config(const struct node *node)
{
	char *root, *path, *text, *line, *whole;
	const char *cmdline = node->board->cmdline;
	struct error e;
	size_t size;

	if (!store_tree(node->kernel->tree, &root))
		die("%s: damaged in the store: run the same command again",
			node->kernel->name);
	path = xasprintf("%s/kernel.config", root);
	if (io_read_file(AT_FDCWD, path, CONFIG_MAX, &text, &size, &e) < 0)
		die("%s: %s", node->kernel->name, e.text);
	free(path);
	free(root);
	line = strstr(text, "\n" CMDLINE_LINE);
	if (!line || !cmdline)
		return text;
	line++;
	whole = xasprintf("%.*s" CMDLINE_LINE "\"%s\"%s", (int)(line - text), text,
		cmdline, line + strcspn(line, "\n"));
	free(text);
	return whole;
}

static void
take_evidence(const struct recipe *recipe, struct manifest_source *source)
{
	char *path = lock_path(recipe);
	struct lock lock;
	struct error e;

	/* The strings live as long as the process; they are few. */
	if (access(path, F_OK) < 0) {
		free(path);
		return;
	}
	if (lock_read(&lock, path, &e) < 0 || lock_matches(&lock, recipe, &e) < 0)
		die("%s", e.text);
	source->signer = xstrdup(lock.signature.fingerprint);
	source->status = gpg_status_name(lock.signature.status);
	source->valid_at_signing = lock.signature.status == GPG_NO_KEY
					   ? -1
					   : lock.signature.valid_at_signing;
	lock_free(&lock);
	free(path);
}

static void
fill_sources(const struct recipe *recipe, struct manifest_input *input)
{
	const struct source *from = &recipe->source;
	struct manifest_source *source = xcalloc(2, sizeof *source);

	input->source = source;
	source->valid_at_signing = source[1].valid_at_signing = -1;
	if (from->kind == SOURCE_NONE)
		return;
	input->source_count = 1;
	source->file = from->file;
	source->sha256 = from->sha256;
	if (from->kind == SOURCE_URL) {
		source->kind = "url";
	} else if (from->kind == SOURCE_PATH) {
		source->kind = "path";
		source->file = NULL;
	} else {
		source->kind = "debian";
		source->package = from->package;
		source->version = from->version;
		take_evidence(recipe, source);
		if (from->debian_patches) {
			source[1] = source[0];
			source[1].file = from->debian_file;
			source[1].sha256 = from->debian_sha256;
			input->source_count = 2;
		}
	}
}

static void
fill_patches(const struct recipe *recipe, struct manifest_input *input)
{
	struct manifest_patch *patch = xcalloc(recipe->patches.count + 1, sizeof *patch);

	for (size_t i = 0; i < recipe->patches.count; i++) {
		patch[i].name = strrchr(recipe->patches.item[i], '/') + 1;
		patch[i].sha256 = recipe->patch_sha256.item[i];
	}
	input->patch = patch;
	input->patch_count = recipe->patches.count;
}

/* Every recipe that the image was made of, tools and libraries included, once each. */
static void
collect(const struct node *node, const struct node ***found, size_t *count)
{
	for (size_t i = 0; i < *count; i++)
		if ((*found)[i] == node)
			return;
	if (node->kind == NODE_RECIPE) {
		*found = xrealloc(*found, *count + 1, sizeof **found);
		(*found)[(*count)++] = node;
	}
	for (size_t i = 0; i < node->depend_count; i++)
		collect(node->depends[i], found, count);
}

static struct manifest_input *
fill_inputs(const struct node *node, size_t *count)
{
	const struct node **found = NULL;
	struct manifest_input *input;

	*count = 0;
	collect(node, &found, count);
	input = xcalloc(*count, sizeof *input);
	for (size_t i = 0; i < *count; i++) {
		const struct recipe *recipe = found[i]->recipe;

		input[i].name = recipe->name;
		input[i].version = recipe->version;
		input[i].license = recipe->license;
		input[i].identity = found[i]->identity;
		input[i].output = found[i]->tree;
		fill_sources(recipe, &input[i]);
		fill_patches(recipe, &input[i]);
	}
	free(found);
	return input;
}

static void
hash_image(const char *out, char hex[SHA256_HEX])
{
	char *path = xasprintf("%s/bzImage", out);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || sha256_fd(fd, hex, NULL) < 0)
		die("%s: cannot read: %s", path, strerror(errno));
	close(fd);
	free(path);
}

/* What the firmware reads instead of the bare kernel; NULL: that. */
static const char *
slots_payload(const struct board_slots *slots)
{
	if (slots->method != SLOTS_EFI)
		return NULL;
	return slots->launches ? "fat-fallback" : "fat";
}

static char *
make_manifest(const struct image_facts *facts, const struct rootfs *rootfs,
	const struct kit *kit, const char *image_hash, const char *config_hash)
{
	const struct board *board = facts->node->board;
	struct manifest manifest = {.board = board->name,
		.version = board->version,
		.floor = board->floor,
		.epoch = board->epoch,
		.identity = facts->node->identity,
		.content_id = facts->content_id,
		.image = {"bzImage", image_hash, facts->image_size,
			slots_payload(&board->slots)},
		.kernel = {board->kernel, kit->release, config_hash, board->cmdline},
		.rootfs = rootfs};
	char toolchain[SHA256_HEX];
	struct error e;
	char *lock = xasprintf("%s.lock", board->arch), *text;

	toolchain_identity(board->arch, toolchain);
	manifest.toolchain.identity = toolchain;
	manifest.toolchain.lock = lock;
	manifest.input = fill_inputs(facts->node, &manifest.input_count);
	if (manifest_text(&manifest, &text, &e) < 0)
		die("%s", e.text);
	free(lock);
	return text;
}

void
image_records_write(const struct image_facts *facts, const struct rootfs *rootfs,
	const struct kit *kit, const char *out)
{
	char image_hash[SHA256_HEX], config_hash[SHA256_HEX], manifest_hash[SHA256_HEX];
	char *config = kernel_config(facts->node), *manifest, *sums;

	hash_image(out, image_hash);
	sha256_hex(config, strlen(config), config_hash);
	manifest = make_manifest(facts, rootfs, kit, image_hash, config_hash);
	sha256_hex(manifest, strlen(manifest), manifest_hash);
	write_file(out, "kernel.config", config);
	write_file(out, "manifest.json", manifest);
	const struct manifest_sum sum[] = {{"bzImage", image_hash},
		{"kernel.config", config_hash}, {"manifest.json", manifest_hash}};

	sums = manifest_sums(sum, sizeof sum / sizeof sum[0]);
	write_file(out, "SHA256SUMS", sums);
	free(sums);
	free(manifest);
	free(config);
}
