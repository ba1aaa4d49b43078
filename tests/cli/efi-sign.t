#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# What an EFI slot holds: a file system that others read as we do, equal bytes from equal kernels, the kernel where
# the release says, and a signature for Secure Boot that other people's signatures of the release outlive.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use JSON::PP qw(decode_json);
use Test::More;

$ENV{PATH} .= ':/usr/sbin:/sbin';
my $scratch = scratch_dir();
my $release = "$scratch/toy.release";
my $slot = "$release/toy-3.slot";
local $ENV{SOURCE_DATE_EPOCH} = 1_790_000_000;

for my $name (qw(one two)) {
	run('minisign', qw(-G -W -p), "$scratch/$name.pub", '-s', "$scratch/$name.key")->{status} == 0 or die 'minisign';
}
for my $name (qw(ours theirs)) {
	run(qw(openssl req -new -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=x/ -keyout), "$scratch/$name.pem",
		'-out', "$scratch/$name.crt")->{status} == 0 or die 'openssl';
}

# A program as UEFI knows them, of so many bytes: heads, one section.
sub program {
	my ($size, $fill) = @_;
	my $text = $size - 512;
	my $pe = "MZ" . "\0" x 58 . pack('V', 64) . "PE\0\0"
		. pack('v2V3v2', 0x8664, 1, 0, 0, 0, 240, 0x206)
		. pack('vC2V5Q<V2v6V4v2Q<4V2', 0x20b, 0, 0, $text, 0, 0, 4096, 4096, 0, 4096, 512, (0) x 6, 0,
			4096 + (($text + 4095) & ~4095), 512, 0, 10, 0, (0) x 4, 0, 16) . "\0" x 128
		. pack('a8V6v2V', '.text', $text, 4096, $text, 512, 0, 0, 0, 0, 0x60000020);
	$pe .= "\0" x (512 - length $pe);
	return $pe . substr join('', map { chr(($_ * $fill + $_ / 251) % 256) } 1 .. $text), 0, $text;
}

# What `ingot build` leaves, as far as signing looks at it.
sub make_output {
	my ($bytes, $payload) = @_;

	write_file("$scratch/toy/bzImage", $bytes);
	write_file("$scratch/toy/manifest.json", sprintf '{"board": "toy", "version": 3, "floor": 2, "content_id": "%s",'
		. ' "image": {"file": "bzImage", "sha256": "%s", "size": %d%s}}', 'c' x 64, sha256_hex($bytes),
		length $bytes, $payload);
}

sub sign {
	return run($ENV{INGOT}, '--out', $scratch, 'sign', @_, 'toy');
}

sub file_of {
	unlink "$scratch/back";
	run('mcopy', '-n', '-i', $slot, '::INGOT.EFI', "$scratch/back")->{status} == 0 or die 'mcopy';
	return read_file("$scratch/back");
}

my $kernel = program(700_416, 7);
my @one = ('--key', "$scratch/one.key");
my @efi = ('--efi-key', "$scratch/ours.pem", '--efi-cert', "$scratch/ours.crt");
make_output($kernel, ', "payload": "fat"');
my $signed = sign(@one);
is($signed->{status}, 0, 'sign') or diag $signed->{err};
my $image = decode_json(read_file("$release/release.json"))->{image};
my $bytes = read_file($slot);
is(length $bytes, $image->{size}, 'the image is the file system');
is(sha256_hex($bytes), $image->{sha256}, 'and its hash the release\'s');
is(substr($bytes, $image->{kernel}{offset}, $image->{kernel}{size}), $kernel, 'the kernel stands where it says');
ok(file_of() eq $kernel, 'and where mtools finds it');
unlike($bytes, qr/BOOTX64/, 'nothing that firmware would start by itself');
is(substr(read_file("$release/toy-3.update"), -length $bytes), $bytes, 'the update holds the file system');

# The rest of the file system is free, and a slot has it.
open my $grown, '+<', $slot or die $!;
truncate $grown, 512 * unpack('V', substr $bytes, 32, 4) or die $!;
close $grown;
my $checked = run('fsck.fat', '-n', '-v', $slot);
is($checked->{status}, 0, 'fsck.fat finds nothing') or diag $checked->{out};
like($checked->{out}, qr/32 bit entries/, 'in a FAT32');
is(sign(@one)->{status}, 0, 'a file of another size is made anew');
is(read_file($slot), $bytes, 'with the same bytes');

# Secure Boot
is(sign('--efi-key', "$scratch/ours.pem", @one)->{status}, 2, 'a key without its certificate is refused');
is(sign(@one, @efi)->{status}, 0, 'sign for Secure Boot');
my $secure = read_file($slot);
write_file("$scratch/back", file_of());
is(run('sbverify', '--cert', "$scratch/ours.crt", "$scratch/back")->{status}, 0, 'sbverify finds it signed');
isnt(run('sbverify', '--cert', "$scratch/theirs.crt", "$scratch/back")->{status}, 0, 'by nobody else');
for my $who (['one.key', @efi], ['two.key'], ['two.key', @efi]) {
	my ($key, @more) = @$who;
	is(sign('--key', "$scratch/$key", @more)->{status}, 0, "$key signs again");
	ok(read_file($slot) eq $secure, 'what was signed for Secure Boot stays');
}
is(() = read_file("$release/release.json.minisig") =~ /^trusted comment/mg, 2, 'two people signed one release');
is(sign(@one, '--efi-key', "$scratch/theirs.pem", '--efi-cert', "$scratch/theirs.crt")->{status}, 0, 'with another key');
ok(read_file($slot) ne $secure, 'it is made anew');

# another kernel, and boards whose slots hold a bare one
make_output(program(700_416, 11), ', "payload": "fat"');
is(sign(@one)->{status}, 0, 'another kernel');
ok(file_of() eq read_file("$scratch/toy/bzImage"), 'is in the slot');
make_output($kernel, ', "payload": "thin"');
like(sign(@one)->{err}, qr/payload: want "fat", "fat-fallback" or none, got "thin"/, 'an unknown payload is refused');
make_output($kernel, '');
like(sign(@one, @efi)->{err}, qr/bare kernel, which no firmware asks a signature of/, 'and a signature that nobody reads');
is(sign(@one)->{status}, 0, 'a bare kernel');
ok(!exists decode_json(read_file("$release/release.json"))->{image}{kernel}, 'is the image itself');

done_testing();
