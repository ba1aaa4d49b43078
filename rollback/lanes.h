/* SPDX-License-Identifier: ISC */
#ifndef ROLLBACK_LANES_H
#define ROLLBACK_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/release.h"

/*
 * BLAKE2b-256 (RFC 7693) of LANES messages at once, one in each lane of a vector. A
 * single message keeps no vector busy: its steps wait for each other. The messages are
 * as long as each other, a multiple of LANES_BLOCK and not empty, as whole chunks are.
 */
#define LANES	    4
#define LANES_BLOCK 128 /* bytes */

struct lanes {
	_Alignas(32) uint64_t chain[8][LANES];
	uint64_t hashed; /* bytes of each */
};

/* True where this is faster than LANES times libsodium: x86-64 with AVX2. */
bool lanes_available(void);

void lanes_begin(struct lanes *lanes);

/* The next size bytes of each message, a multiple of LANES_BLOCK; last: they are the end. */
void lanes_update(
	struct lanes *lanes, const uint8_t *const data[LANES], size_t size, bool last);

/* The hash of a message, after its last bytes. */
void lanes_hash(const struct lanes *lanes, unsigned lane, uint8_t hash[RELEASE_HASH]);

#endif
