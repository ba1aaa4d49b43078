/* SPDX-License-Identifier: ISC */
#include "fetch.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "settings.h"

#define BUFFER	16384 /* bytes that come at once, at most */
#define SLOWEST 256 /* bytes a second; less for stall_ms is given up */

static CURL *curl;

struct transfer {
	struct fetch *fetch;
	uint64_t at; /* where the next byte belongs */
	bool begun, stopped, wrong;
	uint64_t range_from; /* of Content-Range */
	bool has_range;
	uint64_t bandwidth; /* bytes a second, 0: no limit */
	uint64_t began_ms, brought; /* since its first byte */
};

static void
set_why(struct fetch *fetch, const char *what)
{
	snprintf(fetch->why, sizeof(fetch->why), "%s", what);
}

static void
set_answer(struct fetch *fetch, long status)
{
	snprintf(fetch->why, sizeof(fetch->why), "the server answers %ld", status);
}

/* Content-Range: bytes FROM-TO/SIZE; RFC 9110, 14.4. */
static size_t
take_header(char *data, size_t size, size_t count, void *context)
{
	static const char name[] = "content-range: bytes ";
	struct transfer *transfer = context;
	size_t length = size * count;
	uint64_t from = 0;

	if (length > sizeof(name) - 1 && strncasecmp(data, name, sizeof(name) - 1) == 0) {
		size_t i = sizeof(name) - 1;

		for (; i < length && data[i] >= '0' && data[i] <= '9' &&
			from < 1ull << 50;
			i++)
			from = from * 10 + (uint64_t)(data[i] - '0');
		transfer->has_range = i < length && data[i] == '-';
		transfer->range_from = from;
	}
	return length;
}

/* The first byte: the answer's head is there. */
static bool
begin(struct transfer *transfer)
{
	struct fetch *fetch = transfer->fetch;
	long status = 0;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (status == 206 && fetch->from > 0 && transfer->has_range &&
		transfer->range_from == fetch->from)
		transfer->at = fetch->from;
	else if (status != 200) {
		set_answer(fetch, status);
		return false;
	}
	transfer->begun = true;
	return true;
}

static uint64_t
now_ms(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Waits until so many bytes may have come; the server waits for us by TCP's window.
 * libcurl's own limit lets bursts through that are larger than a small image. */
static void
pace(struct transfer *transfer, size_t length)
{
	uint64_t due, passed;

	if (transfer->bandwidth == 0)
		return;
	if (transfer->brought == 0)
		transfer->began_ms = now_ms();
	transfer->brought += length;
	due = transfer->brought * 1000 / transfer->bandwidth;
	passed = now_ms() - transfer->began_ms;
	if (due > passed) {
		struct timespec left = {.tv_sec = (time_t)((due - passed) / 1000),
			.tv_nsec = (long)((due - passed) % 1000) * 1000000};

		nanosleep(&left, NULL);
	}
}

static size_t
take_data(char *data, size_t size, size_t count, void *context)
{
	struct transfer *transfer = context;
	struct fetch *fetch = transfer->fetch;
	size_t length = size * count;

	if (!transfer->begun && !begin(transfer)) {
		transfer->wrong = true;
		return CURL_WRITEFUNC_ERROR;
	}
	/* Endless data: what was signed has a size. */
	if (length > fetch->size - transfer->at) {
		set_why(fetch, "the server sends more than it should");
		transfer->wrong = true;
		return CURL_WRITEFUNC_ERROR;
	}
	if (!fetch->take(fetch->context, transfer->at, data, length)) {
		transfer->stopped = true;
		return CURL_WRITEFUNC_ERROR;
	}
	transfer->at += length;
	pace(transfer, length);
	return length;
}

static void
set_up(struct transfer *transfer, const struct settings *settings, const char *url)
{
	curl_easy_reset(curl);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	/* None that a redirect could lead to, either: there are none. */
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, settings->tls ? "https" : "http");
	if (settings->tls) {
		curl_easy_setopt(curl, CURLOPT_CAINFO, settings->ca);
		curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	}
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, transfer);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_data);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(curl, CURLOPT_BUFFERSIZE,
		transfer->bandwidth > 0 && transfer->bandwidth < BUFFER
			? (long)transfer->bandwidth
			: (long)BUFFER);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)settings->stall_ms);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, (long)SLOWEST);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)(settings->stall_ms / 1000));
}

/* libcurl's own words are not compiled in on the device. */
static void
explain(struct fetch *fetch, CURLcode code)
{
	long error = 0;

	curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &error);
	if (code == CURLE_OPERATION_TIMEDOUT)
		set_why(fetch, "the server is too slow");
	else if (code == CURLE_COULDNT_RESOLVE_HOST)
		set_why(fetch, "the server's name is not known");
	else if (code == CURLE_PEER_FAILED_VERIFICATION)
		set_why(fetch, "the server's certificate is not vouched for");
	else if (code == CURLE_SSL_CACERT_BADFILE)
		set_why(fetch, "the file of certificates cannot be read");
	else if (code == CURLE_SSL_CONNECT_ERROR)
		set_why(fetch, "TLS does not come about");
	else if (error > 0)
		set_why(fetch, strerror((int)error));
	else
		snprintf(fetch->why, sizeof(fetch->why), "the connection broke off (%d)",
			(int)code);
}

bool
fetch_start(void)
{
	return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK &&
	       (curl = curl_easy_init());
}

static enum fetched
judge(struct transfer *transfer, CURLcode code)
{
	struct fetch *fetch = transfer->fetch;
	long status = 0;

	if (transfer->stopped)
		return FETCH_STOPPED;
	if (transfer->wrong)
		return FETCH_FAILED;
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (code == CURLE_HTTP_RETURNED_ERROR) {
		set_answer(fetch, status);
		return status == 404 || status == 410 ? FETCH_NONE : FETCH_FAILED;
	}
	if (code != CURLE_OK) {
		explain(fetch, code);
		return FETCH_FAILED;
	}
	if (status != 200 && status != 206) {
		set_answer(fetch, status);
		return FETCH_FAILED;
	}
	if (transfer->at == 0 || (!fetch->at_most && transfer->at != fetch->size)) {
		set_why(fetch, "the server sends less than it should");
		return FETCH_FAILED;
	}
	return FETCHED;
}

enum fetched
fetch_run(struct fetch *fetch, const struct settings *settings)
{
	struct transfer transfer = {.fetch = fetch, .bandwidth = settings->bandwidth};
	char url[SETTINGS_TEXT + 128], range[32];

	snprintf(url, sizeof(url), "%s/%s", settings->url, fetch->path);
	set_up(&transfer, settings, url);
	if (fetch->from > 0) {
		snprintf(range, sizeof(range), "%" PRIu64 "-", fetch->from);
		curl_easy_setopt(curl, CURLOPT_RANGE, range);
	}
	return judge(&transfer, curl_easy_perform(curl));
}
