#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# Requires=, Wants=, OnFailure=, timers and start limits, at boot and by hand.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Test::More;

my $device = device('relations', recipes => 'svc', enable => [qw(console app lonely odd sick)], services => {
	# Both come with app, though the board does not name them.
	base => "[Service]\nType = notify\nExecStart = /bin/actor sleep 1500 say base-up notify READY=1\n",
	extra => "[Service]\nExecStart = /bin/actor say extra-runs\n",
	app => "[Unit]\nRequires = base\nAfter = base\nWants = extra\n[Service]\nExecStart = /bin/actor say app-runs\n",
	# One fails for good: it takes the other down with it, and calls for help.
	broken => "[Unit]\nOnFailure = helper\n[Service]\nType = oneshot\nExecStart = /bin/actor sleep 500 exit 3\n",
	lonely => "[Unit]\nRequires = broken\nAfter = broken\n[Service]\nExecStart = /bin/actor say lonely-runs\n",
	helper => "[Service]\nType = oneshot\nExecStart = /bin/actor tell helper-helps\n",
	odd => "[Service]\nType = oneshot\nExecStart = /bin/actor tell odd-tick\n[Timer]\nOnBootSec = 5s\nOnUnitActiveSec = 3s\n",
	# Restarted by its policy a few times only, and no more.
	sick => "[Unit]\nStartLimitBurst = 3\nStartLimitIntervalSec = 1h\n[Service]\nExecStart = /bin/actor exit 1\nRestart = on-failure\nRestartSec = 100ms\n",
});
my $said = play($device, <<'END');
timeout 240
expect "actor: app-runs"
expect "actor: odd-tick"
expect "actor: odd-tick"
expect "actor: odd-tick"
# What was stopped stays so, whatever its timer says, until it is started.
run svc stop odd; sleep 1; svc log odd | grep -c odd-tick >/run/ticks -> 0
run sleep 8; svc log odd | grep -c odd-tick | cmp - /run/ticks -> 0
send svc start odd
expect "actor: odd-tick"
expect "actor: odd-tick"
# A stop goes to those that require it, the later first; a start brings what is needed.
send svc stop base
expect "service app: ended by signal 15"
expect "service base: ended by signal 15"
run until svc status app | grep -q inactive; do sleep 0.2; done -> 0
run until svc status base | grep -q inactive; do sleep 0.2; done -> 0
send svc start app
expect "service base: ready"
expect "service app: started"
send svc restart base
expect "service app: ended by signal 15"
expect "service base: ended by signal 15"
expect "service base: ready"
expect "service app: started"
run svc status sick | grep -q failed -> 0
send svc start sick
expect "service sick: starts again in 100 ms"
expect "service sick: failed for good: start-limit-hit"
send poweroff
expect "reboot: Power down" 30
END
like($said, qr/actor: base-up.*service base: ready.*actor: app-runs/s, 'what is required comes, and comes first');
like($said, qr/actor: extra-runs/, 'what is wanted comes');
like($said, qr/service broken: failed for good: exit-code.*service lonely: failed for good: dependency/s,
	'what requires a service that has failed for good fails');
unlike($said, qr/lonely-runs/, 'without a start');
my ($boot) = $said =~ /^(.*?)service broken: failed/s;
unlike($boot, qr/helper-helps/, 'OnFailure= does not start at boot');
like($said, qr/service broken: failed.*actor: helper-helps/s, 'but when it is called for');
like($said, qr/boot complete.*odd-tick/s, 'nobody waits for a timer');
my @ticks = $said =~ /\[ *([\d.]+)\] pid1: service odd: started/g;
cmp_ok($ticks[0], '>=', 5, "the first tick comes in its time ($ticks[0] s)");
# A device that is held up says of a start late what it began in time.
cmp_ok($ticks[1] - $ticks[0], '>=', 1.5, 'and the next ones, too');
cmp_ok($ticks[1] - $ticks[0], '<', 6, 'and not late');

done_testing();
