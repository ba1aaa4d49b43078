#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A compiled config that is cut short, flipped in one bit, of another version, of 10,000 services,
# empty or missing: it is said, and the machine restarts.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Ingot;
use Test::More;

my $dir = scratch_dir();
my $root = root();
my @lib = map { "$root/lib/$_" } qw(codec.c error.c wire.c);

is(system('cc', "-I$root", '-std=c11', '-D_GNU_SOURCE', '-o', "$dir/make_config", "$root/tests/boot/device/make_config.c",
	glob("'$root'/lib/config*.c"), @lib), 0, 'configs can be made') or BAIL_OUT('cc');

# pid1 reads another file than the builder's, and is the same in all else.
sub spoilt {
	my ($how) = @_;
	my $bytes = $how eq 'missing' ? undef : `'$dir/make_config' $how`;

	is($?, 0, "$how: made") if defined $bytes;
	return device("config-$how", files => { defined $bytes ? ('/etc/config' => $bytes) : () },
		pid1 => { '../lib/config.h' => sub { s{"/ingot/config"}{"/etc/config"} } });
}

# Twice: it restarted, and that is all it can do.
my %says = (
	cut => 'config: [0-9]+ bytes, its header says [0-9]+',
	flipped => 'config: damaged: its checksum differs',
	version => 'config: layout version 65535, this pid1 reads [0-9]+',
	many => 'config: more services',
	empty => 'cannot read /ingot/config|cannot read /etc/config',
	missing => 'cannot read /etc/config',
);
for my $how (sort keys %says) {
	my $said = play(spoilt($how), <<"END");
timeout 120
expect "pid1: $says{$how}"
expect "pid1: rescue: no usable config in this image; restarting"
expect "pid1: $says{$how}"
expect "pid1: rescue: no usable config in this image; restarting"
END
	unlike($said, qr/Kernel panic/, "$how: no panic");
}

# The same road with a good one: the test is able to pass.
play(spoilt('good'), <<'END');
timeout 120
expect "pid1: board spoilt, content id"
expect "pid1: boot complete"
END

done_testing();
