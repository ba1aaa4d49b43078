#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# IPv6: a link that says auto takes its address and route from the net's router, one that does not
# takes nothing but what the board says, and both carry packets; each link has its own sysctls.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Test::More;

my $device = device('net-ipv6', inherit => 'sat-x86_64', board => <<'END');
[links]
eth0 = auto
eth1 =
	address 2001:db8:6::15/64 address 192.0.2.15/24
	route 2001:db8:7::/48 via 2001:db8:6::2 metric 50
	route default via 192.0.2.2
	loose
END
my $card = sub { ('-device', "virtio-net-pci,netdev=$_[0],addr=$_[1]") };
play($device, <<'END', '-netdev', 'user,id=net0,ipv4=off,ipv6=on,ipv6-prefix=2001:db8:5::,ipv6-host=2001:db8:5::2', $card->('net0', '0x5'), '-netdev', 'user,id=net1,ipv4=on,net=192.0.2.0/24,ipv6=on,ipv6-prefix=2001:db8:6::,ipv6-host=2001:db8:6::2', $card->('net1', '0x6'));
timeout 240
run for i in $(seq 60); do ip -6 route | grep -q '^default via fe80::2 dev eth0' && break; sleep 1; done; ip -6 route | grep '^default via fe80::2 dev eth0' -> 0
run for i in $(seq 60); do ip -6 -o addr show dev eth0 | grep -q 'scope global dynamic' && break; sleep 1; done; ip -6 -o addr show dev eth0 | grep 'inet6 2001:db8:5:[0-9a-f:]*/64 scope global dynamic' -> 0
run ping6 -c 1 2001:db8:5::2 -> 0
# The other one, with a router beside it too, has what the board says and nothing more.
run for i in $(seq 60); do ip -6 -o addr show dev eth1 | grep -q tentative || break; sleep 1; done; test $(ip -6 -o addr show dev eth1 | grep -c 'scope global') = 1 -> 0
run ip -6 -o addr show dev eth1 | grep 'inet6 2001:db8:6::15/64 scope global' -> 0
run test $(ip -6 route | grep -c '^default') = 1 -> 0
run ip -6 route | grep '^2001:db8:7::/48 via 2001:db8:6::2 dev eth1 .*metric 50' -> 0
run ping6 -c 1 2001:db8:6::2 -> 0
run ping -c 1 192.0.2.2 -> 0
run cd /proc/sys/net/ipv6/conf; echo $(cat eth0/accept_ra eth0/autoconf eth1/accept_ra eth1/autoconf eth0/accept_redirects eth1/accept_redirects all/forwarding) | grep -x '1 1 0 0 0 0 0' -> 0
run cd /proc/sys/net/ipv4/conf; echo $(cat eth0/rp_filter eth1/rp_filter all/accept_redirects all/send_redirects eth0/promote_secondaries ../ip_forward) | grep -x '1 2 0 0 0 0' -> 0
run cd / -> 0
END

done_testing();
