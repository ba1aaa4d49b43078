#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# What the readers know stands in the manual, and what the manual names is known: keys, words and verbs, and what the
# device's programs call things in JSON.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use Test::More;

# The rows of a table in a C file: the strings that each begins with; "*" for NULL, any key.
sub rows {
	my ($file, $table) = @_;
	my ($body) = read_file(root() . "/$file") =~ /\b\Q$table\E\[\] = \{\n(.*?)\n\};/s or die "$file: no table $table";

	return map { [map { $_ eq 'NULL' ? '*' : s/"//gr } /("[^"]+"|NULL)/g] } $body =~ /^\s*\{((?:"[^"]+"|NULL)(?:, (?:"[^"]+"|NULL))*)/gm;
}

# What the lists of a manual page name: { SECTION => { ITEM => depth of its list } }.
sub items {
	my ($page) = @_;
	my (%items, $section);
	my $depth = 0;

	for (split /\n/, read_file(root() . "/docs/$page")) {
		if (/^\.Ss \[(.*)\]/ || /^\.Sh (.*)/) {
			($section, $depth) = ($1, 0);
		} elsif (/^\.Bl /) {
			$depth++;
		} elsif (/^\.El/) {
			$depth--;
		} elsif (/^\.It Ar/) {
			$items{$section}{'*'} //= $depth;
		} elsif (s/^\.It (?:Cm|Ic) //) {
			# "A = Ar X , Cm B" and "A , B" are two.
			$items{$section}{s/^(?:Cm|Ic) //r =~ s/[ =].*//r} //= $depth for split / , /;
		}
	}
	return \%items;
}

for (['builder/read/board.c', 'board.5'], ['builder/read/service.c', 'service.5'], ['builder/read/recipe.c', 'recipe.5']) {
	my ($file, $page) = @$_;
	my $items = items($page);
	my %known;

	for my $row (rows($file, 'known')) {
		$known{$row->[0]}{$row->[1]} = 1 if @$row == 2 && $row->[0] ne '*';
	}
	cmp_ok(scalar keys %known, '>', 2, "$file: sections");
	for my $section (sort keys %known) {
		my @there = sort grep { $items->{$section}{$_} == 1 } keys %{$items->{$section}};
		is_deeply(\@there, [sort keys %{$known{$section}}], "$page: [$section] names what $file knows, and no more");
	}
	is_deeply([sort grep { /^[a-z]+$/ && !$known{$_} } keys %$items], [], "$page: no section that is not known");
}

# Words of one value, and verbs: each is described.
for (['builder/read/board_links.c', 'verbs', 'board.5', 'links'], ['pid1/svc/svc.c', 'verbs', 'svc.8'], ['builder/main.c', 'verbs', 'ingot.1']) {
	my ($file, $table, $page, $section) = @$_;
	my $items = items($page);
	my %there = map { %$_ } $section ? $items->{$section} : values %$items;
	my @words = map { $_->[0] } rows($file, $table);

	cmp_ok(scalar @words, '>', 4, "$file: words");
	ok($there{$_}, "$page describes $_") for @words;
}

# Keys of JSON: each is named in its page. In json_pack() a comma is behind a key; a slot's letter is none. What a
# doctor says is told by its first keys alone.
for (['ingot.1', grep { !/cmd_doctor/ } glob root() . '/builder/cmd_*.c'], ['rollback.8', glob root() . '/rollback/verb_*.c'], ['svc.8', root() . '/pid1/svc/svc_show.c']) {
	my ($page, @files) = @$_;
	my $text = read_file(root() . "/docs/$page");
	my ($told) = $text =~ /^\.Sh JSON\n(.*?)^\.Sh /ms;
	my %keys;

	for my $code (map { read_file($_) } @files) {
		$keys{$_} = 1 for map { /"([a-z_-]{2,})",/g } $code =~ /json_pack\(\s*"\{[^"]*"(.*?)\);/gs;
		$keys{$_} = 1 for $code =~ /\\"([a-z0-9_]+)\\": [^{]/g;
	}
	cmp_ok(scalar keys %keys, '>', 20, "$page: keys of JSON");
	like($told // '', qr/\bLi $_(?![\w-])/, "$page names $_") for sort keys %keys;
}

done_testing();
