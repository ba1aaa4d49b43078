#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# Root sends process 1 every signal that asks for nothing, and kills everything else: it goes on.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Boot;
use Power;
use Test::More;

my $image = variant('signals', board => power_board());
# Not those that are requests: INT, USR1, USR2, TERM, PWR.
my $signals = join ' ', grep { !/^(?:2|10|12|15|30)$/ } 1 .. 64;
my $said = holds($image, 'every signal, three times, then kill -9 -1', <<"END", disk(64));
timeout 300
expect "pid1: boot complete"
run for n in 1 2 3; do for s in $signals; do kill -\$s 1 || echo no signal \$s; done; done -> 0
run sleep 5; pidof hello -> 0
send kill -9 -1
expect "pid1: service hello: ended by signal 9\$"
expect "pid1: service hello: started, pid [0-9]+\$"
timeout 60
run pidof hello -> 0
run test "\$(cut -d. -f1 /proc/uptime)" -gt 5 -> 0
END
unlike($said, qr{^no signal|rescue:|Kernel panic}m, 'each was sent, and none did anything');
is(() = $said =~ /last boot ended/g, 1, 'one boot');

done_testing();
