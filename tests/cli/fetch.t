#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A download that is wrong, torn, late, endless or gone is an error that says so, and nothing of it is kept.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use File::Path qw(make_path);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use IO::Socket::INET;
use POSIX ();
use Test::More;
use Time::HiRes qw(time sleep);

my $scratch = scratch_dir();
my ($tree, $store, $asked) = ("$scratch/a tree", "$scratch/a store", "$scratch/asked");
my $good = 'an archive' . "\0\r\n\xff" x 30000;
my $hash = sha256_hex($good);
my @servers;
END { local $?; kill 'TERM', $_ for @servers }

# What the server does with a file is in the file's name.
sub answer {
	my ($client, $kind) = @_;
	my $size = length $good;

	if ($kind eq 'good') {
		print $client "HTTP/1.1 200 OK\r\nContent-Length: $size\r\nConnection: close\r\n\r\n$good";
	} elsif ($kind eq 'unsized') {
		print $client "HTTP/1.0 200 OK\r\n\r\n$good";
	} elsif ($kind eq 'other') {
		print $client "HTTP/1.0 200 OK\r\nContent-Length: 7\r\n\r\nanother";
	} elsif ($kind eq 'empty') {
		print $client "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n";
	} elsif ($kind eq 'truncated') {
		print $client "HTTP/1.0 200 OK\r\nContent-Length: $size\r\n\r\n", substr $good, 0, 1000;
	} elsif ($kind eq 'stalls') {
		print $client "HTTP/1.0 200 OK\r\nContent-Length: $size\r\n\r\n", substr $good, 0, 1000;
		$client->flush;
		<$client>;
	} elsif ($kind eq 'drips') {
		print $client "HTTP/1.0 200 OK\r\nContent-Length: $size\r\n\r\n";
		for my $at (0 .. $size - 1) {
			print $client substr $good, $at, 1 or last;
			$client->flush;
			sleep 0.02;
		}
	} elsif ($kind eq 'torn' && asked_for('torn') % 2) {
		print $client "HTTP/1.0 200 OK\r\nContent-Length: $size\r\n\r\n", substr $good, 0, 1000;
	} elsif ($kind eq 'torn') {
		print $client "HTTP/1.0 200 OK\r\nContent-Length: $size\r\n\r\n$good";
	} elsif ($kind eq 'silent') {
		<$client>;
	} elsif ($kind eq 'fails') {
		print $client "HTTP/1.0 503 Service Unavailable\r\nContent-Length: 3\r\n\r\nno\n";
	} elsif ($kind eq 'moved') {
		print $client "HTTP/1.0 302 Found\r\nLocation: good-1.tar.gz\r\nContent-Length: 0\r\n\r\n";
	} elsif ($kind eq 'loops') {
		print $client "HTTP/1.0 302 Found\r\nLocation: loops-1.tar.gz\r\nContent-Length: 0\r\n\r\n";
	} elsif ($kind eq 'local') {
		print $client "HTTP/1.0 302 Found\r\nLocation: file://$scratch/bytes\r\nContent-Length: 0\r\n\r\n";
	} elsif ($kind eq 'large') {
		print $client "HTTP/1.0 200 OK\r\nContent-Length: 1000000\r\n\r\n";
		print $client 'x' x 1000 for 1 .. 1000;
	} elsif ($kind eq 'endless') {
		print $client "HTTP/1.0 200 OK\r\n\r\n";
		1 while print $client 'x' x 1000;
	} else {
		print $client "HTTP/1.0 404 Not Found\r\nContent-Length: 3\r\n\r\nno\n";
	}
}

# How often a file was asked for, this time included.
sub asked_for {
	my ($kind) = @_;
	my @times = grep { read_file($_) =~ m{/$kind-1\.tar\.gz HTTP} } glob "'$asked'/*";
	return scalar @times;
}

sub serve {
	my $server = IO::Socket::INET->new(Listen => 16, LocalAddr => '127.0.0.1', Proto => 'tcp')
		or die "listen: $!";
	my $pid = fork // die "fork: $!";

	push(@servers, $pid), return $server->sockport if $pid;
	open STDOUT, '>', '/dev/null' or die;
	alarm 300;
	$SIG{CHLD} = 'IGNORE';
	while (1) {
		my $client = $server->accept or next;
		next if fork;
		alarm 60;
		my $line = <$client> // '';
		write_file("$asked/" . time . "-$$", $line);
		1 while (<$client> // "\r\n") ne "\r\n";
		answer($client, $1) if $line =~ m{^GET /debian/pool/main/./[a-z]+/([a-z]+)-1\.tar\.gz HTTP};
		$client->flush;
		close $client;
		POSIX::_exit(0);
	}
}

# A Debian source takes its bytes from the mirror, which may be plain HTTP: the hash decides.
sub recipe {
	my ($name, $sha256) = @_;

	write_file("$tree/recipes/$name/recipe.ini", <<"END");
[recipe]
name = $name
version = 1
license = ISC
kind = library
[source]
debian = $name 1 trixie
file = $name-1.tar.gz
sha256 = $sha256
END
}

my $port = serve();
our $mirror = "http://127.0.0.1:$port/debian";

sub fetch {
	my ($name, @options) = @_;
	return ingot('--tree', $tree, '--store', $store, '--mirror', $mirror, @options, 'fetch', $name);
}

sub requests {
	my @requests = glob "'$asked'/*";
	return scalar @requests;
}

sub left {
	my @left = (glob("'$store'/blob/*"), glob("'$store'/work/*"));
	return scalar @left;
}

# Exit 1, this message, and nothing of what came.
sub refused {
	my ($name, $what, $message) = @_;

	recipe($name, $hash);
	my $result = fetch($name);
	is($result->{status}, 1, "$what: exit 1") or diag($result->{out});
	like($result->{err}, $message, 'said');
	is(left(), 0, 'nothing of it is kept');
	return $result;
}

# The snapshot service, where what vanished from the archive is looked for.
write_file("$scratch/bin/debsnap", <<"END");
#!/bin/sh
echo "\$@" >>'$scratch/debsnap-asked'
test -e '$scratch/snapshot' && cp '$scratch/snapshot'/* "\$3"
END
chmod 0755, "$scratch/bin/debsnap" or die;
$ENV{PATH} = "$scratch/bin:$ENV{PATH}";
write_file("$scratch/bytes", $good);

# The host's own apt sources: none, until a test writes some.
make_path("$scratch/lists/partial");
write_file("$scratch/apt.conf", qq{Dir::Etc::sourcelist "$scratch/sources.list";\nDir::Etc::sourceparts "/dev/null";\nDir::State::lists "$scratch/lists";\n});
write_file("$scratch/sources.list", '');
$ENV{APT_CONFIG} = "$scratch/apt.conf";
mkdir $asked or die;
delete @ENV{qw(http_proxy https_proxy all_proxy ALL_PROXY HTTPS_PROXY)};

my $url = quotemeta "$mirror/pool/main";
refused('other', 'other bytes', qr{^ingot: other: other-1\.tar\.gz: wrong SHA-256 from $url/o/other/other-1\.tar\.gz: want $hash, got @{[sha256_hex('another')]}: nothing of it was kept$}m);
refused('empty', 'no bytes', qr{: wrong SHA-256 from .* got @{[sha256_hex('')]}: nothing of it was kept$}m);
refused('truncated', 'a body that breaks off', qr{^ingot: truncated: $url/t/truncated/truncated-1\.tar\.gz: the download broke off before its end$}m);
refused('fails', 'a server that fails', qr{^ingot: fails: $url/f/fails/fails-1\.tar\.gz: the server answered 503$}m);
refused('loops', 'a redirect loop', qr{^ingot: loops: $url/l/loops/loops-1\.tar\.gz: too many redirects$}m);
refused('local', 'a redirect to a file of this host', qr{^ingot: local: $url/l/local/local-1\.tar\.gz: a redirect to what is not http or https$}m);
{
	local $ENV{INGOT_FETCH_TIMEOUT} = 2;
	for my $name (qw(stalls silent drips)) {
		my $start = time;
		refused($name, "a server that is late ($name)", qr{^ingot: $name: $url/./$name/$name-1\.tar\.gz: stalled: less than 1 KiB a second for 2 seconds$}m);
		cmp_ok(time - $start, '<', 60, 'in bounded time');
	}
}
{
	local $ENV{INGOT_FETCH_LIMIT} = 100000;
	refused('large', 'a large body', qr{^ingot: large: $url/l/large/large-1\.tar\.gz: larger than the limit of 100000 bytes \(\$INGOT_FETCH_LIMIT sets it\)$}m);
	refused('endless', 'an endless body', qr{^ingot: endless: $url/e/endless/endless-1\.tar\.gz: larger than the limit of 100000 bytes \(\$INGOT_FETCH_LIMIT sets it\)$}m);
}

for my $case ([ LIMIT => '2Q', 'a size such as 2G' ], [ LIMIT => '0', 'a size such as 2G' ], [ TIMEOUT => '-1', 'seconds, at most 86400' ], [ TIMEOUT => '5m', 'seconds, at most 86400' ]) {
	my ($name, $value, $want) = @$case;
	local $ENV{"INGOT_FETCH_$name"} = $value;
	refused('good', "INGOT_FETCH_$name=$value", qr{^ingot: good: INGOT_FETCH_$name: want $want, got "$value"$}m);
}

# A pin that vanished: the snapshot service has it, or the command that moves it is named.
my $gone = refused('gone', 'a pin that vanished', qr{recipes/gone/recipe\.ini:6: debian: gone 1 vanished from the archive \(.*the server has no such file \(404\)\): run `ingot lock gone` to move the pin$}m);
like(read_file("$scratch/debsnap-asked"), qr{^--force --destdir \Q$store\E/work/\S+ gone 1$}m, 'the snapshot service was asked');
write_file("$scratch/snapshot/gone-1.tar.gz", 'bad bytes');
refused('gone', 'a snapshot with other bytes', qr{^ingot: gone: gone-1\.tar\.gz: wrong SHA-256 from the snapshot service: want $hash}m);
write_file("$scratch/snapshot/gone-1.tar.gz", $good);
is(fetch('gone')->{status}, 0, 'a snapshot with the right bytes is taken');
is(read_file("$store/blob/$hash"), $good, 'and kept');
unlink "$store/blob/$hash" or die;

{
	local $mirror = 'http://127.0.0.1:1';
	refused('good', 'a host that does not answer', qr{^ingot: good: http://127\.0\.0\.1:1/pool/main/g/good/good-1\.tar\.gz: the host cannot be reached$}m);
}
{
	my $only_sh = "$scratch/only sh";
	mkdir $only_sh or die;
	symlink '/bin/sh', "$only_sh/sh" or die;
	local $ENV{PATH} = $only_sh;
	refused('good', 'a host without curl', qr{: curl is missing: apt-get install curl$}m);
}

# What the person's mirror lacks or serves wrong, the host's own mirror may have.
write_file("$scratch/sources.list", "deb [trusted=yes] $mirror trixie main\n");
recipe('good', $hash);
for my $lame ('/none', ':1/debian') {
	local $mirror = $lame =~ /:/ ? "http://127.0.0.1$lame" : "http://127.0.0.1:$port$lame";
	is(fetch('good')->{status}, 0, "--mirror $mirror: the host's own has it");
	is(read_file("$store/blob/$hash"), $good, 'with every byte');
	unlink "$store/blob/$hash" or die;
}
{
	local $mirror = "file://$scratch/wrong" =~ s/ /%20/gr;
	write_file("$scratch/wrong/pool/main/g/good/good-1.tar.gz", 'wrong bytes');
	is(fetch('good')->{status}, 0, 'wrong bytes from --mirror: the host\'s own has the right ones');
	is(read_file("$store/blob/$hash"), $good, 'and they are kept');
	unlink "$store/blob/$hash" or die;
	refused('other', 'wrong bytes from both', qr{wrong SHA-256 from });
}
write_file("$scratch/sources.list", '');

# A package outside of main is fetched from where its proof found it.
my $lock = read_file('recipes/busybox/source.lock');
my ($version) = $lock =~ /^version = (.*)/m;
my ($file) = $lock =~ /^(\S+\.orig\.\S+) = /m;
$lock =~ s{^directory = pool/main/}{directory = pool/non-free-firmware/}m or die;
recipe('elsewhere', $hash);
edit_file("$tree/recipes/elsewhere/recipe.ini", sub { s/^debian = .*/debian = busybox $version trixie/m; s/^file = .*/file = $file/m });
write_file("$tree/recipes/elsewhere/source.lock", $lock);
write_file("$scratch/whole/pool/non-free-firmware/b/busybox/$file", $good);
{
	local $mirror = "file://$scratch/whole" =~ s/ /%20/gr;
	is(fetch('elsewhere')->{status}, 0, 'a package of another component');
	unlink "$store/blob/$hash" or die;
}

my $before = requests();
cmp_ok($before, '>', 10, 'the server was asked so far');
my $offline = fetch('good', '--offline');
is($offline->{status}, 1, '--offline: exit 1');
like($offline->{err}, qr{^ingot: good: good-1\.tar\.gz is not in the store and --offline forbids to download it: run `ingot fetch good`$}m,
	'and the message names the command');
is(requests(), $before, 'nothing was asked for');

for my $name (qw(good unsized moved torn)) {
	recipe($name, $hash);
	my $fetched = fetch($name);
	is($fetched->{status}, 0, "$name: fetched") or diag($fetched->{err});
	is($fetched->{err}, "ingot: $name: fetch\n", 'says what it is at');
	is(read_file("$store/blob/$hash"), $good, 'with every byte');
	is((stat "$store/blob/$hash")[2] & 0777, 0444, 'read-only');
	is(left(), 1, 'and nothing else is left');
	$before = requests();
	is(fetch($name)->{status}, 0, 'again');
	is(fetch($name, '--offline')->{status}, 0, 'and with --offline');
	is(requests(), $before, 'asks nothing');
	unlink "$store/blob/$hash" or die;
}

is(fetch('good')->{status}, 0, 'good once more');
chmod 0644, "$store/blob/$hash" or die;
edit_file("$store/blob/$hash", sub { s/archive/archiv3/ });
is(fetch('good')->{status}, 0, 'a blob that was damaged in the store');
is(read_file("$store/blob/$hash"), $good, 'is fetched anew');

my $unknown = fetch('no-such-recipe');
is($unknown->{status}, 1, 'no such recipe: exit 1');
like($unknown->{err}, qr/no-such-recipe/, 'named');

# A url: https, from a server whose certificate holds.
SKIP: {
	my $tls = "$scratch/tls";
	write_file("$tls/hi-1.tar.gz", "HTTP/1.0 200 OK\r\nContent-Length: " . length($good) . "\r\nConnection: close\r\n\r\n$good");
	skip 'openssl cannot make a certificate', 6
		if run('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', 2, '-subj', '/CN=localhost',
			'-addext', 'subjectAltName=DNS:localhost', '-keyout', "$tls/key", '-out', "$tls/certificate")->{status};
	# A port that is free now; a moment is left for another to take it.
	my $tls_port = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', Proto => 'tcp')->sockport;
	my $pid = fork // die "fork: $!";
	if ($pid == 0) {
		chdir $tls or die;
		open STDIN, '<', '/dev/null';
		open STDOUT, '>', '/dev/null';
		open STDERR, '>', '/dev/null';
		exec 'openssl', 's_server', '-accept', "127.0.0.1:$tls_port", '-HTTP', '-cert', 'certificate', '-key', 'key'
			or POSIX::_exit(127);
	}
	push @servers, $pid;
	for (1 .. 100) {
		last if IO::Socket::INET->new(PeerAddr => "127.0.0.1:$tls_port", Proto => 'tcp');
		sleep 0.1;
	}
	unlink "$store/blob/$hash";
	recipe('hi', $hash);
	edit_file("$tree/recipes/hi/recipe.ini", sub { s{^debian = .*}{url = https://localhost:$tls_port/hi-1.tar.gz}m });
	my $distrusted = fetch('hi');
	is($distrusted->{status}, 1, 'a certificate that nobody vouches for: exit 1');
	like($distrusted->{err}, qr{recipes/hi/recipe\.ini:6: url: hi: https://localhost:$tls_port/hi-1\.tar\.gz: the server's certificate is not trusted$}m, 'said');
	is(left(), 0, 'nothing is kept');
	local $ENV{CURL_CA_BUNDLE} = "$tls/certificate";
	is(fetch('hi')->{status}, 0, 'a url is fetched by https') or diag(fetch('hi')->{err});
	is(read_file("$store/blob/$hash"), $good, 'with every byte');
	unlink "$store/blob/$hash" or die;
	write_file("$tls/hi-1.tar.gz", "HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n");
	like(fetch('hi')->{err}, qr{recipes/hi/recipe\.ini:6: url: hi: https://localhost:$tls_port/hi-1\.tar\.gz: .*no such file}m, 'a url that is gone is named');
}

done_testing();
