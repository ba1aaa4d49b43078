#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# Every recipe runs once on a device: the programs by a command each, the libraries in one of ours.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use Test::More;

my $tree = scratch_dir();
my $out = scratch_dir();

write_file("$tree/recipes/libraries/src/libraries.c", <<'END');
#include <ini.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>
#include <zstd.h>

static int
seen(void *count, const char *section, const char *name, const char *value, int line)
{
	(void)line;
	if (strcmp(section, "s") == 0 && strcmp(name, "k") == 0 && strcmp(value, "v") == 0)
		++*(int *)count;
	return 1;
}

int
main(void)
{
	unsigned char public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
	unsigned char signature[crypto_sign_BYTES];
	char packed[128], plain[16];
	int count = 0;
	size_t size;

	if (sodium_init() < 0 || crypto_sign_keypair(public, secret) != 0)
		return 1;
	crypto_sign_detached(signature, NULL, (const unsigned char *)"ingot", 5, secret);
	if (crypto_sign_verify_detached(signature, (const unsigned char *)"ingot", 5, public) != 0 ||
		crypto_sign_verify_detached(signature, (const unsigned char *)"Ingot", 5, public) == 0)
		return 2;
	/* XXH64 of nothing with seed 0: the algorithm's specification. */
	if (XXH64("", 0, 0) != 0xEF46DB3751D8E999ull)
		return 3;
	if (ini_parse_string("[s]\nk = v\n", (ini_handler)seen, &count) != 0 || count != 1)
		return 4;
	size = ZSTD_compress(packed, sizeof packed, "ingot ingot", 11, 3);
	if (ZSTD_isError(size) || ZSTD_decompress(plain, sizeof plain, packed, size) != 11)
		return 5;
	puts("libsodium, xxhash, inih and zstd work");
	return 0;
}
END
write_file("$tree/recipes/libraries/recipe.ini", <<'END');
[recipe]
name = libraries
version = 1
license = ISC
[source]
path = src
[depends]
build = musl linux-headers libsodium xxhash inih zstd
[build]
script =
	mkdir $OUT/bin
	$CC $CFLAGS $LDFLAGS -o $OUT/bin/libraries libraries.c -lsodium -lxxhash -linih -lzstd
[install]
/bin/libraries = 0755
END
write_file("$tree/boards/userland/board.ini", <<'END');
[board]
name = userland
inherit = qemu-x86_64
[image]
recipes = pid1 selfcheck busybox hello hello-module zstd kexec-tools dropbear libraries
compression = zstd-3
size-budget = 8M
END
write_file("$tree/boards/userland/tests/userland.boot", <<'END');
timeout 120
expect "selfcheck: passed"
run test "$(echo abc | sha256sum | cut -c1-8)" = edeaaff3 -> 0
run hello -> 0
run grep -q "^hello_module " /proc/modules -> 0
run rmmod hello_module -> 1
run zstd -qc /bin/busybox | zstd -dqc | cmp - /bin/busybox -> 0
run kexec --version -> 0
run libraries -> 0
run dropbearkey -t ed25519 -f /run/hostkey -> 0
run dropbear -r /run/hostkey -p 127.0.0.1:22 -> 0
run sleep 2 | nc 127.0.0.1 22 | grep -q SSH-2.0-dropbear -> 0
END

my $built = ingot('--tree', $tree, '--out', $out, 'build', 'userland');
is($built->{status}, 0, 'a board with every recipe builds') or diag($built->{err});
my $tested = ingot('--tree', $tree, '--out', $out, 'test', 'userland');
is($tested->{status}, 0, 'and each of them runs on it') or diag($tested->{out});
my @steps = $tested->{out} =~ /^ok \d+ - .*?:\d+: (.*)$/mg;
# rmmod fails: no service, not even root's shell, may load or unload modules.
is(scalar(@steps), 11, 'in eleven steps');
diag($_) for $tested->{out} =~ /^(not ok.*(?:\n#.*)*)/mg;

done_testing();
