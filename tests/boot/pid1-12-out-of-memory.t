#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# Out of memory by its own limit, or by the device's: said as what it was, and a critical service stays.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Test::More;

my $device = device('memory', recipes => 'strain', services => {
	control => <<'END',
[Service]
ExecStart = /bin/strain eat 24
Slice = critical
MemoryMin = 32M
MemoryMax = 48M
END
	greedy => <<'END',
[Unit]
After = control
[Service]
ExecStart = /bin/strain eat
MemoryMax = 16M
Restart = on-failure
RestartSec = 5min
END
	planner => <<'END',
[Unit]
After = control
[Service]
ExecStart = /bin/sh -c "sleep 20; exec strain eat"
User = root
BindPaths = /
Slice = speculative
Restart = on-failure
RestartSec = 5min
END
});
my $said = play($device, <<'END');
timeout 240
expect "service greedy: killed: out of memory: over its MemoryMax"
expect "service greedy: starts again in [0-9]+ ms"
expect "service planner: killed: out of memory: no memory left on the device"
timeout 60
# The critical one still has all of its memory, and a SIGKILL of somebody else's is not taken for
# one of the kernel's.
run test $(cat /sys/fs/cgroup/critical/control/memory.current) -gt $((24 << 20)) -> 0
run test $(cat /sys/fs/cgroup/critical/memory.min) = $((32 << 20)) -> 0
send killall -9 strain
expect "service control: ended by signal 9"
END
unlike($said, qr/service (?:control|console): killed/, 'nobody else was killed for it');
done_testing();
