#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# The device's program over files in place of its slots: what it installs, and what it refuses.
use strict;
use warnings;
use Fcntl qw(:flock);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use POSIX ();
use Slots;
use Test::More;

# The command fails with a status and says why; the default stays what it was.
sub refused {
	my ($what, $want, $like, @command) = @_;
	my $before = status()->{default};
	my $result = rollback(@command);

	is($result->{status}, $want, "$what: exit status $want") or diag $result->{err};
	like($result->{err}, $like, "$what: said why");
	is(status()->{default}, $before, "$what: the default stays");
}

sub shell {
	my ($line, @arguments) = @_;
	return run('sh', '-c', $line, 'sh', @arguments);
}

new_device();
truncate_new($path{state}, 32 << 10); # too small for roots and a history
my $v1 = update(1);
my $image_at = -s $v1;
$image_at -= $size;

# a new device
like(rollback('status')->{out}, qr/^the state is lost/, 'a blank device has no state');
is(rollback('install', $v1)->{status}, 4, 'which nothing makes but a person');
my $first = rollback('install', '--first', $v1);
is($first->{status}, 0, 'install --first') or diag $first->{err};
is($first->{out}, "slot a: version 1 is installed, not yet tried\n", 'into slot a');
is(substr(read_file($path{a}), 0, $size), image(1), 'whose bytes are the image');
is(rollback('install', '--first', $v1)->{status}, 4, 'once');
refused('what runs is unknown', 4, qr/what runs is in neither slot/, 'confirm');
runs(1);
is(rollback('confirm')->{out}, "slot a: confirmed\n", 'the first image is confirmed');
is(rollback('confirm')->{out}, "slot a: confirmed before\n", 'and again');
my $now = status();
is("$now->{default} $now->{running} $now->{slots}[0]{state}", 'a a good', 'status has it');
is($now->{floor}, 1, 'the floor is the image\'s');
like(rollback('status')->{out}, qr/^slot a: good, version 1, the default, runs$/m, 'for people, too');
is(rollback('verify')->{out}, "slot a: version 1 is signed and whole\n", 'verify');

# an update, from a pipe, cut at several places
my $v2 = update(2, floor => 2);
like(rollback('info', $v2)->{out}, qr/^version     2\nfloor       2\n.*^expires     20/ms, 'info');
for my $cut (10, $image_at - 1, $image_at + 100, $image_at + 65535, $image_at + 65536,
	$image_at + 140_000, $image_at + $size - 1)
{
	my $result = shell('head -c "$1" "$2" | "$3" --config "$4" install -', $cut, $v2, $program,
		$config);
	is($result->{status}, 6, "cut at $cut: the input ended");
	like($result->{err}, qr/standard input: ends too early/, 'and it says so');
	my $at = status()->{resume_at};
	my $whole = $cut <= $image_at ? 0 : int(($cut - $image_at) / 65536) * 65536;
	cmp_ok($at, '>=', $whole, "goes on at $at");
	is($at % 65536, 0, 'a whole chunk');
	isnt(substr(read_file($path{b}), 0, 4096), substr(image(2), 0, 4096), 'not to be booted');
}
is(status()->{slots}[1]{state}, 'writing', 'slot b is being written');
is(rollback('verify', 'b')->{status}, 5, 'and not whole');
refused('another place', 3, qr/begins at 65536, the slot goes on at 196608/, 'install', '--at', 65536, $v2);
my $rest = copy($v2, sub { $_ = substr $_, $image_at + 196_608 });
flip($rest, 1000);
refused('a change while it was resumed', 5, qr/chunk 4 of 4 is not what was signed/,
	'install', '--at', 196_608, $rest);
flip($rest, 1000);
my $resumed = shell('"$3" --config "$4" install --at 196608 - <"$1"', $rest, $v2, $program, $config);
is($resumed->{status}, 0, 'the rest of the stream') or diag $resumed->{err};
is(substr(read_file($path{b}), 0, $size), image(2), 'completes the image');
is(status()->{slots}[1]{state}, 'staged', 'which is staged');
is(status()->{default}, 'a', 'and not the default');
is(rollback('install', $v2)->{out}, "slot b: version 2 is there already\n", 'nothing is done twice');
refused('no trial was begun', 4, qr/the only confirmed one/, 'revert');

# a trial is armed and dropped
refused('what is not to be tried', 4, qr/slot b is neither confirmed nor to be tried/, 'load', 'b');
is(rollback('try', '--kexec')->{out}, "slot b: to be tried by kexec\n", 'armed');
like(rollback('status')->{out}, qr/^slot b: trying, by kexec, 0 attempts, version 2$/m, 'status has it');
refused('meanwhile', 4, qr/has to wait for the trial's verdict/, 'install', update(3));
refused('armed twice', 4, qr/no slot holds an image that was never tried/, 'try', '--kexec');
refused('no attempt was made', 4, qr/no attempt was made/, 'judge', '--failed');
is(rollback('judge')->{out}, "nothing to judge\n", 'an armed trial is none yet');
is(rollback('revert')->{out}, "slot b: staged, no longer tried\n", 'dropped');
is(status()->{slots}[1]{tries}, 0, 'without a stain');
is(rollback('judge')->{out}, "nothing to judge\n", 'nothing to judge');

# updates that are not taken
my $v3 = update(3);
my @chunk = map { $image_at + 65536 * $_ } 0 .. 3;
refused('an older one', 3, qr/is below the security floor/, 'install', update(0, floor => 0));
runs(1);
for my $i (0 .. 3) {
	refused("a flipped bit in chunk $i", 5, qr/chunk @{[$i + 1]} of 4 is not what was signed/,
		'install', copy($v3, sub { substr($_, $chunk[$i] + 77, 1) ^= "\1" }));
	refused("cut before chunk $i", 6, qr/ends too early/, 'install',
		copy($v3, sub { $_ = substr $_, 0, $chunk[$i] }));
}
# Of chunks that are there none is taken again: this one has other bytes.
refused('swapped chunks', 5, qr/chunk 2 of 4/, 'install', copy(update(4), sub {
	my $second = substr $_, $chunk[1], 65536;
	substr($_, $chunk[1], 65536) = substr $_, $chunk[2], 65536;
	substr($_, $chunk[2], 65536) = $second;
}));
refused('an appended byte', 3, qr/goes on behind the image/, 'install',
	copy(update(5), sub { $_ .= 'x' }));
refused('another board', 3, qr/is for the board tay, this is toy/, 'install', update(3, board => 'tay'));
refused('a changed release', 3, qr/the signature of key [0-9A-F]{16} does not match/, 'install',
	copy($v3, sub { s/"version": 3/"version": 4/ }));
refused('a stranger\'s signature', 3, qr/signed by 0 trusted keys, 1 are needed/, 'install',
	update(3, keys => ['stranger']));
refused('garbage', 3, qr/is no update file/, 'install', copy($v3, sub { s/^INGOT/ingot/ }));
refused('nothing', 6, qr/ends too early/, 'install', '/dev/null');
refused('no file', 1, qr/cannot open/, 'install', "$scratch/none");
refused('a frozen one', 3, qr/has expired/, 'install', update(3, time => 1_700_000_000));
refused('one that cannot be told from what runs', 3, qr/is what the other slot holds/, 'install',
	update(6, content => sprintf('%064d', 1)));
refused('one that is too large', 1, qr/slot b: holds \d+ bytes, the image has/, 'install',
	update(3, image => 'x' x 1_000_000));
configure(threshold => 2);
refused('one signature of two', 3, qr/signed by 1 trusted keys, 2 are needed/, 'install', $v3);
refused('one key twice', 3, qr/signed by 1 trusted keys, 2 are needed/, 'install',
	copy($v3, sub {
		/\A.{12}(....)(....)/s;
		my ($head, $lines) = (unpack('V', $1), unpack('V', $2));
		my $signature = substr $_, 24 + $head, $lines;
		substr($_, 24 + $head, 0) = $signature;
		substr($_, 16, 4) = pack 'V', 2 * $lines;
	}));
my $both = rollback('info', update(3, keys => [qw(one stranger two)]));
is($both->{status}, 0, 'two of two, and one that counts nothing') or diag $both->{err};
configure();

is(rollback('install', '--image', 'a' x 64, $v3)->{status}, 3, 'another image than the one that is wanted');
like(rollback('root')->{out}, qr/^root: version 0\nroot     1 of 2 keys\nrelease  1 of 2 keys\nindex    1 of 2 keys$/m,
	'the settings\' keys count for everything');
like(rollback('root', $config)->{err}, qr/has no room for roots: want 49152 bytes/, 'a small state has no room for roots');
is(rollback('offer', $config)->{status}, 1, 'nor for an index');

# two at once
{
	open my $lock, '<', $path{state} or die $!;
	flock $lock, LOCK_EX or die $!;
	my $result = rollback('install', $v3);
	is($result->{status}, 4, 'another one is at work');
	like($result->{err}, qr/cannot lock, is it in use/, 'and it says so');
	is(rollback('status')->{status}, 0, 'status does not wait for it');
	flock $lock, LOCK_UN or die $!;
	my $pid = fork // die "fork: $!";
	if ($pid == 0) {
		open my $other, '<', $path{state} or die $!;
		flock $other, LOCK_EX or die $!;
		sleep 8;
		POSIX::_exit(0);
	}
	sleep 1;
	is(rollback('confirm')->{status}, 0, 'a confirm, which is tried once a boot, waits longer');
	waitpid $pid, 0;
}

# a part is there, of the same image under another signature
is(shell('head -c "$1" "$2" | "$3" --config "$4" install -', $image_at + 140_000, $v3, $program, $config)->{status},
	6, 'v3, cut');
is(rollback('install', update(3, time => 1_790_000_100))->{status}, 0, 'the same image, signed anew');
like(read_file($path{b}), qr/"issued": 1790000100,/, 'stands there with its own release');
is(rollback('verify', 'b')->{status}, 0, 'and whole');

# damage
is(rollback('install', $v3)->{status}, 0, 'v3 itself is taken');
flip($path{b}, 150_000);
refused('a flipped bit in slot b', 5, qr/slot b: chunk 3 of 4 is not what was signed/, 'verify');
like(rollback('repair')->{out}, qr/^slot b: is empty now$/m, 'repair empties it');
is(status()->{slots}[1]{state}, 'empty', 'as status says');
is(rollback('repair')->{out}, "nothing to repair\n", 'once');
flip($path{a}, 150_000);
refused('the only confirmed slot', 5, qr/something stays damaged/, 'repair');
flip($path{a}, 150_000);
is(status()->{slots}[0]{state}, 'good', 'is kept');
flip($path{state}, 100);
is(status()->{broken_copies}, 1, 'one copy of the state is broken');
like(rollback('repair')->{out}, qr/a broken copy is written anew/, 'and written anew');
is(status()->{broken_copies}, 0, 'and whole');
flip($path{state}, 8192 * $_ + 100) for 0, 1;
ok(status()->{state_lost}, 'both copies are broken');
is(rollback('install', $v3)->{status}, 4, 'nothing is installed then');
is(rollback('install', '--first', $v3)->{status}, 4, 'nor is it a new device');
like(rollback('repair')->{out}, qr/^slot a: runs, is signed and whole: the default now$/m,
	'repair makes the state of what runs');
$now = status();
is("$now->{default} $now->{floor}", 'a 1', 'with the floor of its signed release');
flip($path{state}, 8192 * $_ + 100) for 0, 1;
is(rollback('confirm')->{out}, "slot a: confirmed\n", 'so does confirm');
is(status()->{broken_copies}, 0, 'in each copy');

# the file of settings, and the command line
for my $case (
	['[keys]' => "[keys]\nkey = x", qr/rollback\.conf:\d+: .*key/],
	['unit = 8K' => 'unit = 5000', qr/unit: want a multiple of 4K/],
	['threshold = 1' => 'threshold = 3', qr/threshold: want 1 to 2/],
	['threshold = 1' => 'threshold = 0', qr/threshold: want 1 to 2/],
	[$public{two} => $public{one}, qr/trusted: one key stands there twice/],
	[$public{two} => 'RWnonsense', qr/trusted: want a minisign public key/],
	['board = toy' => 'board = ../toy', qr/board: want a board's name/],
	['unit = 8K' => "unit = 8K\n[boot]\nmethod = magic", qr/method: want launcher or efi/],
	["a = $path{a}" => 'a = slot', qr/a: want an absolute path/],
	["a = $path{a}" => 'a = PARTUUID=12345678-01', qr/a: want a partition's GUID behind PARTUUID=/],
	) {
	my ($from, $to, $like) = @$case;
	edit_file($config, sub { s/\Q$from\E/$to/ });
	my $result = rollback('status');
	is($result->{status}, 1, "settings: $to");
	like($result->{err}, $like, 'is named');
	configure();
}
is(run($program, @$_)->{status}, 2, "usage: @$_")
	for [], ['fly'], ['install'], ['status', 'a'], ['verify', 'c'], ['install', '--at', 'x', '-'],
	['--older', 'status'], ['--nonsense'], ['--reboot', 'status'], ['load'], ['load', 'c'], ['--kexec', 'status'],
	['--failed', 'status'], ['--launcher', '--image', 'a' x 64, 'install', '-'],
	['--launcher', '--at', 65536, 'install', '-'], ['--launcher', '--first', 'install', '-'],
	['--image', 'x', 'install', '-'], ['--image', 'a' x 64, 'status'], ['offer'];
# Without partitions there is nothing that firmware could start: nothing changes.
configure(more => "[boot]\nmethod = efi\n");
is(rollback('status')->{status}, 0, 'UEFI: the state can be seen');
my $nowhere = rollback('confirm');
is($nowhere->{status}, 1, 'but not changed where a slot is a file');
like($nowhere->{err}, qr/: is no block device/, 'and why');
configure();
is(run($program, '--config', "$scratch/none", 'status')->{status}, 1, 'no settings');

done_testing();
