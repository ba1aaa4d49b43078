#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# Readiness that never comes, comes from a child, from another service, as garbage, as the very first
# instruction, as a newline: who waits for it starts when it came, and not before.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Test::More;

sub after {
	my ($name) = @_;
	return "[Unit]\nAfter = $name\n[Service]\nExecStart = /bin/actor say after-$name\n";
}

my $device = device('readiness', services => {
	first => "[Service]\nType = notify\nExecStart = /bin/actor notify READY=1 sleep 500 say first-said\n",
	'first-next' => after('first'),
	late => "[Service]\nType = notify\nExecStart = /bin/actor say late-comes sleep 2000 say late-ready notify READY=1\\nSTATUS=warm\n",
	'late-next' => after('late'),
	kid => "[Service]\nType = notify\nExecStart = /bin/actor child sleep 300 say kid-ready notify READY=1\n",
	'kid-next' => after('kid'),
	line => "[Service]\nType = notify\nNotifyFD = 3\nExecStart = /bin/actor sleep 1000 say line-ready newline 3\n",
	'line-next' => after('line'),
	garbage => <<'END',
[Service]
Type = notify
TimeoutStartSec = 5s
Restart = on-failure
RestartSec = 60s
ExecStart = /bin/actor notify nonsense notify READY=2 notify READY=1x
END
	'garbage-next' => after('garbage'),
	never => "[Service]\nType = notify\nTimeoutStartSec = 3s\nExecStart = /bin/actor say never-says\n",
	'never-next' => after('never'),
	# It sees the whole device, and so the sockets of others; being root does not help.
	liar => <<'END',
[Service]
User = root
BindPaths = /
ExecStart = /bin/actor sleep 700 notify-at /run/notify/victim notify-other READY=1 say liar-lied
END
	victim => "[Service]\nType = notify\nTimeoutStartSec = 8s\nExecStart = /bin/actor ignore HUP\n",
	'victim-next' => after('victim'),
	quits => "[Service]\nType = notify\nExecStart = /bin/actor exit 0\n",
});
my $said = play($device, <<'END');
timeout 240
expect "boot complete"
END

sub order {
	my ($what, @patterns) = @_;
	my $all = join '.*?', @patterns;
	like($said, qr/$all/s, $what);
}
order('as the first instruction', 'service first: ready', 'after-first');
order('late', 'late-comes', 'late-ready', 'service late: ready', 'after-late');
order('by a child', 'kid-ready', 'service kid: ready', 'after-kid');
order('by a newline on a descriptor', 'line-ready', 'service line: ready', 'after-line');
order('garbage is none', 'service garbage: notify: a message that is no KEY=VALUE: ignored',
	'service garbage: not ready within 5000 ms: stopped', 'after-garbage');
unlike($said, qr/service garbage: ready/, 'and never counts as ready');
order('none at all has a deadline', 'service never: not ready within 3000 ms: stopped',
	'service never: failed for good: timeout', 'after-never');
order("another service's does not count", 'liar-lied|service victim: notify: a message from outside of its cgroup',
	'service victim: not ready within 8000 ms', 'after-victim');
like($said, qr/service victim: notify: a message from outside of its cgroup: ignored/, 'and is told');
like($said, qr/service quits: failed for good: protocol/, 'an end before it, even a clean one, is a failure');

done_testing();
