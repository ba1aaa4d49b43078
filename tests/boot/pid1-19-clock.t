#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# The clock set to 1970, 2038 and an hour off while the device runs: nothing is late, early or lost.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Test::More;

my $device = device('clock', services => { beat => <<'END', again => <<'END', alive => <<'END' });
[Service]
Type = oneshot
ExecStart = /bin/actor say beat exit 0
[Timer]
OnBootSec = 2s
OnUnitActiveSec = 3s
END
[Service]
ExecStart = /bin/actor sleep 1000 exit 1
Restart = always
RestartSec = 2s
RestartMaxDelaySec = 2s
END
[Service]
Type = notify
ExecStart = /bin/actor notify READY=1 beat 1000
WatchdogSec = 20s
END
# The image's epoch is 2026; a battery that is empty gives 1970.
my $said = play($device, <<'END', '-rtc', 'base=1970-01-02T00:00:00');
timeout 120
expect "clock: was [0-9]+, before the image was made: set to 1767225600"
expect "pid1: boot complete"
run test $(date +%Y) = 2026 -> 0
expect "actor: beat"
run date -s '1970-01-01 00:00:10' -> 0
expect "actor: beat" 30
expect "actor: beat" 30
expect "service again: started" 30
run date -s '2038-01-19 03:14:05' -> 0
expect "actor: beat" 30
expect "actor: beat" 30
expect "service again: started" 30
run date -s '2026-06-01 12:00:00' -> 0
run date -s '2026-06-01 11:00:00' -> 0
expect "actor: beat" 30
expect "service again: started" 30
run date -s '2026-06-01 13:00:00' -> 0
expect "actor: beat" 30
expect "actor: beat" 30
run date -s '2106-02-07 06:28:14' -> 0
expect "actor: beat" 30
expect "actor: beat" 30
send kill -TERM 1
expect "pid1: reboot" 60
expect "pid1: board clock, content id"
END

# By pid1's own, monotonic times the period was kept through it all.
my ($first_boot) = $said =~ /\A(.*?pid1: reboot: )/s;
my @starts = $first_boot =~ /\[ *([0-9.]+)\] pid1: service beat: started/g;
my @periods = map { $starts[$_] - $starts[$_ - 1] } 1 .. $#starts;
cmp_ok(scalar @periods, '>=', 6, scalar(@periods) . ' periods');
is(scalar(grep { $_ < 2.5 || $_ > 4.5 } @periods), 0, "each about 3 s: @periods");
unlike($first_boot, qr/service alive: no life sign|service alive: ended/, 'no watchdog fired for it');

done_testing();
