#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# `ingot disk` makes a disk that others read as we do: a GPT, the image in slot a as the device's own rollback
# has it, an ext4; the same bytes each time. What the device would refuse is not put on it.
use strict;
use warnings;
use Digest::SHA qw(sha256 sha256_hex);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use Test::More;

my $MIB = 1 << 20;
my $scratch = scratch_dir();
my $tree = "$scratch/tree";
my $content = sprintf '%064x', 77;

for my $name (qw(one two)) {
	run('minisign', qw(-G -W -p), "$scratch/$name.pub", '-s', "$scratch/$name.key")->{status} == 0 or die 'minisign';
}
my %trusted = map { $_ => (split /\n/, read_file("$scratch/$_.pub"))[1] } qw(one two);

sub board {
	my ($slots, %more) = @_;
	write_file("$tree/boards/toy/one.pub", read_file("$scratch/one.pub"));
	write_file("$tree/boards/toy/board.ini", <<"END" . ($slots ? "[slots]\n$slots" : ''));
[board]
name = toy
arch = x86_64
hostname = toy
version = 3
epoch = 2026-01-01T00:00:00Z
[kernel]
recipe = linux
config = base x86_64
cmdline = noinitrd
[image]
recipes = pid1 rollback
ram = 128M
END
}

# What `ingot build` would leave there, of so many bytes.
sub built {
	my ($out, $size) = @_;
	my $image = join '', map { chr(($_ * 7 + $_ / 251) % 256) } 1 .. $size;
	write_file("$out/toy/bzImage", $image);
	write_file("$out/toy/manifest.json", sprintf '{"board": "toy", "version": 3, "floor": 1, "content_id": "%s",'
		. ' "image": {"file": "bzImage", "sha256": "%s", "size": %d}}', $content, sha256_hex($image), $size);
	return $image;
}

sub sign {
	my ($out, @keys) = @_;
	local $ENV{SOURCE_DATE_EPOCH} = 1_790_000_000;
	my $signed = run($ENV{INGOT}, '--out', $out, 'sign', (map { ('--key', "$scratch/$_.key") } @keys), 'toy');
	die $signed->{err} if $signed->{status};
	return $signed->{out};
}

sub disk {
	my ($out, @more) = @_;
	return run($ENV{INGOT}, '--tree', $tree, '--out', $out, @more, 'disk', 'toy');
}

sub refused {
	my ($what, $out, $like) = @_;
	my $result = disk($out);
	is($result->{status}, 1, "$what: refused");
	like($result->{err}, $like, "$what: says why");
}

my $good = "method = launcher\ndisk = /dev/vda\nsize = 2M\ndata = 4M\nkeys = one.pub\n";
my $out = "$scratch/out";
my $image = built($out, 300_000);

board('');
refused('no slots', $out, qr/toy\/board\.ini: has no \[slots\]/);
board($good);
refused('unsigned', $out, qr/release\.json: no signed release: run `ingot sign --key FILE toy`/);
sign($out, 'two');
refused('a stranger\'s', $out, qr/signed by 0 of the keys of toy, 1 are needed: run `ingot sign --key FILE toy`/);
sign($out, 'one');

my $made = disk($out);
is($made->{status}, 0, 'made') or diag $made->{err};
is($made->{err}, '', 'without a word more');
my $bytes = read_file("$out/toy.disk/disk.img");
is($made->{out}, "$out/toy.disk/disk.img " . length($bytes) . ' ' . sha256_hex($bytes) . "\n", 'path, size, sha256');

# Others' eyes: partx, e2fsck, and the device's own program.
my $parts = run('partx', '-g', '-o', 'NR,START,SECTORS,NAME', "$out/toy.disk/disk.img");
is($parts->{out} =~ s/ +/ /gr =~ s/^ //gmr =~ s/ $//gmr, <<'END', 'the partitions');
1 2048 4096 slot-a
2 6144 4096 slot-b
3 10240 2048 state
4 12288 2048 reason
5 14336 8192 data
END
my %at = (a => [1, 2], b => [3, 2], state => [5, 1], data => [7, 4]);
write_file("$scratch/$_", substr $bytes, $at{$_}[0] * $MIB, $at{$_}[1] * $MIB) for keys %at;
is(run('e2fsck', '-fn', "$scratch/data")->{status}, 0, 'the file system is whole');
is(substr(read_file("$scratch/a"), 0, length $image), $image, 'slot a begins with the image');
is(read_file("$scratch/b"), "\0" x (2 * $MIB), 'slot b is empty');
write_file("$scratch/id", "$content\n");
write_file("$scratch/conf", <<"END");
[device]
board = toy
content-id = $scratch/id
[slots]
a = $scratch/a
b = $scratch/b
[state]
device = $scratch/state
[keys]
threshold = 1
trusted = $trusted{one}
END
my @device = (root() . '/obj/device/rollback', '--config', "$scratch/conf");
is(run(@device, 'status')->{out}, <<'END', 'the device: slot a is confirmed');
slot a: good, version 3, the default, runs
slot b: empty
floor: version 1
END
is(run(@device, 'verify')->{out}, "slot a: version 3 is signed and whole\n", 'the device: and whole');
is(run(@device, 'repair')->{out}, "nothing to repair\n", 'the device: both copies of the state are there');

# By their GUIDs the device finds them, whatever the kernel calls the disk: sysfs and nodes as it would make them.
my $guids = run('partx', '-g', '-o', 'NR,START,SECTORS,UUID', "$out/toy.disk/disk.img")->{out};
my @parts = map { { number => $_->[0], start => $_->[1], sectors => $_->[2], guid => $_->[3] } }
	map { [split] } split /\n/, $guids;
my @names = qw(slot-a slot-b state reason data);
is_deeply([map { $_->{guid} } @parts], [map { guid('toy', $_) } @names], 'each has the GUID of its name');

# RFC 9562, version 8, of a text's SHA-256, whose bytes are those of the medium.
sub guid {
	my @bytes = unpack 'C16', sha256(join '', map { "$_\0" } 'ingot partition', @_);
	$bytes[7] = $bytes[7] & 0x0f | 0x80;
	$bytes[8] = $bytes[8] & 0x3f | 0x80;
	return sprintf '%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-' . '%02x' x 6, @bytes[3, 2, 1, 0, 5, 4, 7, 6, 8 .. 15];
}

# The disk under that name, on that bus; its partitions are files of the folder.
sub plug {
	my ($fake, $name, $bus, $from) = @_;
	my $device = "devices/$bus/block/$name";

	write_file("$fake/dev/$name", read_file("$out/toy.disk/disk.img"));
	write_file("$fake/sys/$device/size", length($bytes) / 512 . "\n");
	write_file("$fake/sys/$device/queue/logical_block_size", "512\n");
	write_file("$fake/sys/class/block/.made", '');
	for my $part (@parts) {
		my $number = $part->{number};
		my $part_of = "$device/$name$number";
		write_file("$fake/sys/$part_of/partition", "$number\n");
		write_file("$fake/sys/$part_of/start", "$part->{start}\n");
		write_file("$fake/sys/$part_of/size", "$part->{sectors}\n");
		symlink("../../$part_of", "$fake/sys/class/block/$name$number") or die $!;
		my $file = ('a', 'b', 'state')[$number - 1] or next;
		write_file("$fake/dev/$name$number", read_file("$from/$file"));
	}
	symlink("../../$device", "$fake/sys/class/block/$name") or die $!;
}

sub device_sees {
	my ($fake, @command) = @_;
	return run('bwrap', '--bind', '/', '/', '--bind', "$fake/sys", '/sys', '--bind', "$fake/dev", '/dev',
		root() . '/obj/device/rollback', '--config', "$scratch/guid.conf", @command);
}

my $by_guid = read_file("$scratch/conf");
my $number = 0;
$by_guid =~ s/\Q$scratch\E\/$_$/'PARTUUID=' . guid('toy', $names[$number++])/me for qw(a b state);
write_file("$scratch/guid.conf", $by_guid);
write_file("$scratch/zeros/$_", "\0" x ($MIB * $at{$_}[1])) for qw(a b state);
my $found = run(@device, 'status')->{out};
plug("$scratch/one", 'sdc', 'pci0000:00/0000:00:1f.2/ata2/host1', $scratch);
my $seen = device_sees("$scratch/one", 'status');
is($seen->{out}, $found, 'the device finds them') or diag $seen->{err};
is($seen->{err}, '', 'without a word more');
plug("$scratch/one", 'sda', 'pci0000:00/0000:00:14.0/usb1/1-1/host2', "$scratch/zeros");
$seen = device_sees("$scratch/one", 'status');
is($seen->{out}, $found, 'a stick with the same image is not taken') or diag $seen->{err};
is($seen->{err}, 'rollback: PARTUUID=' . guid('toy', 'state')
	. ": /dev/sda3 has the same GUID, but can be removed: /dev/sdc3 is taken\n", 'and said');
plug("$scratch/other", 'sda', 'pci0000:00/0000:00:14.0/usb1/1-1/host2', "$scratch/zeros");
like(device_sees("$scratch/other", 'status')->{out}, qr/^the state is lost/, 'a stick alone is');
write_file("$scratch/none/sys/class/block/.made", '');
write_file("$scratch/none/dev/.made", '');
$seen = device_sees("$scratch/none", 'status');
is($seen->{status}, 1, 'no disk');
is($seen->{err}, 'rollback: PARTUUID=' . guid('toy', 'state') . ": no disk that is there has this partition\n", 'and says so');

# The same again, by somebody with an ordinary user's PATH, from another folder, in another second.
{
	local $ENV{PATH} = join ':', grep { !m{/sbin/?$} } split /:/, $ENV{PATH};
	my $again = disk($out);
	is($again->{out}, $made->{out}, 'the same bytes again') or diag $again->{err};
}
built("$scratch/elsewhere", 300_000);
sign("$scratch/elsewhere", 'two', 'one');
sleep 1;
is(disk("$scratch/elsewhere")->{status}, 0, 'made elsewhere');
my @signatures = map { read_file("$_/toy.release/release.json.minisig") } $out, "$scratch/elsewhere";
is($signatures[0], $signatures[1], 'the signature is the same');
is(sha256_hex(read_file("$scratch/elsewhere/toy.disk/disk.img")), sha256_hex($bytes), 'so are the bytes');
like(disk($out, '--json')->{out}, qr/^\{"disk": "\Q$out\E\/toy\.disk\/disk\.img", "size": \d+, "sha256": "[0-9a-f]{64}"\}$/, '--json');

built($out, 300_001);
refused('another image', $out, qr/release\.json: is of another image than .*bzImage: run `ingot sign --key FILE toy`/);
built($out, 2 * $MIB - 131_072 + 1);
sign($out, 'one');
refused('too large', $out, qr/bzImage: has 1966081 bytes, the slot takes 1966080: raise \[slots\] size/);
is(sha256_hex(read_file("$out/toy.disk/disk.img")), sha256_hex($bytes), 'the disk that was there stays');
is(run($ENV{INGOT}, 'disk')->{status}, 2, 'usage: no board');

# Starting from it.
board($good);
like(run($ENV{INGOT}, '--tree', $tree, '--out', $out, 'run', '--disk', 'toy')->{err}, qr/\[slots\] names no launcher/, 'run --disk: no launcher');

done_testing();
