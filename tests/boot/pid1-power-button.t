#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# The machine's power button ends a device in order.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Qmp;
use Test::More;

my $device = device('button', inherit => 'sat-x86_64', services => {
	worker => "[Service]\nExecStart = /bin/actor say works\n",
});
# Pressed again and again: nothing listens before pid1 does, and the first press counts.
my ($outside, @monitor) = outside(sub {
	my ($monitor) = @_;
	for (1 .. 300) {
		eval { $monitor->('system_powerdown'); 1 } or last;
	}
});
my $said = play($device, <<'END', @monitor);
timeout 300
expect "pid1: power button: /dev/input/event[0-9]+"
expect "pid1: power-off: power button: stopping all services"
expect "reboot: Power down"
END
is(() = $said =~ /stopping all services/g, 1, 'once');
outside_said($outside);

done_testing();
