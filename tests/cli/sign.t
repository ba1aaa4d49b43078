#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# Keys and signatures: ours and minisign's are good for each other, and nothing false is signed.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use JSON::PP qw(decode_json);
use Test::More;

my $scratch = scratch_dir();
my $pass = "$scratch/pass";
my $release = "$scratch/toy.release";
my $image = join '', map { chr($_ * 7 % 251) } 0 .. 149_999;
local $ENV{SOURCE_DATE_EPOCH} = 1_790_000_000;

# What `ingot build` leaves, as far as signing looks at it.
sub make_output {
	my ($bytes, %change) = @_;
	my %fact = (board => 'toy', version => 3, floor => 2, size => length $bytes, %change);

	write_file("$scratch/toy/bzImage", $bytes);
	write_file("$scratch/toy/manifest.json", sprintf '{"board": "%s", "version": %d, "floor": %d,'
		. ' "content_id": "%s", "image": {"file": "bzImage", "sha256": "%s", "size": %d}}',
		@fact{qw(board version floor)}, 'c' x 64, $fact{sha256} // sha256_hex($bytes),
		$fact{size});
}

sub sign {
	return run($ENV{INGOT}, '--out', $scratch, 'sign', '--passphrase-file', $pass, @_);
}

sub minisign {
	return run('minisign', @_);
}

write_file($pass, "two words\n");
make_output($image);

# keys
my $made = run($ENV{INGOT}, 'keygen', '--passphrase-file', $pass, "$scratch/own");
is($made->{status}, 0, 'keygen') or diag $made->{err};
is((stat "$scratch/own.key")[2] & 07777, 0600, 'nobody else reads the secret key');
unlike(read_file("$scratch/own.key"), qr/^RWQAAE/m, 'which is encrypted');
my $again = run($ENV{INGOT}, 'keygen', '--passphrase-file', $pass, "$scratch/own");
is($again->{status}, 1, 'a key is never written over');
like($again->{err}, qr/own\.key: is there already/, 'and the message names it');
for my $place (root() . '/tests/mine', "$scratch/repository/below/mine") {
	mkdir "$scratch/repository";
	mkdir "$scratch/repository/.git";
	mkdir "$scratch/repository/below";
	my $refused = run($ENV{INGOT}, 'keygen', '--passphrase-file', $pass, $place);
	is($refused->{status}, 1, "no key at $place");
	like($refused->{err}, qr/a private key does not belong into a (?:tree|repository)/, 'and why');
	ok(!-e "$place.key" && !-e "$place.pub", 'nothing was written');
}
like(run($ENV{INGOT}, 'keygen', '--passphrase-file', $pass, "$scratch/nowhere/mine")->{err},
	qr/nowhere: No such file or directory: make the folder first$/, 'nor where there is no folder');
my $silent = run('setsid', '--wait', $ENV{INGOT}, 'keygen', "$scratch/other");
is($silent->{status}, 1, 'without a terminal there is no empty passphrase');
like($silent->{err}, qr/no terminal to ask on: use --passphrase-file/, 'but a hint');
is(minisign(qw(-G -W -p), "$scratch/mini.pub", '-s', "$scratch/mini.key")->{status}, 0,
	'minisign makes a key');

# ours to minisign
my $signed = sign('--key', "$scratch/own.key", 'toy');
is($signed->{status}, 0, 'sign') or diag $signed->{err};
is($signed->{out}, "$release/toy-3.update\n", 'the last line names the update file');
my $checked = minisign('-V', '-p', "$scratch/own.pub", '-m', "$release/release.json");
is($checked->{status}, 0, 'minisign verifies our signature') or diag $checked->{err};
like($checked->{out}, qr/Signature and comment signature verified/, 'and the comment');
like($checked->{out}, qr/^Trusted comment: .*toy 3/m, 'which says what it is');
isnt(minisign('-V', '-p', "$scratch/mini.pub", '-m', "$release/release.json")->{status}, 0,
	'not with another key');

# minisign's key with us, as a second signer, on the same bytes
my $before = read_file("$release/release.json");
$ENV{SOURCE_DATE_EPOCH} += 50;
is(sign('--key', "$scratch/mini.key", 'toy')->{status}, 0, 'a second person signs');
is(read_file("$release/release.json"), $before, 'the same bytes');
my @lines = split /\n/, read_file("$release/release.json.minisig");
is(scalar @lines, 8, 'two signatures');
write_file("$scratch/second", join "\n", @lines[4 .. 7], '');
is(minisign('-V', '-p', "$scratch/mini.pub", '-x', "$scratch/second", '-m',
		"$release/release.json")->{status}, 0, 'minisign verifies the second one, too');
my $thrice = sign('--key', "$scratch/mini.key", 'toy');
like($thrice->{err}, qr/was signed before/, 'nobody signs twice');
is(scalar(split /\n/, read_file("$release/release.json.minisig")), 8, 'still two signatures');

# a signature that minisign made is one to us: it is found, and not added again
unlink "$release/release.json.minisig";
is(minisign('-S', '-W', '-s', "$scratch/mini.key", '-m', "$release/release.json")->{status}, 0,
	'minisign signs');
like(sign('--key', "$scratch/mini.key", 'toy')->{err}, qr/was signed before/, 'and we verify it');
is(minisign('-S', '-W', '-l', '-s', "$scratch/mini.key", '-m', "$release/release.json")->{status},
	0, 'minisign signs in its legacy way');
my $legacy = sign('--key', "$scratch/mini.key", 'toy');
is($legacy->{status}, 1, 'which we refuse');
like($legacy->{err}, qr/legacy signature/, 'and say so');
unlink "$release/release.json.minisig";

# what is in the files
is(sign('--key', "$scratch/own.key", 'toy')->{status}, 0, 'signed again');
my $json = decode_json(read_file("$release/release.json"));
is($json->{image}{sha256}, sha256_hex($image), 'release.json has the image hash');
is(scalar @{ $json->{image}{chunks} }, 3, 'and one hash a chunk');
is($json->{issued}, 1_790_000_000, 'signed when it was');
is($json->{expires} - $json->{issued}, 365 * 86400, 'for a year');
my $update = read_file("$release/toy-3.update");
is(substr($update, 0, 8), 'INGOTUPD', 'the update file');
is(substr($update, 24), read_file("$release/release.json")
		. read_file("$release/release.json.minisig") . $image, 'holds all three');
is(sign('--key', "$scratch/own.key", '--expires', '30', 'toy')->{status}, 0, 'a shorter life');
$json = decode_json(read_file("$release/release.json"));
is($json->{expires} - $json->{issued}, 30 * 86400, 'is a new release');

# what is not signed
make_output($image, sha256 => 'a' x 64);
my $other = sign('--key', "$scratch/own.key", 'toy');
is($other->{status}, 1, 'an image that is not what the manifest says');
like($other->{err}, qr/bzImage: is not what manifest\.json says/, 'by hash');
make_output($image, size => 7);
is(sign('--key', "$scratch/own.key", 'toy')->{status}, 1, 'by size');
make_output($image);
edit_file("$scratch/toy/manifest.json", sub { s/^\{/{"kernel": {"version": "6"}, / });
$other = sign('--key', "$scratch/own.key", 'toy');
is($other->{status}, 1, 'an image for development');
like($other->{err}, qr/manifest\.json: was built with "cmdline = open"/, 'whose command line is open');
edit_file("$scratch/toy/manifest.json", sub { s/"6"/"6", "cmdline": "noinitrd"/ });
is(sign('--key', "$scratch/own.key", 'toy')->{status}, 0, 'one with a command line of its own');
write_file($pass, "two Words\n");
like(sign('--key', "$scratch/own.key", 'toy')->{err}, qr/is not its passphrase/, 'a wrong passphrase');
is(sign('--key', "$scratch/own.pub", 'toy')->{status}, 1, 'a public key signs nothing');
is(sign('toy')->{status}, 2, 'no key');
like(sign('--key', "$scratch/own.key", 'none')->{err}, qr{^ingot: \Q$scratch\E/none: holds no image: run `ingot build none`$}m, 'no such image');

done_testing();
