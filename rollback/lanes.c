/* SPDX-License-Identifier: ISC */
#include "lanes.h"

#include <string.h>

#include <sodium.h>

/* Elsewhere it works, too, if slowly, so that the tests see it. */
#ifdef __x86_64__
#define FOR_AVX2 __attribute__((target("avx2")))
#else
#define FOR_AVX2
#endif

typedef uint64_t vector __attribute__((vector_size(8 * LANES)));
typedef vector anywhere __attribute__((aligned(1), may_alias));
typedef uint8_t bytes __attribute__((vector_size(8 * LANES)));

static const uint64_t initial[8] = {
	0x6a09e667f3bcc908,
	0xbb67ae8584caa73b,
	0x3c6ef372fe94f82b,
	0xa54ff53a5f1d36f1,
	0x510e527fade682d1,
	0x9b05688c2b3e6c1f,
	0x1f83d9abfb41bd6b,
	0x5be0cd19137e2179,
};

/* SIGMA of RFC 7693, 2.7, of which the last two rounds repeat the first. */
static const uint8_t order[12][16] = {
	{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
	{14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
	{11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
	{7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
	{9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
	{2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
	{12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
	{13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
	{6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
	{10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
	{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
	{14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
};

/* A word turned right by whole bytes is a shuffle, which is cheaper than two shifts. The
 * bytes of a word are little-endian here. */
#define WORD(at, n)                                                                      \
	(at) + (n) % 8, (at) + ((n) + 1) % 8, (at) + ((n) + 2) % 8,                      \
		(at) + ((n) + 3) % 8, (at) + ((n) + 4) % 8, (at) + ((n) + 5) % 8,        \
		(at) + ((n) + 6) % 8, (at) + ((n) + 7) % 8
#define TURN(x, n)                                                                       \
	((vector)__builtin_shufflevector((bytes)(x), (bytes)(x), WORD(0, n), WORD(8, n), \
		WORD(16, n), WORD(24, n)))

/* G of RFC 7693, 3.1. */
#define MIX(a, b, c, d, x, y)                                                            \
	do {                                                                             \
		a += b + (x);                                                            \
		d = TURN(d ^ a, 4);                                                      \
		c += d;                                                                  \
		b = TURN(b ^ c, 3);                                                      \
		a += b + (y);                                                            \
		d = TURN(d ^ a, 2);                                                      \
		c += d;                                                                  \
		b ^= c;                                                                  \
		b = (b >> 63) | (b + b);                                                 \
	} while (0)

#define PICK(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)

/* Four words of each message: word[i] becomes word i of all of them. */
FOR_AVX2 static inline void
gather(vector word[4], const uint8_t *const data[LANES], size_t at)
{
	vector even[2], odd[2];

	for (unsigned pair = 0; pair < 2; pair++) {
		vector one = *(const anywhere *)(data[2 * pair] + at);
		vector two = *(const anywhere *)(data[2 * pair + 1] + at);

		even[pair] = PICK(one, two, 0, 4, 2, 6);
		odd[pair] = PICK(one, two, 1, 5, 3, 7);
	}
	word[0] = PICK(even[0], even[1], 0, 1, 4, 5);
	word[1] = PICK(odd[0], odd[1], 0, 1, 4, 5);
	word[2] = PICK(even[0], even[1], 2, 3, 6, 7);
	word[3] = PICK(odd[0], odd[1], 2, 3, 6, 7);
}

#ifndef __clang__
/* gcc 12 counts a vector's lanes for its words' bits. */
#pragma GCC diagnostic ignored "-Wanalyzer-shift-count-overflow"
#endif
/* F of RFC 7693, 3.2. */
FOR_AVX2 static void
compress(vector chain[8], const vector word[16], uint64_t hashed, bool last)
{
	vector v[16];

	for (unsigned i = 0; i < 8; i++) {
		v[i] = chain[i];
		v[i + 8] = (vector){0} + initial[i];
	}
	v[12] ^= hashed;
	v[14] ^= last ? UINT64_MAX : 0;
	for (unsigned round = 0; round < 12; round++) {
		const uint8_t *s = order[round];

		MIX(v[0], v[4], v[8], v[12], word[s[0]], word[s[1]]);
		MIX(v[1], v[5], v[9], v[13], word[s[2]], word[s[3]]);
		MIX(v[2], v[6], v[10], v[14], word[s[4]], word[s[5]]);
		MIX(v[3], v[7], v[11], v[15], word[s[6]], word[s[7]]);
		MIX(v[0], v[5], v[10], v[15], word[s[8]], word[s[9]]);
		MIX(v[1], v[6], v[11], v[12], word[s[10]], word[s[11]]);
		MIX(v[2], v[7], v[8], v[13], word[s[12]], word[s[13]]);
		MIX(v[3], v[4], v[9], v[14], word[s[14]], word[s[15]]);
	}
	for (unsigned i = 0; i < 8; i++)
		chain[i] ^= v[i] ^ v[i + 8];
}

bool
lanes_available(void)
{
#ifdef __x86_64__
	return sodium_runtime_has_avx2() != 0;
#else
	return false;
#endif
}

void
lanes_begin(struct lanes *lanes)
{
	for (unsigned i = 0; i < 8; i++)
		for (unsigned lane = 0; lane < LANES; lane++)
			lanes->chain[i][lane] = initial[i];
	/* The parameters: one leaf, no key, so many bytes of hash. */
	for (unsigned lane = 0; lane < LANES; lane++)
		lanes->chain[0][lane] ^= 0x01010000 ^ RELEASE_HASH;
	lanes->hashed = 0;
}

FOR_AVX2 void
lanes_update(
	struct lanes *lanes, const uint8_t *const data[LANES], size_t size, bool last)
{
	vector chain[8], word[16] = {0};

	memcpy(chain, lanes->chain, sizeof(chain));
	for (size_t at = 0; at < size; at += LANES_BLOCK) {
		for (size_t i = 0; i < 16; i += 4)
			gather(word + i, data, at + 8 * i);
		lanes->hashed += LANES_BLOCK;
		compress(chain, word, lanes->hashed, last && at + LANES_BLOCK == size);
	}
	memcpy(lanes->chain, chain, sizeof(chain));
}

void
lanes_hash(const struct lanes *lanes, unsigned lane, uint8_t hash[RELEASE_HASH])
{
	for (unsigned i = 0; i < RELEASE_HASH; i++)
		hash[i] = (uint8_t)(lanes->chain[i / 8][lane] >> i % 8 * 8);
}
