/* SPDX-License-Identifier: ISC */
#include "roots.h"

#include <jansson.h>

#include "builder/image/manifest.h"

static const struct manifest_source sources[] = {
	{.kind = "debian",
		.package = "musl",
		.version = "1.2.5-3.1~deb13u1",
		.file = "musl_1.2.5.orig.tar.gz",
		.sha256 = "aa",
		.signer = "F00D",
		.status = "good",
		.valid_at_signing = 1},
	{.kind = "path", .sha256 = "bb", .valid_at_signing = -1},
};
static const struct manifest_patch patches[] = {{"2.patch", "dd"}, {"1.patch", "cc"}};
static const struct manifest_input inputs[] = {
	{.name = "r", .version = "1", .license = "MIT", .identity = "11", .output = "22"},
	{.name = "musl",
		.version = "1.2.5",
		.license = "MIT AND BSD-2-Clause",
		.identity = "33",
		.output = "44",
		.source = sources,
		.source_count = 2,
		.patch = patches,
		.patch_count = 2},
};

static void
fill(struct manifest *manifest, struct rootfs *rootfs)
{
	rootfs_init(rootfs);
	roots_text(rootfs, "/bin/\xc3\xa4 \"x\"", 0755, "a");
	roots_link(rootfs, "/bin/l", "\xc3\xa4");
	roots_finish(rootfs);
	*manifest = (struct manifest){
		.board = "b",
		.version = 2,
		.floor = 1,
		.epoch = 1767225600,
		.identity = "55",
		.content_id = "66",
		.image = {.file = "bzImage", .sha256 = "77", .size = 3456789012},
		.kernel = {.recipe = "linux",
			.release = "6.12.107",
			.config_sha256 = "88",
			.cmdline = "quiet"},
		.toolchain = {.identity = "99", .lock = "x86_64.lock"},
		.input = inputs,
		.input_count = 2,
		.rootfs = rootfs,
	};
}

static char *
text_of(const struct manifest *manifest)
{
	struct error e = {.text = ""};
	char *text;

	if (manifest_text(manifest, &text, &e) < 0)
		fail_msg("%s", e.text);
	return text;
}

/* The value at a path such as "inputs.0.name", as JSON text. */
static void
value_is(const char *text, const char *path, const char *want)
{
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *at = json;
	char *copy = strdup(path), *got;

	assert_non_null(json);
	for (char *part = strtok(copy, "."); part; part = strtok(NULL, "."))
		at = json_is_array(at) ? json_array_get(at, (size_t)atoi(part))
				       : json_object_get(at, part);
	got = at ? json_dumps(at, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS)
		 : strdup("-");
	if (strcmp(got, want) != 0)
		fail_msg("%s is %s, want %s", path, got, want);
	free(got);
	free(copy);
	json_decref(json);
}

static void
test_text_holds_what_it_was_given(void **state)
{
	struct manifest manifest;
	struct rootfs rootfs;
	char *text;

	(void)state;
	fill(&manifest, &rootfs);
	text = text_of(&manifest);
	value_is(text, "manifest", "1");
	value_is(text, "epoch", "1767225600");
	value_is(text, "image",
		"{\"file\":\"bzImage\",\"sha256\":\"77\",\"size\":3456789012}");
	value_is(text, "kernel.release", "\"6.12.107\"");
	value_is(text, "kernel.cmdline", "\"quiet\"");
	value_is(text, "toolchain.statement",
		"\"trusts Debian's gcc, binutils and zstd: they are pinned, not rebuilt\"");
	value_is(text, "inputs.0.name", "\"musl\""); /* sorted */
	value_is(text, "inputs.0.sources.0",
		"{\"file\":\"musl_1.2.5.orig.tar.gz\",\"kind\":\"debian\",\"package\":\"musl\",\"sha256\":\"aa\",\"signer\":\"F00D\",\"status\":\"good\",\"valid_at_signing\":true,\"version\":\"1.2.5-3.1~deb13u1\"}");
	value_is(text, "inputs.0.sources.1", "{\"kind\":\"path\",\"sha256\":\"bb\"}");
	value_is(text, "inputs.0.patches.0.name", "\"2.patch\""); /* in their order */
	value_is(text, "inputs.1.sources", "[]");
	value_is(text, "files.1",
		"{\"gid\":0,\"license\":\"MIT\",\"mode\":\"0777\",\"path\":\"/bin/l\",\"recipe\":\"r\",\"target\":\"\xc3\xa4\",\"type\":\"link\",\"uid\":0}");
	value_is(text, "files.2",
		"{\"gid\":0,\"license\":\"MIT\",\"mode\":\"0755\",\"path\":\"/bin/\xc3\xa4 \\\"x\\\"\",\"recipe\":\"r\",\"sha256\":\"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb\",\"size\":1,\"type\":\"file\",\"uid\":0}");
	value_is(text, "files.4",
		"{\"gid\":0,\"major\":5,\"minor\":1,\"mode\":\"0600\",\"path\":\"/dev/console\",\"type\":\"device\",\"uid\":0}");
	free(text);
	/* By this, `ingot sign` knows an image for development. */
	manifest.kernel.cmdline = NULL;
	text = text_of(&manifest);
	value_is(text, "kernel.cmdline", "-");
	free(text);
	rootfs_free(&rootfs);
}

static void
test_text_is_the_same_bytes_whatever_the_order(void **state)
{
	struct manifest_input turned[] = {inputs[1], inputs[0]};
	struct manifest manifest;
	struct rootfs rootfs;
	char *text, *again;

	(void)state;
	fill(&manifest, &rootfs);
	text = text_of(&manifest);
	manifest.input = turned;
	again = text_of(&manifest);
	assert_string_equal(text, again);
	assert_memory_equal(
		text, "{\n  \"board\": \"b\",\n  \"content_id\": \"66\",\n", 40);
	assert_string_equal(text + strlen(text) - 3, "\n}\n");
	free(text);
	free(again);
	rootfs_free(&rootfs);
}

static void
test_text_that_is_not_utf8_is_refused(void **state)
{
	struct manifest manifest;
	struct rootfs rootfs;
	struct error e = {.text = ""};
	char *text;

	(void)state;
	fill(&manifest, &rootfs);
	manifest.kernel.cmdline = "\xff";
	assert_int_equal(manifest_text(&manifest, &text, &e), -EINVAL);
	assert_string_equal(e.text, "manifest.json: cmdline: no valid UTF-8");
	rootfs_free(&rootfs);
}

static void
test_sums_are_what_sha256sum_checks(void **state)
{
	char hash[2][SHA256_HEX];
	struct manifest_sum sums[] = {{"b file", hash[0]}, {"a", hash[1]}};
	char *text;

	(void)state;
	scratch_write("b file", "bytes");
	scratch_write("a", "");
	sha256_hex("bytes", 5, hash[0]);
	sha256_hex("", 0, hash[1]);
	text = manifest_sums(sums, 2);
	assert_ptr_equal(strstr(text, hash[1]), text); /* sorted */
	scratch_write("SHA256SUMS", text);
	assert_int_equal(system("sha256sum --strict -c SHA256SUMS >/dev/null"), 0);
	scratch_write("a", "x");
	assert_int_not_equal(
		system("sha256sum --strict -c SHA256SUMS >/dev/null 2>&1"), 0);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_holds_what_it_was_given),
		cmocka_unit_test(test_text_is_the_same_bytes_whatever_the_order),
		cmocka_unit_test(test_text_that_is_not_utf8_is_refused),
		cmocka_unit_test(test_sums_are_what_sha256sum_checks),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
