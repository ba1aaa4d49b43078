/* SPDX-License-Identifier: ISC */
#ifndef LIB_WIRE_H
#define LIB_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Bounded little-endian reading and writing of binary records. Both ends remember the
 * first failure, so that a caller checks once, at the end.
 */
struct wire_reader {
	const uint8_t *data;
	size_t size, at;
	bool failed;
};

struct wire_writer {
	uint8_t *data; /* grown by realloc(3) unless fixed */
	size_t size, capacity;
	bool fixed, failed;
};

void wire_read_init(struct wire_reader *r, const void *data, size_t size);
uint8_t wire_get_u8(struct wire_reader *r);
uint16_t wire_get_u16(struct wire_reader *r);
uint32_t wire_get_u32(struct wire_reader *r);
uint64_t wire_get_u64(struct wire_reader *r);
/* u32 length, bytes, one NUL; returns a pointer into the data, "" on failure. */
const char *wire_get_string(struct wire_reader *r);
/* u32 length, bytes; returns a pointer into the data, NULL and 0 on failure. */
const uint8_t *wire_get_bytes(struct wire_reader *r, uint32_t *size);

void wire_write_init(struct wire_writer *w);
/* Writes into memory the caller owns. */
void wire_write_fixed(struct wire_writer *w, void *data, size_t capacity);
void wire_put_u8(struct wire_writer *w, uint8_t v);
void wire_put_u16(struct wire_writer *w, uint16_t v);
void wire_put_u32(struct wire_writer *w, uint32_t v);
void wire_put_u64(struct wire_writer *w, uint64_t v);
void wire_put_string(struct wire_writer *w, const char *text);
void wire_put_bytes(struct wire_writer *w, const uint8_t *data, uint32_t size);
void wire_free(struct wire_writer *w);

#endif
