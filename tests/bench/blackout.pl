#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# How long a device is away for an update: from the last heartbeat of a service of the old image to the first
# of the new one, by kexec; beside a bare kexec of the same image, which is beat.c in the place of an init, and
# beside a restart through the firmware. And what a launcher adds to a start, and its size. Instructions are
# the clock (-icount), so that other work on this machine changes little; only waiting for a disk is real time.
# The bare kexec has the disk as the update left it, so that the new image finds the same there, both times.
# usage: blackout.pl [RUNS [METHOD ...]]: launcher and efi, or one of them
use strict;
use warnings;
use FindBin;
use File::Copy qw(copy);
use lib "$FindBin::Bin/../lib";
use Device;
use Efi ();
use Ingot;
use Launcher ();

my $runs = shift // 1;
my @methods = @ARGV ? @ARGV : qw(launcher efi);
my $dir = scratch_dir();
my %with = (recipes => 'beat', services => { beat => <<'END' });
[Service]
ExecStart = /bin/beat
TTYPath = /dev/ttyS1
User = root
BindPaths = /
Restart = always
END

sub median {
	my @sorted = sort { $a <=> $b } @_;
	return $sorted[$#sorted / 2];
}

sub verdict {
	my ($ratio, $aim) = @_;
	return sprintf 'ratio %.2f (aim %.2f, %s)', $ratio, $aim, $ratio <= $aim ? 'met' : 'missed';
}

sub drive {
	my ($file) = @_;
	return ('-drive', "file=$file,format=raw,if=virtio");
}

sub keep {
	my ($from, $to) = @_;
	copy($from, $to) or die "$from: $!";
	return $to;
}

# Boots a board and does the steps: seconds from power-on to the first beat, those of each silence, and what
# the console said.
sub silences {
	my ($tree, $out, $what, $steps, @arguments) = @_;
	my ($last, $first, @silent);

	write_file("$dir/bench.boot", "timeout 1800\n$steps");
	unlink "$dir/beats";
	my $test = ingot('--tree', root() . '/tests/boot/device', '--tree', $tree, '--out', $out, 'test', @$what,
		"$dir/bench.boot", '--', '-icount', 'shift=0,sleep=on', '-serial', "file:$dir/beats", @arguments);
	my $said = read_file("$out/test/$what->[-1]/bench.log");
	die "@$what: $test->{out}$test->{err}", substr $said, -3000 if $test->{status};
	for (split /\r?\n/, read_file("$dir/beats")) {
		my ($now) = /^beat (\d+)$/ or next;
		$now /= 1e9;
		$first //= $now;
		push @silent, $now - $last if defined $last && $now - $last > 0.2;
		$last = $now;
	}
	return ($first, \@silent, $said);
}

# What the last kernel's clock said when the beats began.
sub kernel_clock {
	my ($said) = @_;
	return ($said =~ /^\W*\[ *([0-9.]+)\] pid1: service beat: started/mg)[-1];
}

# The other image is installed, and tried by kexec.
sub tries {
	my ($size) = @_;
	return <<"END";
run head -c $size /dev/vdb | rollback install - -> 0
run rollback try --kexec -> 0
send svc kexec b
expect "pid1: kexec: verified and loaded"
expect "pid1: boot complete"
run grep -q v2 /etc/mark -> 0
run rollback history -> 0
send svc poweroff
expect "reboot: Power down"
END
}

# What each method calls the same things. UEFI's firmware asks a timer again and again until time has passed, so
# that each start of it takes this machine minutes.
my %method = (
	launcher => {
		board => 'ab', version => \&Launcher::version, quiet => { quiet => 'quiet' }, bare => [],
		prepare => sub {
			my ($old) = @_;
			Launcher::launcher($old);
			my $made = Launcher::make_disk($old, "$dir/disk");
			die $made->{err} if $made->{status};
		},
		machine => ['ab-launcher'], disk => "$dir/used",
		restart => qq(send svc reboot\nexpect "slot a: verified and loaded"\n),
	},
	efi => {
		board => 'pc', version => \&Efi::version, quiet => {}, bare => ['-bios', '/usr/share/ovmf/OVMF.fd'],
		prepare => sub {
			my ($old) = @_;
			Efi::make_disk($old);
			keep("$old->{out}/pc.disk/disk.img", "$dir/disk");
		},
		machine => ['--disk', 'pc'],
		restart => qq(run rollback repair -> 0\nsend svc reboot\nexpect "BdsDxe: starting Boot.... .Ingot a."\n),
	});

sub measure {
	my ($name) = @_;
	my $method = $method{$name};
	my %option = (%with, %{ $method->{quiet} });
	my ($quiet, %got) = $name eq 'efi' ? 'quiet ' : '';
	# In this order: what was built last is what boots.
	my $new = $method->{version}->(2, %option, cmdline => $quiet);
	my $image = "$new->{out}/$method->{board}/bzImage";
	my $raw = keep($image, "$dir/new");
	truncate $raw, ((-s $raw) + 511) & ~511 or die $!;
	truncate $new->{update}, ($new->{size} + 511) & ~511 or die $!;
	my $bare = $method->{version}->(3, %option, cmdline => "${quiet}rdinit=/bin/beat");
	keep($image, "$dir/bare");
	my $old = $method->{version}->(1, %option, cmdline => $quiet, launcher => 1);
	keep($image, "$dir/old");
	$method->{prepare}->($old);
	$bare->{tree} //= $bare->{device}{tree};
	$old->{tree} //= $old->{device}{tree};
	my $disk = $method->{disk} // "$old->{out}/pc.disk/disk.img";
	for (1 .. $runs) {
		keep("$dir/old", $image);
		keep("$dir/disk", $disk);
		if ($name eq 'launcher') {
			my ($direct) = silences($old->{tree}, $old->{out}, [$method->{board}],
				"run grep -q v1 /etc/mark -> 0\n", drive($disk));
			push @{ $got{direct} }, $direct;
			keep("$dir/disk", $disk);
		}
		my ($first, $silent, $said) = silences($old->{tree}, $old->{out}, $method->{machine},
			"run grep -q v1 /etc/mark -> 0\n$method->{restart}run grep -q v1 /etc/mark -> 0\n"
			. tries($new->{size}), ($name eq 'launcher' ? drive($disk) : ()), drive($new->{update}));
		die "$name: @$silent" if @$silent != 2;
		push @{ $got{launched} }, $first;
		push @{ $got{restart} }, $silent->[0];
		push @{ $got{kexec} }, $silent->[1];
		push @{ $got{early} }, $silent->[1] - kernel_clock($said);
		push @{ $got{hash} }, $said =~ /attempt \(verify [0-9.]+ s, load ([0-9.]+) s\)/ ? $1 : 0;
		keep("$dir/bare", $image);
		(undef, my $jump, $said) = silences($bare->{tree}, $old->{out}, [$method->{board}], <<'END',
expect "pid1: boot complete"
run grep -q v2 /etc/mark -> 0
END
			drive($disk), drive($raw), @{ $method->{bare} });
		die "$name: a bare kexec: @$jump" if @$jump != 1;
		push @{ $got{bare} }, @$jump;
		push @{ $got{bare_early} }, $jump->[0] - kernel_clock($said);
	}
	return map { $_ => median(@{ $got{$_} }) } keys %got;
}

for my $name (@methods) {
	my %s = measure($name);
	printf "blackout, %s: by kexec %.3f s, bare kexec of the same image %.3f s: %s\n", $name,
		@s{qw(kexec bare)}, verdict($s{kexec} / $s{bare}, 1.5);
	printf "blackout, %s: by kexec %.3f s, restart through the firmware %.3f s: %s\n", $name,
		@s{qw(kexec restart)}, verdict($s{kexec} / $s{restart}, 0.3);
	printf "blackout, %s: until the new kernel's clock begins by kexec %.3f s, bare kexec %.3f s: the old one hashes"
		. " what it jumps into, as at the load (%.3f s, before the silence), and it is unpacked\n", $name,
		@s{qw(early bare_early hash)};
	next if $name ne 'launcher';
	printf "launcher: power-on to the first service %.3f s, without it %.3f s: adds %.3f s\n",
		@s{qw(launched direct)}, $s{launched} - $s{direct};
	my @said = split ' ', (split /\n/, run($ENV{INGOT}, 'build', 'launcher-x86_64')->{out})[-1];
	printf "launcher: image of %d bytes (aim 2621440, %s)\n", $said[-3],
		$said[-3] <= 2621440 ? 'met' : 'missed';
}
