#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# The reason kept in a file on a data mount, made at the first boot, is reported on the next one.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Ingot;
use Test::More;

my $dir = scratch_dir();
system(qq(truncate -s 8M '$dir/data' && mke2fs -q -t ext4 '$dir/data')) == 0 or die 'mke2fs';

my $device = device('kept', inherit => 'sat-x86_64', recipes => 'e2fsprogs', board => <<'END');
[mounts]
/data = /dev/vda ext4
[reason]
store = /data/ingot/reason
END
play($device, <<'END', '-drive', "file=$dir/data,if=virtio,format=raw");
timeout 300
expect "last boot ended: unknown"
run until test "$(stat -c %s /data/ingot/reason)" = 8192; do sleep 1; done -> 0
send kill -TERM 1
expect "pid1: reboot: signal 15 from process [0-9]+: stopping all services"
# Its file system could be unmounted, and the file outlives the repair of the next boot.
expect "last boot ended: reboot: signal 15 from process [0-9]+, after [0-9.]+ s"
run grep -q "^/dev/vda /data ext4 rw" /proc/mounts -> 0
END

done_testing();
