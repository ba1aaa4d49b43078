#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# One changed file of hello -> a new image at zstd -3, beside the kernel's own `make bzImage` after a
# change of its initramfs. CPU of whole process trees and wall time; medians of interleaved runs.
# usage: relink.pl INGOT [RUNS]
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Temp qw(tempdir);
use JSON::PP qw(decode_json);
use Time::HiRes qw(time);

my $ingot = abs_path(shift // './ingot');
my $runs = shift // 7;
my $root = $ingot =~ s{/[^/]*$}{}r;
my $dir = tempdir(CLEANUP => 1);
my $store = $ENV{INGOT_STORE} // ($ENV{XDG_CACHE_HOME} // "$ENV{HOME}/.cache") . '/ingot';

sub median {
	my @sorted = sort { $a <=> $b } @_;
	return $sorted[$#sorted / 2];
}

sub slurp {
	my ($path) = @_;
	open my $in, '<', $path or die "$path: $!";
	local $/;
	return <$in>;
}

sub spill {
	my ($path, $text) = @_;
	open my $out, '>', $path or die "$path: $!";
	print $out $text;
	close $out or die "$path: $!";
}

# CPU and wall seconds of a command and all that it waits for.
sub measured {
	my (@command) = @_;
	my @before = times;
	my $start = time;
	system(@command) == 0 or die "@command failed";
	my @after = times;
	return ($after[2] + $after[3] - $before[2] - $before[3], time - $start);
}

# Ours: a tree whose hello replaces the built-in one, a board at zstd -3.
system('mkdir', '-p', "$dir/tree/recipes", "$dir/tree/boards/bench") == 0 or die;
system('cp', '-R', "$root/recipes/hello", "$dir/tree/recipes/hello") == 0 or die;
my $recipe = slurp("$dir/tree/recipes/hello/recipe.ini");
$recipe =~ s/^name = hello$/name = hello\nreplaces = hello/m or die;
spill("$dir/tree/recipes/hello/recipe.ini", $recipe);
spill("$dir/tree/boards/bench/board.ini",
	"[board]\nname = bench\ninherit = qemu-x86_64\n[image]\ncompression = zstd-3\nsize-budget = 8M\n");
my $source = "$dir/tree/recipes/hello/src/hello.c";
my $text = slurp($source);
my @build = ('sh', '-c', 'exec "$@" >/dev/null 2>&1', 'sh', $ingot, '--tree', "$dir/tree", '--out',
	"$dir/out", 'build', 'bench');
my $change = 0;

sub ours {
	# What the compiler makes of it must differ too, or early cutoff would win by itself.
	spill($source, $text . sprintf("const char bench_%d[] __attribute__((used, section(\".rodata.keep\"))) = \"%d %f\";\n",
		$change, $change, time)) if ++$change;
	return measured(@build);
}

# Theirs: the same compiled kernel, linked again by kbuild in the same toolchain.
system(@build) == 0 or die 'the bench board does not build';
my $manifest = decode_json(slurp("$dir/out/bench/manifest.json"));
my $toolchain = slurp("$store/action/" . $manifest->{toolchain}{identity}) =~ s/\s.*//sr;
my ($linux) = map { $_->{output} } grep { $_->{name} eq 'linux' } @{ $manifest->{inputs} };
system('cp', '-R', "$store/tree/$linux/root", "$dir/linux") == 0 or die;
system('chmod', '-R', 'u+w', "$dir/linux") == 0 or die;
my $usr = "$store/tree/$toolchain/root";
my @sandbox = ('bwrap', '--unshare-all', '--die-with-parent', '--ro-bind', "$usr/usr", '/usr',
	(map { ('--symlink', "usr/$_", "/$_") } qw(bin lib lib64 sbin)), '--dev', '/dev', '--proc',
	'/proc', '--tmpfs', '/tmp', '--bind', "$dir/linux", '/build/src', '--chdir', '/build/src',
	'--clearenv', '--setenv', 'PATH', '/usr/bin:/bin', '--setenv', 'LC_ALL', 'C');

sub theirs {
	my ($byte) = @_;
	spill("$dir/linux/usr/cavity.cpio", chr($byte) . "\0" x (4 << 20));
	# The shell tells the CPU of its children, which bwrap does not pass on.
	my $start = time;
	my @shell = (@sandbox, '/bin/sh', '-c',
		'make ARCH=x86 CROSS_COMPILE=x86_64-linux-gnu- bzImage >/tmp/log 2>&1 || { tail /tmp/log; exit 1; }; times');
	open my $out, '-|', @shell or die "bwrap: $!";
	my @lines = <$out>;
	close $out or die "make bzImage failed: @lines";
	my ($user, $system) = map { /(\d+)m([\d.]+)s/ ? $1 * 60 + $2 : die $_ } split ' ', $lines[1];
	return ($user + $system, time - $start);
}

system(@sandbox, '/bin/sh', '-c', 'touch /tmp/n && find . -exec touch -h -r /tmp/n {} +') == 0 or die;
theirs(0); # links once for this place
ours();
my (@cpu, @wall, @peer, @peer_wall);
for my $n (1 .. $runs) {
	my ($cpu, $wall) = ours();
	push @cpu, $cpu;
	push @wall, $wall;
	($cpu, $wall) = theirs($n);
	push @peer, $cpu;
	push @peer_wall, $wall;
}
printf "one changed file to a new image: ingot %.2f s CPU, %.2f s wall; make bzImage %.2f s CPU, %.2f s wall\n",
	median(@cpu), median(@wall), median(@peer), median(@peer_wall);
printf "  ratio of CPU %.3f (aim 0.05), wall %.2f s (aim 2)\n", median(@cpu) / median(@peer), median(@wall);
