#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# Services that ignore SIGTERM or block every signal are killed at their deadline, and the machine goes
# down in time.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Test::More;

my $device = device('deaf', services => {
	ignores => "[Service]\nExecStart = /bin/actor ignore TERM ignore HUP say ignores\nTimeoutStopSec = 2s\n",
	blocks => "[Service]\nExecStart = /bin/actor block-all say blocks\nTimeoutStopSec = 3s\nRestart = always\n",
	held => "[Service]\nExecStart = /bin/actor say held raise STOP\nTimeoutStopSec = 20s\n",
	polite => "[Service]\nExecStart = /bin/actor say polite\nTimeoutStopSec = 20s\n",
});
# Each says so once, in any order, when it is deaf.
my $all = qq(expect "(boot complete|actor: (ignores|blocks|held|polite))\$"\n) x 5;
my $said = play($device, "timeout 240\n$all" . <<'END');
run until grep -q "^State:.T" /proc/[0-9]*/status; do sleep 0.2; done -> 0
send poweroff
expect "pid1: power-off: .*stopping all services"
expect "pid1: power-off$" 20
expect "reboot: Power down"
END
for (qw(ignores blocks)) {
	like($said, qr/service $_: does not stop: killed/, "$_: killed at its deadline");
	like($said, qr/service $_: ended by signal 9/, "$_: which ends it");
}
for (qw(held polite)) {
	like($said, qr/service $_: ended by signal 15/, "$_: ends by SIGTERM");
}
unlike($said, qr/service blocks: starts again/, 'nothing starts again in a stop');

done_testing();
