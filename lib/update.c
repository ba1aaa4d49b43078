/* SPDX-License-Identifier: ISC */
#include "update.h"

#include <errno.h>
#include <string.h>

#include "error.h"
#include "minisign.h"
#include "release.h"
#include "wire.h"

#define MAGIC "INGOTUPD"

void
update_head_pack(const struct update_head *head, uint8_t bytes[UPDATE_HEAD])
{
	struct wire_writer w;

	memcpy(bytes, MAGIC, 8);
	wire_write_fixed(&w, bytes + 8, UPDATE_HEAD - 8);
	wire_put_u32(&w, UPDATE_VERSION);
	wire_put_u32(&w, head->release_size);
	wire_put_u32(&w, head->signatures_size);
	wire_put_u32(&w, 0);
}

int
update_head_parse(struct update_head *head, const char *file,
	const uint8_t bytes[UPDATE_HEAD], struct error *e)
{
	struct wire_reader r;
	uint32_t version;

	if (memcmp(bytes, MAGIC, 8) != 0)
		return error_set(e, EINVAL, "%s: is no update file", file);
	wire_read_init(&r, bytes + 8, UPDATE_HEAD - 8);
	version = wire_get_u32(&r);
	head->release_size = wire_get_u32(&r);
	head->signatures_size = wire_get_u32(&r);
	if (version != UPDATE_VERSION || wire_get_u32(&r) != 0)
		return error_set(e, EPROTO,
			"%s: an update file of layout %u, this program knows %d", file,
			version, UPDATE_VERSION);
	if (head->release_size == 0 || head->release_size > RELEASE_TEXT ||
		head->signatures_size == 0 ||
		head->signatures_size > MINISIGN_KEYS * MINISIGN_TEXT)
		return error_set(
			e, EINVAL, "%s: its release or signatures are too large", file);
	return 0;
}
