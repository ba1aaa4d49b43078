/* SPDX-License-Identifier: ISC */
#include "seccomp_program.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <string.h>

#define CLONE_NS 0x7e020000 /* CLONE_NEWNS, NEWCGROUP, NEWUTS ... NEWNET */
#define X32	 0x40000000 /* __X32_SYSCALL_BIT of <asm/unistd.h> */
#define NEAR	 250 /* a conditional jump goes up to 255 */

/* The low half of the first argument; seccomp(2), struct seccomp_data. */
#define FIRST(arch)                                                                      \
	((arch)&__AUDIT_ARCH_LE ? offsetof(struct seccomp_data, args)                    \
				: offsetof(struct seccomp_data, args) + 4)

/* All calls from this number to the next range's have one fate. */
struct range {
	uint32_t from;
	enum seccomp_fate fate;
};

/* Written from its end, so that where a jump goes is always known: places count from the
 * end, too. */
struct writer {
	const struct seccomp_verdicts *verdicts;
	struct sock_filter *code;
	size_t count;
	size_t fate_at
		[SECCOMP_FATES]; /* where its answer begins, the nearest; 0: nowhere */
};

/* Returns its place plus 1. */
static size_t
put(struct writer *w, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
	w->code[w->count++] = (struct sock_filter){code, jt, jf, k};
	return w->count;
}

/* A place that a conditional jump one or two further on reaches. */
static size_t
bring_near(struct writer *w, size_t target)
{
	const size_t distance = w->count - target;

	return distance < NEAR ? target
			       : put(w, BPF_JMP | BPF_JA, 0, 0, (uint32_t)distance);
}

static size_t
put_test(struct writer *w, uint16_t test, uint32_t k, size_t yes, size_t no)
{
	return put(w, BPF_JMP | test | BPF_K, (uint8_t)(w->count - yes),
		(uint8_t)(w->count - no), k);
}

static size_t
put_fate(struct writer *w, enum seccomp_fate fate)
{
	size_t *at = &w->fate_at[fate], refuse, allow;

	if (*at > 0 && w->count - *at < NEAR)
		return *at;
	switch (fate) {
	case FATE_SPACES:
		refuse = put_fate(w, FATE_REFUSE);
		allow = put_fate(w, FATE_ALLOW);
		put_test(w, BPF_JSET, CLONE_NS, refuse, allow);
		*at = put(w, BPF_LD | BPF_W | BPF_ABS, 0, 0, FIRST(w->verdicts->arch));
		break;
	case FATE_ALLOW:
		*at = put(w, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
		break;
	case FATE_MISSING:
		*at = put(w, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ENOSYS);
		break;
	default:
		*at = put(w, BPF_RET | BPF_K, 0, 0, w->verdicts->refuse);
		break;
	}
	return *at;
}

/* The search through so many ranges; as deep as their number has bits. */
static size_t
put_search(struct writer *w, const struct range *ranges, size_t count)
{
	const size_t half = count / 2;
	size_t low, high;

	if (count == 1)
		return put_fate(w, ranges->fate);
	high = put_search(w, ranges + half, count - half);
	low = put_search(w, ranges, half);
	high = bring_near(w, high);
	low = bring_near(w, low);
	return put_test(w, BPF_JGE, ranges[half].from, high, low);
}

static size_t
make_ranges(const struct seccomp_verdicts *verdicts, struct range *ranges)
{
	size_t count = 0;

	for (uint32_t i = 0; i <= SECCOMP_NUMBERS; i++) {
		enum seccomp_fate fate = i < SECCOMP_NUMBERS
						 ? (enum seccomp_fate)verdicts->fate[i]
						 : verdicts->above;

		if (count == 0 || ranges[count - 1].fate != fate)
			ranges[count++] = (struct range){i, fate};
	}
	return count;
}

size_t
seccomp_program(
	const struct seccomp_verdicts *verdicts, struct sock_filter program[SECCOMP_MOST])
{
	struct range ranges[SECCOMP_NUMBERS + 1];
	const size_t count = make_ranges(verdicts, ranges);
	/* x32's calls come as x86_64's with a bit set: nobody meant them. */
	const bool x32 =
		verdicts->arch == AUDIT_ARCH_X86_64 && verdicts->above == FATE_ALLOW;
	struct writer w = {.verdicts = verdicts, .code = program};
	size_t start = put_search(&w, ranges, count), killed;

	if (x32) {
		start = bring_near(&w, start);
		killed = put(&w, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS);
		put_test(&w, BPF_JGE, X32, killed, start);
	}
	start = put(
		&w, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
	killed = put(&w, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS);
	put_test(&w, BPF_JEQ, verdicts->arch, start, killed);
	put(&w, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, arch));
	for (size_t i = 0; i < w.count / 2; i++) {
		const struct sock_filter first = program[i];

		program[i] = program[w.count - 1 - i];
		program[w.count - 1 - i] = first;
	}
	return w.count;
}
