#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A service that ends at once with Restart=always is started again with growing pauses, never in a spin.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Test::More;

my $device = device('exits', services => { brief => <<'END' });
[Service]
ExecStart = /bin/actor say done exit 0
Restart = always
RestartSec = 0
END
my $said = play($device, <<'END');
timeout 240
expect "service brief: starts again in 0 ms"
expect "service brief: starts again in 100 ms"
expect "service brief: starts again in 200 ms"
expect "service brief: starts again in 400 ms"
expect "service brief: starts again in 1600 ms"
expect "service brief: starts again in 6400 ms"
# The loop sleeps: its own time is hundredths of a second.
run test $(cut -d' ' -f14 /proc/1/stat) -lt 300 -> 0
END
my $starts = () = $said =~ /service brief: started/g;
cmp_ok($starts, '<', 12, "no more starts than the pauses allow: $starts");

done_testing();
