#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# Slots, state, reason and data by their partitions' GUIDs: a second disk takes the first one's name, a third is its
# clone. Launcher, pid1, rollback and a service with a /dev of its own find the same partitions as before. One that
# comes late is mounted late.
use strict;
use warnings;
use File::Copy qw(copy);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Boot;
use Device;
use Ingot;
use Launcher;
use Test::More;

my $device = version(1, disk => 'PARTUUID', recipes => 'e2fsprogs',
	board => "[mounts]\n/data = data ext4\n/stick = PARTUUID=c12a7328-f81f-11d2-ba4b-00a0c93ec93b ext4 nofail wait=1s\n",
	enable => [qw(console sees)], services => { sees => <<'END' });
[Service]
Type = oneshot
ExecStart = /sbin/rollback status
User = 970
BindReadOnlyPaths = /sbin/rollback /etc/rollback.conf /ingot/content-id
DeviceAllow =
	slot-a rw
	slot-b rw
	state rw
END
my $launcher = launcher($device);
my $dir = scratch_dir();
is(make_disk($device, "$dir/disk.img")->{status}, 0, 'the disk is made');
copy("$dir/disk.img", "$dir/clone.img") or die $!;

# A disk with one partition that has the stick's GUID, behind a MiB that hides it.
sub hidden_stick {
	write_file("$dir/stick/ext4", "\0" x (2 * $MIB));
	is(run('mke2fs', '-q', '-F', '-t', 'ext4', "$dir/stick/ext4")->{status}, 0, 'a file system');
	write_file("$dir/stick/cfg", <<'END');
image stick.img {
	hdimage {
		partition-table-type = "gpt"
	}
	partition one {
		image = "ext4"
		partition-uuid = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
	}
}
END
	mkdir "$dir/stick/root" or die $!;
	my $made = run('genimage', '--config', "$dir/stick/cfg", '--rootpath', "$dir/stick/root", '--tmppath', "$dir/stick/tmp",
		'--inputpath', "$dir/stick", '--outputpath', "$dir/stick/out");
	is($made->{status}, 0, 'a stick') or diag $made->{err};
	my $bytes = "\0" x $MIB . read_file("$dir/stick/out/stick.img");
	write_file("$dir/hidden.img", $bytes . "\0" x (-length($bytes) % 512));
	return "$dir/hidden.img";
}

my $guid = 'PARTUUID=[0-9a-f-]{36}';
my $runs = 'slot a: good, version 1, the default, runs';

# The disk is called that.
sub finds {
	my ($said, $disk, $more) = @_;
	like($said, qr/pid1: mount \/data: $guid is \/dev\/${disk}5\Q$more\E$/m, "$disk: pid1 says where the data are");
	like($said, qr/pid1: mount \/data: \/dev\/${disk}5 mounted/, "$disk: and mounts them");
	like($said, qr/service sees: started.*\n(?:.*\n)*?(?:~ # )*\Q$runs\E\n/, "$disk: a service sees its slots by its own nodes");
	like($said, qr/mount \/stick: PARTUUID=c12a7328-f81f-11d2-ba4b-00a0c93ec93b is not there after 1000 ms: goes on without/,
		"$disk: what nobody has is missing");
}

my $said = play($launcher, <<"END", drive("$dir/disk.img"));
timeout 300
expect "slot a: verified and loaded"
expect "pid1: board ab,"
expect "pid1: boot complete"
run sleep 2 -> 0
run grep -q '^/dev/vda5 /data ext4 rw' /proc/mounts -> 0
run echo kept >/data/mark -> 0
run rollback status | grep -q '^$runs\$' -> 0
send svc poweroff
expect "reboot: Power down"
END
finds($said, 'vda', '');
unlike($said, qr/has the same GUID/, 'nobody else has them');

# What is plugged in by -device comes before the others.
my ($blank) = (disk(6144))[1] =~ /file=([^,]*)/;
my $clone = '/dev/vdc%d has the same GUID, but comes behind it in /sys: /dev/vdb%d is taken';
$said = play($launcher, <<"END", drive("$dir/disk.img"), drive("$dir/clone.img"), drive(hidden_stick()), '-drive', "file=$blank,format=raw,if=none,id=first", '-device', 'virtio-blk-pci,drive=first');
timeout 300
expect "$guid: /dev/vdc3 has the same GUID, but comes behind it in /sys: /dev/vdb3 is taken"
expect "slot a: verified and loaded"
expect "pid1: board ab,"
expect "pid1: boot complete"
run sleep 2 -> 0
run grep -q '^/dev/vdb5 /data ext4 rw' /proc/mounts -> 0
run grep -q '^kept\$' /data/mark -> 0
run rollback status 2>&1 | grep -q '^rollback: PARTUUID=.*: /dev/vdc3 has the same GUID' -> 0
run rollback confirm | grep -q 'confirmed before' -> 0
send dd if=/dev/vdd of=/dev/vda bs=1M skip=1 && d=\$(basename \$(readlink -f /sys/class/block/vda/device)) && cd /sys/bus/virtio/drivers/virtio_blk && echo \$d >unbind && echo \$d >bind; cd /
expect "mount /stick: PARTUUID=c12a7328-f81f-11d2-ba4b-00a0c93ec93b is /dev/vda1\$"
expect "mount /stick: /dev/vda1 mounted"
run grep -q '^/dev/vda1 /stick ext4 rw' /proc/mounts -> 0
END
finds($said, 'vdb', sprintf ": $clone", 5, 5);
like($said, qr/pid1: reason: $guid: \Q@{[sprintf $clone, 4, 4]}\E$/m, 'the reason is kept on the same disk');
like($said, qr/pid1: last boot ended: power-off: svc/, 'and found there');

done_testing();
