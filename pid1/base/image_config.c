/* SPDX-License-Identifier: ISC */
#include "image_config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/config.h"
#include "lib/error.h"

#define CONFIG_MOST (16 << 20) /* bytes */

static struct config_service services[CONFIG_SERVICES];
static struct config config;

const struct config *
image_config(struct error *e)
{
	struct stat st;
	void *data = MAP_FAILED;
	int fd = open(CONFIG_PATH, O_RDONLY | O_CLOEXEC);

	config.services = services;
	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0 && st.st_size <= CONFIG_MOST)
		data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (fd >= 0)
		close(fd);
	if (data == MAP_FAILED) {
		error_set(e, EIO, "cannot read " CONFIG_PATH);
		return NULL;
	}
	return config_decode(&config, data, (size_t)st.st_size, e) < 0 ? NULL : &config;
}
