#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# `make install`: the installed command is the one of the clone, its manual and completion are in place.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use Test::More;

my $root = root();
my $dest = scratch_dir();
my $installed = "$dest/opt/bin/ingot";

is(system("make -s -C '$root' install DESTDIR='$dest' PREFIX=/opt >'$dest/said' 2>&1"), 0, 'it installs')
	or diag(read_file("$dest/said"));
my $board = 'qemu-x86_64';
chomp(my $own = `'$root/ingot' id $board`);
chomp(my $there = `cd / && '$installed' id $board`);
like($own, qr/^[0-9a-f]{64}\b/, 'a board has an identity');
is($there, $own, 'and the same one where it is installed');
ok(-s "$dest/opt/share/man/man$_", "the manual: $_") for qw(1/ingot.1 5/board.5 8/pid1.8);
ok(-s "$dest/opt/share/doc/ingot/$_", "the tours: $_") for qw(README.md updates.md);
ok(-e "$dest/opt/lib/ingot/recipes/linux/source.lock", 'with the evidence of the sources');

# What bash would offer for a line, the last word of which is being typed.
sub completed {
	my (@words) = @_;
	my $line = join ' ', map { "'$_'" } @words;
	my $script = "cd '$dest/mine' && . '$dest/opt/share/bash-completion/completions/ingot'; PATH='$dest/opt/bin':\$PATH; "
		. "COMP_WORDS=($line); COMP_CWORD=\$((\${#COMP_WORDS[@]} - 1)); _ingot; printf '%s ' \"\${COMPREPLY[@]}\"";
	open my $pipe, '-|', 'bash', '-uc', $script or die "bash: $!";
	local $/;
	return join ' ', sort split ' ', <$pipe> // '';
}

mkdir "$dest/mine" and mkdir "$dest/mine/boards" and mkdir "$dest/mine/boards/rover" or die "mkdir: $!";
write_file("$dest/mine/boards/rover/board.ini", '');
is(completed('ingot', 'bu'), 'build', 'a verb');
is(completed('ingot', 'help', 'doc'), 'doctor', 'a verb to be explained');
is(completed('ingot', 'build', 'qem'), $board, 'a board');
is(completed('ingot', 'build', 'busyb'), 'busybox', 'a recipe');
is(completed('ingot', 'run', 'busyb'), '', 'which cannot be run');
is(completed('ingot', '--tree', "$dest/mine", 'run', 'ro'), 'robot-x86_64 rover', 'a board of another tree');
is(completed('ingot', '--off'), '--offline', 'an option');
is(completed('ingot', 'build', '--dry'), '--dry-run', 'an option of a verb');
is(completed('ingot', 'build', '--board', 'sat'), 'sat-x86_64', 'the value of one');
is(completed('ingot', 'lock', 'toolc'), 'toolchain', 'what can be locked');
mkdir "$dest/mine/$_" or die "mkdir: $!" for qw(site keys);
write_file("$dest/mine/keys/me.key", '');
is(completed('ingot', 'sign', '--key', 'keys/'), 'keys/me.key', 'a key');
is(completed('ingot', 'sign', '--efi-cert', 'keys/'), 'keys/me.key', 'a certificate');
is(completed('ingot', 'publish', '--key', 'me.key', 'rover', 'si'), 'site', 'the folder of publish');
is(completed('ingot', 'test', '--disk', 'rover', 'keys/'), 'keys/me.key', 'a file of test');
is(completed('ingot', 'root', '--threshold', 'in'), 'index=', 'a role');

# Every option that a verb knows is told by its help, from which bash has it.
for my $verb (qw(build id keygen lock publish root run sign test)) {
	my ($table) = read_file("$root/builder/cmd_$verb.c") =~ /struct option \w+\[\] = \{(.*?)\};/s;
	my @known = map { "--$_" } ($table // '') =~ /\{"([a-z-]+)"/g;
	ok(scalar @known, "$verb has options");
	my %offered = map { $_ => 1 } split ' ', completed('ingot', $verb, '--');
	is_deeply([grep { !$offered{$_} } @known], [], "$verb: its options are offered");
}

done_testing();
