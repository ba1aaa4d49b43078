/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "pid1/base/terminal.c"
#include "pid1/log/kmsg.c"
#include "pid1/log/logline.c"
#include "pid1/log/ring.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t memory[RING_LEAST + 100];

static void
take(void *context, const char *text, size_t size, unsigned severity, bool part)
{
	struct ring_record record = {.size = (uint16_t)size,
		.priority = (uint8_t)severity,
		.flags = part ? RING_PART : 0};

	if (size > LOGLINE_TEXT || severity > 7)
		abort();
	for (size_t i = 0; i < size; i++)
		if (((unsigned char)text[i] < ' ' && text[i] != '\t') ||
			(text[i] == '\xc2' &&
				(i + 1 == size || (text[i + 1] & 0xe0) == 0x80)))
			abort();
	ring_put(context, &record, text);
}

/* A service's output in pieces of the first byte's size: every line into a ring and out
 * again; and as a record of the kernel. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct logline line;
	struct ring ring;
	struct ring_record record;
	struct kmsg kmsg;
	char text[RING_TEXT + 1];
	uint64_t position = 0, next = 0;
	size_t piece = size > 0 ? (size_t)data[0] + 1 : 1;

	if (kmsg_parse(&kmsg, (const char *)data, size) &&
		(kmsg.text < (const char *)data ||
			kmsg.text + kmsg.size > (const char *)data + size ||
			kmsg.priority >= 24 * 8))
		abort();
	memset(&line, 0, sizeof(line));
	ring_init(&ring, memory, sizeof(memory));
	for (size_t at = 0; at < size; at += piece)
		logline_feed(&line, (const char *)data + at,
			size - at < piece ? size - at : piece, take, &ring);
	logline_end(&line, take, &ring);
	while (ring_get(&ring, &position, &record, text)) {
		if (record.number < next || record.size > RING_TEXT)
			abort();
		next = record.number + 1;
	}
	if (next != ring.count)
		abort();
	return 0;
}
