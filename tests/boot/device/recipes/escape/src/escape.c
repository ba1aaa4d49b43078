/* SPDX-License-Identifier: ISC */
/*
 * Tries every way out of a service that it knows of, one line each: "WHO: WAY: held
 * (why)" or "WHO: WAY: ESCAPED"; then ends. WHO is its argument. As "show WHO" it says what
 * it is and sees instead, as "listen" it is there to be reached.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

static int escapes;
static const char *who;

/* r as of a system call: below 0 it was held. */
static void
tell(const char *name, long r)
{
	int error = errno;

	/* Slower than the console, so that it shows every line. */
	usleep(5000);
	errno = error;
	if (r < 0) {
		printf("%s: %s: held (%s)\n", who, name, strerror(errno));
		return;
	}
	escapes++;
	printf("%s: %s: ESCAPED\n", who, name);
}

static long
open_for(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	return fd;
}

static long
write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	long r;

	if (fd < 0)
		return -1;
	r = write(fd, text, strlen(text));
	close(fd);
	return r;
}

static void
try_mounts(void)
{
	tell("remount / rw", mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL));
	tell("remount fs of / rw", mount("none", "/", "tmpfs", MS_REMOUNT, NULL));
	tell("umount /", umount2("/", MNT_DETACH));
	tell("umount program", umount2("/bin/escape", MNT_DETACH));
	tell("umount /tmp", umount2("/tmp", MNT_DETACH));
	tell("mount tmpfs", mount("none", "/tmp", "tmpfs", 0, NULL));
	tell("mount proc", mount("none", "/tmp", "proc", 0, NULL));
	tell("mount sysfs", mount("none", "/tmp", "sysfs", 0, NULL));
	tell("mount devtmpfs", mount("none", "/tmp", "devtmpfs", 0, NULL));
	tell("mount cgroup2", mount("none", "/tmp", "cgroup2", 0, NULL));
	tell("bind /", mount("/", "/tmp", NULL, MS_BIND, NULL));
	tell("move mount", mount("/tmp", "/dev", NULL, MS_MOVE, NULL));
	tell("open_tree", syscall(SYS_open_tree, AT_FDCWD, "/", 1));
	tell("fsopen", syscall(SYS_fsopen, "tmpfs", 0));
	tell("pivot_root", syscall(SYS_pivot_root, ".", "."));
	tell("write into /", open_for("/intruder", O_CREAT | O_WRONLY));
	tell("write into /dev", open_for("/dev/intruder", O_CREAT | O_WRONLY));
	tell("overwrite program", open_for("/bin/escape", O_WRONLY));
}

static void
try_roots(void)
{
	static const char *const ways[] = {"/../../../../etc/passwd",
		"/proc/1/root/etc/passwd", "/proc/self/root/../etc/passwd", "/etc/passwd",
		"/sys/kernel", "/run/view", "/ingot/config", "/init", "/bin/busybox",
		"/dev/ttyS0", "/dev/console", "/dev/kmsg", "/dev/mem", "/dev/hello"};
	int fd;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		tell(ways[i], open_for(ways[i], O_RDONLY));
	/* The classic: a root below a folder that is held open. */
	fd = open("/", O_RDONLY | O_DIRECTORY);
	mkdir("/tmp/jail", 0755);
	tell("chroot", chroot("/tmp/jail"));
	for (int i = 0; i < 64; i++)
		if (fd >= 0 && fchdir(fd) == 0 && chdir("..") < 0)
			break;
	tell("chroot and ..", open_for("etc/passwd", O_RDONLY));
	tell("descriptors left open", open_for("/proc/self/fd/3", O_RDONLY));
	for (int n = 3; n < 64; n++) {
		struct stat st;

		if (n != fd && fstat(n, &st) == 0) {
			printf("escape: descriptor %d is open\n", n);
			tell("inherited descriptor", 0);
		}
	}
	if (chdir("/") < 0)
		printf("escape: cannot go back to /\n");
}

/* In a child of its own, which may lose itself in there. */
static long
try_in_child(int (*act)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(act() < 0 ? errno : 0);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	if (WIFSIGNALED(status)) {
		errno = EPERM;
		return -1;
	}
	errno = WEXITSTATUS(status);
	return errno ? -1 : 0;
}

static int
nested_users(void)
{
	return unshare(CLONE_NEWUSER);
}

static int
nested_users_clone(void)
{
	long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, 0);

	if (pid == 0)
		_exit(0);
	return (int)pid;
}

static int
nested_users_clone3(void)
{
	struct {
		unsigned long long flags, pidfd, child, parent, signal, stack, size, tls;
	} args = {.flags = CLONE_NEWUSER, .signal = SIGCHLD};
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid == 0)
		_exit(0);
	return (int)pid;
}

static int
new_mounts(void)
{
	return unshare(CLONE_NEWNS);
}

static int
new_time(void)
{
	return unshare(CLONE_NEWTIME);
}

static int
become_root(void)
{
	if (getuid() == 0) {
		errno = EALREADY;
		return -1;
	}
	return setuid(0);
}

static int
join_first(void)
{
	int fd = (int)syscall(SYS_pidfd_open, 1, 0), r;

	if (fd < 0)
		return -1;
	r = (int)syscall(SYS_setns, fd, CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID);
	return r;
}

static int
join_proc(void)
{
	int fd = open("/proc/1/ns/mnt", O_RDONLY);

	return fd < 0 ? -1 : (int)syscall(SYS_setns, fd, 0);
}

static int
trace_first(void)
{
	return (int)ptrace(PTRACE_ATTACH, 1, NULL, NULL);
}

static void
try_spaces(void)
{
	tell("nested user namespace", try_in_child(nested_users));
	tell("nested user namespace by clone", try_in_child(nested_users_clone));
	tell("nested user namespace by clone3", try_in_child(nested_users_clone3));
	tell("mount namespace", try_in_child(new_mounts));
	tell("time namespace", try_in_child(new_time));
	tell("setns to process 1", try_in_child(join_first));
	tell("setns by /proc/1/ns", try_in_child(join_proc));
	tell("ptrace process 1", try_in_child(trace_first));
	tell("become root", try_in_child(become_root));
}

static void
try_cgroups(void)
{
	static const char *const files[] = {"/sys/fs/cgroup/cgroup.procs",
		"/sys/fs/cgroup/services/escape/memory.max",
		"/sys/fs/cgroup/services/escape/pids.max",
		"/sys/fs/cgroup/services/hello/cgroup.kill"};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		tell(files[i], write_to(files[i], "max"));
	tell("mkdir a cgroup", mkdir("/sys/fs/cgroup/mine", 0755));
}

static void
try_kernel(void)
{
	static const union bpf_attr bpf = {.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = 4,
		.value_size = 4,
		.max_entries = 1};
	static const struct perf_event_attr perf = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(perf)};
	const struct timespec past = {.tv_sec = 1};
	int fd = open("/dev/zero", O_RDONLY);

	tell("init_module", syscall(SYS_init_module, "", 0, ""));
	tell("finit_module", syscall(SYS_finit_module, fd, "", 0));
	tell("delete_module", syscall(SYS_delete_module, "hello_module", 0));
	tell("kexec_load", syscall(SYS_kexec_load, 0, 0, NULL, 0));
	tell("kexec_file_load", syscall(SYS_kexec_file_load, fd, -1, 0, NULL, 8));
	/* CAD on is harmless should it work. */
	tell("reboot(2)", reboot(RB_DISABLE_CAD));
	tell("mknod", mknod("/tmp/mem", S_IFCHR | 0600, makedev(1, 1)));
	tell("mknod a disk", mknod("/tmp/disk", S_IFBLK | 0600, makedev(8, 0)));
	tell("bpf", syscall(SYS_bpf, BPF_MAP_CREATE, &bpf, sizeof(bpf)));
	tell("perf_event_open", syscall(SYS_perf_event_open, &perf, 0, -1, -1, 0));
	tell("set the clock", clock_settime(CLOCK_REALTIME, &past));
	tell("sethostname", sethostname("mine", 4));
	tell("swapon", swapon("/tmp/disk", 0));
	tell("iopl", syscall(SYS_iopl, 3));
	tell("ioperm", syscall(SYS_ioperm, 0x80, 1, 1));
	tell("read the kernel's log", syscall(SYS_syslog, 3, "", 0));
	tell("open_by_handle_at", syscall(SYS_open_by_handle_at, AT_FDCWD, "", 0));
	tell("acct", acct(NULL));
	tell("raise a limit",
		setrlimit(RLIMIT_NOFILE, &(struct rlimit){1 << 20, 1 << 20}));
	tell("real-time", syscall(SYS_sched_setscheduler, 0, SCHED_FIFO,
				  &(struct sched_param){.sched_priority = 99}));
	tell("nice -20", setpriority(PRIO_PROCESS, 0, -20));
	tell("take back a capability",
		prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 21, 0, 0));
	tell("drop no_new_privs", prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
}

/* To the other service's loopback, abstract socket and processes. */
static void
try_others(void)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "\0target"};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), seen = 0;

	tell("another's abstract socket",
		connect(fd, (struct sockaddr *)&to, sizeof(sa_family_t) + 7));
	/* By number: whoever is there. */
	for (pid_t pid = 1; pid < 2000; pid++)
		if (pid != getpid() && (kill(pid, 0) == 0 || errno == EPERM))
			seen++;
	printf("%s: sees %d other processes\n", who, seen);
	tell("kill everything", kill(-1, SIGUSR1) < 0 || seen <= 1 ? -1 : 0);
	tell("kill process 1", kill(1, SIGKILL) < 0 ? -1 : (sleep(1), errno = EPERM, -1));
	/* If that had ended the keeper, this process would be gone with it. */
	fd = socket(AF_INET, SOCK_RAW, 1);
	tell("raw socket", fd);
	fd = socket(AF_PACKET, SOCK_RAW, 0);
	tell("packet socket", fd);
}

/* What try_others() looks for. */
static void
listen_abstract(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "\0target"};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&at, sizeof(sa_family_t) + 7) < 0 ||
		listen(fd, 5) < 0)
		printf("escape: cannot listen: %s\n", strerror(errno));
	else
		printf("escape: listens\n");
}

static void
show_folder(const char *path, unsigned depth)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char below[1024];

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(below, sizeof(below), "%s/%s", path[1] ? path : "",
			entry->d_name);
		printf("%s: sees %s\n", who, below);
		if (depth > 0)
			show_folder(below, depth - 1);
	}
	if (dir)
		closedir(dir);
}

/* What it is: ids, groups, scheduling, limits, environment; and what it sees. */
static void
show(void)
{
	static const char *const paths[] = {"/bin/escape", "/bin/sh", "/bin/busybox",
		"/etc/passwd", "/etc/group", "/etc/missing", "/data", "/run",
		"/sys/kernel", "/proc/1", "/init", "/ingot/config"};
	extern char **environ;
	struct rlimit files, core;
	struct sched_param param;
	gid_t groups[32];
	char text[4096];
	ssize_t n;
	int count = getgroups(32, groups), fd;

	printf("%s: uid %u gid %u groups", who, getuid(), getgid());
	for (int i = 0; i < count; i++)
		printf(" %u", groups[i]);
	/* By system call: musl's functions of that name refuse. */
	syscall(SYS_sched_getparam, 0, &param);
	printf("\n%s: nice %d policy %ld priority %d\n", who,
		getpriority(PRIO_PROCESS, 0), syscall(SYS_sched_getscheduler, 0),
		param.sched_priority);
	getrlimit(RLIMIT_NOFILE, &files);
	getrlimit(RLIMIT_CORE, &core);
	printf("%s: files %llu core %llu\n", who, (unsigned long long)files.rlim_cur,
		(unsigned long long)core.rlim_cur);
	printf("%s: in %s\n", who, getcwd(text, sizeof(text)));
	for (char **e = environ; *e; e++)
		printf("%s: has %s\n", who, *e);
	printf("%s: pid %d no_new_privs %d\n", who, getpid(),
		prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	for (int cap = 0; cap < 41; cap++)
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) == 1)
			printf("%s: ambient %d\n", who, cap);
	/* Landlock lets a folder be listed only if it was passed as one. */
	show_folder("/", 3);
	show_folder("/dev", 1);
	show_folder("/tmp", 1);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (access(paths[i], F_OK) == 0)
			printf("%s: sees %s\n", who, paths[i]);
	fd = open("/proc/self/status", O_RDONLY);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	text[n < 0 ? 0 : n] = '\0';
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (strncmp(line, "Cap", 3) == 0 || strncmp(line, "Seccomp:", 8) == 0)
			printf("%s: %s\n", who, line);
	printf("%s: done\n", who);
}

int
main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGUSR1, SIG_IGN);
	who = argc > 1 ? argv[1] : "escape";
	if (strcmp(who, "show") == 0) {
		who = argc > 2 ? argv[2] : "show";
		show();
	} else if (strcmp(who, "listen") == 0) {
		listen_abstract();
	} else {
		try_mounts();
		try_roots();
		try_spaces();
		try_cgroups();
		try_kernel();
		try_others();
		printf("%s: %d ways out\n", who, escapes);
		return 0;
	}
	for (;;)
		pause();
}
