# SPDX-License-Identifier: ISC
# A PC with UEFI firmware and slots on its disk: images for it, and what OVMF and they say.
package Efi;
use strict;
use warnings;
use Device;
use Exporter 'import';
use File::Copy qw(copy);
use Ingot;
use JSON::PP qw(decode_json);
use Test::More;

our @EXPORT = qw(version keys_of_versions sign_version make_disk start drive variables);

my $scratch = scratch_dir();
my @trees = ('--tree', root() . '/tests/boot/device');
run('minisign', qw(-G -W -p), "$scratch/pub", '-s', "$scratch/key")->{status} == 0 or die 'minisign';

my $cmdline = 'console=ttyS0 panic=5 noinitrd printk.devkmsg=on watchdog.stop_on_reboot=0';

# The board `pc` in that version, built and signed, with its launcher where launcher => VERSION: what device() says
# of it, the update's path and size. cmdline => more words; disk => the slots', unless /dev/vda; recipes =>
# 'NAME ...'; board => TEXT behind its board.ini; enable, files and services as in Device.pm.
sub version {
	my ($version, %with) = @_;
	my $line = join ' ', $cmdline, $with{cmdline} // ();
	my $device = device('pc', inherit => 'pc-x86_64', recipes => join(' ', 'svc rollback', $with{recipes} // ()),
		head => "version = $version\n", services => $with{services}, enable => $with{enable},
		files => { '/etc/mark' => "v$version\n", %{$with{files} // {}} }, tree => {
			'boards/pc/update.pub' => read_file("$scratch/pub"),
			'boards/pc-launcher/board.ini' => <<"LAUNCHER" }, board => <<"BOARD");
[board]
name = pc-launcher
inherit = launcher-pc-x86_64
version = @{[$with{launcher} // 1]}
[image]
compression = zstd-3
size-budget = 32M
[slots]
board = pc
LAUNCHER
[kernel]
cmdline = $line
[slots]
method = efi
launcher = pc-launcher
disk = @{[$with{disk} // '/dev/vda']}
size = 40M
keys = update.pub
firmware-watchdog = yes
@{[$with{board} // '']}
BOARD
	my $self = { tree => $device->{tree}, out => device_image($device) =~ s{/pc/bzImage$}{}r,
		update => "$scratch/$version.update" };
	sign_version($self);
	copy("$self->{out}/pc.release/pc-$version.update", $self->{update}) or die $!;
	$self->{size} = -s $self->{update};
	if ($with{launcher}) {
		my $built = ours($self, 'build', 'pc-launcher');
		die $built->{err} if $built->{status};
		sign_board($self, 'pc-launcher');
		my $update = "$self->{out}/pc-launcher.release/pc-launcher-$with{launcher}.update";
		$self->{launcher} = { update => $update, size => -s $update,
			content => decode_json(read_file("$self->{out}/pc-launcher/manifest.json"))->{content_id} };
	}
	return $self;
}

sub sign_board {
	my ($version, $board, @options) = @_;
	my $signed = ours($version, 'sign', '--key', "$scratch/key", @options, $board);
	die $signed->{err} if $signed->{status};
}

# What updates are signed with: its file, and that of its public key.
sub keys_of_versions {
	return ("$scratch/key", "$scratch/pub");
}

# Signs what was built last, and its launcher where there is one, with more options of `ingot sign`.
sub sign_version {
	my ($version, @options) = @_;
	sign_board($version, 'pc', @options);
	sign_board($version, 'pc-launcher', @options) if -e "$version->{out}/pc-launcher/bzImage";
}

sub ours {
	my ($version, @rest) = @_;
	return ingot(@trees, '--tree', $version->{tree}, '--out', $version->{out}, @rest);
}

# The disk of the version that was built last, in its slot a.
sub make_disk {
	my ($version) = @_;
	my $made = ours($version, 'disk', 'pc');
	die $made->{err} if $made->{status};
}

# Starts the machine from its disk and does the steps (boottest(5)), each of them a test of its own; all that
# the console said. Disk and variables stay as the machine leaves them.
sub start {
	my ($version, $steps, @arguments) = @_;
	my $file = "$version->{tree}/steps.boot";

	write_file($file, $steps);
	my $test = ours($version, 'test', '--disk', 'pc', $file, '--', @arguments);
	my $log = "$version->{out}/test/pc/steps.log";
	my $said = -e $log ? read_file($log) =~ s/\r//gr : '';
	my ($seen, $failed) = (0, 0);
	while ($test->{out} =~ /^(not )?ok \d+ - (?:.*?:)?(\d+: .*)$/mg) {
		$seen++;
		ok(!$1, $2) or $failed++;
	}
	ok($seen, 'the machine ran') if !$seen;
	diag($test->{out}, $test->{err}, "the console said last:\n", substr $said, -6000) if $failed || !$seen;
	return $said;
}

# A disk with an update, behind those that are there.
sub drive {
	my ($version) = @_;
	open my $handle, '>>', $version->{update} or die $!;
	truncate $handle, ($version->{size} + 511) & ~511 or die $!;
	return ('-drive', "file=$version->{update},format=raw,if=virtio");
}

# The file with the firmware's variables, which is made where it is not there.
sub variables {
	my ($version) = @_;
	return "$version->{out}/run-pc.vars";
}

1;
