#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# An image for kexec above half of the memory: its loader alone ends, the restart is an ordinary one.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Boot;
use Device;
use Ingot;
use Test::More;

my $device = device('big', recipes => 'slot-loader svc',
	board => "[reason]\nstore = /dev/vda\n[kexec]\nloader = /bin/slot-loader\ntimeout = 5min\n",
	services => { idle => "[Service]\nExecStart = /bin/busybox sleep 100000\n" });
# 256 MiB of memory, and an image of more than 140.
my $said = play($device, <<'END', disk(64), slot(read_file(device_image($device)), 140));
timeout 400
expect "pid1: boot complete"
run true -> 0
send svc kexec vdb
expect "pid1: service kexec: killed: .*over its MemoryMax"
expect "pid1: reboot: the loader was killed or late: stopping all services$"
expect "last boot ended: kexec-failed: the loader was killed or late, after"
expect "pid1: boot complete"
END
my ($before) = $said =~ /(.*)stopping all services/s;
unlike($before // '', qr/service (?:idle|console): (?:killed|ended)/, 'no service paid for it');

done_testing();
