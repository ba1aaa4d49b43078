/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "builder/read/kconfig.h"
#include "lib/error.h"

/* What one fragment called "a.config" comes to: "" or the message. */
static const char *
parse(const char *text, size_t size)
{
	static struct error e;
	struct kconfig config = {0};
	int r;

	e.text[0] = '\0';
	r = kconfig_parse(&config, "a.config", text, size, &e);
	assert_true((r == 0) == !e.text[0]);
	kconfig_free(&config);
	return e.text;
}

#define PARSE(text) parse(text, sizeof(text) - 1)

static void
test_kconfig_requests_become_sorted_text(void **state)
{
	static const char text[] = "# why\n\n"
				   "CONFIG_SMP=y\n"
				   "CONFIG_SOFT_WATCHDOG=m\n"
				   "# CONFIG_DEVMEM is not set\n"
				   "CONFIG_NR_CPUS=64\n"
				   "CONFIG_BASE=0xffFF00\n"
				   "CONFIG_LEVEL=-1\n"
				   "CONFIG_CMDLINE=\"a=b c\"";
	struct kconfig config = {0};
	struct error e = {.text = ""};
	char *out;

	(void)state;
	assert_int_equal(kconfig_parse(&config, "a.config", text, strlen(text), &e), 0);
	assert_int_equal(config.count, 7);
	assert_string_equal(config.request[2].symbol, "DEVMEM");
	assert_string_equal(config.request[2].value, "n");
	assert_string_equal(config.request[2].file, "a.config");
	assert_int_equal(config.request[2].line, 5);
	out = kconfig_text(&config);
	assert_string_equal(out, "CONFIG_BASE=0xffFF00\n"
				 "CONFIG_CMDLINE=\"a=b c\"\n"
				 "# CONFIG_DEVMEM is not set\n"
				 "CONFIG_LEVEL=-1\n"
				 "CONFIG_NR_CPUS=64\n"
				 "CONFIG_SMP=y\n"
				 "CONFIG_SOFT_WATCHDOG=m\n");
	free(out);
	kconfig_free(&config);
}

static void
test_kconfig_wrong_lines_are_refused(void **state)
{
	(void)state;
	assert_string_equal(PARSE("CONFIG_A=y\nCONFIG_SMP=n\n"),
		"a.config:2: CONFIG_SMP: want \"# CONFIG_SMP is not set\" for no");
	assert_string_equal(PARSE("CONFIG_SMP=yes\n"),
		"a.config:1: CONFIG_SMP: want y, m, a number or a \"string\" without "
		"escapes, got \"yes\"");
	assert_string_equal(PARSE("CONFIG_SMP=y \n"),
		"a.config:1: CONFIG_SMP: want y, m, a number or a \"string\" without "
		"escapes, got \"y \"");
	assert_string_equal(PARSE("CONFIG_S=\"a\"b\"\n"),
		"a.config:1: CONFIG_S: want y, m, a number or a \"string\" without "
		"escapes, got \"\"a\"b\"\"");
	assert_string_equal(PARSE("CONFIG_S=\"a\\n\"\n"),
		"a.config:1: CONFIG_S: want y, m, a number or a \"string\" without "
		"escapes, got \"\"a\\n\"\"");
	assert_string_equal(PARSE("CONFIG_S=\"\nCONFIG_T=y\n"),
		"a.config:1: CONFIG_S: want y, m, a number or a \"string\" without "
		"escapes, got \"\"\"");
	assert_string_equal(PARSE("CONFIG_S=0x\n"),
		"a.config:1: CONFIG_S: want y, m, a number or a \"string\" without "
		"escapes, got \"0x\"");
	assert_string_equal(PARSE("SMP=y\n"),
		"a.config:1: want \"CONFIG_NAME=value\" or \"# CONFIG_NAME is not set\", "
		"got \"SMP=y\"");
	assert_string_equal(PARSE(" CONFIG_SMP=y\n"),
		"a.config:1: want \"CONFIG_NAME=value\" or \"# CONFIG_NAME is not set\", "
		"got \" CONFIG_SMP=y\"");
	assert_string_equal(PARSE("CONFIG_=y\n"),
		"a.config:1: want \"CONFIG_NAME=value\" or \"# CONFIG_NAME is not set\", "
		"got \"CONFIG_=y\"");
}

static void
test_kconfig_misspelt_request_is_no_comment(void **state)
{
	(void)state;
	assert_string_equal(PARSE("CONFIG_A=y\n#CONFIG_SMP is not set\n"),
		"a.config:2: want \"CONFIG_NAME=value\" or \"# CONFIG_NAME is not set\", "
		"got \"#CONFIG_SMP is not set\"");
	assert_string_equal(PARSE("CONFIG_A=y\n# CONFIG_SMP is  not set.\n"),
		"a.config:2: want \"CONFIG_NAME=value\" or \"# CONFIG_NAME is not set\", "
		"got \"# CONFIG_SMP is  not set.\"");
	assert_string_equal(PARSE("CONFIG_A=y\n# CONFIG_SMP=y would be too much\n"), "");
}

static void
test_kconfig_bytes_that_are_no_text_are_refused(void **state)
{
	char *line = malloc(5000);

	(void)state;
	assert_string_equal(PARSE("CONFIG_A=y\r\n"),
		"a.config:1: carriage return: save it with Unix line ends");
	assert_string_equal(PARSE("CONFIG_A=y\n\0\n"),
		"a.config:2: NUL byte: this is not a text file");
	assert_string_equal(
		PARSE("CONFIG_A=y\n# \xff\n"), "a.config:2: byte 0xff is not UTF-8");
	assert_string_equal(
		PARSE("CONFIG_A=y\n# \x1b\n"), "a.config:2: control byte 0x1b");
	assert_string_equal(
		PARSE(""), "a.config: asks for nothing: want CONFIG_NAME=value");
	assert_string_equal(PARSE("# nothing yet\n"),
		"a.config: asks for nothing: want CONFIG_NAME=value");
	assert_non_null(line);
	memset(line, '#', 5000);
	assert_string_equal(parse(line, 5000), "a.config:1: line longer than 4096 bytes");
	free(line);
}

static void
test_kconfig_conflicts_name_both_places(void **state)
{
	static const char a[] = "CONFIG_SMP=y\n", b[] = "#\n# CONFIG_SMP is not set\n";
	struct kconfig config = {0};
	struct error e = {.text = ""};

	(void)state;
	assert_int_equal(kconfig_parse(&config, "a.config", a, strlen(a), &e), 0);
	assert_int_equal(kconfig_parse(&config, "same.config", a, strlen(a), &e), 0);
	assert_true(kconfig_parse(&config, "b.config", b, strlen(b), &e) < 0);
	assert_string_equal(
		e.text, "b.config:2: CONFIG_SMP: wants n, but same.config:1 wants y");
	kconfig_free(&config);
	assert_string_equal(PARSE("CONFIG_SMP=y\nCONFIG_B=y\nCONFIG_SMP=y\n"),
		"a.config:3: CONFIG_SMP: given twice, first at line 1");
}

/* What the requests say of a finished .config: "" or the message. */
static const char *
verify(const char *requests, const char *final)
{
	static struct error e;
	struct kconfig config = {0};
	int r;

	e.text[0] = '\0';
	assert_int_equal(
		kconfig_parse(&config, "a.config", requests, strlen(requests), &e), 0);
	r = kconfig_verify(&config, final, strlen(final), &e);
	assert_true((r == 0) == !e.text[0]);
	kconfig_free(&config);
	return e.text;
}

static void
test_kconfig_requests_that_hold_are_verified(void **state)
{
	static const char requests[] = "CONFIG_NET=y\nCONFIG_NETDEVICES=y\nCONFIG_N=4\n"
				       "# CONFIG_DEVMEM is not set\n"
				       "# CONFIG_GONE is not set\n";

	(void)state;
	assert_string_equal(
		verify(requests, "#\n# Linux\n#\nCONFIG_N=4\nCONFIG_NETDEVICES=y\n"
				 "# CONFIG_DEVMEM is not set\nCONFIG_NET=y\n"),
		"");
}

static void
test_kconfig_dropped_requests_are_errors(void **state)
{
	static const char dropped[] = "CONFIG_A=y\nCONFIG_NET=y\n";

	(void)state;
	assert_string_equal(verify(dropped, "CONFIG_A=y\n# CONFIG_NET is not set\n"),
		"a.config:2: CONFIG_NET: wants y, but the kernel's own rules make it n: "
		"ask for what it depends on, or leave it out");
	assert_string_equal(verify(dropped, "CONFIG_A=y\nCONFIG_NET=m\n"),
		"a.config:2: CONFIG_NET: wants y, but the kernel's own rules make it m: "
		"ask for what it depends on, or leave it out");
	assert_string_equal(verify(dropped, "CONFIG_A=y\nCONFIG_NETX=y\n"),
		"a.config:2: CONFIG_NET: wants y, but the result has no such symbol: it "
		"is unknown to this kernel, or something it depends on is off");
	assert_string_equal(verify("# CONFIG_NET is not set\n", "CONFIG_NET=y\n"),
		"a.config:1: CONFIG_NET: wants n, but the kernel's own rules make it y: "
		"ask for what it depends on, or leave it out");
	assert_string_equal(verify("CONFIG_S=\"a\"\n", "CONFIG_S=\"b\"\n"),
		"a.config:1: CONFIG_S: wants \"a\", but the kernel's own rules make it "
		"\"b\": ask for what it depends on, or leave it out");
}

static void
test_kconfig_missing_fragment_is_named(void **state)
{
	char *item[] = {(char[]){"/nonexistent/x.config"}, (char[]){"/"}};
	struct strlist missing = {.item = item, .count = 1};
	struct strlist folder = {.item = item + 1, .count = 1};
	struct kconfig config = {0};
	struct error e = {.text = ""};

	(void)state;
	assert_true(kconfig_read(&config, &missing, &e) < 0);
	assert_non_null(strstr(e.text, "/nonexistent/x.config"));
	assert_true(kconfig_read(&config, &folder, &e) < 0);
	assert_non_null(strstr(e.text, "directory"));
	kconfig_free(&config);
}

/* The fragments of the tree itself, together, are read and agree. */
static void
test_kconfig_own_fragments_agree(void **state)
{
	static const char *const names[] = {"base", "x86_64", "virtio", "net", "cgroups",
		"modules", "watchdog", "hardening"};
	struct kconfig config = {0};
	struct strlist files = {0};
	struct error e = {.text = ""};
	char path[64];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "kernel-configs/%s.config", names[i]);
		assert_int_equal(strlist_add(&files, path), 0);
	}
	if (kconfig_read(&config, &files, &e) < 0)
		fail_msg("%s", e.text);
	assert_true(config.count > 100);
	kconfig_free(&config);
	strlist_free(&files);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kconfig_requests_become_sorted_text),
		cmocka_unit_test(test_kconfig_wrong_lines_are_refused),
		cmocka_unit_test(test_kconfig_misspelt_request_is_no_comment),
		cmocka_unit_test(test_kconfig_bytes_that_are_no_text_are_refused),
		cmocka_unit_test(test_kconfig_conflicts_name_both_places),
		cmocka_unit_test(test_kconfig_requests_that_hold_are_verified),
		cmocka_unit_test(test_kconfig_dropped_requests_are_errors),
		cmocka_unit_test(test_kconfig_missing_fragment_is_named),
		cmocka_unit_test(test_kconfig_own_fragments_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
