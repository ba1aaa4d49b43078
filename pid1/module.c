/* SPDX-License-Identifier: ISC */
#include "module.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../lib/config.h"
#include "log.h"

static void
load(const struct config_module *module)
{
	int fd = open(module->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		log_say("module %s: cannot open %s: %s", module->name, module->path,
			strerror(errno));
		return;
	}
	/* EEXIST: built in, or loaded by the kernel on its own: what was wanted. */
	if (syscall(SYS_finit_module, fd, module->parameters, 0) == 0)
		log_say("module %s: loaded", module->name);
	else if (errno != EEXIST)
		log_say("module %s: cannot load: %s", module->name, strerror(errno));
	close(fd);
}

void
module_load_all(const struct config *config)
{
	for (size_t i = 0; i < config->module_count; i++)
		load(&config->modules[i]);
}
