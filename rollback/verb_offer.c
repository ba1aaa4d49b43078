/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "install.h"
#include "lib/envelope.h"
#include "lib/error.h"
#include "lib/io.h"
#include "offer.h"
#include "verbs.h"

/* More than an index or a chain of roots may have. */
#define INPUT (ENVELOPE_HEAD + INDEX_TEXT + MINISIGN_KEYS * MINISIGN_TEXT + 1)

/* What was read, before the slots were opened. */
static struct {
	char data[INPUT];
	size_t size;
	const char *name; /* for messages */
} input;

/* "-" is standard input; it ends before the room does. */
int
offer_read(const char *path, struct error *e)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n = 1;

	input.name = standard ? "standard input" : path;
	if (fd < 0) {
		error_set(e, errno, "%s: cannot open: %s", path, strerror(errno));
		return -EIO; /* nothing was refused */
	}
	for (input.size = 0; input.size < INPUT; input.size += (size_t)n) {
		n = read(fd, input.data + input.size, INPUT - input.size);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			break;
	}
	if (n < 0)
		error_set(e, errno, "%s: cannot read: %s", input.name, strerror(errno));
	if (fd != STDIN_FILENO)
		close(fd);
	if (n < 0)
		return -EIO;
	if (input.size == INPUT)
		return error_set(
			e, EPERM, "%s: is larger than %d bytes", input.name, INPUT - 1);
	return 0;
}

int
verb_root(struct request *request, struct error *e)
{
	struct roots *roots = &request->setup->roots;
	const struct root *root = &roots->root;
	unsigned taken = 0;
	int r = 0;

	if (request->argument)
		r = roots_add(roots, input.name, input.data, input.size, &taken, e);
	if (r < 0)
		return r;
	if (request->json)
		return show_json(
			json_pack("{s:I, s:I, s:i}", "root", (json_int_t)root->version,
				"image_root", (json_int_t)roots->image_version, "taken",
				(int)taken),
			e);
	printf("root: version %" PRIu64 "%s\n", root->version, taken > 0 ? ", new" : "");
	for (enum root_role i = 0; i < ROOT_ROLES; i++)
		printf("%-8s %u of %zu keys\n", root_role_name(i),
			root->role[i].threshold, root->role[i].keys);
	return 0;
}

static json_t *
release_json(struct device *device, const struct index_release *release)
{
	char file[SHA256_HEX], image[SHA256_HEX];
	uint64_t resume;
	uint8_t slot;

	if (!release)
		return json_null();
	sodium_bin2hex(file, sizeof(file), release->file, RELEASE_HASH);
	sodium_bin2hex(image, sizeof(image), release->image, RELEASE_HASH);
	resume = install_resume_at(device, &slot);
	if (resume > 0 && memcmp(device->state.slots.slot[slot].image.hash,
				  release->image, RELEASE_HASH) != 0)
		resume = 0;
	return json_pack("{s:I, s:s, s:I, s:s, s:I, s:I}", "version",
		(json_int_t)release->version, "file", file, "size",
		(json_int_t)release->size, "image", image, "image_size",
		(json_int_t)release->image_size, "resume_at", (json_int_t)resume);
}

int
verb_offer(struct request *request, struct error *e)
{
	static const char *const words[] = {[OFFER_NOTHING] = "nothing",
		[OFFER_INSTALL] = "install",
		[OFFER_THERE] = "there"};
	static struct index index;
	struct device *device = &request->setup->device;
	struct roots *roots = &request->setup->roots;
	const struct index_release *release;
	const char *why;
	int64_t clock = device->state.slots.clock;
	enum offer offer;
	int r = device_need_state(device, e);

	if (r == 0)
		r = roots_index(
			roots, input.name, input.data, input.size, clock, &index, e);
	if (r < 0)
		return r;
	if (clock < roots->clock)
		clock = roots->clock;
	offer = offer_pick(&index, &device->state.slots, device_running(device), clock,
		&release, &why);
	if (request->json)
		return show_json(
			json_pack("{s:s, s:s, s:o, s:I, s:I, s:I}", "offer", words[offer],
				"why", why, "release", release_json(device, release),
				"index", (json_int_t)index.version, "issued",
				(json_int_t)index.issued, "expires",
				(json_int_t)index.expires),
			e);
	if (release)
		printf("version %" PRIu64 " %s\n", release->version, why);
	else
		printf("%s\n", why);
	return 0;
}
