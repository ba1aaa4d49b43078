#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# The DHCP client has what it needs and no more: a user of its own, three capabilities, five things
# to see. It waits for a card that comes late, and one that was killed gets the address again.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Qmp;
use Test::More;

my $device = device('net-dhcp-client',
	inherit => 'sat-x86_64',
	recipes => 'dhcpcd',
	enable => ['console', 'dhcpcd'],
	board => "[links]\neth0 = dhcp\n");
my ($outside, @monitor) = outside(sub {
	my ($monitor) = @_;

	sleep 8;
	$monitor->('device_add virtio-net-pci,netdev=net0,id=card0,bus=port0');
});
my $said = play($device, <<'END', '-netdev', 'user,id=net0', '-device', 'pcie-root-port,id=port0', @monitor);
timeout 240
expect "dhcpcd-10\.[0-9.]* starting"
send until test -e /sys/class/net/eth0; do sleep 1; echo 1 > /sys/bus/pci/rescan; done
expect "eth0: leased 10\.0\.2\.15 for"
run for i in $(seq 30); do grep -q . /run/dhcpcd/resolv.conf && break; sleep 1; done; cat /etc/resolv.conf | tr '\n' = | grep '^nameserver 10.0.2.3=$' -> 0
run ip -4 -o addr show dev eth0 | grep 'inet 10.0.2.15/24 .*dynamic' -> 0
run test "$(cat /proc/sys/net/ipv4/conf/eth0/promote_secondaries)" = 1 -> 0
# Its own user, and capabilities 10, 12 and 13 of 41, in every set.
run test $(stat -c %u /run/dhcpcd) -ge 61184 -> 0
run p=$(pidof dhcpcd); test "$(grep Uid: /proc/$p/status | tr -d '\t' | sed 's/Uid://')" = "$(for i in 1 2 3 4; do stat -c %u /run/dhcpcd; done | tr -d '\n')" -> 0
run test "$(grep -c '0000000000003400$' /proc/$p/status)" = 5 -> 0
run grep -q 'Seccomp:.2' /proc/$p/status -> 0
run cd /proc/$p/root; test "$(echo * etc/* proc/* run/* libexec/* sbin/*)" = "dev etc libexec proc run sbin tmp var etc/dhcpcd.conf proc/cpuinfo run/dhcpcd libexec/dhcpcd-run-hooks sbin/dhcpcd" -> 0
run cd / -> 0
send kill -9 $p
expect "service dhcpcd: "
expect "eth0: leased 10\.0\.2\.15 for"
run ping -c 1 10.0.2.2 -> 0
# What a lease says is taken word by word, of each link, and only what can be true.
run interface=x reason=BOUND if_up=true if_down=false interface_order="x eth0 ../resolv" new_domain_name_servers="192.0.2.1 0.0.0.0 192.0.2.1 no;where 192.0.2.300 192.0.2.2" new_domain_search="a.example b/c -d_e.example" /libexec/dhcpcd-run-hooks -> 0
run tr '\n' = < /etc/resolv.conf | grep -x 'search a.example -d_e.example=nameserver 192.0.2.1=nameserver 192.0.2.2=nameserver 10.0.2.3=' -> 0
run interface=x reason=EXPIRE if_up=false if_down=true interface_order="x eth0" /libexec/dhcpcd-run-hooks -> 0
run tr '\n' = < /etc/resolv.conf | grep -x 'nameserver 10.0.2.3=' -> 0
run interface=../x reason=BOUND if_up=true interface_order=eth0 new_domain_name_servers=192.0.2.9 /libexec/dhcpcd-run-hooks; test ! -e /run/dhcpcd/x -> 0
# Stopped in order, it takes the address away.
send kill $(pidof dhcpcd)
expect "eth0: .*(removing|deleting)"
expect "eth0: leased 10\.0\.2\.15 for"
END
outside_said($outside);
my $starts = () = $said =~ /service dhcpcd: started/g;
is($starts, 3, 'it was started three times: it did not end for want of a card');

done_testing();
