#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# What a panic and pid1 said last outlives a reset in memory (ramoops), is told, kept once and taken away.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Ingot;
use Power;
use Test::More;

my $dir = scratch_dir();
system(qq(truncate -s 8M '$dir/data' && mke2fs -q -t ext4 '$dir/data')) == 0 or die 'mke2fs';

# A MiB in the middle of the memory, where neither firmware nor kernel puts anything.
my $device = device('ramoops', inherit => 'sat-x86_64', recipes => 'e2fsprogs svc', pid1 => breakable(), board => <<'END');
[kernel]
cmdline =
	console=ttyS0 panic=5 noinitrd printk.devkmsg=on memmap=1M$0x6000000
	ramoops.mem_address=0x6000000 ramoops.mem_size=0x100000
	ramoops.record_size=0x8000 ramoops.pmsg_size=0x4000 ramoops.max_reason=1
[mounts]
/data = /dev/vda ext4
[reason]
pstore = yes
[crash]
store = /data/crash
END
play($device, <<'END', '-drive', "file=$dir/data,if=virtio,format=raw,cache=writethrough");
timeout 300
expect "last boot ended: unknown$"
expect "pid1: boot complete"
# The reset button: pid1 said nothing, but that there was a boot is known.
reset
expect "last boot ended: cut$"
expect "pid1: boot complete"
run ls /data/crash -> 1
# pid1's own fault.
run echo segv >/run/fault -> 0
send kill -CHLD 1
expect "pid1: rescue: SIGSEGV in pid1 itself; restarting$"
expect "last boot ended: rescue: SIGSEGV in pid1 itself, after [0-9.]+ s$"
expect "pid1: boot complete"
run until test -e /data/crash/00000001.pid1.report; do sleep 1; done -> 0
run grep -q "^cause: last boot ended: rescue: SIGSEGV in pid1 itself, after" /data/crash/00000001.pid1.report -> 0
run svc status | grep "^last boot rescue: SIGSEGV in pid1 itself, after" -> 0
# A panic: it has a time, and another panic's words, which a program may have written, are not its.
run echo "Kernel panic - not syncing: a lie" >/dev/kmsg; echo gone >/run/fault -> 0
send kill -CHLD 1
expect "Kernel panic - not syncing: Attempted to kill init"
expect "last boot ended: panic: Attempted to kill init! exitcode=0x00000300, after [0-9]+[.][0-9]+ s$"
expect "pid1: crash: the kernel's last words are kept in /data/crash$"
run svc status | grep "^last boot panic: Attempted to kill init! exitcode=0x00000300, after" -> 0
run grep -q "^cause: panic: Attempted to kill init! exitcode=0x00000300$" /data/crash/00000002.kernel.report -> 0
run grep -q "^Panic#1 Part1$" /data/crash/00000002.kernel.report -> 0
run grep -q "] pid1: boot complete$" /data/crash/00000002.kernel.report -> 0
run grep -q "] Kernel panic - not syncing: Attempted to kill init!" /data/crash/00000002.kernel.report -> 0
# It is kept, so its memory is free.
run test "$(ls /data/crash | wc -l)" = 2 -> 0
run test -d /sys/fs/pstore && test -z "$(ls /sys/fs/pstore)" -> 0
# The store has no place: the words stay, but they are not told as the end of another boot.
run mv /data/crash /data/kept; touch /data/crash; sync; echo gone >/run/fault -> 0
send kill -CHLD 1
expect "last boot ended: panic: Attempted to kill init! exitcode=0x00000300, after [0-9.]+ s, 2 in a row$"
expect "pid1: crash: the kernel's last words stay in pstore: /data/crash: Not a directory$"
run test -e /sys/fs/pstore/dmesg-ramoops-0 -> 0
reset
expect "last boot ended: cut, 3 in a row$"
expect "pid1: crash: the kernel's last words stay in pstore: /data/crash: Not a directory$"
run rm /data/crash; sync -> 0
reset
expect "last boot ended: cut, 4 in a row$"
expect "pid1: crash: the kernel's last words are kept in /data/crash$"
# Nothing was kept twice.
run ls /data/kept /data/crash; test "$(ls /data/kept | wc -l)" = 2 -> 0
run test "$(ls /data/crash)" = 00000001.kernel.report && test -z "$(ls /sys/fs/pstore)" -> 0
END

done_testing();
