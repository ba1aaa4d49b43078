#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# The data device absent, late, of another file system, dirty, broken, read-only; the boot goes on or restarts.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Ingot;
use Test::More;

my $dir = scratch_dir();

write_file("$dir/text", "kept\n");

# A disk of 8 MiB with the files /mark and /second, and what debugfs(8) then does to it.
sub disk {
	my ($name, @spoil) = @_;
	my $path = "$dir/$name";

	system('truncate', '-s', '8M', $path) == 0 or die;
	return $path if @spoil && $spoil[0] eq 'blank';
	system('mke2fs', '-q', '-t', 'ext4', '-O', '^extent,^64bit,^metadata_csum', $path) == 0 or die 'mke2fs';
	for my $do ("write text mark", "write text second", @spoil) {
		my $command = $do =~ s/BLOCK/`debugfs -R 'bmap mark 0' '$path' 2>\/dev\/null` + 0/er;
		system(qq(cd '$dir' && debugfs -w -R "$command" $name >/dev/null 2>&1)) == 0 or die "debugfs $command";
	}
	# debugfs ends with 0 whatever happens.
	like(`debugfs -R 'stat second' '$path' 2>&1`, qr/^BLOCKS:/m, "disk $name is made");
	return $path;
}

sub drive {
	my ($path, @more) = @_;
	return ('-drive', join ',', "file=$path", 'if=virtio', 'format=raw', @more);
}

my @dirty = ('ssv state 0', 'ssv free_blocks_count 7');
# Two files with one block between them: nothing that is safe to repair.
my @broken = ('sif second block[0] BLOCK', 'ssv state 2');

my $device = device('mounts', inherit => 'sat-x86_64', recipes => 'e2fsprogs late-disk', board => <<'END',
[modules]
late_disk = wait=15000
[mounts]
/data = /dev/vda ext4 noatime
/dirty = /dev/vdb ext4 nofail
/broken = /dev/vdc ext4 nofail
/forced = /dev/vdd ext4 nofail fsck=force
/other = /dev/vde ext4 nofail
/locked = /dev/vdf ext4 nofail
/view = /dev/vdf ext4 nofail ro
/late = /dev/vdg ext4 nofail wait=1s
END
	services => {
		user => <<'END', optional => <<'END', needy => <<'END', late => <<'END', free => <<'END' });
[Service]
ExecStart = /bin/actor say up
BindPaths = /data
END
[Service]
ExecStart = /bin/actor say up
BindPaths = -/other
END
[Unit]
RequiresMountsFor = /locked
[Service]
ExecStart = /bin/actor say up
END
[Service]
ExecStart = /bin/actor say up
BindReadOnlyPaths = /late
END
[Service]
ExecStart = /bin/actor say up
END
my $said = play($device, <<'END',
timeout 100
expect "pid1: boot complete"
expect "mount /late: /dev/vdg mounted .ext4."
expect "service late: started"
run grep -q '^/dev/vda /data ext4 rw,nosuid,nodev,noexec,noatime' /proc/mounts -> 0
run grep -q '^/dev/vdb /dirty ext4 rw' /proc/mounts -> 0
run grep -q '^/dev/vdd /forced ext4 rw' /proc/mounts -> 0
run grep -q '^/dev/vdf /view ext4 ro' /proc/mounts -> 0
run grep -Eq '/(broken|other|locked) ' /proc/mounts -> 1
run grep -q kept /data/mark -> 0
run grep -q kept /late/mark -> 0
run touch /locked/x -> 1
run pidof actor -> 0
run test -d /sys/fs/cgroup/system/fsck-data -> 0
END
	drive(disk('a')), drive(disk('b', @dirty)), drive(disk('c', @broken)), drive(disk('d', @broken)),
	drive(disk('e', 'blank')), drive(disk('f'), 'readonly=on'), drive(disk('g')));
like($said, qr/mount \/dirty: \/dev\/vdb was repaired/, 'a dirty file system is repaired');
like($said, qr/mount \/broken: \/dev\/vdc cannot be repaired: \S+ ended with 4: goes on without/,
	'what cannot safely be repaired is left alone');
like($said, qr/mount \/forced: .* -y\n(?:.*\n)*.*mount \/forced: \/dev\/vdd was repaired/, 'unless fsck=force');
like($said, qr/mount \/other: \/dev\/vde is blank/, 'a blank disk');
like($said, qr/mount \/locked: \/dev\/vdf is read-only/, 'a read-only disk');
like($said, qr/mount \/late: \/dev\/vdg is not there after 1000 ms: goes on without/, 'a late disk is waited for in vain');
unlike($said, qr/service needy: started/, 'a service whose mount is missing does not start');
like($said, qr/service optional: started/, 'one that only would like the mount does');
my ($free) = $said =~ /\[ *([0-9.]+)\] pid1: service free: started/;
my ($user) = $said =~ /\[ *([0-9.]+)\] pid1: service user: started/;
my ($mounted) = $said =~ /\[ *([0-9.]+)\] pid1: mount \/data: \/dev\/vda mounted/;
cmp_ok($user, '>', $mounted, 'a service starts when its mount is there');
unlike($said, qr/fsck-\w+: failed for good/, 'a repair is no failure');

# Without nofail the device restarts, and again while that mends nothing.
$device = device('absent', inherit => 'sat-x86_64', recipes => 'e2fsprogs',
	services => { vital => "[Service]\nCritical = yes\nExecStart = /bin/actor say up\n" }, board => <<'END');
[mounts]
/data = /dev/vdb ext4 wait=2s
[reason]
store = /dev/vda
[health]
trial = 1s
deadline = 20s
END
play($device, <<'END', drive(disk('h', 'blank')));
timeout 240
expect "mount /data: waits for /dev/vdb, at most 2000 ms"
expect "mount /data: /dev/vdb is not there after 2000 ms: required"
expect "pid1: reboot: .*stopping all services"
expect "pid1: board absent, content id"
expect "last boot ended: unhealthy: mount /data: /dev/vdb is not there after 2000 ms"
expect "mount /data: /dev/vdb is not there after 2000 ms: required"
expect "last boot ended: unhealthy: mount /data: .*, 2 in a row"
expect "mount /data: /dev/vdb is not there after 2000 ms: required"
expect "last boot ended: unhealthy: mount /data: .*, 3 in a row"
# Not for ever: the device is there to be asked, without what needs the mount.
expect "mount /data: /dev/vdb is not there after 2000 ms: required"
expect "mount /data: .*: restarts have not mended it: goes on without"
run sleep 20; cut -d. -f1 /proc/uptime -> 0
END

# A foreign file system under the name of a needed one.
open my $fh, '>', "$dir/foreign" or die;
print $fh 'something else' x 600_000;
close $fh;
play($device, <<'END', drive("$dir/h"), drive("$dir/foreign"));
timeout 100
expect "mount /data: /dev/vdb holds no ext4 file system: required"
expect "pid1: board absent, content id"
END
is(-s "$dir/foreign", 14 * 600_000, 'and it was not touched');
open $fh, '<', "$dir/foreign" or die;
is(do { local $/; <$fh> }, 'something else' x 600_000, 'in no byte');

# A card reader without a card: a node, and no device behind it. That is not waited for without an end,
# and a card that comes later is found.
$device = device('card', inherit => 'sat-x86_64', board => <<'END', services => { reader => <<'END' });
[mounts]
/card = /dev/card ext4 nofail wait=15s fsck=no
END
[Service]
Type = oneshot
ExecStart = /bin/busybox mknod /dev/card b 120 0
User = root
BindPaths = /
END
play($device, <<'END', drive(disk('i')));
timeout 100
run test -b /dev/card -> 0
expect "mount /card: /dev/card is not there after 15000 ms: goes on without"
send mv -f /dev/vda /dev/card
expect "mount /card: /dev/card mounted .ext4."
END

done_testing();
