/* SPDX-License-Identifier: ISC */
#ifndef ROLLBACK_LOAD_H
#define ROLLBACK_LOAD_H

#include "device.h"

/*
 * Hands a slot's image to the kernel for a kexec: the bytes are copied into memory, sealed,
 * and verified there, so that what was judged is what is loaded. Only of a GOOD slot, or of
 * one that is to be tried by kexec: then the attempt is on record when this returns, and
 * the caller jumps. 0 or -errno with e; after a failure nothing is loaded.
 */
int load_slot(struct device *device, uint8_t slot, struct error *e);

/* The same of the slot that a launcher picked, whatever its state; trial: the attempt is on
 * record when this returns. */
int load_picked(struct device *device, uint8_t slot, bool trial, struct error *e);

#endif
