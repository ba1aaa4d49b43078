#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A request that the kernel's configuration does not keep ends the build before anything is compiled.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use Test::More;

my $tree = scratch_dir();
my $linux = root() . '/recipes/linux';

# The kernel's recipe, but of its source only what is configured and what is patched: that is
# unpacked in a second, once the store has it.
my @only = ('Makefile', 'scripts', 'kernel/configs', 'arch/x86/configs', 'arch/x86/Makefile*',
	map { '*/' x $_ . 'Kconfig*' } 0 .. 6);
my $text = read_file("$linux/recipe.ini");
my ($patches) = $text =~ /^patches = (.*)/m;
for my $name (split ' ', $patches) {
	my $patch = read_file("$linux/$name");

	write_file("$tree/recipes/linux/$name", $patch);
	push @only, $patch =~ m{^\+\+\+ b/(\S+)}mg;
}
my %once = map { $_ => 1 } @only;
$text =~ s/^(name = linux\n)/$1replaces = linux\n/m or die;
$text =~ s/^(patches = )/"only = @{[sort keys %once]}\n$1"/me or die;
write_file("$tree/recipes/linux/recipe.ini", $text);

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
