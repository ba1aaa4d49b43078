/* SPDX-License-Identifier: ISC */
#ifndef ROLLBACK_EFI_VARS_H
#define ROLLBACK_EFI_VARS_H

#include <stddef.h>
#include <stdint.h>

struct error;

#define EFI_NUMBERS 65536 /* of boot entries */

/*
 * The firmware's global variables, or what tests put in their place. A put is whole or not
 * at all, whenever the power fails: that is SetVariable's promise (UEFI 2.10, 8.2).
 */
struct efi_vars {
	const char *name; /* for messages */
	/* Each returns 0 or -errno. get: -ENOENT if there is none, -EFBIG if it does not
	 * fit into the room. */
	int (*get)(struct efi_vars *vars, const char *variable, void *data, size_t room,
		size_t *size);
	/* Non-volatile, for firmware and system; read back. */
	int (*put)(struct efi_vars *vars, const char *variable, const void *data,
		size_t size);
	/* 0 also if there was none. */
	int (*drop)(struct efi_vars *vars, const char *variable);
	/* Sets the bits of the numbers for which there is a Boot#### variable. */
	int (*list)(struct efi_vars *vars, uint8_t used[EFI_NUMBERS / 8]);
};

struct efi_vars_folder {
	struct efi_vars vars; /* the first member */
	int folder;
};

/*
 * The running machine's, of the kernel's efivarfs, which is mounted nowhere for it. 0, or
 * -errno with e where the machine has no UEFI firmware or nobody may see its variables.
 */
int efi_vars_open(struct efi_vars_folder *of, struct error *e);

/* A folder in the layout of efivarfs. */
int efi_vars_open_folder(struct efi_vars_folder *of, const char *path, struct error *e);

void efi_vars_close(struct efi_vars_folder *of);

/* "Boot001A" into text[9]. */
void efi_vars_boot_name(uint16_t number, char text[9]);

#endif
