#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# No way out of a service: as its own user, as root without capabilities, and without the filter.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Test::More;

# Runs /bin/escape as each kind of service, one after the other: name => its further keys.
sub escapes {
	my ($name, $kinds, %others) = @_;
	my @names = sort keys %$kinds;
	my %services = %others;
	my $after = 'listener hello';

	for my $kind (@names) {
		$services{$kind} = "[Unit]\nAfter = $after\n[Service]\nType = oneshot\nExecStart = /bin/escape $kind\nIsolationRequired = yes\n$kinds->{$kind}";
		$after = $kind;
	}
	my $device = device($name, recipes => 'escape hello', services => {
		%services,
		listener => "[Service]\nExecStart = /bin/escape listen\nPrivateNetwork = no\n",
		hello => "[Service]\nExecStart = /bin/hello --loop\n",
	});
	my $expects = join '', map { qq(expect "$_: [0-9]+ ways out"\n) } @names;
	return play($device, "timeout 240\n$expects" . <<'END');
timeout 60
run test "$(hostname)" = ingot -> 0
run grep -q '^hello_module ' /proc/modules -> 0
run test -e /intruder -> 1
run test -e /sys/fs/cgroup/mine -> 1
run test $(date +%Y) -ge 2026 -> 0
END
}

sub held {
	my ($said, @kinds) = @_;

	for my $kind (@kinds) {
		my $tried = () = $said =~ /^\Q$kind\E: .*: held .*$/mg;
		my @escaped = $said =~ /^\Q$kind\E: (.*): ESCAPED$/mg;

		is_deeply(\@escaped, [], "$kind: nothing got out");
		cmp_ok($tried, '>=', 75, "$kind: of $tried ways");
		like($said, qr/^\Q$kind\E: sees 1 other processes$/m, "$kind: sees its keeper only");
	}
}

# Each wall must hold without the ones in front of it, so they are taken away one by one.
my %kinds = (
	tight => '',
	restricted => "SystemCallFilter = no\n",
	unfiltered => "SystemCallFilter = no\nRestrictNamespaces = no\n",
	networked => "PrivateNetwork = no\n",
	rooted => "User = root\nSystemCallFilter = no\nRestrictNamespaces = no\n",
);
# What a capability is for must work, or the program could not tell.
my %capable = (capable => "AmbientCapabilities = CAP_NET_RAW CAP_SYS_NICE\n");
my $said = escapes('escapes', { %kinds, %capable });
held($said, sort keys %kinds);
is_deeply([sort $said =~ /^capable: (.*): ESCAPED$/mg], ['nice -20', 'packet socket', 'raw socket', 'real-time'],
	'what a capability is for, it can be used for');

# A board with a service that asks for a user namespace has them: none in that one, and none for
# those beside it.
%kinds = (
	landed => "PrivateUsers = yes\nSystemCallFilter = no\nRestrictNamespaces = no\n",
	landroot => "User = root\nPrivateUsers = yes\nSystemCallFilter = no\nRestrictNamespaces = no\n",
	beside => "SystemCallFilter = no\n",
);
held(escapes('users', \%kinds), sort keys %kinds);

done_testing();
