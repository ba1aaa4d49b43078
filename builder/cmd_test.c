/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/io.h"
#include "builder/read/board.h"
#include "builder/run/boottest.h"
#include "builder/base/console.h"
#include "builder/run/junit.h"
#include "builder/run/machine_disk.h"
#include "builder/base/options.h"
#include "builder/build/output.h"
#include "builder/run/qemu.h"
#include "builder/base/say.h"
#include "builder/run/tap.h"
#include "builder/base/tree.h"
#include "verbs.h"
#include "builder/base/xalloc.h"

#define QEMU_LOG_MOST (64u << 10)

struct run {
	struct board board;
	char *image;
	char *first; /* what QEMU loads; NULL where firmware starts from a disk */
	char *dir; /* of logs and junit.xml */
	struct boottest_names names;
	struct strlist qemu_arguments;
	struct junit_suite *suite;
	size_t suites;
	size_t tests, failures; /* so far */
	struct strlist log_names;
};

static volatile pid_t running; /* for the signal handler */

static void
on_signal(int number)
{
	if (running > 0)
		kill(running, SIGTERM);
	signal(number, SIG_DFL);
	raise(number);
}

static double
seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
make_folder(const char *path)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		die("%s: cannot create: %s", path, strerror(errno));
}

static const char *
manifest_string(const json_t *manifest, const char *path, const char *key)
{
	const char *value = json_string_value(json_object_get(manifest, key));

	if (!value)
		die("%s: has no \"%s\"", path, key);
	return value;
}

static void
read_manifest(struct run *run)
{
	char *dir = output_dir(run->board.name),
	     *path = xasprintf("%s/manifest.json", dir);
	json_error_t why;
	json_t *manifest = json_load_file(path, 0, &why);

	if (access(run->image, R_OK) < 0 || !manifest)
		die("%s: no image to test: run `ingot build %s`", dir, run->board.name);
	run->names = (struct boottest_names){
		xstrdup(manifest_string(manifest, path, "content_id")),
		xstrdup(manifest_string(manifest, path, "identity")), run->board.name};
	json_decref(manifest);
	free(path);
	free(dir);
}

/* Reads every test before the first one boots: a typo should not cost a boot. */
static struct boottest *
read_tests(const struct strlist *files)
{
	struct boottest *tests = xcalloc(files->count, sizeof *tests);
	struct error e;

	for (size_t i = 0; i < files->count; i++)
		if (boottest_read(&tests[i], files->item[i], &e) < 0)
			die("%s", e.text);
	return tests;
}

static void
report(struct run *run, const struct boottest *test, const struct boottest_step *step,
	const struct junit_case *result)
{
	char *name = xasprintf("%s:%u: %s", test->file, step->line, result->name);

	run->tests++;
	run->failures += result->failure != NULL;
	if (!options.json && tap_result(stdout, run->tests, name, result->failure) < 0)
		die("cannot write the results: %s", strerror(errno));
	free(name);
}

/* "NAME" of "tests/NAME.boot", and "NAME-2" where another file before it has that name.
 */
static char *
log_name(const struct run *run, const char *file)
{
	const char *slash = strrchr(file, '/');
	char *base = xstrdup(slash ? slash + 1 : file), *name;
	char *dot = strrchr(base, '.');

	if (dot && dot != base)
		*dot = '\0';
	name = xstrdup(base);
	for (unsigned i = 2; strlist_has(&run->log_names, name); i++) {
		free(name);
		name = xasprintf("%s-%u", base, i);
	}
	free(base);
	return name;
}

/* Where to look: the console's log, and what QEMU itself had to say. */
static char *
explain(const char *why, const char *log, const char *qemu_log)
{
	struct error e;
	char *text, *whole;
	size_t size;

	if (io_read_file(AT_FDCWD, qemu_log, QEMU_LOG_MOST, &text, &size, &e) < 0)
		return xasprintf("%s\nthe console's log: %s", why, log);
	while (size && text[size - 1] == '\n')
		text[--size] = '\0';
	whole = xasprintf("%s\nthe console's log: %s%s%s", why, log,
		size ? "\nQEMU said: " : "", text);
	free(text);
	return whole;
}

static void
run_steps(struct run *run, const struct boottest *test, struct junit_suite *suite,
	struct console *console, const struct qemu *qemu, const char *log,
	const char *qemu_log)
{
	bool reached = true;

	for (size_t i = 0; i < test->count; i++) {
		struct junit_case *result = &suite->item[i];
		double start = seconds_now();
		struct error e;

		result->name = boottest_step_text(&test->step[i]);
		if (!reached) {
			result->failure = xstrdup("not reached: an earlier step failed");
		} else if (boottest_do(&test->step[i], &run->names, console, qemu, &e) <
			   0) {
			result->failure = explain(e.text, log, qemu_log);
			reached = false;
		}
		result->seconds = seconds_now() - start;
		report(run, test, &test->step[i], result);
	}
}

static void
run_test(struct run *run, const struct boottest *test, struct junit_suite *suite)
{
	char *name = log_name(run, test->file),
	     *log = xasprintf("%s/%s.log", run->dir, name);
	char *qemu_log = xasprintf("%s/%s.qemu.log", run->dir, name);
	int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct qemu qemu;
	struct console console;

	if (fd < 0)
		die("%s: cannot create: %s", log, strerror(errno));
	if (strlist_add(&run->log_names, name) < 0)
		die("out of memory");
	suite->name = test->file;
	suite->count = test->count;
	suite->item = xcalloc(test->count, sizeof *suite->item);
	qemu_start(&qemu, &run->board, run->first, &run->qemu_arguments, qemu_log);
	running = qemu.pid;
	console_open(&console, qemu.to_guest, qemu.from_guest, fd);
	if (options.verbose)
		console.echo_fd = STDERR_FILENO;
	run_steps(run, test, suite, &console, &qemu, log, qemu_log);
	running = 0;
	qemu_stop(&qemu);
	console_close(&console);
	close(fd);
	free(qemu_log);
	free(log);
	free(name);
}

static void
write_junit(const struct run *run)
{
	char *path = xasprintf("%s/junit.xml", run->dir);
	FILE *out = fopen(path, "we");

	if (!out || junit_write(out, run->suite, run->suites) < 0 || fclose(out) != 0)
		die("%s: cannot write: %s", path, strerror(errno));
	free(path);
}

static int
is_test(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && dot != entry->d_name && strcmp(dot, ".boot") == 0;
}

static void
add_tests(struct strlist *files, const char *board_dir)
{
	char *dir = xasprintf("%s/tests", board_dir);
	struct dirent **found;
	int count = scandir(dir, &found, is_test, alphasort);

	if (count < 0 && errno != ENOENT)
		die("%s: cannot read: %s", dir, strerror(errno));
	for (int i = 0; i < count; i++) {
		char *file = xasprintf("%s/%s", dir, found[i]->d_name);

		if (strlist_add(files, file) < 0)
			die("out of memory");
		free(file);
		free(found[i]);
	}
	if (count >= 0)
		free(found);
	free(dir);
}

/* boards/BOARD/tests/ of the board, or of the board it inherits if it has none of its
 * own. */
static void
default_files(struct strlist *files, const struct board *board)
{
	struct error e;
	char *dir;

	add_tests(files, board->dir);
	if (!files->count && board->inherits) {
		if (tree_find_board(board->inherits, &dir, &e) < 0)
			die("%s", e.text);
		add_tests(files, dir);
		free(dir);
	}
	if (!files->count)
		die("%s: has no tests: name a file, or write %s/tests/NAME.boot (boottest(5))",
			board->name, board->dir);
}

static void
open_run(struct run *run, const char *name)
{
	struct error e;
	char *dir, *parent;

	if (tree_find_board(name, &dir, &e) < 0 || board_read(&run->board, dir, &e) < 0)
		die("%s", e.text);
	free(dir);
	run->image = output_image(run->board.name);
	read_manifest(run);
	parent = xasprintf("%s/test", options.out);
	run->dir = xasprintf("%s/%s", parent, run->board.name);
	make_folder(parent);
	make_folder(run->dir);
	free(parent);
}

/* With --disk the board's disk comes before what else QEMU is given. */
static void
use_disk(struct run *run)
{
	struct strlist disks = {0};

	run->first = machine_disk_start(&run->board, &disks);
	for (size_t i = 0; i < run->qemu_arguments.count; i++)
		if (strlist_add(&disks, run->qemu_arguments.item[i]) < 0)
			die("out of memory");
	strlist_free(&run->qemu_arguments);
	run->qemu_arguments = disks;
}

/* BOARD [FILE...] with options among them, and QEMU's arguments behind "--". */
static void
parse(struct run *run, struct strlist *files, int argc, char **argv)
{
	static const struct option known[] = {{"disk", no_argument, NULL, 'd'},
		{"qemu", required_argument, NULL, 'q'}, {0}};
	int option, end = 1;
	bool disk = false;

	while (end < argc && strcmp(argv[end], "--") != 0)
		end++;
	while ((option = getopt_long(end, argv, "", known, NULL)) != -1) {
		if (option == 'd') {
			disk = true;
			continue;
		}
		if (option != 'q')
			die_usage("test: wrong options");
		if (strlist_add(&run->qemu_arguments, optarg) < 0)
			die("out of memory");
	}
	if (optind == end)
		die_usage("test: want a board");
	for (int i = optind + 1; i < end; i++)
		if (strlist_add(files, argv[i]) < 0)
			die("out of memory");
	for (int i = end + 1; i < argc; i++)
		if (strlist_add(&run->qemu_arguments, argv[i]) < 0)
			die("out of memory");
	open_run(run, argv[optind]);
	if (disk)
		use_disk(run);
	else
		run->first = run->image;
}

static json_t *
suite_json(const struct junit_suite *suite)
{
	json_t *steps = json_array();

	for (size_t i = 0; i < suite->count; i++) {
		const struct junit_case *item = &suite->item[i];
		json_t *step = json_pack("{s:s, s:b, s:f}", "step", item->name, "ok",
			item->failure == NULL, "seconds", item->seconds);

		/* NULL if a console said what is no UTF-8: junit.xml has it then. */
		if (item->failure)
			json_object_set_new(step, "failure", json_string(item->failure));
		json_array_append_new(steps, step);
	}
	return json_pack("{s:s, s:o}", "file", suite->name, "steps", steps);
}

static void
print_json(const struct run *run)
{
	char *junit = xasprintf("%s/junit.xml", run->dir);
	json_t *files = json_array(), *whole;

	for (size_t i = 0; i < run->suites; i++)
		json_array_append_new(files, suite_json(&run->suite[i]));
	whole = json_pack("{s:s, s:i, s:i, s:s, s:o}", "board", run->board.name, "tests",
		(int)run->tests, "failures", (int)run->failures, "junit", junit, "files",
		files);
	if (!whole || json_dumpf(whole, stdout, JSON_INDENT(2)) < 0)
		die("cannot write the results as JSON");
	if (putchar('\n') == EOF || fflush(stdout) != 0)
		die("cannot write the results: %s", strerror(errno));
	json_decref(whole);
	free(junit);
}

int
cmd_test(int argc, char **argv)
{
	struct run run = {.tests = 0};
	struct strlist files = {0};
	struct boottest *tests;
	size_t planned = 0;

	parse(&run, &files, argc, argv);
	if (!files.count)
		default_files(&files, &run.board);
	tests = read_tests(&files);
	for (size_t i = 0; i < files.count; i++)
		planned += tests[i].count;
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	signal(SIGHUP, on_signal);
	signal(SIGPIPE, SIG_IGN);
	if (!options.json)
		printf("1..%zu\n", planned);
	run.suites = files.count;
	run.suite = xcalloc(files.count, sizeof *run.suite);
	for (size_t i = 0; i < files.count; i++)
		run_test(&run, &tests[i], &run.suite[i]);
	write_junit(&run);
	if (options.json)
		print_json(&run);
	return run.failures ? 1 : 0;
}
