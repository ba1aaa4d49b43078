/* SPDX-License-Identifier: ISC */
#include "scratch.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "builder/sandbox/jobserver.h"
#include "builder/sandbox/sandbox_parts.h"

/*
 * Runs real commands in the real sandbox. INGOT_TEST_ROOT names an unpacked toolchain;
 * without one, a root is made of the host's /usr.
 */
static const char *root;
static char out_dir[512];
static char output[65536];

static const char *const plain_env[] = {"PATH=/usr/bin:/bin", "LC_ALL=C", NULL};

static int
run_with(struct sandbox *sandbox, const char *script, struct error *e)
{
	const char *argv[] = {"/bin/sh", "-c", script, NULL};
	int fd = memfd_create("log", 0),
	    status; /* open on purpose: it must not be inherited */
	ssize_t n;

	sandbox->root = root;
	sandbox->argv = argv;
	if (!sandbox->env)
		sandbox->env = plain_env;
	if (!sandbox->cwd)
		sandbox->cwd = "/build";
	sandbox->log_fd = fd;
	e->text[0] = '\0';
	status = sandbox_run(sandbox, e);
	n = pread(fd, output, sizeof output - 1, 0);
	output[n > 0 ? n : 0] = '\0';
	close(fd);
	return status;
}

static int
run(const char *script)
{
	struct sandbox sandbox = {.bind_count = 0};
	struct error e;
	int status = run_with(&sandbox, script, &e);

	if (status < 0)
		fail_msg("%s: %s: %s", script, e.text, output);
	return status;
}

static void
assert_output(const char *script, const char *want)
{
	assert_int_equal(run(script), 0);
	assert_string_equal(output, want);
}

static void
test_exit_status_is_the_scripts(void **state)
{
	(void)state;
	assert_int_equal(run("exit 0"), 0);
	assert_int_equal(run("exit 7"), 7);
	assert_int_equal(run("exit 1"), 1);
	assert_int_equal(run("kill -9 $$"), 128 + 9);
}

static void
test_environment_is_exactly_as_given(void **state)
{
	const char *const env[] = {"PATH=/usr/bin", "A=b c=d", "E=", NULL};
	struct sandbox sandbox = {.env = env};
	struct error e;

	(void)state;
	setenv("INGOT_LEAK", "yes", 1);
	assert_int_equal(run_with(&sandbox, "env | sort", &e), 0);
	assert_string_equal(output, "A=b c=d\nE=\nPATH=/usr/bin\nPWD=/build\n");
}

static void
test_identity_is_fixed(void **state)
{
	mode_t before = umask(077);

	(void)state;
	assert_output(
		"id -u; id -g; id -un; uname -n; umask; pwd; echo ~build; ulimit -c; ulimit -n",
		"1000\n1000\nbuild\ningot\n0022\n/build\n/build\n0\n1024\n");
	umask(before);
}

static void
test_addresses_are_not_random(void **state)
{
	char first[sizeof output];

	(void)state;
	assert_int_equal(run("grep -E 'stack|heap' /proc/self/maps"), 0);
	strcpy(first, output);
	assert_non_null(strstr(first, "[stack]"));
	assert_int_equal(run("grep -E 'stack|heap' /proc/self/maps"), 0);
	assert_string_equal(output, first);
}

static void
test_no_descriptor_is_inherited(void **state)
{
	int fd = open("/", O_RDONLY); /* without O_CLOEXEC */

	(void)state;
	/* 3 is the folder that ls reads */
	assert_output("cd /proc/self/fd && echo $(ls /proc/self/fd); readlink 0",
		"0 1 2 3\n/dev/null\n");
	close(fd);
}

static void
test_signals_are_as_a_login_has_them(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(run("grep -E 'SigBlk|SigIgn' /proc/self/status"), 0);
	signal(SIGPIPE, SIG_DFL);
	assert_string_equal(
		output, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

static void
test_nothing_of_the_host_is_seen(void **state)
{
	(void)state;
	assert_output("echo $(ls -A /); echo $(ls -A /tmp /build /etc)",
		"bin build dev etc lib lib64 proc sbin tmp usr\n"
		"/build: /etc: group passwd /tmp:\n");
	assert_output("ls -d /root /home /work /var /sys /run 2>/dev/null; true", "");
	/* own processes only: bubblewrap, sh */
	assert_int_equal(run("ls -d /proc/[0-9]* | wc -l"), 0);
	assert_true(atoi(output) <= 6);
}

static void
test_write_outside_fails(void **state)
{
	static const char *const places[] = {
		"/x", "/usr/x", "/etc/x", "/etc/passwd", "/usr/bin/sh", "/build/given/x"};
	const struct sandbox_bind bind = {out_dir, "/build/given", false};
	struct sandbox sandbox = {.bind = &bind, .bind_count = 1};
	struct error e;

	(void)state;
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		char script[128];

		snprintf(script, sizeof script, "! (echo x >%s) 2>/dev/null", places[i]);
		assert_int_equal(run_with(&sandbox, script, &e), 0);
	}
	assert_int_equal(run_with(&sandbox, "touch /tmp/x /build/x", &e), 0);
	assert_output("ls /tmp", "");
}

static void
test_writable_bind_keeps_what_is_written(void **state)
{
	const struct sandbox_bind bind = {out_dir, "/build/out", true};
	struct sandbox sandbox = {.bind = &bind, .bind_count = 1, .cwd = "/build/out"};
	struct error e;
	struct stat st;
	char path[600];

	(void)state;
	assert_int_equal(
		run_with(&sandbox, "pwd; echo hi >file; chmod 0751 file", &e), 0);
	assert_string_equal(output, "/build/out\n");
	snprintf(path, sizeof path, "%s/file", out_dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0751);
	assert_int_equal(st.st_uid, geteuid());
	unlink(path);
}

static void
test_network_is_not_there(void **state)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char script[512];

	(void)state;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	/* the host's port answers outside, and nothing does inside */
	snprintf(script, sizeof script,
		"perl -e 'use Socket; socket(S, PF_INET, SOCK_STREAM, 0) or exit 9;"
		" connect(S, sockaddr_in(%d, inet_aton(\"127.0.0.1\"))) ? exit 0 : exit 42'",
		ntohs(address.sin_port));
	assert_int_equal(system(script), 0);
	assert_int_equal(run(script), 42);
	assert_int_equal(run("grep -c : /proc/net/dev"), 0);
	assert_string_equal(output, "1\n"); /* lo */
	close(fd);
}

/* True if no process on this host has the word on its command line, within two seconds.
 */
static bool
is_gone(const char *word)
{
	char script[256];

	snprintf(script, sizeof script,
		"for i in 1 2 3 4 5 6 7 8 9 10; do"
		" cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -q '%.20s[%c]' || exit 0;"
		" sleep 0.2; done; exit 1",
		word, '1');
	return system(script) == 0;
}

static void
test_daemon_ends_with_its_script(void **state)
{
	time_t start = time(NULL);

	(void)state;
	assert_int_equal(
		run("setsid sleep 98761 & (trap '' HUP TERM; sleep 98761) & exit 3"), 3);
	assert_true(time(NULL) - start < 30);
	assert_true(is_gone("sleep 9876"));
}

static void
test_endless_script_is_stopped(void **state)
{
	struct sandbox sandbox = {.timeout_s = 1};
	time_t start = time(NULL);
	struct error e;

	(void)state;
	assert_int_equal(
		run_with(&sandbox,
			"sleep 98771 & trap '' TERM; while :; do sleep 1; done", &e),
		-ETIMEDOUT);
	assert_string_equal(e.text, "ran longer than 1 s and was stopped");
	assert_true(time(NULL) - start < 30);
	assert_true(is_gone("sleep 9877"));
}

static void
test_sandbox_ends_with_its_owner(void **state)
{
	struct timespec pause = {.tv_sec = 1};
	int status;
	pid_t pid;

	(void)state;
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		struct sandbox sandbox = {.bind_count = 0};
		struct error e;

		run_with(&sandbox, "sleep 98781", &e);
		_exit(0);
	}
	nanosleep(&pause, NULL);
	assert_false(is_gone("sleep 9878"));
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	assert_true(is_gone("sleep 9878"));
}

static void
test_what_cannot_start_is_an_error(void **state)
{
	const char *const argv[] = {"/bin/no-such-program", NULL};
	const struct sandbox_bind bind = {"/no/such/folder", "/build/x", false};
	struct sandbox sandbox = {.root = root,
		.argv = argv,
		.env = plain_env,
		.cwd = "/build",
		.log_fd = open("/dev/null", O_WRONLY | O_CLOEXEC)};
	struct error e;

	(void)state;
	assert_true(sandbox_run(&sandbox, &e) < 0);
	assert_non_null(strstr(e.text, "/bin/no-such-program"));
	sandbox.bind = &bind;
	sandbox.bind_count = 1;
	assert_int_equal(sandbox_run(&sandbox, &e), -ENOENT);
	assert_non_null(strstr(e.text, "/no/such/folder"));
	sandbox.bind_count = 0;
	sandbox.root = "/no/such/root";
	assert_int_equal(sandbox_run(&sandbox, &e), -ENOENT);
	assert_non_null(strstr(e.text, "/no/such/root"));
	close(sandbox.log_fd);
}

static void
test_make_shares_the_tokens(void **state)
{
	const struct sandbox_bind bind = {out_dir, "/build/out", true};
	struct sandbox sandbox = {
		.bind = &bind, .bind_count = 1, .cwd = "/build/out", .jobserver = true};
	struct error e;
	int taken = 0;

	(void)state;
	if (access("/usr/bin/make", X_OK) < 0)
		skip();
	jobserver_open(3);
	scratch_write("out/Makefile",
		"all: a b c d\na b c d:\n\t@echo start $@; sleep 0.5; echo end $@\n");
	assert_int_equal(run_with(&sandbox, "make", &e), 0);
	/* three begin before the first of them ends, in whatever order they get to say so
	 */
	for (int i = 0; i < 3; i++)
		assert_int_equal(strncmp(output + 8 * i, "start ", 6), 0);
	while (jobserver_take())
		taken++;
	assert_int_equal(taken, 2);
	/* all tokens are ours now: one job at a time is left to make */
	assert_int_equal(run_with(&sandbox, "make", &e), 0);
	assert_int_equal(strncmp(output, "start a\nend a\nstart b\nend b\n", 28), 0);
	while (taken-- > 0)
		jobserver_give();
	unlink("out/Makefile");
}

static void
test_explain_names_the_setting_to_change(void **state)
{
	static const struct {
		const char *file, *text, *advice;
	} cases[] = {
		{"fake/proc/sys/kernel/unprivileged_userns_clone", "0\n",
			"sudo sysctl -w kernel.unprivileged_userns_clone=1"},
		{"fake/proc/sys/user/max_user_namespaces", "0\n",
			"sudo sysctl -w user.max_user_namespaces=15000"},
		{"fake/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n",
			"sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"},
		{"fake/.dockerenv", "", "--security-opt seccomp=unconfined"},
		{"fake/run/.containerenv", "", "this container allows no namespaces"},
	};
	struct error e;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		scratch_write(cases[i].file, cases[i].text);
		assert_int_equal(
			sandbox_explain("bwrap: No permissions\nmore", "fake", &e),
			-EPERM);
		assert_non_null(strstr(e.text, cases[i].advice));
		assert_non_null(strstr(e.text, "(bwrap: No permissions)"));
		unlink(cases[i].file);
	}
	scratch_write("fake/proc/sys/user/max_user_namespaces", "95000\n");
	assert_int_equal(sandbox_explain("bwrap: other", "fake", &e), -EPERM);
	assert_int_equal(strncmp(e.text, "bwrap: other: ", 14), 0);
}

static void
test_missing_bubblewrap_names_its_package(void **state)
{
	struct sandbox sandbox = {.bind_count = 0};
	char *path = strdup(getenv("PATH"));
	struct error e;

	(void)state;
	setenv("PATH", out_dir, 1);
	assert_int_equal(run_with(&sandbox, "exit 0", &e), -ENOENT);
	assert_non_null(strstr(e.text, "apt-get install bubblewrap"));
	assert_int_equal(sandbox_probe(&e), -ENOENT);
	assert_non_null(strstr(e.text, "apt-get install bubblewrap"));
	setenv("PATH", path, 1);
	free(path);
}

static void
test_plain_sandbox_sees_the_same_files(void **state)
{
	struct sandbox sandbox = {.bind_count = 0};
	const struct sandbox_bind bind[] = {
		{out_dir, "/build/out", true}, {out_dir, "/build/given", false}};
	struct error e;
	int status;

	(void)state;
	options.no_sandbox = true;
	assert_string_equal(sandbox_isolation(), "none");
	status = run_with(&sandbox, "exit 7", &e);
	if (geteuid() != 0) {
		options.no_sandbox = false;
		assert_int_equal(status, -EPERM);
		assert_non_null(strstr(e.text, "needs root"));
		return;
	}
	if (status == -EPERM && strstr(e.text, "cannot unshare")) {
		options.no_sandbox = false;
		skip();
	}
	assert_int_equal(status, 7);
	sandbox.bind = bind;
	sandbox.bind_count = 2;
	assert_int_equal(
		run_with(&sandbox,
			"echo $(ls -A /); uname -n; env | sort; echo $(ls /proc/self/fd);"
			"(echo x >/usr/x) 2>/dev/null; (echo x >/build/given/x) 2>/dev/null;"
			"(echo x >/x) 2>/dev/null; sleep 98791 & echo hi >out/file",
			&e),
		0);
	options.no_sandbox = false;
	assert_string_equal(output,
		"bin build dev etc lib lib64 proc sbin tmp usr\ningot\n"
		"LC_ALL=C\nPATH=/usr/bin:/bin\nPWD=/build\n0 1 2 3\n");
	assert_int_equal(access("out/x", F_OK), -1);
	assert_int_equal(access("out/file", F_OK), 0);
	unlink("out/file");
	assert_true(is_gone("sleep 9879"));
}

static int
enter(void **state)
{
	root = getenv("INGOT_TEST_ROOT");
	if (!root)
		root = "";
	if (scratch_enter(state) < 0 || mkdir("out", 0755) < 0)
		return -1;
	snprintf(out_dir, sizeof out_dir, "%s/out", scratch_dir);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exit_status_is_the_scripts),
		cmocka_unit_test(test_environment_is_exactly_as_given),
		cmocka_unit_test(test_identity_is_fixed),
		cmocka_unit_test(test_addresses_are_not_random),
		cmocka_unit_test(test_no_descriptor_is_inherited),
		cmocka_unit_test(test_signals_are_as_a_login_has_them),
		cmocka_unit_test(test_nothing_of_the_host_is_seen),
		cmocka_unit_test(test_write_outside_fails),
		cmocka_unit_test(test_writable_bind_keeps_what_is_written),
		cmocka_unit_test(test_network_is_not_there),
		cmocka_unit_test(test_daemon_ends_with_its_script),
		cmocka_unit_test(test_endless_script_is_stopped),
		cmocka_unit_test(test_sandbox_ends_with_its_owner),
		cmocka_unit_test(test_what_cannot_start_is_an_error),
		cmocka_unit_test(test_make_shares_the_tokens),
		cmocka_unit_test(test_explain_names_the_setting_to_change),
		cmocka_unit_test(test_missing_bubblewrap_names_its_package),
		cmocka_unit_test(test_plain_sandbox_sees_the_same_files),
	};
	struct error e;

	if (sandbox_probe(&e) < 0) {
		printf("1..0 # SKIP no sandbox on this host: %s\n", e.text);
		return 0;
	}
	return cmocka_run_group_tests(tests, enter, scratch_leave);
}
