#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# Each line of the self-check fails where what it looks at is broken, and no other line does.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Boot;
use Ingot;
use Test::More;

sub fails {
	my ($what, $image, $line, @arguments) = @_;
	my $said = boot($image, @arguments);
	my @failed = selfcheck_failures($said);

	is(scalar(@failed), 1, "$what: one line fails") or diag($said);
	like($failed[0] // '', $line, "$what: that one");
	like($said, qr/^(?:~ # )?selfcheck: FAILED 1 of \d+$/m, "$what: and with it the self-check");
}

# Code for pid1's main() to run while the root can still be written.
sub early {
	my ($code) = @_;
	return { 'main.c' => sub { s/(\tmount_reroot\(\);\n)/$1\t$code\n/ } };
}

my $whole = variant('whole');
is_deeply([selfcheck_failures(boot($whole))], [], 'a whole image: no line fails');

fails('a changed byte',
	variant('changed-byte', pid1 => early('{ int fd = open("/etc/passwd", O_WRONLY); if (write(fd, "R", 1) != 1) return 1; close(fd); }')),
	qr{^content id [0-9a-f]{64}: /etc/passwd: its bytes are not the recorded ones$});
fails('a changed mode',
	variant('changed-mode', pid1 => early('if (chmod("/etc/passwd", 0666) < 0) return 1;')),
	qr{^content id [0-9a-f]{64}: /etc/passwd: mode is 0666, recorded 0644$});
fails('a missing file',
	variant('missing-file', pid1 => early('if (unlink("/etc/passwd") < 0) return 1;')),
	qr{^content id [0-9a-f]{64}: /etc/passwd: No such file or directory$});
# Behind "board changed-record\nversion ".
fails('a record that was changed',
	variant('changed-record', pid1 => early('{ int fd = open("/ingot/files", O_WRONLY); if (pwrite(fd, "2", 1, 29) != 1) return 1; close(fd); }')),
	qr{^content id [0-9a-f]{64}: /ingot/content-id is not the hash of /ingot/files$});
fails('a writable root',
	variant('writable-root', pid1 => { 'main.c' => sub { s/^\tmount_read_only\(\);\n//m } }),
	qr{^root is read-only: a file could be made in it$});
fails('a command line from outside', variant('open', board => "[kernel]\ncmdline = open\n"),
	qr{^command line is the image's own: cmdline is open: the boot loader says "console=ttyS0 panic=5"$},
	'-append', 'console=ttyS0 panic=5');
fails('another command line',
	variant('cmdline', pid1 => { 'main.c' => sub {
		s/^(\tmount_system\(\);\n)/$1\tif (mount("\/etc\/group", "\/proc\/cmdline", NULL, MS_BIND, NULL) < 0) return 1;\n/m;
		s/^(#include <sys\/mman.h>\n)/$1#include <sys\/mount.h>\n/m } }),
	qr{^command line is the image's own: is "root:.*want "console=ttyS0 });
fails('a file from outside',
	variant('intruder', pid1 => early('close(open("/lib/intruder", O_CREAT | O_WRONLY, 0644));')),
	qr{^no file from outside, such as an initrd's: /lib/intruder is not of this image$});
fails('a file from outside below a mount',
	variant('hidden-intruder', pid1 => early('close(open("/proc/intruder", O_CREAT | O_WRONLY, 0644));')),
	qr{^no file from outside, such as an initrd's: /proc/intruder is not of this image$});
fails('a module that was not loaded',
	variant('no-module', pid1 => { 'main.c' => sub { s/^\tmodule_load_all\(&config\);\n//m } }),
	qr{^module hello_module is live: not in /proc/modules$});
for my $file ('memory.max', 'pids.max') {
	fails("a service without $file",
		variant("no-$file", pid1 => { 'isolate/cgroup.c' => sub { s/(if \(!limit_text\([^)]*\))\)/$1 || strcmp(file, "$file") == 0)/ } }),
		qr{^service hello has its limits: \Q$file\E is max, want \d+$});
}
fails('an orphan that nobody reaps',
	variant('no-reaper', pid1 => { 'service/reap.c' => sub { s/(\t\tif \()(waitid\(P_ALL)/${1}1 || $2/ } }),
	qr{^an orphan is reaped: still there \d+ ms after its end$});
my @past = ('-rtc', 'base=2020-02-29T12:00:00');
fails('a clock in the past that stays there',
	variant('no-clock', pid1 => { 'main.c' => sub { s/^\tclock_raise\(config\.epoch\);\n//m } }),
	qr{^clock is not before the image's epoch: it is 158\d{7}, the image is of 1767225600$}, @past);

# What must not fail it: a machine whose clock is wrong.
for my $rtc ('1970-01-01T00:00:00', '2020-02-29T12:00:00', '2106-02-07T00:00:00') {
	is_deeply([selfcheck_failures(boot($whole, '-rtc', "base=$rtc"))], [], "a clock of $rtc: no line fails");
}

# The host's side of the content id: the console must say what the manifest does.
$whole->{steps} = qq(expect "content id \${content_id}" 240\n);
unlike(boot($whole), qr/^not ok/m, 'the image says the content id of its manifest');
my $manifest = manifest($whole);
edit_file($manifest, sub { s/("content_id": ")(.)/$1 . ($2 eq '0' ? '1' : '0')/e });
$whole->{steps} =~ s/240/30/;
like(boot($whole), qr/^not ok 1 .*content id/m, 'another manifest is not that image\'s');

done_testing();
