/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/io.h"
#include "builder/read/board.h"
#include "builder/base/options.h"
#include "builder/build/output.h"
#include "builder/run/machine_disk.h"
#include "builder/run/qemu.h"
#include "builder/base/say.h"
#include "builder/run/timeline.h"
#include "builder/base/tree.h"
#include "verbs.h"
#include "builder/base/xalloc.h"

#define LOG_MOST (64u << 20) /* bytes of a console that are looked at */

static void
add(struct strlist *list, const char *text)
{
	if (strlist_add(list, text) < 0)
		die("out of memory");
}

/* In a terminal the serial port shares stdin with QEMU's monitor, so that there is a way
 * out. log: the file that gets all the guest says, or NULL. */
static void
use_terminal(struct strlist *arguments, const char *log)
{
	for (size_t i = 0; i + 1 < arguments->count; i++)
		if (strcmp(arguments->item[i], "-serial") == 0) {
			free(arguments->item[i + 1]);
			arguments->item[i + 1] =
				xstrdup(log ? "chardev:console" : "mon:stdio");
		}
	if (!log)
		return;
	add(arguments, "-chardev");
	add(arguments,
		xasprintf("stdio,id=console,mux=on,signal=off,logappend=off,logfile=%s",
			log));
	add(arguments, "-mon");
	add(arguments, "console");
}

/* A file in the folder of results, whose name may hold no comma: QEMU's option would end
 * there. */
static char *
log_file(const struct board *board)
{
	char *log = xasprintf("%s/run-%s.log", options.out, board->name);

	if (strchr(log, ','))
		die("%s: --timeline wants a folder of results without a comma in its name: use --out",
			log);
	return log;
}

static void
draw(const struct board *board, const char *log, const char *file)
{
	struct timeline timeline;
	struct error e;
	size_t size;
	char *text, *title = xasprintf("%s: boot", board->name);
	FILE *to;

	if (io_read_file(AT_FDCWD, log, LOG_MOST, &text, &size, &e) < 0)
		die("%s", e.text);
	if (timeline_read(&timeline, text, size) < 0)
		die("%s: no boot of pid1 in it to draw: did the machine get so far?",
			log);
	to = fopen(file, "we");
	if (!to)
		die("%s: %s", file, strerror(errno));
	timeline_draw(&timeline, title, to);
	if (ferror(to) || fclose(to) != 0)
		die("%s: %s", file, strerror(errno));
	say("%s: %zu bars, %llu.%03llu s", file, timeline.bar_count,
		(unsigned long long)(timeline.end / 1000000),
		(unsigned long long)(timeline.end / 1000 % 1000));
	timeline_free(&timeline);
}

/* Runs QEMU beside us until it ends; its exit status. */
static int
run_and_wait(char **command)
{
	int status;
	pid_t pid;

	signal(SIGINT, SIG_IGN); /* the terminal's: QEMU's to take */
	pid = fork();
	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (pid == 0) {
		signal(SIGINT, SIG_DFL);
		execvp(command[0], command);
		die("%s: %s: apt-get install qemu-system-x86", command[0],
			strerror(errno));
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid: %s", strerror(errno));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static char **
as_command(const struct strlist *arguments)
{
	char **command = xcalloc(arguments->count + 1, sizeof *command);

	for (size_t i = 0; i < arguments->count; i++) {
		command[i] = arguments->item[i];
		if (options.verbose)
			fprintf(stderr, "%s%s", command[i],
				i + 1 < arguments->count ? " " : "\n");
	}
	return command;
}

/* BOARD with options before or behind it, up to "--"; the board's name. */
static const char *
take_options(int argc, char **argv, const char **timeline, bool *disk)
{
	static const struct option known[] = {
		{"disk", no_argument, NULL, 'd'},
		{"timeline", required_argument, NULL, 't'},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option == 't')
			*timeline = optarg;
		else if (option == 'd')
			*disk = true;
		else
			die_usage("run: see `ingot help run`");
	}
	if (optind == argc)
		die_usage("run: want a board");
	if (optind + 1 < argc)
		die_usage("run: want -- before QEMU's arguments, got \"%s\"",
			argv[optind + 1]);
	return argv[optind];
}

static char *
find_image(const struct board *board)
{
	char *image = output_image(board->name);

	if (access(image, R_OK) < 0)
		die("%s: no image to run: run `ingot build %s`", image, board->name);
	return image;
}

int
cmd_run(int argc, char **argv)
{
	struct strlist arguments = {0}, disks = {0};
	const char *timeline = NULL, *name;
	struct board board;
	struct error e;
	char *dir, *image, **command, *log = NULL;
	bool disk = false;
	int end = 1;

	while (end < argc && strcmp(argv[end], "--") != 0)
		end++;
	name = take_options(end, argv, &timeline, &disk);
	if (tree_find_board(name, &dir, &e) < 0 || board_read(&board, dir, &e) < 0)
		die("%s", e.text);
	image = disk ? machine_disk_start(&board, &disks) : find_image(&board);
	if (timeline)
		log = log_file(&board);
	qemu_arguments(&board, image, &arguments);
	for (size_t i = 0; i < disks.count; i++)
		add(&arguments, disks.item[i]);
	use_terminal(&arguments, log);
	for (int i = end + 1; i < argc; i++)
		add(&arguments, argv[i]);
	command = as_command(&arguments);
	say("booting %s: Ctrl-A X quits, Ctrl-A H tells what else there is",
		image ? image : "from the disk");
	if (timeline) {
		int status = run_and_wait(command);

		draw(&board, log, timeline);
		return status;
	}
	execvp(command[0], command);
	die("%s: %s: apt-get install qemu-system-x86", command[0], strerror(errno));
}
