#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# /dev/console is missing, or takes nothing: pid1 boots, runs its services and ends all the same.
use strict;
use warnings;
use Fcntl;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Ingot;
use POSIX ();
use Test::More;

# The steps' shell is on ttyS0, which is not the console here: what pid1 says is in its log.
my $steps = <<'END';
timeout 150
expect "a new shell"
run until svc log pid1 | grep -q "boot complete"; do sleep 1; done -> 0
run until svc log talker | grep -q "line 2000 "; do sleep 1; done -> 0
run kill -9 $(pidof actor) -> 0
run until svc log pid1 | grep -q "service brief: ended by signal 9"; do sleep 1; done -> 0
run until pidof actor; do sleep 1; done -> 0
# pid1 did not spin: ticks of a hundredth of a second.
run test $(($(cut -d" " -f14,15 /proc/1/stat | tr " " +))) -lt 500 -> 0
send svc reboot
expect "a new shell"
run until svc log pid1 | grep -q "boot complete"; do sleep 1; done -> 0
END

my %services = (
	console => <<'END', talker => <<'END', brief => <<'END');
[Service]
ExecStart = /bin/sh -c "echo a new shell; exec /bin/sh"
TTYPath = /dev/ttyS0
User = root
BindPaths = /
Restart = always
END
[Service]
ExecStart = /bin/sh -c "i=0; while [ $$i -lt 2000 ]; do i=$$((i+1)); echo line $$i for a console that takes none of it; done; sleep 100000"
User = root
BindPaths = /
LogRateLimitBurst = 0
END
[Service]
ExecStart = /bin/actor sleep 1000000
Restart = always
RestartSec = 0
END

sub consoled {
	my ($name, $console) = @_;
	return device($name, recipes => 'svc', services => \%services,
		board => "[kernel]\ncmdline = console=$console quiet panic=5 noinitrd printk.devkmsg=on\n");
}

my $said = play(consoled('no-console', 'ttyS3'),
	$steps . "run (echo >/dev/console) 2>/dev/null -> 1\n");
unlike($said, qr/^\[ .*pid1: /m, 'missing: nothing of it on another line');

# A pipe that nobody reads, full before QEMU opens it: the second serial port's FIFO never empties.
my $path = scratch_dir() . '/console';
POSIX::mkfifo($path, 0600) or die "mkfifo: $!";
sysopen my $pipe, $path, O_RDWR | O_NONBLOCK or die "$path: $!";
1 while defined syswrite $pipe, 'x' x 4096;
$said = play(consoled('blocked-console', 'ttyS1'),
	"$steps# It takes nothing, indeed.\n" . 'run head -c 50000 /dev/zero >/dev/console & sleep 20; kill -0 $! -> 0' . "\n",
	'-chardev', "file,id=blocked,path=$path", '-serial', 'chardev:blocked');
unlike($said, qr/^\[ .*pid1: /m, 'blocked: nothing of it on another line');

done_testing();
