/* SPDX-License-Identifier: ISC */
/*
 * beat: says the processor's counter on standard output every 5 ms. It goes on over a
 * jump by kexec, and under QEMU over a reset, too.
 *
 * As the first process, in place of an init: loads the image that /dev/vdb is, beats for
 * half a second, and jumps into it, doing nothing else.
 */
#include <err.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <linux/reboot.h>

static void
beat(void)
{
	const struct timespec pause = {.tv_nsec = 5 * 1000 * 1000};

	dprintf(STDOUT_FILENO, "beat %llu\n", __builtin_ia32_rdtsc());
	nanosleep(&pause, NULL);
}

/* Waits for a disk or a port: its driver may be at work yet. */
static int
find(const char *path, int flags)
{
	const struct timespec moment = {.tv_nsec = 1000 * 1000};
	int fd = -1;

	for (int i = 0; i < 10000 && fd < 0; i++) {
		fd = open(path, flags);
		if (fd < 0)
			nanosleep(&moment, NULL);
	}
	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

static void
load(void)
{
	int disk = find("/dev/vdb", O_RDONLY), image = memfd_create("image", 0);
	ssize_t n;

	do
		n = sendfile(image, disk, NULL, 1 << 20);
	while (n > 0);
	if (n < 0 || syscall(SYS_kexec_file_load, image, -1, 1UL, "",
			     (unsigned long)KEXEC_FILE_NO_INITRAMFS) < 0)
		err(1, "cannot load");
}

int
main(void)
{
	if (getpid() == 1) {
		if (mount("none", "/dev", "devtmpfs", 0, NULL) < 0)
			err(1, "/dev");
		dup2(find("/dev/ttyS1", O_WRONLY | O_NOCTTY), STDOUT_FILENO);
		load();
		for (int i = 0; i < 100; i++)
			beat();
		reboot(LINUX_REBOOT_CMD_KEXEC);
		err(1, "cannot jump");
	}
	for (;;)
		beat();
}
