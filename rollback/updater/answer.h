/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_ANSWER_H
#define UPDATER_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

struct json_t;

/* What the installer said about the index. */
struct offer {
	char what[16], file[72], image[72];
	uint64_t version, size, image_size, resume_at;
	uint64_t index;
	int64_t issued, expires;
};

/* Reads what `rollback --json offer` printed; false if it makes no sense. */
bool answer_offer(struct json_t *json, struct offer *offer);

#endif
