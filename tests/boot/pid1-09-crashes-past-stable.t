#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# Crashes spaced just past what the back-off takes for stable use up the budget of starts all the same.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Test::More;

my $device = device('spaced', services => { app => <<'END' });
[Unit]
StartLimitBurst = 3
StartLimitIntervalSec = 1h
[Service]
ExecStart = /bin/actor sleep 10500 raise KILL
Critical = yes
Restart = always
RestartSec = 200ms
END
my $said = play($device, <<'END');
timeout 300
expect "service app: started"
expect "service app: starts again in 200 ms"
expect "service app: started"
# The back-off has forgotten the first one, the budget has not.
expect "service app: starts again in 200 ms"
expect "service app: started"
expect "service app: failed for good: start-limit-hit"
expect "health: unhealthy: service app: start-limit-hit"
expect "pid1: reboot$"
END

done_testing();
