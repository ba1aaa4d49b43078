/* SPDX-License-Identifier: ISC */
#include "scratch.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#include "builder/read/seccomp.h"
#include "builder/read/seccomp_program.h"

#define ALLOW	    0x7fff0000u
#define FAIL(error) (0x00050000u | (error))
#define KILL	    0x80000000u

/* Runs a filter as the kernel would, on the instructions that such filters have. */
static uint32_t
run(const uint8_t *bytes, uint32_t size, uint32_t arch, uint32_t number, uint64_t first)
{
	const struct sock_filter *p = (const struct sock_filter *)(const void *)bytes;
	const struct seccomp_data data = {
		.nr = (int)number, .arch = arch, .args = {first}};
	uint32_t a = 0;

	for (size_t at = 0; at < size / sizeof(*p); at++) {
		const struct sock_filter *i = &p[at];

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			assert_true(i->k + 4 <= sizeof(data));
			memcpy(&a, (const uint8_t *)&data + i->k, 4);
			break;
		case BPF_JMP | BPF_JA:
			at += i->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			at += a == i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			at += a & i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			at += a >= i->k ? i->jt : i->jf;
			break;
		case BPF_RET | BPF_K:
			return i->k;
		default:
			fail_msg("instruction 0x%x", i->code);
		}
	}
	fail_msg("a filter without an end");
	return 0;
}

struct program {
	uint8_t *bytes;
	uint32_t size;
};

static struct program
compile(const char *words, bool deny, bool namespaces, bool kill)
{
	struct strlist list = {0};
	struct program p = {0};
	char why[256] = "";

	strlist_split(&list, words);
	assert_int_equal(
		seccomp_compile(&(struct seccomp_request){&list, deny, namespaces, kill},
			"x86_64", &p.bytes, &p.size, why, sizeof(why)),
		0);
	assert_string_equal(why, "");
	assert_int_equal(p.size % sizeof(struct sock_filter), 0);
	assert_in_range(p.size, 8, 4096 * 8);
	strlist_free(&list);
	return p;
}

static uint32_t
call(const struct program *p, long number, uint64_t first)
{
	return run(p->bytes, p->size, AUDIT_ARCH_X86_64, (uint32_t)number, first);
}

static void
test_seccomp_allow_list_allows_these_alone(void **state)
{
	struct program p = compile("@basic-io getdents64", false, false, false);

	(void)state;
	assert_int_equal(call(&p, SYS_read, 0), ALLOW);
	assert_int_equal(call(&p, SYS_getdents64, 0), ALLOW);
	/* Always: to run at all, and to say why it does not. */
	assert_int_equal(call(&p, SYS_execve, 0), ALLOW);
	assert_int_equal(call(&p, SYS_exit_group, 0), ALLOW);
	assert_int_equal(call(&p, SYS_write, 0), ALLOW);
	assert_int_equal(call(&p, SYS_openat, 0), FAIL(EPERM));
	assert_int_equal(call(&p, SYS_reboot, 0), FAIL(EPERM));
	assert_int_equal(call(&p, SYS_clone, 0), FAIL(EPERM));
	assert_int_equal(call(&p, SYS_clone3, 0), FAIL(ENOSYS));
	/* Newer than libseccomp: it does not exist. */
	assert_int_equal(call(&p, 1000, 0), FAIL(ENOSYS));
	free(p.bytes);
}

static void
test_seccomp_system_service_runs_programs_and_no_more(void **state)
{
	static const long allowed[] = {SYS_openat, SYS_socket, SYS_vfork, SYS_futex,
		SYS_epoll_wait, SYS_ioctl, SYS_prctl, SYS_setuid, SYS_kill, SYS_mmap,
		SYS_timerfd_create, SYS_sched_setscheduler, SYS_fsync};
	static const long refused[] = {SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot,
		SYS_reboot, SYS_kexec_load, SYS_kexec_file_load, SYS_init_module,
		SYS_finit_module, SYS_delete_module, SYS_ptrace, SYS_bpf,
		SYS_perf_event_open, SYS_setns, SYS_swapon, SYS_iopl, SYS_ioperm,
		SYS_open_by_handle_at, SYS_settimeofday, SYS_move_mount, SYS_open_tree,
		SYS_acct};
	struct program p = compile("@system-service", false, false, false);

	(void)state;
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		assert_int_equal(call(&p, allowed[i], 0), ALLOW);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_int_equal(call(&p, refused[i], 0), FAIL(EPERM));
	free(p.bytes);
}

static void
test_seccomp_namespaces_only_where_allowed(void **state)
{
	static const uint64_t spaces[] = {0x00020000, 0x02000000, 0x04000000, 0x08000000,
		0x10000000, 0x20000000, 0x40000000};
	struct program tight = compile("@system-service", false, false, false);
	struct program deny = compile("@swap", true, false, false);
	struct program open = compile("@system-service", false, true, false);

	(void)state;
	assert_int_equal(call(&tight, SYS_clone, 17), ALLOW);
	assert_int_equal(call(&tight, SYS_unshare, 0x200), ALLOW);
	assert_int_equal(call(&deny, SYS_clone, 17), ALLOW);
	for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
		assert_int_equal(call(&tight, SYS_clone, spaces[i] | 17), FAIL(EPERM));
		assert_int_equal(call(&tight, SYS_unshare, spaces[i]), FAIL(EPERM));
		assert_int_equal(call(&deny, SYS_clone, spaces[i] | 17), FAIL(EPERM));
		assert_int_equal(call(&deny, SYS_unshare, spaces[i]), FAIL(EPERM));
		assert_int_equal(call(&open, SYS_clone, spaces[i] | 17), ALLOW);
	}
	assert_int_equal(call(&deny, SYS_setns, 0), FAIL(EPERM));
	assert_int_equal(call(&open, SYS_setns, 0), ALLOW);
	assert_int_equal(call(&open, SYS_clone3, 0), FAIL(ENOSYS));
	free(tight.bytes);
	free(deny.bytes);
	free(open.bytes);
}

static void
test_seccomp_deny_list_denies_these_alone(void **state)
{
	struct program p = compile("@swap reboot clone", true, false, true);

	(void)state;
	assert_int_equal(call(&p, SYS_reboot, 0), KILL);
	assert_int_equal(call(&p, SYS_swapon, 0), KILL);
	assert_int_equal(call(&p, SYS_clone, 17), KILL);
	assert_int_equal(call(&p, SYS_mount, 0), ALLOW);
	assert_int_equal(call(&p, SYS_clone3, 0), FAIL(ENOSYS));
	free(p.bytes);
}

static void
test_seccomp_other_architecture_killed(void **state)
{
	struct program p = compile("@system-service", false, false, false);

	(void)state;
	assert_int_equal(run(p.bytes, p.size, AUDIT_ARCH_I386, SYS_read, 0), KILL);
	/* x32's numbers are above all others. */
	assert_int_equal(call(&p, SYS_read | 0x40000000, 0), FAIL(ENOSYS));
	free(p.bytes);
}

/* What the verdicts say of a call, plainly. */
static uint32_t
said(const struct seccomp_verdicts *verdicts, uint32_t number, uint64_t first)
{
	switch (number < SECCOMP_NUMBERS ? verdicts->fate[number] : verdicts->above) {
	case FATE_ALLOW:
		return number & 0x40000000 ? KILL : ALLOW;
	case FATE_MISSING:
		return FAIL(ENOSYS);
	case FATE_SPACES:
		return first & 0x7e020000 ? verdicts->refuse : ALLOW;
	default:
		return verdicts->refuse;
	}
}

static void
test_seccomp_program_answers_as_verdicts_say(void **state)
{
	static struct sock_filter code[SECCOMP_MOST];

	(void)state;
	srand(1);
	for (unsigned round = 0; round < 200; round++) {
		struct seccomp_verdicts verdicts = {.arch = AUDIT_ARCH_X86_64,
			.above = round % 2 ? FATE_ALLOW : FATE_MISSING,
			.refuse = round % 3 ? FAIL(EPERM) : KILL};
		/* From no two neighbours alike to long ranges. */
		unsigned often = 1 + round % 50;
		size_t count;

		for (size_t i = 0; i < SECCOMP_NUMBERS; i++)
			verdicts.fate[i] = (uint8_t)(i > 0 && (unsigned)rand() % often > 0
							     ? verdicts.fate[i - 1]
							     : rand() % SECCOMP_FATES);
		count = seccomp_program(&verdicts, code);
		assert_in_range(count, 4, 4096);
		for (uint32_t i = 0; i <= SECCOMP_NUMBERS + 3; i++)
			for (uint64_t first = 0; first <= 1ull << 40;
				first = first ? first << 1 : 1)
				assert_int_equal(
					run((const uint8_t *)code,
						(uint32_t)(count * sizeof(code[0])),
						AUDIT_ARCH_X86_64, i, first),
					said(&verdicts, i, first));
		assert_int_equal(
			run((const uint8_t *)code, (uint32_t)(count * sizeof(code[0])),
				AUDIT_ARCH_X86_64, SYS_read | 0x40000000, 0),
			said(&verdicts, SYS_read | 0x40000000, 0));
	}
}

/* Another architecture's own numbers: 63 is its read, 40 its mount, 220 its clone. */
static void
test_seccomp_other_board_has_its_numbers(void **state)
{
	struct strlist list = {0};
	struct program p = {0};
	char why[256];

	(void)state;
	strlist_split(&list, "@basic-io @process");
	assert_int_equal(
		seccomp_compile(&(struct seccomp_request){&list, false, false, false},
			"aarch64", &p.bytes, &p.size, why, sizeof(why)),
		0);
	assert_int_equal(run(p.bytes, p.size, AUDIT_ARCH_AARCH64, 63, 0), ALLOW);
	assert_int_equal(run(p.bytes, p.size, AUDIT_ARCH_AARCH64, 40, 0), FAIL(EPERM));
	assert_int_equal(run(p.bytes, p.size, AUDIT_ARCH_AARCH64, 220, 17), ALLOW);
	assert_int_equal(
		run(p.bytes, p.size, AUDIT_ARCH_AARCH64, 220, 0x20000000), FAIL(EPERM));
	assert_int_equal(run(p.bytes, p.size, AUDIT_ARCH_X86_64, SYS_read, 0), KILL);
	strlist_free(&list);
	free(p.bytes);
}

static void
test_seccomp_system_service_is_short(void **state)
{
	struct program p = compile("@system-service", false, false, false);

	(void)state;
	assert_in_range(p.size / sizeof(struct sock_filter), 10, 200);
	free(p.bytes);
}

static void
test_seccomp_same_request_same_bytes(void **state)
{
	struct program a = compile("@system-service", false, false, false);
	struct program b = compile("@system-service", false, false, false);

	(void)state;
	assert_int_equal(a.size, b.size);
	assert_memory_equal(a.bytes, b.bytes, a.size);
	free(a.bytes);
	free(b.bytes);
}

static void
test_seccomp_unknown_word_or_architecture_refused(void **state)
{
	struct strlist list = {0};
	uint8_t *bytes;
	uint32_t size;
	char why[256];

	(void)state;
	assert_int_equal(seccomp_check_word("@basic-io"), 0);
	assert_int_equal(seccomp_check_word("read"), 0);
	assert_int_equal(seccomp_check_word("vm86"), 0);
	assert_int_equal(seccomp_check_word("@basic"), -EINVAL);
	assert_int_equal(seccomp_check_word("reed"), -EINVAL);
	assert_int_equal(
		seccomp_compile(&(struct seccomp_request){&list, false, false, false},
			"z80", &bytes, &size, why, sizeof(why)),
		-EINVAL);
	assert_string_equal(why, "libseccomp knows no architecture z80");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seccomp_allow_list_allows_these_alone),
		cmocka_unit_test(test_seccomp_system_service_runs_programs_and_no_more),
		cmocka_unit_test(test_seccomp_namespaces_only_where_allowed),
		cmocka_unit_test(test_seccomp_deny_list_denies_these_alone),
		cmocka_unit_test(test_seccomp_other_architecture_killed),
		cmocka_unit_test(test_seccomp_program_answers_as_verdicts_say),
		cmocka_unit_test(test_seccomp_other_board_has_its_numbers),
		cmocka_unit_test(test_seccomp_system_service_is_short),
		cmocka_unit_test(test_seccomp_same_request_same_bytes),
		cmocka_unit_test(test_seccomp_unknown_word_or_architecture_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
