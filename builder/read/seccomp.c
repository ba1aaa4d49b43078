/* SPDX-License-Identifier: ISC */
#include "seccomp.h"

#include <errno.h>
#include <linux/filter.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/strlist.h"
#include "seccomp_groups.h"
#include "builder/base/xalloc.h"

#define DEPTH	 4 /* of groups in groups */
#define NUMBERS	 1024 /* no architecture of ours numbers its calls higher, but for x32 */
#define CLONE_NS 0x7e020000 /* CLONE_NEWNS, NEWCGROUP, NEWUTS ... NEWNET */
#define ERRNO(n) SCMP_ACT_ERRNO(n)

struct compiler {
	scmp_filter_ctx filter;
	uint32_t arch;
	const struct seccomp_request *request;
	uint32_t action; /* for what the request names */
	uint32_t refuse;
	bool seen[NUMBERS]; /* has a rule */
	int error;
};

int
seccomp_check_word(const char *word)
{
	if (word[0] == '@')
		return seccomp_group(word) ? 0 : -EINVAL;
	return seccomp_syscall_resolve_name(word) == __NR_SCMP_ERROR ? -EINVAL : 0;
}

static void
keep_error(struct compiler *c, int r)
{
	if (r < 0 && c->error == 0)
		c->error = r;
}

static int
number_of(const struct compiler *c, const char *name)
{
	return seccomp_syscall_resolve_name_arch(c->arch, name);
}

/* By their flags, which are the first argument on every architecture but s390: nothing
 * that makes a namespace. */
static void
add_flags_rules(struct compiler *c, int number)
{
	if (!c->request->deny) {
		keep_error(c, seccomp_rule_add(c->filter, SCMP_ACT_ALLOW, number, 1,
				      SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NS, 0)));
		return;
	}
	for (uint64_t bit = 1; bit <= CLONE_NS; bit <<= 1)
		if (bit & CLONE_NS)
			keep_error(c, seccomp_rule_add(c->filter, c->refuse, number, 1,
					      SCMP_A0(SCMP_CMP_MASKED_EQ, bit, bit)));
}

static void
add_number(struct compiler *c, int number)
{
	const bool walled = !c->request->deny && !c->request->namespaces;

	/* Below 0: the architecture has no such call. */
	if (number < 0 || number >= NUMBERS || c->seen[number])
		return;
	c->seen[number] = true;
	if (walled && number == number_of(c, "setns"))
		return;
	if (walled &&
		(number == number_of(c, "clone") || number == number_of(c, "unshare")))
		add_flags_rules(c, number);
	else
		keep_error(c, seccomp_rule_add(c->filter, c->action, number, 0));
}

static void
add_words(struct compiler *c, const char *text, unsigned depth)
{
	char *copy = xstrdup(text), *rest = NULL;

	for (char *word = strtok_r(copy, " ", &rest); word;
		word = strtok_r(NULL, " ", &rest)) {
		const char *members = word[0] == '@' ? seccomp_group(word) : NULL;

		if (members && depth < DEPTH)
			add_words(c, members, depth + 1);
		else if (!members)
			add_number(c, number_of(c, word));
	}
	free(copy);
}

static void
mark(struct compiler *c, const char *name)
{
	int number = number_of(c, name);

	if (number >= 0 && number < NUMBERS)
		c->seen[number] = true;
}

/* What a request cannot change comes first. */
static void
add_fixed(struct compiler *c)
{
	static const char *const needed[] = {
		"execve", "exit", "exit_group", "rt_sigreturn", "write"};

	mark(c, "clone3");
	keep_error(
		c, seccomp_rule_add(c->filter, ERRNO(ENOSYS), number_of(c, "clone3"), 0));
	if (!c->request->deny)
		add_words(c, "@default write", 0);
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		mark(c, needed[i]);
}

/* A list of what is denied has these beside it. */
static void
deny_namespaces(struct compiler *c)
{
	static const char *const by_flags[] = {"clone", "unshare"};

	for (size_t i = 0; i < 2; i++)
		if (!c->seen[number_of(c, by_flags[i])])
			add_flags_rules(c, number_of(c, by_flags[i]));
	add_number(c, number_of(c, "setns"));
}

/* The highest number that libseccomp knows. */
static uint32_t
last_number(const struct compiler *c)
{
	int last = NUMBERS - 1;

	while (last > 0) {
		char *name = seccomp_syscall_resolve_num_arch(c->arch, last);

		free(name);
		if (name)
			break;
		last--;
	}
	return (uint32_t)last;
}

/*
 * libseccomp's program, and before that of an allow-list: a call newer than its tables
 * does not exist (ENOSYS), rather than being forbidden, so that a libc that tries it
 * falls back to an older one. On x32 that is every call.
 */
static int export(const struct compiler *c, uint8_t **filter, uint32_t *size)
{
	const struct sock_filter head[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, last_number(c), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0x00050000 | ENOSYS),
	};
	const size_t before = c->request->deny ? 0 : sizeof(head);
	int fd = memfd_create("filter", MFD_CLOEXEC), r;
	off_t length;

	if (fd < 0)
		return -errno;
	r = seccomp_export_bpf(c->filter, fd);
	length = r == 0 ? lseek(fd, 0, SEEK_END) : 0;
	if (r == 0 && (length <= 0 || length > 4096 * 8))
		r = -E2BIG;
	if (r == 0) {
		*filter = xmalloc(before + (size_t)length);
		memcpy(*filter, head, before);
		if (pread(fd, *filter + before, (size_t)length, 0) != length)
			r = -EIO;
		*size = (uint32_t)(before + (size_t)length);
	}
	close(fd);
	return r;
}

int
seccomp_compile(const struct seccomp_request *request, const char *arch, uint8_t **filter,
	uint32_t *size, char *why, size_t why_size)
{
	struct compiler c = {.request = request,
		.arch = seccomp_arch_resolve_name(arch),
		.refuse = request->kill ? SCMP_ACT_KILL_PROCESS : ERRNO(EPERM)};
	int r;

	c.action = request->deny ? c.refuse : SCMP_ACT_ALLOW;
	c.filter = seccomp_init(request->deny ? SCMP_ACT_ALLOW : c.refuse);
	if (!c.filter || c.arch == 0) {
		snprintf(why, why_size, "libseccomp knows no architecture %s", arch);
		seccomp_release(c.filter);
		return -EINVAL;
	}
	if (c.arch != seccomp_arch_native()) {
		keep_error(&c, seccomp_arch_add(c.filter, c.arch));
		keep_error(&c, seccomp_arch_remove(c.filter, SCMP_ARCH_NATIVE));
	}
	keep_error(&c, seccomp_attr_set(
			       c.filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS));
	/* 2: a tree, not a chain: the last call is found as fast as the first. */
	keep_error(&c, seccomp_attr_set(c.filter, SCMP_FLTATR_CTL_OPTIMIZE, 2));
	add_fixed(&c);
	for (size_t i = 0; i < request->words->count; i++)
		add_words(&c, request->words->item[i], 0);
	if (request->deny && !request->namespaces)
		deny_namespaces(&c);
	r = c.error ? c.error : export(&c, filter, size);
	seccomp_release(c.filter);
	if (r < 0)
		snprintf(why, why_size, "libseccomp: %s", strerror(-r));
	return r;
}
