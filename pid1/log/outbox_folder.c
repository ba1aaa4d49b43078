/* SPDX-License-Identifier: ISC */
#include "outbox_folder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/config.h"
#include "log.h"

void
outbox_folder_make(const struct config *config)
{
	const struct config_outbox *outbox = &config->outbox;
	const struct config_isolation *sender;
	char path[sizeof(OUTBOX_FOLDER) + 66];

	if (!outbox->url || !outbox->url[0] || outbox->sender >= config->service_count)
		return;
	sender = &config->services[outbox->sender].isolation;
	mkdir(OUTBOX_FOLDER, 0755);
	for (size_t i = 0; outbox->priorities[i]; i++) {
		snprintf(path, sizeof(path), OUTBOX_FOLDER "/%s", outbox->priorities[i]);
		/* Sticky: nobody takes away another's file but the folder's owner; and
		 * files get the sender's group, so that mode 0640 is enough. */
		if ((mkdir(path, 0700) < 0 && errno != EEXIST) ||
			chown(path, sender->uid, sender->gid) < 0 ||
			chmod(path, 03733) < 0)
			log_say("%s: cannot make: %s", path, strerror(errno));
	}
}
