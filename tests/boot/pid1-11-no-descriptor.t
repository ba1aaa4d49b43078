#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# When pid1 has no descriptor left, a service waits with growing pauses, and starts when there is one again;
# who asks pid1 something waits, too, and keeps it from nothing meanwhile.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Test::More;

my $service = "[Service]\nExecStart = /bin/actor say lives\nRestart = always\nRestartSec = 100ms\nRestartMaxDelaySec = 1s\n";
my $device = device('descriptors', recipes => 'svc', services => { app => $service });
play($device, <<'END');
timeout 240
expect "service app: started"
expect "boot complete"
timeout 20
run actor files-of 1 files 8 exit 0 -> 0
send kill -9 $(pidof actor)
expect "service app: cannot start: (Too many open files|No file descriptors available)"
expect "service app: starts again in 1000 ms"
run (svc status app >/run/status 2>&1 &) -> 0
run sleep 1; used() { echo $(($(cut -d' ' -f14 /proc/1/stat) + $(cut -d' ' -f15 /proc/1/stat))); } -> 0
run a=$(used); sleep 5; test $(($(used) - a)) -lt 150 -> 0
send actor files-of 1 files 1024 exit 0
expect "service app: started"
run sleep 2; pidof actor -> 0
run until grep -q app /run/status; do sleep 0.2; done -> 0
END

done_testing();
