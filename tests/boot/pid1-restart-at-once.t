#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# From the death of a critical service to its next exec it is less than 5 ms with RestartSec=0, behind all
# its walls; by the clock of counted instructions, which does not depend on this machine's load.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use List::Util qw(max);
use Test::More;

my $device = device('at-once', services => { app => <<'END' });
[Unit]
StartLimitBurst = 9
[Service]
ExecStart = /bin/actor sleep 100 exit 1
Critical = yes
Restart = always
RestartSec = 0
RestartMaxDelaySec = 0
END
my $said = play($device, <<'END', '-icount', 'shift=0,sleep=off');
timeout 240
expect "service app: failed for good: start-limit-hit"
END
my @took;
while ($said =~ /\[ *([\d.]+)\] pid1: service app: exited with 1\n.*starts again in 0 ms\n(?:.*\n)*?.*?\[ *([\d.]+)\] pid1: service app: started/g) {
	push @took, 1000 * ($2 - $1);
}
is(scalar(@took), 8, 'it was started again eight times');
my $worst = max @took, 0;
cmp_ok($worst, '<', 5, sprintf 'the slowest took %.2f ms', $worst);

done_testing();
