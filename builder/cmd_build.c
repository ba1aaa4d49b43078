/* SPDX-License-Identifier: ISC */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "builder/build/estimate.h"
#include "builder/graph/graph.h"
#include "builder/build/last.h"
#include "builder/base/options.h"
#include "builder/build/output.h"
#include "builder/base/say.h"
#include "builder/build/schedule.h"
#include "builder/base/size.h"
#include "builder/store/store.h"
#include "verbs.h"
#include "builder/graph/witness.h"
#include "builder/base/xalloc.h"

struct build {
	struct strlist command; /* targets and --board: what a witness is kept for */
	const char *board;
	bool dry_run, check;
	struct graph graph;
	struct node **target;
	size_t targets;
};

static int
parse(struct build *build, int argc, char **argv)
{
	static const struct option known[] = {{"board", required_argument, NULL, 'b'},
		{"check", no_argument, NULL, 'c'}, {"dry-run", no_argument, NULL, 'n'},
		{0}};
	int option;

	while ((option = getopt_long(argc, argv, "n", known, NULL)) != -1) {
		if (option == 'n')
			build->dry_run = true;
		else if (option == 'c')
			build->check = true;
		else if (option == 'b')
			build->board = optarg;
		else
			return 2;
	}
	if (optind == argc)
		die_usage("build: want a board or a recipe");
	if (strlist_add(&build->command, options.json ? "json" : "text") < 0 ||
		strlist_add(&build->command, build->board ? build->board : "") < 0)
		die("out of memory");
	for (int i = optind; i < argc; i++)
		if (strlist_add(&build->command, argv[i]) < 0)
			die("out of memory");
	return 0;
}

static void
print_cost(const struct graph *graph, size_t waiting)
{
	struct estimate estimate;
	char fetch[SIZE_TEXT], disk[SIZE_TEXT];

	estimate_make(&estimate, graph);
	printf("%zu to build; to fetch: %u files, %s; disk: about %s; time: about %u:%02u minutes\n",
		waiting, estimate.files, size_text(estimate.fetch, fetch),
		size_text(estimate.disk, disk), estimate.seconds / 60,
		estimate.seconds % 60);
}

static void
print_plan(const struct build *build, size_t waiting)
{
	for (size_t i = 0; i < build->graph.count; i++) {
		const struct node *node = build->graph.node[i];

		if (node->state == NODE_WAITING) {
			char *why = node->twice ? xstrdup("twice, to compare the two")
						: last_why(node);

			printf("build %s: %s\n", node->name, why);
			free(why);
		} else if (node->state == NODE_DONE) {
			printf("found %s\n", node->name);
		}
	}
	print_cost(&build->graph, waiting);
}

static char *
json_line(const struct node *node, const char *line)
{
	char path[4096], sha256[SHA256_HEX];
	unsigned long long size;
	const char *rest = strrchr(line, ' ');
	char *head = xstrdup(line), *cut;

	/* The path may hold blanks; what follows it does not. */
	head[rest - line] = '\0';
	cut = strrchr(head, ' ');
	snprintf(sha256, sizeof sha256, "%s", cut + 1);
	*cut = '\0';
	cut = strrchr(head, ' ');
	size = strtoull(cut + 1, NULL, 10);
	*cut = '\0';
	snprintf(path, sizeof path, "%s", head);
	free(head);
	return xasprintf(
		"{\"name\": \"%s\", \"path\": \"%s\", \"size\": %llu, \"sha256\": \"%s\", \"identity\": \"%s\"}",
		node->name, path, size, sha256, node->identity);
}

/* Puts the results in place and prints their lines; remembers it all for the next time.
 */
static void
finish(struct build *build)
{
	struct strlist results = {0};
	char *lines = xstrdup("");

	for (size_t i = 0; i < build->targets; i++) {
		const struct node *node = build->target[i];
		char *line = output_node(node), *more;

		output_list(node, &results);
		if (options.json) {
			char *json = json_line(node, line);

			free(line);
			line = json;
		}
		more = xasprintf("%s%s\n", lines, line);
		free(lines);
		free(line);
		lines = more;
	}
	for (size_t i = 0; i < build->graph.count; i++)
		if (build->graph.node[i]->built)
			last_record(build->graph.node[i]);
	witness_write(&build->command, &build->graph, &results, lines);
	fputs(lines, stdout);
	free(lines);
	strlist_free(&results);
}

static double
seconds(const struct rusage *usage)
{
	return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
	       (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

/* All that is not what jobs ran in the sandbox is the builder's own. */
static void
say_cost(const struct schedule_cost *cost)
{
	struct rusage own, children;
	double all, others = (double)cost->others_us / 1e6;

	getrusage(RUSAGE_SELF, &own);
	getrusage(RUSAGE_CHILDREN, &children);
	all = seconds(&own) + seconds(&children);
	say("cpu: %.2f s in all, %.2f s of ingot itself; its peak memory %ld KiB", all,
		all - others,
		own.ru_maxrss > cost->peak_kib ? own.ru_maxrss : cost->peak_kib);
}

int
cmd_build(int argc, char **argv)
{
	struct build build = {.board = NULL};
	struct schedule_cost cost;
	size_t waiting;
	char *lines;
	int status;

	witness_begin();
	status = parse(&build, argc, argv);
	if (status)
		return status;
	store_open();
	if (!build.dry_run && !build.check && witness_holds(&build.command, &lines)) {
		fputs(lines, stdout);
		free(lines);
		return 0;
	}
	build.targets = build.command.count - 2;
	build.target = xcalloc(build.targets, sizeof(struct node *));
	for (size_t i = 0; i < build.targets; i++) {
		build.target[i] =
			graph_add(&build.graph, build.command.item[i + 2], build.board);
		build.target[i]->twice = build.check;
	}
	waiting = schedule_plan(build.target, build.targets);
	if (build.dry_run) {
		print_plan(&build, waiting);
		return 0;
	}
	schedule_run(&build.graph, waiting, &cost);
	finish(&build);
	if (options.verbose)
		say_cost(&cost);
	return 0;
}
