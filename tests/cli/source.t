#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# What a script finds in $SRC: the archive, Debian's patches, then the recipe's own; what is hostile or does not fit is refused.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use POSIX ();
use Test::More;

my $scratch = scratch_dir();
my ($tree, $work) = ("$scratch/tree", "$scratch/work");
my $mirror = "file://$scratch/mirror" =~ s/ /%20/gr;
# In each version, so that everything is really done, whatever earlier runs left in the store.
my $serial = time . ".$$";

# Packs $work/FOLDER as the file NAME of a package on the mirror; its SHA-256.
sub pack_archive {
	my ($package, $file, @arguments) = @_;
	my $path = "$scratch/mirror/pool/main/" . substr($package, 0, 1) . "/$package/$file";

	write_file($path, '');
	system('tar', '-C', $work, '-czf', $path, @arguments) == 0 or die 'tar';
	return sha256_hex(read_file($path));
}

sub recipe {
	my ($name, $source, $script) = @_;

	$script =~ s/^/\t/mg;
	write_file("$tree/recipes/$name/recipe.ini", <<"END");
[recipe]
name = $name
version = $serial
license = ISC
kind = library
[source]
$source
[build]
script =
$script
END
}

sub build {
	my ($name, @options) = @_;
	return ingot('--tree', $tree, '--mirror', $mirror, @options, 'build', $name);
}

# A patch that turns one line of a file into another.
sub patch_text {
	my ($file, $old, $new) = @_;
	return "--- a/$file\n+++ b/$file\n\@\@ -1 +1 \@\@\n-$old\n+$new\n";
}

write_file("$work/pack-1/text", "one\n");
write_file("$work/pack-1/gone", "gone\n");
write_file("$work/pack-1/run", "#!/bin/sh\n");
chmod 0775, "$work/pack-1/run";
write_file("$work/debian/patches/first", patch_text('text', 'one', 'two'));
write_file("$work/debian/patches/second.patch", patch_text('text', 'two', 'three') =~ s{[ab]/text}{text}gr);
write_file("$work/debian/patches/unused", patch_text('text', 'one', 'unused'));
write_file("$work/debian/patches/series", "# in this order\nfirst\n\nsecond.patch -p0 # a level\n");
my $orig = pack_archive('pack', 'pack_1.orig.tar.gz', 'pack-1');
my $debian = pack_archive('pack', 'pack_1-1.debian.tar.gz', 'debian');

sub debian_source {
	my ($package, $patches) = @_;
	return "debian = $package 1-1 trixie\nfile = ${package}_1.orig.tar.gz\nsha256 = $orig\n"
		. (defined $patches ? "debian-patches = yes\ndebian-file = ${package}_1-1.debian.tar.gz\ndebian-sha256 = $patches\n" : '');
}

my $look = "cat text >\$OUT/text\nfind . -newermt \@1767225600 -o ! -newermt \@1767225599 >\$OUT/times\nfind . -printf '%M %P\\n' | sort >\$OUT/modes";
recipe('plain', debian_source('pack'), $look);
my $plain = build('plain');
is($plain->{status}, 0, 'a Debian source without its patches') or diag($plain->{err});

sub result {
	my ($built, $file) = @_;
	my ($path) = (split /\n/, $built->{out})[-1] =~ /^(.*) \d+ \w+ \w+$/;
	return read_file("$path/$file");
}
is(result($plain, 'text'), "one\n", 'is the archive without its top folder');
is(result($plain, 'times'), '', 'every time in it is the epoch');
is(result($plain, 'modes'), "-rw-r--r-- gone\n-rw-r--r-- text\n-rwxr-xr-x run\ndrwxr-xr-x \n", 'and modes are plain');

recipe('part', debian_source('pack') . "only = t* run\n", $look);
my $part = build('part');
is($part->{status}, 0, 'only = takes a part of it') or diag($part->{err});
is(result($part, 'modes'), "-rw-r--r-- text\n-rwxr-xr-x run\ndrwxr-xr-x \n", 'the one that is named');
is(result($part, 'times'), '', 'and its times are the epoch, too');
recipe('part', debian_source('pack') . "only = text nothing\n", $look);
my $missing = build('part');
is($missing->{status}, 1, 'only = with a name that is not in it: exit 1');
like($missing->{err}, qr{recipes/part/recipe\.ini:\d+: only: \S+: nothing in it is called "nothing"$}m, 'said');
is($missing->{out}, '', 'no result');

# Who unpacks the whole keeps the parts of others, and nobody decompresses the same twice.
write_file("$work/shared-1/$_", "$_ $serial\n") for qw(text include/a.h include/deep/b.h src/a.c);
symlink 'a.h', "$work/shared-1/include/link.h" or die;
chmod 0755, "$work/shared-1/include/a.h" or die;
my $whole_hash = pack_archive('shared', 'shared_1.orig.tar.gz', 'shared-1');
my $shared = "debian = shared 1-1 trixie\nfile = shared_1.orig.tar.gz\nsha256 = $whole_hash\n";
my $show = $look =~ s/cat text/cat include\/a.h/r;
recipe('whole', $shared, "sleep 1\n$show");
recipe('cut', "$shared\nonly = include\n", $show);
my $both = ingot('--tree', $tree, '--mirror', $mirror, '-j', '2', 'build', 'cut', 'whole');
is($both->{status}, 0, 'a recipe of the whole archive and one of a part of it') or diag($both->{err});
like($both->{err}, qr/whole: unpack.*whole: build.*cut: build/s, 'the part waits for the whole');
unlike($both->{err}, qr/cut: fetch/, 'and needs the archive no more');
my ($store) = $both->{out} =~ m{^(.*?)/tree/};
unlink "$store/blob/$whole_hash", "$scratch/mirror/pool/main/s/shared/shared_1.orig.tar.gz";
recipe('cut', "$shared\nonly = include\n", "true\n$show");
my $cut = build('cut');
is($cut->{status}, 0, 'nor with another script') or diag($cut->{err});
is(result($cut, 'modes'), "-rw-r--r-- include/deep/b.h\n-rwxr-xr-x include/a.h\ndrwxr-xr-x \ndrwxr-xr-x include\n"
	. "drwxr-xr-x include/deep\nlrwxrwxrwx include/link.h\n", 'it has all that was named, and nothing else');
is(result($cut, 'text'), "include/a.h $serial\n", 'with its bytes');
is(result($cut, 'times'), '', 'and every time in it is the epoch');
recipe('cut', "$shared\nonly = src\n", $show);
$cut = build('cut', '--offline');
is($cut->{status}, 1, 'another part does need it: exit 1');

recipe('series', debian_source('pack', $debian), $look);
my $series = build('series');
is($series->{status}, 0, 'debian-patches = yes') or diag($series->{err});
is(result($series, 'text'), "three\n", 'applies the series in its order, and no more');
is(result($series, 'times'), '', 'and every time is the epoch again');

write_file("$tree/recipes/own/own.patch", patch_text('text', 'three', 'four'));
write_file("$tree/recipes/own/more.patch", patch_text('text', 'four', 'five') . "--- a/gone\n+++ /dev/null\n\@\@ -1 +0,0 \@\@\n-gone\n");
recipe('own', debian_source('pack', $debian) . "patches = own.patch more.patch\n", "test ! -e gone\n$look");
my $own = build('own');
is($own->{status}, 0, 'patches of the recipe') or diag($own->{err});
is(result($own, 'text'), "five\n", 'come after them, in order');

# Some archives have no top folder, or more than one: all of it is $SRC.
write_file("$work/pack-2/text", "other\n");
$orig = pack_archive('wide', 'wide_1.orig.tar.gz', 'pack-1', 'pack-2');
recipe('wide', debian_source('wide'), "cat pack-1/text pack-2/text >\$OUT/text\nls >\$OUT/list");
my $wide = build('wide');
is($wide->{status}, 0, 'an archive with two top folders') or diag($wide->{err});
is(result($wide, 'text'), "one\nother\n", 'is taken whole');
is(result($wide, 'list'), "pack-1\npack-2\n", 'and nothing of a first try is left');
$orig = sha256_hex(read_file("$scratch/mirror/pool/main/p/pack/pack_1.orig.tar.gz"));

# Exit 1, the message, and no result.
sub refused {
	my ($name, $what, $message) = @_;
	my $result = build($name);

	is($result->{status}, 1, "$what: exit 1");
	like($result->{err}, $message, 'said');
	is($result->{out}, '', 'no result');
}

write_file("$tree/recipes/unfit/unfit.patch", patch_text('text', 'nine', 'ten'));
recipe('unfit', debian_source('pack') . "patches = unfit.patch\n", $look);
refused('unfit', 'a patch that does not fit', qr{recipes/unfit/recipe\.ini: .*/recipes/unfit/unfit\.patch: the patch does not apply:\npatching file text\nHunk #1 FAILED at 1});

write_file("$tree/recipes/escape/escape.patch", patch_text('../../escaped', 'nine', 'ten') =~ s/-1 /-0,0 /r =~ s/^-nine\n//mr);
recipe('escape', debian_source('pack') . "patches = escape.patch\n", $look);
refused('escape', 'a patch to a file outside', qr{escape\.patch: the patch does not apply:\n.*dangerous file name}s);

my %series = (
	'climbs' => ['../../first', qr{recipes/climbs/recipe\.ini:6: debian-patches: the series names \.\./\.\./first, which is outside of it}],
	'absolute' => ['/etc/passwd', qr{recipes/absolute/recipe\.ini:6: debian-patches: the series names /etc/passwd, which is outside of it}],
	'missing' => ['no-such-patch', qr{recipes/missing/recipe\.ini:6: debian-patches: pack_1-1\.debian\.tar\.gz has no patch no-such-patch, which its series names}],
);
for my $name (sort keys %series) {
	write_file("$work/debian/patches/series", "$series{$name}[0]\n");
	recipe($name, debian_source('pack', pack_archive('pack', "pack_1-1.debian.tar.gz", 'debian')), $look);
	refused($name, "a series with $series{$name}[0]", $series{$name}[1]);
}
unlink "$work/debian/patches/series" or die;
recipe('no-series', debian_source('pack', pack_archive('pack', 'pack_1-1.debian.tar.gz', 'debian')), $look);
refused('no-series', 'no series', qr{recipes/no-series/recipe\.ini:\d+: debian-patches: pack_1-1\.debian\.tar\.gz has no series: });

symlink '/etc', "$work/pack-1/way-out" or die;
$orig = pack_archive('hostile', 'hostile_1.orig.tar.gz', 'pack-1');
recipe('hostile', debian_source('hostile'), $look);
refused('hostile', 'an archive with a link out', qr{^ingot: hostile: hostile_1\.orig\.tar\.gz: .*way-out: refused: a link that leads out of the archive: "/etc"}m);
write_file("$scratch/mirror/pool/main/g/garbage/garbage_1.orig.tar.gz", "no archive\n" x 100);
$orig = sha256_hex("no archive\n" x 100);
recipe('garbage', debian_source('garbage'), $look);
refused('garbage', 'what is no archive', qr{^ingot: garbage: garbage_1\.orig\.tar\.gz: .*damaged or no tar archive: }m);

# The user's own code: copied as it counts, and never written to.
write_file("$tree/recipes/mine/src/text", "mine\n");
write_file("$tree/recipes/mine/src/text~", "a backup\n");
write_file("$tree/recipes/mine/src/.git/HEAD", "a branch\n");
symlink 'text', "$tree/recipes/mine/src/link" or die;
recipe('mine', 'path = src', "ls -A >\$OUT/list\ntest -L link\necho changed >text\n");
my $mine = build('mine');
is($mine->{status}, 0, 'a path source') or diag($mine->{err});
is(result($mine, 'list'), "link\ntext\n", 'is the folder without .git and backups');
is(read_file("$tree/recipes/mine/src/text"), "mine\n", 'and a script writes to a copy');
write_file("$tree/recipes/two/a/x", "a\n");
write_file("$tree/recipes/two/b/x", "b\n");
recipe('two', 'path = a b', "cat a/x b/x >\$OUT/both");
my $two = build('two');
is($two->{status}, 0, 'two folders') or diag($two->{err});
is(result($two, 'both'), "a\nb\n", 'lie side by side');
SKIP: {
	skip 'mkfifo is not there', 2 if system('mkfifo', "$tree/recipes/two/b/pipe") != 0;
	my $pipe = build('two');
	is($pipe->{status}, 1, 'a pipe in a path source: exit 1');
	like($pipe->{err}, qr{recipes/two/b/pipe: a source may hold files, folders and links, not this}, 'named');
}

# Code that is edited after the identity was taken of it, while something else is built: its
# result must not stand in the store under that identity.
my $parent = $$;
write_file("$tree/recipes/slow/recipe.ini", <<"END");
[recipe]
name = slow
version = $serial
license = ISC
kind = library
[build]
script =
	sleep 3.$$
END

# Builds; once the script of slow runs, the edit is made.
sub build_and_edit {
	my ($name, $file, $edit, @options) = @_;
	my $pid = fork // die "fork: $!";

	if ($pid == 0) {
		my $end = time + 60;
		my $sleeping = join "\0", 'sleep', "3.$parent", '';
		while (time < $end) {
			for my $process (glob '/proc/[0-9]*/cmdline') {
				open my $in, '<', $process or next;
				next if (<$in> // '') ne $sleeping;
				edit_file($file, $edit);
				POSIX::_exit(0);
			}
			select undef, undef, undef, 0.05;
		}
		POSIX::_exit(1);
	}
	my $result = build($name, @options);
	waitpid $pid, 0;
	is($?, 0, "$name: edited while slow was built");
	return $result;
}

$orig = sha256_hex(read_file("$scratch/mirror/pool/main/p/pack/pack_1.orig.tar.gz"));
my %late = (
	'late-path' => ['path = src', 'src/text', qr{recipes/late-path/recipe\.ini:6: path: its files changed while they were being built: run the same command again$}m],
	'late-patch' => [debian_source('pack') . 'patches = late.patch', 'late.patch', qr{recipes/late-patch/late\.patch: changed while it was being built: run the same command again$}m],
);
for my $name (sort keys %late) {
	my ($source, $file, $message) = @{$late{$name}};
	my $path = "$tree/recipes/$name/$file";

	write_file("$tree/recipes/slow/recipe.ini", read_file("$tree/recipes/slow/recipe.ini") =~ s/^version = .*/version = $serial.$name/mr);
	write_file($path, $file eq 'late.patch' ? patch_text('text', 'one', 'early') : "early\n");
	recipe($name, "$source\n[depends]\nbuild = slow", 'cat text >$OUT/text');
	my $result = build_and_edit($name, $path, sub { s/early/later/ });
	is($result->{status}, 1, "$name: exit 1");
	like($result->{err}, $message, 'said');
	my $again = build($name);
	is($again->{status}, 0, 'the same command again') or diag($again->{err});
	is(result($again, 'text'), "later\n", 'builds what is there now');
}

# So with a board's file, which is read again when the image is packed.
write_file("$tree/recipes/slow/recipe.ini", read_file("$tree/recipes/slow/recipe.ini") =~ s/^version = .*/version = $serial.file/mr);
write_file("$tree/boards/late-file/note", "early\n");
write_file("$tree/boards/late-file/board.ini", <<'END');
[board]
name = late-file
inherit = qemu-x86_64
[image]
recipes = pid1 selfcheck busybox hello hello-module slow
compression = zstd-3
size-budget = 32M
[files]
/etc/note = note 0644
END
my $edited = build_and_edit('late-file', "$tree/boards/late-file/note", sub { s/early/later/ }, '--out', "$scratch/out");
is($edited->{status}, 1, 'late-file: exit 1');
like($edited->{err}, qr{boards/late-file/board\.ini:9: /etc/note: .*/boards/late-file/note: changed while it was being built: run the same command again$}m, 'said');
ok(!-e "$scratch/out/late-file", 'and no image is left');
my $mended = build('late-file', '--out', "$scratch/out");
is($mended->{status}, 0, 'the same command again') or diag($mended->{err});
my $later = sha256_hex("later\n");
like(read_file("$scratch/out/late-file/manifest.json"), qr/$later/, 'packs what is there now');

done_testing();
