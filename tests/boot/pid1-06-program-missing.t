#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A program that is missing, has a bad interpreter or is cut off: no image is made with one, and where it
# comes from outside of the image, that service fails with the reason said, and nothing else does.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Ingot;
use Test::More;

my $tree = scratch_dir();
sub refused {
	my ($what, $files, $program, $message) = @_;

	write_file("$tree/boards/bad/board.ini", <<"END");
[board]
name = bad
inherit = qemu-x86_64
[services]
enable = app
[image]
selfcheck = no
$files
END
	write_file("$tree/boards/bad/services/app.service", "[Service]\nExecStart = $program\n");
	my $built = ingot('--tree', $tree, 'build', 'bad');
	is($built->{status}, 1, "$what: no image is made");
	like($built->{err}, $message, "$what: and the message says why");
}
refused('missing', '', '/bin/none', qr{app\.service: ExecStart: /bin/none});
write_file("$tree/boards/bad/script", "#!/bin/none\n");
refused('bad interpreter', "[files]\n/bin/script = script 0755", '/bin/script', qr{/bin/none});
write_file("$tree/boards/bad/cut", substr read_file('/bin/true'), 0, 100);
refused('cut off', "[files]\n/bin/cut = cut 0755", '/bin/cut', qr{/bin/cut});

my $device = device('missing', services => {
	make => <<'END',
[Service]
Type = oneshot
User = root
BindPaths = /
ExecStart = /bin/sh -c "mkdir /run/made; cd /run/made; echo '#!/bin/none' >script; head -c 100 /bin/busybox >cut; : >empty; cp /bin/actor forbidden; chmod 755 script cut empty; chmod 644 forbidden"
END
	map({ ($_ => <<"END") } qw(script cut empty forbidden missing)),
[Unit]
After = make
[Service]
BindReadOnlyPaths = /run/made/$_:/bin/actor
ExecStart = /bin/actor
Restart = on-failure
RestartSec = 200ms
END
	well => "[Unit]\nAfter = script cut empty missing\n[Service]\nExecStart = /bin/actor say runs-well\n",
});
# In any order, each of them once.
my $said = play($device, "timeout 240\n"
	. qq{expect "(actor: runs-well|service (script|cut|empty|forbidden|missing): starts again in 400 ms)"\n} x 6);
like($said, qr/actor: runs-well/, 'the one that has its program runs');
my %why = (script => 'No such file or directory', cut => 'Exec format error', empty => 'Exec format error',
	forbidden => 'Permission denied');
like($said, qr{service $_: cannot run its program \(/bin/actor\): $why{$_}}, "$_: said so") for sort keys %why;
like($said, qr{service missing: cannot bring into its view \(/run/made/missing\): No such file}, 'missing: said so');
like($said, qr/service $_: starts again in 400 ms/, "$_: tried again with growing pauses") for sort(keys %why, 'missing');

done_testing();
