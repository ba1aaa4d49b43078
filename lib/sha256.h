/* SPDX-License-Identifier: ISC */
#ifndef LIB_SHA256_H
#define LIB_SHA256_H

#include <stddef.h>
#include <stdint.h>

#include <sodium.h>

/* SHA-256 (FIPS 180-4) by libsodium. hex is 64 lower-case digits and a NUL. */
#define SHA256_SIZE 32
#define SHA256_HEX  65

struct sha256 {
	crypto_hash_sha256_state state;
};

void sha256_init(struct sha256 *hash);
void sha256_update(struct sha256 *hash, const void *data, size_t size);
void sha256_final_hex(struct sha256 *hash, char hex[SHA256_HEX]);

/* The hash of size bytes. */
void sha256_hex(const void *data, size_t size, char hex[SHA256_HEX]);

/* Hashes what is left of fd; *size (may be NULL) counts the bytes. 0 or -errno. */
int sha256_fd(int fd, char hex[SHA256_HEX], uint64_t *size);

/* 0 if text is 64 lower-case hex digits, else -EINVAL. */
int sha256_check_hex(const char *text);

#endif
