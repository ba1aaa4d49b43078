#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A PC with UEFI firmware updates itself over the network, with an address by DHCP: by kexec, then by a cold start
# through BootNext, then by default. An image that panics leaves the old one, which finds the panic's words in the
# firmware's variables; so does an attempt that is not confirmed. Firmware that has no entries, or has lost them,
# falls back to the launcher, and repair writes them anew. The launcher is replaced, and starts from its second copy
# where the first is damaged. A second disk that takes the name of the first changes nothing of that.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Efi;
use Ingot;
use Nginx;
use Test::More;

my $site = scratch_dir() . '/site';
my ($key, $public) = keys_of_versions();
my $root = run($ENV{INGOT}, 'root', '--key', $key, '--root', $public, 'pc', $site);
is($root->{status}, 0, 'a root') or BAIL_OUT($root->{err});
my $server = nginx_start($site);

# The updater is started by hand, and has what the recipes and boards/pc-x86_64 give it.
sub release {
	return version(@_, disk => 'PARTUUID', recipes => 'updater dhcpcd',
		enable => [qw(console dhcpcd installer updater)],
		files => { '/etc/updater.conf' => "[server]\nurl = http://10.0.2.2:$server->{port}\n" },
		services => { updater => read_file(root() . '/recipes/updater/updater.service') . "[Timer]\nOnBootSec = 24h\n" },
		board => "[links]\neth0 = dhcp\n");
}

# rdinit: there is no program of that name, so the kernel panics before pid1.
my $broken = release(3, cmdline => 'rdinit=/gone');
my $new = release(2, launcher => 2);
my $published = run($ENV{INGOT}, '--out', $new->{out}, 'publish', '--key', $key, 'pc', $site);
is($published->{status}, 0, 'version 2 is published') or BAIL_OUT($published->{err});
my $old = release(1, launcher => 1);
make_disk($old);
my @updates = ((map { drive($_) } $new, $broken, $new->{launcher}),
	'-netdev', 'user,id=net0', '-device', 'e1000e,netdev=net0,romfile=');

my $said = start($old, <<"END", @updates);
timeout 900
expect "slot a: verified and loaded"
expect "pid1: board pc,"
expect "pid1: boot complete"
run grep -q v1 /etc/mark -> 0
run rollback repair | grep -q "^boot: the firmware's entries are written anew" -> 0
run rollback repair | grep -q '^nothing to repair' -> 0
run head -c $new->{launcher}{size} /dev/vdd | rollback install --launcher - -> 0
run head -c $new->{launcher}{size} /dev/vdd | rollback install --launcher - | grep -q 'is there already, in both copies' -> 0
run head -c $new->{size} /dev/vdb | rollback install --launcher - -> 3
send svc reboot
expect "BdsDxe: starting Boot.... .Ingot a."
expect "pid1: boot complete"
run rollback status | grep -q '^slot a: good, version 1, the default, runs\$' -> 0
send svc start updater
expect "version 2: installed"
# All rights over the slots, none over the network; and the other way round.
run grep -q eth0 /proc/\$(pidof installer)/net/dev -> 1
run grep -q lo: /proc/\$(pidof installer)/net/dev -> 0
run grep -q 'nameserver 10.0.2.3' /proc/\$(pidof updater)/root/etc/resolv.conf -> 0
run ls /proc/\$(pidof updater)/root/dev | grep -q vd -> 1
run svc stop updater -> 0
run rollback status | grep -q '^slot b: staged, version 2\$' -> 0
send rollback proceed
expect "slot b: its trial by kexec comes now"
expect "pid1: kexec: verified and loaded: stopping all services\$"
expect "pid1: boot complete"
run grep -q v2 /etc/mark -> 0
run rollback confirm | grep -q 'a cold trial comes next' -> 0
run rollback confirm -> 4
send rollback proceed
expect "slot b: its trial by a cold start comes now"
expect "BdsDxe: starting Boot.... .Ingot b."
expect "pid1: boot complete"
run rollback status | grep -q '^slot b: trying, by a cold start, 1 attempts, no verdict yet, version 2, runs\$' -> 0
send svc reboot
expect "BdsDxe: starting Boot.... .Ingot a."
expect "pid1: boot complete"
run grep -q v1 /etc/mark -> 0
run rollback judge | grep -q '^slot b: to be tried again: it was ended: reboot: svc\$' -> 0
send svc reboot
expect "BdsDxe: starting Boot.... .Ingot b."
expect "pid1: boot complete"
run grep -q v2 /etc/mark -> 0
run rollback confirm | grep -q '^slot b: confirmed\$' -> 0
run head -c $broken->{size} /dev/vdc | rollback install - -> 0
run rollback try --reboot -> 0
send svc reboot
expect "BdsDxe: starting Boot.... .Ingot a."
expect "Kernel panic"
expect "BdsDxe: starting Boot.... .Ingot b."
expect "pid1: boot complete"
run grep -q v2 /etc/mark -> 0
run rollback judge | grep -q '^slot a: bad, and refused from now on: the kernel panicked: ' -> 0
run head -c $broken->{size} /dev/vdc | rollback install - -> 3
run rollback status | grep -q '^slot b: good, version 2, the default, runs\$' -> 0
run dd if=/dev/zero of=/dev/vda5 bs=512 count=1 conv=notrunc -> 0
END
unlike($said, qr/EFI stub: ERROR/, 'no complaint of the kernel');

unlink variables($old) or die $!;
# What is plugged in by -device comes before the others: it has the name that the slots' disk had.
my $blank = scratch_dir() . '/blank';
write_file($blank, "\0" x (1 << 20));
start($old, <<"END", '-drive', "file=$blank,format=raw,if=none,id=first", '-device', 'virtio-blk-pci,drive=first');
timeout 900
expect "pid1: board pc-launcher, content id $new->{launcher}{content}"
expect "slot b: verified and loaded"
expect "pid1: board pc,"
expect "pid1: boot complete"
run grep -q v2 /etc/mark -> 0
run rollback confirm | grep -q 'confirmed before' -> 0
send svc reboot
expect "BdsDxe: starting Boot.... .Ingot b."
expect "pid1: boot complete"
run test -b /dev/vdb6 -> 0
run rollback repair | grep -q '^launcher: a copy is written anew' -> 0
run rollback repair | grep -q '^nothing to repair' -> 0
END

done_testing();
