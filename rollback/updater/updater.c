/* SPDX-License-Identifier: ISC */
/* updater: fetches what a board's server has for it; updater(8). */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "answer.h"
#include "ask.h"
#include "fetch.h"
#include "lib/error.h"
#include "settings.h"
#include "tell.h"

/* The most that an envelope of an index may have; a root has less. */
#define SMALL_MOST (1u << 17)
#define ROOTS_MOST 32 /* at one time */

/* Exit statuses of rollback(8). */
#define REFUSED 3

enum outcome { QUIET, LATER, FAILED }; /* LATER: when the window opens */

static struct settings settings;

/* The newest index: since when it is known, and which image of it was of no use. */
static struct {
	uint64_t version, seen_ms;
	char useless[72];
} seen;

static uint64_t
now_ms(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void
pause_ms(uint64_t ms)
{
	struct timespec left = {
		.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

/* A small file in memory. */
struct small {
	char data[SMALL_MOST];
	size_t size;
};

static bool
keep(void *context, uint64_t at, const void *data, size_t size)
{
	struct small *small = context;

	memcpy(small->data + at, data, size);
	small->size = (size_t)at + size;
	return true;
}

static enum fetched
fetch_small(const char *path, struct small *small)
{
	struct fetch fetch = {.path = path,
		.size = SMALL_MOST,
		.at_most = true,
		.take = keep,
		.context = small};
	enum fetched fetched;

	small->size = 0;
	fetched = fetch_run(&fetch, &settings);
	if (fetched != FETCHED && fetched != FETCH_NONE)
		tell("<4>%s/%s: %s", settings.url, path, fetch.why);
	return fetched;
}

/* A request of which an answer is JSON; NULL if it failed. */
static json_t *
ask_json(const char *line, const struct small *input, int *status)
{
	static char answer[ASK_ANSWER];
	json_t *json = NULL;

	*status = ask(settings.socket, line, input ? input->data : "",
		input ? input->size : 0, answer);
	if (*status == 0)
		json = json_loads(answer, JSON_REJECT_DUPLICATES, NULL);
	if (*status < 0)
		tell("<4>%s: %s", settings.socket, strerror(-*status));
	else if (!json)
		tell("<4>%.*s: the installer says no (%d)", (int)strcspn(line, " \n"),
			line, *status);
	return json;
}

static bool
root_version(const struct small *input, uint64_t *version)
{
	json_int_t value;
	int status;
	json_t *json = ask_json(input ? "roots\n" : "root\n", input, &status);
	bool known =
		json && json_unpack(json, "{s:I}", "root", &value) == 0 && value >= 0;

	if (known)
		*version = (uint64_t)value;
	json_decref(json);
	return known;
}

/* The roots that follow the newest one known, one after the other. */
static bool
follow_roots(struct small *small)
{
	uint64_t version;

	if (!root_version(NULL, &version))
		return false;
	for (int i = 0; i < ROOTS_MOST; i++) {
		char path[64];
		enum fetched fetched;

		snprintf(path, sizeof(path), "root/%" PRIu64 ".signed", version + 1);
		fetched = fetch_small(path, small);
		if (fetched == FETCH_NONE)
			return true;
		if (fetched != FETCHED || !root_version(small, &version))
			return false;
		tell("<6>root %" PRIu64 ": taken", version);
	}
	return true;
}

/* An update file on its way to rollback, which is started by its first byte. */
struct stream {
	const struct offer *offer;
	int fd;
	int error; /* of the connection */
};

static bool
pass_on(void *context, uint64_t at, const void *data, size_t size)
{
	struct stream *stream = context;

	if (stream->fd < 0) {
		char line[ASK_LINE];

		/* Without a range it is the whole file, of which rollback leaves out what
		 * it has. */
		snprintf(line, sizeof(line), "install %s %" PRIu64 "\n",
			stream->offer->image, at > 0 ? stream->offer->resume_at : 0);
		stream->fd = ask_open(settings.socket, line);
		stream->error = stream->fd < 0 ? stream->fd : 0;
	}
	if (stream->error == 0)
		stream->error = ask_send(stream->fd, data, size);
	return stream->error == 0;
}

static bool
install(const struct offer *offer)
{
	static char answer[ASK_ANSWER];
	char path[96];
	struct stream stream = {.offer = offer, .fd = -1};
	struct fetch fetch = {
		.path = path, .size = offer->size, .take = pass_on, .context = &stream};
	enum fetched fetched;
	int status;

	snprintf(path, sizeof(path), "images/%s.update", offer->file);
	if (offer->resume_at > 0)
		fetch.from = offer->size - offer->image_size + offer->resume_at;
	tell("<6>version %" PRIu64 ": fetching from byte %" PRIu64, offer->version,
		fetch.from);
	fetched = fetch_run(&fetch, &settings);
	status = stream.fd >= 0 ? ask_close(stream.fd, answer) : stream.error;
	if (fetched == FETCHED && status == 0) {
		tell("<6>version %" PRIu64 ": installed", offer->version);
		return true;
	}
	if (fetched == FETCH_FAILED || fetched == FETCH_NONE)
		tell("<4>%s/%s: %s", settings.url, path,
			fetched == FETCH_NONE ? "is not there" : fetch.why);
	else if (status < 0)
		tell("<4>%s: %s", settings.socket, strerror(-status));
	else
		tell("<4>version %" PRIu64 ": the installer says no (%d)", offer->version,
			status);
	/* Not again, unless the index has something new to say. */
	if (status == REFUSED)
		memcpy(seen.useless, offer->image, sizeof(seen.useless));
	return false;
}

static unsigned
minute_of_day(void)
{
	return (unsigned)(time(NULL) / 60 % PLAN_DAY);
}

/* The trial may end this system: nothing comes after it. Without a program for it,
 * whoever operates the device begins it. */
static enum outcome
begin_trial(const struct offer *offer)
{
	static char answer[ASK_ANSWER];
	int status = ask(settings.socket, "try\n", "", 0, answer);

	if (status == 0)
		tell("<6>version %" PRIu64 ": its trial begins", offer->version);
	else if (status == 2)
		tell("<6>version %" PRIu64 ": waits for its trial", offer->version);
	else
		tell("<4>version %" PRIu64 ": its trial does not begin (%d)",
			offer->version, status);
	return status == 0 || status == 2 ? QUIET : FAILED;
}

static enum outcome
take_offer(const struct offer *offer)
{
	if (offer->index != seen.version) {
		seen.version = offer->index;
		seen.seen_ms = now_ms();
		seen.useless[0] = '\0';
	}
	if (plan_is_frozen(offer->issued, offer->expires, now_ms() - seen.seen_ms)) {
		tell("<3>index %" PRIu64
		     ": has expired: the server, or somebody before it, holds newer ones back",
			offer->index);
		return FAILED;
	}
	if (strcmp(offer->what, "nothing") == 0 ||
		strcmp(offer->image, seen.useless) == 0)
		return QUIET;
	if (plan_wait(&settings.window, minute_of_day()) > 0)
		return LATER;
	if (strcmp(offer->what, "there") != 0 && !install(offer))
		return FAILED;
	return begin_trial(offer);
}

static enum outcome
look(void)
{
	static struct small small;
	struct offer offer;
	enum fetched fetched;
	json_t *json;
	int status;
	bool known;

	if (!follow_roots(&small))
		return FAILED;
	fetched = fetch_small("index.signed", &small);
	if (fetched == FETCH_NONE)
		tell("<4>%s/index.signed: is not there", settings.url);
	if (fetched != FETCHED)
		return FAILED;
	json = ask_json("offer\n", &small, &status);
	if (!json)
		return FAILED;
	known = answer_offer(json, &offer);
	json_decref(json);
	if (!known) {
		tell("<3>the installer's answer makes no sense");
		return FAILED;
	}
	return take_offer(&offer);
}

/* For ever, or once. */
static int
run(bool once)
{
	unsigned failures = 0;

	for (;;) {
		enum outcome outcome = look();
		uint64_t wait = settings.interval_ms, opens;
		uint32_t random = 0;

		if (once)
			return outcome == FAILED;
		failures = outcome == FAILED ? failures + 1 : 0;
		if (failures > 0)
			wait = plan_backoff(wait, failures);
		if (getrandom(&random, sizeof(random), 0) < 0)
			random = (uint32_t)now_ms();
		wait = plan_jitter(wait, random);
		opens = plan_wait(&settings.window, minute_of_day());
		if (outcome == LATER && opens > 0 && opens < wait)
			wait = opens;
		pause_ms(wait);
	}
}

int
main(int argc, char **argv)
{
	static const struct option known[] = {{"config", required_argument, NULL, 'c'},
		{"once", no_argument, NULL, 'o'}, {0}};
	const char *config = SETTINGS_PATH;
	bool once = false;
	struct error e;
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option == 'c')
			config = optarg;
		else if (option == 'o')
			once = true;
		else
			return 2;
	}
	if (optind != argc) {
		fputs("usage: updater [--config FILE] [--once]\n", stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	if (settings_read(&settings, config, &e) < 0) {
		fprintf(stderr, "<3>%s\n", e.text);
		return 1;
	}
	if (!fetch_start()) {
		fputs("<3>libcurl does not start\n", stderr);
		return 1;
	}
	return run(once);
}
