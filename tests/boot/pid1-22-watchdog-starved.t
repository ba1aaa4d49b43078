#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A boot that is not healthy by its deadline, and whose orderly end does not come either, is no longer
# given the watchdog's food, although the loop runs: the hardware restarts the machine, and the next boot
# says so. The clock is QEMU's count of instructions, which jumps over waiting.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Boot;
use Device;
use Power;
use Test::More;

my @icount = ('-icount', 'shift=0,sleep=off');
my @with = (
	services => { app => <<'END' },
[Service]
Type = notify
ExecStart = /bin/actor say never-ready
TimeoutStartSec = 10min
Critical = yes
END
	board => power_board("timeout = 8s\nboot-timeout = 60s\n") =~ s/^selfcheck = no\n//r . <<'END',
[health]
trial = 3s
deadline = 20s
unhealthy = /bin/actor ignore TERM say asked sleep 3600000
timeout = 15s
END
);

# The command that the board names hangs: it is killed, and the restart is the orderly one.
play(device('hangs', @with), <<'END', @dog, @icount, disk(64));
timeout 300
expect "pid1: watchdog /dev/watchdog0: armed, 8 s$"
expect "pid1: health: unhealthy: service app: activating for 20 s$"
expect "actor: asked"
expect "pid1: service unhealthy: .*"
expect "pid1: reboot: service app: activating for 20 s: stopping all services$"
END

# The restart does not come: pid1 is told to forget it.
my $said = play(device('starved', @with, pid1 => { 'loop.c' => sub {
	s/^(heed_wish\(void\)\n\{\n)/$1\tif (supervise_wish(&(const char *){NULL}) == WISH_UNHEALTHY)\n\t\treturn;\n/m or die 'heed_wish' } }),
	<<'END', @dog, @icount, disk(64));
timeout 300
expect "pid1: watchdog /dev/watchdog0: armed, 8 s$"
expect "pid1: health: unhealthy: service app: activating for 20 s$"
expect "pid1: watchdog /dev/watchdog0: not fed: the device is unhealthy$"
expect "pid1: watchdog /dev/watchdog0: armed, 8 s$"
expect "pid1: board starved"
expect "last boot ended: watchdog$"
END
unlike($said, qr/pid1: reboot/, 'pid1 itself never restarted it');
unlike($said, qr/Kernel panic/, 'nor did a panic');
done_testing();
