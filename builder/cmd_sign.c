/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/base/options.h"
#include "builder/base/say.h"
#include "builder/base/xalloc.h"
#include "builder/build/output.h"
#include "builder/image/release_make.h"
#include "builder/image/signer.h"
#include "lib/error.h"
#include "lib/io.h"
#include "lib/minisign.h"
#include "verbs.h"

#define DAY 86400

struct job {
	const char *board;
	struct signer signer;
	struct slot_image_signer efi; /* for Secure Boot */
	unsigned long days; /* until it expires; 0: not said */
	struct release release;
	char *image, *folder, *json, *signatures, *update; /* paths */
	char *text; /* of the release */
	char lines[SIGNER_LINES]; /* the signatures */
};

static void
read_signatures(struct job *job)
{
	struct error e;
	char *text;
	size_t size;
	int r = io_read_file(
		AT_FDCWD, job->signatures, sizeof(job->lines) - 1, &text, &size, &e);

	if (r == -ENOENT)
		return;
	if (r < 0)
		die("%s", e.text);
	memcpy(job->lines, text, size + 1);
	free(text);
}

/* A release of the same image that others have signed stays as it is. */
static bool
take_present(struct job *job)
{
	struct release *present = xmalloc(sizeof(*present));
	struct error e;
	size_t size;
	bool same;
	int r = io_read_file(AT_FDCWD, job->json, RELEASE_TEXT, &job->text, &size, &e);

	if (r < 0) {
		free(present);
		return false;
	}
	same = release_parse(present, job->json, job->text, size, &e) == 0;
	job->release.issued = present->issued;
	job->release.expires = present->expires;
	same = same && memcmp(present, &job->release, sizeof(*present)) == 0;
	free(present);
	if (!same) {
		free(job->text);
		return false;
	}
	read_signatures(job);
	return true;
}

static void
make_release(struct job *job)
{
	struct error e;
	char *dump;

	job->release.issued = signer_now();
	job->release.expires =
		job->release.issued + (int64_t)(job->days ? job->days : 365) * DAY;
	if (release_format(&job->release, &dump, &e) < 0)
		die("%s", e.text);
	job->text = xasprintf("%s\n", dump);
	free(dump);
}

static void
write_text(const char *path, const char *text)
{
	struct error e;

	if (io_replace_file(AT_FDCWD, path, text, strlen(text), 0644, &e) < 0)
		die("%s", e.text);
}

static void
sign(struct job *job)
{
	char *dir = output_dir(job->board);
	char *what;

	if (sodium_init() < 0)
		die("libsodium does not start");
	release_make(&job->release, dir, &job->efi, &job->image);
	job->folder = xasprintf("%s.release", dir);
	job->json = xasprintf("%s/release.json", job->folder);
	job->signatures = xasprintf("%s/release.json.minisig", job->folder);
	job->update = xasprintf("%s/%s-%" PRIu64 ".update", job->folder, job->board,
		job->release.version);
	if (job->days > 0 || !take_present(job))
		make_release(job);
	what = xasprintf("file:release.json\t%s %" PRIu64, job->release.board,
		job->release.version);
	signer_sign(
		&job->signer, job->board, job->signatures, job->text, what, job->lines);
	free(what);
	if (mkdir(job->folder, 0755) < 0 && errno != EEXIST)
		die("%s: cannot create: %s", job->folder, strerror(errno));
	/* In this order a cut leaves no signature beside what it does not cover. */
	if (unlink(job->signatures) < 0 && errno != ENOENT)
		die("%s: cannot replace: %s", job->signatures, strerror(errno));
	write_text(job->json, job->text);
	write_text(job->signatures, job->lines);
	release_write_update(job->update, job->text, strlen(job->text), job->lines,
		strlen(job->lines), job->image);
	if (options.json)
		printf("{\"release\": \"%s\", \"signatures\": \"%s\", \"update\": \"%s\"}\n",
			job->json, job->signatures, job->update);
	else
		printf("%s\n", job->update);
	free(dir);
}

int
cmd_sign(int argc, char **argv)
{
	static const struct option known[] = {{"key", required_argument, NULL, 'k'},
		{"passphrase-file", required_argument, NULL, 'p'},
		{"expires", required_argument, NULL, 'e'},
		{"efi-key", required_argument, NULL, 'K'},
		{"efi-cert", required_argument, NULL, 'C'}, {0}};
	struct job *job = xcalloc(1, sizeof(*job));
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option == 'k')
			signer_take(&job->signer, optarg);
		else if (option == 'p')
			job->signer.passphrase_file = optarg;
		else if (option == 'e')
			job->days = option_number("--expires", optarg, SIGNER_DAYS);
		else if (option == 'K')
			job->efi.key = optarg;
		else if (option == 'C')
			job->efi.certificate = optarg;
		else
			return 2;
	}
	if (optind + 1 != argc || job->signer.keys == 0)
		die_usage("sign: want --key FILE and a board");
	if (!job->efi.key != !job->efi.certificate)
		die_usage("sign: --efi-key and --efi-cert belong together");
	job->board = argv[optind];
	sign(job);
	free(job);
	return 0;
}
