#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A device that does nothing but install, try and confirm, whose power is cut at random instants of it: each time
# the launcher starts an image again that works, and at the end the default is confirmed and whole.
# POWER_CUTS (10) and SEED say how many, and when.
use strict;
use warnings;
use File::Copy qw(copy);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Boot;
use Console;
use Device;
use Ingot;
use Launcher;
use Test::More;
use Time::HiRes qw(sleep);

my $cuts = $ENV{POWER_CUTS} // 10;
my $seed = $ENV{SEED} // 4;
my $limit = 600; # seconds for what takes ten
srand $seed;
note("$cuts power cuts, seed $seed");

# Each image, once it runs, wants the other one. An update is a disk: its size stands in its last sector.
my $walk = <<'END';
#!/bin/sh
say() { echo "walk: $*" >/dev/console; }
say up $(cat /etc/mark)
rollback repair
rollback judge
say confirm
case $(rollback confirm) in *"cold trial"*) say jump; exec svc reboot ;; esac
slot=$(rollback status | sed -n 's/^slot \(.\): trying, by kexec, . attempts.*/\1/p')
if [ -z "$slot" ]; then
	case $(cat /etc/mark) in v1) disk=/dev/vdc ;; *) disk=/dev/vdb ;; esac
	size=$(tail -c 512 $disk | head -n 1)
	say install
	head -c $size $disk | rollback install --older - || say failed
	say try
	rollback try --again
	slot=$(rollback status | sed -n 's/^slot \(.\): trying, by kexec, . attempts.*/\1/p')
fi
say jump
svc kexec $slot
END
my $service = "[Service]\nType = oneshot\nExecStart = /bin/walk\nUser = root\nBindPaths = /\nTimeoutStartSec = 1h\n";
my %walker = (files => { '/bin/walk' => $walk }, services => { walk => $service });
my $new = version(2, %walker);
my $old = version(1, %walker);
my $scratch = scratch_dir();
launcher($old);
is(make_disk($old, "$scratch/unused")->{status}, 0, 'the disk is made');
my @updates = map { drive(sized($_)) } $old, $new;

sub sized {
	my ($version) = @_;
	my $file = update_disk($version);
	open my $handle, '>>', $file or die $!;
	printf $handle "%-511s\n", "$version->{size}\n";
	close $handle or die $!;
	return $file;
}

sub start {
	my @trees = map { ('--tree', $_) } $old->{device}{tree}, root() . '/tests/boot/device';
	power_on(@trees, '--out', $old->{out}, 'run', '--disk', 'ab', '--', @updates);
}

# Instants of it: where one is not reached, since the last cut left something else to do, any instant is.
my %span = (install => 3, try => 0.3, confirm => 0.3, jump => 2);
my @parts = sort keys %span;
my %up;
for my $n (1 .. $cuts + 1) {
	start();
	my $works = says(qr/walk: up (v[12])\r?\n/, $limit);
	ok($works, "start $n: an image works") or diag substr said(), -4000;
	$up{$1}++ if said() =~ /walk: up (v[12])/;
	if ($works && $n <= $cuts) {
		my $part = $parts[rand @parts];
		my $reached = says(qr/walk: $part\r?\n/, 30);
		my $after = rand $span{$part};
		sleep $after;
		note sprintf 'cut %d: %.3f s into %s%s', $n, $after, $part, $reached ? '' : ', not reached';
	}
	power_cut();
	last if !$works;
}
note join ', ', map { "$_ came up $up{$_} times" } sort keys %up;

# What is on the disk in the end, by the device's own program.
my $bytes = read_file("$old->{out}/run-ab.img");
my %place = (a => [1, 8], b => [9, 8], state => [17, 1]);
write_file("$scratch/$_", substr $bytes, $place{$_}[0] * $MIB, $place{$_}[1] * $MIB) for keys %place;
write_file("$scratch/conf", settings($scratch));
my @device = (root() . '/obj/device/rollback', '--config', "$scratch/conf");
my ($default) = run(@device, 'status')->{out} =~ /^slot (.): good, version [12], the default$/m;
ok($default, 'the default is confirmed') or diag run(@device, 'status')->{out};
like(run(@device, 'verify', $default // 'a')->{out}, qr/is signed and whole/, 'and whole');

done_testing();
