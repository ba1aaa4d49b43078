#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# How late the robot's control loop begins its cycles at worst (200 a second, so 5 ms apart) while the
# speculative service eats all it can get: as the board has it, and with every service equal. Instructions
# are the clock (-icount), so that other work on this machine changes nothing.
# usage: robot.pl INGOT
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Path qw(make_path);
use File::Temp qw(tempdir);

my $ingot = abs_path(shift // './ingot');
my $root = $ingot =~ s{/[^/]*$}{}r;
my $dir = tempdir(CLEANUP => 1);
my $services = "$root/boards/robot-x86_64/services";

sub slurp {
	my ($path) = @_;
	open my $in, '<', $path or die "$path: $!";
	local $/;
	return <$in>;
}

sub spill {
	my ($path, $text) = @_;
	make_path($path =~ s{/[^/]*$}{}r);
	open my $out, '>', $path or die "$path: $!";
	print $out $text;
	close $out or die "$path: $!";
}

# A board as the robot, but its loop reports every second of the guest and some lines are left out.
sub board {
	my ($name, $without) = @_;

	spill("$dir/boards/$name/board.ini",
		"[board]\nname = $name\ninherit = robot-x86_64\n[image]\ncompression = zstd-3\nsize-budget = 16M\n"
			. "selfcheck = no\n");
	for my $file (glob "$services/*.service") {
		my $text = slurp($file);
		$text =~ s{^ExecStart = /bin/control 200 \K10$}{1}m;
		$text =~ s/^$without.*\n//mg if $without;
		spill("$dir/boards/$name/services/" . ($file =~ s{.*/}{}r), $text);
	}
	system("$ingot --tree $dir --out $dir/out build $name >/dev/null 2>&1") == 0 or die "$name: does not build";
}

# The worst of five reports, in microseconds, and the cycles missed.
sub lateness {
	my ($name) = @_;
	my $steps = "$dir/steps.boot";

	spill($steps, "timeout 900\n" . qq(expect "control: [0-9]+ cycles, worst [0-9]+ us late"\n) x 5);
	system("$ingot --tree $dir --out $dir/out test $name $steps -- -icount shift=0,sleep=off >$dir/tap 2>&1") == 0
		or die slurp("$dir/tap");
	my ($worst, $missed) = (0, 0);
	my $said = slurp("$dir/out/test/$name/steps.log");
	while ($said =~ /control: \d+ cycles, worst (\d+) us late, (\d+) missed/g) {
		$worst = $1 if $1 > $worst;
		$missed += $2;
	}
	return ($worst, $missed);
}

board('with');
board('without', qr/(?:Slice|Critical|CPU\w+|Memory\w+) = /);
my ($worst, $missed) = lateness('with');
my ($bare_worst, $bare_missed) = lateness('without');
printf "control loop under load: worst %.3f ms late, %d of 1000 cycles missed; without slices, limits and policy"
	. " %.3f ms, %d missed (aim: none missed)\n", $worst / 1000, $missed, $bare_worst / 1000, $bare_missed;
