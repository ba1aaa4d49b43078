#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# The builder's own share of a full build's CPU, and its peak memory: every process of the build is
# looked at ten times a second; what runs outside of the sandbox is the builder's.
# usage: share.pl INGOT STORE BOARD
use strict;
use warnings;
use Time::HiRes qw(sleep);

my ($ingot, $store, $board) = @ARGV;
my $hertz = 100; # USER_HZ, time(7)
my (%own, $peak);

my $pid = fork // die "fork: $!";
if ($pid == 0) {
	open STDOUT, '>', '/dev/null';
	exec $ingot, '-v', '--store', $store, 'build', $board;
	die "$ingot: $!";
}
$peak = 0;
while (waitpid($pid, 1) == 0) {
	for my $status (glob '/proc/[0-9]*/stat') {
		open my $in, '<', $status or next;
		my $line = <$in> // next;
		my ($process, $name, $rest) = $line =~ /^(\d+) \((.*)\) (.*)/ or next;
		next unless $name eq 'ingot';
		my @field = split ' ', $rest;
		$own{$process} = ($field[11] + $field[12]) / $hertz; # utime + stime, proc(5)
		open my $memory, '<', "/proc/$process/status" or next;
		while (<$memory>) {
			$peak = $1 if /^VmHWM:\s+(\d+)/ && $1 > $peak;
		}
	}
	sleep 0.1;
}
die "the build failed\n" if $?;
my @all = times;
my $whole = $all[2] + $all[3];
my $mine = 0;
$mine += $_ for values %own;
printf "full build: %.0f s CPU, of which ingot itself %.1f s: %.1f %% (aim 3 %%); its peak memory %.1f MiB (aim 64)\n",
	$whole, $mine, 100 * $mine / $whole, $peak / 1024;
