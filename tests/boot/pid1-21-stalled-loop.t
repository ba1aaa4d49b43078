#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# pid1's loop stands still: the hardware watchdog restarts the machine, and the next boot says so.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Boot;
use Power;
use Test::More;

my $image = variant('stall', pid1 => breakable(), board => power_board("timeout = 8s\nboot-timeout = 60s\n"));
holds($image, 'a stalled loop', <<'END', @dog, disk(64));
timeout 300
expect "pid1: watchdog /dev/watchdog0: armed, 8 s$"
expect "last boot ended: unknown$"
expect "pid1: boot complete"
# Three times its timeout: it is fed.
run sleep 24 -> 0
send echo stall >/run/fault; kill -CHLD 1
expect "pid1: watchdog /dev/watchdog0: armed"
expect "last boot ended: watchdog$"
expect "pid1: boot complete"
send reboot
expect "last boot ended: reboot: signal 15 from process [0-9]+, after [0-9.]+ s$"
expect "pid1: boot complete"
END

# Without a store the hardware still tells.
$image = variant('stall-bare', pid1 => breakable(),
	board => power_board("timeout = 8s\nboot-timeout = 60s\n") =~ s/^\[reason\]\nstore.*\n//mr);
holds($image, 'a stalled loop, with no store', <<'END', @dog);
timeout 300
expect "pid1: boot complete"
send echo stall >/run/fault; kill -CHLD 1
expect "last boot ended: watchdog$"
expect "pid1: boot complete"
END

done_testing();
