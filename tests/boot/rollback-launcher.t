#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A machine whose firmware loads the launcher: the disk that `ingot disk` made boots from slot a; an update is
# tried by kexec, then by a cold start through the launcher, and confirmed. Images that panic, whose init exits
# or that hang are found bad by the launcher, which starts the one before; they are refused from then on. A slot that is damaged gives way to the other; both damaged is a rescue.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Boot;
use Device;
use Ingot;
use Launcher;
use Test::More;

# The disk's driver is there, the root is not: what is wrong comes before the first process.
my $exits = version(5, cmdline => 'panic=-1 rdinit=/bin/false');
my $panics = version(4, cmdline => 'panic=-1 rdinit=/none root=/dev/none');
# The driver of the watchdog must not stop it, as it does when it finds it.
my $hangs = version(3, cmdline => 'rdinit=/none root=/dev/none rootwait initcall_blacklist=esb_driver_init');
my $new = version(2);
my $old = version(1);
my $launcher = launcher($old);
my $disk = scratch_dir() . '/disk.img';

is(make_disk($old, $disk)->{status}, 0, 'the disk is made');

# What the launcher says, until a device is up that has this mark.
sub starts {
	my ($version, @said) = @_;
	return join('', map { "expect \"$_\"\n" } @said) . <<"END";
expect "pid1: board ab,"
expect "pid1: boot complete"
run grep -q '^v$version\$' /etc/mark -> 0
END
}

# Installs what is on a disk, and jumps into it.
sub tries {
	my ($device, $update) = @_;
	return <<"END";
run head -c $update->{size} $device | rollback install - -> 0
run rollback try --kexec -> 0
send svc kexec b
expect "pid1: kexec: verified and loaded: stopping all services\$"
END
}

# It was found bad once, and the device knows it.
sub refuses {
	my ($device, $update) = @_;
	return "run head -c $update->{size} $device | rollback install - -> 3\n";
}

my @bad = ('slot b: its trial failed: bad, and refused from now on', 'slot a: verified and loaded');
my $said = play($launcher, "timeout 300\n"
	. starts(1, 'slot a: verified and loaded') . <<"END"
run rollback status | grep -q '^slot a: good, version 1, the default, runs\$' -> 0
run rollback install --launcher /dev/vdb -> 3
run rollback try --reboot -> 4
END
	. tries('/dev/vdc', $panics) . "expect \"Kernel panic - not syncing: VFS\"\n"
	. starts(1, 'the kernel panicked: VFS: Unable to mount root fs', @bad) . refuses('/dev/vdc', $panics)
	. tries('/dev/vdd', $exits) . "expect \"Kernel panic - not syncing: Attempted to kill init\"\n"
	. starts(1, 'the kernel panicked: Attempted to kill init', @bad) . refuses('/dev/vdd', $exits)
	. tries('/dev/vdb', $hangs) . "expect \"Waiting for root device\"\n"
	. starts(1, 'the watchdog fired$', @bad) . refuses('/dev/vdb', $hangs)
	. <<"END"
run head -c $new->{size} /dev/vde | rollback install --older - -> 0
run rollback try --reboot -> 4
run rollback try | grep -q '^slot b: to be tried by kexec, then by a cold start\$' -> 0
send svc kexec b
END
	. starts(2) . <<"END"
run rollback confirm | grep -q '^slot b: healthy by kexec, a cold trial comes next\$' -> 0
send svc reboot
END
	. starts(2, 'slot b: attempt 1') . <<"END"
run rollback status | grep -q '^slot b: trying, by a cold start, 1 attempts, no verdict yet, version 2, runs\$' -> 0
run rollback confirm | grep -q '^slot b: confirmed\$' -> 0
send svc reboot
END
	. starts(2, 'slot b: verified and loaded') . <<"END"
run rollback status | grep -q '^slot b: good, version 2, the default, runs\$' -> 0
run dd if=/dev/zero of=/dev/vda2 bs=512 seek=3000 count=1 conv=notrunc -> 0
send svc reboot
END
	. starts(1, 'slot b: is not what was signed', 'slot a: verified and loaded') . <<"END"
run dd if=/dev/zero of=/dev/vda1 bs=512 seek=3000 count=1 conv=notrunc -> 0
send svc reboot
expect "RESCUE: no slot holds an image that can be started; the machine restarts in 300 s"
END
	, map { drive($_) } $disk, map { update_disk($_) } $hangs, $panics, $exits, $new);
is(() = $said =~ /pid1: board ab-launcher,/g, 8, 'eight starts of the launcher');

done_testing();
