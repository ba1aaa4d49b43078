#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# `ingot build --check` builds once more what it is told, and names the files that come out otherwise.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use Test::More;

my $tree = scratch_dir();
# In each version, so that nothing is found that an earlier run of this test built.
my $serial = time . ".$$";

sub recipe {
	my ($name, $script, $depends) = @_;

	$script =~ s/^/\t/mg;
	$depends = $depends ? "[depends]\nbuild = $depends\n" : '';
	write_file("$tree/recipes/$name/recipe.ini", <<"END");
[recipe]
name = $name
version = $serial
license = ISC
kind = library
$depends
[build]
script =
$script
END
}

recipe('below', "echo same >\$OUT/same\n");
recipe('plain', "mkdir \$OUT/etc\necho same >\$OUT/etc/same\nln -s etc/same \$OUT/link", 'below');
my $first = ingot('--tree', $tree, 'build', 'plain');
is($first->{status}, 0, 'a recipe is built') or diag($first->{err});
my $plain = ingot('--tree', $tree, 'build', '--check', 'plain');
is($plain->{status}, 0, '--check of what makes the same: exit 0') or diag($plain->{err});
is($plain->{out}, $first->{out}, 'the same result');
like($plain->{err}, qr/^ingot: plain: build$/m, 'it was built again');
like($plain->{err}, qr/^ingot: plain: reproduced$/m, 'said');
unlike($plain->{err}, qr/^ingot: below: build$/m, 'but not what it is built with');
my $plan = ingot('--tree', $tree, 'build', '-n', '--check', 'plain');
like($plan->{out}, qr/^build plain: twice, to compare the two$/m, 'and -n says it before');

recipe('fickle', <<'END', 'below');
echo same >$OUT/same
date +%s%N >$OUT/when
mkdir $OUT/log
: >$OUT/log/$(od -An -N8 -tx8 /dev/urandom | tr -d ' ')
END
my $fickle = ingot('--tree', $tree, 'build', '--check', 'fickle');
is($fickle->{status}, 1, '--check of what makes something else: exit 1');
is($fickle->{out}, '', 'no result');
like($fickle->{err}, qr/^ingot: fickle: when: other bytes, as many$/m, 'a file with the time in it');
like($fickle->{err}, qr{^ingot: fickle: log/[0-9a-f]{16}: only the first time$}m, 'a random name');
like($fickle->{err}, qr{^ingot: fickle: log/[0-9a-f]{16}: only the second time$}m, 'and another one');
unlike($fickle->{err}, qr/^ingot: fickle: same:/m, 'what is the same is not named');
my ($one, $two) = $fickle->{err}
	=~ m{^ingot: fickle: a second build made something else: compare (/.*/root) with (/.*/root); look for dates}m;
isnt(read_file("$one/when"), read_file("$two/when"), 'both are there to be compared');
is(ingot('--tree', $tree, 'build', 'fickle')->{out} =~ m{^\Q$one\E }m, 1, 'the first one counts as built');

my $image = ingot('--out', "$tree/out", 'build', '--check', 'qemu-x86_64');
is($image->{status}, 0, 'an image, too, can be built twice') or diag($image->{err});
like($image->{err}, qr/^ingot: qemu-x86_64: reproduced$/m, 'and is the same');

done_testing();
