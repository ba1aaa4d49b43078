/* SPDX-License-Identifier: ISC */
#ifndef PID1_KEY_FILE_H
#define PID1_KEY_FILE_H

#include <stdint.h>

#include "wireguard.h"

/*
 * Reads a WireGuard key, which may lie on a disk that does not answer: by a child, for at
 * most 2 seconds, and at once -ETIMEDOUT as long as that child is still held. A file that
 * others than its owner may touch is complained of. 0 or -errno.
 */
int key_file_read(const char *path, uint8_t key[WIREGUARD_KEY]);

#endif
