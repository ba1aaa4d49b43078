#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A link's static addresses, routes and size are there before the first service asks; a card that
# comes later gets its own then, one that goes and comes gets them again; a cable that is pulled is
# noted; what cannot work is said once, and the boot goes on.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Qmp;
use Test::More;

my $port = free_port();
my $device = device('net-static',
	services => { early => <<'END' },
[Service]
Type = oneshot
ExecStart = /bin/sh -c "ip -4 -o addr show dev eth0; ip route; cat /sys/class/net/lo/operstate"
User = root
BindPaths = /
END
	board => <<'END');
[links]
eth0 =
	address 10.0.2.15/24
	address 2001:db8::15/64
	route default via 10.0.2.2 metric 7
	route 2001:db8:1::/48 via 2001:db8::1
	mtu 1400
eth1 = address 192.0.2.1/24
none0 = address 198.51.100.1/24
END
my ($outside, @monitor) = outside(sub {
	my ($monitor) = @_;
	my $said = reads($port, 60);

	sleep 6;
	$monitor->('set_link card0 off');
	sleep 4;
	$monitor->('set_link card0 on');
	sleep 4;
	$monitor->('device_add virtio-net-pci,netdev=net1,id=card1,bus=port1');
	return $said;
});
my $said = play($device, <<'END', '-netdev', "user,id=net0,hostfwd=tcp:127.0.0.1:$port-10.0.2.15:7000",
timeout 120
expect "link eth0: up"
expect "link eth1: not there yet"
expect "link none0: not there yet"
expect "inet 10\.0\.2\.15/24 brd 10\.0\.2\.255 scope global eth0"
expect "default via 10\.0\.2\.2 dev eth0  ?metric 7"
expect "boot complete"
run until ip addr show dev eth0 | grep -q 'mtu 1400.* state UP'; do sleep 1; done -> 0
run until ip -6 -o addr show dev eth0 | grep 'inet6 2001:db8::15/64 scope global \\'; do sleep 1; done -> 0
run ip -6 route | grep '2001:db8:1::/48 via 2001:db8::1 dev eth0' -> 0
run ping -c 1 10.0.2.2 -> 0
run ping -c 1 127.0.0.1; ping6 -c 1 ::1 -> 0
# From the host, through its address.
run echo from the device | nc -l -p 7000 -> 0
expect "link eth0: no carrier" 60
expect "link eth0: carrier" 60
send until test -e /sys/class/net/eth1; do sleep 1; echo 1 > /sys/bus/pci/rescan; done
expect "link eth1: up"
run until ip -4 -o addr show dev eth1 | grep 'inet 192.0.2.1/24'; do sleep 1; done -> 0
run cd /proc/sys/net/ipv4/conf/eth1; test "$(cat rp_filter accept_redirects send_redirects accept_source_route | tr -d '\n')" = 1000 -> 0
run cd /proc/sys/net/ipv6/conf/eth1; test "$(cat accept_redirects accept_source_route accept_ra autoconf forwarding | tr -d '\n')" = 0-1000 -> 0
run cd / -> 0
send echo 1 > /sys/class/net/eth1/device/../remove
expect "link eth1: gone"
send echo 1 > /sys/bus/pci/rescan
expect "link eth1: up"
run until ip -4 -o addr show dev eth1 | grep 'inet 192.0.2.1/24'; do sleep 1; done -> 0
run test $(cut -d' ' -f14 /proc/1/stat) -lt 300 -> 0
END
	'-device', 'virtio-net-pci,netdev=net0,id=card0', '-netdev', 'user,id=net1',
	'-device', 'pcie-root-port,id=port1', @monitor);
my ($line) = outside_said($outside);
is($line, 'from the device', 'the host reaches a port of the device');
my $missing = () = $said =~ /link none0/g;
is($missing, 1, 'a card that never comes is said once');

done_testing();
