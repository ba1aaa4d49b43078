#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# Nothing enters from outside: a boot loader's initrd and command line change nothing.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Boot;
use Ingot;
use Test::More;

# An initrd that would take over: another /init, another program in place of the shell.
my $dir = scratch_dir();
for my $path ('init', 'evil', 'bin/sh', 'etc/passwd') {
	write_file("$dir/initrd/$path", "#!/bin/busybox sh\necho EVIL RUNS\nexec /bin/busybox sh\n");
	chmod 0755, "$dir/initrd/$path" or die;
}
system("cd '$dir/initrd' && find . | cpio --quiet -o -H newc >../initrd.cpio") == 0 or die 'cpio';
my @initrd = ('-initrd', "$dir/initrd.cpio");
my @append = ('-append', 'console=ttyS0 rdinit=/evil init=/evil root=/dev/ram0 nokaslr mem=64M single ');

sub is_untouched {
	my ($what, $said) = @_;

	is_deeply([selfcheck_failures($said)], [], "$what: every line of the self-check holds") or diag($said);
	unlike($said, qr/EVIL/, "$what: nothing of it ran");
	like($said, qr/^(?:~ # )?ok \d+ - command line is the image's own$/m, "$what: the command line is our own");
	like($said, qr/^(?:~ # )?ok \d+ - no file from outside/m, "$what: the files are our own");
}

my $image = variant('outside');
my $plain = boot($image);
is_untouched('nothing from outside', $plain);
unlike($plain, qr/^.*RAMDISK: /m, 'and no initrd is in memory');
my $initrd = boot($image, @initrd);
is_untouched('-initrd', $initrd);
like($initrd, qr/RAMDISK: \[mem /, 'the kernel did get that initrd');
is_untouched('-append', boot($image, @append));
my $both = boot($image, @initrd, @append);
is_untouched('-initrd and -append', $both);
my ($id) = $plain =~ /content id ([0-9a-f]{64})/;
like($both, qr/^(?:~ # )?ok \d+ - content id $id$/m, 'the same content');

# What the same arguments do to an image that lets them in: they would have been seen.
my $open = variant('open', board => "[kernel]\ncmdline = open\n");
$open->{steps} = qq(expect "# \$" 240\nsend echo PID \$\$\nexpect "^PID 1\$" 20\n);
my $taken = boot($open, '-append', 'console=ttyS0 rdinit=/bin/sh');
like($taken, qr/^PID 1$/m, 'with cmdline = open, rdinit= takes over') or diag($taken);
$open->{steps} = undef;
my $foreign = boot($open, '-append', 'console=ttyS0 panic=5', @initrd);
unlike($foreign, qr/EVIL/, 'an initrd is not let in even there');
is(scalar(selfcheck_failures($foreign)), 1, 'but the self-check says that the command line is open');

done_testing();
