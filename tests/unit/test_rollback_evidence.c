/* SPDX-License-Identifier: ISC */
/* What outlives a boot, and what it says about the attempt of a trial. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/error.h"
#include "rollback/evidence.h"

#define TRIED 0x11111111u
#define OTHER 0x22222222u

static char folder[] = "/tmp/evidence-XXXXXX";

static bool
judge(struct evidence evidence, const char *want)
{
	char why[EVIDENCE_WHY];
	bool bad = evidence_against(&evidence, TRIED, why);

	if (strncmp(why, want, strlen(want)) != 0)
		fail_msg("said \"%s\", not \"%s\"", why, want);
	return bad;
}

static void
test_evidence_what_the_attempts_own_pid1_wrote(void **state)
{
	struct evidence evidence = {.ended = TRIED, .text = "unhealthy: service net"};

	(void)state;
	evidence.end = END_FAULT;
	assert_true(judge(evidence, "it gave itself up: unhealthy: service net"));
	evidence.end = END_PANIC;
	assert_true(judge(evidence, "the kernel panicked"));
	evidence.end = END_WATCHDOG;
	assert_true(judge(evidence, "the watchdog fired"));
	evidence.end = END_CUT;
	assert_false(judge(evidence, "it ended without a word, as by a power cut"));
	evidence.end = END_ORDERLY;
	assert_false(judge(evidence, "it was ended"));
	evidence.end = END_CUT;
	evidence.watchdog = true;
	assert_true(judge(evidence, "the watchdog fired"));
}

/* Its record says that it jumped, or that it restarted: the attempt never came to write. */
static void
test_evidence_attempt_that_died_before_its_pid1_spoke(void **state)
{
	struct evidence evidence = {.ended = OTHER, .end = END_KEXEC};

	(void)state;
	assert_false(judge(evidence, "it ended before its pid1 spoke"));
	evidence.watchdog = true;
	assert_true(judge(evidence, "the watchdog fired"));
	evidence.end = END_ORDERLY;
	assert_true(judge(evidence, "the watchdog fired"));
}

/* A confirmed image that fails after the attempt is no evidence against the attempt. */
static void
test_evidence_of_another_boot_counts_for_nothing(void **state)
{
	static const enum evidence_end ends[] = {
		END_CUT, END_WATCHDOG, END_PANIC, END_FAULT, END_UNKNOWN};
	struct evidence evidence = {
		.ended = OTHER, .watchdog = true, .panics = 5, .has_before = true};

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		evidence.end = ends[i];
		assert_false(judge(evidence, "another boot has come since"));
	}
	evidence.end = END_NO_JUMP;
	assert_false(judge(evidence, "the jump was not made"));
}

static void
test_evidence_panic_counts_if_it_is_new(void **state)
{
	struct evidence evidence = {.ended = TRIED,
		.end = END_CUT,
		.panics = 7,
		.panic = "Attempted to kill init!"};

	(void)state;
	/* One that may be old: nobody knows what was there before. */
	assert_false(judge(evidence, "it ended without a word"));
	evidence.has_before = true;
	evidence.before = 7;
	assert_false(judge(evidence, "it ended without a word"));
	evidence.before = 0;
	assert_true(judge(evidence, "the kernel panicked: Attempted to kill init!"));
	evidence.panics = 0;
	evidence.before = 7;
	assert_false(judge(evidence, "it ended without a word"));
}

/* A device whose board keeps no reason: the hardware alone speaks. */
static void
test_evidence_without_a_reason_store(void **state)
{
	struct evidence evidence = {0};

	(void)state;
	assert_false(judge(evidence, "how it ended is not known"));
	evidence.watchdog = true;
	assert_true(judge(evidence, "the watchdog fired"));
	evidence.end = END_WATCHDOG;
	evidence.watchdog = false;
	assert_true(judge(evidence, "the watchdog fired"));
}

/* Over all there is: bad only by fault, watchdog or a new panic, and never by another's. */
static void
test_evidence_bad_never_without_a_cause(void **state)
{
	static const uint32_t tags[] = {0, TRIED, OTHER};
	unsigned bad = 0;

	(void)state;
	for (unsigned i = 0; i < 8 * 3 * 2 * 4; i++) {
		struct evidence evidence = {
			.end = (enum evidence_end)(i % 8),
			.ended = tags[i / 8 % 3],
			.watchdog = i / 24 % 2,
			.panics = i / 48 % 4 == 3 ? 9 : i / 48 % 4,
			.has_before = i / 48 % 4 > 0,
			.before = 2,
		};
		bool panic = evidence.panics == 1 || evidence.panics == 9;
		char why[EVIDENCE_WHY];

		if (!evidence_against(&evidence, TRIED, why)) {
			assert_true(why[0]);
			continue;
		}
		bad++;
		assert_true(evidence.watchdog || evidence.end == END_WATCHDOG ||
			    (panic && evidence.has_before) ||
			    ((evidence.end == END_FAULT || evidence.end == END_PANIC) &&
				    evidence.ended != OTHER));
		if (evidence.ended == OTHER)
			assert_true(
				evidence.end == END_KEXEC || evidence.end == END_ORDERLY);
	}
	assert_true(bad > 0);
}

static const char *
path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void
write_text(const char *name, const char *text)
{
	FILE *file = fopen(path_of(name), "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static struct evidence_paths
paths_of(void)
{
	struct evidence_paths paths;

	strcpy(paths.last_boot, path_of("last-boot"));
	strcpy(paths.watchdog, path_of("bootstatus"));
	strcpy(paths.pstore, path_of("pstore"));
	return paths;
}

static void
test_evidence_read_takes_what_pid1_writes(void **state)
{
	struct evidence_paths paths = paths_of();
	struct evidence got;
	struct error e;

	(void)state;
	write_text("last-boot", "[last-boot]\nkind = unhealthy\nimage = 11111111\n"
				"why = service a: start-limit-hit\n");
	write_text("bootstatus", "32\n");
	assert_int_equal(evidence_read(&got, &paths, 1000, &e), 0);
	assert_int_equal(got.end, END_FAULT);
	assert_true(got.ended == TRIED && got.watchdog && got.panics == 0);
	assert_string_equal(got.text, "unhealthy: service a: start-limit-hit");
	write_text("last-boot", "[last-boot]\nkind = cut\nimage = 00000000\n");
	write_text("bootstatus", "0\n");
	assert_int_equal(evidence_read(&got, &paths, 1000, &e), 0);
	assert_int_equal(got.end, END_CUT);
	assert_true(got.ended == 0 && !got.watchdog);
	write_text("last-boot",
		"[last-boot]\nkind = kexec\nimage = 11111111\nwatchdog = fired\n");
	assert_int_equal(evidence_read(&got, &paths, 1000, &e), 0);
	assert_true(got.end == END_KEXEC && got.watchdog);
}

static void
test_evidence_read_every_kind_of_pid1(void **state)
{
	static const char *const kinds[] = {"unknown", "cut", "watchdog", "power-off",
		"reboot", "halt", "kexec", "kexec-failed", "panic", "rescue", "unhealthy",
		"no-watchdog"};
	struct evidence_paths paths = paths_of();
	struct evidence got;
	struct error e;
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		snprintf(text, sizeof(text), "[last-boot]\nkind = %s\n", kinds[i]);
		write_text("last-boot", text);
		assert_int_equal(evidence_read(&got, &paths, 0, &e), 0);
	}
	for (size_t i = 0; i < 4; i++) {
		static const char *const wrong[] = {"[last-boot]\nkind = fine\n",
			"[last-boot]\nimage = 11111111\n",
			"[last-boot]\nkind = cut\nimage = 1\n",
			"[last-boot]\nkind = cut\nmore = x\n"};

		write_text("last-boot", wrong[i]);
		assert_int_equal(evidence_read(&got, &paths, 0, &e), -EINVAL);
		assert_non_null(strstr(e.text, "last-boot"));
	}
	unlink(path_of("last-boot"));
	unlink(path_of("bootstatus"));
	assert_int_equal(evidence_read(&got, &paths, 300, &e), 0);
	assert_int_equal(got.end, END_UNKNOWN);
	assert_false(got.watchdog);
}

static void
test_evidence_read_finds_panics_whatever_their_order(void **state)
{
	char panic[EVIDENCE_TEXT];
	const char *pstore;
	uint64_t one, two;

	(void)state;
	mkdir(path_of("pstore"), 0700);
	write_text("pstore/pmsg-ramoops-0", "said by pid1");
	pstore = strdup(path_of("pstore"));
	assert_true(evidence_panics(pstore, panic) == 0);
	assert_string_equal(panic, "");
	write_text("pstore/dmesg-ramoops-0",
		"Panic#1 Part1\n<0>[    1.2] Kernel panic - not syncing: VFS: no\troot\n");
	one = evidence_panics(pstore, panic);
	assert_true(one != 0);
	assert_string_equal(panic, "VFS: no?root");
	write_text("pstore/dmesg-ramoops-1", "Oops#1 Part1\n");
	two = evidence_panics(pstore, panic);
	assert_true(two != one && two != 0);
	assert_string_equal(panic, "VFS: no?root");
	unlink(path_of("pstore/dmesg-ramoops-1"));
	assert_true(evidence_panics(pstore, NULL) == one);
	/* The same place, another panic. */
	write_text("pstore/dmesg-ramoops-0", "Panic#2 Part1\n");
	assert_true(evidence_panics(pstore, panic) != one);
	assert_string_equal(panic, "Panic#2 Part1");
	assert_true(evidence_panics("", panic) == 0);
	unlink(path_of("pstore/dmesg-ramoops-0"));
	unlink(path_of("pstore/pmsg-ramoops-0"));
	rmdir(pstore);
	free((void *)(uintptr_t)pstore);
}

/* A file's time, as pstore gives it a record's. */
static void
set_time(const char *name, time_t seconds)
{
	const struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};

	assert_int_equal(utimensat(AT_FDCWD, path_of(name), times, 0), 0);
}

static void
test_evidence_the_newest_panic_is_told(void **state)
{
	static const char *const names[] = {
		"pstore/dmesg-ramoops-0", "pstore/dmesg-ramoops-1"};
	char panic[EVIDENCE_TEXT];

	(void)state;
	mkdir(path_of("pstore"), 0700);
	write_text(names[0], "<0> Kernel panic - not syncing: first\n");
	write_text(names[1], "<0> Kernel panic - not syncing: second\n");
	for (int newest = 0; newest < 2; newest++) {
		char *pstore = strdup(path_of("pstore"));

		set_time(names[newest], 2000);
		set_time(names[1 - newest], 1000);
		assert_true(evidence_panics(pstore, panic) != 0);
		assert_string_equal(panic, newest ? "second" : "first");
		free(pstore);
	}
	for (size_t i = 0; i < 2; i++)
		unlink(path_of(names[i]));
	rmdir(path_of("pstore"));
}

static int
make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int
remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_evidence_what_the_attempts_own_pid1_wrote),
		cmocka_unit_test(test_evidence_attempt_that_died_before_its_pid1_spoke),
		cmocka_unit_test(test_evidence_of_another_boot_counts_for_nothing),
		cmocka_unit_test(test_evidence_panic_counts_if_it_is_new),
		cmocka_unit_test(test_evidence_without_a_reason_store),
		cmocka_unit_test(test_evidence_bad_never_without_a_cause),
		cmocka_unit_test(test_evidence_read_takes_what_pid1_writes),
		cmocka_unit_test(test_evidence_read_every_kind_of_pid1),
		cmocka_unit_test(test_evidence_read_finds_panics_whatever_their_order),
		cmocka_unit_test(test_evidence_the_newest_panic_is_told),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
