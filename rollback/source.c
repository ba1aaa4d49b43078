/* SPDX-License-Identifier: ISC */
#include "source.h"

#include <errno.h>
#include <string.h>

#include "device.h"
#include "lib/error.h"
#include "lib/update.h"

int
source_error(const struct source *source, int r, struct error *e)
{
	if (r == -ENODATA)
		return error_set(e, EPIPE, "%s: ends too early", source->name);
	return error_set(e, -r, "%s: cannot read: %s", source->name, strerror(-r));
}

int
source_release(struct source *source, const struct trust *trust, struct tail *tail,
	struct release *release, struct error *e)
{
	uint8_t bytes[UPDATE_HEAD];
	struct update_head head;
	int r = source->pull(source, bytes, sizeof(bytes));

	if (r < 0)
		return source_error(source, r, e);
	if (update_head_parse(&head, source->name, bytes, e) < 0)
		return -EPERM;
	memset(tail, 0, sizeof(*tail));
	tail->release_size = head.release_size;
	tail->signatures_size = head.signatures_size;
	r = source->pull(source, tail->text, head.release_size + head.signatures_size);
	if (r < 0)
		return source_error(source, r, e);
	return trust_check(trust, source->name, tail->text, tail->release_size,
		tail_signatures(tail), tail->signatures_size, release, e);
}

int
source_end(struct source *source, struct error *e)
{
	int r = source->more(source);

	if (r > 0)
		return error_set(e, EPERM, "%s: goes on behind the image", source->name);
	return r < 0 ? source_error(source, r, e) : 0;
}
