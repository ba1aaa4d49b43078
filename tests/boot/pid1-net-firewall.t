#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A board's firewall is in the kernel before the first link is up: the host reaches the port that is
# declared and not the one beside it, on which a server listens, too. A kernel that refuses the rules
# leaves every link down, whoever brings it up, unless the board says that it can do without them.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Boot;
use Device;
use Ingot;
use Qmp;
use Test::More;

# Servers on two ports; each says its name to whoever calls, and notes that it did.
my %servers = map {
	$_->[0] => <<"END"
[Service]
ExecStart = /bin/sh -c "while :; do echo $_->[0] | nc -l -p $_->[1]; echo $_->[0] >>/run/called; done"
User = root
BindPaths = /
END
} ['open', 7000], ['closed', 7001];
my $links = <<'END';
[links]
eth0 = address 10.0.2.15/24 address fec0::15/64 route default via 10.0.2.2
[firewall]
accept = tcp 7000 from 10.0.2.0/24 on eth0
END

# Boots a machine with both ports forwarded and a disk, on which the steps say when the host is to
# call. What the console said; what the host heard of the open port, the closed one, the open one again.
sub boots {
	my ($device, $tries, $steps) = @_;
	my ($open, $closed) = (free_port(), free_port());
	my @disk = disk(64);
	my ($file) = $disk[1] =~ /^file=(.*?),/;
	my ($outside) = outside(sub {
		for (1 .. 300) {
			last if read_file($file) =~ /^go/;
			sleep 1;
		}
		return map { reads($_->[0], $_->[1]) || 'nothing' } [$open, $tries], [$closed, 3], [$open, $tries];
	});
	my $said = play($device, $steps, '-netdev',
		"user,id=net0,hostfwd=tcp:127.0.0.1:$open-10.0.2.15:7000,hostfwd=tcp:127.0.0.1:$closed-10.0.2.15:7001",
		'-device', 'virtio-net-pci,netdev=net0', @disk);
	return ($said, outside_said($outside));
}

my ($said, @heard) = boots(device('firewall', inherit => 'sat-x86_64', services => \%servers, board => $links), 20, <<'END');
timeout 180
expect "pid1: firewall: loaded"
expect "pid1: link eth0: up"
expect "boot complete"
# The server behind the closed port is there.
run nc 127.0.0.1 7001 | grep -qx closed -> 0
# Answers come in: to a ping, and to the question who fec0::2 is.
run ping -c 1 10.0.2.2 -> 0
run until ping6 -c 1 fec0::2; do sleep 1; done -> 0
run echo go >/dev/vda; sync -> 0
run until test $(cat /run/called | grep -cx open) -ge 2; do sleep 1; done -> 0
END
unlike($said, qr/link eth0: up.*firewall: loaded/s, 'no link is up before the firewall is there');
is_deeply(\@heard, ['open', 'nothing', 'open'], 'the host hears the declared port and not the other one');

# As a kernel would that lacks an expression: the last rule's verdict has another name.
my %refusing = ('net/firewall.c' => sub {
	s/^int\nfirewall_load\(/static const uint8_t *\nspoilt(const uint8_t *batch, size_t size)\n{\n\tstatic uint8_t copy[4096];\n\n\tmemcpy(copy, batch, size);\n\tfor (size_t i = size - 9; i > 0; i--)\n\t\tif (memcmp(copy + i, "immediate", 9) == 0) {\n\t\t\tcopy[i] = 'x';\n\t\t\tbreak;\n\t\t}\n\treturn copy;\n}\n\n$&/m;
	s/sendto\(fd, batch,/sendto(fd, spoilt(batch, size),/;
	s/#include <errno.h>/#include <errno.h>\n#include <string.h>/;
});

($said, @heard) = boots(device('firewall-refused', inherit => 'sat-x86_64', services => \%servers, board => $links,
	pid1 => \%refusing), 3, <<'END');
timeout 180
expect "pid1: firewall: cannot load: No such file or directory: links stay down"
expect "boot complete"
# A service that opens the device is none that keeps it open.
run ip addr add 10.0.2.15/24 dev eth0; ip link set dev eth0 up -> 0
run for i in 1 2 3; do ip link set dev eth0 up; sleep 1; done; echo go >/dev/vda; sync; sleep 30 -> 0
run cat /sys/class/net/eth0/operstate | grep -qx down -> 0
run ip link show dev eth0 | grep -q '[<,]UP[,>]' -> 1
run nc 127.0.0.1 7000 | grep -qx open -> 0
END
unlike($said, qr/link eth0: up$/m, 'refused: the link stays down');
is(scalar(() = $said =~ /$_/g), 1, "refused: \"$_\" is said once, though it happens again")
	for 'firewall: cannot load', 'link eth0: up without a firewall: taken down: done';
is_deeply(\@heard, ['nothing', 'nothing', 'nothing'], 'refused: the host hears nothing');

play(device('firewall-optional', inherit => 'sat-x86_64', services => \%servers, board => $links . "required = no\n",
	pid1 => \%refusing), <<'END', '-nic', 'user,model=virtio-net-pci');
timeout 180
expect "pid1: firewall: cannot load: No such file or directory: links come up without it"
expect "pid1: link eth0: up"
expect "boot complete"
END

done_testing();
