#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# `ingot doctor` tries what a build and a boot need, and says what to do where it fails.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use JSON::PP;
use Test::More;

my $store = scratch_dir() . '/a store';
my $text = ingot('--store', $store, 'doctor');
my $json = ingot('--store', $store, '--json', 'doctor');
my $found = eval { decode_json($json->{out}) } // {};

is($text->{status}, 0, 'a host that can build: exit 0') or diag($text->{out});
like($text->{out}, qr/^this host can build$/m, 'and it says so');
is($json->{status}, 0, '--json: the same status');
ok($found->{'can-build'}, 'and the same verdict');
is($found->{sandbox}{isolation}, 'bubblewrap', 'the sandbox has a name');
ok($found->{sandbox}{works}, 'and works');
my ($tcg) = grep { $_->{name} eq 'tcg' } @{$found->{accelerators}};
ok($tcg->{boots}, 'a guest ran by TCG') or diag($tcg->{reason});
cmp_ok($tcg->{seconds}, '>', 0, 'in a time');
for my $one (@{$found->{accelerators}}) {
	ok($one->{boots} || $one->{reason}, "$one->{name}: boots, or there is a reason");
}
is($found->{accelerator}, 'tcg', 'TCG is used unless told otherwise');
is($found->{store}{path}, $store, 'the store is named');
cmp_ok($found->{store}{free}, '>', 0, 'with what is free');
cmp_ok($found->{host}{memory}, '>', 1 << 20, 'the memory is known');

{
	local $ENV{INGOT_ACCEL} = 'kvm';
	my $told = decode_json(ingot('--store', $store, '--json', 'doctor')->{out});
	is($told->{accelerator}, 'kvm', 'INGOT_ACCEL says otherwise');
}

{
	local $ENV{PATH} = scratch_dir();
	my $bare = ingot('--store', $store, 'doctor');
	is($bare->{status}, 1, 'a host without anything: exit 1');
	like($bare->{out}, qr/^program      bwrap is missing .*: apt-get install bubblewrap$/m,
		'each program is named with its package');
	like($bare->{out}, qr/^to do        apt-get install bubblewrap .*qemu-system-x86$/m,
		'and one line installs all');
	like($bare->{out}, qr/^this host cannot build yet$/m, 'and it says so');
}

my $file = scratch_dir() . '/file';
write_file($file, '');
my $broken = ingot('--store', $file, 'doctor');
is($broken->{status}, 1, 'a store that cannot be used: exit 1');
like($broken->{out}, qr/^store        no: \Q$file\E: the store must be a folder/m, 'and says why');

is(ingot('doctor', 'x')->{status}, 2, 'a wrong call: exit 2');

done_testing;
