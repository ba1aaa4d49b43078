#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# Descendants in sessions of their own, deaf to every signal, end with their service: at its end, in a
# restart, in a stop by hand and at power-off; and nothing waits for them.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Test::More;

my $device = device('descendants', services => {
	once => "[Service]\nExecStart = /bin/actor daemons 5 sleep 2000 say leaves exit 0\n",
	again => "[Service]\nExecStart = /bin/actor daemons 3 sleep 3000 exit 1\nRestart = on-failure\nRestartSec = 200ms\n",
	# Without a namespace of its own, nothing but the cgroup knows who belongs to it.
	open => "[Service]\nUser = root\nBindPaths = /\nExecStart = /bin/actor daemons 4 say stays\n",
});
play($device, <<'END');
timeout 240
expect "actor: leaves"
expect "service once: exited with 0"
send until test -z "$(cat /sys/fs/cgroup/services/once/cgroup.procs)"; do sleep 0.2; done
expect "service again: exited with 1"
expect "service again: started"
# Its main process, its keeper, three daemons, and no more.
run sleep 2; until test $(cat /sys/fs/cgroup/services/again/cgroup.procs | wc -l) -le 5; do sleep 0.2; done -> 0
run until test $(cat /sys/fs/cgroup/services/open/cgroup.procs | wc -l) = 5; do sleep 0.2; done -> 0
send kill $(head -n 1 /sys/fs/cgroup/services/open/cgroup.procs)
expect "service open: ended by signal 15"
run until test -z "$(cat /sys/fs/cgroup/services/open/cgroup.procs)"; do sleep 0.2; done -> 0
send poweroff
expect "pid1: power-off: .*stopping all services"
expect "pid1: power-off$" 15
expect "reboot: Power down"
END

done_testing();
