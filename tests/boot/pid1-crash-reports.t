#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# What is known of a crash is kept across a reboot, in a store that never grows above its bounds.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Ingot;
use Test::More;

# A disk with a file system on it: the host makes it, the device keeps its reports there.
my $disk = scratch_dir() . '/disk';
system('sh', '-c', 'truncate -s 16M "$1" && mke2fs -q -t ext4 "$1"', 'sh', $disk) == 0 or plan skip_all => 'needs mke2fs (Debian: e2fsprogs)';
my $device = device('crashes',
	inherit => 'sat-x86_64',
	services => {
		segv => <<'END', status => <<'END', eater => <<'END', fine => <<'END', data => <<'END' },
[Unit]
After = data
[Service]
ExecStart = /bin/actor say "before the fault" raise SEGV
LimitCORE = 1M
END
[Unit]
After = segv
[Service]
ExecStart = /bin/actor sleep 1500 say "the last words" exit 7
END
[Unit]
After = status
[Service]
ExecStart = /bin/sh -c "sleep 3; x=0123456789abcdef; while :; do x=$$x$$x; done"
User = root
BindPaths = /
MemoryMax = 4M
END
[Service]
ExecStart = /bin/actor exit 0
END
[Service]
Type = oneshot
ExecStart = /bin/sh -c "mkdir /run/data && mount -t ext4 /dev/vda /run/data && cd /run/data/crash && ls *.core && grep -h ^cause *.report; true"
User = root
BindPaths = /
END
	board => "[crash]\nstore = /run/data/crash\ncount = 4\nsize = 128K\n");
my @qemu = ('-drive', "file=$disk,if=virtio,format=raw,cache=writethrough");
my $said = play($device, <<'END', @qemu);
timeout 600
# A slow machine writes the core while the others end.
expect "service eater: killed: out of memory"
run until ls /run/data/crash/*.segv.report /run/data/crash/*.status.report /run/data/crash/*.eater.report; do sleep 0.5; done -> 0
run cat /run/data/crash/*.report -> 0
run grep -q '^cause: ended by signal 11' /run/data/crash/*.segv.report -> 0
run grep -q '] actor: before the fault$' /run/data/crash/*.segv.report -> 0
run grep -q '^cause: exited with 7$' /run/data/crash/*.status.report -> 0
run grep -q '] actor: the last words$' /run/data/crash/*.status.report -> 0
run grep -q '^cause: killed: out of memory' /run/data/crash/*.eater.report -> 0
run ls /run/data/crash | grep -q fine -> 1
run test "$(dd if=$(ls /run/data/crash/*.segv.core) bs=1 skip=1 count=3)" = ELF -> 0
run test $(stat -c %s /run/data/crash/*.segv.core) -le 65536 -> 0
run sync -> 0
reset
# What the first boot has left is there before anything ends badly in this one.
expect "[0-9]+.segv.core$"
expect "cause: exited with 7$"
expect "cause: killed: out of memory"
expect "service eater: killed: out of memory"
run until ls /run/data/crash | grep -q '^0000000[5-9][.]eater'; do sleep 0.5; done; ls -l /run/data/crash -> 0
# Numbers go on after the reboot, and the oldest made room.
run test $(ls /run/data/crash | wc -l) -le 4 -> 0
run ls /run/data/crash | grep -q '^0000000[678]' -> 0
run ls /run/data/crash | grep -q '^00000001' -> 1
run test $(cat /run/data/crash/* | wc -c) -le 131072 -> 0
END

done_testing();
