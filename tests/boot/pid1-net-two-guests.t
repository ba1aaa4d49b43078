#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# Two machines on one cable: robot-x86_64's links, firewall and disk, and a base that it calls. Pings and
# TCP connections go both ways through the tunnel and over a VLAN, and nowhere else. A tap on the cable
# sees the VLAN's text behind its tag and the tunnel's not at all.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Ingot;
use IO::Socket::INET;
use Test::More;

# Keys of this test; the base's public one stands in boards/robot-x86_64/board.ini.
my %key = (
	base => ['2MEnTGueILezyM/PHGLS+3C5DZ/BZpDdTXxQQcTwL04=', 'Ky1v819UHuJ/tMJMUqXWY+SwhlIYDTIXM5HkmgyzdiM='],
	robot => ['WCTbH/Y4XEykCvT9vCA09bEUP6mTEASLNF1wLntR73E=', 'DRdxXDaf+JNdlQwyDr3ZVeKDMrxMeNrmW7jbLXn2OkM='],
);

# Who calls gets more than one packet can hold, and a last line that says who answers. Whoever calls the
# port 7002 says that all went well over there.
sub servers {
	my ($name) = @_;
	my $serve = sub {
		my ($port, $text) = @_;
		return "while :; do seq 1000 | sed s/^/$text-/ | nc -l -p $port; done";
	};
	return map {
		my ($service, $script) = @$_;
		$service => "[Service]\nExecStart = /bin/sh -c \"$script\"\nUser = root\nBindPaths = /\nRestart = always\n"
	} ['tunnel-server', $serve->(7000, "secret-of-$name")], ['vlan-server', $serve->(7001, "open-$name")],
		['told', 'while :; do nc -l -p 7002 </dev/null >>/run/told; done'];
}

my $base = device('net-base', inherit => 'sat-x86_64',
	services => {
		servers('base'),
		keys => "[Service]\nType = oneshot\nExecStart = /bin/sh -c \"umask 077; echo $key{base}[0] >/run/key\"\nUser = root\nBindPaths = /\n",
	},
	board => <<"END");
[links]
eth0 = address 10.0.2.2/24
eth0.5 = vlan 5 on eth0 address 192.168.5.1/24
wg0 =
	wireguard key /run/key listen 51820
	address 10.9.0.1/24
	peer $key{robot}[1] allow 10.9.0.2/32
[firewall]
accept = udp 51820 on eth0 tcp 7000,7002 on wg0 tcp 7001 on eth0.5 echo on wg0 echo on eth0.5
END

# Its own board's mounts and tunnel; the firewall has to let the VLAN through, too.
my $robot = device('net-robot', inherit => 'robot-x86_64', recipes => 'telemetry outbox e2fsprogs',
	services => { servers('robot') }, enable => [qw(console telemetry outbox tunnel-server vlan-server told)],
	board => <<'END');
[links]
eth0.5 = vlan 5 on eth0 address 192.168.5.2/24
[firewall]
accept =
	echo limit 10
	udp 51820 on eth0
	tcp 7000,7002 from 10.9.0.0/24 on wg0
	tcp 7001 on eth0.5
[qemu]
arguments = -device i6300esb
END

my $dir = scratch_dir();
write_file("$dir/data/wireguard.key", "$key{robot}[0]\n");
chmod 0600, "$dir/data/wireguard.key";
system('truncate', '-s', '8M', "$dir/disk") == 0 && system('mke2fs', '-q', '-t', 'ext4', '-d', "$dir/data", "$dir/disk") == 0
	or BAIL_OUT('mke2fs');

# A cable: what one sends to its port comes out of the other's.
my @ports = map { $_->sockport } map { IO::Socket::INET->new(Proto => 'udp', LocalAddr => '127.0.0.1') or die "port: $!" } 1, 2;
sub cable {
	my ($here, $there, $mac) = @_;
	return ('-netdev', "socket,id=net0,localaddr=127.0.0.1:$ports[$here],udp=127.0.0.1:$ports[$there]",
		'-device', "virtio-net-pci,netdev=net0,mac=$mac");
}

sub steps {
	my ($name, $other, $octet) = @_;
	return <<"END";
timeout 900
expect "pid1: firewall: loaded"
expect "pid1: link eth0: up"
expect "boot complete"
run until ping -c 1 10.9.0.$octet; do sleep 1; done -> 0
run until timeout 120 nc 10.9.0.$octet 7000 </dev/null | tail -n 1 | grep -qx secret-of-$other-1000; do sleep 1; done -> 0
run until ping -c 1 192.168.5.$octet; do sleep 1; done -> 0
run until timeout 120 nc 192.168.5.$octet 7001 </dev/null | tail -n 1 | grep -qx open-$other-1000; do sleep 1; done -> 0
# What the tunnel alone may reach is not there on the cable, nor on the VLAN.
run timeout 5 nc 10.0.2.@{[$octet == 1 ? 2 : 15]} 7000 </dev/null | grep -q secret -> 1
run timeout 5 nc 192.168.5.$octet 7000 </dev/null | grep -q secret -> 1
run until echo "$name has seen all" | timeout 120 nc 10.9.0.$octet 7002; do sleep 1; done -> 0
run until grep "$other has seen all" /run/told; do sleep 1; done -> 0
END
}
my ($said) = play_two(
	[$robot, steps('robot', 'base', 1), cable(0, 1, '52:54:00:00:00:01'), '-drive', "file=$dir/disk,format=raw,if=virtio",
		'-object', "filter-dump,id=tap,netdev=net0,file=$dir/tap"],
	[$base, steps('base', 'robot', 2), cable(1, 0, '52:54:00:00:00:02')]);
like($said, qr{link wg0: up}, 'the tunnel has its key from the disk');

my $tap = read_file("$dir/tap");
cmp_ok(length $tap, '>', 60_000, 'the cable was busy');
isnt(index($tap, "\x81\x00\x00\x05\x08\x00"), -1, 'frames have the tag of VLAN 5');
isnt(index($tap, $_), -1, "$_ is seen on the cable") for 'open-robot', 'open-base';
is(index($tap, $_), -1, "$_ is not") for 'secret-of-robot', 'secret-of-base';

done_testing();
