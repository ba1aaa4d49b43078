/* SPDX-License-Identifier: ISC */
#include "scratch.h"

#include "builder/source/apt.h"
#include "builder/source/control.h"
#include "builder/source/deb.h"
#include "builder/source/lock.h"
#include "builder/source/package_lock.h"
#include "builder/source/pin.h"
#include "builder/read/recipe.h"

#define H1  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define H2  "1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define FPR "469CBAA776FDB1FCD475B304D39A499C3C21A552"

#define SOURCE "[source]\npackage = x\nversion = 1:1.0-2\ndirectory = pool/main/x/x\n"
#define ARCHIVE                                                                          \
	"[inrelease]\nsuite = trixie\nsha256 = " H1 "\ndate = 2026-09-12T07:55:41Z\n"    \
	"signer = " FPR "\nstatus = good\n\n"                                            \
	"[index]\npath = main/source/Sources.xz\nsha256 = " H2 "\n"
#define DSC_FILE    "[dsc]\nfile = x_1.0-2.dsc\nsha256 = " H1 "\nsize = 2279\n"
#define DSC_SIGNER  "signer = " FPR "\nkey-primary = " FPR "\nuid = A <a@example.org>\n"
#define DSC_TIME    "signed = 2025-06-07T21:35:00Z\n"
#define DSC_GOOD    "status = good\nvalid-at-signing = yes\n"
#define DSC_KEYRING "keyring = debian-keyring 1 ring.pgp\nkeyring-sha256 = " H2 "\n"
#define FILES	    "[files]\nx_1.0.orig.tar.xz = " H1 " 100\n"

static const char head[] =
	"# Made by `ingot lock`: the proof of recipe.ini's pin. Not to be edited.\n";

static char *
lock_with(const char *dsc, const char *files)
{
	char *text;

	assert_true(asprintf(&text, "%s" SOURCE "\n" ARCHIVE "\n%s\n%s", head, dsc,
			    files) > 0);
	return text;
}

static int
parse(struct lock *lock, const char *text, struct error *e)
{
	e->text[0] = '\0';
	return lock_parse(lock, "x/source.lock", text, strlen(text), e);
}

static void
refused(const char *dsc, const char *files, const char *why)
{
	char *text = lock_with(dsc, files);
	struct lock lock;
	struct error e;

	assert_true(parse(&lock, text, &e) < 0);
	assert_string_equal(e.text, why);
	lock_free(&lock);
	free(text);
}

static void
test_lock_read_and_written_again_same_bytes(void **state)
{
	char *text = lock_with(DSC_FILE DSC_SIGNER DSC_TIME DSC_GOOD DSC_KEYRING, FILES),
	     *again;
	struct lock lock;
	struct error e;

	(void)state;
	assert_int_equal(parse(&lock, text, &e), 0);
	assert_string_equal(lock.version, "1:1.0-2");
	assert_string_equal(lock.archive.suite, "trixie");
	assert_int_equal(lock.signature.status, GPG_GOOD);
	assert_int_equal(lock.dsc.size, 2279);
	assert_int_equal(lock.count, 1);
	again = lock_text(&lock);
	assert_string_equal(again, text);
	free(again);
	free(text);
	lock_free(&lock);
}

static void
test_lock_untrusted_signature_needs_acceptance(void **state)
{
	struct lock lock;
	struct error e;
	char *text;

	(void)state;
	refused(DSC_FILE DSC_SIGNER DSC_TIME
		"status = no-key\nvalid-at-signing = no\n" DSC_KEYRING,
		FILES,
		"x/source.lock:26: status: the signature was not accepted: see --accept-signer in ingot(1)");
	refused(DSC_FILE DSC_SIGNER DSC_TIME
		"status = key-expired\nvalid-at-signing = no\n" DSC_KEYRING,
		FILES,
		"x/source.lock:26: status: the signature was not accepted: see --accept-signer in ingot(1)");
	refused(DSC_FILE DSC_SIGNER DSC_TIME
		"status = no-key\nvalid-at-signing = no\n"
		"accepted = AAAAAAAAAAAAAAAAAAAA\n" DSC_KEYRING,
		FILES, "x/source.lock:28: accepted: is not the signer " FPR);
	text = lock_with(DSC_FILE DSC_SIGNER DSC_TIME
		"status = no-key\nvalid-at-signing = no\naccepted = " FPR
		"\n" DSC_KEYRING,
		FILES);
	assert_int_equal(parse(&lock, text, &e), 0);
	assert_string_equal(lock.accepted, FPR);
	lock_free(&lock);
	free(text);
	text = lock_with(DSC_FILE DSC_SIGNER DSC_TIME
		"status = key-expired\nvalid-at-signing = yes\n" DSC_KEYRING,
		FILES);
	assert_int_equal(parse(&lock, text, &e), 0);
	lock_free(&lock);
	free(text);
}

static void
test_lock_bad_values_refused(void **state)
{
	(void)state;
	refused(DSC_FILE DSC_SIGNER DSC_TIME
		"status = bad\nvalid-at-signing = no\naccepted = " FPR "\n" DSC_KEYRING,
		FILES, "x/source.lock:26: status: no such status: \"bad\"");
	refused(DSC_FILE "signer = nobody\n" DSC_TIME DSC_GOOD DSC_KEYRING, FILES,
		"x/source.lock:22: signer: want a key's fingerprint, got \"nobody\"");
	refused(DSC_FILE DSC_SIGNER DSC_TIME DSC_GOOD DSC_KEYRING, "[files]\n",
		"x/source.lock: [files]: names no file");
	refused(DSC_FILE DSC_SIGNER DSC_TIME DSC_GOOD DSC_KEYRING,
		"[files]\na = " H1 "\n", "x/source.lock:32: a: want SHA-256 and size");
	refused(DSC_FILE DSC_SIGNER DSC_TIME DSC_GOOD DSC_KEYRING,
		"[files]\n../a = " H1 " 1\n",
		"x/source.lock:32: ../a: want a file's name without folders");
}

static void
test_lock_other_pin_than_recipes_is_stale(void **state)
{
	char *text = lock_with(DSC_FILE DSC_SIGNER DSC_TIME DSC_GOOD DSC_KEYRING, FILES);
	char file[] = "x_1.0.orig.tar.xz", package[] = "x", version[] = "1:1.0-2",
	     suite[] = "trixie", newer[] = "1:1.0-3", other[] = "y.tar.xz",
	     path[] = "x/recipe.ini";
	struct recipe recipe = {.file = path, .name = package};
	struct source *s = &recipe.source;
	struct lock lock;
	struct error e;

	(void)state;
	assert_int_equal(parse(&lock, text, &e), 0);
	s->line = 7;
	s->package = package;
	s->version = version;
	s->suite = suite;
	s->file = file;
	memcpy(s->sha256, H1, SHA256_HEX);
	assert_int_equal(lock_matches(&lock, &recipe, &e), 0);
	s->version = newer;
	assert_int_equal(lock_matches(&lock, &recipe, &e), -ESTALE);
	assert_string_equal(e.text,
		"x/recipe.ini:7: x 1:1.0-3 trixie: source.lock proves x 1:1.0-2 trixie: `ingot lock x` proves the pin");
	s->version = version;
	memcpy(s->sha256, H2, SHA256_HEX);
	assert_int_equal(lock_matches(&lock, &recipe, &e), -ESTALE);
	assert_string_equal(e.text, "x/recipe.ini:7: x_1.0.orig.tar.xz: sha256 is " H2
				    ", but the signed .dsc of x 1:1.0-2 says " H1);
	s->file = other;
	assert_int_equal(lock_matches(&lock, &recipe, &e), -ESTALE);
	assert_string_equal(e.text, "x/recipe.ini:7: y.tar.xz: not a file of x 1:1.0-2");
	lock_free(&lock);
	free(text);
}

#define PACKAGES                                                                         \
	"[lock]\nname = x86_64\n\n" ARCHIVE                                              \
	"\n[links]\n/usr/bin/awk = mawk\n\n[packages]\n"
#define LINE_A "a = 1 amd64 5 " H1 " pool/main/a/a/a_1_amd64.deb\n"
#define LINE_B "b = 2 all 6 " H2 " pool/main/b/b/b_2_all.deb\n"

static void
package_identity(const char *text, char identity[SHA256_HEX])
{
	struct package_lock lock;
	struct error e = {""};

	assert_int_equal(
		package_lock_parse(&lock, "x86_64.lock", text, strlen(text), &e), 0);
	package_lock_identity(&lock, identity);
	package_lock_free(&lock);
}

static void
test_package_lock_identity_is_that_of_packages_and_links(void **state)
{
	static const char *const same[] = {
		PACKAGES LINE_B LINE_A,
		"# a comment\n" PACKAGES LINE_A "# another\n" LINE_B,
		PACKAGES "a = 1 amd64 5 " H1 " pool/elsewhere/a.deb\n" LINE_B,
	};
	static const char *const other[] = {
		PACKAGES LINE_A,
		PACKAGES "a = 1 amd64 5 " H2 " pool/main/a/a/a_1_amd64.deb\n" LINE_B,
		PACKAGES "a = 2 amd64 5 " H1 " pool/main/a/a/a_1_amd64.deb\n" LINE_B,
		"[lock]\nname = x86_64\n" ARCHIVE
		"[links]\n/usr/bin/awk = gawk\n[packages]\n" LINE_A LINE_B,
		"[lock]\nname = arm64\n" ARCHIVE
		"[links]\n/usr/bin/awk = mawk\n[packages]\n" LINE_A LINE_B,
	};
	char first[SHA256_HEX], next[SHA256_HEX];

	(void)state;
	package_identity(PACKAGES LINE_A LINE_B, first);
	for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
		package_identity(same[i], next);
		assert_string_equal(next, first);
	}
	for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
		package_identity(other[i], next);
		assert_string_not_equal(next, first);
	}
}

static void
test_package_lock_bad_line_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{PACKAGES "a = 1 amd64 5 " H1 "\n",
			"k:19: a: want VERSION ARCH SIZE SHA256 PATH"},
		{PACKAGES "a = 1 amd64 5 short pool/a.deb\n",
			"k:19: a: want a SHA-256 of 64 hex digits, got \"short\""},
		{PACKAGES "a = 1 amd64 big " H1 " pool/a.deb\n",
			"k:19: a: want a size in bytes, got \"big\""},
		{PACKAGES "a = 1 amd64 5 " H1 " pool/../a.deb\n",
			"k:19: a: want a path in pool/, got \"pool/../a.deb\""},
		{PACKAGES, "k: [packages]: names no package"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct package_lock lock;
		struct error e = {""};

		assert_true(package_lock_parse(&lock, "k", cases[i].text,
				    strlen(cases[i].text), &e) < 0);
		assert_string_equal(e.text, cases[i].why);
		package_lock_free(&lock);
	}
}

/* A NULL value of the second pin leaves it as it is. */
static void
rewritten(const char *text, const char *want)
{
	char version[] = "x 2-1 sid", hash[] = "NEW";
	struct pin pin[] = {{"debian", version}, {"file", NULL}, {"sha256", hash}};
	char *result = pin_rewrite(text, pin, 3);

	if (!want)
		assert_null(result);
	else
		assert_string_equal(result, want);
	free(result);
}

static void
test_pin_rewrite_changes_values_and_nothing_else(void **state)
{
	(void)state;
	rewritten(
		"[recipe]\nsha256 = keep\n[source]\n# why\ndebian =  x 1-1 trixie\n\nfile = f\n"
		"sha256=OLD\n[build]\nsha256 = keep\n",
		"[recipe]\nsha256 = keep\n[source]\n# why\ndebian =  x 2-1 sid\n\nfile = f\n"
		"sha256=NEW\n[build]\nsha256 = keep\n");
}

static void
test_pin_rewrite_adds_missing_lines_below_the_last_pin(void **state)
{
	(void)state;
	rewritten("[source]\ndebian = x 1-1 trixie\ndebian-patches = yes\n\n[build]\n",
		"[source]\ndebian = x 2-1 sid\nsha256 = NEW\ndebian-patches = yes\n\n[build]\n");
	rewritten("[source]\ndebian = x 1-1 trixie\nfile = f\nsha256 =\n",
		"[source]\ndebian = x 2-1 sid\nfile = f\nsha256 = NEW\n");
	rewritten("[source]\ndebian = x 1-1 trixie",
		"[source]\ndebian = x 2-1 sid\nsha256 = NEW\n");
	rewritten("[recipe]\nname = x\n", NULL);
}

static void
test_control_field_reads_continued_lines(void **state)
{
	static const char text[] = "Package: a\nFiles:\n one\n two\nX-Files: no\n";
	struct control_value value;
	struct error e;

	(void)state;
	assert_int_equal(control_field(text, strlen(text), "files", &value, "t", &e), 0);
	assert_int_equal(value.size, strlen("\n one\n two"));
	assert_memory_equal(value.text, "\n one\n two", value.size);
	assert_int_equal(
		control_field(text, strlen(text), "None", &value, "t", &e), -ENOENT);
	assert_string_equal(e.text, "t: no field None");
}

static void
test_control_malformed_refused(void **state)
{
	static const char *const cases[][2] = {
		{" x\nA: b\n", "t: begins with a continued line"},
		{"A: b\nwords\n", "t: a line that is no field: words"},
		{"A: b\na: c\n", "t: A: given twice"},
	};
	struct control_value value = {" " H1 " 12x name\n", sizeof H1 + 10};
	struct control_file file;
	struct error e;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct control_value found;

		assert_int_equal(control_field(cases[i][0], strlen(cases[i][0]), "A",
					 &found, "t", &e),
			-EBADMSG);
		assert_string_equal(e.text, cases[i][1]);
	}
	assert_int_equal(control_next_file(&value, &file, "t", &e), -EBADMSG);
	assert_string_equal(
		e.text, "t: a line of checksums is not \"SHA-256 SIZE NAME\"");
}

static void
test_deb_path_is_merged_and_lean(void **state)
{
	static const char *const cases[][2] = {
		{"./bin/sh", "usr/bin/sh"},
		{"./lib/x86_64-linux-gnu/libc.so.6",
			"usr/lib/x86_64-linux-gnu/libc.so.6"},
		{"./lib64", "usr/lib64"},
		{"./library", NULL},
		{"./usr/bin/gcc", "usr/bin/gcc"},
		{"./etc/perl", "etc/perl"},
		{"./usr/share/doc/gcc/copyright", NULL},
		{"./usr/share/documents", "usr/share/documents"},
		{"./var/lib/x", NULL},
		{"./", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *path = deb_path(cases[i][0]);

		if (cases[i][1])
			assert_string_equal(path, cases[i][1]);
		else
			assert_null(path);
		free(path);
	}
}

static void
test_apt_pool_path_and_uri(void **state)
{
	char *path = apt_pool_path("libsodium", "libsodium_1.0.18-1+deb13u1.dsc");
	char *uri = apt_uri("http://mirror/debian", path);

	(void)state;
	assert_string_equal(
		path, "pool/main/libs/libsodium/libsodium_1.0.18-1+deb13u1.dsc");
	assert_string_equal(uri,
		"http://mirror/debian/pool/main/libs/libsodium/libsodium_1.0.18-1%2bdeb13u1.dsc");
	free(path);
	free(uri);
	path = apt_pool_path("lib", "f");
	assert_string_equal(path, "pool/main/l/lib/f");
	free(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lock_read_and_written_again_same_bytes),
		cmocka_unit_test(test_lock_untrusted_signature_needs_acceptance),
		cmocka_unit_test(test_lock_bad_values_refused),
		cmocka_unit_test(test_lock_other_pin_than_recipes_is_stale),
		cmocka_unit_test(
			test_package_lock_identity_is_that_of_packages_and_links),
		cmocka_unit_test(test_package_lock_bad_line_refused),
		cmocka_unit_test(test_pin_rewrite_changes_values_and_nothing_else),
		cmocka_unit_test(test_pin_rewrite_adds_missing_lines_below_the_last_pin),
		cmocka_unit_test(test_control_field_reads_continued_lines),
		cmocka_unit_test(test_control_malformed_refused),
		cmocka_unit_test(test_deb_path_is_merged_and_lean),
		cmocka_unit_test(test_apt_pool_path_and_uri),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
