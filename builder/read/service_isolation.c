/* SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "lib/error.h"
#include "lib/ini.h"
#include "lib/sha256.h"
#include "builder/base/command.h"
#include "builder/base/field.h"
#include "service.h"
#include "service_parts.h"
#include "builder/base/xalloc.h"

/* The ids that systemd gives to users that come with a service, too. */
#define OWN_FIRST 61184
#define OWN_COUNT 4096

static struct ini_entry *
get(struct ini *ini, const char *key)
{
	return ini_get(ini, "Service", key);
}

uint32_t
service_own_id(const char *name)
{
	char hex[SHA256_HEX];
	uint32_t n = 0;

	sha256_hex(name, strlen(name), hex);
	for (size_t i = 0; i < 8; i++)
		n = n << 4 |
		    (uint32_t)(isdigit((unsigned char)hex[i]) ? hex[i] - '0'
							      : hex[i] - 'a' + 10);
	return OWN_FIRST + n % OWN_COUNT;
}

/* A number, or a name that the board's [users] and [groups] may know: *name is then set. */
static int
read_id(struct ini *ini, const struct ini_entry *entry, const char *text, uint32_t *id,
	char **name, struct error *e)
{
	if (strcmp(text, "root") == 0) {
		*id = 0;
		return 0;
	}
	if (!isalpha((unsigned char)text[0]) || !name_valid(text, "_-"))
		return field_id(ini, entry, text, id, e);
	*name = xstrdup(text);
	return 0;
}

static int
read_groups(struct service *service, struct ini *ini, struct error *e)
{
	struct config_isolation *isolation = &service->isolation;
	struct ini_entry *entry = get(ini, "SupplementaryGroups");
	struct strlist words = {0};
	int r;

	if (!entry)
		return 0;
	r = field_words(ini, entry, true, &words, e);
	if (r == 0 && words.count > CONFIG_GROUPS)
		r = ini_bad(ini, entry, e, "want at most %d groups", CONFIG_GROUPS);
	for (size_t i = 0; r == 0 && i < words.count; i++) {
		char *name = NULL;
		uint32_t gid = 0;

		r = read_id(ini, entry, words.item[i], &gid, &name, e);
		if (r == 0 && name)
			r = strlist_add(&service->groups, name);
		else if (r == 0)
			isolation->groups[isolation->group_count++] = gid;
		free(name);
	}
	strlist_free(&words);
	return r;
}

/* Without User= it runs as a user that nothing else runs as. */
static int
read_user(struct service *service, struct ini *ini, struct error *e)
{
	struct config_isolation *isolation = &service->isolation;
	struct ini_entry *entry = get(ini, "User");
	int r = 0;

	isolation->uid = service_own_id(service->name);
	if (entry)
		r = read_id(ini, entry, entry->value, &isolation->uid, &service->user, e);
	isolation->gid = isolation->uid;
	if (r == 0 && (entry = get(ini, "Group"))) {
		service->group_given = true;
		r = read_id(
			ini, entry, entry->value, &isolation->gid, &service->group, e);
	}
	return r < 0 ? r : read_groups(service, ini, e);
}

/* The walls that stand or fall by one key each. */
static int
read_flags(struct service *service, struct ini *ini, bool open, struct error *e)
{
	static const struct {
		const char *key;
		uint32_t flag;
		bool tight, open; /* what it is without the key */
	} keys[] = {
		{"PrivateTmp", ISOLATE_TMP, true, false},
		{"PrivateNetwork", ISOLATE_NETWORK, true, false},
		{"PrivatePIDs", ISOLATE_PIDS, true, false},
		{"PrivateIPC", ISOLATE_IPC, true, false},
		{"PrivateUsers", ISOLATE_USERS, false, false},
		{"ProtectHostname", ISOLATE_HOSTNAME, true, false},
		{"NoNewPrivileges", ISOLATE_PRIVILEGES, true, false},
		{"IsolationRequired", ISOLATE_REQUIRED, false, false},
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct ini_entry *entry = get(ini, keys[i].key);
		bool value = open ? keys[i].open : keys[i].tight;
		int r = entry ? ini_bool(ini, entry, &value, e) : 0;

		if (r < 0)
			return r;
		if (value && open && keys[i].flag == ISOLATE_TMP)
			return ini_bad(ini, entry, e,
				"want paths other than / in BindPaths beside it");
		if (value)
			service->isolation.flags |= keys[i].flag;
	}
	return 0;
}

/* Assignments, quoted where they have blanks: Environment = A=b "C=d e" */
static int
read_environment(struct service *service, struct ini *ini, struct error *e)
{
	struct ini_entry *entry = get(ini, "Environment");
	struct strlist *words = &service->environment;
	char why[256];

	if (!entry)
		return 0;
	if (entry->value[0] == '\0')
		return 0;
	if (command_split(entry->value, words, why, sizeof(why)) < 0)
		return ini_bad(ini, entry, e, "%s", why);
	if (words->count > CONFIG_ENVIRONMENT)
		return ini_bad(
			ini, entry, e, "want at most %d variables", CONFIG_ENVIRONMENT);
	for (size_t i = 0; i < words->count; i++) {
		const char *word = words->item[i];
		size_t name = strspn(word,
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

		if (name == 0 || isdigit((unsigned char)word[0]) || word[name] != '=')
			return ini_bad(ini, entry, e,
				"want assignments such as NAME=value, got \"%.80s\"",
				word);
	}
	return 0;
}

static int
read_directory(struct service *service, struct ini *ini, struct error *e)
{
	struct ini_entry *entry = get(ini, "WorkingDirectory");

	if (!entry)
		return 0;
	if (strcmp(entry->value, "/") != 0 && path_fault(entry->value))
		return ini_bad(ini, entry, e, "%s, got \"%.80s\"",
			path_fault(entry->value), entry->value);
	service->directory = xstrdup(entry->value);
	return 0;
}

/* The keeper of a PID namespace is one of its tasks. */
static int
check_tasks(const struct service *service, struct ini *ini, struct error *e)
{
	if (service->limits.tasks_max < 2 && service->isolation.flags & ISOLATE_PIDS)
		return ini_bad(ini, get(ini, "TasksMax"), e,
			"want at least 2, or PrivatePIDs = no: the keeper of its PID namespace is one");
	return 0;
}

int
service_read_isolation(struct service *service, struct ini *ini, struct error *e)
{
	bool open = false;
	int r = read_user(service, ini, e);
	struct ini_entry *paths = get(ini, "BindPaths");

	if (paths && strcmp(paths->value, "/") == 0)
		open = true;
	if (r == 0)
		r = read_flags(service, ini, open, e);
	if (r == 0)
		r = service_read_view(service, ini, &open, e);
	if (r == 0)
		r = service_read_filter(service, ini, open, e);
	if (r == 0)
		r = service_read_capabilities(service, ini, open, e);
	if (r == 0)
		r = read_environment(service, ini, e);
	if (r == 0)
		r = read_directory(service, ini, e);
	return r < 0 ? r : check_tasks(service, ini, e);
}

int
service_check_ids(const struct service *services, size_t count, struct error *e)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < count; j++)
			if (i != j &&
				services[i].isolation.uid ==
					service_own_id(services[j].name) &&
				services[j].isolation.uid ==
					service_own_id(services[j].name))
				return error_set(e, EINVAL,
					"%s: User: its user %u is that of %s, too: give one of them a User",
					services[i].file, services[i].isolation.uid,
					services[j].file);
	return 0;
}
