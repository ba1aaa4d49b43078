#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# Ctrl-C (SIGINT to the group) and SIGTERM stop a build with all its processes, and say so.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use POSIX qw(setpgid);
use Test::More;
use Time::HiRes qw(sleep time);

my $tree = scratch_dir();
my $mark = "31415" . $$;

write_file("$tree/recipes/sleeps/recipe.ini", <<"END");
[recipe]
name = sleeps
version = $mark
license = ISC
kind = library
[build]
script =
	echo here
	sleep $mark
END

sub sleepers {
	my $count = 0;
	for my $file (glob '/proc/[0-9]*/cmdline') {
		open my $in, '<', $file or next;
		my $line = <$in> // next;
		$count++ if $line eq join("\0", 'sleep', $mark, '');
	}
	return $count;
}

sub until_true {
	my ($what, $seconds) = @_;
	my $end = time + $seconds;
	until ($what->()) {
		return 0 if time > $end;
		sleep 0.1;
	}
	return 1;
}

for my $case ([ 'INT', 1, 130 ], [ 'TERM', 0, 143 ], [ 'KILL', 0, 137 ]) {
	my ($signal, $group, $expected) = @$case;
	my $log = scratch_dir() . '/log';
	my $pid = fork // die "fork: $!";

	if ($pid == 0) {
		setpgid(0, 0);
		open STDERR, '>', $log;
		open STDOUT, '>', '/dev/null';
		no warnings 'exec';
		exec $ENV{INGOT}, '--tree', $tree, 'build', 'sleeps';
		POSIX::_exit(127);
	}
	ok(until_true(sub { sleepers() }, 60), "$signal: the script runs") or diag(read_file($log));
	kill $signal, $group ? -$pid : $pid;
	waitpid $pid, 0;
	my $status = $? & 127 ? 128 + ($? & 127) : $? >> 8;
	is($status, $expected, "$signal: exit status $expected");
	ok(until_true(sub { !sleepers() }, 10), "$signal: nothing is left running");
	like(read_file($log), qr/stopped; what was finished is kept/, "$signal: said so") if $signal ne 'KILL';
}

done_testing();
