#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# README.md's tour, file by file and command by command, from an empty folder outside the repository.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use Test::More;

my $readme = read_file(root() . '/README.md');
my ($tour) = $readme =~ /^## A tour.*?\n(.*?)^## /ms;
ok($tour, 'the README has a tour') or BAIL_OUT('no tour');

my $mission = scratch_dir() . '/mission';
my ($mkdir) = $tour =~ /^    (mkdir -p recipes.*)$/m;
mkdir $mission or die "$mission: $!";
is(system("cd '$mission' && $mkdir"), 0, "$mkdir");

# A name in backquotes, and the fenced block that follows it, are a file and its text.
my (@files, $name, $text);
for my $line (split /^/m, $tour) {
	if (defined $text && $line eq "```\n") {
		push @files, $name;
		write_file("$mission/$name", $text);
		undef $text;
	} elsif (defined $text) {
		$text .= $line;
	} elsif ($line =~ /^```/) {
		$text = '';
	} elsif ($line =~ m{`((?:recipes|boards)/[^`]+\.\w+)`}) {
		$name = $1;
	}
}
is_deeply([ sort @files ], [ sort qw(recipes/beacon/src/beacon.c recipes/beacon/recipe.ini
	boards/rover/board.ini boards/rover/services/beacon.service boards/rover/tests/beacon.boot) ],
	'it makes five files');

my @commands = $tour =~ /^    (\$INGOT\/ingot .*)$/mg;
is(scalar(@commands), 4, 'and names four commands');
for my $command (@commands) {
	next if $command =~ / run /; # wants a person at the terminal
	my $result = run('env', 'INGOT=' . root(), 'sh', '-c', "cd '$mission' && $command");
	is($result->{status}, 0, $command) or diag($result->{out}, $result->{err});
}
ok(-s "$mission/out/rover/bzImage", 'there is an image');
like(read_file("$mission/out/rover/manifest.json"), qr{"/bin/beacon"}, 'whose manifest names the program');
like(read_file("$mission/out/test/rover/junit.xml"), qr/failures="0"/, 'and a report without failures');

done_testing();
