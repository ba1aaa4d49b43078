#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# What random numbers start from is kept across boots, is never the same twice, and counts only as said.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Ingot;
use Test::More;

my $dir = scratch_dir();
my $disk = "$dir/disk";
my @drive = ('-drive', "file=$disk,if=virtio,format=raw,cache=writethrough");

system('truncate', '-s', '8M', $disk) == 0 && system('mke2fs', '-q', '-t', 'ext4', $disk) == 0 or BAIL_OUT('mke2fs');

sub board {
	my ($name, $credit) = @_;
	return device($name, inherit => 'sat-x86_64', recipes => 'e2fsprogs', board => <<"END");
[mounts]
/data = /dev/vda ext4
[entropy]
seed = /data/seed
credit = $credit
END
}
my @source = ('-device', 'virtio-rng-pci');

# The file on the disk, after its journal was replayed.
sub seed {
	system("e2fsck -p '$disk' >/dev/null 2>&1") >> 8 < 2 or return '';
	my $bytes = `debugfs -R 'cat seed' '$disk' 2>/dev/null`;
	return $bytes;
}

my $counts = board('seed', 'yes');
my @seen;
play($counts, <<'END', @drive, @source);
timeout 120
expect "crng init done" 60
expect "seed /data/seed: made, there was none to use"
run test "$(stat -c '%a %s %u' /data/seed)" = '600 44 0' -> 0
send poweroff
expect "pid1: power-off$" 60
END
push @seen, seed();
like($seen[-1], qr/\AINGOTSEED1\n1.{32}\z/s, 'a machine that goes down leaves a seed that counts');

# Without a source of randomness the seed alone makes the generator ready.
my $said = play($counts, <<'END', @drive);
timeout 120
expect "seed /data/seed: mixed in and counted as entropy"
run test -e /data/seed.new -> 1
run sync -> 0
reset
expect "seed /data/seed: mixed in and counted as entropy"
run sync -> 0
END
push @seen, seed();
like($seen[-1], qr/\AINGOTSEED1\n1.{32}\z/s, 'and so does one that is cut off');
like($said, qr/crng init done\n(?:.*\n){0,4}.*pid1: seed/, 'the generator is ready then');

play(board('seed-mixed', 'no'), <<'END', @drive);
timeout 120
expect "seed /data/seed: mixed in, not counted as entropy"
run sync -> 0
END
push @seen, seed();
my %different = map { substr($_, -32) => 1 } @seen;
is(scalar keys %different, scalar @seen, 'no seed comes twice');

# One that is no seed is replaced.
write_file("$dir/garbage", 'x' x 44);
system("cd '$dir' && debugfs -w -R 'rm seed' disk 2>/dev/null && debugfs -w -R 'write garbage seed' disk >/dev/null 2>&1");
is(seed(), 'x' x 44, 'a file that is no seed');
play($counts, <<'END', @drive);
timeout 120
expect "seed /data/seed: made, there was none to use"
run sync -> 0
END
like(seed(), qr/\AINGOTSEED1\n[01].{32}\z/s, 'is one now');

done_testing();
