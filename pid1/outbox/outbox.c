/* SPDX-License-Identifier: ISC */
/* outbox: brings files that services have put out to the board's collector; outbox(8). */
#include <curl/curl.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/config.h"
#include "lib/error.h"
#include "pick.h"
#include "pid1/base/image_config.h"
#include "pid1/log/outbox_folder.h"

#define IDLE_S	30 /* a collector that takes and says nothing for so long is down */
#define PIECE	16384 /* bytes that go out at once, whatever the bandwidth */
#define LOOK_MS 1000 /* how often something more urgent is looked for */

static const struct config *config;

enum outcome { SENT, AGAIN, NO_NETWORK, REFUSED, OVERTAKEN };

/* One file on its way. */
struct transfer {
	const struct outbox_file *file;
	FILE *from;
	uint64_t looked_ms;
};

static uint64_t
now_ms(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
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

static size_t
swallow(char *data, size_t size, size_t count, void *context)
{
	(void)data;
	(void)context;
	return size * count;
}

/* Breaks off for a file of a higher priority. */
static int
watch(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	struct transfer *transfer = context;
	struct outbox_file better;

	(void)a, (void)b, (void)c, (void)d;
	if (now_ms() - transfer->looked_ms < LOOK_MS)
		return 0;
	transfer->looked_ms = now_ms();
	if (!outbox_pick(&config->outbox, transfer->file->priority, now_ms(), &better))
		return 0;
	outbox_close(&better);
	return 1;
}

/* COLLECTOR/HOSTNAME/PRIORITY/NAME, the name with what is special in it escaped. */
static bool
make_url(CURL *curl, const struct outbox_file *file, char *url, size_t room)
{
	const struct config_outbox *outbox = &config->outbox;
	size_t length = strlen(outbox->url);
	char *name = curl_easy_escape(curl, file->name, 0);
	int n;

	if (!name)
		return false;
	if (outbox->url[length - 1] == '/')
		length--;
	n = snprintf(url, room, "%.*s/%s/%s/%s", (int)length, outbox->url,
		config->hostname[0] ? config->hostname : "-",
		outbox->priorities[file->priority], name);
	curl_free(name);
	return n > 0 && (size_t)n < room;
}

static void
set_up(CURL *curl, struct transfer *transfer, const char *url)
{
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(curl, CURLOPT_READDATA, transfer->from);
	curl_easy_setopt(
		curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)transfer->file->size);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, swallow);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, (long)PIECE);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)IDLE_S);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)IDLE_S);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, watch);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, transfer);
	curl_easy_setopt(
		curl, CURLOPT_MAX_SEND_SPEED_LARGE, (curl_off_t)config->outbox.bandwidth);
}

/* Once for each change: a collector that is down for a day is one line. */
__attribute__((format(printf, 1, 2))) static void
say(const char *format, ...)
{
	static char before[512];
	char text[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (strcmp(text, before) == 0)
		return;
	strcpy(before, text);
	fprintf(stderr, "%s\n", text);
}

/* libcurl's own words are not compiled in. */
static const char *
why(CURL *curl, CURLcode code, long *error)
{
	curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, error);
	if (*error > 0)
		return strerror((int)*error);
	return code == CURLE_OPERATION_TIMEDOUT ? "no answer"
						: "the connection broke off";
}

static enum outcome
judge_failure(CURL *curl, const struct outbox_file *file, CURLcode code)
{
	const char *text;
	long error = 0;

	if (code == CURLE_ABORTED_BY_CALLBACK)
		return OVERTAKEN;
	text = why(curl, code, &error);
	/* What is wrong here and not on the way must not hold up the others. */
	if (code == CURLE_READ_ERROR || code == CURLE_URL_MALFORMAT ||
		code == CURLE_OUT_OF_MEMORY) {
		say("<4>%s: cannot be sent (%d): %s", file->name, (int)code, text);
		return REFUSED;
	}
	say("<4>%s: %s", config->outbox.url, text);
	return error == ENETUNREACH || error == ENETDOWN ? NO_NETWORK : AGAIN;
}

static enum outcome
judge_answer(const struct outbox_file *file, long status)
{
	if (status >= 200 && status < 300)
		return SENT;
	say("<4>%s: %s: the collector answers %ld", config->outbox.url, file->name,
		status);
	/* RFC 9110, 15.5: the request is at fault, except for these two. */
	return status >= 400 && status < 500 && status != 408 && status != 429 ? REFUSED
									       : AGAIN;
}

/* The bytes that went out are counted, whatever came of them. */
static enum outcome
send_file(CURL *curl, const struct outbox_file *file, uint64_t *bytes)
{
	struct transfer transfer = {.file = file, .looked_ms = now_ms()};
	struct curl_slist *header = curl_slist_append(NULL, "Expect:");
	CURLcode code = CURLE_OUT_OF_MEMORY;
	curl_off_t sent = 0;
	char url[2048];
	long status = 0;

	curl_easy_reset(curl);
	transfer.from = fdopen(dup(file->fd), "r");
	if (transfer.from && header && make_url(curl, file, url, sizeof(url))) {
		set_up(curl, &transfer, url);
		curl_easy_setopt(curl, CURLOPT_HTTPHEADER, header);
		code = curl_easy_perform(curl);
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
		curl_easy_getinfo(curl, CURLINFO_SIZE_UPLOAD_T, &sent);
	}
	curl_slist_free_all(header);
	if (transfer.from)
		fclose(transfer.from);
	*bytes = (uint64_t)sent;
	return code == CURLE_OK ? judge_answer(file, status)
				: judge_failure(curl, file, code);
}

/* What follows from it; how long the collector is left alone, in milliseconds. */
static uint64_t
settle(const struct outbox_file *file, enum outcome outcome, unsigned *failures)
{
	switch (outcome) {
	case SENT:
		say("<6>%s: files arrive", config->outbox.url);
		outbox_done(&config->outbox, file);
		*failures = 0;
		break;
	case REFUSED:
		outbox_put_off(file, now_ms());
		break;
	case OVERTAKEN:
		break;
	case NO_NETWORK:
		return outbox_pause_ms(0);
	case AGAIN:
		return outbox_pause_ms(++*failures);
	}
	return 0;
}

/* One file after the other, the best there is each time. */
_Noreturn static void
run(CURL *curl)
{
	unsigned failures = 0;

	for (;;) {
		uint64_t began = now_ms(), bytes, due, pause;
		struct outbox_file file;

		if (!outbox_pick(&config->outbox, CONFIG_PRIORITIES, began, &file)) {
			outbox_wait();
			continue;
		}
		pause = settle(&file, send_file(curl, &file, &bytes), &failures);
		outbox_close(&file);
		/* Many small files are within the bandwidth, too. */
		due = began + outbox_due_ms(bytes, config->outbox.bandwidth);
		if (due > now_ms() + pause)
			pause = due - now_ms();
		pause_ms(pause);
	}
}

int
main(void)
{
	struct error e;
	CURL *curl;

	config = image_config(&e);
	if (!config) {
		fprintf(stderr, "<3>%s\n", e.text);
		return 1;
	}
	if (!config->outbox.url[0]) {
		fputs("<4>the board names no collector: [outbox] collector\n", stderr);
		return 0;
	}
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
		!(curl = curl_easy_init()) ||
		outbox_open(&config->outbox, OUTBOX_FOLDER) < 0) {
		fprintf(stderr, "<3>cannot begin: %s\n", strerror(errno));
		return 1;
	}
	run(curl);
}
