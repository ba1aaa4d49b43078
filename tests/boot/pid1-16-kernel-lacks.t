#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# What the kernel lacks is named, is lived with, and is an error where IsolationRequired=yes says so.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Ingot;
use Test::More;

my %services = (
	easy => "[Service]\nExecStart = /bin/actor say easy\nMemoryMax = 16M\nTasksMax = 9\n",
	strict => "[Service]\nExecStart = /bin/actor say strict\nIsolationRequired = yes\nMemoryMax = 16M\nRestart = on-failure\nRestartSec = 5min\n",
);
my $cmdline = 'console=ttyS0 panic=5 noinitrd printk.devkmsg=on';

# The board as it is, but for a command line or a changed pid1.
sub lacks {
	my ($name, $what, %with) = @_;
	my $without = $what =~ s/, /, /gr;
	my $device = device($name, services => \%services, %with);
	my ($easy, $strict) = ("service easy: this kernel lacks: $without: runs without",
		'service strict: this kernel lacks: .*: not started, since IsolationRequired=yes');
	# In any order, each of them once; the strict one is not tried again for minutes.
	my $said = play($device, "timeout 180\n" . qq{expect "($easy|$strict|actor: easy)"\n} x 3);
	like($said, qr/$_/, "$name: said") for $easy, $strict;
	like($said, qr/actor: easy/, "$name: the other one did");
	unlike($said, qr/actor: strict/, "$name: the strict one did not run");
	return $said;
}

# For real: an LSM that is not chosen does nothing; a controller can be turned off.
lacks('no-landlock', 'Landlock', board => "[kernel]\ncmdline = $cmdline lsm=capability\n");
lacks('no-controllers', 'memory controller, pids controller',
	board => "[kernel]\ncmdline = $cmdline cgroup_disable=memory,pids\n");

# Made up: the kernel of this board has seccomp. A filter around pid1 and all its children answers
# as a kernel without it does, prctl(2) and seccomp(2) both.
my $double = <<'END';
	{
		static const struct { unsigned short code; unsigned char jt, jf; unsigned k; } code[] = {
			{0x20, 0, 0, 0}, {0x15, 4, 0, 317}, {0x15, 0, 2, 157}, {0x20, 0, 0, 16},
			{0x15, 1, 0, 22}, {0x06, 0, 0, 0x7fff0000}, {0x06, 0, 0, 0x00050016}};
		const struct { unsigned short length; const void *code; } program = {7, code};

		if (prctl(22, 2, &program) < 0)
			return 1;
	}
END
lacks('no-seccomp', 'seccomp', pid1 => { 'main.c' => sub {
	s/(\tmount_reroot\(\);\n)/$1$double/;
	s/(#include <sys\/mman.h>\n)/$1#include <sys\/prctl.h>\n/ } });

# Made up: a kernel without cgroup2 mounts none. Nobody could end a keeper there.
my $said = lacks('no-cgroups', 'memory controller, pids controller, PID namespaces', pid1 => { 'start/mount.c' => sub {
	s/\tmount_one\("cgroup2"[^;]*;\n// } });
like($said, qr/cgroup: not in this kernel: services run without limits/, 'no-cgroups: said');

done_testing();
