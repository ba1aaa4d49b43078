#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# The jump by kexec: into a verified image only. One that is missing, tampered with or foreign, and
# a verifier that is killed, hangs or loads nothing: an ordinary restart, with the reason kept.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Boot;
use Device;
use Ingot;
use Test::More;

my $board = "[reason]\nstore = /dev/vda\n";
# This pid1 finds /tmp/foreign loaded, which only somebody with its own rights can have done.
my $image = device('jumper', pid1 => { 'power/kexec.c' => sub {
	s/^(\tsyscall\(SYS_kexec_load, 0, 0, NULL, 0\);\n\tif \(kexec_loaded)/\tint foreign = open("\/tmp\/foreign", O_RDONLY | O_CLOEXEC);\n\tif (foreign >= 0)\n\t\tlog_say("foreign image loaded: %d", syscall(SYS_kexec_file_load, foreign, -1, 1L, "", 4L) == 0 && kexec_loaded());\n$1/m } },
	 recipes => 'slot-loader svc kexec-tools', board => "$board\[kexec]\nloader = /bin/slot-loader\ntimeout = 20s\n");
my $bytes = read_file(device_image($image));

my $tampered = $bytes;
substr($tampered, 1_000_000, 1) ^= "\1";

sub failing {
	my ($command, $why) = @_;
	return <<"END";
expect "pid1: boot complete"
run true -> 0
send $command
expect "pid1: reboot: $why: stopping all services\$"
expect "last boot ended: kexec-failed: $why, after"
END
}

my $said = play($image, "timeout 300\nexpect \"last boot ended: unknown\"\n" . <<"END"
expect "pid1: boot complete"
run true -> 0
send svc kexec vdb
expect "pid1: kexec: /bin/slot-loader: verifies and loads\$"
expect "pid1: kexec: verified and loaded: stopping all services\$"
expect "last boot ended: kexec: verified and loaded, after"
END
	. failing('svc kexec vdc', 'the loader exited with 2')
	. failing('svc kexec vdz', 'the loader exited with 1')
	. failing('svc kexec nothing', 'the loader succeeded, but nothing is loaded')
	. failing('svc kexec hang', 'the loader was killed or late')
	. failing('svc kexec hang; sleep 3; kill -9 $(cat /sys/fs/cgroup/system/kexec/cgroup.procs)', 'the loader was killed or late')
	# A service cannot load anything.
	. <<'END'
expect "pid1: boot complete"
run dd if=/dev/vdb of=/tmp/foreign bs=512 skip=1 2>/dev/null; kexec -s -l /tmp/foreign -> 255
run test "$(cat /sys/kernel/kexec_loaded)" = 0 -> 0
END
	# Something foreign is loaded before: it is not what is jumped into.
	. failing('svc kexec nothing', 'the loader succeeded, but nothing is loaded')
		=~ s/^expect "pid1: boot complete"\n//r
		=~ s/^(expect "pid1: reboot)/expect "pid1: foreign image loaded: 1\$"\n$1/mr
	. "expect \"pid1: boot complete\"\n",
	disk(64), slot($bytes), slot($tampered, 0, sha256_hex($bytes)));
is(() = $said =~ /pid1: board jumper/g, 8, 'eight boots');
is(() = $said =~ /kexec_core: Starting new kernel/g, 1, 'one of them by a jump');

# No verifier: refused, and nothing happens.
my $plain = device('plain', recipes => 'svc', board => $board);
play($plain, <<'END', disk(64));
timeout 300
expect "pid1: boot complete"
run svc kexec a -> 1
run pidof sh -> 0
END

done_testing();
