#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# Ten thousand zombies become process 1's at once: it answers within 50 ms all the while (instructions are
# the clock), reaps every one, and holds no more afterwards than before.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Test::More;

my $swarm = "[Service]\nType = oneshot\nUser = root\nBindPaths = /\nPrivatePIDs = no\nExecStart = /bin/swarm %s\n"
	. "TimeoutStartSec = 900s\n";
my $device = device('zombies', recipes => 'swarm', services => {
	swarm => sprintf($swarm, 'zombies 10000'),
});
my $said = play($device, <<'END', '-m', '2G', '-icount', 'shift=0,sleep=off');
timeout 600
expect "service swarm: exited with"
END
like($said, qr/swarm: 10000 zombies\n/, 'there were ten thousand');
my ($left, $slowest) = $said =~ /swarm: (\d+) zombies left, the slowest answer took (\d+) us/;
is($left, 0, 'none is left');
cmp_ok($slowest // 1e9, '<', 50_000, 'no answer took 50 ms');
note("the slowest answer took $slowest us") if defined $slowest;
my %held;
$held{$1} = [$2, $3] while $said =~ /swarm: (before|after): (\d+) descriptors, \d+ kB resident, (\d+) kB anonymous/g;
# One may close meanwhile, such as the pipe of a service that ended before.
cmp_ok($held{after}[0], '<=', $held{before}[0], 'no more descriptors than before');
# Pages of its rings that are used for the first time; eight bytes a process would be more.
cmp_ok($held{after}[1] - $held{before}[1], '<=', 64, 'and no more memory of its own');
done_testing();
