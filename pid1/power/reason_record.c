/* SPDX-License-Identifier: ISC */
#include "reason_record.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "lib/wire.h"

#define MAGIC	 "INGOTEND"
#define VERSION	 1
#define TEXT_AT	 48
#define IMAGE_AT (TEXT_AT + REASON_TEXT)
#define HASH_AT	 (REASON_SIZE - 8)

const char *
reason_name(enum reason_kind kind)
{
	static const char *const names[REASON_KINDS] = {
		[REASON_UNKNOWN] = "unknown",
		[REASON_CUT] = "cut",
		[REASON_WATCHDOG] = "watchdog",
		[REASON_OFF] = "power-off",
		[REASON_REBOOT] = "reboot",
		[REASON_HALT] = "halt",
		[REASON_KEXEC] = "kexec",
		[REASON_KEXEC_FAILED] = "kexec-failed",
		[REASON_RESCUE] = "rescue",
		[REASON_UNHEALTHY] = "unhealthy",
		[REASON_NO_WATCHDOG] = "no-watchdog",
		[REASON_PANIC] = "panic",
	};

	return names[kind];
}

/* What a record says becomes messages and arguments: no control characters. */
static void
clean(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

void
reason_pack(uint8_t *bytes, const struct reason *reason)
{
	struct wire_writer w;

	memset(bytes, 0, REASON_SIZE);
	memcpy(bytes, MAGIC, 8);
	wire_write_fixed(&w, bytes + 8, TEXT_AT - 8);
	wire_put_u32(&w, VERSION);
	wire_put_u32(&w, (uint32_t)reason->kind);
	wire_put_u64(&w, reason->sequence);
	wire_put_u64(&w, reason->uptime_ms);
	wire_put_u64(&w, (uint64_t)reason->clock);
	wire_put_u32(&w, reason->streak);
	wire_put_u32(&w, reason->told);
	memcpy(bytes + TEXT_AT, reason->text, strnlen(reason->text, REASON_TEXT - 1));
	wire_write_fixed(&w, bytes + IMAGE_AT, 4);
	wire_put_u32(&w, reason->image);
	wire_write_fixed(&w, bytes + HASH_AT, 8);
	wire_put_u64(&w, XXH64(bytes, HASH_AT, 0));
}

bool
reason_unpack(struct reason *reason, const uint8_t *bytes)
{
	struct wire_reader r;
	uint32_t version, kind;

	if (memcmp(bytes, MAGIC, 8) != 0)
		return false;
	wire_read_init(&r, bytes, REASON_SIZE);
	r.at = HASH_AT;
	if (wire_get_u64(&r) != XXH64(bytes, HASH_AT, 0))
		return false;
	r.at = 8;
	version = wire_get_u32(&r);
	kind = wire_get_u32(&r);
	if (version != VERSION || kind >= REASON_KINDS || bytes[IMAGE_AT - 1] != 0)
		return false;
	memset(reason, 0, sizeof(*reason));
	reason->kind = (enum reason_kind)kind;
	reason->sequence = wire_get_u64(&r);
	reason->uptime_ms = wire_get_u64(&r);
	reason->clock = (int64_t)wire_get_u64(&r);
	reason->streak = wire_get_u32(&r);
	reason->told = wire_get_u32(&r);
	r.at = IMAGE_AT;
	reason->image = wire_get_u32(&r);
	memcpy(reason->text, bytes + TEXT_AT, REASON_TEXT);
	clean(reason->text);
	return true;
}

int
reason_newest(const uint8_t *first, const uint8_t *second, struct reason *reason)
{
	struct reason other;
	bool has_first = reason_unpack(reason, first);
	bool has_second = reason_unpack(&other, second);

	if (!has_second || (has_first && reason->sequence >= other.sequence))
		return has_first ? 0 : -1;
	*reason = other;
	return 1;
}

bool
reason_find(struct reason *reason, const uint8_t *log, size_t size)
{
	for (size_t at = size < REASON_SIZE ? 0 : size - REASON_SIZE + 1; at-- > 0;)
		if (log[at] == (uint8_t)MAGIC[0] && reason_unpack(reason, log + at))
			return true;
	return false;
}
