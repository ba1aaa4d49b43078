#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# SIGKILL at the system calls of every verb that changes something: what is left is the state before or
# after (of an install, one that goes on), the confirmed image is untouched, and the same verb again ends
# where an undisturbed one does. INGOT_FAULTS=1 kills at every call behind the first one that opens
# a slot, else at those that write.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use JSON::PP;
use Slots;
use Test::More;

$ENV{ASAN_OPTIONS} = 'detect_leaks=0'; # which strace does not let look
my @files = qw(a b state);
my $json = JSON::PP->new->canonical;
my %saved;
my ($points, $resumed) = (0, 0);

sub save {
	$saved{$_} = read_file($path{$_}) for @files;
}

sub restore {
	write_file($path{$_}, $saved{$_}) for @files;
}

# What the slots' state says, as one string; the places of copies do not count.
sub state_now {
	my $status = status();
	delete $status->{broken_copies};
	return $json->encode($status);
}

sub traced {
	my ($inject, @verb) = @_;
	return run('strace', '-o', "$scratch/trace", '-e', 'inject=kexec_file_load:retval=0', @$inject,
		$program, '--config', $config, @verb);
}

# The calls of an undisturbed run: [NAME, HOW MANIETH], those that count.
sub calls {
	my (%count, @calls);
	my $begun = 0;

	for (split /\n/, read_file("$scratch/trace")) {
		my ($name) = /^(\w+)\(/ or next;
		$count{$name}++;
		$begun ||= /^openat\(.*\Q$path{state}\E/;
		next if !$begun || $name =~ /^exit/;
		push @calls, [$name, $count{$name}]
			if $ENV{INGOT_FAULTS} || $name =~ /^(?:pwrite64|fsync|kexec_file_load)$/;
	}
	return @calls;
}

# $between says whether a state between before and after is one of an install that goes on.
sub kill_everywhere {
	my ($what, $between, @verb) = @_;
	my $before = state_now();
	my ($bad, @calls) = (0);

	save();
	my $whole = traced([], @verb);
	is($whole->{status}, 0, "$what: undisturbed") or diag $whole->{err};
	my $after = state_now();
	my $slots = sha256_hex(map { read_file($path{$_}) } qw(a b));
	isnt($after, $before, "$what: changes something");
	for my $call (calls()) {
		my ($name, $n) = @$call;
		restore();
		# One rule a call: kexec_file_load, too, is either answered or killed.
		my $killed = run('strace', '-o', '/dev/null', '-e', "inject=$name:signal=KILL:when=$n",
			($name eq 'kexec_file_load' ? () : ('-e', 'inject=kexec_file_load:retval=0')),
			$program, '--config', $config, @verb);
		my $now = state_now();
		my $good = ($killed->{status} != 0 || $now eq $after)
			&& ($now eq $before || $now eq $after || ($between && $now =~ $between))
			&& read_file($path{a}) eq $saved{a};
		if ($now ne $after) {
			$resumed++;
			$good &&= traced([], @verb)->{status} == 0;
		}
		$good &&= state_now() eq $after && sha256_hex(map { read_file($path{$_}) } qw(a b)) eq $slots;
		$bad++ or diag("$what: killed at $name $n: $now\n", $killed->{err}) if !$good;
		$points++;
	}
	is($bad, 0, "$what: killed anywhere");
	restore();
	traced([], @verb);
}

new_device();
# What judge would wait for, since the folder is there.
write_file($path{'last-boot'}, "[last-boot]\nkind = cut\n");
rollback('install', '--first', update(1));
runs(1);
rollback('confirm');
my $v2 = update(2);
kill_everywhere('install', qr/"state":"writing"/, 'install', $v2);
kill_everywhere('try', undef, 'try', '--kexec');
kill_everywhere('load', undef, 'load', 'b');
kill_everywhere('judge', undef, 'judge');
kill_everywhere('revert of a trial', undef, 'revert');
my $v3 = update(3);
is(rollback('install', $v3)->{status}, 0, 'v3');
rollback('try', '--kexec');
traced([], 'load', 'b');
runs(3);
kill_everywhere('confirm', undef, 'confirm');
kill_everywhere('revert of the default', undef, 'revert');
runs(1);
flip($path{b}, 70_000);
kill_everywhere('repair', undef, 'repair');
cmp_ok($points, '>', 40, "$points kills");
cmp_ok($resumed, '>', 20, "$resumed of them before the end");

done_testing();
