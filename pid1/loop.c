/* SPDX-License-Identifier: ISC */
#include "loop.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "pid1/base/clock.h"
#include "pid1/base/watch.h"
#include "pid1/log/console.h"
#include "pid1/log/crash.h"
#include "pid1/control/control.h"
#include "pid1/control/control_answer.h"
#include "pid1/log/feed.h"
#include "guard.h"
#include "pid1/log/journal.h"
#include "pid1/power/button.h"
#include "pid1/power/kexec.h"
#include "pid1/net/link.h"
#include "pid1/log/log.h"
#include "pid1/log/outbox_folder.h"
#include "pid1/power/power.h"
#include "pid1/service/reap.h"
#include "pid1/power/rescue.h"
#include "pid1/start/storage.h"
#include "pid1/service/supervise.h"
#include "pid1/power/watchdog.h"

/* The whole stop: past it, what has not ended is killed. */
#define STOP_MS 60000

enum source {
	SOURCE_SIGNAL,
	SOURCE_TIMER,
	SOURCE_REPORT,
	SOURCE_GROUP,
	SOURCE_NOTIFY,
	SOURCE_LOG,
	SOURCE_CONSOLE,
	SOURCE_FEED,
	SOURCE_STORAGE,
	SOURCE_LINK,
	SOURCE_BUTTON,
	SOURCE_CONTROL,
};

static struct {
	int signal_fd, timer_fd;
	bool zombies; /* a pass left some */
	bool answers; /* there is more to say to svc at once */
	enum power power; /* asked for */
	enum reason_kind kind; /* and why */
	char why[REASON_TEXT];
	uint64_t stop_ms; /* when the stop must be over */
} loop;

static uint64_t
tag(enum source source, size_t index)
{
	return (uint64_t)source << 32 | index;
}

/* Should the kernel have no memory for it, what it belongs to has a deadline. */
static void
watch(int fd, uint32_t events, enum source source, size_t index)
{
	int r = watch_add(fd, events, tag(source, index));

	if (r < 0)
		log_say("epoll: %s", strerror(-r));
}

static void
watch_report(int fd, size_t index)
{
	watch(fd, EPOLLIN, SOURCE_REPORT, index);
}

static void
watch_group(int fd, size_t index)
{
	watch(fd, EPOLLPRI, SOURCE_GROUP, index);
}

static void
watch_notify(int fd, size_t index)
{
	watch(fd, EPOLLIN, SOURCE_NOTIFY, index);
}

static void
watch_log(int fd, size_t source)
{
	watch(fd, EPOLLIN, SOURCE_LOG, source);
}

/* Of a socket for connections the edge: one that cannot be taken, for want of a descriptor,
 * would be told of for ever. */
static void
watch_feed(int fd, size_t source)
{
	watch(fd, source == FEED_SOCKET ? EPOLLIN | EPOLLET : EPOLLIN, SOURCE_FEED,
		source);
}

static void
watch_control(int fd, size_t index)
{
	watch(fd, index == CONTROL_CLIENTS ? EPOLLIN | EPOLLET : EPOLLIN, SOURCE_CONTROL,
		index);
}

/* A client whose socket is full waits for room as well. */
static void
watch_room(int fd, size_t index, bool room)
{
	int r = watch_change(
		fd, room ? EPOLLIN | EPOLLOUT : EPOLLIN, tag(SOURCE_CONTROL, index));

	if (r < 0)
		log_say("epoll: %s", strerror(-r));
}

static void
watch_storage(int fd)
{
	watch(fd, EPOLLIN, SOURCE_STORAGE, 0);
}

static void
watch_link(int fd)
{
	watch(fd, EPOLLIN, SOURCE_LINK, 0);
}

static void
watch_button(int fd, size_t index)
{
	watch(fd, EPOLLIN, SOURCE_BUTTON, index);
}

static void
make_set(sigset_t *set)
{
	static const int signals[] = {SIGCHLD, SIGTERM, SIGINT, SIGUSR1, SIGUSR2, SIGPWR};

	sigemptyset(set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(set, signals[i]);
}

void
loop_hold_signals(void)
{
	sigset_t set;

	make_set(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void
open_all(void)
{
	sigset_t set;

	make_set(&set);
	loop.signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	loop.timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (watch_open() < 0 || loop.signal_fd < 0 || loop.timer_fd < 0 ||
		watch_add(loop.signal_fd, EPOLLIN, tag(SOURCE_SIGNAL, 0)) < 0 ||
		watch_add(loop.timer_fd, EPOLLIN, tag(SOURCE_TIMER, 0)) < 0)
		rescue(5, "the kernel lacks epoll, signalfd or timerfd");
	/* Not every console can be polled: then each new line tries it again. */
	if (console_fd() >= 0)
		watch_add(console_fd(), EPOLLOUT | EPOLLET, tag(SOURCE_CONSOLE, 0));
}

bool
loop_end(enum power power, enum reason_kind kind, const char *why)
{
	if (loop.power != POWER_NONE)
		return false;
	loop.power = power;
	loop.kind = kind;
	snprintf(loop.why, sizeof(loop.why), "%s", why);
	loop.stop_ms = clock_ms() + STOP_MS;
	log_say("%s: %s: stopping all services", power_name(power), why);
	storage_stop();
	supervise_stop();
	return true;
}

static void
end_by_signal(enum power power, const struct signalfd_siginfo *info)
{
	char why[64] = "Ctrl-Alt-Del";

	if (info->ssi_code != SI_KERNEL)
		snprintf(why, sizeof(why), "signal %u from process %u", info->ssi_signo,
			info->ssi_pid);
	loop_end(power, power_reason(power), why);
}

/* The loader has ended. What was asked for is a restart: where the image is not good for
 * one, it is the ordinary one. */
static void
kexec_over(const char *why)
{
	if (why)
		loop_end(POWER_REBOOT, REASON_KEXEC_FAILED, why);
	else
		loop_end(POWER_KEXEC, REASON_KEXEC, "verified and loaded");
}

/* svc was told already that there is a loader. */
static void
begin_kexec(const char *slot)
{
	const char *why = kexec_begin(slot);

	if (why)
		kexec_over(why);
}

/* What svc asked for. */
static void
take_wish(void)
{
	struct answer_power wish;
	enum power power;

	if (!answer_take_power(&wish))
		return;
	if (wish.verb == CONTROL_KEXEC) {
		begin_kexec(wish.slot);
	} else {
		power = wish.verb == CONTROL_POWEROFF ? POWER_OFF : POWER_REBOOT;
		loop_end(power, power_reason(power), "svc");
	}
}

/* What a service's end led to. */
static void
heed_wish(void)
{
	const char *why;
	enum supervise_wish wish = supervise_wish(&why);

	if (wish == WISH_UNHEALTHY)
		loop_end(POWER_REBOOT, REASON_UNHEALTHY, why);
	else if (wish != WISH_NONE)
		loop_end(wish == WISH_POWEROFF ? POWER_OFF : POWER_REBOOT,
			wish == WISH_POWEROFF ? REASON_OFF : REASON_REBOOT, why);
}

static void
take_signals(void)
{
	struct signalfd_siginfo info;

	while (read(loop.signal_fd, &info, sizeof(info)) == sizeof(info)) {
		enum power power = power_of_signal((int)info.ssi_signo);

		if (info.ssi_signo == SIGCHLD)
			loop.zombies = true;
		else if (power != POWER_NONE)
			end_by_signal(power, &info);
	}
}

static uint64_t
earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void
set_timer(void)
{
	uint64_t due = earlier(supervise_deadline(), watchdog_deadline());
	struct itimerspec spec = {0};

	due = earlier(due, journal_deadline());
	due = earlier(due, storage_deadline());
	due = earlier(due, link_deadline());
	if (loop.power != POWER_NONE)
		due = earlier(due, loop.stop_ms);
	if (due != UINT64_MAX) {
		spec.it_value.tv_sec = (time_t)(due / 1000);
		spec.it_value.tv_nsec = (long)(due % 1000) * 1000000;
		/* 0 would disarm it; what is due at once lies behind anyway. */
		if (due == 0)
			spec.it_value.tv_nsec = 1;
	}
	timerfd_settime(loop.timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

static void
ended(const struct reap_end *end)
{
	if (!crash_reaped(end->pid, end->killed, end->value) &&
		!storage_reaped(end->pid, end->killed, end->value))
		supervise_ended(end);
}

static void
handle(const struct epoll_event *event)
{
	size_t index = event->data.u64 & UINT32_MAX;
	uint64_t count;

	switch ((enum source)(event->data.u64 >> 32)) {
	case SOURCE_SIGNAL:
		take_signals();
		break;
	case SOURCE_TIMER:
		/* Only to make it quiet: supervise_advance() looks at the clock. */
		while (read(loop.timer_fd, &count, sizeof(count)) > 0)
			;
		break;
	case SOURCE_REPORT:
		supervise_report(index);
		break;
	case SOURCE_GROUP:
		supervise_group(index);
		break;
	case SOURCE_NOTIFY:
		supervise_notify(index);
		break;
	case SOURCE_LOG:
		journal_ready(index);
		break;
	case SOURCE_CONSOLE:
		console_ready();
		break;
	case SOURCE_STORAGE:
		storage_ready();
		break;
	case SOURCE_LINK:
		link_ready();
		break;
	case SOURCE_BUTTON:
		if (button_ready(index))
			loop_end(POWER_OFF, REASON_OFF, "power button");
		break;
	case SOURCE_FEED:
		feed_ready(index);
		break;
	case SOURCE_CONTROL:
		control_ready(index);
		break;
	}
}

void
loop_run(const struct config *config, bool cgroups)
{
	const struct supervise_watch watches = {
		.report = watch_report, .group = watch_group, .notify = watch_notify};
	struct epoll_event events[32];

	open_all();
	journal_init(config, watch_log);
	feed_init(config, watch_feed);
	crash_init(config);
	outbox_folder_make(config);
	kexec_init(config, kexec_over);
	/* Before the first service: the firewall comes before any that listens. */
	link_init(config, watch_link);
	supervise_init(config, cgroups, &watches);
	storage_init(config, watch_storage);
	button_init(watch_button);
	control_init(config, watch_control, watch_room);
	/* What was asked for before comes before the first service. */
	take_signals();
	if (config->kexec.at_boot && loop.power == POWER_NONE)
		begin_kexec("");
	for (;;) {
		int n;

		if (loop.zombies)
			loop.zombies = reap_pass(ended, supervise_holds);
		storage_advance(clock_ms());
		guard_advance(clock_ms());
		/* A restart may mend it, and nothing else can. */
		if (guard_fault())
			loop_end(POWER_REBOOT, REASON_UNHEALTHY, guard_fault());
		link_advance(clock_ms());
		supervise_advance(clock_ms());
		journal_advance(clock_ms());
		heed_wish();
		feed_advance();
		loop.answers = control_advance();
		take_wish();
		if (loop.power != POWER_NONE &&
			(supervise_stopped() || clock_ms() >= loop.stop_ms))
			power_down(loop.power, loop.kind, loop.why);
		set_timer();
		n = watch_wait(events, 32, loop.zombies || loop.answers ? 0 : -1);
		if (n < 0 && n != -EINTR)
			rescue(5, "epoll_wait(2) failed");
		for (int i = 0; i < n; i++)
			handle(&events[i]);
	}
}
