#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# The builder's own share of a full build's CPU, and its peak memory. The times are the kernel's
# accounts of processes that ended, as `ingot -v` adds them up; they are held against this process's
# own account of its children. Memory is each process's high-water mark, looked at twice a second.
# usage: share.pl INGOT STORE BOARD
use strict;
use warnings;
use Time::HiRes qw(time);

my ($ingot, $store, $board) = @ARGV;
my $peak = 0;

pipe my $from, my $to or die "pipe: $!";
my $pid = fork // die "fork: $!";
if ($pid == 0) {
	open STDOUT, '>', '/dev/null' or die;
	open STDERR, '>&', $to or die;
	exec $ingot, '-v', '--store', $store, 'build', $board;
	die "$ingot: $!";
}
close $to;

# The ingot, and of what descends from it all that is called so: jobs, and who unpacks packages.
# Others may run an ingot of their own here.
sub look_at_memory {
	my (%parent, %peak);

	for my $file (glob '/proc/[0-9]*/status') {
		open my $in, '<', $file or next;
		my $text = join '', <$in>;
		my ($process) = $file =~ /(\d+)/;
		($parent{$process}) = $text =~ /^PPid:\s+(\d+)/m or next;
		$peak{$process} = $1 if $text =~ /^Name:\s+ingot$/m && $text =~ /^VmHWM:\s+(\d+)/m;
	}
	for my $process (keys %peak) {
		my $above = $process;
		$above = $parent{$above} while $above && $above != $pid;
		$peak = $peak{$process} if $above && $peak{$process} > $peak;
	}
}
my ($errors, $looked) = ('', 0);
while (1) {
	my $ready = '';

	vec($ready, fileno $from, 1) = 1;
	if (select $ready, undef, undef, 0.5) {
		last if !sysread $from, $errors, 65536, length $errors;
	}
	next if time - $looked < 0.5;
	look_at_memory();
	$looked = time;
}
waitpid $pid, 0;
die "the build failed:\n$errors" if $?;
my ($all, $mine) = $errors =~ /^ingot: cpu: ([\d.]+) s in all, ([\d.]+) s of ingot itself/m
	or die "it does not say what it cost:\n$errors";
my @times = times;
my $whole = $times[2] + $times[3];
die "it says $all s, its parent counts $whole s\n" if abs($whole - $all) > 0.02 * $whole + 1;
printf "full build: %.0f s CPU, of which ingot itself %.1f s: %.1f %% (aim 3 %%); its peak memory %.1f MiB (aim 64)\n",
	$all, $mine, 100 * $mine / $all, $peak / 1024;
