#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# The verdict on an attempt, by what outlived it: an image is bad on evidence only.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use JSON::PP qw(decode_json);
use Slots;
use Test::More;

$ENV{ASAN_OPTIONS} = 'detect_leaks=0'; # which strace does not let look

# The attempt goes on record; the kernel's part is strace's.
sub load_says {
	my ($answer) = @_;
	return run('strace', '-o', '/dev/null', '-e', "inject=kexec_file_load:$answer", $program,
		'--config', $config, 'load', 'b');
}

sub attempt {
	my ($what) = @_;
	is(load_says('retval=0')->{status}, 0, "$what: an attempt");
}

# Content ids begin with the version, so that tags differ.
sub content {
	my ($version) = @_;
	return $version . '0' x 63;
}

sub armed {
	my ($version) = @_;
	is(rollback('install', update($version, content => content($version)))->{status}, 0, "v$version");
	is(rollback('try', '--kexec')->{status}, 0, 'is to be tried');
}

# pid1's account of the last boot, by a version's pid1.
sub account {
	my ($kind, $version, $why) = @_;
	write_file($path{'last-boot'}, "[last-boot]\nkind = $kind\nimage = "
		. substr(content($version), 0, 8) . "\n" . ($why ? "why = $why\n" : ''));
}

sub verdict {
	my ($want, $what) = @_;
	my $result = rollback('judge');
	is($result->{status}, 0, "$what: judged") or diag $result->{err};
	like($result->{out}, $want, "$what: the verdict");
}

new_device();
rollback('install', '--first', update(1, content => content(1)));
write_file($path{'content-id'}, content(1) . "\n");
is(rollback('confirm')->{status}, 0, 'v1 runs, confirmed');

# kexec_file_load fails: nothing is held against the image, but nobody asks for it for ever
for my $error (qw(ENOMEM EPERM ENOSYS)) {
	armed(2);
	my $result = load_says("error=$error");
	is($result->{status}, 1, "kexec $error: failed");
	like($result->{err}, qr/the kernel does not take the image: /, 'and says so');
	is(status()->{slots}[1]{tries}, 1, 'an attempt that failed');
	is(load_says('retval=0')->{status}, 4, 'another one needs a verdict');
	account('kexec-failed', 1, 'the loader exited with 1');
	verdict(qr/^slot b: to be tried again: the jump was not made: kexec-failed: the loader/, "kexec $error");
	like(rollback('history')->{out}, qr/attempt: not loaded: the kernel does not take the image: .*\n.*: no verdict/, 'is told');
	rollback('revert');
}
unlink $path{'last-boot'};
new_device();
rollback('install', '--first', update(1, content => content(1)));
rollback('confirm');
armed(2);

# while it runs
attempt('v2');
is(load_says('retval=0')->{status}, 4, 'an attempt is one-shot');
write_file($path{'content-id'}, content(2) . "\n");
verdict(qr/^slot b: is being tried$/, 'while it runs');
write_file($path{'content-id'}, content(1) . "\n");

# nothing is known, a power cut, another boot's end: not bad
verdict(qr/^slot b: to be tried again: how it ended is not known$/, 'no account');
attempt('v2');
account('cut', 2);
verdict(qr/^slot b: to be tried again: it ended without a word, as by a power cut$/, 'a power cut');
attempt('v2');
account('unhealthy', 1, 'service x: start-limit-hit');
verdict(qr/^slot b: to be tried again: another boot has come since: unhealthy: service x/,
	'the default failed afterwards');
attempt('v2');
account('kexec-failed', 1, 'the loader exited with 5');
verdict(qr/^slot b: to be tried again: the jump was not made: kexec-failed: the loader/, 'no jump');
attempt('v2');
account('kexec', 1);
verdict(qr/^slot b: shelved: it ended before its pid1 spoke$/, 'the fifth time');
is(rollback('try', '--kexec')->{status}, 4, 'not tried again by itself');
is(rollback('try', '--kexec', '--again')->{status}, 0, 'but by a person');

# evidence
attempt('v2');
account('unhealthy', 2, 'service net: start-limit-hit');
my $judged = rollback('--json', 'judge');
is_deeply(decode_json($judged->{out}), { slot => 'b', verdict => 'bad, and refused from now on',
	why => 'it gave itself up: unhealthy: service net: start-limit-hit' }, 'unhealthy: bad');
is(rollback('install', update(2, content => content(2)))->{status}, 3, 'refused when offered again');
for my $case (
	[3, 'rescue', 3, 0, qr/it gave itself up: rescue/],
	[4, 'watchdog', 4, 0, qr/the watchdog fired/],
	[5, 'kexec', 1, 32, qr/the watchdog fired/],
	[6, 'reboot', 1, 32, qr/the watchdog fired/],
	[7, 'no-watchdog', 7, 0, qr/it gave itself up: no-watchdog/],
	)
{
	my ($version, $kind, $whose, $status, $want) = @$case;
	armed($version);
	attempt("v$version");
	account($kind, $whose);
	write_file($path{bootstatus}, "$status\n");
	verdict(qr/^slot b: bad, and refused from now on: $want/, "$kind of v$whose, status $status");
	is(status()->{default}, 'a', 'the default stays');
}

# nonsense is no account, and judges nothing
write_file($path{bootstatus}, "0\n");
armed(8);
attempt('v8');
write_file($path{'last-boot'}, "[last-boot]\nkind = lovely\n");
my $wrong = rollback('judge');
is($wrong->{status}, 1, 'an account that is none');
like($wrong->{err}, qr/last-boot:2: kind: no kind of pid1's/, 'is named');
is(rollback('judge', '--failed')->{out},
	"slot b: bad, and refused from now on: somebody said so\n", 'a person may say so');

# all of it is told
my @told = @{ decode_json(rollback('--json', 'history')->{out}) };
is_deeply([map { "$_->{event} $_->{version}" } @told[0 .. 9]], ['install begun 1', 'installed 1',
		'adopted 1', 'install begun 2', 'installed 2', 'to be tried 2', 'attempt 2', 'came up 2',
		'no verdict 2', 'attempt 2'], 'history: from the beginning');
is_deeply([map { $_->{sequence} } @told], [1 .. @told], 'in order');
is($told[7]{slot}, 'b', 'the slot');
like($told[8]{why}, qr/^how it ended is not known$/, 'the reason');
is($told[-1]{event}, 'bad', 'the newest is the last');
is($told[-1]{why}, 'somebody said so', 'and has its reason');
like($told[6]{boot}, qr/^(?!0+$)[0-9a-f]{32}$/, 'the boot');
my @lines = split /\n/, rollback('history')->{out};
is(scalar @lines, scalar @told, 'for people, too');
like($lines[10], qr/^20\d\d-\d\d-\d\dT[\d:]+Z  slot b, version 2: no verdict: it ended without a word/, 'a line');

# a panic counts if it came after the attempt
write_file("$path{pstore}/dmesg-ramoops-0", "Panic#1 Part1\n<0>[ 1.2] Kernel panic - not syncing: old\n");
armed(9);
attempt('v9');
account('cut', 9);
verdict(qr/^slot b: to be tried again: it ended without a word/, 'an old panic');
# The default panics before the next attempt, of which a cut leaves no entry: no evidence.
write_file("$path{pstore}/dmesg-ramoops-9", "Panic#0 Part1\n<0>[ 2.2] Kernel panic - not syncing: the default's\n");
my $untold = run('strace', '-o', '/dev/null', '-e', 'inject=kexec_file_load:retval=0', '-e',
	'inject=pwrite64:error=EIO:when=2', $program, '--config', $config, 'load', 'b');
is($untold->{status}, 0, 'an attempt without an entry') or diag $untold->{err};
like($untold->{err}, qr/cannot write the history/, 'as is said');
verdict(qr/^slot b: to be tried again: it ended without a word/, 'a panic that may be older');
attempt('v9');
write_file("$path{pstore}/dmesg-ramoops-1",
	"Panic#2 Part1\n<0>[ 9.9] Kernel panic - not syncing: Attempted to kill init!\n<4> CPU: 0\n");
verdict(qr/^slot b: bad, and refused from now on: the kernel panicked: Attempted to kill init!$/,
	'a new one');

# an install that fails is told once, and costs nothing else
my $broken = copy(update(10, content => 'a' x 64), sub { substr($_, -100, 1) ^= "\1" });
is(rollback('install', $broken)->{status}, 5, 'a broken update') for 1 .. 3;
@told = @{ decode_json(rollback('--json', 'history')->{out}) };
is_deeply([map { $_->{event} } @told[-2, -1]], ['install begun', 'install failed'], 'is told once');
like($told[-1]{why}, qr/chunk 4 of 4 is not what was signed/, 'with the reason');

# a medium with no room for it
truncate $path{state}, 16 << 10;
is_deeply(decode_json(rollback('--json', 'history')->{out}), [], 'without room there is none');
like(rollback('history')->{err}, qr/has no room for a history/, 'which is said');
is(rollback('repair')->{status}, 0, 'and keeps nothing from its work');

done_testing();
