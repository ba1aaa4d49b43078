/* SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/sha256.h"
#include "fetch.h"
#include "builder/base/options.h"
#include "builder/base/process.h"
#include "builder/store/store.h"
#include "builder/base/xalloc.h"

#define LIMIT_DEFAULT	(UINT64_C(2) << 30)
#define TIMEOUT_DEFAULT 30
#define TIMEOUT_MAX	86400
#define SLOW		"1024" /* bytes a second, below which a download stands still */
#define ATTEMPTS	3
#define SAID_MAX	4096

/* Exit statuses of curl(1), "EXIT CODES". */
enum {
	CURL_PROTOCOL = 1,
	CURL_RESOLVE = 6,
	CURL_CONNECT = 7,
	CURL_PARTIAL = 18,
	CURL_HTTP = 22,
	CURL_WRITE = 23,
	CURL_TIMEOUT = 28,
	CURL_FILE = 37,
	CURL_REDIRECTS = 47,
	CURL_EMPTY = 52,
	CURL_RECEIVE = 56,
	CURL_CERTIFICATE = 60,
	CURL_TOO_BIG = 63,
	CURL_STREAM = 92,
	SH_NOT_FOUND = 127,
};

struct bounds {
	uint64_t bytes, seconds;
};

/* A whole number up to max, with K, M or G behind it where units are allowed. */
static int
read_setting(const char *name, bool units, uint64_t max, uint64_t *value, struct error *e)
{
	const char *text = getenv(name);
	char *end;
	uint64_t number, unit = 1;

	if (!text || !*text)
		return 0;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (units && *end && strchr("KMG", *end)) {
		unit = UINT64_C(1) << (*end == 'K' ? 10 : *end == 'M' ? 20 : 30);
		end++;
	}
	if (errno || *end || !isdigit((unsigned char)*text) || !number ||
		number > max / unit)
		return error_set(e, EINVAL, "%s: want %s, got \"%.80s\"", name,
			units ? "a size such as 2G" : "seconds, at most 86400", text);
	*value = number * unit;
	return 0;
}

static int
read_bounds(struct bounds *bounds, struct error *e)
{
	int r;

	*bounds = (struct bounds){LIMIT_DEFAULT, TIMEOUT_DEFAULT};
	r = read_setting("INGOT_FETCH_LIMIT", true, INT64_MAX, &bounds->bytes, e);
	if (r == 0)
		r = read_setting(
			"INGOT_FETCH_TIMEOUT", false, TIMEOUT_MAX, &bounds->seconds, e);
	return r;
}

/* What curl wrote by --write-out: "HTTP-STATUS SECONDS-TO-CONNECT", zero if never. */
static int
http_status(const char *said)
{
	return atoi(said);
}

static bool
connected(const char *said)
{
	const char *seconds = strchr(said, ' ');

	return seconds && strpbrk(seconds, "123456789");
}

static int
explain(int status, const char *said, const char *url, const struct bounds *bounds,
	struct error *e)
{
	int http = http_status(said);

	switch (status) {
	case CURL_HTTP:
		if (http == 404 || http == 410)
			return error_set(e, ENOENT,
				"%s: the server has no such file (%d)", url, http);
		return error_set(e, EIO, "%s: the server answered %d", url, http);
	case CURL_PROTOCOL:
		return error_set(
			e, EIO, "%s: a redirect to what is not http or https", url);
	case CURL_WRITE:
		return error_set(
			e, EIO, "%s: cannot be written: is the store's disk full?", url);
	case CURL_CERTIFICATE:
		return error_set(
			e, EIO, "%s: the server's certificate is not trusted", url);
	case SH_NOT_FOUND:
		return error_set(
			e, ENOSYS, "%s: curl is missing: apt-get install curl", url);
	case CURL_FILE:
		return error_set(e, ENOENT, "%s: no such file", url);
	case CURL_RESOLVE:
	case CURL_CONNECT:
		return error_set(e, EHOSTUNREACH, "%s: the host cannot be reached", url);
	case CURL_PARTIAL:
	case CURL_EMPTY:
	case CURL_RECEIVE:
	case CURL_STREAM:
		return error_set(
			e, EIO, "%s: the download broke off before its end", url);
	case CURL_TIMEOUT:
		if (!connected(said))
			return error_set(e, EHOSTUNREACH,
				"%s: no connection after %ju seconds", url,
				(uintmax_t)bounds->seconds);
		return error_set(e, ETIMEDOUT,
			"%s: stalled: less than 1 KiB a second for %ju seconds", url,
			(uintmax_t)bounds->seconds);
	case CURL_REDIRECTS:
		return error_set(e, ELOOP, "%s: too many redirects", url);
	case CURL_TOO_BIG:
		return error_set(e, EFBIG,
			"%s: larger than the limit of %ju bytes ($INGOT_FETCH_LIMIT sets it)",
			url, (uintmax_t)bounds->bytes);
	default:
		return error_set(e, EIO,
			"%s: curl failed with status %d (curl(1), EXIT CODES)", url,
			status);
	}
}

/*
 * A body without a declared length is bounded by a file size limit on curl: it dies by
 * SIGXFSZ, or sees a write fail (23).
 */
static int
run_curl(const char *url, const char *path, const struct bounds *bounds, char **said,
	struct error *e)
{
	char *limit = xasprintf("%ju", (uintmax_t)bounds->bytes);
	char *timeout = xasprintf("%ju", (uintmax_t)bounds->seconds);
	/* ulimit counts in units of 512 bytes in a POSIX sh; one more, for the last part
	 * of a unit. */
	char *blocks = xasprintf("%ju", (uintmax_t)(bounds->bytes / 512 + 1));
	const char *argv[] = {"sh", "-c", "ulimit -f \"$1\" && shift && exec curl \"$@\"",
		"sh", blocks, "--silent", "--fail", "--location", "--max-redirs", "8",
		"--proto", "=http,https,file", "--proto-redir", "=http,https",
		"--globoff", "--connect-timeout", timeout, "--speed-limit", SLOW,
		"--speed-time", timeout, "--retry", "2", "--retry-connrefused",
		"--retry-delay", "1", "--max-filesize", limit, "--write-out",
		"%{http_code} %{time_connect}", "--output", path, "--", url, NULL};
	size_t size;
	int status = process_capture(argv, SAID_MAX, said, &size, e);

	free(blocks);
	free(timeout);
	free(limit);
	return status;
}

/* Broken off on its way, which curl's --retry does not take for a passing fault. */
static bool
broke_off(int status)
{
	return status == CURL_PARTIAL || status == CURL_EMPTY || status == CURL_RECEIVE ||
	       status == CURL_STREAM;
}

int
fetch_url(const char *url, const char *path, struct error *e)
{
	struct bounds bounds;
	char *said = NULL;
	struct stat st;
	int status = read_bounds(&bounds, e);

	if (status < 0)
		return status;
	for (unsigned attempt = 1;; attempt++) {
		status = run_curl(url, path, &bounds, &said, e);
		if (status < 0)
			return status;
		if (!broke_off(status) || attempt == ATTEMPTS)
			break;
		free(said);
		unlink(path);
		sleep(1);
	}
	if (status == 0 && stat(path, &st) < 0)
		close(open(
			path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644)); /* an empty file */
	if (status && stat(path, &st) == 0 && (uint64_t)st.st_size >= bounds.bytes)
		status = CURL_TOO_BIG;
	if (status) {
		status = explain(status, said, url, &bounds, e);
		unlink(path);
	}
	free(said);
	return status;
}

static int
check(const char *who, const char *file, const char *url, const char *path,
	const char *sha256, struct error *e)
{
	char hex[SHA256_HEX];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : sha256_fd(fd, hex, NULL);

	if (fd >= 0)
		close(fd);
	if (r < 0)
		return error_set(
			e, -r, "%s: %s: cannot read: %s", who, path, strerror(-r));
	if (strcmp(hex, sha256) == 0)
		return 0;
	unlink(path);
	return error_set(e, EBADMSG,
		"%s: %s: wrong SHA-256 from %s: want %s, got %s: nothing of it was kept",
		who, file, url, sha256, hex);
}

int
fetch_file(const char *who, const char *file, const char *sha256, const char *path,
	const char *from, struct error *e)
{
	int r = check(who, file, from, path, sha256, e);

	if (r == 0)
		store_add_blob(path, sha256);
	return r;
}

int
fetch_blob(const char *who, const char *file, const char *sha256,
	const struct strlist *urls, struct error *e)
{
	char *there, *dir, *path;
	int r = -ENOENT;

	if (store_blob(sha256, &there)) {
		free(there);
		return 0;
	}
	if (options.offline)
		return error_set(e, ENETUNREACH,
			"%s: %s is not in the store and --offline forbids to download it: run `ingot fetch %s`",
			who, file, who);
	error_set(e, ENOENT, "%s: %s: nowhere to download it from", who, file);
	dir = store_work("fetch");
	path = xasprintf("%s/%s", dir, sha256);
	for (size_t i = 0; i < urls->count; i++) {
		struct error last;
		int tried = fetch_url(urls->item[i], path, &last);

		if (tried == 0)
			tried = fetch_file(who, file, sha256, path, urls->item[i], &last);
		if (tried == 0) {
			r = 0;
			break;
		}
		/* What is wrong tells more than what is not there. */
		if (r == -ENOENT || i == 0) {
			r = tried;
			if (tried == -EBADMSG)
				*e = last;
			else
				error_set(e, -tried, "%s: %s", who, last.text);
		}
	}
	rmdir(dir);
	free(path);
	free(dir);
	return r;
}
