#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A fork bomb in the speculative slice: a critical control loop keeps its time, and the bomb can be stopped.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Test::More;

# 200 rounds of 10 ms, 6 of them at work, while the bomb goes off or not.
sub worst {
	my ($name, $keys, $bomb) = @_;
	my $device = device($name, recipes => 'strain', services => {
		bomb => "[Service]\nExecStart = /bin/strain $bomb\nTasksMax = 300\nMemoryMax = 64M\n",
		control => "[Unit]\nAfter = bomb\n[Service]\nExecStart = /bin/strain loop 10 6 200\n",
		%$keys,
	});
	# Time is counted in instructions, so that the host's load is not measured.
	my $said = play($device, <<'END', '-icount', 'shift=0,sleep=off');
timeout 300
expect "strain: worst lateness [0-9]+ us"
run true -> 0
END
	return $said =~ /strain: worst lateness (\d+) us/ ? $1 : 1e9;
}

my $critical = "[Unit]\nAfter = bomb\n[Service]\nExecStart = /bin/strain loop 10 6 200\nSlice = critical\nCPUSchedulingPolicy = fifo\nCPUSchedulingPriority = 50\n";
my $speculative = "[Service]\nExecStart = /bin/strain bomb\nTasksMax = 300\nMemoryMax = 64M\nSlice = speculative\n";

my $quiet = worst('quiet', { control => $critical }, 'sleep');
my $bombed = worst('bombed', { control => $critical, bomb => $speculative }, 'bomb');
my $equal = worst('equal', {}, 'bomb');
note("worst lateness: $quiet us alone, $bombed us beside the bomb, $equal us as its equal");
cmp_ok($bombed, '<', 5000, 'a bomb is not felt by a critical loop');
cmp_ok($equal, '>', 2 * $bombed, 'which is due to the slices: as equals it is');
done_testing();
