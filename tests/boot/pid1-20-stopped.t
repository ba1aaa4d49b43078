#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A critical service that SIGSTOP holds sends no life signs: it is noticed, ended and started again.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Test::More;

my $device = device('held', services => { app => <<'END' });
[Service]
Type = notify
ExecStart = /bin/actor notify READY=1 beat 500
WatchdogSec = 3s
Critical = yes
Restart = on-failure
RestartSec = 0
END
my $said = play($device, <<'END');
timeout 240
expect "service app: ready"
expect "boot complete"
# Twice WatchdogSec: as long as its life signs come, nothing happens.
run sleep 6 -> 0
send kill -STOP $(pidof actor)
expect "service app: no life sign for 3000 ms: aborted" 60
expect "service app: ended by signal 6"
expect "service app: starts again in 0 ms"
expect "service app: ready"
# And after the restart.
run sleep 6 -> 0
END
my $aborted = () = $said =~ /no life sign/g;
is($aborted, 1, 'and only then: its life signs count');

done_testing();
