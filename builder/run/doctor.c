/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "doctor.h"
#include "builder/base/host.h"
#include "builder/base/options.h"
#include "builder/sandbox/sandbox.h"
#include "builder/base/say.h"
#include "builder/store/store.h"
#include "builder/base/xalloc.h"

#define LEAST_FREE   (6ull << 30) /* for a kernel's sources, objects and the toolchain */
#define LEAST_MEMORY (2ull << 30)
#define OPEN_FOLDERS 32

static struct doctor_program programs[] = {
	{"bwrap", "bubblewrap", "the sandbox that recipes are built in", true, NULL},
	{"apt-get", "apt", "downloads pinned sources and the toolchain", true, NULL},
	{"dpkg", "dpkg", "compares versions for ingot lock", false, NULL},
	{"gpgv", "gpgv", "checks who signed a source, for ingot lock", false, NULL},
	{"curl", "curl", "downloads sources given by url", false, NULL},
	{"qemu-system-x86_64", "qemu-system-x86", "boots images: ingot run, ingot test",
		false, NULL},
};

static uint64_t walked; /* nftw(3) hands no context on */

static void
advise(struct doctor *doctor, const char *text)
{
	if (strlist_add(&doctor->advice, text) < 0)
		die("out of memory");
}

static void
look_at_host(struct doctor *doctor)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

	doctor->distribution = host_distribution();
	(void)uname(&doctor->kernel);
	doctor->processors = sysconf(_SC_NPROCESSORS_ONLN);
	if (pages > 0 && size > 0)
		doctor->memory = (uint64_t)pages * (uint64_t)size;
	if (doctor->memory < LEAST_MEMORY)
		advise(doctor,
			"a kernel build wants 2 GiB of memory: use -j 1, or add swap");
}

static void
look_for_programs(struct doctor *doctor)
{
	char *line = NULL;

	doctor->program = programs;
	doctor->program_count = sizeof programs / sizeof programs[0];
	for (size_t i = 0; i < doctor->program_count; i++) {
		struct doctor_program *p = &programs[i];

		p->path = host_program(p->name);
		if (!p->path)
			line = xasprintf(
				"%s %s", line ? line : "apt-get install", p->package);
	}
	if (line)
		advise(doctor, line);
	free(line);
}

static void
look_at_sandbox(struct doctor *doctor)
{
	if (options.no_sandbox) {
		doctor->sandbox_works = geteuid() == 0;
		error_set(&doctor->sandbox_why, EPERM, "--sandbox=none needs root");
	} else {
		doctor->sandbox_works = sandbox_probe(&doctor->sandbox_why) == 0;
	}
	if (!doctor->sandbox_works)
		advise(doctor, doctor->sandbox_why.text);
}

static void
look_at_accelerators(struct doctor *doctor)
{
	static const char *const names[DOCTOR_ACCELERATORS] = {"tcg", "kvm"};

	for (size_t i = 0; i < DOCTOR_ACCELERATORS; i++) {
		struct doctor_accelerator *a = &doctor->accelerator[i];
		struct timespec start, end;

		a->name = names[i];
		clock_gettime(CLOCK_MONOTONIC, &start);
		a->boots = host_try_accelerator(a->name, &a->why) == 0;
		clock_gettime(CLOCK_MONOTONIC, &end);
		a->seconds = (double)(end.tv_sec - start.tv_sec) +
			     (double)(end.tv_nsec - start.tv_nsec) / 1e9;
		if (a->boots &&
			(!doctor->fastest || a->seconds < doctor->fastest->seconds))
			doctor->fastest = a;
	}
}

static int
add_size(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)path;
	(void)type;
	(void)ftw;
	walked += (uint64_t)st->st_blocks * 512;
	return 0;
}

/* store_open() ends the program where it cannot go on, so a child tries it. */
static bool
try_store(struct error *why)
{
	int fd = memfd_create("ingot-store", MFD_CLOEXEC), status;
	char text[sizeof why->text];
	const char *message = text;
	ssize_t n;
	pid_t pid;

	fflush(NULL);
	pid = fd < 0 ? -1 : fork();
	if (pid < 0)
		die("cannot look at the store: %s", strerror(errno));
	if (pid == 0) {
		dup2(fd, 2);
		store_open();
		_exit(0);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	n = pread(fd, text, sizeof text - 1, 0);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (strncmp(message, "ingot: ", 7) == 0)
		message += 7;
	error_set(why, EPERM, "%s", message);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void
look_at_store(struct doctor *doctor)
{
	struct statvfs fs;

	doctor->store = store_default_path();
	doctor->store_works = try_store(&doctor->store_why);
	if (!doctor->store_works) {
		advise(doctor, doctor->store_why.text);
		return;
	}
	if (statvfs(doctor->store, &fs) == 0)
		doctor->store_free = (uint64_t)fs.f_bavail * fs.f_frsize;
	walked = 0;
	(void)nftw(doctor->store, add_size, OPEN_FOLDERS, FTW_PHYS);
	doctor->store_size = walked;
	if (doctor->store_free < LEAST_FREE)
		advise(doctor,
			"a first kernel build wants 6 GiB for the store: free some, or set INGOT_STORE to a folder on a larger disk");
}

void
doctor_look(struct doctor *doctor)
{
	memset(doctor, 0, sizeof *doctor);
	look_at_host(doctor);
	look_for_programs(doctor);
	look_at_sandbox(doctor);
	look_at_accelerators(doctor);
	look_at_store(doctor);
}

bool
doctor_can_build(const struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->program_count; i++) {
		const struct doctor_program *p = &doctor->program[i];

		/* Without isolation bubblewrap is not used. */
		if (p->required && !p->path &&
			!(options.no_sandbox && strcmp(p->name, "bwrap") == 0))
			return false;
	}
	return doctor->sandbox_works && doctor->store_works;
}
