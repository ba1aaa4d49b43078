#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A medium that fails below the program, call by call: it is told as the device's failure, never as a
# refusal, the confirmed image stays, and the next try is good. Two updaters at once: one works.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use IPC::Open3;
use Slots;
use Test::More;

$ENV{ASAN_OPTIONS} = 'detect_leaks=0'; # which strace does not let look

sub failing {
	my ($inject, $file, @verb) = @_;
	return run('strace', '-o', '/dev/null', '-P', $path{$file}, '-e', "inject=$inject", $program, '--config',
		$config, @verb);
}

new_device();
my $unread = failing('pread64:error=EIO', 'b', 'install', '--first', update(1));
is($unread->{status}, 1, 'a slot that cannot be read may have a release');
like($unread->{err}, qr/b: cannot read: Input\/output error/, 'which is said');
ok(status()->{state_lost}, 'nothing begins anew then');
rollback('install', '--first', update(1));
runs(1);
is(rollback('confirm')->{status}, 0, 'v1 runs, confirmed');
my $version = 2;
for my $case (
	['pwrite64:error=ENOSPC', 'b', 1, qr/b: cannot write: No space left on device/],
	['pwrite64:error=ENOSPC:when=5', 'b', 1, qr/b: cannot write: No space left on device/],
	['pwrite64:error=EIO:when=4', 'b', 1, qr/b: cannot write: Input\/output error/],
	['pwrite64:error=EPERM', 'b', 1, qr/b: cannot write: Read-only file system/],
	['fsync:error=EIO', 'b', 1, qr/b: cannot write: Input\/output error/],
	['fsync:error=EIO:when=3', 'b', 1, qr/b: cannot (?:write|read back): Input\/output error/],
	['fsync:error=ENOSPC:when=2', 'b', 1, qr/b: cannot write: No space left on device/],
	['pread64:error=EIO:when=3+', 'b', 1, qr/b: cannot read(?: back)?: Input\/output error/],
	['openat:error=EROFS:when=1', 'b', 1, qr/b: cannot open: Read-only file system/],
	['openat:error=EPERM:when=1', 'b', 1, qr/b: cannot open: Operation not permitted/],
	['openat:error=EBUSY', 'b', 4, qr/b: cannot open: Device or resource busy/],
	['openat:error=EROFS:when=1', 'state', 1, qr/state: cannot open: Read-only file system/],
	['pwrite64:error=EIO:when=1+', 'state', 1, qr/state: cannot write the state: Input\/output error/],
	['fsync:error=EIO:when=1+', 'state', 1, qr/state: cannot write the state: Input\/output error/],
	)
{
	my ($inject, $file, $status, $like) = @$case;
	my $result = failing($inject, $file, 'install', update($version));
	my $what = "$inject on $file";
	is($result->{status}, $status, "$what: exit status $status") or diag $result->{err};
	like($result->{err}, $like, "$what: said why");
	is(status()->{default}, 'a', "$what: the default stays");
	is(substr(read_file($path{a}), 0, $size), image(1), "$what: and its image");
	is(rollback('install', update($version))->{status}, 0, "$what: the next try is good");
	is(rollback('verify')->{status}, 0, "$what: and whole");
	$version++;
}

# one copy of the state fails: the other takes over
my $once = failing('pwrite64:error=EIO:when=1', 'state', 'install', update($version));
is($once->{status}, 1, 'the older copy cannot be written') or diag $once->{out};
is(status()->{default}, 'a', 'the newest is not touched for it');

# the history alone cannot be written: that is said, and is no failure
is(rollback('install', update($version))->{status}, 0, 'staged');
my $told = failing('pwrite64:error=EIO:when=2', 'state', 'try', '--kexec');
is($told->{status}, 0, 'a step without an entry') or diag $told->{err};
like($told->{err}, qr/state: cannot write the history: Input\/output error/, 'which is said');
is(rollback('revert')->{status}, 0, 'and the next has one');

# two updaters: the second one is told to come later, and the first goes on
my $update = read_file(update(++$version));
my $pid = open3(my $in, my $out, undef, $program, '--config', $config, 'install', '-');
print $in substr $update, 0, 100_000;
$in->flush;
my $second;
for (1 .. 300) {
	$second = rollback('install', update($version));
	last if $second->{status} == 4;
	select undef, undef, undef, 0.1;
}
is($second->{status}, 4, 'the second updater') or diag $second->{out};
like($second->{err}, qr/cannot lock, is it in use/, 'is told why');
print $in substr $update, 100_000;
close $in;
my $said = join '', <$out>;
waitpid $pid, 0;
is($?, 0, 'the first ends well') or diag $said;
is(rollback('verify', 'b')->{status}, 0, 'with a whole image');

# whoever is slow to send what he has keeps nobody from a verdict
my @slow = map {
	my $pid = open3(my $to, my $from, undef, $program, '--config', $config, $_, '-');
	[$pid, $to, $from];
} qw(offer root);
sleep 1;
is(rollback('confirm')->{status}, 0, 'an index and roots are read before anything is locked');
is(rollback('try', '--kexec')->{status}, 0, 'a trial');
for my $case ([3, qr/standard input: is no signed file/], [0, qr/^root: version 0$/m]) {
	my ($sender, $to, $from) = @{ shift @slow };
	close $to;
	like(join('', <$from>), $case->[1], 'and then what was sent is looked at');
	waitpid $sender, 0;
	is($? >> 8, $case->[0], 'nothing at all is no index, and no root more');
}
$pid = open3($in, $out, undef, 'timeout', 120, $program, '--config', $config, 'install', '-');
$said = join '', <$out>;
waitpid $pid, 0;
is($? >> 8, 4, 'during a trial no byte of an update is waited for');
like($said, qr/has to wait for the trial's verdict/, 'which is said');

done_testing();
