#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A fault, a hang or a stop between clone and exec is that service's failure: the machine goes on, and the
# fault handler of pid1, which the child has too, does not restart it.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Test::More;

# What the child does there, by the service's name.
my $fault = <<'END';
	if (strcmp(service->name, "faults") == 0)
		*(volatile int *)8 = 1;
	if (strcmp(service->name, "traps") == 0)
		__builtin_trap();
	if (strcmp(service->name, "aborts") == 0)
		abort();
	if (strcmp(service->name, "hangs") == 0)
		for (;;)
			pause();
	if (strcmp(service->name, "held") == 0)
		kill((pid_t)syscall(SYS_gettid), SIGSTOP), syscall(SYS_tgkill, syscall(SYS_getpid), syscall(SYS_gettid), SIGSTOP);
END
my $try = "[Service]\nExecStart = /bin/actor say never\nTimeoutStartSec = 4s\nRestart = on-failure\nRestartSec = 1s\n";
my $device = device('between',
	pid1 => { 'isolate/spawn.c' => sub { s/^(\trun\(service\);)$/$fault$1/m; s/^#include <stdio.h>/#include <stdlib.h>\n$&/m } },
	services => { map({ $_ => $try } qw(faults traps aborts hangs held)),
		last => "[Unit]\nAfter = faults traps aborts hangs held\n[Service]\nExecStart = /bin/actor say last-runs\n" });
# In any order, each of them once.
my $again = 'service (faults|traps|aborts): starts again in 2000 ms|service (hangs|held): starts again in 1000 ms';
my $said = play($device, "timeout 240\n" . qq{expect "(actor: last-runs|$again)"\n} x 6);
like($said, qr/actor: last-runs/, 'what comes after them runs');
like($said, qr/service $_: starts again in 2000 ms/, "$_: tried again") for qw(faults traps aborts);
like($said, qr/service $_: starts again in 1000 ms/, "$_: tried again") for qw(hangs held);
like($said, qr/service faults: exited with 139/, 'a fault is told by its signal');
like($said, qr/service aborts: exited with 134/, 'and an abort()');
like($said, qr/service $_: not ready within 4000 ms: stopped/, "$_: its start has a deadline") for qw(hangs held);
unlike($said, qr/actor: never/, 'none of them has run');
unlike($said, qr/rescue/, 'and pid1 itself had no fault');

done_testing();
