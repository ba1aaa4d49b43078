/* SPDX-License-Identifier: ISC */
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/ini.h"
#include "lib/strlist.h"
#include "field.h"
#include "nearest.h"
#include "options.h"
#include "path.h"
#include "xalloc.h"

/* What a tree holds: FOLDER/NAME followed by `file`, called `what` in messages. */
struct kind {
	const char *what, *folder, *file, *names;
	bool replaceable; /* its file says `replaces` in the section `what` */
};

static const struct kind recipes = {
	"recipe", "recipes", "/recipe.ini", NAME_RECIPE, true};
static const struct kind boards = {"board", "boards", "/board.ini", NAME_OTHER, true};
static const struct kind fragments = {
	"kernel config fragment", "kernel-configs", ".config", NAME_OTHER, false};

const char *
tree_builtin(void)
{
	static char folder[PATH_MAX];
	const char *set = getenv("INGOT_TREE");
	ssize_t length;

	if (set && set[0])
		return set;
	if (folder[0])
		return folder;
	length = readlink("/proc/self/exe", folder, sizeof(folder) - 1);
	while (length > 1 && folder[length - 1] != '/')
		length--;
	while (length > 1 && folder[length - 1] == '/')
		length--;
	if (length < 1) /* no /proc: the current folder is the best guess */
		return ".";
	folder[length] = '\0';
	return folder;
}

static size_t
tree_count(void)
{
	return options.trees.count + 1;
}

static const char *
tree_at(size_t i)
{
	return i == 0 ? tree_builtin() : options.trees.item[i - 1];
}

static int
check_tree(const char *tree, struct error *e)
{
	struct stat st;

	if (stat(tree, &st) < 0)
		return error_set(e, errno, "tree %s: %s", tree, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return error_set(e, ENOTDIR, "tree %s: want a folder", tree);
	return 0;
}

/* TREE/FOLDER/NAME + file, absolute; the caller frees. */
static char *
file_in(const char *tree, const struct kind *kind, const char *name)
{
	char *root = path_absolute(tree);
	char *file = xasprintf("%s/%s/%s%s", root, kind->folder, name, kind->file);

	free(root);
	return file;
}

static bool
same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* Does the later file say that it takes the earlier one's place? 0, or -errno. */
static int
check_replaces(const struct kind *kind, const char *name, const char *earlier,
	const char *later, struct error *e)
{
	char *a = path_shown(earlier), *b = path_shown(later);
	struct ini ini = {0};
	struct ini_entry *entry;
	int r = kind->replaceable ? ini_read(&ini, b, e) : 0;

	entry = r == 0 && kind->replaceable ? ini_get(&ini, kind->what, "replaces")
					    : NULL;
	if (r == 0 && (!entry || strcmp(entry->value, name) != 0))
		r = error_set(e, EEXIST,
			"%s \"%s\" stands in two trees, %s and %s: rename one%s%s%s",
			kind->what, name, a, b,
			kind->replaceable ? ", or say \"replaces = " : "",
			kind->replaceable ? name : "",
			kind->replaceable ? "\" in the later" : "");
	ini_free(&ini);
	free(a);
	free(b);
	return r;
}

/* Adds the names of one kind in one tree that are not in the list yet. */
static int
list_tree(
	const struct kind *kind, const char *tree, struct strlist *names, struct error *e)
{
	char *path = path_join(tree, kind->folder);
	DIR *dir = opendir(path);
	struct dirent *item;
	int r = 0;

	if (!dir && errno != ENOENT)
		r = error_set(e, errno, "%s: %s", path, strerror(errno));
	while (dir && r == 0 && (item = readdir(dir))) {
		size_t length = strlen(item->d_name), suffix = strlen(kind->file);
		char *name, *file;

		if (item->d_name[0] == '.')
			continue;
		name = xstrdup(item->d_name);
		if (kind->file[0] == '.' && length > suffix &&
			strcmp(name + length - suffix, kind->file) == 0)
			name[length - suffix] = '\0';
		file = file_in(tree, kind, name);
		if (access(file, F_OK) == 0)
			r = strlist_add(names, name);
		free(file);
		free(name);
	}
	if (dir)
		closedir(dir);
	free(path);
	return r;
}

static int
list(const struct kind *kind, struct strlist *names, struct error *e)
{
	size_t kept = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < tree_count(); i++) {
		r = check_tree(tree_at(i), e);
		if (r == 0)
			r = list_tree(kind, tree_at(i), names, e);
	}
	strlist_sort(names);
	for (size_t i = 0; i < names->count; i++) {
		if (kept > 0 && strcmp(names->item[kept - 1], names->item[i]) == 0)
			free(names->item[i]);
		else
			names->item[kept++] = names->item[i];
	}
	names->count = kept;
	return r;
}

static int
not_found(const struct kind *kind, const char *name, struct error *e)
{
	struct strlist names = {0};
	const char *near;
	int r = list(kind, &names, e);

	if (r == 0) {
		near = nearest(name, &names);
		r = error_set(e, ENOENT, "no %s \"%.80s\" in %zu tree%s: %s%s%s",
			kind->what, name, tree_count(), tree_count() == 1 ? "" : "s",
			near ? "did you mean \"" : "--tree DIR adds another",
			near ? near : "", near ? "\"?" : "");
	}
	strlist_free(&names);
	return r;
}

/* The file of a name, absolute: the one tree that has it, or the last that replaces it.
 */
static int
find(const struct kind *kind, const char *name, char **found, struct error *e)
{
	char *at = NULL;
	int r = 0;

	*found = NULL;
	for (size_t i = 0; r == 0 && i < tree_count(); i++) {
		char *file;

		r = check_tree(tree_at(i), e);
		if (r < 0 || !name_valid(name, kind->names))
			break;
		file = file_in(tree_at(i), kind, name);
		if (access(file, F_OK) < 0 || (at && same_file(at, file))) {
			free(file);
			continue;
		}
		if (at)
			r = check_replaces(kind, name, at, file, e);
		free(at);
		at = file;
	}
	if (r == 0 && !at)
		r = not_found(kind, name, e);
	if (r == 0)
		*found = at;
	else
		free(at);
	return r;
}

/* The folder that the file of a name lies in. */
static int
find_dir(const struct kind *kind, const char *name, char **dir, struct error *e)
{
	int r = find(kind, name, dir, e);

	if (r == 0)
		*strrchr(*dir, '/') = '\0';
	return r;
}

int
tree_find_recipe(const char *name, char **dir, struct error *e)
{
	return find_dir(&recipes, name, dir, e);
}

int
tree_find_board(const char *name, char **dir, struct error *e)
{
	return find_dir(&boards, name, dir, e);
}

int
tree_find_fragment(const char *name, char **file, struct error *e)
{
	return find(&fragments, name, file, e);
}

int
tree_list_recipes(struct strlist *names, struct error *e)
{
	return list(&recipes, names, e);
}

int
tree_list_boards(struct strlist *names, struct error *e)
{
	return list(&boards, names, e);
}
