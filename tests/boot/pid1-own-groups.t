#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A service that sees the cgroups makes some in its own, as a container's runtime does: when it was killed as
# a whole, they do not keep it from being started again.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Test::More;

my $device = device('groups', recipes => 'svc', services => { nest => <<'END' });
[Service]
ExecStart = /bin/sh -c "cd /sys/fs/cgroup/services/nest; mkdir -p a/b/c d .e; echo $$$$ >a/b/c/cgroup.procs; sleep 1000 & echo made-groups; exec sleep 1000"
User = root
BindPaths = /
END
my $said = play($device, <<'END');
timeout 240
expect "made-groups"
run test -d /sys/fs/cgroup/services/nest/a/b/c -> 0
send svc restart nest
expect "service nest: started"
expect "made-groups"
run svc status nest | grep -q running -> 0
END
unlike($said, qr/service nest: cannot start/, 'at once');

done_testing();
