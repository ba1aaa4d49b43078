#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# Changing one input changes the identity of exactly what depends on it, and nothing is built for it.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use Test::More;

my $root = root();
my $scratch = scratch_dir();
my @names = qw(musl linux-headers busybox hello xxhash libsodium pid1 selfcheck linux
	hello-module qemu-x86_64);
my $copies = 0;

# A copy of what identities are computed from, in a new folder each time.
sub fresh_tree {
	my $tree = "$scratch/tree " . ++$copies;

	mkdir $tree or die "$tree: $!";
	system('cp', '-R', (map { "$root/$_" } qw(recipes boards kernel-configs pid1 lib)), $tree) == 0
		or die 'cp failed';
	return $tree;
}

sub identities {
	my ($tree, @options) = @_;
	local $ENV{INGOT_TREE} = $tree;
	local $ENV{INGOT_STORE} = "$scratch/store";
	my $result = ingot(@options, 'id', '--board', 'qemu-x86_64', @names);

	die "ingot id failed in $tree: $result->{err}" if $result->{status};
	return { map { reverse split } split /\n/, $result->{out} };
}

my $base = identities(fresh_tree());
is(scalar(keys %$base), scalar(@names), 'every name has an identity');
like($_, qr/^[0-9a-f]{64}$/, 'of 64 hex digits') for values %$base;
is_deeply(identities(fresh_tree()), $base, 'another folder, the same identities');
is_deeply(identities(fresh_tree(), '-j', '7'), $base, '-j changes none');
is_deeply(identities(fresh_tree(), '--mirror', 'http://127.0.0.1:1/nowhere'), $base,
	'a mirror changes none');
is_deeply(identities(fresh_tree(), '--out', "$scratch/elsewhere"), $base, '--out changes none');
ok(!-e "$scratch/store/tree" || !glob("'$scratch'/store/tree/*"), 'nothing was built');

sub changes {
	my ($what, $file, $change, @expected) = @_;
	my $tree = fresh_tree();

	edit_file("$tree/$file", $change);
	my $now = identities($tree);
	my @changed = sort grep { $now->{$_} ne $base->{$_} } @names;
	is_deeply(\@changed, [ sort @expected ], $what);
}

my @on_headers = qw(busybox hello xxhash libsodium pid1 selfcheck);
my @on_musl = grep { $_ ne 'linux-headers' } @on_headers;
my $board = 'qemu-x86_64';

changes('a comment in a recipe changes nothing', 'recipes/musl/recipe.ini', sub { s/^/# hello\n/ });
changes('a comment in a board changes nothing', "boards/$board/board.ini", sub { s/^/# hello\n/ });
changes('a comment in a fragment changes nothing', 'kernel-configs/net.config',
	sub { s/^/# hello\n/ });
changes('a comment in the toolchain lock changes nothing', 'recipes/toolchain/x86_64.lock',
	sub { s/^/# hello\n/ });
changes('a script byte of a leaf', 'recipes/hello/recipe.ini', sub { s/-Wextra/-Wextra -g0/ },
	'hello', $board);
changes('a script byte of the C library', 'recipes/musl/recipe.ini',
	sub { s/^script =\n/script =\n\ttrue\n/m }, 'musl', @on_musl, $board);
changes('the hash of a source', 'recipes/xxhash/recipe.ini',
	sub { s/^(sha256 = )(.)/$1 . ($2 eq '0' ? '1' : '0')/me },
	'xxhash', 'pid1', 'selfcheck', $board);
changes('what of a source is unpacked', 'recipes/libsodium/recipe.ini',
	sub { s/^(sha256 = .*)$/$1\nonly = src/m }, 'libsodium', 'selfcheck', $board);
changes('the order of what is unpacked', 'recipes/linux-headers/recipe.ini',
	sub { s/^(only = )(\S+) (\S+)/$1$3 $2/m });
changes('a byte of a path source', 'recipes/hello/src/hello.c', sub { s/\z/\n/ }, 'hello', $board);
changes('a byte of pid1', 'pid1/main.c', sub { s/\z/\n/ }, 'pid1', 'selfcheck', $board);
changes('a kernel patch', 'recipes/linux/initramfs-force.patch', sub { s/^/A line of prose.\n/ },
	'linux', 'hello-module', $board);
changes('a config line', 'kernel-configs/net.config', sub { s/\z/\n# CONFIG_HAMRADIO is not set\n/ },
	'linux', 'hello-module', $board);
changes('a toolchain pin', 'recipes/toolchain/x86_64.lock',
	sub { s/^(gcc-12 = .* [0-9a-f]{63})([0-9a-f]) /$1 . ($2 eq '0' ? '1' : '0') . ' '/me },
	@names);
changes('a service key', "boards/$board/services/hello.service",
	sub { s/^MemoryMax = 16M/MemoryMax = 17M/m }, $board);
changes('the mode of an installed file', 'recipes/hello/recipe.ini',
	sub { s{^/bin/hello = 0755}{/bin/hello = 0555}m }, $board);
changes('the command line', "boards/$board/board.ini", sub { s/panic=5/panic=6/ }, $board);
changes('the compression', "boards/$board/board.ini", sub { s/zstd-19/zstd-3/ }, $board);
changes('what only QEMU is told', "boards/$board/board.ini", sub { s/^memory = 256M/memory = 512M/m });

{
	my $tree = fresh_tree();
	chmod 0755, "$tree/recipes/hello/src/hello.c" or die $!;
	my $now = identities($tree);
	is_deeply([ sort grep { $now->{$_} ne $base->{$_} } @names ], [ sort 'hello', $board ],
		'the x bit of a path source');
}

done_testing();
