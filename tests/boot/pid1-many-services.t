#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# 250 services in a tree of After=, each behind all its walls: every one becomes ready, none before the
# one it waits for, and all of them are stopped in time.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Test::More;

my $count = 250;
sub before { return int($_[0] / 2) }

my %services = map {
	my $after = $_ > 1 ? "[Unit]\nAfter = s" . before($_) . "\n" : '';
	# The names' own users would collide; so many are more than the board's choice of them.
	("s$_" => $after . "[Service]\nType = notify\nUser = " . (1000 + $_) . "\nExecStart = /bin/actor notify READY=1\n")
} 1 .. $count;
my $said = play(device('many', services => \%services), <<'END', '-m', '512M');
timeout 300
expect "boot complete"
send poweroff
expect "pid1: power-off$" 60
expect "reboot: Power down"
END
my ($place, %ready, %started) = (0);
for (split /\n/, $said) {
	$place++;
	$ready{$1} //= $place if /service s(\d+): ready/;
	$started{$1} //= $place if /service s(\d+): started/;
}
is(scalar(keys %ready), $count, 'all became ready');
my @early = grep { ($started{$_} // 0) < ($ready{before($_)} // 1e9) } 2 .. $count;
is("@early", '', 'none was started before the one it waits for');
unlike($said, qr/cannot|does not stop/, 'and nothing was in the way');

done_testing();
