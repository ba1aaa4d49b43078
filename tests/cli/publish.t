#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# From a signed release to static files: who has to sign what, what is refused, and that every file is whole.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use JSON::PP qw(decode_json);
use Test::More;

my $scratch = scratch_dir();
my $site = "$scratch/site";
my $day = 86400;
local $ENV{SOURCE_DATE_EPOCH} = 1_790_000_000;

run('minisign', qw(-G -W -p), "$scratch/$_.pub", '-s', "$scratch/$_.key")->{status} == 0 or die 'minisign'
	for qw(one two three index);

sub image {
	my ($version) = @_;
	return join '', map { chr(($_ * $version + $_ / 251) % 256) } 1 .. 100_000;
}

# What `ingot build` leaves, signed.
sub release {
	my ($version, @keys) = @_;
	my $bytes = image($version);

	write_file("$scratch/toy/bzImage", $bytes);
	write_file("$scratch/toy/manifest.json", sprintf '{"board": "toy", "version": %d, "floor": 1,'
		. ' "content_id": "%s", "image": {"file": "bzImage", "sha256": "%s", "size": %d}}',
		$version, sprintf('%064d', $version), sha256_hex($bytes), length $bytes);
	my $signed = run($ENV{INGOT}, '--out', $scratch, 'sign', (map { ('--key', "$scratch/$_.key") } @keys), 'toy');
	die $signed->{err} if $signed->{status};
	return $signed->{out} =~ s/\n//r;
}

sub publish {
	return run($ENV{INGOT}, '--out', $scratch, 'publish', '--key', "$scratch/index.key", @_, 'toy', $site);
}

sub root_by {
	my ($keys, @change) = @_;
	return run($ENV{INGOT}, 'root', (map { ('--key', "$scratch/$_.key") } @$keys), @change, 'toy', $site);
}

sub refused {
	my ($what, $like, $result) = @_;
	is($result->{status}, 1, "$what: refused");
	like($result->{err}, $like, "$what: said why");
}

# Text and signatures of an envelope, as the head line has them.
sub parts {
	my ($file) = @_;
	my $bytes = read_file($file);
	my ($text, $signatures) = $bytes =~ /\Aingot-signed 1 (\d{6}) (\d{6})\n/ or die "$file: no envelope";

	is(length $bytes, 29 + $text + $signatures, "$file: as long as its head says");
	return (substr($bytes, 29, $text), substr $bytes, 29 + $text);
}

sub index_now {
	return decode_json((parts("$site/index.signed"))[0]);
}

# Every file and its bytes.
sub snapshot {
	return { map { $_ => sha256_hex(read_file($_)) } map { s/\n//r } `find '$site' -type f | sort` };
}

sub images {
	return map { m{([^/]+)$} } glob "'$site/images/*'";
}

# no keys, no release
refused('no root', qr/the board toy has no keys: run `ingot root --root FILE\.pub --key FILE toy /, publish());
refused('a root without keys', qr/has no keys yet: name them with --root FILE\.pub/, root_by(['one'], '--expires', 9));
refused('nothing to sign', qr/no root awaits a signature/, root_by(['one']));

# the first root needs two of its owners
my @owners = map { ('--root', "$scratch/$_.pub") } qw(one two);
my $half = root_by(['one'], @owners, '--threshold', 'root=2', '--release', "$scratch/one.pub", '--index',
	"$scratch/index.pub");
is($half->{status}, 0, 'one owner has signed') or diag $half->{err};
like($half->{err}, qr/signed by 1 trusted keys, 2 are needed.* more of its owners/, 'the other is asked for');
ok(!-e "$site/root/1.signed" && -e "$site/root/next", 'devices do not see it yet');
refused('half a root', qr/has no keys: run/, publish());
my $whole = root_by(['two']);
is($whole->{out}, "$site/root/1.signed\n", 'both have signed') or diag $whole->{err};
ok(!-e "$site/root/next", 'and nothing awaits a signature');
my ($root, $signatures) = parts("$site/root/1.signed");
write_file("$scratch/root.json", $root);
write_file("$scratch/root.json.minisig", $signatures);
is(run('minisign', '-V', '-p', "$scratch/one.pub", '-m', "$scratch/root.json")->{status}, 0, 'minisign verifies a root');
is_deeply([map { decode_json($root)->{roles}{$_}{threshold} } qw(root release index)], [2, 1, 1], 'the thresholds');

# what is published
refused('no signed release', qr/release\.json: the board toy has no signed release: run `ingot sign --key FILE toy`/, publish());
release(1, 'two');
refused('a stranger\'s release', qr/signed by 0 trusted keys, 1 are needed: `ingot sign --key FILE toy` signs it/, publish());
unlink glob "'$scratch/toy.release/*'";
my $v1 = release(1, 'one');
refused('no key', qr/index\.signed: has to be signed: say --key FILE/, run($ENV{INGOT}, '--out', $scratch, 'publish', 'toy', $site));
refused('another key', qr/signed by 0 trusted keys, 1 are needed: sign with keys of the role index of root 1/,
	run($ENV{INGOT}, '--out', $scratch, 'publish', '--key', "$scratch/one.key", 'toy', $site));
ok(!-e "$site/index.signed", 'no index stands there yet');
my $first = publish();
is($first->{out}, "$site/index.signed\n", 'publish') or diag $first->{err};
my $index = index_now();
my $release = $index->{releases}[0];
is("$index->{board} $release->{version}", 'toy 1', 'the index lists the release');
is($index->{expires} - $index->{issued}, 30 * $day, 'for a month');
is($release->{file}, sha256_hex(read_file($v1)), 'by the hash of the update file');
is(read_file("$site/images/$release->{file}.update"), read_file($v1), 'which has that name');
is($release->{image}, sha256_hex(image(1)), 'and that of the image');
is($release->{size} - $release->{image_size}, (-s $v1) - length image(1), 'with both sizes');
my ($text, $lines) = parts("$site/index.signed");
write_file("$scratch/index.json", $text);
write_file("$scratch/index.json.minisig", $lines);
is(run('minisign', '-V', '-p', "$scratch/index.pub", '-m', "$scratch/index.json")->{status}, 0, 'minisign verifies an index');

# again
my $before = snapshot();
$ENV{SOURCE_DATE_EPOCH} += $day;
my $again = publish();
like($again->{err}, qr/is published already/, 'a second publish says so');
is_deeply(snapshot(), $before, 'and changes nothing');
is(decode_json(run($ENV{INGOT}, '--out', $scratch, '--json', 'publish', 'toy', $site)->{out})->{changed}, JSON::PP::false,
	'nor does it need a key then');
$ENV{SOURCE_DATE_EPOCH} += 15 * $day;
is(publish()->{status}, 0, 'after half of its life');
cmp_ok(index_now()->{version}, '>', $index->{version}, 'the index is signed anew');

# more releases
release($_, 'one') && publish() for 3, 2;
is(join(' ', map { $_->{version} } @{ index_now()->{releases} }), '3 2 1', 'older ones remain, the newest first');
is(scalar images(), 3, 'with their files');
is(publish('--keep', 2)->{status}, 0, 'until --keep');
is(join(' ', map { $_->{version} } @{ index_now()->{releases} }), '3 2', 'drops the oldest');
is(scalar images(), 3, 'whose file stays for who has the index before');
release(4, 'one');
publish('--keep', 2);
is(scalar images(), 3, 'and is gone with the next');
is_deeply([grep { !/^[0-9a-f]{64}\.update$/ } images()], [], 'nothing half written is left');

# another image of the same version
write_file("$scratch/toy/bzImage", my $other = image(9));
write_file("$scratch/toy/manifest.json", sprintf '{"board": "toy", "version": 4, "floor": 1, "content_id": "%s",'
	. ' "image": {"file": "bzImage", "sha256": "%s", "size": %d}}', 'd' x 64, sha256_hex($other), length $other);
is(run($ENV{INGOT}, '--out', $scratch, 'sign', '--key', "$scratch/one.key", 'toy')->{status}, 0, 'a version that was there');
like(publish()->{err}, qr/^ingot: warning: toy: version 4 is on the list with another image: .* raise version in \[board\]$/m,
	'is published with a warning');
unlike(publish()->{err}, qr/warning/, 'once');

# what is not as it was signed
my $v5 = release(5, 'one');
$before = snapshot();
my $true = read_file($v5);
edit_file($v5, sub { substr($_, -10, 1) ^= "\1" });
refused('a changed image', qr/its image is not what was signed/, publish());
write_file($v5, substr $true, 0, -1);
refused('a short one', qr/its image is not what was signed/, publish());
write_file($v5, $true . 'x');
refused('a long one', qr/its image is not what was signed/, publish());
write_file($v5, $true =~ s/"version": 5/"version": 6/r);
refused('a changed release', qr/the signature of key [0-9A-F]{16} does not match/, publish());
write_file($v5, $true);
$ENV{SOURCE_DATE_EPOCH} += 400 * $day;
refused('an old release', qr/has expired: `ingot sign --expires DAYS` makes a new release/, publish());
$ENV{SOURCE_DATE_EPOCH} += 400 * $day;
refused('an old root', qr/root 1 has expired: run `ingot root --expires DAYS/, publish());
$ENV{SOURCE_DATE_EPOCH} -= 800 * $day;
is_deeply(snapshot(), $before, 'none of which changed anything');
refused('a folder of another board', qr/is for the board toy: want a folder of toad's own/,
	run($ENV{INGOT}, '--out', $scratch, 'publish', 'toad', $site));

# rotation: the old owners and the new ones sign
my @change = ('--root', "$scratch/two.pub", '--root', "$scratch/three.pub");
is(root_by([qw(two three)], @change)->{status}, 0, 'the new owners alone');
ok(!-e "$site/root/2.signed", 'are not enough');
is(root_by(['one'])->{out}, "$site/root/2.signed\n", 'with enough of the old ones they are');
is_deeply(decode_json((parts("$site/root/2.signed"))[0])->{roles}{index}, decode_json($root)->{roles}{index},
	'roles that nobody changed stay');
edit_file("$site/root/2.signed", sub { s/"version": 2/"version": 3/ });
refused('a forged root', qr/2\.signed: the signature of key [0-9A-F]{16} does not match/, publish());

is(run($ENV{INGOT}, @$_)->{status}, 2, "usage: @$_")
	for ['publish', 'toy'], ['root', 'toy', $site], ['publish', '--keep', 0, 'toy', $site], ['publish', '--keep', '-18446744073709551615', 'toy', $site],
	['root', '--key', 'x', '--threshold', 'nobody=1', 'toy', $site];

done_testing();
