#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# Nobody attends the device: what was installed is tried, step by step, as often as its verdicts allow.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use JSON::PP qw(decode_json);
use Slots;
use Test::More;
use Time::HiRes qw(sleep);

$ENV{ASAN_OPTIONS} = 'detect_leaks=0'; # which strace does not let look
my $asked = "$scratch/asked";
my $svc = "$scratch/svc";

# pid1's part is to be asked; the kernel's is strace's.
sub svc_does {
	my ($code) = @_;
	write_file($svc, "#!/bin/sh\necho \"\$*\" >>'$asked'\n$code\n");
	chmod 0755, $svc or die $!;
}

# What one look has it do.
sub proceeds {
	my ($what, $want, $said) = @_;
	unlink $asked;
	my $result = rollback('proceed');
	is($result->{status}, 0, "$what: done") or diag $result->{err};
	is(-e $asked ? read_file($asked) : '', $want, "$what: what pid1 is asked for");
	is($result->{out}, $said // '', "$what: what it says");
}

sub loads {
	my ($answer) = @_;
	return run('strace', '-o', '/dev/null', '-e', "inject=kexec_file_load:$answer", $program, '--config', $config, 'load', 'b');
}

sub slot_b {
	return status()->{slots}[1];
}

my $kexec = "slot b: its trial by kexec comes now\n";
my $cold = "slot b: its trial by a cold start comes now\n";
svc_does('exit 0');
new_device();
configure(more => "[boot]\nmethod = launcher\ntrial = kexec reboot\nsvc = $svc\n");
my $lost = rollback('proceed');
is($lost->{status}, 4, 'no state: not now');
rollback('install', '--first', update(1));
proceeds('nothing was confirmed', '');
runs(1);
is(rollback('confirm')->{status}, 0, 'v1 runs, confirmed');
proceeds('nothing was installed', '');
write_file($path{'last-boot'}, "[last-boot]\nkind = cut\n");

# by kexec, then cold
rollback('install', update(2));
proceeds('installed', "kexec b\n", $kexec);
is(slot_b()->{state}, 'trying', 'it is armed');
proceeds('pid1 did not come to it', "kexec b\n", $kexec);
is(loads('retval=0')->{status}, 0, 'an attempt');
proceeds('no verdict yet', '');
is(rollback('judge')->{status}, 0, 'the power was cut');
proceeds('no evidence', "kexec b\n", $kexec);
loads('retval=0');
runs(2);
proceeds('while it runs', '');
rollback('confirm');
proceeds('healthy by kexec', "reboot\n", $cold);
runs(1);
proceeds('the power was cut before the cold start', "reboot\n", $cold);

# four times not to be loaded, and five: the end
rollback('revert');
is(slot_b()->{state}, 'staged', 'dropped before its cold start');
proceeds('anew', "kexec b\n", $kexec);
for my $n (1 .. 5) {
	is(loads('error=ENOMEM')->{status}, 1, "attempt $n: no memory");
	proceeds("attempt $n: no verdict yet", '');
	is(rollback('judge')->{status}, 0, "attempt $n: judged");
	proceeds("attempt $n", "kexec b\n", $kexec) if $n < 5;
}
is(slot_b()->{state}, 'staged', 'shelved');
proceeds('shelved', '');

# pid1 says no, or svc is not there
rollback('try', '--again');
svc_does('exit 1');
my $no = rollback('proceed');
is($no->{status}, 1, 'pid1 says no');
like($no->{err}, qr/svc: does not have it done/, 'and that is said');
is(slot_b()->{tries}, 0, 'no attempt was made');
unlink $svc;
like(rollback('proceed')->{err}, qr/svc: cannot be run/, 'no svc');

# as a service: it lives on, and what fails again is said once
write_file("$scratch/service.$_", '') for qw(log out);
my $pid = fork // die "fork: $!";
if ($pid == 0) {
	open STDERR, '>', "$scratch/service.log" or die;
	open STDOUT, '>', "$scratch/service.out" or die;
	exec $program, '--config', $config, 'proceed', 1 or die;
}
sub waits {
	my ($what, $ready) = @_;
	for (1 .. 600) {
		last if $ready->();
		sleep 0.1;
	}
	ok($ready->(), $what);
}
svc_does('exit 1');
unlink $asked;
waits('the service looks again and again', sub { -e $asked && (() = read_file($asked) =~ /kexec b/g) >= 3 });
is(read_file("$scratch/service.out"), $kexec, 'it says once what comes');
is(() = read_file("$scratch/service.log") =~ /does not have it done/g, 1, 'and once what fails');
unlink $asked;
svc_does('exit 0');
waits('and has it done once it can be', sub { -e $asked });
kill 'KILL', $pid;
waitpid $pid, 0;
is(rollback('proceed', 'x')->{status}, 2, 'seconds are a number');

done_testing();
