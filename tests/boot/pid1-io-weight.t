#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# The weights of slices and services count on a disk that is mounted, and on a partition's whole disk.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Ingot;
use Test::More;

my $dir = scratch_dir();

# A disk whose second half is a partition with ext4: a master boot record with one entry.
write_file("$dir/parted", pack('x446 C x3 C x3 V V x48 v', 0, 0x83, 16384, 16384, 0xaa55));
truncate "$dir/parted", 16 << 20 or die "truncate: $!";
system('mke2fs', '-q', '-t', 'ext4', '-E', 'offset=8388608', "$dir/parted", '8M') == 0 or die 'mke2fs';
system(qq(truncate -s 8M '$dir/plain' && mke2fs -q -t ext4 '$dir/plain')) == 0 or die 'mke2fs';

my $device = device('weights', inherit => 'sat-x86_64', recipes => 'e2fsprogs', board => <<'END', services => {
[mounts]
/data = /dev/vda1 ext4
/more = /dev/vdb ext4
END
	heavy => "[Service]\nIOWeight = 700\nExecStart = /bin/actor say up\n",
	best => "[Service]\nSlice = critical\nExecStart = /bin/actor say up\n",
	idle => "[Service]\nSlice = speculative\nExecStart = /bin/actor say up\n",
});
my $said = play($device, <<'END', map { ('-drive', "file=$dir/$_,if=virtio,format=raw") } qw(parted plain));
timeout 200
expect "boot complete"
run cd /sys/fs/cgroup; cat io.cost.qos -> 0
run test "$(cat services/heavy/io.weight)" = "default 700" -> 0
run test "$(cat critical/io.weight)" = "default 1000" -> 0
run test "$(cat speculative/io.weight)" = "default 1" -> 0
run grep -q "^$(cat /sys/block/vda/dev) enable=1 " io.cost.qos -> 0
run grep -q "^$(cat /sys/block/vdb/dev) enable=1 " io.cost.qos -> 0
END
like($said, qr/mount \/data: \/dev\/vda1 mounted/, 'a partition is mounted');

done_testing();
