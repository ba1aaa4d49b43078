/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder/base/options.h"
#include "builder/base/say.h"
#include "builder/base/xalloc.h"
#include "builder/build/output.h"
#include "builder/image/signer.h"
#include "builder/image/site.h"
#include "lib/error.h"
#include "lib/io.h"
#include "verbs.h"

#define DAY  86400
#define DAYS 30 /* that an index is good for */

struct job {
	struct site site;
	struct signer signer;
	unsigned long days, keep; /* 0: not said */
	struct index before, index;
};

/* The update file that `ingot sign` made last; the caller frees. */
static char *
find_update(const char *board)
{
	char *dir = output_dir(board), *json = xasprintf("%s.release/release.json", dir);
	struct release *release = xmalloc(sizeof(*release));
	struct error e;
	char *text, *path;
	size_t size;
	int r = io_read_file(AT_FDCWD, json, RELEASE_TEXT, &text, &size, &e);

	if (r == -ENOENT)
		die("%s: the board %s has no signed release: run `ingot sign --key FILE %s`",
			json, board, board);
	if (r < 0 || release_parse(release, json, text, size, &e) < 0)
		die("%s", e.text);
	path = xasprintf(
		"%s.release/%s-%" PRIu64 ".update", dir, board, release->version);
	free(release);
	free(text);
	free(json);
	free(dir);
	return path;
}

/* A device takes what is newer than what it has. */
static void
warn_of_version(const struct site *site, const struct index *index,
	const struct index_release *release)
{
	bool other = false;

	for (size_t i = 0; i < index->releases; i++) {
		if (memcmp(index->release[i].image, release->image, RELEASE_HASH) == 0)
			return;
		other = other || index->release[i].version == release->version;
	}
	if (other)
		warn("%s: version %" PRIu64
		     " is on the list with another image: devices that have that one do not take this one: raise version in [board]",
			site->board, release->version);
}

/* Into its place, newest first; one of the same image is replaced. */
static void
insert(struct index *index, const struct index_release *release)
{
	size_t at = 0, count = 0;

	for (size_t i = 0; i < index->releases; i++)
		if (memcmp(index->release[i].image, release->image, RELEASE_HASH) != 0)
			index->release[count++] = index->release[i];
	if (count == INDEX_RELEASES)
		count--;
	while (at < count && index->release[at].version > release->version)
		at++;
	memmove(&index->release[at + 1], &index->release[at],
		(count - at) * sizeof(*release));
	index->release[at] = *release;
	index->releases = count + 1;
}

/* Signed so often anew that a frozen one is seen: after half its time. */
static bool
is_current(const struct job *job, int64_t now)
{
	const struct index *index = &job->index, *before = &job->before;

	return before->version > 0 && job->days == 0 &&
	       index->releases == before->releases &&
	       memcmp(index->release, before->release,
		       index->releases * sizeof(index->release[0])) == 0 &&
	       now < before->issued + (before->expires - before->issued) / 2;
}

static void
sign_index(struct job *job, int64_t now, const char *path)
{
	struct index *index = &job->index;
	char *lines = xcalloc(1, SIGNER_LINES), *text, *what;
	struct envelope envelope;
	struct error e;

	if (job->signer.keys == 0)
		die("%s: has to be signed: say --key FILE", path);
	memcpy(index->board, job->site.board, strlen(job->site.board) + 1);
	/* By time, so that a folder that was lost can be made anew. */
	index->version = job->before.version + 1;
	if (index->version < (uint64_t)now)
		index->version = (uint64_t)now;
	index->issued = now;
	index->expires = now + (int64_t)(job->days ? job->days : DAYS) * DAY;
	if (index_format(index, &text, &e) < 0)
		die("%s", e.text);
	what = xasprintf("index\t%s %" PRIu64, index->board, index->version);
	signer_sign(&job->signer, index->board, path, text, what, lines);
	envelope = (struct envelope){.text = text,
		.text_size = strlen(text),
		.signatures = lines,
		.signatures_size = strlen(lines)};
	if (role_check(&job->site.root.role[ROOT_INDEX], path, &envelope, &e) < 0)
		die("%s: sign with keys of the role index of root %" PRIu64, e.text,
			job->site.root.version);
	site_write(path, text, lines);
	free(what);
	free(text);
	free(lines);
}

static void
publish(struct job *job)
{
	const struct site *site = &job->site;
	int64_t now = signer_now();
	char *path = site_path(site, "index.signed"), *update;
	struct index_release release;
	bool current;

	if (site->root.version == 0)
		die("%s: the board %s has no keys: run `ingot root --root FILE.pub --key FILE %s %s`",
			site->dir, site->board, site->board, site->dir);
	if (site->root.expires <= now)
		die("%s: root %" PRIu64
		    " has expired: run `ingot root --expires DAYS --key FILE %s %s`",
			site->dir, site->root.version, site->board, site->dir);
	if (site->root.expires < now + (int64_t)DAYS * DAY)
		warn("%s: root %" PRIu64 " expires in %" PRId64 " days", site->dir,
			site->root.version, (site->root.expires - now) / DAY);
	site_read_index(site, &job->before);
	job->index = job->before;
	update = find_update(site->board);
	site_add_update(site, update, now, &release);
	warn_of_version(site, &job->index, &release);
	insert(&job->index, &release);
	if (job->keep > 0 && job->index.releases > job->keep)
		job->index.releases = job->keep;
	current = is_current(job, now);
	if (current) {
		say("%s: is published already", site->board);
	} else {
		sign_index(job, now, path);
		site_sweep(site, &job->before, &job->index);
	}
	if (options.json)
		printf("{\"index\": \"%s\", \"version\": %" PRIu64
		       ", \"releases\": %zu, \"changed\": %s}\n",
			path, job->index.version, job->index.releases,
			current ? "false" : "true");
	else
		printf("%s\n", path);
	free(update);
	free(path);
}

int
cmd_publish(int argc, char **argv)
{
	static const struct option known[] = {{"key", required_argument, NULL, 'k'},
		{"passphrase-file", required_argument, NULL, 'p'},
		{"expires", required_argument, NULL, 'e'},
		{"keep", required_argument, NULL, 'n'}, {0}};
	struct job *job = xcalloc(1, sizeof(*job));
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option == 'k')
			signer_take(&job->signer, optarg);
		else if (option == 'p')
			job->signer.passphrase_file = optarg;
		else if (option == 'e')
			job->days = option_number("--expires", optarg, SIGNER_DAYS);
		else if (option == 'n')
			job->keep = option_number("--keep", optarg, INDEX_RELEASES);
		else
			return 2;
	}
	if (optind + 2 != argc)
		die_usage("publish: want a board and a folder");
	if (sodium_init() < 0)
		die("libsodium does not start");
	site_open(&job->site, argv[optind + 1], argv[optind]);
	publish(job);
	site_close(&job->site);
	free(job);
	return 0;
}
