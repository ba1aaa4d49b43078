#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# Nothing changed: `ingot build` over 10,000 recipes beside ninja over 10,000 edges. Wall time,
# medians of interleaved runs. usage: noop.pl INGOT [RUNS [RECIPES]]
use strict;
use warnings;
use Cwd qw(abs_path getcwd);
use File::Temp qw(tempdir);
use Time::HiRes qw(time);

my $ingot = abs_path(shift // './ingot');
my $runs = shift // 7;
my $count = shift // 10000;
my $dir = tempdir(CLEANUP => 1);

sub write_file {
	my ($path, $text) = @_;
	open my $out, '>', $path or die "$path: $!";
	print $out $text;
	close $out or die "$path: $!";
}

sub median {
	my @sorted = sort { $a <=> $b } @_;
	return $sorted[$#sorted / 2];
}

sub timed {
	my ($folder, @command) = @_;
	my $start = time;
	my $pid = fork // die "fork: $!";

	if ($pid == 0) {
		chdir $folder or die;
		open STDOUT, '>', '/dev/null';
		exec @command;
		die "$command[0]: $!";
	}
	waitpid $pid, 0;
	die "@command failed" if $?;
	return time - $start;
}

mkdir "$dir/$_" or die for qw(recipes common n n/in n/out);
write_file("$dir/common/header.h", "#define COMMON 1\n");
my $head = "version = 1\nlicense = ISC\nkind = library\n[source]\npath = ../../common\n";
my $ninja = "rule copy\n  command = cp \$in \$out\n";
for my $i (0 .. $count - 1) {
	my $name = sprintf 'r%05d', $i;
	my $depends = $i ? sprintf("[depends]\nbuild = r%05d\n", ($i - 1) / 10) : '';

	mkdir "$dir/recipes/$name" or die;
	write_file("$dir/recipes/$name/recipe.ini", "[recipe]\nname = $name\n$head$depends");
	write_file("$dir/n/in/$i", "x\n");
	$ninja .= "build out/$i: copy in/$i" . ($i ? ' | out/' . int(($i - 1) / 10) : '') . "\n";
}
mkdir "$dir/recipes/top" or die;
write_file("$dir/recipes/top/recipe.ini", "[recipe]\nname = top\n$head\[depends]\nbuild =\n"
	. join('', map { sprintf "\tr%05d\n", $_ } 0 .. $count - 1));
write_file("$dir/n/build.ninja", $ninja);

my @ours = ($ingot, '--tree', $dir, '--store', "$dir/store", 'build', 'top');
timed($dir, 'sh', '-c', 'exec "$@" 2>/dev/null', 'sh', @ours);
timed("$dir/n", 'ninja');
sleep 1;
timed($dir, @ours); # leaves the witness that a run over young inputs could not
my (@a, @b);
for (1 .. $runs) {
	push @a, timed($dir, @ours);
	push @b, timed("$dir/n", 'ninja');
}
printf "no-op over %d recipes: ingot %.1f ms, ninja %.1f ms: ratio %.2f (aim 0.50)\n", $count,
	1000 * median(@a), 1000 * median(@b), median(@a) / median(@b);
system('chmod', '-R', 'u+w', $dir);
