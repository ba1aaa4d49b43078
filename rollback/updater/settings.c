/* SPDX-License-Identifier: ISC */
#include "settings.h"

#include <errno.h>
#include <string.h>

#include "lib/error.h"
#include "lib/ini.h"

#define INTERVAL_MS 3600000
#define STALL_MS    30000
#define SOCKET	    "/run/installer/socket"
#define SLOWEST	    1024 /* bytes a second, of the key bandwidth */

static int
get_url(struct ini *ini, struct settings *settings, struct error *e)
{
	struct ini_entry *entry = ini_need(ini, "server", "url", e);
	size_t length;

	if (!entry)
		return -EINVAL;
	length = strlen(entry->value);
	settings->tls = strncmp(entry->value, "https://", 8) == 0;
	if ((!settings->tls && strncmp(entry->value, "http://", 7) != 0) ||
		length >= SETTINGS_TEXT || strpbrk(entry->value, " \t\n?#"))
		return ini_bad(ini, entry, e, "want http:// or https:// and a folder");
	while (length > 0 && entry->value[length - 1] == '/')
		length--;
	memcpy(settings->url, entry->value, length);
	settings->url[length] = '\0';
	return 0;
}

/* An absolute path, or what it is without the key. */
static int
get_path(struct ini *ini, const char *section, const char *key, const char *without,
	char path[SETTINGS_TEXT], struct error *e)
{
	struct ini_entry *entry = ini_get(ini, section, key);
	const char *value = entry ? entry->value : without;

	if (entry && (value[0] != '/' || strlen(value) >= SETTINGS_TEXT))
		return ini_bad(ini, entry, e, "want an absolute path");
	memcpy(path, value, strlen(value) + 1);
	return 0;
}

static int
get_time(struct ini *ini, const char *section, const char *key, uint64_t without,
	uint64_t *ms, struct error *e)
{
	struct ini_entry *entry = ini_get(ini, section, key);

	*ms = without;
	if (!entry)
		return 0;
	if (ini_seconds(ini, entry, ms, e) < 0)
		return -EINVAL;
	return *ms >= 1000 ? 0 : ini_bad(ini, entry, e, "want 1s or more");
}

static int
get_transfer(struct ini *ini, struct settings *settings, struct error *e)
{
	struct ini_entry *bandwidth = ini_get(ini, "transfer", "bandwidth");
	struct ini_entry *window = ini_get(ini, "transfer", "window");
	int r = get_time(ini, "transfer", "stall", STALL_MS, &settings->stall_ms, e);

	if (r == 0 && bandwidth)
		r = ini_size(ini, bandwidth, &settings->bandwidth, e);
	if (r == 0 && bandwidth && settings->bandwidth < SLOWEST)
		r = ini_bad(ini, bandwidth, e, "want 1K or more, bytes a second");
	if (r == 0 && window && !plan_window(window->value, &settings->window))
		r = ini_bad(ini, window, e, "want HH:MM-HH:MM");
	return r;
}

int
settings_read(struct settings *settings, const char *path, struct error *e)
{
	static const char *const sections[] = {
		"server", "poll", "transfer", "installer", NULL};
	struct ini ini;
	int r;

	memset(settings, 0, sizeof(*settings));
	r = ini_read(&ini, path, e);
	if (r == 0)
		r = get_url(&ini, settings, e);
	if (r == 0)
		r = get_path(&ini, "server", "ca", "", settings->ca, e);
	if (r == 0 && settings->tls && !settings->ca[0])
		r = error_set(e, EINVAL, "%s: [server] ca: https needs it", path);
	if (r == 0)
		r = get_path(&ini, "installer", "socket", SOCKET, settings->socket, e);
	if (r == 0)
		r = get_time(
			&ini, "poll", "interval", INTERVAL_MS, &settings->interval_ms, e);
	if (r == 0)
		r = get_transfer(&ini, settings, e);
	if (r == 0)
		r = ini_finish(&ini, sections, e);
	ini_free(&ini);
	return r;
}
