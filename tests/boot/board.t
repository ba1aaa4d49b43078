#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# Every board of this tree builds and passes its own boot tests: qemu-x86_64 checks itself, runs
# commands, resets, reboots and powers off; robot-x86_64 keeps its control loop; sat-x86_64 is one program.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use Test::More;

for my $board (map { m{([^/]+)/board\.ini$} } sort glob root() . '/boards/*/board.ini') {
	my $built = ingot('build', $board);
	is($built->{status}, 0, "$board builds") or BAIL_OUT($built->{err});

	my $booted = ingot('test', $board);
	my @lines = split /\n/, $booted->{out};
	my $steps = 0;
	while (defined(my $line = shift @lines)) {
		my ($not, $what) = $line =~ /^(not )?ok \d+ - (.*)/ or next;
		my @why;

		push @why, shift @lines while @lines && $lines[0] =~ /^#/;
		$what =~ s{^\Q${\root()}\E/}{};
		ok(!$not, $what) or diag(map { "$_\n" } @why);
		$steps++;
	}
	cmp_ok($steps, '>', 0, "$board has tests");
	is($booted->{status}, 0, "ingot test $board: exit 0") or diag($booted->{err});
}

done_testing();
