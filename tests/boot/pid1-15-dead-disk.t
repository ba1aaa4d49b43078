#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A disk that hardly answers, and a check that never ends: both are given up in time, and the machine
# can still be restarted.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Ingot;
use Test::More;

my $dir = scratch_dir();

sub drive {
	my ($name, @more) = @_;
	system('truncate', '-s', '8M', "$dir/$name") == 0 && system('mke2fs', '-q', '-t', 'ext4', "$dir/$name") == 0
		or BAIL_OUT('mke2fs');
	return ('-drive', join ',', "file=$dir/$name", 'if=virtio', 'format=raw', @more);
}

my $device = device('dead', inherit => 'sat-x86_64',
	files => { '/sbin/e2fsck' => "#!/bin/sh\ntrap '' TERM\nsleep 1000\nsleep 1000\n" }, board => <<'END');
[mounts]
/dead = /dev/vda ext4 nofail fsck=no
/endless = /dev/vdb ext4 nofail fsck-wait=3s
/good = /dev/vdc ext4 fsck=no
END

# So few bytes a second that the kernel's look at the partitions is all there is for minutes.
my $said = play($device, <<'END', drive('a', 'throttling.bps-total=20'), drive('b'), drive('c'));
timeout 180
expect "mount /good: /dev/vdc mounted"
expect "pid1: boot complete"
run test -d /good/lost+found -> 0
expect "mount /endless: /dev/vdb was not checked within 3000 ms: goes on without" 60
expect "mount /dead: /dev/vda does not answer: given up" 60
run sh -c 'test -z "$(cat /sys/fs/cgroup/system/fsck-endless/cgroup.procs)"' -> 0
send kill -TERM 1
expect "pid1: reboot: .*stopping all services"
expect "Linux version"
END
unlike($said, qr/Kernel panic/, 'no panic');

done_testing();
