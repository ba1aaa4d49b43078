#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# Ctrl-Alt-Del ten times, during a boot too, is one restart; each way to ask for an end is told apart.
#
# The kernel sends process 1 a SIGINT for the keys. Its configuration here has no keyboard, so that root
# sends the SIGINT.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Boot;
use Ingot;
use Power;
use Test::More;

my $image = variant('keys', board => power_board());
my $said = holds($image, 'ten times', <<'END', disk(64));
timeout 300
expect "pid1: boot complete"
send for i in 1 2 3 4 5 6 7 8 9 10; do kill -INT 1; done
expect "pid1: reboot: signal 2 from process [0-9]+: stopping all services$"
expect "last boot ended: reboot: signal 2 from process [0-9]+, after"
expect "pid1: boot complete"
# The same while the button is pressed as well.
send for i in 1 2 3 4 5 6 7 8 9 10; do kill -INT 1; done
expect "stopping all services"
reset
expect "last boot ended: (reboot: .*|cut)$"
expect "pid1: boot complete"
reset
expect "last boot ended: cut(, 2 in a row)?$"
expect "pid1: boot complete"
send halt
expect "reboot: System halted"
reset
expect "last boot ended: halt: signal 10 from process [0-9]+, after"
expect "pid1: boot complete"
send poweroff
expect "pid1: power-off$"
expect "reboot: Power down"
END
is(() = $said =~ /stopping all services/g, 4, 'one stop each time');

# A boot that never ends by itself: a oneshot that sleeps for ever before the rest may start.
$image = variant('slow', board => power_board() . "[services]\nenable = console late endless\n", services => {
	console => "[Service]\nExecStart = /bin/sh\nTTYPath = /dev/ttyS0\nUser = root\nBindPaths = /\nRestart = always\n",
	endless => "[Service]\nType = oneshot\nExecStart = /bin/busybox sleep 100000\n",
	late => "[Unit]\nAfter = endless\n[Service]\nExecStart = /bin/hello --loop\n",
});
$said = holds($image, 'during the boot', <<'END', disk(64));
timeout 300
expect "pid1: service console: started"
run true -> 0
send for i in 1 2 3 4 5 6 7 8 9 10; do kill -INT 1; done
expect "last boot ended: reboot: signal 2 from process [0-9]+, after"
expect "pid1: service console: started"
END
unlike($said, qr/boot complete|service late/, 'nothing was started for it');

# Before pid1 listens, while it loads modules: kept, and no service is started for it.
$image = variant('early', board => power_board(), pid1 => {
	'main.c' => sub { s/^(\tmodule_load_all\()/\tkill(1, 2);\n$1/m; s/^#include <stdio.h>/#include <signal.h>\n$&/m },
});
$said = holds($image, 'before the loop', <<'END', disk(64));
timeout 300
expect "pid1: reboot: signal 2 from process 1: stopping all services"
expect "last boot ended: reboot: signal 2 from process 1, after"
END
unlike($said, qr/service \S+: started/, 'no service was started for it');

done_testing();
