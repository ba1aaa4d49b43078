#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# The userland, the kit and the cast have the same bytes when another user builds them, in another
# folder and store, on another host, in another time zone and with another umask. What comes of the
# kernel's sources is taken over from the first store: `make repro` builds that twice, too.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use Test::More;

my $board = 'qemu-x86_64';
my @userland = qw(musl xxhash pid1 selfcheck busybox hello hello-module);
my @taken = qw(linux linux-headers);
my $as_root = $> == 0;
my $scratch = scratch_dir();
my $there = "$scratch/a longer path";
my $out = "$scratch/out";

# Runs a program that must succeed.
sub must {
	my $done = run(@_);

	die "@_: $done->{err}" if $done->{status};
	return $done->{out};
}

# Path, size, hash and identity of each result. Paths may hold blanks.
sub results {
	my ($built) = @_;
	my @found = map { [/^(.*) (\d+) ([0-9a-f]{64}) ([0-9a-f]{64})$/] } split /\n/, $built->{out};

	return grep { @$_ == 4 } @found;
}

my $here = ingot('--out', $out, 'build', '--board', $board, $board, @userland, @taken);
is($here->{status}, 0, 'built here') or diag($here->{err});
my @here = results($here);
is(@here, 1 + @userland + @taken, 'a line for each') or diag($here->{out});

# Blobs, the kernel and its headers and the records that lead to them; nothing else of the store.
my ($store) = $here[-1][0] =~ m{^(.*)/tree/[0-9a-f]{64}/root$};
ok($store, q(the kernel is in the store)) or die $here->{out};
must('mkdir', '-p', map { "$there/store/$_" } qw(tree action));
must('cp', '-R', "$store/blob", "$there/store/blob");
my %taken = map { ($_->[2] => 1) } @here[-@taken .. -1];
must('cp', '-Rp', "$store/tree/$_", "$there/store/tree/$_") for keys %taken;
for my $action (glob "\Q$store\E/action/*") {
	my $tree = read_file($action);

	chomp $tree;
	must('cp', $action, "$there/store/action/") if $taken{$tree};
}
my @tree = map { "$there/$_" } qw(boards kernel-configs lib pid1 recipes ingot);
must('cp', '-R', (map { s{.*/}{}r } @tree), $there);
must('chmod', '-R', 'go=', @tree);
chmod 0755, $scratch or die "$scratch: $!";

my $inner = 'umask 077; cd "$1"; shift; export TZ=Pacific/Kiritimati LC_ALL=C.UTF-8; unset INGOT_STORE';

# Runs ./ingot in the second folder as that other user, on that other host.
sub elsewhere {
	my @command = ('./ingot', '--store', 'store', '--out', 'out', @_);

	return run('sh', '-euc', "$inner; exec \"\$@\"", 'sh', $there, @command) if !$as_root;
	return run('unshare', '--uts', 'sh', '-euc', "hostname elsewhere; $inner; exec \"\$@\"", 'sh',
		$there, qw(setpriv --reuid=nobody --regid=nogroup --clear-groups), @command);
}
must('chown', '-R', 'nobody:nogroup', $there) if $as_root;
my $second = elsewhere('-j', '3', 'build', '--board', $board, $board, @userland);
is($second->{status}, 0, 'built there') or diag($second->{err});
like($second->{err}, qr/\b$_: (?:build|cast|link kit)\b/, "$_ was built there, not found")
	for $board, @userland;
unlike($second->{err}, qr/^ingot: $_: build/m, "$_ was not built again") for @taken;

my @there = results($second);
my @names = ($board, @userland);

for my $i (0 .. $#names) {
	my ($a, $b) = ($here[$i] // [], $there[$i] // []);
	is("@$b[1 .. 3]", "@$a[1 .. 3]", "$names[$i]: the same size, hash and identity");
}
my $difference = run('diff', '-r', "$out/$board", "$there/out/$board");
is($difference->{status}, 0, 'bzImage, kernel.config, manifest.json and SHA256SUMS are equal')
	or diag($difference->{out});

SKIP: {
	skip 'another user and another host name need root', 1 if !$as_root;
	my $owner = (stat "$there/out/$board/bzImage")[4];
	is($owner, scalar getpwnam 'nobody', 'it was another user');
}

# The same files by another way: an input changes and comes to the same, and the store remembers the
# image of before. Its records are still those of a build from nothing.
edit_file("$there/recipes/hello/recipe.ini", sub { s/^script =\n/script =\n\t:\n/m });
my $third = elsewhere('build', $board, 'hello');
is($third->{status}, 0, 'a script with the same result builds') or diag($third->{err});
my @third = results($third);
is($third[1][2], $there[6][2], 'its output is the same');
isnt($third[1][3], $there[6][3], 'its identity is not');
my $id = elsewhere('id', $board)->{out};
my $manifest = read_file("$there/out/$board/manifest.json");
chomp $id;
like($manifest, qr/"identity": "$id"/, "the image's records have the identity of now");
like($manifest, qr/"identity": "$third[1][3]"/, q(and the recipe's));

done_testing;
