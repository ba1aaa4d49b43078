#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# Whatever services write, as fast as they can, without newlines, with NULs, in endless lines or from
# an orphan: their pipes are drained, what is over the rate is counted, and pid1 stays awake and small.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Test::More;

sub shell {
	my ($command, $more) = @_;
	return "[Service]\nExecStart = /bin/sh -c \"$command\"\nUser = root\nBindPaths = /\n" . ($more // '');
}

my $limit = "LogRateLimitIntervalSec = 5s\nLogRateLimitBurst = 10\n";
my $device = device('floods', recipes => 'svc', services => {
	brief => "[Service]\nExecStart = /bin/actor sleep 1000000\nRestart = always\nRestartSec = 0\n",
	endless => shell(q(sleep 4; cat /dev/zero | tr '\\\\000' '\\\\n'), $limit),
	nuls => shell('sleep 4; cat /dev/zero', $limit),
	long => shell(q(dd if=/dev/zero bs=1024 count=1024 2>/dev/null | tr '\\\\000' x; echo; echo the line after), "LogRateLimitBurst = 0\n"),
	# It leaves the service's cgroup, and lives on with the service's pipe.
	orphan => shell('(echo 0 >/sys/fs/cgroup/cgroup.procs; while :; do echo the orphan speaks; sleep 2; done) & sleep 1; exit 0'),
	words => shell('printf last-words-without-an-end'),
}, board => "[log]\nsize = 64K\n");
my $said = play($device, <<'END');
timeout 200
expect "boot complete"
# Both floods run; what they lost is told again and again.
expect "service endless: log: [0-9]+ lines dropped, over its rate"
expect "service nuls: log: [0-9]+ lines dropped, over its rate"
expect "the orphan speaks"
run svc status orphan | grep -q running -> 1
run cp /proc/1/status /run/before -> 0
# The shell has its turn, and pid1 sees a service die and starts it again.
send kill -9 $(pidof actor)
expect "service brief: ended by signal 9"
expect "service brief: started"
expect "service endless: log: [0-9]+ lines dropped, over its rate"
expect "service nuls: log: [0-9]+ lines dropped, over its rate"
expect "the orphan speaks"
run until svc log long | grep -qx ".*the line after"; do sleep 1; done -> 0
run svc log long | grep -q "xxxxxxxxxxxx" -> 0
run svc log words | grep -q "last-words-without-an-end" -> 0
# Not 600 kB more than before: rings that were not full.
run rss() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' $1; }; test $(rss /proc/1/status) -le $(($(rss /run/before) + 600)) -> 0
send reboot
expect "pid1: reboot$"
expect "boot complete"
END
my ($dropped) = $said =~ /service endless: log: (\d+) lines dropped/;
cmp_ok($dropped // 0, '>', 1_000, 'a flood: most of it was dropped');
unlike($said, qr/\0/, 'NULs do not reach the console');
my $orphans = () = $said =~ /the orphan speaks/g;
cmp_ok($orphans, '>=', 3, "an orphan's lines after its service's end: $orphans");

done_testing();
