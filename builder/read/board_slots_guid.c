/* SPDX-License-Identifier: ISC */
#include "board_slots.h"

#include <sodium.h>
#include <string.h>

#include "lib/partuuid.h"

static const char *const names[SLOTS_PARTS] = {
	"slot-a", "slot-b", "state", "reason", "data", "system", "system-b"};

const char *
board_slots_name(enum slots_part part)
{
	return names[part];
}

/* Not the image's: an update has to find what the first image found. */
static void
derive(const char *board, const char *name, char text[GPT_GUID_TEXT])
{
	static const char what[] = "ingot partition";
	uint8_t hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state state;

	/* With the NULs, so that no two boards' texts are the same. */
	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, (const uint8_t *)what, sizeof(what));
	crypto_hash_sha256_update(&state, (const uint8_t *)board, strlen(board) + 1);
	crypto_hash_sha256_update(&state, (const uint8_t *)name, strlen(name) + 1);
	crypto_hash_sha256_final(&state, hash);
	/* RFC 9562, version 8; on the medium the version's byte is the eighth. */
	hash[7] = (uint8_t)((hash[7] & 0x0f) | 0x80);
	hash[8] = (uint8_t)((hash[8] & 0x3f) | 0x80);
	gpt_guid_text(hash, text);
}

void
board_slots_guid(
	const struct board_slots *slots, enum slots_part part, char text[GPT_GUID_TEXT])
{
	uint8_t guid[GPT_GUID];

	if (slots->part[part] && partuuid_parse(slots->part[part], guid))
		gpt_guid_text(guid, text);
	else
		derive(slots->board, names[part], text);
}
