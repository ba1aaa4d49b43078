#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A service, tight as it comes, sends pid1 sockets whose last close waits ten minutes for a peer: pid1 closes
# them and waits for nobody, so that others' life signs are heard and the hardware watchdog is fed.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Test::More;

my $device = device('lent', recipes => 'svc', services => {
	lender => "[Service]\nType = notify\nExecStart = /bin/actor lend STATUS=lends lend STATUS=lends lend READY=1\n",
	alive => "[Service]\nType = notify\nWatchdogSec = 8s\nExecStart = /bin/actor notify READY=1 beat 1000\n",
});
my $said = play($device, <<'END');
timeout 240
expect "service lender: ready"
expect "boot complete"
timeout 60
run svc status lender | grep -q 'running.*lends' -> 0
run sleep 15; svc status alive | grep -q running -> 0
# Those that closed them are gone, too, and none of them is pid1's any more.
run test $(cat /proc/[0-9]*/comm | grep -cx init) = 1 -> 0
run test $(ls -l /proc/1/fd | grep -c socket:) -lt 12 -> 0
END
unlike($said, qr/service alive: no life sign/, 'every life sign was heard');

done_testing();
