#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A hundred thousand processes that end as they start, all of them process 1's children: no growth in its
# memory or descriptors, and it answers meanwhile.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Test::More;

my $device = device('short', recipes => 'swarm', services => {
	swarm => "[Service]\nType = oneshot\nUser = root\nBindPaths = /\nPrivatePIDs = no\n"
		. "ExecStart = /bin/swarm short 100000\nTimeoutStartSec = 900s\n",
});
my $said = play($device, <<'END');
timeout 600
expect "service swarm: exited with"
END
my ($left, $slowest) = $said =~ /swarm: (\d+) zombies left, the slowest answer took (\d+) us/;
is($left, 0, 'every one is reaped');
note("the slowest answer took $slowest us of wall time") if defined $slowest;
my %held;
$held{$1} = [$2, $3] while $said =~ /swarm: (before|after): (\d+) descriptors, \d+ kB resident, (\d+) kB anonymous/g;
is($held{after}[0], $held{before}[0], 'as many descriptors as before');
# Pages of its rings that are used for the first time; eight bytes a process would be more.
cmp_ok($held{after}[1] - $held{before}[1], '<=', 64, 'and no more memory of its own');
done_testing();
