/* SPDX-License-Identifier: ISC */
#ifndef ROLLBACK_VERBS_H
#define ROLLBACK_VERBS_H

#include "setup.h"

/* What was asked for, beside the verb. */
struct request {
	struct setup *setup;
	const char *argument; /* FILE or SLOT, NULL where none was given */
	uint64_t at, rate; /* --at, --rate */
	uint64_t seconds; /* of `proceed`, from one look to the next; 0: looks once */
	bool has_image;
	uint8_t image[SLOT_HASH]; /* --image */
	bool json, first, older, again, kexec, reboot, failed, launcher;
};

/*
 * One function a verb. Results go to stdout; 0, or -errno as device.h has it with e, which
 * main() makes a message and an exit status of.
 */
int verb_confirm(struct request *request, struct error *e);
int verb_history(struct request *request, struct error *e);
int verb_info(struct request *request, struct error *e);
int verb_install(struct request *request, struct error *e);
int verb_judge(struct request *request, struct error *e);
int verb_launch(struct request *request, struct error *e);
int verb_load(struct request *request, struct error *e);
int verb_offer(struct request *request, struct error *e);
int verb_proceed(struct request *request, struct error *e);
int verb_repair(struct request *request, struct error *e);
int verb_revert(struct request *request, struct error *e);
int verb_root(struct request *request, struct error *e);
int verb_scrub(struct request *request, struct error *e);
int verb_status(struct request *request, struct error *e);
int verb_try(struct request *request, struct error *e);
int verb_verify(struct request *request, struct error *e);

/* Reads all that verb_offer() and verb_root() judge, before the slots are opened: whoever
 * sends it may be slow, and keeps nobody from them. 0 or -errno with e. */
int offer_read(const char *path, struct error *e);

/* True and why if there is evidence against the attempt that is open; *r < 0 with e: what
 * outlived it cannot be read. */
bool judge_evidence(struct setup *setup, char why[EVIDENCE_WHY], struct error *e, int *r);

/* "2026-11-21T12:00:00Z" into text[32]. */
void show_time(int64_t seconds, char text[32]);

/* Prints a JSON value that it owns, and a newline; 0 or -errno with e. */
struct json_t;
int show_json(struct json_t *value, struct error *e);

#endif
