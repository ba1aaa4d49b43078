/* SPDX-License-Identifier: ISC */
#include "kexec.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "lib/config.h"
#include "pid1/log/log.h"
#include "pid1/service/supervise.h"

#define LOADED "/sys/kernel/kexec_loaded"
#define LIMIT  "/proc/sys/kernel/kexec_load_limit_reboot"

static struct {
	const struct config_kexec *config;
	struct config_service loader;
	char slot[64];
	void (*over)(const char *why);
} kexec;

void
kexec_init(const struct config *config, void (*over)(const char *why))
{
	kexec.config = &config->kexec;
	kexec.over = over;
}

bool
kexec_offered(void)
{
	return kexec.config && kexec.config->loader[0];
}

bool
kexec_loaded(void)
{
	char digit = '0';
	int fd = open(LOADED, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (read(fd, &digit, 1) != 1)
		digit = '0';
	close(fd);
	return digit == '1';
}

/* From here on the kernel takes one more image: kernel/kexec_core.c. An older kernel has
 * no such limit, one that is used up refuses the loader. */
static void
grant_one(void)
{
	int fd = open(LIMIT, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "1", 1) != 1)
		log_say("kexec: the kernel grants no load");
	close(fd);
}

static void
loader_ended(const struct config_service *loader, int status)
{
	static char why[96];

	(void)loader;
	if (status == 0 && kexec_loaded()) {
		kexec.over(NULL);
		return;
	}
	if (status == 0)
		snprintf(why, sizeof(why), "the loader succeeded, but nothing is loaded");
	else if (status > 0)
		snprintf(why, sizeof(why), "the loader exited with %d", status);
	else
		snprintf(why, sizeof(why), "the loader was killed or late");
	/* What it may have left is not to be jumped into. */
	syscall(SYS_kexec_load, 0, 0, NULL, 0);
	kexec.over(why);
}

static void
make_loader(const char *slot)
{
	struct sysinfo memory;
	size_t n = 0;

	if (sysinfo(&memory) < 0)
		memory = (struct sysinfo){.totalram = 64 << 20, .mem_unit = 1};
	kexec.loader = (struct config_service){
		.name = "kexec",
		.description = "Verifies and loads an image",
		.type = SERVICE_ONESHOT,
		.restart = RESTART_NO,
		.life = {.start_ms = kexec.config->timeout_ms,
			.stop_ms = 1000,
			.timer_boot_ms = CONFIG_NEVER},
		/* The kernel takes no image above half of the memory; the services must
		 * not pay for one that is. A launcher has none. */
		.limits = {.memory_max = kexec.config->at_boot
						 ? UINT64_MAX
						 : (uint64_t)memory.totalram *
							   memory.mem_unit / 2,
			.tasks_max = 64,
			.oom_score_adjust = 1000},
		.isolation = {.flags = ISOLATE_SYSTEM},
		.tty = "",
	};
	for (; kexec.config->loader[n]; n++)
		kexec.loader.arguments[n] = kexec.config->loader[n];
	snprintf(kexec.slot, sizeof(kexec.slot), "%s", slot);
	if (slot[0])
		kexec.loader.arguments[n] = kexec.slot;
}

const char *
kexec_begin(const char *slot)
{
	if (!kexec_offered())
		return "this board has no loader that verifies images";
	if (strlen(slot) >= sizeof(kexec.slot))
		return "that name of a slot is too long";
	syscall(SYS_kexec_load, 0, 0, NULL, 0);
	if (kexec_loaded())
		return "what is loaded cannot be dropped";
	grant_one();
	make_loader(slot);
	if (supervise_helper(&kexec.loader, loader_ended) < 0)
		return "the loader cannot be started now";
	log_say("kexec: %s: verifies and loads", kexec.loader.arguments[0]);
	return NULL;
}
