#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A child that a dead disk holds for ever keeps copies of what pid1 has long closed: the loop must not spin on them.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Test::More;

# The writer of crash reports hangs as in a dead disk, once /run/dead is there.
my $device = device('hung', recipes => 'svc',
	services => {
		crasher => "[Service]\nExecStart = /bin/actor\n",
		late => "[Service]\nType = notify\nNotifyFD = 3\nExecStart = /bin/actor\n",
	},
	board => "[crash]\nstore = /run/crash\n",
	pid1 => {
		'log/crash.c' => sub {
			s/^(\tr = crash_store_begin\()/\twhile (access("\/run\/dead", F_OK) == 0)\n\t\tpause();\n$1/m;
		},
	});
play($device, <<'END');
timeout 300
expect "pid1: service late: started"
run touch /run/dead -> 0
# Both of them are open in pid1 when the writer is made, and closed afterwards.
send svc log -f >/dev/null &
send sleep 1; kill -SEGV $(cat /sys/fs/cgroup/services/crasher/cgroup.procs)
expect "pid1: service crasher: ended by signal 11"
send kill %1; kill -KILL $(cat /sys/fs/cgroup/services/late/cgroup.procs)
expect "pid1: service late: ended by signal 9"
# The ticks of a hundredth of a second that pid1 takes within five seconds: far below all of them.
run set -- $(cat /proc/1/stat); a=$((${14} + ${15})); sleep 5; set -- $(cat /proc/1/stat); test $((${14} + ${15} - a)) -lt 100 -> 0
run rm /run/dead -> 0
END

done_testing();
