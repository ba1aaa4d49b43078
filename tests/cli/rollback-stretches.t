#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# An image of more than one stretch between two flushes: each is judged by what the medium gives back, and
# whoever is to blame is told, the image or the medium; wherever it ended, the next try goes on.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use Slots;
use Test::More;

$ENV{ASAN_OPTIONS} = 'detect_leaks=0'; # which strace does not let look

my $stretch = 4 << 20;
my $chunk = 65536;
my $bytes = 2 * $stretch + 5 * $chunk + 1000;
my $chunks = int($bytes / $chunk) + 1;

sub large {
	my ($version) = @_;
	return substr pack('N*', map { $_ * 2654435761 * $version & 0xffffffff } 1 .. $bytes / 4 + 1), 0, $bytes;
}

sub slot_b_is {
	my ($want, $what) = @_;
	ok(substr(read_file($path{b}), 0, $bytes) eq $want, $what);
}

new_device();
truncate_new($path{$_}, 16 << 20) for qw(a b);
is(rollback('install', '--first', update(1))->{status}, 0, 'a first image');
runs(1);
is(rollback('confirm')->{status}, 0, 'confirmed');

# of the image's bytes, one is another, in each place that is read by other code
my $version = 2;
for my $i (0, 2, 7, $stretch / $chunk - 1, $stretch / $chunk, 2 * $stretch / $chunk + 4, $chunks - 1) {
	my $image = large($version);
	my $update = update($version, image => $image);
	my $head = (-s $update) - $bytes;
	my $bad = copy($update, sub { substr($_, $head + $i * $chunk + 999, 1) ^= "\1" });
	my $result = rollback('install', $bad);
	is($result->{status}, 5, "chunk $i is another: exit status 5") or diag $result->{err};
	like($result->{err}, qr/: chunk @{[$i + 1]} of $chunks is not what was signed/, 'which one, is said');
	is(rollback('verify', 'b')->{status}, 5, 'slot b is not whole');
	is(status()->{resume_at}, $i * $chunk, 'it would go on there');
	is(rollback('install', $update)->{status}, 0, 'with the right bytes it does');
	slot_b_is($image, 'and has them all');
	is(rollback('verify', 'b')->{status}, 0, 'and is whole');
	flip($path{b}, $i * $chunk + 998);
	like(rollback('verify', 'b')->{err}, qr/slot b: chunk @{[$i + 1]} of $chunks is not/, 'until a bit flips');
	$version++;
}

# the medium says that it wrote a piece, and did not
my $image = large($version);
my $update = update($version, image => $image);
for my $case ([70, $stretch], [12, 0]) {
	my ($when, $from) = @$case;
	my $result = run('strace', '-o', '/dev/null', '-P', $path{b}, '-e', "inject=pwrite64:retval=$chunk:when=$when",
		$program, '--config', $config, 'install', $update);
	is($result->{status}, 1, "write $when is lost: exit status 1") or diag $result->{out};
	like($result->{err}, qr/b: reads back other bytes than were written, from $from$/m, 'the medium is to blame');
	is(status()->{default}, 'a', 'the default stays');
	truncate_new($path{b}, 16 << 20);
}
is(rollback('install', $update)->{status}, 0, 'the next try is good');
slot_b_is($image, 'with every byte');

done_testing();
