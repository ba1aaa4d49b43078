#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A critical service in a crash loop uses up its starts: the board's command is told why, and the
# machine restarts. One that stays up for the trial time makes the boot a good one, which is told once.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Test::More;

my $health = <<'END';
[health]
trial = 3s
deadline = 60s
healthy = /bin/actor tell told-healthy
unhealthy = /bin/actor say told-unhealthy tell
END

my $crashing = device('crashing', board => $health, services => { app => <<'END' });
[Unit]
StartLimitBurst = 3
[Service]
ExecStart = /bin/actor sleep 100 raise SEGV
Critical = yes
Restart = always
RestartSec = 0
RestartMaxDelaySec = 100ms
END
my $said = play($crashing, <<'END');
timeout 240
expect "service app: ended by signal 11"
expect "service app: failed for good: start-limit-hit"
expect "health: unhealthy: service app: start-limit-hit"
expect "actor: told-unhealthy"
expect "actor: service app: start-limit-hit"
expect "pid1: reboot: .*stopping all services"
expect "pid1: reboot$"
# And the machine comes up again.
expect "pid1: board crashing"
END
my ($first) = $said =~ /^(.*?)pid1: reboot$/ms;
my $starts = () = $first =~ /service app: started/g;
is($starts, 3, 'it was started as often as its budget says');
unlike($first, qr/told-healthy/, 'and the boot was never called healthy');

my $good = device('good', board => $health, services => { app => <<'END', other => <<'END2' });
[Service]
Type = notify
ExecStart = /bin/actor sleep 1000 say app-up notify READY=1
Critical = yes
Restart = on-failure
END
[Service]
ExecStart = /bin/actor sleep 500 exit 1
END2
$said = play($good, <<'END');
timeout 240
expect "service app: ready"
expect "health: healthy: every critical service was up for 3000 ms"
expect "actor: told-healthy"
# By hand: it comes back within its budget, and nobody is alarmed.
send kill -9 $(pidof actor)
expect "service app: ready" 60
# Longer than the trial, after which it might be told again.
run sleep 5 -> 0
END
my $told = () = $said =~ /told-healthy/g;
is($told, 1, 'healthy is told once');
unlike($said, qr/unhealthy/, 'and a service that is not critical may fail');

my $late = device('late', board => $health =~ s/60s/12s/r, services => { app => <<'END' });
[Service]
Type = notify
ExecStart = /bin/actor say never-ready
TimeoutStartSec = 60s
Critical = yes
Restart = always
END
play($late, <<'END');
timeout 240
expect "actor: never-ready"
expect "health: unhealthy: service app: activating for 12 s"
expect "actor: service app: activating for 12 s"
expect "pid1: reboot$"
expect "pid1: board late"
END

done_testing();
