/* SPDX-License-Identifier: ISC */
#ifndef ROLLBACK_SCRUB_H
#define ROLLBACK_SCRUB_H

#include "device.h"

/*
 * Looks for rot in slots before they are needed: reads them slowly around the caches and
 * compares an XXH3 sum with the one from when their signed hashes were last right. The
 * sum stands where the tail had the image's first block, little-endian: magic "INGOTSUM",
 * u64 bytes, u64 XXH3 of them with seed 0, u64 XXH64 of the 24 bytes before with seed 0.
 * Nobody signs it, so it decides nothing: what differs is for the hashes to judge.
 */
enum scrub_result {
	SCRUB_WHOLE,
	SCRUB_NO_SUM, /* never looked at since its install, or its sum is damaged */
	SCRUB_DIFFERS, /* from its sum, or its release is not to be read */
};

/*
 * One slot, at most rate bytes a second (0: no limit). Needs no lock: bytes that an
 * install changes meanwhile differ, too. 0 or -errno with e.
 */
int scrub_look(struct device *device, uint8_t slot, uint64_t rate,
	enum scrub_result *result, struct error *e);

/*
 * Judges a slot by its signed hashes, under the lock, and if it is whole writes its sum. 0
 * or -errno as verify_slot() has it.
 */
int scrub_settle(struct device *device, uint8_t slot, struct error *e);

#endif
