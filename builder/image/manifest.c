/* SPDX-License-Identifier: ISC */
#include "manifest.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/error.h"
#include "rootfs.h"
#include "builder/base/xalloc.h"

#define MANIFEST_VERSION 1
#define TRUST		 "trusts Debian's gcc, binutils and zstd: they are pinned, not rebuilt"

/* The object being filled, and the first key that failed (jansson refuses what is no
 * UTF-8). */
struct builder {
	const char *failed;
};

static void
set(struct builder *b, json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) < 0 && !b->failed)
		b->failed = key;
}

static void
set_text(struct builder *b, json_t *object, const char *key, const char *text)
{
	if (text)
		set(b, object, key, json_string(text));
}

static void
set_number(struct builder *b, json_t *object, const char *key, uint64_t number)
{
	set(b, object, key, number > INT64_MAX ? NULL : json_integer((json_int_t)number));
}

static void
append(struct builder *b, json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) < 0 && !b->failed)
		b->failed = "list";
}

static json_t *
source_json(struct builder *b, const struct manifest_source *source)
{
	json_t *o = json_object();

	set_text(b, o, "kind", source->kind);
	set_text(b, o, "package", source->package);
	set_text(b, o, "version", source->version);
	set_text(b, o, "file", source->file);
	set_text(b, o, "sha256", source->sha256);
	set_text(b, o, "signer", source->signer);
	set_text(b, o, "status", source->status);
	if (source->valid_at_signing >= 0)
		set(b, o, "valid_at_signing", json_boolean(source->valid_at_signing));
	return o;
}

static json_t *
input_json(struct builder *b, const struct manifest_input *input)
{
	json_t *o = json_object(), *sources = json_array(), *patches = json_array();

	set_text(b, o, "name", input->name);
	set_text(b, o, "version", input->version);
	set_text(b, o, "license", input->license);
	set_text(b, o, "identity", input->identity);
	set_text(b, o, "output", input->output);
	for (size_t i = 0; i < input->source_count; i++)
		append(b, sources, source_json(b, &input->source[i]));
	for (size_t i = 0; i < input->patch_count; i++) {
		json_t *patch = json_object();

		set_text(b, patch, "name", input->patch[i].name);
		set_text(b, patch, "sha256", input->patch[i].sha256);
		append(b, patches, patch);
	}
	set(b, o, "sources", sources);
	set(b, o, "patches", patches);
	return o;
}

static int
compare_inputs(const void *a, const void *b)
{
	const struct manifest_input *x = *(const struct manifest_input *const *)a;
	const struct manifest_input *y = *(const struct manifest_input *const *)b;

	return strcmp(x->name, y->name);
}

static json_t *
inputs_json(struct builder *b, const struct manifest *manifest)
{
	const struct manifest_input **sorted =
		xcalloc(manifest->input_count + 1, sizeof(*sorted));
	json_t *array = json_array();

	for (size_t i = 0; i < manifest->input_count; i++)
		sorted[i] = &manifest->input[i];
	qsort(sorted, manifest->input_count, sizeof(*sorted), compare_inputs);
	for (size_t i = 0; i < manifest->input_count; i++)
		append(b, array, input_json(b, sorted[i]));
	free(sorted);
	return array;
}

static const char *
license_of(const struct manifest *manifest, const char *recipe)
{
	for (size_t i = 0; i < manifest->input_count; i++)
		if (strcmp(manifest->input[i].name, recipe) == 0)
			return manifest->input[i].license;
	return NULL;
}

static json_t *
file_json(struct builder *b, const struct manifest *manifest,
	const struct rootfs_entry *entry)
{
	bool device = S_ISCHR(entry->mode) || S_ISBLK(entry->mode);
	json_t *o = json_object();
	char mode[8];

	snprintf(mode, sizeof(mode), "%04o", entry->mode & 07777u);
	set_text(b, o, "path", entry->path);
	set_text(b, o, "type",
		S_ISDIR(entry->mode)   ? "folder"
		: S_ISLNK(entry->mode) ? "link"
		: device	       ? "device"
				       : "file");
	set_text(b, o, "mode", mode);
	set_number(b, o, "uid", entry->uid);
	set_number(b, o, "gid", entry->gid);
	if (S_ISREG(entry->mode)) {
		set_number(b, o, "size", entry->size);
		set_text(b, o, "sha256", entry->sha256);
	}
	if (S_ISLNK(entry->mode))
		set_text(b, o, "target", entry->data);
	if (device) {
		set_number(b, o, "major", entry->major);
		set_number(b, o, "minor", entry->minor);
	}
	if (entry->recipe[0] != '\0') {
		set_text(b, o, "recipe", entry->recipe);
		set_text(b, o, "license", license_of(manifest, entry->recipe));
	}
	return o;
}

static json_t *
files_json(struct builder *b, const struct manifest *manifest)
{
	json_t *array = json_array();

	for (size_t i = 0; i < manifest->rootfs->count; i++)
		append(b, array, file_json(b, manifest, &manifest->rootfs->entry[i]));
	return array;
}

static json_t *
manifest_json(struct builder *b, const struct manifest *manifest)
{
	json_t *o = json_object(), *image = json_object();
	json_t *kernel = json_object(), *toolchain = json_object();

	set_number(b, o, "manifest", MANIFEST_VERSION);
	set_text(b, o, "board", manifest->board);
	set_number(b, o, "version", manifest->version);
	set_number(b, o, "floor", manifest->floor);
	set(b, o, "epoch", json_integer((json_int_t)manifest->epoch));
	set_text(b, o, "identity", manifest->identity);
	set_text(b, o, "content_id", manifest->content_id);
	set_text(b, image, "file", manifest->image.file);
	set_text(b, image, "payload", manifest->image.payload);
	set_text(b, image, "sha256", manifest->image.sha256);
	set_number(b, image, "size", manifest->image.size);
	set(b, o, "image", image);
	set_text(b, kernel, "recipe", manifest->kernel.recipe);
	set_text(b, kernel, "release", manifest->kernel.release);
	set_text(b, kernel, "config_sha256", manifest->kernel.config_sha256);
	set_text(b, kernel, "cmdline", manifest->kernel.cmdline);
	set(b, o, "kernel", kernel);
	set_text(b, toolchain, "identity", manifest->toolchain.identity);
	set_text(b, toolchain, "lock", manifest->toolchain.lock);
	set_text(b, toolchain, "statement", TRUST);
	set(b, o, "toolchain", toolchain);
	set(b, o, "inputs", inputs_json(b, manifest));
	set(b, o, "files", files_json(b, manifest));
	return o;
}

int
manifest_text(const struct manifest *manifest, char **text, struct error *e)
{
	struct builder b = {0};
	json_t *json = manifest_json(&b, manifest);
	char *dump;

	if (b.failed) {
		json_decref(json);
		return error_set(
			e, EINVAL, "manifest.json: %s: no valid UTF-8", b.failed);
	}
	dump = json_dumps(json, JSON_INDENT(2) | JSON_SORT_KEYS);
	json_decref(json);
	if (!dump)
		return error_set(e, ENOMEM, "manifest.json: %s", strerror(ENOMEM));
	*text = xasprintf("%s\n", dump);
	free(dump);
	return 0;
}

static int
compare_sums(const void *a, const void *b)
{
	const struct manifest_sum *x = *(const struct manifest_sum *const *)a;
	const struct manifest_sum *y = *(const struct manifest_sum *const *)b;

	return strcmp(x->file, y->file);
}

char *
manifest_sums(const struct manifest_sum *sum, size_t count)
{
	const struct manifest_sum **sorted = xcalloc(count + 1, sizeof(*sorted));
	char *text = xstrdup("");

	for (size_t i = 0; i < count; i++)
		sorted[i] = &sum[i];
	qsort(sorted, count, sizeof(*sorted), compare_sums);
	for (size_t i = 0; i < count; i++) {
		char *longer =
			xasprintf("%s%s  %s\n", text, sorted[i]->sha256, sorted[i]->file);

		free(text);
		text = longer;
	}
	free(sorted);
	return text;
}
