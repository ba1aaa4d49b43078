/* SPDX-License-Identifier: ISC */
#include "config_power.h"

#include <stddef.h>

#include "codec.h"
#include "config_life.h"
#include "config_mount.h"

void
config_watchdog_visit(struct codec *c, struct config_watchdog *watchdog)
{
	codec_string(c, &watchdog->device);
	codec_u32(c, &watchdog->timeout);
	codec_u32(c, &watchdog->boot_timeout);
	codec_u8(c, &watchdog->required);
}

void
config_reason_visit(struct codec *c, struct config_reason *reason)
{
	codec_string(c, &reason->store);
	codec_u8(c, &reason->pstore);
}

void
config_kexec_visit(struct codec *c, struct config_kexec *kexec)
{
	codec_strings(c, kexec->loader, CONFIG_LOADER_WORDS);
	codec_u64(c, &kexec->timeout_ms);
	codec_u8(c, &kexec->at_boot);
}

const char *
config_power_fault(const struct config_watchdog *watchdog,
	const struct config_reason *reason, const struct config_kexec *kexec)
{
	if (watchdog->device[0] && watchdog->device[0] != '/')
		return "watchdog: no absolute path";
	if (watchdog->device[0] && (!watchdog->timeout || !watchdog->boot_timeout))
		return "watchdog: no timeout";
	if (watchdog->required > 1 || reason->pstore > 1)
		return "bad watchdog or reason flag";
	if (reason->store[0] && reason->store[0] != '/' &&
		!config_is_device(reason->store))
		return "reason: no absolute path";
	if (kexec->at_boot > 1 || (kexec->at_boot && !kexec->loader[0]))
		return "kexec: at boot without a loader";
	if (kexec->loader[0] && (kexec->loader[0][0] != '/' || !kexec->timeout_ms))
		return "kexec: no loader by absolute path, or no timeout";
	if (kexec->timeout_ms > CONFIG_WAIT_MS)
		return "kexec: a timeout of more than a day";
	return NULL;
}
