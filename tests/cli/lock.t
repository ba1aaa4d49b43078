#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# `ingot lock` proves a Debian source's chain and takes nothing that does not hold: an archive made here, signed
# by keys made here, is tampered with link by link.
use strict;
use warnings;
use Cwd qw(abs_path);
use Digest::SHA qw(sha256_hex);
use File::Basename qw(dirname);
use File::Copy qw(copy);
use File::Path qw(make_path remove_tree);
use File::Temp qw(tempdir);
use IO::Compress::Gzip qw(gzip $GzipError);
use JSON::PP qw(decode_json);
use POSIX qw(strftime);
use Test::More;

my $root = abs_path(dirname(__FILE__) . '/../..');
my $ingot = $ENV{INGOT} // "$root/ingot";
plan skip_all => 'gpg is not installed' if system('gpg --version >/dev/null 2>&1') != 0;

# A blank in every path; the keys' folder is short because of the agent's socket.
my $work = tempdir('ingot lock XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $home = tempdir('gXXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $work;
chmod 0700, $home;
$ENV{GNUPGHOME} = $home;
$ENV{INGOT_TREE} = "$work/tree";
$ENV{INGOT_STORE} = "$work/store";
delete $ENV{INGOT_PATH};
END { local $?; system('gpgconf', '--kill', 'all') if $home }

sub slurp {
	my ($path) = @_;
	open my $in, '<:raw', $path or return undef;
	local $/;
	return scalar <$in>;
}

sub spew {
	my ($path, @text) = @_;
	make_path(dirname($path));
	open my $out, '>:raw', $path or die "$path: $!";
	print $out @text;
	close $out or die "$path: $!";
}

# Runs gpg as if at that date.
sub gpg {
	my ($date, @arguments) = @_;
	$date =~ tr/-//d;
	my @command = ('gpg', '--batch', '--quiet', '--no-tty', '--yes', '--pinentry-mode',
		'loopback', '--passphrase', '', '--faked-system-time', "${date}T120000!", @arguments);
	my $pid = open my $out, '-|';
	if (!$pid) {
		open STDERR, '>', "$work/gpg.err";
		exec @command or POSIX::_exit(127);
	}
	my $text = do { local $/; <$out> };
	close $out or die "@command: " . slurp("$work/gpg.err");
	return $text;
}

my $now = strftime('%Y-%m-%d', gmtime(time - 86400));
my %key;

sub make_key {
	my ($name, $date, $expires) = @_;
	gpg($date, '--quick-generate-key', "$name <$name\@example.org>", 'ed25519', 'sign', $expires);
	my $list = gpg($now, '--with-colons', '--list-keys', $name);
	($key{$name}) = $list =~ /^fpr:+([0-9A-F]{40}):/m or die "no key $name";
}

sub clearsign {
	my ($name, $date, $text) = @_;
	spew("$work/plain", $text);
	unlink "$work/plain.asc";
	gpg($date, '-u', $key{$name}, '--clearsign', "$work/plain");
	return slurp("$work/plain.asc");
}

make_key($_, '2024-01-02', 'never') for qw(archive alice eve late gone stranger);
make_key('short', '2024-01-02', '2024-12-31');

# What each of them signed while it could; the keys' fates come after.
my $control = <<'END';
Format: 3.0 (quilt)
Source: hi
Version: VERSION
Maintainer: Nobody <nobody@example.org>
Checksums-Sha256:
FILES
END
my %content = (
	'hi_1.0.orig.tar.gz' => "upstream 1.0\n",
	'hi_1.0-1.debian.tar.xz' => "patches 1\n",
	'hi_2.0.orig.tar.gz' => "upstream 2.0\n",
	'hi_2.0-1.debian.tar.xz' => "patches 2\n",
);

sub checksums {
	my ($version, %other) = @_;
	my ($upstream) = $version =~ /^(.*)-/;
	return join "\n", map {
		my $bytes = $other{$_} // $content{$_};
		sprintf ' %s %d %s', sha256_hex($bytes), length $bytes, $_
	} "hi_$version.debian.tar.xz", "hi_$upstream.orig.tar.gz";
}

sub dsc_text {
	my ($version, %other) = @_;
	my $text = $control;
	my $files = checksums($version, %other);
	$text =~ s/VERSION/$version/;
	$text =~ s/FILES/$files/;
	return $text;
}

my %dsc = map { $_ => clearsign($_, '2024-06-01', dsc_text('1.0-1')) } qw(alice eve late gone short);
$dsc{two} = clearsign('alice', '2024-06-01', dsc_text('2.0-1'));
$dsc{late} = clearsign('late', '2025-06-01', dsc_text('1.0-1'));

# "late" is said to have expired before it signed; "gone" is revoked.
gpg('2024-02-01', '--quick-set-expire', $key{late}, '2025-01-01');
my $revocation = slurp("$home/openpgp-revocs.d/$key{gone}.rev");
$revocation =~ s/^:---/---/m;
spew("$work/revocation", $revocation);
gpg($now, '--import', "$work/revocation");

my $archive_keys = "$work/archive.gpg";
my $keys = "$work/keys.gpg";
spew($archive_keys, gpg($now, '--export', $key{archive}));
spew($keys, gpg($now, '--export', map { $key{$_} } qw(alice late gone short)));

# An archive with one suite that has the package; returns its folder.
my $archives = 0;

sub archive {
	my (%o) = (version => '1.0-1', dsc => $dsc{alice}, signer => 'archive', suite => 'test', @_);
	my $dir = "$work/archive" . ++$archives;
	my $file = "hi_$o{version}.dsc";
	my $sources = "Package: other\nVersion: 1\nDirectory: pool/main/o/other\n\n"
		. "Package: hi\nBinary: hi\nVersion: $o{version}\nDirectory: pool/main/h/hi\n"
		. "Checksums-Sha256:\n " . sha256_hex($o{dsc}) . ' ' . length($o{dsc}) . " $file\n"
		. ($o{checksums} // checksums($o{version})) . "\n\nPackage: last\nVersion: 3\n";
	gzip(\$sources, \my $index) or die $GzipError;
	# apt looks for an index only if its plain form is listed, too.
	my $list = $o{packages} // "Package: none\n";
	gzip(\$list, \my $packages) or die $GzipError;
	my $release = "Origin: Test\nSuite: $o{suite}\nCodename: $o{suite}\nArchitectures: amd64\n"
		. "Components: main\nDate: "
		. ($o{date} // strftime('%a, %d %b %Y %H:%M:%S UTC', gmtime(time - 3600))) . "\n"
		. ($o{until} ? "Valid-Until: $o{until}\n" : '')
		. "SHA256:\n " . sha256_hex($index) . ' ' . length($index) . " main/source/Sources.gz\n "
		. sha256_hex($packages) . ' ' . length($packages) . " main/binary-amd64/Packages.gz\n "
		. sha256_hex($list) . ' ' . length($list) . " main/binary-amd64/Packages\n";
	spew("$dir/pool/main/h/hi/$file", $o{dsc});
	spew("$dir/pool/main/h/hi/$_", $content{$_}) for keys %content;
	spew("$dir/dists/test/main/source/Sources.gz", $index);
	spew("$dir/dists/test/main/binary-amd64/Packages.gz", $packages);
	spew("$dir/dists/test/InRelease",
		$o{unsigned} ? $release : clearsign($o{signer}, $now, $release));
	return $dir;
}

my $recipe = <<'END';
# A recipe of the test.
[recipe]
name = hi
version = 1.0
license = ISC
[source]
debian = hi 1.0-1 test
debian-patches = yes
[build]
script =
	make
[install]
/bin/hi = 0755
END

# A fresh tree with the recipe, its pins as given.
sub tree {
	my ($text) = @_;
	remove_tree("$work/tree");
	spew("$work/tree/recipes/hi/recipe.ini", $text // $recipe);
	make_path("$work/tree/recipes/toolchain");
	copy("$root/recipes/toolchain/$_", "$work/tree/recipes/toolchain/$_") or die "$_: $!"
		for qw(packages.ini x86_64.lock keyring.lock);
}

my ($out, $err, $status);

sub run {
	my (@command) = @_;
	my $pid = fork;
	if ($pid == 0) {
		open STDOUT, '>', "$work/out";
		open STDERR, '>', "$work/err";
		exec @command or POSIX::_exit(127);
	}
	waitpid $pid, 0;
	$status = $? >> 8;
	($out, $err) = (slurp("$work/out"), slurp("$work/err"));
	return $status;
}

sub ingot_lock {
	my ($archive, @arguments) = @_;
	my $uri = $archive =~ /^http/ ? $archive : 'file://' . $archive =~ s/ /%20/gr;
	return run($ingot, '--mirror', $uri, 'lock', '--archive-keyring', $archive_keys, '--keyring',
		$keys, @arguments);
}

my $lock = "$work/tree/recipes/hi/source.lock";
my $ini = "$work/tree/recipes/hi/recipe.ini";

# Exit 1, one message that matches, no lock, the recipe as it was.
sub refused {
	my ($archive, $message, $what, @arguments) = @_;
	tree();
	subtest $what => sub {
		is(ingot_lock($archive, @arguments, 'hi'), 1, 'exit 1');
		like($err, $message, 'says why');
		is($out, '', 'nothing on stdout');
		ok(!-e $lock, 'no lock was written');
		is(slurp($ini), $recipe, 'recipe.ini is as it was');
	};
}

# --- what holds

my $good = archive();
tree();
is(ingot_lock($good, 'hi'), 0, 'a good chain is proven') or diag $err;
like($out, qr/^hi: hi 1\.0-1 test: locked: \.dsc good, signed 2024-06-01 by $key{alice} alice/m,
	'says who signed and when');
my $text = slurp($lock) // '';
like($text, qr/^signer = $key{archive}$/m, 'the lock names the signer of InRelease');
like($text, qr/^key-primary = $key{alice}$/m, '... and of the .dsc');
like($text, qr/^status = good\nvalid-at-signing = yes$/m, '... and its validity');
like($text, qr/^signed = 2024-06-01T12:00:00Z$/m, '... and when it was signed');
like($text, qr/^keyring = file keys\.gpg\nkeyring-sha256 = @{[sha256_hex(slurp($keys))]}$/m,
	'... and the keyring that held the key');
like($text, qr/^sha256 = @{[sha256_hex(slurp("$good\/dists\/test\/InRelease"))]}$/m,
	'... and the InRelease');
my $hash = sha256_hex($content{'hi_1.0.orig.tar.gz'});
my $patches = sha256_hex($content{'hi_1.0-1.debian.tar.xz'});
my $pinned = $recipe =~ s/^(debian = .*\n)/$1file = hi_1.0.orig.tar.gz\nsha256 = $hash
debian-file = hi_1.0-1.debian.tar.xz\ndebian-sha256 = $patches\n/mr;
is(slurp($ini), $pinned, 'missing pins are filled in, all else stays');
like($out, qr/^hi: file: \(nothing\) -> hi_1\.0\.orig\.tar\.gz$/m, '... and shown');

is(ingot_lock($good, 'hi'), 0, 'a second time');
like($out, qr/^hi: hi 1\.0-1 test: unchanged/m, '... nothing changes');
is(slurp($lock), $text, '... not a byte');
is(ingot_lock('http://127.0.0.1:9/debian'), 0, 'without a name and with good locks, no network is needed')
	or diag $err;
is($out, "every lock proves its recipe's pin\n", '... and it says so');

tree();
is(run($ingot, '--json', '--mirror', 'file://' . $good =~ s/ /%20/gr, 'lock', '--archive-keyring',
	$archive_keys, '--keyring', $keys, 'hi'), 0, '--json');
my $json = eval { decode_json($out) };
is_deeply($json, [ { name => 'hi', result => 'locked', package => 'hi', version => '1.0-1', suite => 'test',
	status => 'good', signer => $key{alice}, 'valid-at-signing' => JSON::PP::true,
	signed => '2024-06-01T12:00:00Z' } ], '... gives one object a name') or diag $out;

tree();
is(ingot_lock(archive(dsc => $dsc{short}), 'hi'), 0, 'a key that expired after it signed is enough')
	or diag $err;
like(slurp($lock), qr/^status = key-expired\nvalid-at-signing = yes$/m, '... and the lock says so');

# --- the .dsc

my $tampered = archive();
my $path = "$tampered/pool/main/h/hi/hi_1.0-1.dsc";
spew($path, slurp($path) =~ s/Nobody/Nobodi/r);
refused($tampered, qr{recipes/hi/recipe\.ini:\d+: debian: hi_1\.0-1\.dsc: is not the file that the signed index names},
	'a .dsc changed on the mirror');
refused(archive(dsc => $dsc{alice} =~ s/Nobody/Nobodi/r),
	qr/the signature by [0-9A-F]+ does not match: it was changed after it was signed/,
	'a .dsc changed before the index was signed');
refused(archive(dsc => $dsc{alice} =~ s/Nobody/Nobodi/r), qr/does not match/,
	'a changed .dsc, whatever is accepted', '--accept-signer', $key{alice});
refused(archive(dsc => dsc_text('1.0-1')), qr/hi_1\.0-1\.dsc: holds no OpenPGP signature/,
	'a .dsc without a signature');
refused(archive(dsc => $dsc{alice} . $dsc{two}), qr/not exactly one signed text/,
	'a .dsc of two signed texts');
refused(archive(dsc => $dsc{two}), qr/hi_1\.0-1\.dsc: Version: is "2\.0-1", the index says "1\.0-1"/,
	'the .dsc of another version');
refused(archive(checksums => checksums('1.0-1', 'hi_1.0.orig.tar.gz' => 'other')),
	qr/hi_1\.0\.orig\.tar\.gz: the index and the signed \.dsc do not agree on it/,
	'an index that names other files than the .dsc');
tree();
is(ingot_lock(archive(dsc => "Checksums-Sha256: none\n\n$dsc{alice}\nVersion: 9\n"), 'hi'), 0,
	'text around the signed one is not read') or diag $err;

refused(archive(dsc => $dsc{eve}),
	qr/signed by a key that no keyring holds \($key{eve}, no-key\)/,
	'an unknown key');
like($err, qr/`ingot lock --accept-signer $key{eve} hi`/, '... names what to do');
refused(archive(dsc => $dsc{eve}), qr/no-key/, 'an unknown key, while another is accepted',
	'--accept-signer', $key{alice});
refused(archive(dsc => $dsc{late}), qr/by a key that had expired when it signed \($key{late}, key-expired\)/,
	'a key that expired before it signed');
refused(archive(dsc => $dsc{gone}), qr/by a key that has been revoked \($key{gone}, key-revoked\)/, 'a revoked key');
tree();
is(ingot_lock(archive(dsc => $dsc{eve}), '--accept-signer', $key{eve}, 'hi'), 0,
	'an unknown key that is accepted') or diag $err;
like($err, qr/taken because of --accept-signer $key{eve}/, '... is warned about');
like(slurp($lock), qr/^status = no-key\nvalid-at-signing = no\naccepted = $key{eve}$/m,
	'... and never called good');

# --- the archive

my $changed = archive();
spew("$changed/dists/test/InRelease", slurp("$changed/dists/test/InRelease") =~ s/Origin: Test/Origin: Tset/r);
refused($changed, qr/test: InRelease: the signature by [0-9A-F]+ does not match/, 'a changed InRelease');
refused(archive(unsigned => 1), qr/test: InRelease: holds no OpenPGP signature/, 'an unsigned InRelease');
refused(archive(signer => 'stranger'), qr/test: InRelease: signed by $key{stranger} \(no-key\), no good signature/,
	'an InRelease by an unknown key');
refused(archive(suite => 'other'), qr/test: the mirror's InRelease is that of another suite: other/,
	'the InRelease of another suite');
refused(archive(until => 'Sat, 01 Jun 2024 00:00:00 UTC'), qr/test: InRelease expired on 2024-06-01: .*--mirror/,
	'an expired InRelease');
refused(archive(date => 'Fri, 01 Jan 2106 00:00:00 UTC'),
	qr/test: InRelease is dated 2106-01-01, after this host's clock: set the clock/, 'an InRelease from the future');
my $index = archive();
spew("$index/dists/test/main/source/Sources.gz", slurp("$good/dists/test/main/source/Sources.gz") . 'x');
refused($index, qr/test: .*Sources\.gz.* Hash Sum mismatch/, 'an index with another hash');

# --- pins that move

my $newer = archive(version => '2.0-1', dsc => $dsc{two});
tree($pinned);
is(ingot_lock($newer), 1, 'a pin that vanished fails without a name');
like($err, qr/recipe\.ini:\d+: debian: hi 1\.0-1 is no longer in test, which has 2\.0-1: `ingot lock hi` moves the pin/,
	'... and names the command');
is(slurp($ini), $pinned, '... and changes nothing');
is(ingot_lock($newer, 'hi'), 0, 'with the name it moves') or diag $err;
is($out =~ s/^hi: hi .*\n//mr, "hi: debian: hi 1.0-1 test -> hi 2.0-1 test\n"
	. "hi: file: hi_1.0.orig.tar.gz -> hi_2.0.orig.tar.gz\n"
	. "hi: sha256: $hash -> @{[sha256_hex($content{'hi_2.0.orig.tar.gz'})]}\n"
	. "hi: debian-file: hi_1.0-1.debian.tar.xz -> hi_2.0-1.debian.tar.xz\n"
	. "hi: debian-sha256: $patches -> @{[sha256_hex($content{'hi_2.0-1.debian.tar.xz'})]}\n",
	'... and shows old and new');
like($err, qr/version = 1\.0, but the source is now 2\.0-1: change it/, '... and what is left to do');
my $back = slurp($ini) =~ s/2\.0/1.0/gr;
$back =~ s/^sha256 = .*/sha256 = $hash/m;
$back =~ s/^debian-sha256 = .*/debian-sha256 = $patches/m;
is($back, $pinned, '... and touches only those lines');

tree($pinned =~ s/$hash/'0' x 64/er);
is(ingot_lock($good, 'hi'), 1, 'a hash that the signed .dsc does not have');
like($err, qr/sha256 is 0{64}, but the signed \.dsc of hi 1\.0-1 says $hash/, '... is never replaced in silence');
ok(!-e $lock, '... nor locked');
tree($recipe =~ s/hi 1\.0-1/nothere 1.0-1/r);
is(ingot_lock($good, 'hi'), 1, 'a package that the suite does not have');
like($err, qr/debian: test has no source package nothere/, '... is named');

# --- the rest of what people meet

tree();
is(ingot_lock('http://127.0.0.1:9/debian', 'hi'), 1, 'no network');
like($err, qr/test: .*127\.0\.0\.1.*--mirror URI/s, '... says what to look at');
is(run($ingot, '--offline', '--mirror', "file://$good", 'lock', 'hi'), 1, '--offline');
like($err, qr/--offline/, '... is named as the reason');
tree($pinned);
spew($lock, "[source]\npackage = hi\nversion = 1.0-1\ndirectory = d\ncolour = red\n");
is(ingot_lock($good), 1, 'a broken lock');
like($err, qr{recipes/hi/source\.lock:1: suite: missing in \[inrelease\]}, '... is named');
like($err, qr/`ingot lock hi` makes it anew/, '... and what mends it');
is(ingot_lock($good, 'hi'), 0, '... which does') or diag $err;
is(ingot_lock($good, '--accept-signer', 'ABC', 'hi'), 2, 'a short key id is no fingerprint');
is(ingot_lock($good, '--nonsense'), 2, 'an unknown option');
is(ingot_lock($good, 'nosuch'), 1, 'an unknown recipe');
like($err, qr/nosuch/, '... is named');

# --- the toolchain

sub package_stanza {
	my ($name, $version, %more) = @_;
	return "Package: $name\nVersion: $version\nArchitecture: amd64\nMaintainer: x <x\@example.org>\n"
		. join('', map { "$_: $more{$_}\n" } sort keys %more)
		. "Filename: pool/main/${name}_$version.deb\nSize: 10\nSHA256: "
		. sha256_hex("$name $version") . "\nDescription: x\n\n";
}

my $wishes = "[toolchain]\nsuite = test\n[keyring]\npackage = keys\nsuite = test\n"
	. "[packages]\ncompiler = it compiles\n[links]\n/usr/bin/cc = compiler\n";
my @packages = (package_stanza('compiler', '2.0+x-1', Depends => 'library (>= 1)'),
	package_stanza('library', '1:1-1', Depends => 'base'), package_stanza('base', '3'),
	package_stanza('unneeded', '4'), package_stanza('keys', '2025'));
my $tools = "$work/tree/recipes/toolchain/x86_64.lock";

sub toolchain {
	my ($text) = @_;
	tree();
	unlink glob "'$work/tree/recipes/toolchain/*'";
	spew("$work/tree/recipes/toolchain/packages.ini", $text);
}

toolchain($wishes);
my $binary = archive(packages => join '', @packages);
is(ingot_lock($binary, 'toolchain'), 0, 'the toolchain is resolved') or diag $err;
is((slurp($tools) // '') =~ s/.*\[packages\]\n//sr, join('', map {
	my ($name, $version) = @$_;
	"$name = $version amd64 10 " . sha256_hex("$name $version") . ' pool/main/' . "${name}_$version.deb\n"
} [ 'base', '3' ], [ 'compiler', '2.0+x-1' ], [ 'library', '1:1-1' ]),
	'... with what it depends on, sorted, and nothing else');
like(slurp($tools), qr{^\[links\]\n/usr/bin/cc = compiler$}m, '... and its links');
like(slurp("$work/tree/recipes/toolchain/keyring.lock"), qr/^keys = 2025 amd64 10 /m, '... and the keyring');
my $before = slurp($tools);
is(ingot_lock($binary, 'toolchain'), 0, 'a second time');
is($out, "toolchain: unchanged\n", '... nothing changes');
$packages[2] = package_stanza('base', '5');
is(ingot_lock(archive(packages => join '', @packages), 'toolchain'), 0, 'a newer package');
is($out, "x86_64: base: 3 -> 5\ntoolchain: locked\n", '... is shown');

toolchain($wishes =~ s/compiler = it/nosuch = it/r);
is(ingot_lock($binary, 'toolchain'), 1, 'a package that is not there');
like($err, qr/packages\.ini: .*nosuch/, '... is named');
ok(!-e $tools, '... and no lock is written');
toolchain($wishes);
is(ingot_lock(archive(packages => join '', grep { !/^Package: library/ } @packages), 'toolchain'), 1,
	'a dependency that is not there');
like($err, qr{packages\.ini: .*(held broken packages|Unable to correct|unmet)}, '... is an error');
toolchain($wishes . "/etc/x = y\n");
is(ingot_lock($binary, 'toolchain'), 1, 'a link outside of /usr');
like($err, qr{packages\.ini:10: /etc/x: want a path below /usr}, '... is refused');

# --- a url has no chain: its first download is taken on trust, and said to be

SKIP: {
	my $tls = "$work/tls";
	make_path($tls);
	skip 'openssl cannot make a certificate', 9
		if run('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', 2, '-subj',
			'/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', "$tls/key", '-out',
			"$tls/certificate") != 0;
	# -HTTP serves files that are whole answers.
	my $serve = sub {
		my ($bytes) = @_;
		spew("$tls/hi-1.0.tar.gz", "HTTP/1.0 200 OK\r\nContent-Length: " . length($bytes)
			. "\r\nConnection: close\r\n\r\n$bytes");
	};
	$serve->('an archive');
	local $ENV{CURL_CA_BUNDLE} = "$tls/certificate";
	my ($server, $port);
	for my $try (1 .. 20) {
		$port = 20000 + int rand 20000;
		$server = fork;
		if ($server == 0) {
			chdir $tls;
			open STDIN, '<', '/dev/null';
			open STDOUT, '>', '/dev/null';
			open STDERR, '>', '/dev/null';
			exec 'openssl', 's_server', '-accept', "127.0.0.1:$port", '-HTTP', '-cert', 'certificate',
				'-key', 'key'
				or POSIX::_exit(127);
		}
		select undef, undef, undef, 0.5;
		last if waitpid($server, 1) == 0;
	}
	my $url = "https://localhost:$port/hi-1.0.tar.gz";
	my $by_url = $recipe =~ s/^debian = .*\ndebian-patches = yes/url = $url/mr;
	tree($by_url);
	is(ingot_lock($good, 'hi'), 0, 'a url without a hash') or diag $err;
	my $sum = sha256_hex('an archive');
	is(slurp($ini), $by_url =~ s/^(url = .*\n)/$1file = hi-1.0.tar.gz\nsha256 = $sum\n/mr, '... gets one');
	like($err, qr/sha256: taken from this download on trust: nothing proves a url/, '... with a warning');
	$serve->('another archive');
	is(ingot_lock($good, 'hi'), 0, 'a url with a hash') or diag $err;
	like($out, qr/^hi: pinned by its SHA-256: a url has no chain to prove$/m, '... is left alone');
	is(ingot_lock($good, '--update', 'hi'), 0, '--update takes the new bytes') or diag $err;
	like($out, qr/^hi: sha256: $sum -> @{[sha256_hex('another archive')]}$/m, '... and shows it');
	spew("$tls/hi-1.0.tar.gz", "HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n");
	is(ingot_lock($good, '--update', 'hi'), 1, 'a url that is gone');
	like($err, qr{recipes/hi/recipe\.ini:\d+: url: https://localhost:\d+/hi-1\.0\.tar\.gz: .*no such file}, '... is named');
	kill 'TERM', $server;
	waitpid $server, 0;
}

SKIP: {
	skip 'not root, so every test above was an ordinary user', 2 if $> != 0;
	my @nobody = ('setpriv', '--reuid', 65534, '--regid', 65534, '--clear-groups');
	skip "an ordinary user may not run $ingot", 2 if run(@nobody, 'test', '-x', $ingot) != 0;
	tree();
	remove_tree("$work/store");
	system('chown', '-R', '65534:65534', "$work/tree");
	chmod 0777, $work;
	is(run(@nobody, $ingot, '--mirror', 'file://' . $good =~ s/ /%20/gr, 'lock', '--archive-keyring', $archive_keys,
		'--keyring', $keys, 'hi'), 0, 'an ordinary user') or diag $err;
	is((stat $lock)[4], 65534, '... owns the lock');
}

done_testing;
