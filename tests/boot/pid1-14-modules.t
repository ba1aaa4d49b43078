#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# Kernel modules that are foreign, garbage, incomplete, wrongly told or never done: the boot goes on.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Ingot;
use Test::More;

my $dir = scratch_dir();
my @shared = ('--tree', root() . '/tests/boot/device');

# What the builder refuses to put into an image: the hello-module of another kernel.
my $built = ingot(@shared, '--board', 'qemu-x86_64', 'build', 'hello-module');
$built = ingot(@shared, 'build', '--board', 'qemu-x86_64', 'hello-module') if $built->{status};
my ($root) = $built->{out} =~ /^(\S+)/;
my $good = read_file("$root/lib/modules/hello_module.ko");
(my $foreign = $good) =~ s/(vermagic=6)\.(\d)/$1.9/ or die 'no vermagic';

write_file("$dir/boards/refused/board.ini", <<'END');
[board]
name = refused
inherit = sat-x86_64
[files]
/lib/modules/foreign.ko = foreign.ko 0644
END
sub refused {
	my ($content, $why, $what) = @_;
	write_file("$dir/boards/refused/foreign.ko", $content);
	my $try = ingot('--tree', $dir, '--out', "$dir/out", 'build', 'refused');
	isnt($try->{status}, 0, "$what is not built");
	like($try->{err}, $why, "and it is said why not");
}
refused($foreign, qr/foreign\.ko: a module for the kernel "6\.9/, 'a module of another kernel');
refused('garbage', qr/foreign\.ko: /, 'garbage');

# The same on the device, with a pid1 that is told of what the builder would not have let pass.
my $device = device('modules', recipes => 'bad-modules', board => <<'END',
[kernel]
lock-modules = yes
[modules]
hangs =
missing =
needy =
hello_module = name=twice
END
	files => { '/etc/foreign' => $foreign, '/etc/garbage' => 'garbage', '/etc/cut' => substr($good, 0, 1000) },
	pid1 => {
		'start/module.c' => sub {
			s/^(\tif \(config->lock_modules\))/
	static const struct config_module more[] = {{"foreign", "\/etc\/foreign", ""},
		{"garbage", "\/etc\/garbage", ""}, {"cut", "\/etc\/cut", ""}, {"gone", "\/etc\/gone", ""},
		{"picky", "\/lib\/modules\/picky.ko", "count=soon"},
		{"hello_module", "\/lib\/modules\/hello_module.ko", ""}};
	for (size_t i = 0; i < 6; i++)
		load_one(&more[i]);
$1/m;
		}
	});
my $said = play($device, <<'END');
timeout 120
expect "module hello_module: loaded"
expect "module hangs: its start does not end within 10000 ms: left alone"
expect "module missing: cannot load /lib/modules/missing.ko: No such file or directory"
expect "module needy: cannot load /lib/modules/needy.ko: No such file or directory"
expect "module foreign: cannot load /etc/foreign: Exec format error"
expect "module garbage: cannot load /etc/garbage: Exec format error"
expect "module cut: cannot load /etc/cut: Exec format error"
expect "module gone: cannot load /etc/gone: No such file or directory"
expect "module picky: cannot load /lib/modules/picky.ko: Invalid argument"
expect "modules: locked, none can be loaded from now on"
expect "pid1: boot complete"
run grep -qx 1 /proc/sys/kernel/modules_disabled -> 0
run insmod /lib/modules/picky.ko -> 1
run sh -c 'echo 0 >/proc/sys/kernel/modules_disabled' -> 1
run grep -q '^hello_module ' /proc/modules -> 0
send kill -TERM 1
expect "pid1: reboot: .*stopping all services"
expect "pid1: board modules, content id"
END
like($said, qr/Unknown symbol nobody_has_this/, 'the kernel names the symbol');
like($said, qr/hello, twice/, 'parameters arrive');
unlike($said, qr/module hello_module: cannot/, 'what is there already is no failure');
unlike($said, qr/Kernel panic/, 'no panic');

done_testing();
