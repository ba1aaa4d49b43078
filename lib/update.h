/* SPDX-License-Identifier: ISC */
#ifndef LIB_UPDATE_H
#define LIB_UPDATE_H

#include <stddef.h>
#include <stdint.h>

struct error;

/*
 * An update file, what a device takes as one stream: a head of UPDATE_HEAD bytes
 * (little-endian: magic "INGOTUPD", u32 layout version, u32 size of release.json, u32
 * size of its signatures, u32 0), release.json, the signatures, the image.
 */
#define UPDATE_HEAD    24
#define UPDATE_VERSION 1

struct update_head {
	uint32_t release_size, signatures_size; /* bytes */
};

void update_head_pack(const struct update_head *head, uint8_t bytes[UPDATE_HEAD]);

/* 0, -EINVAL or -EPROTO (another layout) with e; sizes above what lib/release.h and
 * lib/minisign.h allow are refused, so that they can be allocated. */
int update_head_parse(struct update_head *head, const char *file,
	const uint8_t bytes[UPDATE_HEAD], struct error *e);

#endif
