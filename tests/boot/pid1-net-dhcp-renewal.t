#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A lease of 20 seconds is renewed at half of its time and the address stays; a server that wants
# another one gets it; one that falls silent loses the address at the lease's end, until it answers
# again. The board's own route comes and goes with the address, and a firewall that lets nothing in
# or out lets this happen.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Dhcpd;
use Test::More;

my $device = device('net-dhcp-renewal',
	inherit => 'sat-x86_64',
	shell => 0,
	recipes => 'dhcpcd netlook',
	enable => ['dhcpcd', 'look'],
	services => { look => <<'END' },
[Service]
ExecStart = /bin/netlook eth0
PrivateNetwork = no
BindReadOnlyPaths = /etc /run/dhcpcd /proc
END
	board => <<'END');
[links]
eth0 = dhcp route 192.0.2.0/24 via 10.7.0.1
[firewall]
output =
END
my ($now, $renewed) = ('10.7.0.50', 0);
my ($server, @net) = dhcpd_start(sub {
	my ($m) = @_;

	if ($m->{type} eq 'DISCOVER') {
		$now = '10.7.0.60' if $now eq 'silent';
		return ('OFFER', $now, 20);
	}
	return if $m->{type} ne 'REQUEST' || $now eq 'silent';
	return ('ACK', $now, 20) if $m->{ciaddr} eq '0.0.0.0' && $m->{requested} eq $now;
	if ($m->{ciaddr} eq '10.7.0.50' && $now eq '10.7.0.50') {
		return ('ACK', $now, 20) if ++$renewed <= 2;
		$now = '10.7.0.60';
		return 'NAK';
	}
	$now = 'silent' if $m->{ciaddr} eq '10.7.0.60';
	return;
});
my $said = play($device, <<'END', @net);
timeout 300
expect "netlook: eth0 10\.7\.0\.50/24 via 10\.7\.0\.1 192\.0\.2\.0 dns 10\.7\.0\.1"
expect "netlook: eth0 10\.7\.0\.60/24 via 10\.7\.0\.1 192\.0\.2\.0 dns 10\.7\.0\.1"
expect "netlook: eth0 none via none dns none"
expect "netlook: eth0 10\.7\.0\.60/24 via 10\.7\.0\.1 192\.0\.2\.0 dns 10\.7\.0\.1"
END
my @seen = dhcpd_seen($server);
my $time_of = sub { (grep { /$_[0]/ } @seen)[0] =~ /^(\S+)/ ? $1 : 0 };
my @renewals = grep { / REQUEST 10\.7\.0\.50 10\.7\.0\.1 10\.7\.0\.50 - .*-> ACK/ } @seen;
my $bound = $time_of->('-> ACK');

# The guest's clock and the host's may differ a little.
is(scalar @renewals, 2, 'two renewals, asked of the server alone');
cmp_ok($time_of->(' REQUEST 10\.7\.0\.50 ') - $bound, '>=', 7, 'the first one at half of the lease');
cmp_ok($time_of->('-> NAK') - $bound, '>', 20, 'so that the address outlives its first lease');
cmp_ok(scalar(grep { / REQUEST 10\.7\.0\.60 255\.255\.255\.255 .*-> nothing/ } @seen), '>=', 1,
	'before the end of a lease any server is asked');
is(scalar(grep { !/ sat - -> / } @seen), 0, "the device's name is told, the program's is not");
# netlook may see a change before it is complete.
my %others = map { $_ => 1 } grep { !/^(?:none|10\.7\.0\.[56]0\/24)$/ } $said =~ /^netlook: eth0 (.*?) via /mg;
is_deeply([keys %others], [], 'one address at a time, and no third one');
diag(join "\n", @seen) if !Test::More->builder->is_passing;

done_testing();
