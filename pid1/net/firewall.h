/* SPDX-License-Identifier: ISC */
#ifndef PID1_FIREWALL_H
#define PID1_FIREWALL_H

#include <stddef.h>
#include <stdint.h>

/* Gives the kernel the batch of rules that the builder compiled: all of them or none. 0
 * or -errno. */
int firewall_load(const uint8_t *batch, size_t size);

/* What the kernel said to a batch: 0 if it was taken, -errno; -EPROTO: nothing. */
int firewall_verdict(const uint8_t *data, size_t size, int before);

#endif
