/* SPDX-License-Identifier: ISC */
#include "seccomp.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/strlist.h"
#include "seccomp_groups.h"
#include "seccomp_program.h"
#include "builder/base/xalloc.h"

#define DEPTH 4 /* of groups in groups */

struct compiler {
	const struct seccomp_request *request;
	struct seccomp_verdicts verdicts;
	bool seen[SECCOMP_NUMBERS]; /* what is said of it stays */
};

int
seccomp_check_word(const char *word)
{
	if (word[0] == '@')
		return seccomp_group(word) ? 0 : -EINVAL;
	return seccomp_syscall_resolve_name(word) == __NR_SCMP_ERROR ? -EINVAL : 0;
}

static int
number_of(const struct compiler *c, const char *name)
{
	return seccomp_syscall_resolve_name_arch(c->verdicts.arch, name);
}

/* Below 0 and above NUMBERS: the architecture has no such call. */
static bool
has_number(int number)
{
	return number >= 0 && number < SECCOMP_NUMBERS;
}

static bool
is_by_flags(const struct compiler *c, int number)
{
	return number == number_of(c, "clone") || number == number_of(c, "unshare");
}

static void
add_number(struct compiler *c, int number)
{
	const bool walled = !c->request->deny && !c->request->namespaces;
	enum seccomp_fate fate = c->request->deny ? FATE_REFUSE : FATE_ALLOW;

	if (!has_number(number) || c->seen[number])
		return;
	c->seen[number] = true;
	if (walled && number == number_of(c, "setns"))
		return;
	if (walled && is_by_flags(c, number))
		fate = FATE_SPACES;
	c->verdicts.fate[number] = (uint8_t)fate;
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

/* What a request cannot change comes first. */
static void
add_fixed(struct compiler *c)
{
	static const char *const needed[] = {
		"execve", "exit", "exit_group", "rt_sigreturn", "write"};
	const int clone3 = number_of(c, "clone3");

	if (has_number(clone3)) {
		c->seen[clone3] = true;
		c->verdicts.fate[clone3] = FATE_MISSING;
	}
	if (!c->request->deny)
		add_words(c, "@default write", 0);
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (has_number(number_of(c, needed[i])))
			c->seen[number_of(c, needed[i])] = true;
}

/* A list of what is denied has these beside it. */
static void
deny_namespaces(struct compiler *c)
{
	static const char *const by_flags[] = {"clone", "unshare"};

	for (size_t i = 0; i < 2; i++) {
		const int number = number_of(c, by_flags[i]);

		if (has_number(number) && !c->seen[number])
			c->verdicts.fate[number] = FATE_SPACES;
	}
	add_number(c, number_of(c, "setns"));
}

/* The highest number that libseccomp knows. */
static size_t
last_number(uint32_t arch)
{
	size_t last = SECCOMP_NUMBERS - 1;

	while (last > 0) {
		char *name = seccomp_syscall_resolve_num_arch(arch, (int)last);

		free(name);
		if (name)
			break;
		last--;
	}
	return last;
}

/*
 * What nothing is said of: in a list of what is denied it is allowed. In one of what is
 * allowed, it is refused, but a call newer than libseccomp's tables does not exist
 * (ENOSYS), so that a libc that tries it falls back to an older one. On x32 that is every
 * call.
 */
static void
say_others(struct compiler *c)
{
	const size_t last = last_number(c->verdicts.arch);

	c->verdicts.above = c->request->deny ? FATE_ALLOW : FATE_MISSING;
	for (size_t i = 0; i < SECCOMP_NUMBERS; i++)
		c->verdicts.fate[i] = i <= last && !c->request->deny
					      ? FATE_REFUSE
					      : (uint8_t)c->verdicts.above;
}

int
seccomp_compile(const struct seccomp_request *request, const char *arch, uint8_t **filter,
	uint32_t *size, char *why, size_t why_size)
{
	static struct sock_filter program[SECCOMP_MOST];
	struct compiler c = {.request = request,
		.verdicts = {.arch = seccomp_arch_resolve_name(arch),
			.refuse = request->kill ? SECCOMP_RET_KILL_PROCESS
						: SECCOMP_RET_ERRNO | EPERM}};
	size_t count;

	if (c.verdicts.arch == 0) {
		snprintf(why, why_size, "libseccomp knows no architecture %s", arch);
		return -EINVAL;
	}
	say_others(&c);
	add_fixed(&c);
	for (size_t i = 0; i < request->words->count; i++)
		add_words(&c, request->words->item[i], 0);
	if (request->deny && !request->namespaces)
		deny_namespaces(&c);
	count = seccomp_program(&c.verdicts, program);
	*size = (uint32_t)(count * sizeof(program[0]));
	*filter = xmalloc(*size);
	memcpy(*filter, program, *size);
	return 0;
}
