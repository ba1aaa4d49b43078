/* SPDX-License-Identifier: ISC */
#include "path.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xalloc.h"

char *
path_shown(const char *path)
{
	char *cwd = getcwd(NULL, 0);
	size_t length = cwd ? strlen(cwd) : 0;
	const char *shown = path;

	if (length > 1 && strncmp(path, cwd, length) == 0 && path[length] == '/')
		shown = path + length + 1;
	while (shown[0] == '.' && shown[1] == '/' && shown[2] != '\0' && shown[2] != '/')
		shown += 2;
	free(cwd);
	return xstrdup(shown);
}

char *
path_absolute(const char *path)
{
	char *cwd, *absolute;

	if (path[0] == '/')
		return xstrdup(path);
	cwd = getcwd(NULL, 0);
	if (!cwd) /* the current folder is gone: what is opened below it says so */
		return xstrdup(path);
	if (strcmp(path, ".") == 0)
		absolute = xstrdup(cwd);
	else
		absolute = path_join(strcmp(cwd, "/") == 0 ? "" : cwd, path);
	free(cwd);
	return absolute;
}

char *
path_join(const char *dir, const char *name)
{
	size_t length = strlen(dir);

	return xasprintf(
		"%s%s%s", dir, length > 0 && dir[length - 1] == '/' ? "" : "/", name);
}
