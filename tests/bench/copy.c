/* SPDX-License-Identifier: ISC */
/*
 * copy FROM TO [hash]: the least that an install can do: reads a file, writes it over
 * another one, flushes that and reads it back around the caches, in pieces. With hash, each
 * piece that was read back has its BLAKE2b-256 taken by libsodium; nothing is compared.
 */
#include <err.h>
#include <fcntl.h>
#include <unistd.h>

#include <sodium.h>

#define PIECE 65536 /* bytes */

static _Alignas(4096) unsigned char piece[PIECE];

int
main(int argc, char **argv)
{
	unsigned char hash[32];
	int from, to, back;
	ssize_t n;

	if (argc < 3 || argc > 4)
		errx(2, "usage: copy FROM TO [hash]");
	if (sodium_init() < 0)
		errx(1, "libsodium does not start");
	from = open(argv[1], O_RDONLY | O_CLOEXEC);
	to = open(argv[2], O_WRONLY | O_CLOEXEC);
	if (from < 0 || to < 0)
		err(1, "open");
	while ((n = read(from, piece, PIECE)) > 0)
		if (write(to, piece, (size_t)n) != n)
			err(1, "%s", argv[2]);
	if (n < 0 || fsync(to) < 0)
		err(1, "copy");
	back = open(argv[2], O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (back < 0)
		back = open(argv[2], O_RDONLY | O_CLOEXEC);
	while ((n = read(back, piece, PIECE)) > 0)
		if (argc == 4)
			crypto_generichash(hash, sizeof(hash), piece, (size_t)n, NULL, 0);
	if (n < 0)
		err(1, "%s", argv[2]);
	return 0;
}
