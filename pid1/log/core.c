/* SPDX-License-Identifier: ISC */
#include "core.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/config.h"
#include "crash_store.h"

/* The service whose cgroup the process is in: the last folder of "0::/SLICE/NAME". */
static const struct config_service *
service_of(const struct config *config, const char *pid)
{
	char path[64], text[512], *name;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%.20s/cgroup", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return NULL;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	name = strrchr(text, '/');
	for (size_t i = 0; name && i < config->service_count; i++)
		if (strcmp(config->services[i].name, name + 1) == 0)
			return &config->services[i];
	return NULL;
}

static int
copy(struct crash_store *store, uint64_t most)
{
	static char piece[65536];

	while (most > 0) {
		ssize_t n = read(0, piece, sizeof(piece) < most ? sizeof(piece) : most);
		int r;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		r = crash_store_write(store, piece, (size_t)n);
		if (r < 0)
			return r;
		most -= (uint64_t)n;
	}
	return 0;
}

int
core_main(const struct config *config, char **arguments, int count)
{
	const struct config_service *service =
		count == 2 ? service_of(config, arguments[0]) : NULL;
	struct crash_store store;
	uint64_t most;
	int r;

	if (!service || service->limits.core == 0 || !config->crash.store ||
		!config->crash.store[0])
		return 1;
	/* The rest of the store is for reports and for the core before this one. */
	most = config->crash.size / 2;
	if (service->limits.core < most)
		most = service->limits.core;
	if (strtoull(arguments[1], NULL, 10) < most)
		most = strtoull(arguments[1], NULL, 10);
	r = crash_store_begin(&store, config->crash.store, config->crash.count,
		config->crash.size, service->name, "core");
	if (r < 0)
		return 1;
	r = copy(&store, most);
	if (r == 0 && store.written > 0)
		return crash_store_commit(&store) < 0;
	crash_store_abandon(&store);
	return 1;
}
