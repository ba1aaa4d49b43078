#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A machine whose firmware loads the launcher: the disk that `ingot disk` made boots from slot a; an update is
# tried by kexec, then by a cold start through the launcher, and confirmed. A slot that is damaged gives way to
# the other; both damaged is a rescue. A disk that takes no writes any more, and one of which nothing but slot a is
# left, start all the same. rollback-walk.t has what else can be wrong with an image.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Boot;
use Device;
use File::Copy qw(copy);
use Ingot;
use Launcher;
use Test::More;

my $new = version(2);
my $old = version(1);
my $launcher = launcher($old);
my $disk = scratch_dir() . '/disk.img';

is(make_disk($old, $disk)->{status}, 0, 'the disk is made');
copy($disk, "$disk.$_") or die $! for qw(readonly remains);

# What the launcher says, until a device is up that has this mark.
sub starts {
	my ($version, @said) = @_;
	return join('', map { "expect \"$_\"\n" } @said) . <<"END";
expect "pid1: board ab,"
expect "pid1: boot complete"
run grep -q '^v$version\$' /etc/mark -> 0
END
}

my $said = play($launcher, "timeout 300\n"
	. starts(1, 'slot a: verified and loaded') . <<"END"
run rollback status | grep -q '^slot a: good, version 1, the default, runs\$' -> 0
run rollback install --launcher /dev/vdb -> 3
run rollback try --reboot -> 4
run head -c $new->{size} /dev/vdb | rollback install - -> 0
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
	, map { drive($_) } $disk, update_disk($new));
is(() = $said =~ /pid1: board ab-launcher,/g, 5, 'five starts of the launcher');

# No step of these needs a write: what is confirmed is started.
play($launcher, <<'END', '-drive', "file=$disk.readonly,format=raw,if=virtio,readonly=on");
timeout 300
expect "slot a: verified and loaded"
expect "pid1: board ab,"
expect "pid1: boot complete"
END

# Neither table of the GPT is left, but one partition, in an MBR.
edit_file("$disk.remains", sub {
	substr($_, 440, 72) = pack('x6 C x3 C x3 V V x48 v', 0, 0x83, 2048, 8 * 2048, 0xaa55);
	substr($_, 512, 512) = substr($_, -512) = "\0" x 512;
});
play($launcher, <<'END', drive("$disk.remains"));
timeout 300
expect "/dev/vda3: cannot open: No such file or directory"
expect "/dev/vda2: cannot open: No such file or directory"
expect "/dev/vda3: no state can be read: a slot that is signed and whole"
expect "slot a: verified and loaded"
expect "pid1: board ab,"
END

done_testing();
