#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# What a service says of itself: trouble, its leaving, its status; and one that says so without pause holds
# up neither pid1 nor the others.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Test::More;

my $device = device('says', recipes => 'svc', services => {
	troubled => "[Service]\nType = notify\nExecStart = /bin/actor notify READY=1 sleep 1500 notify WATCHDOG=trigger\n"
		. "Restart = on-watchdog\nRestartSec = 10min\nRestartMaxDelaySec = 10min\n",
	leaves => "[Service]\nType = notify\nTimeoutStopSec = 2s\nExecStart = /bin/actor notify READY=1 notify STOPPING=1\n",
	talks => "[Service]\nType = notify\nExecStart = /bin/actor notify READY=1\\nSTATUS=calibrated-\\\\e[31mred\n",
	floods => "[Service]\nType = notify\nWatchdogSec = 10s\nExecStart = /bin/actor notify READY=1 beat 0\n",
	'floods-junk' => "[Service]\nType = notify\nExecStart = /bin/actor notify READY=1 flood junk\n",
	steady => "[Service]\nType = notify\nExecStart = /bin/actor notify READY=1 beat 500\nWatchdogSec = 5s\nCritical = yes\nRestart = always\n",
});
my $said = play($device, <<'END');
timeout 240
# Both, in whichever order.
expect "service (leaves: does not stop: killed|troubled: starts again in 600000 ms)"
expect "service (leaves: does not stop: killed|troubled: starts again in 600000 ms)"
run svc status talks | grep -q 'calibrated-?\[31mred' -> 0
run sleep 10; svc status steady | grep -q running -> 0
run svc status floods | grep -q running -> 0
send poweroff
expect "reboot: Power down" 40
END
like($said, qr/service $_$/m, $_)
	for 'troubled: says that it is in trouble: aborted', 'troubled: starts again in 600000 ms', 'leaves: does not stop: killed';
my $scolds = () = $said =~ /service floods-junk: notify: a message that is no KEY=VALUE: ignored/g;
is($scolds, 1, 'nonsense is told once');
unlike($said, qr/no life sign/, 'and no life sign got lost in the flood');

done_testing();
