#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# VLANs and WireGuard links on the kernel that has them: two tunnels of one device shake hands, so
# keys, peers, endpoints and the shared key are what the board says; a key file that comes late is
# looked for again.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Test::More;

# Keys of this test alone.
my $device = device('net-tunnel',
	inherit => 'sat-x86_64',
	services => { keys => <<'END' },
[Service]
Type = oneshot
ExecStart = /bin/sh -c "umask 077; sleep 4; echo AFAtwasJMuj8Cm9Q5oLLJ8wifDi4Igyn3AfBAYrnw2g= >/run/a; echo eCXmdT0foQrtUT6HvMkvPteaDVYaaJNo1qgahZXDz3k= >/run/b; echo rZAe6x79ZY/9WSqNR+z6N/OIkXNKtk5m51QZCDZf0ds= >/run/p"
User = root
BindPaths = /
END
	board => <<'END');
[links]
eth0 = address 10.0.2.15/24 mtu 1496
eth0.5 = vlan 5 on eth0 address 192.168.5.1/24
wg0 =
	wireguard key /run/a listen 51820
	address 10.9.0.1/24
	peer klndO/Q0Co4YIgLiW1GfbcvO0TGvCKyfAuF1VCybV2M=
		endpoint 127.0.0.1:51821 allow 10.9.0.2/32 keepalive 1 preshared /run/p
wg1 =
	wireguard key /run/b listen 51821
	address fd00:9::2/64
	route 10.9.1.0/24
	peer FBGBZAbxhOH7eQtXi6JryutMotU2xye1l4GbXDgrtGI=
		endpoint 127.0.0.1:51820 allow 10.9.0.0/24 allow fd00:9::/64 preshared /run/p
END
my $said = play($device, <<'END', '-netdev', 'user,id=net0', '-device', 'virtio-net-pci,netdev=net0');
timeout 150
expect "link wg0: /run/a: No such file or directory"
expect "link wg0: up" 60
run until test $(cat /sys/class/net/wg0/statistics/rx_bytes) -gt 0; do sleep 0.5; done -> 0
run until test $(cat /sys/class/net/wg1/statistics/rx_bytes) -gt 0; do sleep 0.5; done -> 0
run ip -4 -o addr show dev wg0 | grep 'inet 10.9.0.1/24' -> 0
run ip -6 -o addr show dev wg1 | grep 'inet6 fd00:9::2/64' -> 0
run ip route | grep '10.9.1.0/24 dev wg1' -> 0
run ip link show dev eth0.5 | grep 'eth0.5@eth0.*,UP' -> 0
run grep 'eth0.5 *| 5 *| eth0' /proc/net/vlan/config -> 0
run ip -4 -o addr show dev eth0.5 | grep 'inet 192.168.5.1/24' -> 0
END
my $missing = () = $said =~ m{/run/a: No such file}g;
is($missing, 1, 'a key that is not there is said once');

done_testing();
