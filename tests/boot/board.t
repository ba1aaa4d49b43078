#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# The board qemu-x86_64 boots, checks itself, runs commands, resets, reboots and powers off.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use Test::More;

my $built = ingot('build', 'qemu-x86_64');
is($built->{status}, 0, 'the board builds') or BAIL_OUT($built->{err});

my $booted = ingot('test', 'qemu-x86_64');
my @lines = split /\n/, $booted->{out};
while (defined(my $line = shift @lines)) {
	my ($not, $what) = $line =~ /^(not )?ok \d+ - (.*)/ or next;
	my @why;

	push @why, shift @lines while @lines && $lines[0] =~ /^#/;
	$what =~ s{^\Q${\root()}\E/}{};
	ok(!$not, $what) or diag(map { "$_\n" } @why);
}
is($booted->{status}, 0, 'ingot test: exit 0') or diag($booted->{err});

done_testing();
