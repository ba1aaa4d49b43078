#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A service that sees the cgroups makes some in its own, as a container's runtime does: when it was killed as
# a whole, they do not keep it from being started again. Nor does it matter that somebody removes a group.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Test::More;

my $device = device('groups', recipes => 'svc', services => { nest => <<'END', once => <<'END2' });
[Service]
ExecStart = /bin/sh -c "cd /sys/fs/cgroup/services/nest; mkdir -p a/b/c d .e; echo $$$$ >a/b/c/cgroup.procs; sleep 1000 & echo made-groups; exec sleep 1000"
User = root
BindPaths = /
END
[Service]
Type = oneshot
ExecStart = /bin/actor say once-more exit 0
END2
my $said = play($device, <<'END');
timeout 240
expect "made-groups"
run test -d /sys/fs/cgroup/services/nest/a/b/c -> 0
send svc restart nest
expect "service nest: started"
expect "made-groups"
run svc status nest | grep -q running -> 0
# One that somebody has removed is nothing to be told of again and again, and is made anew.
run until svc status once | grep -q finished; do sleep 0.2; done -> 0
run rmdir /sys/fs/cgroup/services/once -> 0
run used() { echo $(($(cut -d' ' -f14 /proc/1/stat) + $(cut -d' ' -f15 /proc/1/stat))); } -> 0
run a=$(used); sleep 5; test $(($(used) - a)) -lt 150 -> 0
send svc start once
expect "actor: once-more"
END
unlike($said, qr/service nest: cannot start/, 'at once');

done_testing();
