/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <glob.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../lib/error.h"
#include "board.h"
#include "boottest.h"
#include "console.h"
#include "junit.h"
#include "options.h"
#include "output.h"
#include "qemu.h"
#include "say.h"
#include "tree.h"
#include "verbs.h"
#include "xalloc.h"

struct run {
	struct board board;
	char *image;
	char *dir; /* of logs and junit.xml */
	struct boottest_names names;
	struct strlist qemu_arguments;
	struct junit_suite *suite;
	size_t suites;
	size_t tests, failures; /* so far */
};

static struct qemu *running; /* for the signal handler */

static void
on_signal(int number)
{
	if (running && running->pid > 0)
		kill(running->pid, SIGTERM);
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
	char *dir = output_dir(run->board.name), *path = xasprintf("%s/manifest.json", dir);
	json_error_t why;
	json_t *manifest = json_load_file(path, 0, &why);

	if (access(run->image, R_OK) < 0 || !manifest)
		die("%s: no image to test: run `ingot build %s`", dir, run->board.name);
	run->names = (struct boottest_names){
		xstrdup(manifest_string(manifest, path, "content_id")),
		xstrdup(manifest_string(manifest, path, "identity")), run->board.name };
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
	struct junit_case *result)
{
	run->tests++;
	run->failures += result->failure != NULL;
	if (options.json)
		return;
	printf("%s %zu - %s:%u: %s\n", result->failure ? "not ok" : "ok", run->tests, test->file,
		step->line, result->name);
	if (result->failure) {
		char *save, *text = xstrdup(result->failure);

		for (char *line = strtok_r(text, "\n", &save); line;
			line = strtok_r(NULL, "\n", &save))
			printf("# %s\n", line);
		free(text);
	}
	fflush(stdout);
}

static char *
base_name(const char *file)
{
	const char *slash = strrchr(file, '/');
	char *name = xstrdup(slash ? slash + 1 : file);
	char *dot = strrchr(name, '.');

	if (dot && dot != name)
		*dot = '\0';
	return name;
}

static void
run_steps(struct run *run, const struct boottest *test, struct junit_suite *suite,
	struct console *console, const struct qemu *qemu, const char *log)
{
	bool reached = true;

	for (size_t i = 0; i < test->count; i++) {
		struct junit_case *result = &suite->item[i];
		double start = seconds_now();
		struct error e;

		result->name = boottest_step_text(&test->step[i]);
		if (!reached) {
			result->failure = xstrdup("not reached: an earlier step failed");
		} else if (boottest_do(&test->step[i], &run->names, console, qemu, &e) < 0) {
			result->failure = xasprintf("%s\nthe console's log: %s", e.text, log);
			reached = false;
		}
		result->seconds = seconds_now() - start;
		report(run, test, &test->step[i], result);
	}
}

static void
run_test(struct run *run, const struct boottest *test, struct junit_suite *suite)
{
	char *name = base_name(test->file), *log = xasprintf("%s/%s.log", run->dir, name);
	int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct qemu qemu;
	struct console console;

	if (fd < 0)
		die("%s: cannot create: %s", log, strerror(errno));
	suite->name = test->file;
	suite->count = test->count;
	suite->item = xcalloc(test->count, sizeof *suite->item);
	qemu_start(&qemu, &run->board, run->image, &run->qemu_arguments, run->dir);
	running = &qemu;
	console_open(&console, qemu.to_guest, qemu.from_guest, fd);
	if (options.verbose)
		console.echo_fd = STDERR_FILENO;
	run_steps(run, test, suite, &console, &qemu, log);
	running = NULL;
	qemu_stop(&qemu);
	console_close(&console);
	close(fd);
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

/* boards/BOARD/tests/ of the board, or of the board it inherits if it has none of its own. */
static void
default_files(struct strlist *files, const struct board *board)
{
	char *dir = xstrdup(board->dir);
	struct error e;

	for (int i = 0; i < 2; i++) {
		char *pattern = xasprintf("%s/tests/*.boot", dir);
		glob_t found;

		if (glob(pattern, 0, NULL, &found) == 0) {
			for (size_t j = 0; j < found.gl_pathc; j++)
				if (strlist_add(files, found.gl_pathv[j]) < 0)
					die("out of memory");
			globfree(&found);
		}
		free(pattern);
		free(dir);
		if (files->count || i > 0 || !board->inherits ||
			tree_find_board(board->inherits, &dir, &e) < 0)
			break;
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

static int
parse(struct run *run, struct strlist *files, int argc, char **argv)
{
	static const struct option known[] = { { "qemu", required_argument, NULL, 'q' }, { 0 } };
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option != 'q')
			return 2;
		if (strlist_add(&run->qemu_arguments, optarg) < 0)
			die("out of memory");
	}
	if (optind == argc)
		die_usage("test: want a board");
	for (int i = optind + 1; i < argc; i++)
		if (strlist_add(files, argv[i]) < 0)
			die("out of memory");
	open_run(run, argv[optind]);
	return 0;
}

int
cmd_test(int argc, char **argv)
{
	struct run run = { .tests = 0 };
	struct strlist files = { 0 };
	struct boottest *tests;
	size_t planned = 0;
	int status = parse(&run, &files, argc, argv);

	if (status)
		return status;
	if (!files.count)
		default_files(&files, &run.board);
	tests = read_tests(&files);
	for (size_t i = 0; i < files.count; i++)
		planned += tests[i].count;
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	if (!options.json)
		printf("1..%zu\n", planned);
	run.suites = files.count;
	run.suite = xcalloc(files.count, sizeof *run.suite);
	for (size_t i = 0; i < files.count; i++)
		run_test(&run, &tests[i], &run.suite[i]);
	write_junit(&run);
	if (options.json)
		printf("{\"board\": \"%s\", \"tests\": %zu, \"failures\": %zu, \"junit\": \"%s/junit.xml\"}\n",
			run.board.name, run.tests, run.failures, run.dir);
	return run.failures ? 1 : 0;
}
