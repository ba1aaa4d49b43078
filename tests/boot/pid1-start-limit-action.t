#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# StartLimitAction= of a service that is not critical: the machine goes off, restarts, or counts as
# unhealthy, and only once its starts are used up.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Test::More;

sub limited {
	my ($action) = @_;
	return device("limit-$action", services => { app => <<"END" });
[Unit]
StartLimitBurst = 2
StartLimitAction = $action
[Service]
ExecStart = /bin/actor exit 1
Restart = on-failure
END
}
my $out = 'timeout 240
expect "service app: starts again in 100 ms"
expect "service app: failed for good: start-limit-hit"
';
play(limited('poweroff'), $out . <<'END');
expect "pid1: power-off: .*stopping all services"
expect "reboot: Power down"
END
play(limited('reboot'), $out . <<'END');
expect "pid1: reboot: .*stopping all services"
expect "pid1: board limit-reboot"
END
play(limited('unhealthy'), $out . <<'END');
expect "health: unhealthy: service app: start-limit-hit"
expect "pid1: board limit-unhealthy"
END

done_testing();
