#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A recipe's script sees its inputs and nothing else, and nothing of it outlives the build.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use IO::Socket::INET;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

my $tree = scratch_dir();
my $serial = time . $$;

sub recipe {
	my ($name, $script) = @_;

	$script =~ s/^/\t/mg;
	write_file("$tree/recipes/$name/recipe.ini", <<"END");
[recipe]
name = $name
version = 1
license = ISC
[build]
script =
	: $serial
	mkdir -p \$OUT/etc
	exec 3>\$OUT/etc/$name
$script
[install]
/etc/$name = 0644
END
}

# What the script wrote to descriptor 3.
sub seen {
	my ($name, $script) = @_;

	recipe($name, $script);
	my $built = ingot('--tree', $tree, 'build', $name);
	is($built->{status}, 0, "$name: builds") or diag($built->{err});
	my ($root) = $built->{out} =~ m{^(\S.*/root) \d+ }m or return '';
	open my $file, '<', "$root/etc/$name" or return '';
	local $/;
	return <$file> // '';
}

sub running {
	my ($what) = @_;
	my $found = 0;

	for my $path (glob '/proc/[0-9]*/cmdline') {
		open my $file, '<', $path or next;
		local $/;
		my $line = <$file> // '';
		$found++ if $line =~ /^sleep\x00${what}\x00/;
	}
	return $found;
}

sub gone {
	my ($what) = @_;

	for (1 .. 50) {
		return 1 if !running($what);
		sleep 0.1;
	}
	return 0;
}

is(seen('view', 'echo $(ls -A / | grep -v -x -e deps -e sysroot) >&3'),
	"bin build dev etc lib lib64 proc sbin tmp usr\n", 'only the sandbox is there');
is(seen('identity', '{ id -u; id -g; uname -n; umask; pwd; } >&3'),
	"1000\n1000\ningot\n0022\n/build/src\n", 'user, group, host, umask and folder are fixed');

$ENV{INGOT_LEAK} = 'leaked';
my $env = seen('environment', 'env >&3');
unlike($env, qr/INGOT|USER|LOGNAME|SSH|leaked/, 'nothing of the environment comes in');
like($env, qr/^SOURCE_DATE_EPOCH=1767225600$/m, 'but the epoch');
like($env, qr/^LC_ALL=C$/m, 'the locale');
like($env, qr/^TZ=UTC0$/m, 'and the time zone');

my $server = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1') or die "listen: $!";
my $port = $server->sockport;
my $connect = "perl -MSocket -e 'socket S, PF_INET, SOCK_STREAM, 0 or die; print connect(S, sockaddr_in($port, inet_aton(q(127.0.0.1)))) ? qq(in\\n) : qq(out\\n)'";
is(qx($connect), "in\n", q(the host's port answers outside));
is(seen('network', "$connect >&3"), "out\n", 'and does not inside');

for my $path ('/usr/x', '/etc/x', '/x', '/usr/bin/sh') {
	(my $name = $path) =~ tr{/}{-}s;
	is(seen("write$name", "if (: >>$path) 2>/dev/null; then echo yes; else echo no; fi >&3"),
		"no\n", "$path cannot be written");
}

my $start = time;
seen('daemon', "setsid sleep 87101 >/dev/null 2>&1 &\n(trap '' HUP TERM; exec sleep 87101) &");
cmp_ok(time - $start, '<', 60, 'a daemon does not keep the build');
ok(gone(87101), 'nor outlive it');

for my $signal (qw(INT TERM KILL)) {
	my $seconds = 87200 + length $signal;
	recipe("endless", "sleep $seconds & sleep $seconds");
	my $pid = fork // die "fork: $!";
	if ($pid == 0) {
		POSIX::setpgid(0, 0);
		open STDOUT, '>', '/dev/null' or die;
		open STDERR, '>', "$tree/err" or die;
		exec $ENV{INGOT}, '--tree', $tree, 'build', 'endless' or die;
	}
	for (1 .. 300) {
		last if running($seconds) == 2;
		sleep 0.1;
	}
	is(running($seconds), 2, "SIG$signal: the script runs");
	kill $signal, $pid;
	waitpid $pid, 0;
	if ($signal ne 'KILL') {
		is($? >> 8, $signal eq 'INT' ? 130 : 143, "SIG$signal: ingot ends with it");
		open my $err, '<', "$tree/err" or die;
		like(join('', <$err>), qr/stopped; what was finished is kept/, "SIG$signal: and says so");
	}
	ok(gone($seconds), "SIG$signal: nothing runs on");
}

my $bare = scratch_dir();
for my $program (qw(sh apt-get dpkg perl tar cp chmod patch)) {
	my ($path) = grep { -x } map { "$_/$program" } split /:/, $ENV{PATH};
	symlink $path, "$bare/$program" if $path;
}
recipe('bare', 'echo bare >&3');
{
	local $ENV{PATH} = $bare;
	my $without = ingot('--tree', $tree, 'build', 'bare');
	is($without->{status}, 1, 'without bubblewrap: exit 1, never a build without a sandbox');
	like($without->{err}, qr/apt-get install bubblewrap/, 'and the line to type');
}

recipe('plain', 'uname -n >&3');
my $plain = ingot('--tree', $tree, '--sandbox=none', 'build', 'plain');
if ($> == 0 && $plain->{err} !~ /cannot unshare/) {
	is($plain->{status}, 0, '--sandbox=none builds as root') or diag($plain->{err});
	like($plain->{err}, qr/warning: isolation: none/, 'and says what it is');
} else {
	is($plain->{status}, 1, '--sandbox=none without its means: exit 1');
	like($plain->{err}, qr/--sandbox=none/, 'and says why');
}

done_testing;
