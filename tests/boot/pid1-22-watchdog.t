#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A watchdog that is missing, busy or refuses its timeout: said, and the board's policy is followed.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Boot;
use Power;
use Test::More;

my $image = variant('optional', board => power_board(''));
holds($image, 'missing, and not required: goes on', <<'END', disk(64));
timeout 300
expect "pid1: watchdog /dev/watchdog0: cannot open: No such file or directory$"
expect "pid1: boot complete"
END

$image = variant('required', board => power_board("required = yes\n"));
my $said = holds($image, 'missing, and required: three restarts, then without', <<'END', disk(64));
timeout 300
expect "pid1: rescue: cannot open: No such file or directory; restarting$"
expect "last boot ended: no-watchdog: cannot open: No such file or directory, after [0-9.]+ s$"
expect "pid1: rescue: cannot open: No such file or directory; restarting$"
expect "last boot ended: no-watchdog: .*, 2 in a row$"
expect "pid1: rescue: cannot open: No such file or directory; restarting$"
expect "last boot ended: no-watchdog: .*, 3 in a row$"
expect "pid1: watchdog: required, but cannot open: No such file or directory: goes on without$"
expect "pid1: boot complete"
END
is(() = $said =~ /; restarting$/mg, 3, 'three and no more');
holds($image, 'there, and required', <<'END', @dog, disk(64));
timeout 300
expect "pid1: watchdog /dev/watchdog0: armed, 60 s$"
expect "pid1: boot complete"
END

$image = variant('refusing', board => power_board("timeout = 3000s\n"));
holds($image, 'refuses the timeout: runs with its own', <<'END', @dog, disk(64));
timeout 300
expect "pid1: watchdog /dev/watchdog0: refuses a timeout of 3000 s: Invalid argument$"
expect "pid1: watchdog /dev/watchdog0: armed, 30 s in place of 3000 s$"
expect "pid1: boot complete"
# It is fed within those 30 seconds.
timeout 120
run sleep 45 -> 0
END

# Another process was first; it ends after a while.
$image = variant('busy', board => power_board(''), pid1 => { 'main.c' => sub {
	s/^(\tguard_begin\(&config\);\n)/\tif (fork() == 0) {\n\t\topen("\/dev\/watchdog0", O_WRONLY);\n\t\tsleep(12);\n\t\t_exit(0);\n\t}\n\tsleep(1);\n$1/m } });
$said = holds($image, 'busy: said once, and taken when it is free', <<'END', @dog, disk(64));
timeout 300
expect "pid1: watchdog /dev/watchdog0: another process has it: .*"
expect "pid1: boot complete"
expect "pid1: watchdog /dev/watchdog0: armed, 60 s$"
END
is(() = $said =~ /another process has it/g, 1, 'once');

done_testing();
