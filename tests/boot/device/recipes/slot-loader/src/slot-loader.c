/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NO_INITRAMFS 4 /* KEXEC_FILE_NO_INITRAMFS */

static int
fail(const char *what)
{
	printf("slot-loader: %s: %m\n", what);
	return 1;
}

/* Copies size bytes into the memfd; 0 if their hash is the one that hex says. */
static int
copy(int from, int to, unsigned long long size, const char *hex)
{
	static unsigned char block[65536];
	crypto_hash_sha256_state state;
	unsigned char hash[crypto_hash_sha256_BYTES];
	char got[2 * sizeof(hash) + 1];

	crypto_hash_sha256_init(&state);
	while (size > 0) {
		size_t part = size < sizeof(block) ? (size_t)size : sizeof(block);
		ssize_t n = read(from, block, part);

		if (n <= 0 || write(to, block, (size_t)n) != n)
			return fail("copy");
		crypto_hash_sha256_update(&state, block, (unsigned long long)n);
		size -= (unsigned long long)n;
	}
	crypto_hash_sha256_final(&state, hash);
	sodium_bin2hex(got, sizeof(got), hash, sizeof(hash));
	if (strcmp(got, hex) == 0)
		return 0;
	printf("slot-loader: another hash\n");
	return 2;
}

/* slot-loader SLOT verifies, loads, ends; "hang" never ends, "nothing" loads nothing. */
int
main(int argc, char **argv)
{
	char path[64], head[512] = "", hex[65] = "";
	unsigned long long size = 0;
	int from, to, r;

	if (argc == 2 && strcmp(argv[1], "hang") == 0)
		for (;;)
			pause();
	if (argc == 2 && strcmp(argv[1], "nothing") == 0)
		return 0;
	snprintf(path, sizeof(path), "/dev/%s", argc == 2 ? argv[1] : "none");
	from = open(path, O_RDONLY | O_CLOEXEC);
	if (from < 0 || read(from, head, sizeof(head)) != sizeof(head))
		return fail(path);
	head[sizeof(head) - 1] = '\0';
	if (sscanf(head, "%64s %llu", hex, &size) != 2)
		return fail("no slot");
	to = memfd_create("image", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (to < 0)
		return fail("memfd");
	r = copy(from, to, size, hex);
	if (r != 0)
		return r;
	if (fcntl(to, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK) < 0)
		return fail("seal");
	if (syscall(SYS_kexec_file_load, to, -1, 1, "", NO_INITRAMFS) < 0)
		return fail("kexec_file_load");
	return 0;
}
