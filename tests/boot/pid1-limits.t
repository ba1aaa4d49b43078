#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# Every limit and what a service is and sees, read back from the kernel.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Test::More;

my $device = device('limits', recipes => 'escape', services => {
	bare => "[Service]\nExecStart = /bin/escape show bare\n",
	full => <<'END',
[Unit]
After = bare
[Service]
ExecStart = /bin/escape show full
Slice = critical
MemoryMin = 4M
MemoryHigh = 12M
MemoryMax = 16M
TasksMax = 8
CPUQuota = 150%
CPUWeight = 500
AllowedCPUs = 0
CPUSchedulingPolicy = rr
CPUSchedulingPriority = 40
OOMScoreAdjust = -500
LimitNOFILE = 77
LimitCORE = 1M
User = 1234
Group = 4321
SupplementaryGroups = 20 21
AmbientCapabilities = CAP_NET_RAW
PrivatePIDs = no
BindReadOnlyPaths = /etc/passwd /proc -/etc/missing
BindPaths = /run/shared:/data
DeviceAllow = /dev/ttyS0 r
	-/dev/none
Environment = A=b "PATH=/x y"
WorkingDirectory = /data
END
	lowly => <<'END',
[Unit]
After = full
[Service]
ExecStart = /bin/escape show lowly
Slice = speculative
Nice = 5
PrivateTmp = no
User = root
CapabilityBoundingSet = CAP_NET_RAW
END
	shared => "[Service]\nExecStart = /bin/mkdir /run/shared\nType = oneshot\nUser = root\nBindPaths = /\n",
});
my $said = play($device, <<'END');
timeout 180
expect "(bare|full|lowly): done"
expect "(bare|full|lowly): done"
expect "(bare|full|lowly): done"
timeout 60
run cd /sys/fs/cgroup/critical/full -> 0
run test $(cat memory.min) = $((4 << 20)) -> 0
run test $(cat memory.high) = $((12 << 20)) -> 0
run test $(cat memory.max) = $((16 << 20)) -> 0
run test $(cat memory.oom.group) = 1 -> 0
run test $(cat pids.max) = 8 -> 0
run test "$(cat cpu.max)" = "150000 100000" -> 0
run test $(cat cpu.weight) = 500 -> 0
run test $(cat cpuset.cpus) = 0 -> 0
run test $(cat /proc/$(cat cgroup.procs)/oom_score_adj) = -500 -> 0
run test $(cat ../cpu.weight) = 1000 -> 0
run test $(cat ../memory.min) = $((4 << 20)) -> 0
run test $(cat ../../speculative/cpu.idle) = 1 -> 0
run for p in $(cat ../../speculative/lowly/cgroup.procs); do cat /proc/$p/comm /proc/$p/oom_score_adj; done | tr "\n" " " | grep -q "escape 1000" -> 0
run test $(cat /proc/sys/user/max_user_namespaces) = 0 -> 0
# Nothing of a view is left behind in the device's.
run grep -c view /proc/mounts | grep -qx 1 -> 0
END
# What each saw of itself, a line each.
my %own;
$own{$1}{$2} = 1 while $said =~ /^(bare|full|lowly): ([^\r\n]*)/mg;

sub has {
	my ($kind, @lines) = @_;
	ok($own{$kind}{$_}, "$kind: $_") for @lines;
}
my ($uid) = $said =~ /^bare: uid (\d+) gid \1 groups\r?$/m;
cmp_ok($uid // 0, '>=', 61184, 'bare: a user of its own');
has('bare', 'nice 0 policy 0 priority 0', 'in /', 'pid 2 no_new_privs 1', 'has PATH=/sbin:/usr/sbin:/bin:/usr/bin');
is_deeply([sort grep { s/^sees // } map { "$_" } keys %{$own{bare}}], [sort qw(/bin/escape
	/dev/null /dev/zero /dev/full /dev/random /dev/urandom)], 'bare: its program and five devices');
has('full', 'uid 1234 gid 4321 groups 20 21', 'nice 0 policy 2 priority 40', 'files 77 core 1048576', 'in /data',
	'has A=b', 'has PATH=/x y', 'ambient 13', 'sees /etc/passwd', 'sees /dev/ttyS0', 'sees /data',
	"CapEff:\t0000000000002000", "CapBnd:\t0000000000002000", "Seccomp:\t2");
ok(!$own{full}{'sees /etc/missing'}, 'full: a missing path is passed over');
has('lowly', 'uid 0 gid 0 groups', 'nice 5 policy 0 priority 0');

done_testing();
