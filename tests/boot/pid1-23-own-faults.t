#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# pid1's own faults: each is a restart with its reason kept, not a panic; behind that stands panic=5.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Boot;
use Power;
use Test::More;

my %says = (
	segv => 'SIGSEGV in pid1 itself',
	stack => 'SIGSEGV in pid1 itself',
	bus => 'SIGBUS in pid1 itself',
	ill => 'SIGILL in pid1 itself',
	fpe => 'SIGFPE in pid1 itself',
	abort => 'abort() in pid1 itself',
	exit => 'pid1 itself ended',
);
my $image = variant('broken', pid1 => breakable(), board => power_board());
my $steps = qq(timeout 300\nexpect "last boot ended: unknown\$"\n);
my $count = 0;

for my $fault (sort keys %says) {
	my $why = $says{$fault} =~ s/([()])/\\$1/gr;
	my $streak = ++$count > 1 ? ", $count in a row" : '';

	$steps .= <<"END";
expect "pid1: boot complete"
run echo $fault >/run/fault -> 0
send kill -CHLD 1
expect "pid1: rescue: $why; restarting\$"
expect "last boot ended: rescue: $why, after [0-9]+\\.[0-9]+ s$streak\$"
END
}
my $said = holds($image, join(', ', sort keys %says), <<"END", disk(64));
${steps}expect "pid1: boot complete"
run echo gone >/run/fault -> 0
send kill -CHLD 1
expect "Kernel panic - not syncing: Attempted to kill init"
expect "last boot ended: cut\$"
expect "pid1: boot complete"
END
is(() = $said =~ /Kernel panic/g, 1, 'one panic: that of _exit(), which nothing can catch');

# A disk that does not answer any more does not hold it; what was kept before stands.
holds($image, 'with a dead disk', <<'END', disk(64));
timeout 300
expect "pid1: boot complete"
run echo dead >/run/dead; echo segv >/run/fault -> 0
send kill -CHLD 1
expect "pid1: rescue: SIGSEGV in pid1 itself; restarting$"
expect "pid1: reason: the store does not take it"
expect "last boot ended: cut$"
END

done_testing();
