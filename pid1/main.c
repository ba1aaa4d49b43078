/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/config.h"
#include "lib/error.h"
#include "pid1/isolate/cgroup.h"
#include "pid1/base/clock.h"
#include "pid1/log/core.h"
#include "pid1/isolate/isolate.h"
#include "guard.h"
#include "pid1/log/log.h"
#include "loop.h"
#include "pid1/start/module.h"
#include "pid1/start/mount.h"
#include "pid1/power/rescue.h"
#include "pid1/base/timeline.h"

#define CONFIG_MOST (16 << 20) /* bytes */

static struct config_service services[CONFIG_SERVICES];
static struct config config;

/* The file is mapped for good: the config's strings point into it. */
static int
read_config(struct error *e)
{
	struct stat st;
	void *data = MAP_FAILED;
	int fd = open(CONFIG_PATH, O_RDONLY | O_CLOEXEC);

	config.services = services;
	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0 && st.st_size <= CONFIG_MOST)
		data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (data == MAP_FAILED)
		return error_set(e, EIO, "cannot read " CONFIG_PATH);
	return config_decode(&config, data, (size_t)st.st_size, e);
}

/* Descriptors 0 to 2 are taken, and by nothing that could hold the first root's console
 * open. */
static void
settle_descriptors(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	for (int i = 0; i < 3; i++)
		if (i != fd)
			dup2(fd, i);
	if (fd > 2)
		close(fd);
	else
		fcntl(fd, F_SETFD, 0);
}

static void
say_image(void)
{
	char id[65] = "unknown";
	int fd = open(CONTENT_ID_PATH, O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		ssize_t n = read(fd, id, sizeof(id) - 1);

		id[n < 0 ? 0 : n] = '\0';
		close(fd);
	}
	log_say("board %s, content id %s", config.board, id);
}

int
main(int argc, char **argv)
{
	struct error e;
	bool cgroups;

	if (getpid() != 1 && argc > 1 && strcmp(argv[1], "core") == 0)
		return read_config(&e) < 0 ? 1 : core_main(&config, argv + 2, argc - 2);
	if (getpid() != 1) {
		fputs("pid1: is the first process of an Ingot image and nothing else\n",
			stderr);
		return 2;
	}
	umask(022);
	loop_hold_signals();
	timeline_mark("pid1", "", "begin");
	mount_reroot();
	rescue_arm();
	mount_system();
	settle_descriptors();
	/* Ctrl-Alt-Del is a SIGINT to us instead of a reset on the spot. */
	reboot(RB_DISABLE_CAD);
	if (read_config(&e) < 0) {
		log_say("%s", e.text);
		rescue(5, "no usable config in this image");
	}
	guard_begin(&config);
	clock_raise(config.epoch);
	say_image();
	mount_scratch(config.run_size, config.tmp_size);
	mount_read_only();
	if (config.hostname[0] &&
		sethostname(config.hostname, strlen(config.hostname)) < 0)
		log_say("hostname: %s", strerror(errno));
	timeline_mark("modules", "", "begin");
	module_load_all(&config);
	timeline_mark("modules", "", "end");
	/* Its driver may be one of them. */
	guard_begin(&config);
	cgroups = cgroup_setup(&config);
	isolate_setup(&config, cgroups);
	loop_run(&config, cgroups);
}
