# SPDX-License-Identifier: ISC
# A device of files: its slots, its state, and updates of the board `toy` for it.
package Slots;
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use Exporter 'import';
use Ingot;
use JSON::PP qw(decode_json);

our @EXPORT = qw(%path %public $scratch $config $program $size configure copy flip image new_device
	rollback runs status truncate_new update);

our $scratch = scratch_dir();
our $program = root() . '/obj/device/rollback';
our $config = "$scratch/rollback.conf";
our $size = 200_000; # of an image: four chunks, the last one short
our %path = map { $_ => "$scratch/$_" } qw(a b state content-id last-boot bootstatus pstore);
our %public;

# keys that need no passphrase, as minisign makes them
for my $name (qw(one two stranger)) {
	run('minisign', qw(-G -W -p), "$scratch/$name.pub", '-s', "$scratch/$name.key")->{status} == 0
		or die 'minisign';
	$public{$name} = (split /\n/, read_file("$scratch/$name.pub"))[1];
}

sub image {
	my ($version) = @_;
	return join '', map { chr(($_ * $version + $_ / 251) % 256) } 1 .. $size;
}

# An update, signed by `ingot sign`; its path.
sub update {
	my ($version, %change) = @_;
	my %fact = (board => 'toy', floor => 1, keys => ['one'], time => 1_790_000_000,
		days => 365, content => sprintf('%064d', $version), image => undef, %change);
	my $out = scratch_dir();
	local $ENV{SOURCE_DATE_EPOCH} = $fact{time};

	$fact{image} //= image($version);
	write_file("$out/toy/bzImage", $fact{image});
	write_file("$out/toy/manifest.json", sprintf '{"board": "%s", "version": %d, "floor": %d,'
		. ' "content_id": "%s", "image": {"file": "bzImage", "sha256": "%s", "size": %d}}',
		$fact{board}, $version, $fact{floor}, $fact{content}, sha256_hex($fact{image}),
		length $fact{image});
	my $result = run($ENV{INGOT}, '--out', $out, 'sign', '--expires', $fact{days},
		(map { ('--key', "$scratch/$_.key") } @{ $fact{keys} }), 'toy');
	die $result->{err} if $result->{status};
	my $path = "$out/toy.release/$fact{board}-$version.update";
	return -e $path ? $path : "$out/toy.release/toy-$version.update";
}

sub configure {
	my (%change) = @_;
	my %fact = (threshold => 1, keys => "$public{one} $public{two}", more => '', %change);

	write_file($config, <<"END");
[device]
board = toy
content-id = $path{'content-id'}

[slots]
a = $path{a}
b = $path{b}

[state]
device = $path{state}
unit = 8K
$fact{more}
[keys]
threshold = $fact{threshold}
trusted = $fact{keys}

[evidence]
last-boot = $path{'last-boot'}
watchdog = $path{bootstatus}
pstore = $path{pstore}
END
}

# Blank slots and state.
sub new_device {
	truncate_new($path{$_}, 1 << 20) for qw(a b);
	truncate_new($path{state}, 128 << 10); # copies, roots, history
	configure();
}

sub rollback {
	return run($program, '--config', $config, @_);
}

sub status {
	my $result = rollback('--json', 'status');
	die $result->{err} if $result->{status};
	return decode_json($result->{out});
}

# What runs has this version's content id.
sub runs {
	my ($version) = @_;
	write_file($path{'content-id'}, sprintf "%064d\n", $version);
}

# Changes a bit of a file in place; undo by calling it again.
sub flip {
	my ($file, $at) = @_;

	open my $handle, '+<', $file or die "$file: $!";
	binmode $handle;
	seek $handle, $at, 0;
	read $handle, my $byte, 1;
	seek $handle, $at, 0;
	print $handle chr(ord($byte) ^ 0x20);
	close $handle or die "$file: $!";
}

# A copy of an update, edited in $_; its path.
sub copy {
	my ($from, $edit) = @_;
	my $to = scratch_dir() . '/copy.update';
	local $_ = read_file($from);

	$edit->() if $edit;
	write_file($to, $_);
	return $to;
}

sub truncate_new {
	my ($file, $bytes) = @_;
	open my $handle, '>', $file or die "$file: $!";
	truncate $handle, $bytes or die "$file: $!";
}

1;
