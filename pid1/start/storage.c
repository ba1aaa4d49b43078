/* SPDX-License-Identifier: ISC */
#include "storage.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/config.h"
#include "lib/partuuid.h"
#include "pid1/base/clock.h"
#include "pid1/log/log.h"
#include "place.h"
#include "seed.h"
#include "pid1/service/supervise.h"
#include "uevent.h"
#include "volume.h"

#define POLL_MS 200 /* for a device that is not ready, or that no event tells of */
#define LATE_MS 5000 /* the same, once nobody waits for it any more */
#define WORK_MS 10000 /* for looking at a device, for the seed */

/* e2fsck(8), "EXIT CODE": the bits that mean that all is well now. */
#define FSCK_MENDED 3
#define FSCK_LEFT   4

struct volume {
	const struct config_mount *config;
	struct config_mount mount; /* the same, with the path of its device today */
	enum storage_state state;
	pid_t pid; /* of the child at work, 0: none */
	uint64_t due_ms; /* for what it is at, if that is a child */
	uint64_t wait_ms; /* for the device, the whole time */
	uint64_t retry_ms; /* to be looked at then, and not before; 0: with an event */
	bool empty; /* the node was there, and nothing behind it */
	bool named; /* by a GUID: only a child can tell whether it is there */
	bool news; /* of devices, since it was last looked for */
	bool settled; /* nobody waits for it any more */
	bool said; /* that it waits */
	bool forced; /* the check that repairs all has run */
	char why[128];
	struct config_service fsck;
};

static struct {
	const struct config *config;
	int uevents; /* -1: none */
	bool look; /* a device may have appeared */
	bool stopping;
	char fault[192];
	struct volume volumes[CONFIG_MOUNTS];
	char check_names[CONFIG_MOUNTS][VOLUME_NAME];
} all;

const char *
storage_state_name(enum storage_state state)
{
	static const char *const names[] = {
		[STORAGE_WAITING] = "waiting",
		[STORAGE_PROBING] = "probing",
		[STORAGE_CHECKING] = "checking",
		[STORAGE_MOUNTING] = "mounting",
		[STORAGE_SEEDING] = "seeding",
		[STORAGE_UP] = "up",
		[STORAGE_FAILED] = "failed",
	};

	return names[state];
}

static size_t
index_of(const struct volume *volume)
{
	return (size_t)(volume - all.volumes);
}

/* As people know it. */
static const char *
device_of(const struct volume *volume)
{
	return volume->mount.device[0] ? volume->mount.device : volume->config->device;
}

/* Those that wait for mounts may have waited long enough. */
static void
tell(void)
{
	uint32_t up = 0, settled = 0;

	for (size_t i = 0; i < all.config->mount_count; i++) {
		if (all.volumes[i].state == STORAGE_UP)
			up |= (uint32_t)1 << i;
		if (all.volumes[i].settled)
			settled |= (uint32_t)1 << i;
	}
	supervise_mounts(up, settled);
}

/* Its time is over: the device goes on without it, or has to restart. */
static void
give_up(struct volume *volume)
{
	const char *path = volume->config->path;
	bool nofail = volume->config->flags & MOUNT_NOFAIL;

	log_say("mount %s: %s %s: %s", path, device_of(volume), volume->why,
		nofail ? "goes on without" : "required");
	volume->settled = true;
	if (!nofail && !all.fault[0])
		snprintf(all.fault, sizeof(all.fault), "mount %s: %s %s", path,
			device_of(volume), volume->why);
	tell();
}

static void
fail(struct volume *volume, const char *why)
{
	volume->state = STORAGE_FAILED;
	snprintf(volume->why, sizeof(volume->why), "%s", why);
	give_up(volume);
}

static int
work(const struct volume *volume)
{
	int r;

	switch (volume->state) {
	case STORAGE_PROBING:
		r = place_find(index_of(volume));
		return r ? r : volume_probe(&volume->mount);
	case STORAGE_MOUNTING:
		volume_weigh(volume->mount.device);
		return volume_mount(&volume->mount);
	default:
		return (int)seed_use(&all.config->seed);
	}
}

/* The child shares the mounts with us, and nothing that it could be stuck in. */
static void
begin(struct volume *volume, enum storage_state state, uint64_t ms)
{
	long pid;

	volume->state = state;
	volume->due_ms = clock_ms() + ms;
	pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		_exit(work(volume));
	if (pid < 0) {
		fail(volume, strerror(errno));
		return;
	}
	volume->pid = (pid_t)pid;
}

static void
mount_it(struct volume *volume)
{
	begin(volume, STORAGE_MOUNTING, volume->config->check_ms);
}

static void check_ended(const struct config_service *fsck, int status);

static void
check_it(struct volume *volume, const char *how)
{
	volume->fsck.arguments[1] = how;
	volume->state = STORAGE_CHECKING;
	log_say("mount %s: checks %s: " VOLUME_FSCK " %s", volume->config->path,
		device_of(volume), how);
	/* The deadline is the service's. */
	if (supervise_helper(&volume->fsck, check_ended) < 0)
		fail(volume, "cannot be checked: no room for it");
}

static void
check_ended(const struct config_service *fsck, int status)
{
	struct volume *volume = all.volumes;
	char why[64];

	while (&volume->fsck != fsck)
		volume++;
	if (volume->state != STORAGE_CHECKING || all.stopping)
		return;
	if (status >= 0 && (status & ~FSCK_MENDED) == 0) {
		if (status != 0)
			log_say("mount %s: %s was repaired", volume->config->path,
				device_of(volume));
		mount_it(volume);
		return;
	}
	if (status > 0 && status & FSCK_LEFT && volume->config->check == CHECK_FORCE &&
		!volume->forced) {
		volume->forced = true;
		check_it(volume, "-y");
		return;
	}
	if (status < 0)
		snprintf(why, sizeof(why), "was not checked within %llu ms",
			(unsigned long long)fsck->life.start_ms);
	else
		snprintf(why, sizeof(why),
			"cannot be repaired: " VOLUME_FSCK " ended with %d", status);
	fail(volume, why);
}

static void
is_up(struct volume *volume)
{
	volume->state = STORAGE_UP;
	volume->settled = true;
	volume->why[0] = '\0';
	tell();
}

static void
say_waits(struct volume *volume)
{
	const struct config_mount *config = volume->config;

	if (volume->settled || volume->said)
		return;
	log_say("mount %s: waits for %s, at most %llu ms", config->path, config->device,
		(unsigned long long)config->wait_ms);
	volume->said = true;
}

/* When to look again, once nobody waits for it: for a GUID all disks would be read. */
static uint64_t
late_ms(const struct volume *volume)
{
	return volume->named ? UINT64_MAX : clock_ms() + LATE_MS;
}

static void
say_place(const struct volume *volume)
{
	const char *note = place_note(index_of(volume));

	log_say("mount %s: %s is %s%s%s", volume->config->path, volume->config->device,
		volume->mount.device, note[0] ? ": " : "", note);
}

static void
probed(struct volume *volume, int status)
{
	const struct config_mount *config = volume->config;
	bool absent = status == ENOENT || status == ENXIO || status == ENOMEDIUM;

	if (volume->named && !absent && volume->mount.device[0])
		say_place(volume);
	if (absent) {
		volume->state = STORAGE_WAITING; /* the node is older than the disk */
		volume->retry_ms =
			volume->settled ? late_ms(volume) : clock_ms() + POLL_MS;
		volume->empty = true;
		if (volume->named)
			say_waits(volume);
	} else if (status != 0) {
		fail(volume, volume_reason(status));
	} else if (config->check == CHECK_NONE || config->flags & MOUNT_READ_ONLY) {
		/* What is not to be written is not to be repaired. */
		mount_it(volume);
	} else {
		check_it(volume, "-p");
	}
}

static void
mounted(struct volume *volume, int status)
{
	const struct config_mount *config = volume->config;
	const struct config_seed *seed = &all.config->seed;
	char why[96];

	if (status != 0) {
		snprintf(why, sizeof(why), "cannot be mounted as %s: %s", config->type,
			status == EINVAL ? "no such file system on it, or bad options"
					 : volume_reason(status));
		fail(volume, why);
		return;
	}
	log_say("mount %s: %s mounted (%s%s)", config->path, device_of(volume),
		config->type, config->flags & MOUNT_READ_ONLY ? ", ro" : "");
	if (seed->path[0] && seed->mount == volume - all.volumes)
		begin(volume, STORAGE_SEEDING, WORK_MS);
	else
		is_up(volume);
}

/* status: of the child, negative if it was killed. */
static void
worked(struct volume *volume, int status)
{
	enum storage_state was = volume->state;

	if (all.stopping)
		return;
	if (was == STORAGE_SEEDING) {
		log_say("seed %s: %s", all.config->seed.path,
			seed_result_name(
				status < 0 ? SEED_FAILED : (enum seed_result)status));
		is_up(volume);
	} else if (status < 0) {
		fail(volume, "does not answer");
	} else if (was == STORAGE_PROBING) {
		probed(volume, status);
	} else if (was == STORAGE_MOUNTING) {
		mounted(volume, status);
	}
}

bool
storage_reaped(pid_t pid, bool killed, int value)
{
	for (size_t i = 0; all.config && i < all.config->mount_count; i++) {
		struct volume *volume = &all.volumes[i];

		if (volume->pid != pid)
			continue;
		volume->pid = 0;
		worked(volume, killed ? -1 : value);
		return true;
	}
	return false;
}

static void
look(struct volume *volume, uint64_t now_ms)
{
	const struct config_mount *config = volume->config;
	const bool late = !volume->settled && now_ms >= volume->wait_ms;
	struct stat st;
	bool there;

	volume->retry_ms = 0;
	volume->news = false;
	there = volume->named || (stat(config->device, &st) == 0 && S_ISBLK(st.st_mode));
	/* A card reader without a card has its node: that must not wait for ever. */
	if (late && (!there || volume->empty)) {
		snprintf(volume->why, sizeof(volume->why), "is not there after %llu ms",
			(unsigned long long)config->wait_ms);
		if (there)
			volume->retry_ms = late_ms(volume);
		give_up(volume);
	} else if (there) {
		if (volume->said && !volume->empty)
			log_say("mount %s: %s is there", config->path, config->device);
		begin(volume, STORAGE_PROBING, WORK_MS);
	} else {
		say_waits(volume);
	}
}

/* It may be there, or its time may be over. */
static bool
is_due(const struct volume *volume, uint64_t now_ms)
{
	if (volume->named && volume->news)
		return true;
	if (volume->retry_ms > 0)
		return now_ms >= volume->retry_ms;
	return all.look || !volume->settled;
}

/* Dead disks: the child may be beyond killing, and is not waited for. */
static void
overdue(struct volume *volume)
{
	log_say("mount %s: %s does not answer: given up", volume->config->path,
		device_of(volume));
	kill(volume->pid, SIGKILL);
	volume->due_ms = UINT64_MAX;
	if (volume->state == STORAGE_SEEDING)
		is_up(volume);
	else
		fail(volume, "does not answer");
}

void
storage_advance(uint64_t now_ms)
{
	for (size_t i = 0; !all.stopping && i < all.config->mount_count; i++) {
		struct volume *volume = &all.volumes[i];

		volume->news |= all.look;
		if (volume->state == STORAGE_WAITING && is_due(volume, now_ms))
			look(volume, now_ms);
		else if (volume->pid > 0 && now_ms >= volume->due_ms)
			overdue(volume);
	}
	all.look = false;
}

uint64_t
storage_deadline(void)
{
	uint64_t due = UINT64_MAX;

	for (size_t i = 0; !all.stopping && i < all.config->mount_count; i++) {
		const struct volume *volume = &all.volumes[i];
		uint64_t own = UINT64_MAX;

		if (volume->pid > 0)
			own = volume->due_ms;
		else if (volume->state == STORAGE_WAITING && volume->retry_ms > 0)
			own = volume->retry_ms;
		else if (volume->state == STORAGE_WAITING && !volume->settled)
			own = all.uevents < 0 ? clock_ms() + POLL_MS : volume->wait_ms;
		due = own < due ? own : due;
	}
	return due;
}

void
storage_ready(void)
{
	if (uevent_read(all.uevents))
		all.look = true;
}

const char *
storage_fault(void)
{
	return all.fault[0] ? all.fault : NULL;
}

void
storage_stop(void)
{
	all.stopping = true;
}

void
storage_last(void)
{
	const struct config_seed *seed = &all.config->seed;
	int r = 0;

	if (seed->path[0] && all.volumes[seed->mount].state == STORAGE_UP)
		r = seed_save(seed);
	if (r < 0)
		log_say("seed %s: cannot be written: %s", seed->path, strerror(-r));
}

static void
prepare(struct volume *volume, const struct config_mount *config, uint64_t now_ms)
{
	const size_t index = (size_t)(volume - all.volumes);

	*volume = (struct volume){.config = config,
		.mount = *config,
		.wait_ms = now_ms + config->wait_ms,
		.named = partuuid_is(config->device)};
	volume->mount.device = place_path(index);
	volume_check_name(all.check_names, index, config->path);
	volume_check(&volume->mount, all.check_names[index], &volume->fsck);
}

void
storage_init(const struct config *config, void (*watch)(int fd))
{
	all.config = config;
	all.uevents = -1;
	if (config->mount_count == 0)
		return;
	place_init(config);
	/* Before the first look, so that nothing appears between the two. */
	all.uevents = uevent_open();
	if (all.uevents >= 0)
		watch(all.uevents);
	for (size_t i = 0; i < config->mount_count; i++)
		prepare(&all.volumes[i], &config->mounts[i], clock_ms());
	tell();
}

bool
storage_status(size_t index, struct storage_status *status)
{
	const struct volume *volume = &all.volumes[index];

	if (!all.config || index >= all.config->mount_count)
		return false;
	*status = (struct storage_status){.path = volume->config->path,
		.device = device_of(volume),
		.type = volume->config->type,
		.why = volume->why,
		.state = volume->state,
		.read_only = volume->config->flags & MOUNT_READ_ONLY};
	/* A late device may still come; for the time being there is none. */
	if (volume->state == STORAGE_WAITING && volume->settled)
		status->state = STORAGE_FAILED;
	return true;
}
