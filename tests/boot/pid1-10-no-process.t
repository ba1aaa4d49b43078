#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# When the kernel has no process or pid1 no descriptor left, a service waits with growing pauses, and
# starts when there is one again.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Test::More;

my $service = "[Service]\nExecStart = /bin/actor say lives\nRestart = always\nRestartSec = 100ms\nRestartMaxDelaySec = 1s\n";
my $device = device('scarce', services => { app => $service });
my $said = play($device, <<'END');
timeout 240
expect "service app: started"
expect "boot complete"
timeout 60
# Processes: the shell has only its own built-in commands left.
run pidof actor >/tmp/pid -> 0
send echo 20 >/proc/sys/kernel/threads-max; read pid </tmp/pid; kill -9 $pid
expect "service app: cannot start: Resource temporarily unavailable"
expect "service app: starts again in 1000 ms"
expect "service app: cannot start: Resource temporarily unavailable"
send echo 5000 >/proc/sys/kernel/threads-max
expect "service app: started"
run pidof actor -> 0
# The end of the machine has none, either: what is written is brought to the disks all the same.
send echo 20 >/proc/sys/kernel/threads-max; kill -TERM 1
expect "pid1: reboot: .*stopping all services"
expect "pid1: reboot$"
expect "Linux version"
END
unlike($said, qr/the disks do not answer/, 'a disk that nobody asked has not failed to answer');

done_testing();
