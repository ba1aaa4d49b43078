# SPDX-License-Identifier: ISC
# A device with slots on a disk, the images for it, and the launcher that its machine starts with.
package Launcher;
use strict;
use warnings;
use Boot;
use Device;
use Digest::SHA qw(sha256_hex);
use Exporter 'import';
use File::Copy qw(copy);
use Ingot;
use JSON::PP qw(decode_json encode_json);

our @EXPORT = qw(version signing_key launcher make_disk drive update_disk settings $MIB);
our $MIB = 1 << 20;

my $scratch = scratch_dir();
run('minisign', qw(-G -W -p), "$scratch/pub", '-s', "$scratch/key")->{status} == 0 or die 'minisign';

# Memory that a panic is kept in, from one kernel to the next.
my $cmdline = 'console=ttyS0 panic=5 noinitrd printk.devkmsg=on watchdog.stop_on_reboot=0'
	. ' memmap=1M$0xf000000 ramoops.mem_address=0xf000000 ramoops.mem_size=0x100000'
	. ' ramoops.record_size=0x20000 ramoops.max_reason=2';
# Much longer than a boot, so that a slow host's boots are not taken for hangs.
my $watchdog = "[watchdog]\ndevice = /dev/watchdog0\ntimeout = 60s\nboot-timeout = 150s\n";
my $qemu = "[qemu]\nmachine = q35\nmemory = 256M\narguments = -device i6300esb -watchdog-action reset\n";

# The board `ab` in that version, built and signed: its update's path, and what device() says of it.
# cmdline => more words; quiet => more for the launcher, too; config => another kernel's fragments; recipes =>
# 'NAME ...'; disk => the slots'; board => TEXT behind its board.ini; watchdog => another [watchdog]; image => EDIT of its bytes; enable,
# services, files, pid1 as in Device.pm.
sub version {
	my ($version, %with) = @_;
	my $both = join ' ', $cmdline, $with{quiet} // ();
	my $line = join ' ', $both, $with{cmdline} // ();
	my $watchdog = $with{watchdog} // $watchdog;
	my $config = $with{config} ? "config = $with{config}\n" : '';
	my $device = device('ab', inherit => 'sat-x86_64', recipes => join(' ', 'svc rollback', $with{recipes} // ()), pid1 => $with{pid1},
		head => "version = $version\n", services => $with{services}, enable => $with{enable},
		files => { '/etc/mark' => "v$version\n", %{$with{files} // {}} },
		tree => {
			'boards/ab/update.pub' => read_file("$scratch/pub"),
			'boards/ab-launcher/board.ini' => <<"LAUNCHER" }, board => <<"BOARD");
[board]
name = ab-launcher
inherit = launcher-x86_64
[image]
compression = zstd-3
size-budget = 16M
[kernel]
cmdline = $both
$watchdog
[slots]
board = ab
$qemu
LAUNCHER
[kernel]
${config}cmdline = $line
$watchdog
[slots]
method = launcher
launcher = ab-launcher
disk = @{[$with{disk} // '/dev/vda']}
size = 8M
data = 4M
keys = update.pub
$qemu@{[$with{board} // '']}
BOARD
	my $out = device_image($device) =~ s{/ab/bzImage$}{}r;
	$out = edited($out, $with{image}) if $with{image};
	my $signed = run($ENV{INGOT}, '--out', $out, 'sign', '--key', "$scratch/key", 'ab');
	die $signed->{err} if $signed->{status};
	copy("$out/ab.release/ab-$version.update", "$scratch/$version.update") or die $!;
	return { device => $device, out => $out, update => "$scratch/$version.update",
		size => -s "$scratch/$version.update" };
}

# A folder of results with another image of `ab`; edit as for edit_file().
sub edited {
	my ($out, $edit) = @_;
	my $other = scratch_dir();
	my $manifest = decode_json(read_file("$out/ab/manifest.json"));

	write_file("$other/ab/bzImage", read_file("$out/ab/bzImage"));
	edit_file("$other/ab/bzImage", $edit);
	$manifest->{image}{sha256} = sha256_hex(read_file("$other/ab/bzImage"));
	write_file("$other/ab/manifest.json", encode_json($manifest));
	return $other;
}

# What updates are signed with: its file, and that of its public key.
sub signing_key {
	return ("$scratch/key", "$scratch/pub");
}

# The launcher for it, built.
sub launcher {
	my ($version) = @_;
	my $built = ingot('--tree', $version->{device}{tree}, '--tree', root() . '/tests/boot/device', '--out',
		$version->{out}, 'build', 'ab-launcher');
	die $built->{err} if $built->{status};
	return { name => 'ab-launcher', tree => $version->{device}{tree},
		image => "$version->{out}/ab-launcher/bzImage" };
}

# Its disk with the version in slot a; the image file's path, and what `ingot disk` said.
sub make_disk {
	my ($version, $to) = @_;
	my $made = ingot('--tree', $version->{device}{tree}, '--tree', root() . '/tests/boot/device', '--out',
		$version->{out}, 'disk', 'ab');
	return $made if $made->{status};
	copy("$version->{out}/ab.disk/disk.img", $to) or die $!;
	return $made;
}

sub drive {
	my ($file) = @_;
	return ('-drive', "file=$file,format=raw,if=virtio");
}

# Its update as a disk, in whole sectors.
sub update_disk {
	my ($version) = @_;
	my $file = "$version->{update}.disk";
	copy($version->{update}, $file) or die $!;
	truncate $file, ($version->{size} + 511) & ~511 or die $!;
	return $file;
}

# The device's settings for files a, b and state of a folder.
sub settings {
	my ($dir) = @_;
	my $trusted = (split /\n/, read_file("$scratch/pub"))[1];
	return <<"END";
[device]
board = ab
content-id = $dir/none
[slots]
a = $dir/a
b = $dir/b
[state]
device = $dir/state
[keys]
threshold = 1
trusted = $trusted
END
}

1;
