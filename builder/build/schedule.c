/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/error.h"
#include "builder/graph/graph.h"
#include "job.h"
#include "builder/sandbox/jobserver.h"
#include "builder/base/options.h"
#include "parts.h"
#include "progress.h"
#include "builder/sandbox/sandbox.h"
#include "builder/base/say.h"
#include "schedule.h"
#include "builder/store/store.h"
#include "builder/source/toolchain.h"
#include "builder/base/xalloc.h"

#define TICK_MS 250

struct schedule {
	const struct graph *graph;
	struct job *job; /* by slot; pid 0: free */
	size_t slots;
	size_t running;
	size_t waiting;
	struct schedule_cost cost;
	unsigned tokens; /* of the jobserver held here, beside the one that is ours anyway
			  */
};

static volatile sig_atomic_t stop_signal;
static struct schedule *current; /* for the step callback */

static void
on_signal(int number)
{
	stop_signal = number;
}

static bool
node_found(struct node *node)
{
	char *root;

	if (!store_lookup(node->key, node->tree) || !store_tree(node->tree, &root))
		return false;
	free(root);
	return true;
}

/*
 * What a found recipe was built with need not be there again, but an image's manifest
 * names the output of every input: all of them.
 */
static size_t
plan_node(struct node *node, bool all)
{
	size_t waiting = 0;
	bool found;

	if (node->state != NODE_UNKNOWN)
		return 0;
	found = !node->twice && node_found(node);
	node->state = found ? NODE_DONE : NODE_WAITING;
	if (!found) {
		waiting = 1;
		all = all || node->kind == NODE_IMAGE;
	}
	for (size_t i = 0; (!found || all) && i < node->depend_count; i++)
		waiting += plan_node(node->depends[i], all);
	return waiting;
}

size_t
schedule_plan(struct node *const *target, size_t count)
{
	size_t waiting = 0;

	/* Images first: what they want of a recipe is more than the recipe itself would.
	 */
	for (size_t i = 0; i < count; i++)
		if (target[i]->kind == NODE_IMAGE)
			waiting += plan_node(target[i], false);
	for (size_t i = 0; i < count; i++)
		waiting += plan_node(target[i], false);
	return waiting;
}

static void
on_step(const struct job *job, const char *name)
{
	progress_step((size_t)(job - current->job), name);
	parts_step(job->node, name);
}

static bool
is_ready(const struct node *node)
{
	if (node->state != NODE_WAITING)
		return false;
	for (size_t i = 0; i < node->depend_count; i++)
		if (node->depends[i]->state != NODE_DONE)
			return false;
	/* An archive is decompressed once: by whom wants the whole of it, if that goes on
	 * now. */
	return !node->whole || node->whole->state == NODE_DONE || node->whole->unpacked ||
	       (node->whole->state == NODE_WAITING && !is_ready(node->whole));
}

/*
 * The kernel is the longest way through, so it goes first; otherwise in the graph's
 * order.
 */
static struct node *
next_ready(const struct graph *graph)
{
	struct node *first = NULL;

	for (size_t i = 0; i < graph->count; i++) {
		struct node *node = graph->node[i];

		if (!is_ready(node))
			continue;
		if (node->kind == NODE_RECIPE && node->recipe->kind == RECIPE_KERNEL)
			return node;
		if (!first)
			first = node;
	}
	return first;
}

static void
start_ready(struct schedule *s)
{
	struct node *node;

	while (s->running < s->slots && (node = next_ready(s->graph))) {
		size_t slot = 0;

		/* Each job has the token that its first process needs, as make has it. */
		if (s->running > s->tokens) {
			if (!jobserver_take())
				return;
			s->tokens++;
		}
		while (s->job[slot].pid)
			slot++;
		node->state = NODE_RUNNING;
		job_start(&s->job[slot], node);
		s->running++;
		progress_start(slot, node->name);
	}
	while (s->tokens && s->tokens >= s->running) {
		jobserver_give();
		s->tokens--;
	}
}

static void
kill_jobs(struct schedule *s)
{
	for (size_t i = 0; i < s->slots; i++)
		if (s->job[i].pid)
			kill(s->job[i].pid, SIGTERM);
	for (size_t i = 0; i < s->slots; i++)
		if (s->job[i].pid)
			while (waitpid(s->job[i].pid, NULL, 0) < 0 && errno == EINTR)
				;
	progress_end();
}

static _Noreturn void
give_up(struct schedule *s, const struct node *failed, int status)
{
	kill_jobs(s);
	if (stop_signal) {
		say("stopped; what was finished is kept, the same command goes on from there");
		exit(128 + stop_signal);
	}
	if (WIFSIGNALED(status))
		die("%s: its job was killed by signal %d (%s)", failed->name,
			WTERMSIG(status), strsignal(WTERMSIG(status)));
	exit(1); /* the job has said why */
}

static void
finish_job(struct schedule *s, size_t slot)
{
	struct job *job = &s->job[slot];
	int status;

	while (waitpid(job->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(job->fd);
	job->pid = 0;
	s->running--;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !job->tree[0]) {
		progress_done(slot, "failed");
		give_up(s, job->node, status);
	}
	memcpy(job->node->tree, job->tree, sizeof job->tree);
	job->node->state = NODE_DONE;
	job->node->built = true;
	s->cost.others_us += job->others_us;
	if (job->peak_kib > s->cost.peak_kib)
		s->cost.peak_kib = job->peak_kib;
	s->waiting--;
	progress_done(slot, job->how);
}

static void
wait_jobs(struct schedule *s)
{
	struct pollfd *fds = xcalloc(s->slots, sizeof *fds);

	for (size_t i = 0; i < s->slots; i++) {
		fds[i].fd = s->job[i].pid ? s->job[i].fd : -1;
		fds[i].events = POLLIN;
	}
	if (poll(fds, s->slots, TICK_MS) < 0 && errno != EINTR)
		die("poll: %s", strerror(errno));
	if (stop_signal)
		give_up(s, NULL, 0);
	for (size_t i = 0; i < s->slots; i++)
		if (fds[i].fd >= 0 && fds[i].revents && !job_read(&s->job[i], on_step))
			finish_job(s, i);
	progress_tick();
	free(fds);
}

void
schedule_run(const struct graph *graph, size_t waiting, struct schedule_cost *cost)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct schedule s = {.graph = graph, .slots = options.jobs, .waiting = waiting};
	struct error e;

	*cost = (struct schedule_cost){0};
	if (!waiting)
		return;
	if (!options.no_sandbox && sandbox_probe(&e) < 0)
		die("%s", e.text); /* before anything is fetched */
	free(toolchain_root(
		graph->toolchain_arch)); /* every job needs it; bring it once */
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	parts_plan(graph);
	s.job = xcalloc(s.slots, sizeof *s.job);
	current = &s;
	jobserver_open(options.jobs);
	progress_begin(waiting, s.slots);
	for (size_t i = 0; i < graph->count; i++)
		if (graph->node[i]->state == NODE_WAITING)
			progress_plan(graph->node[i]->name);
	while (s.waiting) {
		start_ready(&s);
		wait_jobs(&s);
	}
	progress_end();
	*cost = s.cost;
	free(s.job);
}
