#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# /run is full to the last byte and the last inode: services are started, restarted, heard and
# stopped as before, and the next boot has it empty again.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Test::More;

my $device = device('run-full', recipes => 'svc', services => {
	filler => <<'END', walled => <<'END', late => <<'END', heard => <<'END' }, image => 'run-size = 1M');
[Service]
Type = oneshot
ExecStart = /bin/sh -c "cat /dev/zero >/run/fill; i=0; while true >/run/inode$$i; do i=$$((i+1)); done; echo full after $$i files"
User = root
BindPaths = /
END
[Service]
ExecStart = /bin/actor sleep 1000000
Restart = always
RestartSec = 0
END
[Unit]
After = filler
[Service]
ExecStart = /bin/actor say "started into a full /run"
Restart = always
RestartSec = 0
END
[Service]
ExecStart = /bin/sh -c "while :; do echo still heard; sleep 3; done"
User = root
BindPaths = /
END
play($device, <<'END');
timeout 120
expect "full after [0-9]+ files"
expect "boot complete"
run until svc log late | grep -q "started into a full /run"; do sleep 0.1; done -> 0
run echo more >/run/fill2 -> 1
send kill -9 $(pidof actor)
expect "service (walled|late): started"
expect "service (walled|late): started"
expect "still heard"
run for i in $(seq 100); do test $(pidof actor | wc -w) -eq 2 && break; sleep 1; done; test $(pidof actor | wc -w) -eq 2 -> 0
run svc status walled -> 0
send svc restart heard
expect "still heard"
run svc stop walled -> 0
run until test $(pidof actor | wc -w) -eq 1; do sleep 0.1; done -> 0
send reboot
expect "pid1: reboot$"
expect "full after [0-9]+ files"
expect "boot complete"
END

done_testing();
