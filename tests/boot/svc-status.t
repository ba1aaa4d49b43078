#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# svc status tells of the device: mounts, links, the watchdog, the lock of modules, how the last boot ended.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Ingot;
use JSON::PP;
use Test::More;

my $dir = scratch_dir();
system(qq(truncate -s 8M '$dir/data' && mke2fs -q -t ext4 '$dir/data' && truncate -s 1M '$dir/reason')) == 0 or die 'mke2fs';
my $device = device('status', inherit => 'sat-x86_64', recipes => 'svc e2fsprogs', board => <<'END', services => {});
[kernel]
lock-modules = yes
cmdline = console=ttyS0 panic=5 noinitrd printk.devkmsg=on watchdog.stop_on_reboot=0
[links]
eth0 =
	address 10.0.2.15/24
	address 2001:db8::15/64
none0 = address 198.51.100.1/24
[mounts]
/data = /dev/vda ext4
/absent = /dev/vdz ext4 nofail wait=1s
[reason]
store = /dev/vdb
[watchdog]
device = /dev/watchdog0
END
my $status = "svc --json status > /tmp/s && printf 'JSON-%s\\n' BEGIN && cat /tmp/s";
my $said = play($device, <<"END", (map { ('-drive', "file=$dir/$_,if=virtio,format=raw") } qw(data reason)),
timeout 200
expect "boot complete"
run until svc status | grep -q '^/absent .*failed'; do sleep 1; done -> 0
run until svc status | grep -q '^eth0 .*up .*yes .*10.0.2.15/24 2001:db8:0:0:0:0:0:15/64'; do sleep 1; done -> 0
run mount -o remount,ro /data && svc status | grep '^/data .*ext4 read-only' -> 0
run $status -> 0
send svc reboot
expect "boot complete"
run svc status | grep -q '^last boot reboot: svc, after' -> 0
END
	'-netdev', 'user,id=net0', '-device', 'virtio-net-pci,netdev=net0', '-device', 'i6300esb');
my ($json) = $said =~ /^JSON-BEGIN\r?\n(\{\r?\n.*?^\})/ms;
$json = ($json // '') =~ s/^\[ *\d+\.\d+\] .*\n//mgr;
my $told = eval { decode_json($json) };
ok($told, 'status --json is JSON') or diag($@, $said);
my %mount = map { $_->{path} => $_ } @{$told->{mounts} // []};
is_deeply($mount{'/data'}, { path => '/data', device => '/dev/vda', type => 'ext4', state => 'up', why => '',
	read_only => JSON::PP::true }, 'a mount is told: read-only, since the kernel has it so');
is($mount{'/absent'}{state}, 'failed', 'and one that is not there');
like($mount{'/absent'}{why}, qr/./, 'with why');
my %link = map { $_->{name} => $_ } @{$told->{links} // []};
is_deeply([map { $_ ? 1 : 0 } @{$link{eth0}}{qw(present up carrier)}], [1, 1, 1], 'a link is told');
# Behind them the kernel's own, if it gives one.
is_deeply([@{$link{eth0}{addresses} // []}[0, 1]], ['10.0.2.15/24', '2001:db8:0:0:0:0:0:15/64'], 'with its addresses');
ok(!$link{none0}{present}, 'and one that is not there');
ok($told->{device}{modules_locked}, 'modules are locked');
like($told->{device}{watchdog}, qr{^/dev/watchdog0, \d+ s}, 'the watchdog is told');
done_testing();
