/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/io.h"
#include "host.h"
#include "say.h"
#include "xalloc.h"

#define BOOT_MS	    5000 /* that a guest may take on a processor's own accelerator */
#define EMULATED_MS 60000 /* the same where all is emulated, on a machine that is busy */
#define SECTOR	    512
#define DEBUG_VALUE 0x2a
#define DEBUG_EXIT  (DEBUG_VALUE << 1 | 1) /* isa-debug-exit's status for it */
#define RELEASE_MAX 65536

const char *
host_accelerator(void)
{
	const char *accelerator = getenv("INGOT_ACCEL");

	return accelerator && *accelerator ? accelerator : "tcg";
}

char *
host_program(const char *name)
{
	const char *path = getenv("PATH");
	char *copy = xstrdup(path ? path : "/usr/bin:/bin"), *save = NULL, *found = NULL;

	for (char *dir = strtok_r(copy, ":", &save); dir && !found;
		dir = strtok_r(NULL, ":", &save)) {
		struct stat st;

		found = xasprintf("%s/%s", dir, name);
		if (*dir != '/' || access(found, X_OK) < 0 || stat(found, &st) < 0 ||
			!S_ISREG(st.st_mode)) {
			free(found);
			found = NULL;
		}
	}
	free(copy);
	return found;
}

/* PRETTY_NAME of os-release(5). */
char *
host_distribution(void)
{
	static const char key[] = "PRETTY_NAME=";
	char *text, *name = NULL, *save = NULL;
	size_t size;

	if (io_read_file(AT_FDCWD, "/etc/os-release", RELEASE_MAX, &text, &size, NULL) <
		0)
		return xstrdup("unknown");
	for (char *line = strtok_r(text, "\n", &save); line && !name;
		line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, key, sizeof key - 1) != 0)
			continue;
		line += sizeof key - 1;
		line += strspn(line, "\"'");
		line[strcspn(line, "\"'")] = '\0';
		name = xstrdup(line);
	}
	free(text);
	return name ? name : xstrdup("unknown");
}

/*
 * A disk whose boot sector enters 64-bit mode, counts to 50 million, and tells QEMU's
 * isa-debug-exit device that it got there. /dev/kvm may take a guest and emulate each of
 * its instructions, far slower than TCG: the count finds that out. At 0x7c00, tables from
 * 0x1000.
 */
static int
make_disk(void)
{
	/* clang-format off */
	static const unsigned char code[] = {
		/* 16-bit */
		0xfa,                               /* 00 cli */
		0x31, 0xc0,                         /* 01 xor ax, ax */
		0x8e, 0xd8,                         /* 03 mov ds, ax */
		0x8e, 0xc0,                         /* 05 mov es, ax */
		0xbf, 0x00, 0x10,                   /* 07 mov di, 0x1000 */
		0xb9, 0x00, 0x18,                   /* 0a mov cx, 0x1800 */
		0xfc,                               /* 0d cld */
		0xf3, 0xab,                         /* 0e rep stosw: three empty tables */
		0xc7, 0x06, 0x00, 0x10, 0x03, 0x20, /* 10 mov word [0x1000], 0x2003 */
		0xc7, 0x06, 0x00, 0x20, 0x03, 0x30, /* 16 mov word [0x2000], 0x3003 */
		0xc7, 0x06, 0x00, 0x30, 0x83, 0x00, /* 1c mov word [0x3000], 0x83: 2 MiB */
		0x0f, 0x01, 0x16, 0x78, 0x7c,       /* 22 lgdt [0x7c78] */
		0xb0, 0x20,                         /* 27 mov al, 0x20 */
		0x0f, 0x22, 0xe0,                   /* 29 mov cr4, eax: PAE */
		0x66, 0xb8, 0x00, 0x10, 0x00, 0x00, /* 2c mov eax, 0x1000 */
		0x0f, 0x22, 0xd8,                   /* 32 mov cr3, eax */
		0x66, 0xb9, 0x80, 0x00, 0x00, 0xc0, /* 35 mov ecx, 0xc0000080: EFER */
		0x0f, 0x32,                         /* 3b rdmsr */
		0x80, 0xcc, 0x01,                   /* 3d or ah, 1: LME */
		0x0f, 0x30,                         /* 40 wrmsr */
		0x66, 0xb8, 0x11, 0x00, 0x00, 0x80, /* 42 mov eax, 0x80000011 */
		0x0f, 0x22, 0xc0,                   /* 48 mov cr0, eax: paging, protection */
		0xea, 0x50, 0x7c, 0x08, 0x00,       /* 4b jmp 0x08:0x7c50 */
		/* 64-bit */
		0xb9, 0x80, 0xf0, 0xfa, 0x02,       /* 50 mov ecx, 50000000 */
		0x48, 0xff, 0xc9,                   /* 55 dec rcx */
		0x75, 0xfb,                         /* 58 jnz 55 */
		0xb0, DEBUG_VALUE,                  /* 5a mov al, 0x2a */
		0xe6, 0xf4,                         /* 5c out 0xf4, al */
		0xf4,                               /* 5e hlt */
		0xeb, 0xfd,                         /* 5f jmp 5e */
		0, 0, 0, 0, 0, 0, 0,                /* 61 */
		0, 0, 0, 0, 0, 0, 0, 0,             /* 68 descriptors: none; 64-bit code */
		0, 0, 0, 0, 0, 0x9a, 0x20, 0,       /* 70 */
		15, 0, 0x68, 0x7c, 0, 0,            /* 78 their limit and address */
	};
	/* clang-format on */
	unsigned char sector[SECTOR] = {0};
	int fd = memfd_create("ingot-boot", MFD_CLOEXEC);

	memcpy(sector, code, sizeof code);
	sector[SECTOR - 2] = 0x55; /* the mark of a bootable disk */
	sector[SECTOR - 1] = 0xaa;
	if (fd < 0 || io_write_full(fd, sector, sizeof sector) < 0)
		die("cannot make a boot disk in memory: %s", strerror(errno));
	return fd;
}

static _Noreturn void
become_qemu(const char *program, const char *accelerator, const char *drive)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (null >= 0) {
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
	}
	execl(program, program, "-accel", accelerator, "-machine", "pc", "-m", "16",
		"-nodefaults", "-display", "none", "-no-reboot", "-device",
		"isa-debug-exit,iobase=0xf4,iosize=1", "-drive", drive, (char *)NULL);
	_exit(127);
}

/* Its wait status, or -1 if it had to be killed. */
static int
wait_briefly(pid_t pid, int ms)
{
	struct pollfd wait = {.fd = pidfd_open(pid, 0), .events = POLLIN};
	int status, ready;

	if (wait.fd < 0)
		die("cannot watch QEMU: %s", strerror(errno));
	while ((ready = poll(&wait, 1, ms)) < 0 && errno == EINTR)
		;
	if (ready <= 0)
		kill(pid, SIGKILL);
	close(wait.fd);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return ready <= 0 ? -1 : status;
}

int
host_try_accelerator(const char *accelerator, struct error *e)
{
	char *program, *drive;
	int disk, status, ms;
	pid_t pid;

	ms = strcmp(accelerator, "tcg") == 0 ? EMULATED_MS : BOOT_MS;
	if (strcmp(accelerator, "kvm") == 0 && access("/dev/kvm", R_OK | W_OK) < 0)
		return error_set(e, errno, "/dev/kvm: %s%s", strerror(errno),
			errno == EACCES ? ": add this user to the group kvm" : "");
	program = host_program("qemu-system-x86_64");
	if (!program)
		return error_set(e, ENOENT,
			"qemu-system-x86_64 is not installed: run: apt-get install qemu-system-x86");
	disk = make_disk();
	drive = xasprintf("if=ide,format=raw,file=/proc/%d/fd/%d", getpid(), disk);
	pid = fork();
	if (pid == 0)
		become_qemu(program, accelerator, drive);
	status = pid < 0 ? -1 : wait_briefly(pid, ms);
	close(disk);
	free(drive);
	free(program);
	if (pid < 0)
		return error_set(e, EAGAIN, "cannot start QEMU");
	if (status == -1)
		return error_set(
			e, ETIMEDOUT, "a guest did not come up within %d s", ms / 1000);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != DEBUG_EXIT)
		return error_set(e, EIO, "QEMU cannot run a guest with it");
	return 0;
}
