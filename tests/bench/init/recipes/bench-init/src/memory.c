/* SPDX-License-Identifier: ISC */
/*
 * memory [-c] [TIMES]: what /proc/1/status says of memory, in kB, each second; and what all
 * the processes have that came with the init: those that are none of this bench's programs.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

static char text[4096];

static int
read_status(const char *pid)
{
	char path[280];
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "/proc/%s/status", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof text - 1);
	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	return n > 0 ? 0 : -1;
}

static long long
number(const char *key)
{
	const char *at = strstr(text, key);

	return at ? atoll(at + strlen(key) + 1) : 0;
}

static int
is_ours(void)
{
	static const char *const names[] = {"ready\n", "memory\n", "again\n", "run\n"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strncmp(text, "Name:\t", 6) == 0 &&
			strncmp(text + 6, names[i], strlen(names[i])) == 0)
			return 1;
	return 0;
}

/* Kernel threads have no memory of their own to count. */
static void
say_all(void)
{
	long long resident = 0, anonymous = 0, processes = 0;
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	while (proc && (entry = readdir(proc))) {
		if (entry->d_name[0] < '0' || entry->d_name[0] > '9' ||
			read_status(entry->d_name) < 0 || is_ours() || !number("VmRSS"))
			continue;
		processes++;
		resident += number("VmRSS");
		anonymous += number("RssAnon");
	}
	if (proc)
		closedir(proc);
	say("all", "processes", processes);
	say("all", "VmRSS", resident);
	say("all", "RssAnon", anonymous);
}

int
main(int argc, char **argv)
{
	static const char *const keys[] = {
		"VmPeak", "VmSize", "VmData", "VmRSS", "RssFile", "RssAnon"};
	int used = 1 + say_to_console(argc, argv);
	int times = used < argc ? atoi(argv[used]) : 1;

	mkdir("/proc", 0755);
	if (access("/proc/1", F_OK) < 0 && mount("proc", "/proc", "proc", 0, NULL) < 0)
		return 111;
	while (times-- > 0) {
		sleep(1);
		say_all();
		if (read_status("1") < 0)
			return 111;
		for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
			say("memory", keys[i], number(keys[i]));
		say("memory", "end", times);
	}
	for (;;)
		pause();
}
