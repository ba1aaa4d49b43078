/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/io.h"
#include "build.h"
#include "builder/graph/graph.h"
#include "job.h"
#include "builder/base/say.h"

/* How long what a sandbox left behind may take to end: 2 s in all. */
#define LEFT_TRIES 400
#define LEFT_US	   5000

static int told_fd = -1;

static void
tell(const char *verb, const char *one, const char *two)
{
	char line[256];
	int length = snprintf(line, sizeof line, "%s %s%s%s\n", verb, one, two ? " " : "",
		two ? two : "");

	if (told_fd >= 0 && length > 0 && (size_t)length < sizeof line)
		(void)io_write_full(told_fd, line, (size_t)length);
}

void
job_step(const char *name)
{
	tell("step", name, NULL);
}

/*
 * What ran beside this process, in the sandbox but for helpers that fetch: the kernel's
 * own accounts, of children that are waited for.
 */
static void
tell_cost(void)
{
	struct rusage own, children;
	char us[32], kib[32];

	getrusage(RUSAGE_SELF, &own);
	getrusage(RUSAGE_CHILDREN, &children);
	(void)snprintf(us, sizeof us, "%llu",
		(unsigned long long)(children.ru_utime.tv_sec +
				     children.ru_stime.tv_sec) *
				1000000 +
			(unsigned long long)(children.ru_utime.tv_usec +
					     children.ru_stime.tv_usec));
	(void)snprintf(kib, sizeof kib, "%ld", own.ru_maxrss);
	tell("cost", us, kib);
}

static _Noreturn void
job_main(struct node *node, int fd, pid_t parent)
{
	const char *how;

	told_fd = fd;
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		exit(1);
	/* bwrap leaves its namespace's init behind as it ends: waited for, its time is
	 * accounted. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	how = build_node(node);
	tell("tree", node->tree, how);
	for (int i = 0; i < LEFT_TRIES && waitpid(-1, NULL, WNOHANG) >= 0; i++)
		usleep(LEFT_US);
	tell_cost();
	exit(0);
}

void
job_start(struct job *job, struct node *node)
{
	pid_t parent = getpid();
	int ends[2];

	memset(job, 0, sizeof *job);
	if (pipe2(ends, O_CLOEXEC) < 0)
		die("%s: cannot start a job: %s", node->name, strerror(errno));
	fflush(NULL);
	job->pid = fork();
	if (job->pid < 0)
		die("%s: cannot start a job: %s", node->name, strerror(errno));
	if (job->pid == 0)
		job_main(node, ends[1], parent);
	close(ends[1]);
	if (fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0)
		die("%s: cannot start a job: %s", node->name, strerror(errno));
	job->node = node;
	job->fd = ends[0];
}

static void
job_cost(struct job *job)
{
	unsigned long long us;

	if (sscanf(job->line, "cost %llu %ld", &us, &job->peak_kib) != 2)
		die("%s: the job said \"%s\"", job->node->name, job->line);
	job->others_us = us;
}

static void
take_line(struct job *job, void (*step)(const struct job *job, const char *name))
{
	if (strncmp(job->line, "step ", 5) == 0)
		step(job, job->line + 5);
	else if (strncmp(job->line, "cost ", 5) == 0)
		job_cost(job);
	else if (sscanf(job->line, "tree %64[0-9a-f] %31s", job->tree, job->how) != 2)
		die("%s: the job said \"%s\"", job->node->name, job->line);
}

int
job_read(struct job *job, void (*step)(const struct job *job, const char *name))
{
	for (;;) {
		char c;
		ssize_t n = read(job->fd, &c, 1);

		if (n == 0)
			return 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 1 : 0;
		if (c != '\n' && job->length + 1 < sizeof job->line) {
			job->line[job->length++] = c;
			continue;
		}
		job->line[job->length] = '\0';
		job->length = 0;
		take_line(job, step);
	}
}
