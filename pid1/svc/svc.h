/* SPDX-License-Identifier: ISC */
#ifndef PID1_SVC_H
#define PID1_SVC_H

#include <stdbool.h>

struct control_reply;

/*
 * How svc(8) shows what pid1 answers: lines for people as they come, or JSON: one
 * document for a status or a timeline, one object a line for a log.
 */
struct svc_show {
	bool json;
	struct json_t *device, *mounts, *links, *services,
		*steps; /* kept until the end */
	const char *table; /* whose heading was printed last, NULL for none */
};

/* One record; REPLY_END is not for it. 0, or -ENOMEM. */
int svc_show_reply(struct svc_show *show, const struct control_reply *reply);

/* After the last record: the document, and everything is given back. 0 or -errno. */
int svc_show_finish(struct svc_show *show);

#endif
