#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# Nobody is at the device: an image that proves unhealthy is judged bad at the next boot and refused, one
# that proves healthy is confirmed.
use strict;
use warnings;
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

# An image whose critical program is this one; its update, and its content id.
sub image {
	my ($name, $app) = @_;
	my $device = device('alone', recipes => 'svc rollback', files => {
		'/etc/mark' => "$name\n",
		'/sbin/app' => "#!/bin/sh\n$app\n",
		'/etc/rollback.conf' => settings(board => 'alone', key => $key),
	}, services => { app => <<'APP', judge => <<'JUDGE' }, board => <<'BOARD');
[Unit]
After = judge
StartLimitBurst = 2
[Service]
ExecStart = /sbin/app
BindReadOnlyPaths = /sbin/app /bin
Critical = yes
Restart = always
RestartSec = 0
RestartMaxDelaySec = 100ms
APP
[Service]
Type = oneshot
ExecStart = /sbin/rollback judge
User = root
BindPaths = /
JUDGE
[reason]
store = /dev/vdd
[health]
trial = 2s
healthy = /sbin/rollback confirm
[kexec]
loader = /sbin/rollback load
timeout = 60s
BOARD
	my $out = "$scratch/$name";
	my $manifest = device_image($device) =~ s/bzImage$/manifest.json/r;

	write_file("$out/alone/bzImage", read_file(device_image($device)));
	copy($manifest, "$out/alone/manifest.json") or die $!;
	my $signed = run($ENV{INGOT}, '--out', $out, 'sign', '--key', $key, 'alone');
	die $signed->{err} if $signed->{status};
	return { device => $device, update => "$out/alone.release/alone-1.update",
		content => decode_json(read_file($manifest))->{content_id} };
}

my $sick = image('sick', 'exit 1');
my $well = image('well', 'exec sleep 100001');
my $first = image('first', 'exec sleep 100000');

my @drives = (slot_drives(128 << 10), drive("$scratch/reason", 16 << 10));
my @here = leave_factory($first->{update}, $first->{content}, board => 'alone', key => $key);
# /dev/vde and /dev/vdf
my ($sick_size, $well_size) = map { -s $_->{update} } $sick, $well;
for my $image ($sick, $well) {
	copy($image->{update}, "$scratch/$image->{content}") or die $!;
	push @drives, drive("$scratch/$image->{content}", ((-s $image->{update}) + 511) & ~511);
}

play($first->{device}, <<"END", @drives);
timeout 600
expect "nothing to judge\$"
expect "slot a: confirmed before\$"
run head -c $sick_size /dev/vde | rollback install - -> 0
run rollback try --kexec -> 0
send svc kexec b
expect "slot b: is being tried\$"
expect "pid1: health: unhealthy: service app: start-limit-hit"
# The machine's own start: the default.
expect "last boot ended: unhealthy: service app: start-limit-hit"
expect "slot b: bad, and refused from now on: it gave itself up: unhealthy: service app: start-limit-hit\$"
expect "pid1: boot complete"
run grep -q first /etc/mark -> 0
run head -c $sick_size /dev/vde | rollback install - -> 3
run head -c $well_size /dev/vdf | rollback install - -> 0
run rollback try --kexec -> 0
send svc kexec b
expect "slot b: is being tried\$"
expect "slot b: confirmed\$"
run grep -q well /etc/mark -> 0
run rollback status | grep -q '^slot b: good, version 1, the default, runs\$' -> 0
run rollback history | grep -q 'slot b, version 1: came up (blackout [0-9]*[.][0-9]* s)' -> 0
run rollback history | grep -q 'attempt (verify .*, load .*)' -> 0
END
my @told = map { $_->{event} } @{ decode_json(run(@here, '--json', 'history')->{out}) };
is_deeply(\@told, ['install begun', 'installed', 'adopted',
		'install begun', 'installed', 'to be tried', 'attempt', 'came up', 'bad',
		'install begun', 'installed', 'to be tried', 'attempt', 'came up', 'confirmed'], 'all of it is told');

done_testing();
