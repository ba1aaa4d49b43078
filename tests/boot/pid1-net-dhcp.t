#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A board with a link that says dhcp, without a shell: QEMU's own DHCP server gives the address, the
# route and the name server, and the device is reached from outside by it.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Qmp;
use Test::More;

my $port = free_port();
my $device = device('net-dhcp',
	inherit => 'sat-x86_64',
	shell => 0,
	recipes => 'dhcpcd netlook',
	enable => ['dhcpcd', 'look'],
	services => { look => <<'END' },
[Service]
ExecStart = /bin/netlook eth0 7000
PrivateNetwork = no
BindReadOnlyPaths = /etc /run/dhcpcd /proc
END
	board => "[links]\neth0 = dhcp\n");
my ($outside, @monitor) = outside(sub { reads($port, 120) });
my $said = play($device, <<'END', '-netdev',
timeout 240
expect "netlook: eth0 10\.0\.2\.15/24 via 10\.0\.2\.2 dns 10\.0\.2\.3"
expect "netlook: asked"
END
	"user,id=net0,hostfwd=tcp:127.0.0.1:$port-10.0.2.15:7000", '-device', 'virtio-net-pci,netdev=net0', @monitor);
my ($line) = outside_said($outside);
is($line, 'here', 'the host reaches a port of the device');
unlike($said, qr/dhcpcd: .*(?:failed|cannot|denied|not permitted|No such)/i, 'the client complains of nothing');

done_testing();
