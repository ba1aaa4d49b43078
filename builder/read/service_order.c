/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "service.h"
#include "builder/base/xalloc.h"

/* The index of name among the services from `from` on, or count. */
static size_t
find(const struct service *services, size_t from, size_t count, const char *name)
{
	for (size_t i = from; i < count; i++)
		if (strcmp(services[i].name, name) == 0)
			return i;
	return count;
}

/* The first in After= of s that has not been placed yet, or count. */
static size_t
waits_for(const struct service *services, size_t placed, size_t count,
	const struct service *s)
{
	size_t found = count;

	for (size_t i = 0; i < s->after.count && found == count; i++)
		found = find(services, placed, count, s->after.item[i]);
	return found;
}

/*
 * None of the services from `placed` on can be next, so following After= runs in a
 * circle. It is printed from its first name on, whatever order they were enabled in.
 */
static int
say_cycle(const struct service *services, size_t placed, size_t count, struct error *e)
{
	size_t at = placed, start;
	char *text;
	int r;

	for (size_t i = placed; i < count;
		i++) /* as many steps as services: now inside it */
		at = waits_for(services, placed, count, &services[at]);
	start = at;
	for (size_t i = placed; i < count; i++) {
		at = waits_for(services, placed, count, &services[at]);
		if (strcmp(services[at].name, services[start].name) < 0)
			start = at;
	}
	at = start;
	text = xstrdup(services[at].name);
	do {
		char *longer;

		at = waits_for(services, placed, count, &services[at]);
		longer = xasprintf("%s -> %s", text, services[at].name);
		free(text);
		text = longer;
	} while (at != start);
	r = error_set(e, EINVAL, "%s:%u: After: services wait for each other: %s",
		services[start].file, services[start].after_line, text);
	free(text);
	return r;
}

/* Marks the critical ones and all that they wait for: at most as many rounds as services. */
static void
mark_urgent(const struct service *services, size_t count, bool *urgent)
{
	bool more = true;

	for (size_t i = 0; i < count; i++)
		urgent[i] = services[i].life.critical;
	while (more) {
		more = false;
		for (size_t i = 0; i < count; i++)
			for (size_t k = 0; urgent[i] && k < services[i].after.count;
				k++) {
				size_t before = find(
					services, 0, count, services[i].after.item[k]);

				if (before < count && !urgent[before])
					urgent[before] = more = true;
			}
	}
}

/* Of two that may both be next: what is critical, then by name. */
static bool
comes_first(const struct service *services, const bool *urgent, size_t a, size_t b)
{
	if (urgent[a] != urgent[b])
		return urgent[a];
	return strcmp(services[a].name, services[b].name) < 0;
}

int
service_sort(struct service *services, size_t count, const char *board, struct error *e)
{
	bool *urgent;
	int r = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < services[i].after.count; j++)
			if (find(services, 0, count, services[i].after.item[j]) == count)
				return error_set(e, EINVAL,
					"%s:%u: After: \"%s\" is not enabled in %s",
					services[i].file, services[i].after_line,
					services[i].after.item[j], board);
	urgent = xcalloc(count + 1, sizeof(*urgent));
	mark_urgent(services, count, urgent);
	for (size_t placed = 0; placed < count && r == 0; placed++) {
		size_t next = count;
		struct service swap;
		bool was;

		for (size_t i = placed; i < count; i++)
			if (waits_for(services, placed, count, &services[i]) == count &&
				(next == count || comes_first(services, urgent, i, next)))
				next = i;
		if (next == count) {
			r = say_cycle(services, placed, count, e);
			break;
		}
		swap = services[placed];
		services[placed] = services[next];
		services[next] = swap;
		was = urgent[placed];
		urgent[placed] = urgent[next];
		urgent[next] = was;
	}
	free(urgent);
	return r;
}

/* By OnFailure= from `at` back to target: "A -> ... -> TARGET", or NULL. */
static char *
way_back(const struct service *services, size_t count, size_t at, size_t target,
	bool *seen)
{
	const struct strlist *names = &services[at].on_failure.names;
	char *rest = NULL, *text = NULL;

	for (size_t i = 0; i < names->count && !rest; i++) {
		size_t next = find(services, 0, count, names->item[i]);

		if (next == target) {
			rest = xstrdup(services[target].name);
		} else if (next < count && !seen[next]) {
			seen[next] = true;
			rest = way_back(services, count, next, target, seen);
		}
	}
	if (rest)
		text = xasprintf("%s -> %s", services[at].name, rest);
	free(rest);
	return text;
}

int
service_check_failures(const struct service *services, size_t count, struct error *e)
{
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		bool *seen = xcalloc(count, sizeof(*seen));
		char *text = way_back(services, count, i, i, seen);

		if (text)
			r = error_set(e, EINVAL,
				"%s:%u: OnFailure: they start each other for ever: %s",
				services[i].file, services[i].on_failure.line, text);
		free(text);
		free(seen);
	}
	return r;
}
