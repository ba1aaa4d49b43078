/* SPDX-License-Identifier: ISC */
#ifndef ROLLBACK_EVIDENCE_H
#define ROLLBACK_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

/*
 * Whether the attempt of a trial failed, by what outlived it. A power cut leaves nothing,
 * so nothing is held against the image then.
 */
#define EVIDENCE_TEXT 160 /* bytes of a text, with the NUL */
#define EVIDENCE_WHY  224 /* bytes of a verdict's reason, with the NUL */

/* How pid1 says that the last boot ended; its kinds in pid1(8), "Reason". */
enum evidence_end {
	END_UNKNOWN,
	END_CUT, /* said nothing */
	END_WATCHDOG, /* said nothing, and the hardware's watchdog fired */
	END_ORDERLY, /* power-off, reboot, halt: as it was asked to */
	END_KEXEC, /* jumped */
	END_NO_JUMP, /* was to jump, and restarted instead */
	END_PANIC, /* the kernel's words are in pstore */
	END_FAULT, /* rescue, unhealthy, no-watchdog: gave itself up */
};

struct evidence {
	enum evidence_end end;
	uint32_t ended; /* the tag of the image whose pid1 wrote that, 0: unknown */
	bool watchdog; /* the hardware says that this boot is a watchdog's doing */
	uint64_t panics; /* fingerprint of the panics that pstore has, 0: none */
	bool has_before; /* it is known what that was when the attempt began: */
	uint64_t before;
	char text[EVIDENCE_TEXT]; /* what pid1 wrote, printable */
	char panic[EVIDENCE_TEXT]; /* what the kernel said last, printable */
};

/* Where it is read from; "" for what the device does not have. */
struct evidence_paths {
	char last_boot[256]; /* pid1's account, an INI file */
	char watchdog[256]; /* bootstatus of sysfs */
	char pstore[256]; /* a folder */
};

/*
 * The verdict on an attempt with the image of tag `tried`: true if there is evidence against it,
 * and then why[EVIDENCE_WHY] says which; else why says how it ended, as far as that
 * is known. Pure.
 */
bool evidence_against(
	const struct evidence *evidence, uint32_t tried, char why[EVIDENCE_WHY]);

/* An image as pid1's record names it: the first 4 bytes of its content id. */
uint32_t evidence_tag(const uint8_t *content);

/* What a device has by default. */
void evidence_defaults(struct evidence_paths *paths);

/*
 * Reads what there is; waits up to ms for pid1's account, which comes once the medium it
 * lies on is mounted. What cannot be read is unknown. 0, or -EINVAL with e for an account
 * that is none.
 */
int evidence_read(struct evidence *evidence, const struct evidence_paths *paths,
	unsigned ms, struct error *e);

/* The fingerprint of the panics in a pstore's folder: over names, sizes and bytes; 0 for
 * none. *panic, if not NULL, gets what stands in the newest. */
uint64_t evidence_panics(const char *folder, char panic[EVIDENCE_TEXT]);

#endif
