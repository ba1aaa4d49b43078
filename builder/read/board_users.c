/* SPDX-License-Identifier: ISC */
#include "board_users.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "lib/ini.h"
#include "board.h"
#include "board_layers.h"
#include "builder/base/field.h"
#include "builder/base/xalloc.h"

static const struct {
	const char *path;
	unsigned mode;
} files[USERS_FILES] = {
	{"/etc/passwd", 0644}, {"/etc/group", 0644}, {"/etc/shadow", 0600}};

static struct board_user *
find_user(const struct board_users *users, const char *name)
{
	for (size_t i = 0; i < users->user_count; i++)
		if (strcmp(users->user[i].name, name) == 0)
			return &users->user[i];
	return NULL;
}

/* A group by name: one of its own, or a user's. */
static bool
find_group(const struct board_users *users, const char *name, uint32_t *gid)
{
	const struct board_user *user = find_user(users, name);

	for (size_t i = 0; i < users->group_count; i++)
		if (strcmp(users->group[i].name, name) == 0) {
			*gid = users->group[i].gid;
			return true;
		}
	if (user)
		*gid = user->gid;
	return user != NULL;
}

static void
free_user(struct board_user *user)
{
	free(user->name);
	free(user->home);
	free(user->shell);
	free(user->password);
	strlist_free(&user->groups);
}

/* The user of that name, new or with its old values dropped. */
static struct board_user *
new_user(struct board_users *users, const char *name)
{
	struct board_user *user = find_user(users, name);

	if (user) {
		free_user(user);
	} else {
		users->user = xrealloc(
			users->user, users->user_count + 1, sizeof(*users->user));
		user = &users->user[users->user_count++];
	}
	*user = (struct board_user){.name = xstrdup(name),
		.home = xstrdup("/"),
		.shell = xstrdup("/bin/false"),
		.password = xstrdup("*")};
	return user;
}

static void
replace(char **text, const char *by)
{
	free(*text);
	*text = xstrdup(by);
}

/* "groups=a,b" */
static int
read_groups(struct board_user *user, char *list)
{
	char *rest = NULL;

	for (char *name = strtok_r(list, ",", &rest); name;
		name = strtok_r(NULL, ",", &rest))
		if (!name_valid(name, NAME_OTHER) || strlist_add(&user->groups, name) < 0)
			return -EINVAL;
	return 0;
}

static int
read_word(struct board_user *user, const struct ini *ini, const struct ini_entry *entry,
	char *word, struct error *e)
{
	char *value = strchr(word, '=');

	if (value)
		*value++ = '\0';
	if (value && strcmp(word, "home") == 0 &&
		(strcmp(value, "/") == 0 || !path_fault(value)) && !strchr(value, ':'))
		replace(&user->home, value);
	else if (value && strcmp(word, "shell") == 0 && !path_fault(value) &&
		 !strchr(value, ':'))
		replace(&user->shell, value);
	else if (value && strcmp(word, "password") == 0 && value[0] == '$' &&
		 !strchr(value, ':'))
		replace(&user->password, value);
	else if (!value || strcmp(word, "groups") != 0 || read_groups(user, value) < 0)
		return ini_bad(ini, entry, e,
			"want UID [GID] and home=DIR, shell=PROGRAM, groups=A,B or password=$HASH, got \"%.80s\"",
			word);
	return 0;
}

static int
check_name(const struct ini *ini, const struct ini_entry *entry, struct error *e)
{
	if (name_valid(entry->key, "_-") && strlen(entry->key) <= 31 &&
		entry->key[0] >= 'a')
		return 0;
	return ini_bad(ini, entry, e,
		"want a name of at most 31 of a-z 0-9 _ -, the first a letter");
}

static int
add_user(struct board_users *users, const struct ini *ini, const struct ini_entry *entry,
	struct error *e)
{
	struct strlist words = {0};
	struct board_user *user;
	size_t i = 1;
	int r = check_name(ini, entry, e);

	if (r == 0)
		r = field_words(ini, entry, false, &words, e);
	if (r < 0)
		goto out;
	user = new_user(users, entry->key);
	r = field_id(ini, entry, words.count > 0 ? words.item[0] : "", &user->uid, e);
	user->gid = user->uid;
	if (r == 0 && i < words.count && strchr("0123456789", words.item[i][0]))
		r = field_id(ini, entry, words.item[i++], &user->gid, e);
	for (; r == 0 && i < words.count; i++)
		r = read_word(user, ini, entry, words.item[i], e);
	if (r == 0 && (user->uid == 0) != (strcmp(user->name, "root") == 0))
		r = ini_bad(ini, entry, e, "user 0 is root and nobody else");
	if (r == 0 && user->uid >= 61184 && user->uid <= 65279)
		r = ini_bad(ini, entry, e,
			"the users 61184 to 65279 are for services without User=");
	for (const struct board_user *u = users->user; r == 0 && u < user; u++)
		if (u->uid == user->uid)
			r = ini_bad(ini, entry, e, "%s has the number %u, too", u->name,
				u->uid);
out:
	strlist_free(&words);
	return r;
}

static int
add_group(struct board_users *users, const struct ini *ini, const struct ini_entry *entry,
	struct error *e)
{
	struct board_group *group;
	uint32_t gid = 0;
	int r = check_name(ini, entry, e);

	if (r == 0)
		r = field_id(ini, entry, entry->value, &gid, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < users->group_count; i++)
		if (strcmp(users->group[i].name, entry->key) == 0) {
			users->group[i].gid = gid;
			return 0;
		}
	users->group =
		xrealloc(users->group, users->group_count + 1, sizeof(*users->group));
	group = &users->group[users->group_count++];
	*group = (struct board_group){.name = xstrdup(entry->key), .gid = gid};
	return 0;
}

/* Groups that users are in exist; nobody else writes the files. */
static int
check(const struct board *board, struct error *e)
{
	const struct board_users *users = &board->users;
	uint32_t gid;

	for (size_t i = 0; i < users->user_count; i++)
		for (size_t k = 0; k < users->user[i].groups.count; k++)
			if (!find_group(users, users->user[i].groups.item[k], &gid))
				return error_set(e, EINVAL,
					"%s: [users] %s: there is no group \"%s\": add it to [groups]",
					board->file, users->user[i].name,
					users->user[i].groups.item[k]);
	for (size_t i = 0; i < board->file_count; i++)
		for (size_t k = 0; k < USERS_FILES; k++)
			if (strcmp(board->files[i].path, files[k].path) == 0)
				return error_set(e, EINVAL,
					"%s:%u: %s: [users] makes that file: take one of both away",
					board->files[i].file, board->files[i].line,
					files[k].path);
	return 0;
}

int
board_read_users(struct board *board, struct layers *l, struct error *e)
{
	const struct ini *const layers[] = {&l->base, &l->own};
	struct board_users *users = &board->users;
	int r = 0;

	new_user(users, "root");
	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; r == 0 && i < layers[k]->count; i++) {
			const struct ini_entry *entry = &layers[k]->entry[i];
			const bool user = strcmp(entry->section, "users") == 0;

			if (!user && strcmp(entry->section, "groups") != 0)
				continue;
			users->given = true;
			r = user ? add_user(users, layers[k], entry, e)
				 : add_group(users, layers[k], entry, e);
		}
	return r == 0 && users->given ? check(board, e) : r;
}

void
board_users_free(struct board_users *users)
{
	for (size_t i = 0; i < users->user_count; i++)
		free_user(&users->user[i]);
	for (size_t i = 0; i < users->group_count; i++)
		free(users->group[i].name);
	free(users->user);
	free(users->group);
	memset(users, 0, sizeof(*users));
}

static int
unknown(const struct service *service, const char *key, const char *name, struct error *e)
{
	return error_set(e, EINVAL,
		"%s: %s: \"%s\" is no number, nor in the board's [%s]", service->file,
		key, name, key[0] == 'U' ? "users" : "groups");
}

static int
resolve_groups(const struct board_users *users, struct service *service, const char *key,
	const struct strlist *names, struct error *e)
{
	struct config_isolation *isolation = &service->isolation;

	for (size_t i = 0; i < names->count; i++) {
		if (isolation->group_count == CONFIG_GROUPS)
			return error_set(e, E2BIG, "%s: %s: more than %d groups",
				service->file, key, CONFIG_GROUPS);
		if (!find_group(users, names->item[i],
			    &isolation->groups[isolation->group_count++]))
			return unknown(service, key, names->item[i], e);
	}
	return 0;
}

static int
resolve(const struct board_users *users, struct service *service, struct error *e)
{
	struct config_isolation *isolation = &service->isolation;
	int r = 0;

	if (service->user) {
		const struct board_user *user = find_user(users, service->user);

		if (!user)
			return unknown(service, "User", service->user, e);
		isolation->uid = user->uid;
		if (!service->group_given)
			isolation->gid = user->gid;
		r = resolve_groups(users, service, "User", &user->groups, e);
	}
	if (r == 0 && service->group &&
		!find_group(users, service->group, &isolation->gid))
		return unknown(service, "Group", service->group, e);
	return r < 0 ? r
		     : resolve_groups(users, service, "SupplementaryGroups",
			       &service->groups, e);
}

int
board_users_resolve(struct board *board, struct error *e)
{
	int r = 0;

	for (size_t i = 0; i < board->service_count && r == 0; i++)
		r = resolve(&board->users, &board->services[i], e);
	return r;
}

static char *
append(char *text, char *line)
{
	char *longer = xasprintf("%s%s", text, line);

	free(text);
	free(line);
	return longer;
}

/* The users in a group beside those whose own it is, "a,b". */
static char *
members(const struct board_users *users, const char *group)
{
	char *list = xstrdup("");

	for (size_t i = 0; i < users->user_count; i++)
		if (strlist_has(&users->user[i].groups, group))
			list = append(list,
				xasprintf("%s%s", *list ? "," : "", users->user[i].name));
	return list;
}

static char *
group_line(const struct board_users *users, const char *name, uint32_t gid)
{
	char *list = members(users, name);
	char *line = xasprintf("%s:x:%u:%s\n", name, gid, list);

	free(list);
	return line;
}

char *
board_users_text(
	const struct board_users *users, size_t index, const char **path, unsigned *mode)
{
	char *text;

	if (!users->given)
		return NULL;
	*path = files[index].path;
	*mode = files[index].mode;
	text = xstrdup("");
	for (size_t i = 0; i < users->user_count; i++) {
		const struct board_user *u = &users->user[i];

		if (index == 0)
			text = append(text, xasprintf("%s:x:%u:%u::%s:%s\n", u->name,
						    u->uid, u->gid, u->home, u->shell));
		else if (index == 1 && u->gid == u->uid)
			text = append(text, group_line(users, u->name, u->gid));
		else if (index == 2)
			/* No day of change and no end: a device may not know the date. */
			text = append(
				text, xasprintf("%s:%s:::::::\n", u->name, u->password));
	}
	for (size_t i = 0; index == 1 && i < users->group_count; i++)
		text = append(text,
			group_line(users, users->group[i].name, users->group[i].gid));
	return text;
}
