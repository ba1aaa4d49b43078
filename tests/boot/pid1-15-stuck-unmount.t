#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A disk that stops writing holds a process that no signal ends, its own open file and the unmount: the
# machine still restarts, and powers off, within the bound.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Ingot;
use Test::More;

my $dir = scratch_dir();
my $device = device('stuck', inherit => 'sat-x86_64',
	services => { writer => <<'END' },
[Service]
ExecStart = /bin/sh -c "until test -e /run/go; do sleep 1; done; while :; do dd if=/dev/zero of=/data/big bs=64k count=16; sync; done"
User = root
BindPaths = /
TimeoutStopSec = 3s
END
	board => "[mounts]\n/data = /dev/vda ext4 fsck=no\n");

# Reads are quick, so that it is mounted; what is written trickles.
sub drive {
	system('truncate', '-s', '16M', "$dir/disk") == 0 && system('mke2fs', '-q', '-t', 'ext4', '-E', 'lazy_itable_init=0,lazy_journal_init=0', "$dir/disk") == 0
		or BAIL_OUT('mke2fs');
	return ('-drive', "file=$dir/disk,if=virtio,format=raw,throttling.bps-write=8192");
}

# From the request to the machine's end, by the kernel's clock.
sub took {
	my ($said, $asked, $ended) = @_;
	my ($from) = $said =~ /\[ *([\d.]+)\] pid1: $asked: .*stopping all services/m;
	my ($to) = $said =~ /\[ *([\d.]+)\] [^\n]*$ended/;

	return defined $from && defined $to ? $to - $from : 1e9;
}

my $stuck = <<'END';
timeout 300
expect "pid1: boot complete"
run touch /run/go -> 0
# One of its processes waits for the disk and for nothing else.
run until for p in $(cat /sys/fs/cgroup/services/writer/cgroup.procs); do grep -q "^State:.D" /proc/$p/status && break; done; do sleep 1; done -> 0
END

my $said = play($device, $stuck . <<'END', drive());
send kill -TERM 1
expect "pid1: reboot: signal 15 from process [0-9]+: stopping all services"
expect "pid1: reboot: some processes cannot be killed"
expect "pid1: reboot: the disks do not answer: going on"
expect "pid1: reboot$"
expect "Linux version"
END
# The service's stop, its kill, what is left of it, the disks, and as much again.
my $bound = 2 * (3 + 2 + 2 + 10 + 3);
cmp_ok(took($said, 'reboot', 'reboot: Restarting system'), '<', $bound, 'restarted within the bound');

$said = play($device, $stuck . <<'END', drive());
send kill -USR2 1
expect "pid1: power-off: signal 12 from process [0-9]+: stopping all services"
expect "pid1: power-off: some processes cannot be killed"
expect "pid1: power-off: the disks do not answer: going on"
expect "pid1: power-off$"
expect "reboot: Power down"
END
cmp_ok(took($said, 'power-off', 'reboot: Power down'), '<', $bound, 'off within the bound');
unlike($said, qr/Kernel panic/, 'no panic');

done_testing();
