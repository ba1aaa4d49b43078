/* SPDX-License-Identifier: ISC */
#include "answer.h"

#include <jansson.h>
#include <string.h>

bool
answer_offer(json_t *json, struct offer *offer)
{
	json_int_t version, size, image_size, resume, index, issued, expires;
	const char *what, *file, *image;
	json_t *release;

	memset(offer, 0, sizeof(*offer));
	if (json_unpack(json, "{s:s, s:o, s:I, s:I, s:I}", "offer", &what, "release",
		    &release, "index", &index, "issued", &issued, "expires",
		    &expires) < 0 ||
		strlen(what) >= sizeof(offer->what))
		return false;
	memcpy(offer->what, what, strlen(what) + 1);
	offer->index = (uint64_t)index;
	offer->issued = issued;
	offer->expires = expires;
	if (json_is_null(release))
		return strcmp(what, "nothing") == 0;
	if (json_unpack(release, "{s:I, s:s, s:I, s:s, s:I, s:I}", "version", &version,
		    "file", &file, "size", &size, "image", &image, "image_size",
		    &image_size, "resume_at", &resume) < 0 ||
		strlen(file) != 64 || strlen(image) != 64 || image_size <= 0 ||
		size <= image_size || resume < 0 || resume >= image_size)
		return false;
	memcpy(offer->file, file, 65);
	memcpy(offer->image, image, 65);
	offer->version = (uint64_t)version;
	offer->size = (uint64_t)size;
	offer->image_size = (uint64_t)image_size;
	offer->resume_at = (uint64_t)resume;
	return true;
}
