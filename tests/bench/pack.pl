#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# Packs 4,000 files / 64 MiB to newc with Ingot's packer, the kernel's gen_init_cpio, bsdcpio and
# GNU cpio, interleaved, and compares medians of CPU seconds (user + system of the process).
# usage: pack.pl GEN_INIT_CPIO_C [RUNS]    (usr/gen_init_cpio.c of a Linux tree)
use strict;
use warnings;
use Cwd 'abs_path';
use Digest::SHA 'sha256_hex';
use File::Basename 'dirname';
use File::Temp 'tempdir';

my ($generator, $runs) = @ARGV;
die "usage: pack.pl GEN_INIT_CPIO_C [RUNS]\n" unless $generator && -f $generator;
$runs ||= 11;
my $top = abs_path(dirname(__FILE__) . '/../..');
my $dir = tempdir('ingot-pack-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $cc = $ENV{CC} || 'cc';

sub run {
	system(@_) == 0 or die "$_[0]: failed\n";
}

# Ours is linked with the objects of the tree, as `make` compiles them.
sub build_packers {
	run('make', '-s', '-C', $top, 'objects');
	my @objects = grep { !m{/main\.o$} } glob("$top/obj/builder/*.o $top/obj/builder/*/*.o $top/obj/lib/*.o");
	run('ar', 'rcs', "$dir/ingot.a", @objects);
	my @libraries = split ' ', `pkg-config --libs libsodium libxxhash inih libzstd libarchive jansson`;
	run($cc, "-I$top", '-std=c11', '-D_GNU_SOURCE', '-O2', '-Wl,--as-needed', '-o', "$dir/bench_pack",
		"$top/tests/bench/bench_pack.c", "$dir/ingot.a", @libraries);
	run($cc, '-O2', '-w', '-o', "$dir/gen_init_cpio", $generator);
	run($cc, '-O2', '-D_GNU_SOURCE', '-o', "$dir/cputime", "$top/tests/bench/cputime.c");
}

# Sizes run from 0 to 64 KiB, most files small, as in a real root; 64 MiB in all. No two are equal.
sub make_files {
	my ($count, $total) = (4000, 64 << 20);
	my @weight = map { (($_ * 7919) % 4001 / 4001) ** 2 } 0 .. $count - 1;
	my $sum = 0;
	$sum += $_ for @weight;
	my $text = sha256_hex('ingot');
	open my $list, '>', "$dir/list" or die;
	open my $gen, '>', "$dir/gen" or die;
	open my $names, '>', "$dir/names" or die;
	mkdir "$dir/root";
	my ($left, %seen) = ($total);
	for my $i (0 .. $count - 1) {
		my $size = $i < $count - 1 ? int($total * $weight[$i] / $sum) : $left;
		my $folder = sprintf 'd%02d', $i % 40;
		my $path = sprintf '%s/file%04d', $folder, $i;
		if (!$seen{$folder}++) {
			mkdir "$dir/root/$folder";
			print $list "d /$folder\n";
			print $gen "dir /$folder 0755 0 0\n";
			print $names "$folder\n";
		}
		$left -= $size;
		$text = sha256_hex($text);
		my $data = substr $text x ($size / 64 + 1), 0, $size;
		open my $file, '>', "$dir/root/$path" or die;
		print $file $data;
		close $file or die;
		print $list "f /$path $size ", sha256_hex($data), " $dir/root/$path\n";
		print $gen "file /$path $dir/root/$path 0644 0 0\n";
		print $names "$path\n";
	}
	close $_ or die for $list, $gen, $names;
}

# CPU seconds of one run; the archive it makes is removed first, so that nobody truncates.
sub cpu {
	my ($command) = @_;
	unlink "$dir/out.cpio", "$dir/time";
	run('/bin/sh', '-c', "cd $dir/root && exec $dir/cputime $dir/time $command");
	-s "$dir/out.cpio" > 64 << 20 or die "$command: too small an archive\n";
	open my $time, '<', "$dir/time" or die;
	return (split ' ', <$time>)[0] / 1e6;
}

sub median {
	my @sorted = sort { $a <=> $b } @_;
	return ($sorted[$#sorted / 2] + $sorted[@sorted / 2]) / 2;
}

my @packers = (
	['ingot', "$dir/bench_pack $dir/list $dir/out.cpio"],
	['gen_init_cpio', "$dir/gen_init_cpio $dir/gen >$dir/out.cpio", 0.85],
	['bsdcpio', "bsdcpio --quiet -o -H newc <$dir/names >$dir/out.cpio", 0.6],
	['cpio', "cpio --quiet -o -H newc <$dir/names >$dir/out.cpio", 0.5],
	['ingot, hashing too', "$dir/bench_pack $dir/list.unhashed $dir/out.cpio"],
);

build_packers();
make_files();
run("sed 's/[0-9a-f]\\{64\\}/-/' $dir/list >$dir/list.unhashed");
my %took;
for my $run (0 .. $runs) {
	for my $packer (@packers) {
		my $seconds = cpu($packer->[1]);
		push @{$took{$packer->[0]}}, $seconds if $run > 0; # the first warms the page cache
	}
}
my $ours = median(@{$took{ingot}});
printf "pack 4,000 files, 64 MiB to newc: medians of %d runs, CPU\n", $runs;
for my $packer (@packers) {
	my ($name, undef, $aim) = @$packer;
	my $theirs = median(@{$took{$name}});
	printf "%-20s %7.1f ms", $name, $theirs * 1e3;
	printf "   ratio %.2f, aim <= %.2f: %s", $ours / $theirs, $aim,
		$ours / $theirs <= $aim ? 'reached' : 'NOT reached' if $aim;
	print "\n";
}
