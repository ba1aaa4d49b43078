#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A request that the kernel's configuration does not keep ends the build before anything is compiled.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use Test::More;
use Time::HiRes qw(time);

my $tree = scratch_dir();

sub board {
	my ($name, $fragment) = @_;
	my $all = 'base x86_64 virtio net cgroups modules watchdog hardening';

	write_file("$tree/kernel-configs/$name.config", $fragment);
	write_file("$tree/boards/$name/board.ini", <<"END");
[board]
name = $name
inherit = qemu-x86_64
[kernel]
config = $all $name
END
	return ingot('--tree', $tree, 'build', '--board', $name, 'linux');
}

my $start = time;
my $unknown = board('unknown', "# not a symbol of this kernel\nCONFIG_NO_SUCH_SYMBOL=y\n");
is($unknown->{status}, 1, 'an unknown symbol: exit 1');
like($unknown->{err}, qr{kernel-configs/unknown\.config:2: .*NO_SUCH_SYMBOL}, 'fragment, line and symbol');

my $dropped = board('dropped', "CONFIG_USB_STORAGE=y\n");
is($dropped->{status}, 1, 'a symbol whose dependencies are off: exit 1');
like($dropped->{err}, qr{kernel-configs/dropped\.config:1: .*USB_STORAGE}, 'fragment, line and symbol');
unlike($unknown->{err} . $dropped->{err}, qr/linux: build/, 'nothing was compiled');

my $conflict = board('conflict', "\n# CONFIG_TMPFS is not set\n");
is($conflict->{status}, 1, 'two fragments that disagree: exit 1');
like($conflict->{err}, qr{kernel-configs/conflict\.config:2: .*TMPFS.*base\.config:\d+}s, 'both are named')
	or diag($conflict->{err});

done_testing();
