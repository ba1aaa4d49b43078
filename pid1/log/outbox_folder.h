/* SPDX-License-Identifier: ISC */
#ifndef PID1_OUTBOX_FOLDER_H
#define PID1_OUTBOX_FOLDER_H

struct config;

#define OUTBOX_FOLDER "/run/outbox"

/* Makes the folders that services put files for the collector into, one a priority: each
 * may add to them, the sender alone sees and deletes what is there. */
void outbox_folder_make(const struct config *config);

#endif
