/* SPDX-License-Identifier: ISC */
#include "runtime.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/config.h"
#include "pid1/log/log.h"

static void
make(const char *name, const struct config_isolation *isolation)
{
	char path[sizeof("/run/") + 64]; /* config_is_name() */

	snprintf(path, sizeof(path), "/run/%s", name);
	if ((mkdir(path, 0755) < 0 && errno != EEXIST) ||
		lchown(path, isolation->uid, isolation->gid) < 0)
		log_say("%s: cannot make: %s", path, strerror(errno));
}

void
runtime_setup(const struct config *config)
{
	for (size_t i = 0; i < config->service_count; i++) {
		const struct config_isolation *isolation = &config->services[i].isolation;

		for (size_t k = 0; isolation->runtime[k]; k++)
			make(isolation->runtime[k], isolation);
	}
}
