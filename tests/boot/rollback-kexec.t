#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A device updates itself: installs into the other slot, tries it by kexec, and confirms what runs.
# An image that was damaged in its slot is not jumped into; one that ends in a restart is tried again, and
# once there is evidence against it, refused.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use File::Copy qw(copy);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Boot;
use Device;
use Factory;
use Ingot;
use JSON::PP qw(decode_json);
use Test::More;

my $scratch = scratch_dir();
my ($key) = signing_keys('owner');

# One board, of which two images differ in a file; each image's update, and its content id.
sub twin {
	my ($mark) = @_;
	my $device = device('twin', recipes => 'svc rollback', files => {
		'/etc/mark' => "$mark\n",
		'/etc/rollback.conf' => settings(board => 'twin', key => $key),
	}, board => "[kexec]\nloader = /sbin/rollback load\ntimeout = 60s\n");
	my $out = "$scratch/$mark";
	my $bytes = read_file(device_image($device));
	my $content = decode_json(read_file(device_image($device) =~ s/bzImage$/manifest.json/r))->{content_id};

	write_file("$out/twin/bzImage", $bytes);
	copy(device_image($device) =~ s/bzImage$/manifest.json/r, "$out/twin/manifest.json") or die $!;
	my $signed = run($ENV{INGOT}, '--out', $out, 'sign', '--key', $key, 'twin');
	die $signed->{err} if $signed->{status};
	return { device => $device, update => "$out/twin.release/twin-1.update", content => $content,
		size => length $bytes };
}

my $broken = twin('third');
my $new = twin('second');
my $old = twin('first');
isnt($old->{content}, $new->{content}, 'two images');

my @slots = slot_drives(16 << 10);
my @here = leave_factory($old->{update}, $old->{content}, board => 'twin', key => $key);
# /dev/vdd and /dev/vde
my $size = -s $new->{update};
my $broken_size = -s $broken->{update};
my @update = map {
	copy($_->{update}, "$scratch/update $_->{content}") or die $!;
	drive("$scratch/update $_->{content}", ((-s $_->{update}) + 511) & ~511);
} $new, $broken;

my $said = play($old->{device}, <<"END", @slots, @update);
timeout 900
expect "pid1: boot complete"
run grep -q first /etc/mark -> 0
run rollback status | grep -q '^slot a: good, version 1, the default, runs\$' -> 0
run rollback load b -> 4
run head -c $broken_size /dev/vde | rollback install - -> 0
run rollback try --kexec -> 0
send svc kexec b
expect "pid1: kexec: verified and loaded: stopping all services\$"
expect "pid1: boot complete"
run grep -q third /etc/mark -> 0
send svc reboot
expect "pid1: boot complete"
run grep -q first /etc/mark -> 0
run rollback load b -> 4
run rollback judge | grep -q '^slot b: to be tried again: how it ended is not known\$' -> 0
send svc kexec b
expect "pid1: kexec: verified and loaded: stopping all services\$"
expect "pid1: boot complete"
run grep -q third /etc/mark -> 0
send svc reboot
expect "pid1: boot complete"
run rollback status | grep -q '^slot b: trying, by kexec, 2 attempts, no verdict yet' -> 0
run rollback judge --failed | grep -q '^slot b: bad, and refused' -> 0
run head -c $broken_size /dev/vde | rollback install - -> 3
run head -c 4000000 /dev/vdd | head -c 1000000 | rollback install - -> 6
run head -c $size /dev/vdd | rollback install - -> 0
run rollback confirm -> 0
run rollback try --kexec -> 0
run dd if=/dev/zero of=/dev/vdb bs=512 seek=3000 count=1 conv=notrunc -> 0
send svc kexec b
expect "pid1: reboot: the loader exited with 5: stopping all services\$"
expect "pid1: boot complete"
run rollback status | grep -q '^slot b: trying, by kexec, 1 attempts' -> 0
run rollback repair | grep -q '^slot b: is empty now\$' -> 0
run head -c $size /dev/vdd | rollback install - -> 0
run rollback try --kexec -> 0
send svc kexec b
expect "pid1: kexec: verified and loaded: stopping all services\$"
expect "pid1: boot complete"
run grep -q second /etc/mark -> 0
run rollback status | grep -q '^slot b: trying, by kexec, 1 attempts, no verdict yet, version 1, runs\$' -> 0
run rollback confirm -> 0
run rollback status | grep -q '^slot b: good, version 1, the default, runs\$' -> 0
run rollback verify -> 0
END
is(() = $said =~ /kexec_core: Starting new kernel/g, 3, 'three jumps');
my $end = decode_json(run(@here, '--json', 'status')->{out});
is(scalar @{ $end->{refused} }, 1, 'one image is refused');
is("$end->{default} $end->{slots}[0]{state} $end->{slots}[1]{state}", 'b good good',
	'both slots are confirmed, the new one is the default');
is(sha256_hex(substr(read_file("$factory/b"), 0, $new->{size})),
	sha256_hex(read_file("$scratch/second/twin/bzImage")), 'and holds the image');

done_testing();
