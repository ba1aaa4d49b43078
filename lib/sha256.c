/* SPDX-License-Identifier: ISC */
#include "sha256.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void
to_hex(const unsigned char digest[SHA256_SIZE], char hex[SHA256_HEX])
{
	sodium_bin2hex(hex, SHA256_HEX, digest, SHA256_SIZE);
}

void
sha256_init(struct sha256 *hash)
{
	crypto_hash_sha256_init(&hash->state);
}

void
sha256_update(struct sha256 *hash, const void *data, size_t size)
{
	crypto_hash_sha256_update(&hash->state, data, size);
}

void
sha256_final_hex(struct sha256 *hash, char hex[SHA256_HEX])
{
	unsigned char digest[SHA256_SIZE];

	crypto_hash_sha256_final(&hash->state, digest);
	to_hex(digest, hex);
}

void
sha256_hex(const void *data, size_t size, char hex[SHA256_HEX])
{
	unsigned char digest[SHA256_SIZE];

	crypto_hash_sha256(digest, data, size);
	to_hex(digest, hex);
}

int
sha256_fd(int fd, char hex[SHA256_HEX], uint64_t *size)
{
	unsigned char buffer[65536];
	struct sha256 hash;
	uint64_t total = 0;

	sha256_init(&hash);
	for (;;) {
		ssize_t n = read(fd, buffer, sizeof(buffer));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		sha256_update(&hash, buffer, (size_t)n);
		total += (uint64_t)n;
	}
	sha256_final_hex(&hash, hex);
	if (size)
		*size = total;
	return 0;
}

int
sha256_check_hex(const char *text)
{
	if (strspn(text, "0123456789abcdef") != SHA256_HEX - 1 || text[SHA256_HEX - 1])
		return -EINVAL;
	return 0;
}
