#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# DHCP on a VLAN, with the leases on a disk: the address comes over that VLAN alone, and after a restart the
# client asks for the same one at once instead of looking for a server.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Dhcpd;
use Ingot;
use Test::More;

my $dir = scratch_dir();
# Its folder is there already, and the client's user may write to it.
system("mkdir -p '$dir/root/dhcpcd' && chmod 777 '$dir/root/dhcpcd' && truncate -s 8M '$dir/data'"
	. " && mke2fs -q -t ext4 -d '$dir/root' '$dir/data'") == 0 or die 'mke2fs';
my $service = read_file(root() . '/recipes/dhcpcd/dhcpcd.service');
$service =~ s{^\[Unit\]\n}{[Unit]\nRequiresMountsFor = /data\n}m or die 'no [Unit]';
$service =~ s{^BindPaths = .*}{BindPaths = /data/dhcpcd:/var/db/dhcpcd}m or die 'no BindPaths';

my $device = device('net-dhcp-vlan',
	inherit => 'sat-x86_64',
	recipes => 'dhcpcd netlook e2fsprogs',
	services => { dhcpcd => $service, look => <<'END' },
[Service]
ExecStart = /bin/netlook eth0.5
PrivateNetwork = no
BindReadOnlyPaths = /etc /run/dhcpcd /proc
END
	board => <<'END');
[mounts]
/data = /dev/vda ext4
[links]
eth0 = mtu 1500
eth0.5 = vlan 5 on eth0 dhcp
END
my ($server, @net) = dhcpd_start(sub {
	my ($m) = @_;

	return if $m->{vlan} != 5;
	return ('OFFER', '10.7.0.50', 3600) if $m->{type} eq 'DISCOVER';
	return ('ACK', '10.7.0.50', 3600) if $m->{type} eq 'REQUEST' && $m->{requested} eq '10.7.0.50';
	return;
});
play($device, <<'END', @net, '-drive', "file=$dir/data,if=virtio,format=raw");
timeout 300
expect "netlook: eth0.5 10\.7\.0\.50/24 via 10\.7\.0\.1 dns 10\.7\.0\.1"
run until test -e /data/dhcpcd/*.lease; do sleep 1; done -> 0
send kill -TERM 1
expect "pid1: reboot$"
expect "netlook: eth0.5 10\.7\.0\.50/24 via 10\.7\.0\.1 dns 10\.7\.0\.1"
END
my @seen = dhcpd_seen($server);
# Who has found a server asks for what it offers; who has a lease asks everybody for the same.
my ($found) = grep { $seen[$_] =~ / REQUEST .*-> ACK 10\.7\.0\.50 of 10\.7\.0\.1$/ } reverse 0 .. $#seen;
like($seen[0], qr/ DISCOVER .*-> OFFER/, 'the first boot looks for a server');
ok(defined $found, 'and finds one');
like($seen[($found // 0) + 1] // '', qr/ REQUEST 0\.0\.0\.0 255\.255\.255\.255 0\.0\.0\.0 10\.7\.0\.50 .*-> ACK 10\.7\.0\.50$/,
	'the second one asks for the address that it had, first of all');
is(scalar(grep { /-> nothing/ } @seen), 0, 'nothing was asked outside of the VLAN');
diag(join "\n", @seen) if !Test::More->builder->is_passing;

done_testing();
