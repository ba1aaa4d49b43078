/* SPDX-License-Identifier: ISC */
#include "efi_entry.h"

#include <string.h>

#include "lib/wire.h"

/* Device path nodes: type and subtype. */
#define MEDIA	   0x04
#define HARD_DRIVE 0x01
#define FILE_PATH  0x04
#define END	   0x7f
#define END_ENTIRE 0xff

#define NODE	    4 /* bytes of a node's head: type, subtype, u16 length */
#define DRIVE_SIZE  42 /* bytes of a hard drive's node */
#define FORMAT_GPT  2
#define SIGNED_GUID 2

/* ASCII out of UCS-2 with its NUL; false if it is anything else. */
static bool
get_text(struct wire_reader *r, char text[EFI_ENTRY_TEXT])
{
	for (size_t i = 0; i < EFI_ENTRY_TEXT; i++) {
		uint16_t c = wire_get_u16(r);

		if (r->failed || c > 0x7e || (c != 0 && c < 0x20))
			return false;
		text[i] = (char)c;
		if (c == 0)
			return true;
	}
	return false;
}

static bool
parse_drive(struct wire_reader r, struct gpt_partition *partition)
{
	partition->number = wire_get_u32(&r);
	partition->first = wire_get_u64(&r);
	partition->blocks = wire_get_u64(&r);
	for (size_t i = 0; i < GPT_GUID; i++)
		partition->guid[i] = wire_get_u8(&r);
	return wire_get_u8(&r) == FORMAT_GPT && wire_get_u8(&r) == SIGNED_GUID &&
	       !r.failed && r.at == r.size;
}

/* What comes before the drive, such as the controller, the firmware may have added. */
static bool
parse_path(struct wire_reader *r, struct efi_entry *entry)
{
	bool drive = false, file = false;

	for (;;) {
		uint8_t type = wire_get_u8(r), subtype = wire_get_u8(r);
		uint16_t length = wire_get_u16(r);
		struct wire_reader node;

		if (r->failed || length < NODE ||
			(size_t)(length - NODE) > r->size - r->at)
			return false;
		if (type == END && subtype == END_ENTIRE)
			return length == NODE && r->at == r->size && drive && file;
		wire_read_init(&node, r->data + r->at, length - NODE);
		r->at += length - NODE;
		if (file) /* nothing stands behind it but the end */
			return false;
		if (type == MEDIA && subtype == HARD_DRIVE) {
			if (drive || !parse_drive(node, &entry->partition))
				return false;
			drive = true;
		} else if (type == MEDIA && subtype == FILE_PATH) {
			if (!drive || !get_text(&node, entry->file) ||
				node.at != node.size)
				return false;
			file = true;
		} else if (drive) {
			return false;
		}
	}
}

bool
efi_entry_parse(struct efi_entry *entry, const uint8_t *data, size_t size)
{
	struct wire_reader r, path;
	uint16_t length;

	memset(entry, 0, sizeof(*entry));
	wire_read_init(&r, data, size);
	entry->attributes = wire_get_u32(&r);
	length = wire_get_u16(&r);
	if (!get_text(&r, entry->description) || length > r.size - r.at)
		return false;
	wire_read_init(&path, r.data + r.at, length);
	/* Behind the path stands what the program is given: ours is given nothing. */
	return r.at + length == size && parse_path(&path, entry);
}

static void
put_text(struct wire_writer *w, const char *text)
{
	do
		wire_put_u16(w, (uint16_t)(unsigned char)*text);
	while (*text++);
}

static void
put_node(struct wire_writer *w, uint8_t type, uint8_t subtype, size_t size)
{
	wire_put_u8(w, type);
	wire_put_u8(w, subtype);
	wire_put_u16(w, (uint16_t)size);
}

size_t
efi_entry_pack(const struct efi_entry *entry, uint8_t *data, size_t room)
{
	size_t file = NODE + 2 * (strlen(entry->file) + 1);
	struct wire_writer w;

	wire_write_fixed(&w, data, room);
	wire_put_u32(&w, entry->attributes);
	wire_put_u16(&w, (uint16_t)(DRIVE_SIZE + file + NODE));
	put_text(&w, entry->description);
	put_node(&w, MEDIA, HARD_DRIVE, DRIVE_SIZE);
	wire_put_u32(&w, entry->partition.number);
	wire_put_u64(&w, entry->partition.first);
	wire_put_u64(&w, entry->partition.blocks);
	for (size_t i = 0; i < GPT_GUID; i++)
		wire_put_u8(&w, entry->partition.guid[i]);
	wire_put_u8(&w, FORMAT_GPT);
	wire_put_u8(&w, SIGNED_GUID);
	put_node(&w, MEDIA, FILE_PATH, file);
	put_text(&w, entry->file);
	put_node(&w, END, END_ENTIRE, NODE);
	return w.failed ? 0 : w.size;
}

bool
efi_order_parse(struct efi_order *order, const uint8_t *data, size_t size)
{
	struct wire_reader r;

	order->count = 0;
	if (size % 2 != 0 || size / 2 > EFI_ORDER_MAX)
		return false;
	wire_read_init(&r, data, size);
	while (order->count < size / 2)
		order->number[order->count++] = wire_get_u16(&r);
	return true;
}

size_t
efi_order_pack(const struct efi_order *order, uint8_t data[2 * EFI_ORDER_MAX])
{
	struct wire_writer w;

	wire_write_fixed(&w, data, 2 * EFI_ORDER_MAX);
	for (size_t i = 0; i < order->count; i++)
		wire_put_u16(&w, order->number[i]);
	return 2 * order->count;
}

static bool
has(const struct efi_order *order, uint16_t number)
{
	for (size_t i = 0; i < order->count; i++)
		if (order->number[i] == number)
			return true;
	return false;
}

void
efi_order_move(struct efi_order *order, const struct efi_order *first,
	const struct efi_order *ours)
{
	struct efi_order before = *order;

	*order = *first;
	for (size_t i = 0; i < before.count && order->count < EFI_ORDER_MAX; i++)
		if (!has(ours, before.number[i]) && !has(first, before.number[i]))
			order->number[order->count++] = before.number[i];
}
