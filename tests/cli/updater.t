#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# From `ingot publish` through a real nginx into a slot: what the updater fetches and how it resumes, and each
# attack on the way that it has to see.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use File::Copy qw(copy);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use JSON::PP qw(decode_json);
use Nginx;
use Test::More;
use Time::HiRes qw(sleep time);

my $scratch = scratch_dir();
my $site = "$scratch/site";
my $device = root() . '/obj/device';
my $size = 400_000; # of an image
my $day = 86400;
my %public;
local $ENV{SOURCE_DATE_EPOCH} = 1_790_000_000;

for my $name (qw(root two release index next)) {
	run('minisign', qw(-G -W -p), "$scratch/$name.pub", '-s', "$scratch/$name.key")->{status} == 0 or die 'minisign';
	$public{$name} = (split /\n/, read_file("$scratch/$name.pub"))[1];
}

sub image {
	my ($version) = @_;
	return join '', map { chr(($_ * $version + $_ / 251) % 256) } 1 .. $size;
}

sub must {
	my ($result) = @_;
	die $result->{err} if $result->{status};
	return $result->{out} =~ s/\n\z//r;
}

# Signs a version of the board, an hour after what was done before; the update's path.
sub release {
	my ($version, %change) = @_;
	my $board = $change{board} // 'toy';
	my $bytes = image($version);

	$ENV{SOURCE_DATE_EPOCH} += 3600;
	write_file("$scratch/$board/bzImage", $bytes);
	write_file("$scratch/$board/manifest.json", sprintf '{"board": "%s", "version": %d, "floor": 1,'
		. ' "content_id": "%s", "image": {"file": "bzImage", "sha256": "%s", "size": %d}}',
		$board, $version, sprintf('%064d', $version), sha256_hex($bytes), length $bytes);
	return must(run($ENV{INGOT}, '--out', $scratch, 'sign', '--key', "$scratch/" . ($change{key} // 'release') . '.key', $board));
}

sub publish {
	my ($key, $to, @more) = @_;
	$ENV{SOURCE_DATE_EPOCH} += 3600;
	return must(run($ENV{INGOT}, '--out', $scratch, 'publish', '--key', "$scratch/" . ($key // 'index') . '.key', @more,
		'toy', $to // $site));
}

sub rotate {
	my ($keys, @change) = @_;
	$ENV{SOURCE_DATE_EPOCH} += 3600;
	return must(run($ENV{INGOT}, 'root', (map { ('--key', "$scratch/$_.key") } @$keys), @change, 'toy', $site));
}

# the device: version 1 runs, confirmed; it trusts the key "root", which says who else counts
my %path = map { $_ => "$scratch/$_" } qw(a b state content-id);
my $config = "$scratch/rollback.conf";

sub empty {
	my ($file, $bytes) = @_;
	open my $handle, '>', $file or die "$file: $!";
	truncate $handle, $bytes or die "$file: $!";
}

sub rollback {
	return run("$device/rollback", '--config', $config, @_);
}

sub status {
	return decode_json(must(rollback('--json', 'status')));
}

write_file($config, <<"END");
[device]
board = toy
content-id = $path{'content-id'}
[slots]
a = $path{a}
b = $path{b}
[state]
device = $path{state}
unit = 16K
[keys]
threshold = 1
trusted = $public{root}
END
empty($path{$_}, 1 << 20) for qw(a b);
empty($path{state}, 6 * 16384);
write_file($path{'content-id'}, sprintf "%064d\n", 1);
must(rollback('install', '--first', release(1, key => 'root')));
must(rollback('confirm'));

# An installer at a socket, with more options.
my @installers;
sub installs_at {
	my ($socket, @options) = @_;
	my $pid = fork // die "fork: $!";
	if ($pid == 0) {
		open STDERR, '>>', "$scratch/installer.log" or die;
		exec "$device/installer", '--socket', $socket, '--rollback', "$device/rollback", '--config', $config, @options, $>;
		die "installer: $!";
	}
	push @installers, $pid;
	for (1 .. 300) {
		last if -S $socket;
		sleep 0.1;
	}
}
installs_at("$scratch/socket");
END {
	my $status = $?;
	for my $pid (@installers) {
		kill 'KILL', $pid;
		waitpid $pid, 0;
	}
	$? = $status;
}

# One look at a server.
sub configure {
	my ($url, $more, $socket) = @_;
	write_file("$scratch/updater.conf", <<"END");
[server]
url = $url
[installer]
socket = @{[$socket // "$scratch/socket"]}
[transfer]
stall = 2s
@{[$more // '']}
END
}

sub look {
	my ($server, @more) = @_;
	configure("http://127.0.0.1:$server->{port}/", @more);
	return run("$device/updater", '--config', "$scratch/updater.conf", '--once');
}

# It fails, the installer or the updater says why, and no slot changes.
sub attack {
	my ($what, $server, $like) = @_;
	my $before = status();
	my $said = -s "$scratch/installer.log" // 0;
	my $result = look($server);
	my $log = substr(read_file("$scratch/installer.log"), $said) . $result->{err};

	is($result->{status}, 1, "$what: is seen");
	like($log, $like, "$what: and said");
	is_deeply(status()->{slots}, $before->{slots}, "$what: no slot changed");
}

# A copy of the site with one change, behind a server of its own.
sub elsewhere {
	my ($edit, @server) = @_;
	my $dir = scratch_dir() . '/site';
	system('cp', '-r', $site, $dir) == 0 or die 'cp';
	$edit->($dir) if $edit;
	return nginx_start($dir, @server);
}

sub fetched {
	my ($server, $what) = @_;
	return grep { /$what/ } nginx_log($server);
}

# the way as it should be
rotate(['root'], '--root', "$scratch/root.pub", '--release', "$scratch/release.pub", '--index', "$scratch/index.pub");
release(2);
publish();
my $old_site = scratch_dir() . '/old';
system('cp', '-r', $site, $old_site) == 0 or die 'cp';
my $server = nginx_start($site);
my $first = look($server);
is($first->{status}, 0, 'an update') or diag $first->{err}, read_file("$scratch/installer.log");
like($first->{err}, qr/root 1: taken/, 'the new root is taken');
like($first->{err}, qr/version 2: installed/, 'the new version, too');
like($first->{err}, qr/version 2: waits for its trial/, 'which somebody else begins');
is(status()->{slots}[1]{state}, 'staged', 'it is staged');
is(substr(read_file($path{b}), 0, $size), image(2), 'byte for byte');
is(decode_json(must(rollback('--json', 'root')))->{root}, 1, 'the root is kept');
is(look($server)->{status}, 0, 'once more');
is(scalar fetched($server, 'GET /images/'), 1, 'and nothing is fetched twice');
is(look($server, "window = 00:00-00:00\n")->{status}, 0, 'a window of the whole day');

# who begins the trial: a program of the board's, which may fail
for my $case (['no', 1, 1, qr/version 2: its trial does not begin \(1\)/], ['yes', 0, 0, qr/version 2: its trial begins/]) {
	my ($name, $exits, $status, $like) = @$case;
	write_file("$scratch/try-$name", "#!/bin/sh\necho tried >>'$scratch/tried-$name'\nexit $exits\n");
	chmod 0755, "$scratch/try-$name" or die $!;
	installs_at("$scratch/socket-$name", '--try', "$scratch/try-$name");
	my $tried = look($server, '', "$scratch/socket-$name");
	is($tried->{status}, $status, "--try: a program that says $name");
	like($tried->{err}, $like, 'is told');
	is(read_file("$scratch/tried-$name"), "tried\n", 'and ran once');
}

# the window: shut, nothing is fetched; open, it is
sub window {
	return 'window = ' . join('-', map { sprintf '%02d:%02d', int($_ / 60) % 24, $_ % 60 } map { time / 60 + $_ } @_) . "\n";
}
release(3);
publish();
my $before = fetched($server, 'GET /images/');
my $shut = look($server, window(120, 240));
is($shut->{status}, 0, 'outside the window: no failure') or diag $shut->{err};
is(scalar fetched($server, 'GET /images/'), $before, 'and nothing is fetched');
unlike($shut->{err}, qr/version 3/, 'nor spoken of');
my $open = look($server, window(-120, 120));
is($open->{status}, 0, 'in the window') or diag $open->{err};
like($open->{err}, qr/version 3: installed/, 'it is installed');

# a limit of bytes a second: 400,000 take no less than this
release(4);
publish();
my $from = time;
my $limited = look($server, "bandwidth = 100K\n");
is($limited->{status}, 0, 'a limit of 100K a second') or diag $limited->{err};
cmp_ok(time - $from, '>', 2.5, sprintf 'takes its time: %.1f s', time - $from);
is(substr(read_file($path{b}), 0, $size), image(4), 'and brings every byte');

# two updaters at once: the installer has one after the other
release(5);
publish();
configure("http://127.0.0.1:$server->{port}", '');
my @two = map {
	my $pid = fork // die "fork: $!";
	if ($pid == 0) {
		open STDERR, '>', "$scratch/two-$_.log" or die;
		exec "$device/updater", '--config', "$scratch/updater.conf", '--once';
		die "updater: $!";
	}
	$pid;
} 1 .. 2;
waitpid $_, 0 for @two;
my $both = read_file("$scratch/two-1.log") . read_file("$scratch/two-2.log");
like($both, qr/version 5: installed/, 'two updaters at once: it is installed');
is(status()->{slots}[1]{state}, 'staged', 'once') or diag $both;
is(substr(read_file($path{b}), 0, $size), image(5), 'byte for byte');
is(rollback('verify')->{status}, 0, 'both slots are whole');

# resuming: the server dies, another one goes on; one that knows no ranges
release(13);
publish();
my $port = $server->{port};
nginx_stop($server);
my $slow = nginx_start($site, port => $port, server => 'limit_rate 60k;');
configure("http://127.0.0.1:$port", '');
my $updater = fork // die "fork: $!";
if ($updater == 0) {
	open STDERR, '>', "$scratch/cut.log" or die;
	exec "$device/updater", '--config', "$scratch/updater.conf", '--once';
	die "updater: $!";
}
for (1 .. 300) {
	last if status()->{resume_at} > 100_000;
	sleep 0.2;
}
nginx_stop($slow);
waitpid $updater, 0;
isnt($?, 0, 'the server died in the middle');
my $at = status()->{resume_at};
cmp_ok($at, '>', 100_000, "what came is there: $at bytes");
cmp_ok($at, '<', $size, 'though not all');
my $ignores = nginx_start($site, server => 'max_ranges 0; limit_rate 60k;');
configure("http://127.0.0.1:$ignores->{port}", '');
my $resumed = look($ignores);
is($resumed->{status}, 0, 'a server that ignores Range') or diag $resumed->{err};
my ($whole) = fetched($ignores, 'GET /images/');
like($whole, qr/ 200 \d+ "bytes=\d+-"/, 'was asked for a range and sent the whole');
is(substr(read_file($path{b}), 0, $size), image(13), 'of which the rest was taken');

# a range: begun by hand, so that it is cut at a place that is known
my $v4 = release(14);
publish();
my $cut = (-s $v4) - $size + 200_000;
is(run('sh', '-c', 'head -c "$1" "$2" | "$3" --config "$4" install -', 'sh', $cut, $v4, "$device/rollback", $config)->{status},
	6, 'version 14 is cut');
$at = status()->{resume_at};
# what follows it was changed on the way
my $changed = elsewhere(sub {
	my ($file) = grep { -s $_ == -s $v4 && read_file($_) eq read_file($v4) } glob "'$_[0]/images/*'";
	edit_file($file, sub { substr($_, -100, 1) ^= "\1" });
});
my $result = look($changed);
is($result->{status}, 1, 'a change mid-resume');
like(read_file("$scratch/installer.log"), qr/chunk 7 of 7 is not what was signed/, 'is seen by its chunk');
$server = nginx_start($site);
is(look($server)->{status}, 0, 'the true rest') or diag read_file("$scratch/installer.log");
my ($range) = fetched($server, 'GET /images/');
like($range, qr/ 206 \d{1,6} "bytes=\d+-"/, 'came as a range');
my ($bytes) = $range =~ / 206 (\d+)/;
cmp_ok($bytes, '<', $size - $at + 1, 'and no byte before it');
is(substr(read_file($path{b}), 0, $size), image(14), 'byte for byte');

# attacks
release(15);
publish();
attack('arbitrary software: an index by a stranger', elsewhere(sub {
	my $forged = scratch_dir() . '/forged';
	must(run($ENV{INGOT}, 'root', '--key', "$scratch/next.key", '--root', "$scratch/next.pub", '--release', "$scratch/release.pub", 'toy', $forged));
	publish('next', $forged);
	copy("$forged/index.signed", "$_[0]/index.signed");
}), qr/signed by 0 trusted keys, 1 are needed/);
attack('arbitrary software: a changed index', elsewhere(sub {
	edit_file("$_[0]/index.signed", sub { s/"version": 15/"version": 16/ });
}), qr/the signature of key [0-9A-F]{16} does not match/);
attack('rollback: an index seen before', nginx_start($old_site), qr/is version \d+, \d+ was seen before/);
attack('mix-and-match: an older update under the new one\'s name', elsewhere(sub {
	my ($new) = grep { read_file($_) eq read_file("$scratch/toy.release/toy-15.update") } glob "'$_[0]/images/*'";
	# As long as the new one, and signed: version 14.
	my $update = read_file($v4);
	write_file($new, substr($update . "\0" x 99, 0, -s $new));
}), qr/is not the image that is wanted/);
attack('endless data: an index', elsewhere(sub { empty("$_[0]/index.signed", 1 << 32) }),
	qr/index\.signed: the server sends more than it should/);
attack('endless data: a root', elsewhere(sub { empty("$_[0]/root/2.signed", 1 << 32) }),
	qr/2\.signed: the server sends more than it should/);
attack('no data: an index', elsewhere(sub { empty("$_[0]/index.signed", 0) }), qr/sends less than it should/);
my $began = time;
attack('slow retrieval: a byte a second', elsewhere(undef, server => 'location /index.signed { limit_rate 1; }'),
	qr/index\.signed: the server is too slow/);
cmp_ok(time - $began, '<', 60, 'slow retrieval: is given up soon');
attack('threshold minus one: a root by one of two', elsewhere(sub {
	my $dir = $_[0];
	must(run($ENV{INGOT}, 'root', '--key', "$scratch/root.key", '--root', "$scratch/root.pub", '--root', "$scratch/two.pub",
		'--threshold', 'root=2', 'toy', $dir));
	rename "$dir/root/next", "$dir/root/2.signed" or die $!;
}), qr/signed by 1 trusted keys, 2 are needed/);
attack('duplicate key ids: one owner signs twice', elsewhere(sub {
	my $dir = $_[0];
	must(run($ENV{INGOT}, 'root', '--key', "$scratch/root.key", '--root', "$scratch/root.pub", '--root', "$scratch/two.pub",
		'--threshold', 'root=2', 'toy', $dir));
	my $draft = read_file("$dir/root/next");
	my ($text, $lines) = $draft =~ /\Aingot-signed 1 (\d{6}) (\d{6})\n/;
	write_file("$dir/root/2.signed", sprintf("ingot-signed 1 %06d %06d\n", $text, 2 * $lines)
		. substr($draft, 29) . substr($draft, 29 + $text));
}), qr/signed by 1 trusted keys, 2 are needed/);
attack('replay for another board', do {
	my $other = scratch_dir() . '/tay';
	release(17, board => 'tay');
	must(run($ENV{INGOT}, 'root', '--key', "$scratch/root.key", '--root', "$scratch/root.pub", '--index', "$scratch/index.pub",
		'--release', "$scratch/release.pub", 'tay', $other));
	must(run($ENV{INGOT}, '--out', $scratch, 'publish', '--key', "$scratch/index.key", 'tay', $other));
	nginx_start($other);
}, qr/is for the board tay, this is toy/);
attack('a server that fails', elsewhere(undef, server => 'location / { return 503; }'), qr/the server answers 503/);
attack('a redirect', elsewhere(undef, server => "location / { return 302 http://127.0.0.1:$server->{port}/index.signed; }"),
	qr/the server answers 302/);

# freeze: by signed times, what is offered is over
{
	my $frozen = nginx_start($site);
	local $ENV{SOURCE_DATE_EPOCH} = $ENV{SOURCE_DATE_EPOCH} + 31 * $day;
	# Another server shows the time, with releases that nobody wants.
	my $later = elsewhere(sub { must(run($ENV{INGOT}, 'root', '--key', "$scratch/root.key", '--expires', 900, 'toy', $_[0])) });
	unlink "$later->{folder}/index.signed";
	is(look($later)->{status}, 1, 'freeze: a newer root shows the time');
	attack('freeze: an index that has expired', $frozen, qr/standard input: has expired/);
	copy("$later->{folder}/root/2.signed", "$site/root/2.signed") or die $!;
}
$ENV{SOURCE_DATE_EPOCH} += 31 * $day;
publish();
$server = nginx_start($site);
my $after = look($server);
is($after->{status}, 0, 'after all attacks version 15 is installed') or diag $after->{err}, read_file("$scratch/installer.log");
is(substr(read_file($path{b}), 0, $size), image(15), 'byte for byte');

# fast-forward: the stolen key of the index says a version and a time far ahead
{
	my $stolen = scratch_dir() . '/stolen';
	system('cp', '-r', $site, $stolen) == 0 or die 'cp';
	edit_file("$stolen/index.signed", sub {
		my ($text) = /\Aingot-signed 1 (\d{6})/;
		my $json = substr $_, 29, $text;
		$json =~ s/^ "version": \d+/ "version": 9000000000000000000/m;
		write_file("$scratch/index.json", $json);
		unlink "$scratch/index.json.minisig";
		run('minisign', '-S', '-W', '-s', "$scratch/index.key", '-m', "$scratch/index.json")->{status} == 0 or die 'minisign';
		my $lines = read_file("$scratch/index.json.minisig");
		$_ = sprintf("ingot-signed 1 %06d %06d\n", length $json, length $lines) . $json . $lines;
	});
	is(look(nginx_start($stolen))->{status}, 0, 'fast-forward: the stolen key is believed');
}
release(16);
publish();
attack('fast-forward: what is true seems old', $server, qr/9000000000000000000 was seen before/);
rotate(['root'], '--index', "$scratch/next.pub");
publish('next', undef, '--expires', 30);
my $rotated = look($server);
is($rotated->{status}, 0, 'fast-forward, then root rotation: the true index counts again') or diag $rotated->{err}, read_file("$scratch/installer.log");
like($rotated->{err}, qr/version 16: installed/, 'and its release is installed');
attack('rollback: an index by the key that no longer counts', elsewhere(sub {
	copy("$old_site/index.signed", "$_[0]/index.signed");
}), qr/signed by 0 trusted keys, 1 are needed/);

# rotation of the key of releases: what is confirmed stays, what is new has to have the new one
rotate(['root'], '--release', "$scratch/two.pub");
is(look($server)->{status}, 0, 'the key of releases is another one');
is(rollback('verify')->{status}, 0, 'what is in the slots stays what it is') or diag rollback('verify')->{err};
{
	local $ENV{ASAN_OPTIONS} = 'detect_leaks=0'; # which strace does not let look
	my $launched = run('strace', '-o', '/dev/null', '-e', 'inject=kexec_file_load:retval=0', "$device/rollback", '--config', $config, 'launch');
	like($launched->{out}, qr/^slot a: verified and loaded$/m, 'and a launcher starts it') or diag $launched->{err};
}
unlink glob "'$scratch/toy.release/*'";
my $by_old = release(17);
like(rollback('install', $by_old)->{err}, qr/signed by 0 trusted keys, 1 are needed/, 'the old key signs nothing new');

# what the updater may ask for, and who may ask
is(run('perl', '-MIO::Socket::UNIX', '-e', 'my $s = IO::Socket::UNIX->new(Peer => shift) or die;'
		. 'print $s "confirm\n"; $s->shutdown(1); print <$s>', "$scratch/socket")->{out}, "exit 2\n", 'no other request is known');
for my $case (['[server]' => "[server]\nkey = x", qr/key/], ['url = http' => 'url = ftp', qr/url: want http/],
	['url = http' => 'url = https', qr/ca: https needs it/], ['stall = 2s' => 'stall = 2ms', qr/stall: want 1s/],
	['stall = 2s' => 'window = 3-4', qr/window: want HH:MM-HH:MM/], ['stall = 2s' => 'bandwidth = 10', qr/bandwidth: want 1K/]) {
	my ($from, $to, $like) = @$case;
	configure('http://127.0.0.1:1', '');
	edit_file("$scratch/updater.conf", sub { s/\Q$from\E/$to/ });
	my $result = run("$device/updater", '--config', "$scratch/updater.conf", '--once');
	is($result->{status}, 1, "settings: $to");
	like($result->{err}, $like, 'is named');
}

done_testing();
