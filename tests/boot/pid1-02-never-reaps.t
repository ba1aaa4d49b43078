#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A parent that never reaps fills its own TasksMax and nothing else; its end clears all of it away.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Test::More;

# 40 tasks: itself, its keeper and 38 that are dead.
my $device = device('zombies', recipes => 'strain', services => { parent => <<'END' });
[Service]
ExecStart = /bin/strain zombies
TasksMax = 40
Restart = always
RestartSec = 1s
END
play($device, <<'END');
timeout 240
expect "strain: 38 zombies, then: Resource temporarily unavailable"
timeout 60
run test $(cat /sys/fs/cgroup/services/parent/pids.current) = 40 -> 0
run test $(cat /sys/fs/cgroup/services/parent/pids.max) = 40 -> 0
# Everyone else still has processes.
run true | cat | cat -> 0
send kill -9 $(for p in $(cat /sys/fs/cgroup/services/parent/cgroup.procs); do grep -q "^State:.[SR]" /proc/$p/status && echo $p; done)
expect "service parent: ended by signal 9"
expect "service parent: started"
expect "strain: 38 zombies, then: Resource temporarily unavailable"
# Those of the first life are gone: there are 38 dead ones on the device and no more.
run test $(grep -l "^State:.Z" /proc/[0-9]*/status 2>/dev/null | wc -l) = 38 -> 0
END
done_testing();
