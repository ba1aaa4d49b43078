/* SPDX-License-Identifier: ISC */
#include "act.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "pid1/base/watch.h"
#include "pid1/isolate/isolate.h"
#include "pid1/log/journal.h"
#include "pid1/log/log.h"
#include "notify.h"
#include "notify_socket.h"
#include "pid1/isolate/spawn.h"

static size_t
index_of(const struct supervisor *s, const struct slot *slot)
{
	return (size_t)(slot - s->slots);
}

void
act_prepare(struct supervisor *s, struct slot *slot)
{
	const struct config_service *config = slot->config;
	int fd;

	slot->report_fd = slot->events_fd = slot->group_fd = slot->notify_fd = -1;
	slot->due_ms = slot->timer_ms = SLOT_NEVER;
	if (!config_life_notifies(&config->life, config->type))
		return;
	fd = notify_open(config->name);
	if (fd < 0) {
		log_say("service %s: cannot make its notify socket: %s", config->name,
			strerror(-fd));
		return;
	}
	slot->notify_fd = fd;
	s->watch.notify(fd, index_of(s, slot));
}

/* What the run before it may have left in the socket means nothing now. */
static void
empty_socket(const struct slot *slot)
{
	char text[NOTIFY_MESSAGE];
	bool own;

	for (int i = 0; i < 64; i++) {
		ssize_t n = notify_read(slot->notify_fd, text, sizeof(text), slot->group,
			slot->pid, &own);

		if (n < 0 && n != -EPROTO)
			return;
	}
}

/* The pipe for its newline; the end to be given to it, -1: it has none; or -errno. */
static int
open_ready(struct supervisor *s, struct slot *slot)
{
	int fds[2];

	if (slot->config->life.notify_fd == 0) {
		if (slot->notify_fd >= 0)
			empty_socket(slot);
		return -1;
	}
	if (slot->notify_fd >= 0)
		watch_close(slot->notify_fd);
	slot->notify_fd = -1;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	slot->notify_fd = fds[0];
	s->watch.notify(fds[0], index_of(s, slot));
	return fds[1];
}

static int
spawn(struct supervisor *s, struct slot *slot, int cgroup_fd)
{
	size_t index = index_of(s, slot);
	int output_fd = -1, ready_fd;
	pid_t pid;

	ready_fd = open_ready(s, slot);
	if (ready_fd < -1)
		return ready_fd;
	if (!slot->config->tty[0])
		output_fd = journal_output(index);
	pid = spawn_service(
		slot->config, cgroup_fd, output_fd, ready_fd, &slot->report_fd);
	if (ready_fd >= 0)
		close(ready_fd);
	if (pid < 0)
		return pid;
	slot->pid = pid;
	slot->reported = slot->scolded = false;
	slot->said[0] = '\0';
	s->watch.report(slot->report_fd, index);
	return 0;
}

/* The next start is in a new one; cgroup.h says why. */
static void
drop_group(struct slot *slot)
{
	watch_close(slot->events_fd);
	if (slot->group_fd >= 0)
		close(slot->group_fd);
	slot->events_fd = slot->group_fd = -1;
	slot->killed = false;
}

/* Its cgroup as the start needs it; 0 or -errno. */
static int
make_group(struct supervisor *s, struct slot *slot)
{
	int old_fd, r;

	if (slot->killed || (slot->events_fd >= 0 && cgroup_gone(slot->events_fd)))
		drop_group(slot);
	old_fd = slot->events_fd;
	r = cgroup_create(slot->group, slot->config, &slot->events_fd);
	if (r < 0 && r != -EBUSY)
		return r;
	if (slot->group_fd < 0)
		slot->group_fd = cgroup_open(slot->group);
	/* Something in it was not to be killed then: the next start may find it gone. */
	if (r == -EBUSY && slot->group_fd >= 0) {
		cgroup_kill(slot->group_fd);
		close(slot->group_fd);
		slot->group_fd = -1;
	}
	if (r < 0)
		return r;
	if (old_fd < 0) {
		s->watch.group(slot->events_fd, index_of(s, slot));
		/* Nothing has happened in a new one. */
		slot->oom = (struct cgroup_oom){0};
	} else {
		cgroup_oom(slot->group, &slot->oom);
	}
	/* What cannot be ended is not begun. */
	return slot->group_fd < 0 ? slot->group_fd : 0;
}

int
act_start(struct supervisor *s, struct slot *slot)
{
	int r = isolate_permit(slot->config);

	if (r == 0 && s->cgroups)
		r = make_group(s, slot);
	return r < 0 ? r : spawn(s, slot, slot->group_fd);
}

void
act_signal(const struct slot *slot, int signal)
{
	if (slot->pid <= 0)
		return;
	kill(slot->pid, signal);
	/* A shell on a terminal ignores SIGTERM; SIGCONT wakes one that SIGSTOP holds. */
	if (signal == SIGTERM && slot->config->tty[0])
		kill(slot->pid, SIGHUP);
	kill(slot->pid, SIGCONT);
}

bool
act_kill(struct slot *slot)
{
	int r;

	if (slot->pid > 0)
		kill(slot->pid, SIGKILL);
	/* No edge will come for what is empty already. */
	if (slot->events_fd < 0 || !cgroup_populated(slot->events_fd))
		return true;
	r = cgroup_kill(slot->group_fd);
	slot->killed = true;
	if (r < 0)
		log_say("service %s: cannot kill its group: %s", slot->config->name,
			strerror(-r));
	return !cgroup_populated(slot->events_fd);
}

void
act_ended(struct slot *slot)
{
	slot->pid = 0;
	if (slot->config->life.notify_fd == 0 || slot->notify_fd < 0)
		return;
	watch_close(slot->notify_fd);
	slot->notify_fd = -1;
}
