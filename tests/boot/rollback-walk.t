#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A device's life with nobody at its console. Each version is put behind a real nginx; the device fetches, verifies
# and tries it by itself, first by kexec, then by a cold start through the launcher, and confirms it. Of version 2,
# with another kernel, the power is cut twenty times. Versions 3 to 9 are broken, each in another way: version 2
# runs again, says why, and never fetches that one again. Version 10, with another pid1, is installed.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Boot;
use Collector;
use Console;
use Device;
use Ingot;
use JSON::PP qw(decode_json);
use Launcher;
use Nginx;
use Test::More;
use Time::HiRes qw(sleep time);

srand 4;
my $limit = 600; # seconds for what takes ten; a hang takes the watchdog's 90
my $scratch = scratch_dir();
my $site = "$scratch/site";
my ($key, $public) = signing_key();
my (undef, @net) = guest_net();

sub must {
	my ($result) = @_;
	die $result->{err} if $result->{status};
	return $result;
}

must(run('minisign', qw(-G -W -p), "$scratch/index.pub", '-s', "$scratch/index.key"));
must(run('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', 2,
	'-subj', "/CN=$_", '-addext', 'subjectAltName=IP:10.0.2.2', '-keyout', "$scratch/$_.private", '-out', "$scratch/$_.pem"))
	for qw(server stranger);
must(run($ENV{INGOT}, 'root', '--key', $key, '--root', $public, '--index', "$scratch/index.pub", 'ab', $site));
my %server = map { $_ => nginx_start($site, tls => ["$scratch/$_.pem", "$scratch/$_.private"]) } qw(server stranger);
my $plain = nginx_start($site);

sub updater {
	my ($name) = @_;
	return <<"END";
[server]
url = https://10.0.2.2:$server{$name}{port}
ca = /etc/updater.pem
[poll]
interval = 3s
[transfer]
stall = 60s
END
}

my %services = (trial => read_file(root() . '/recipes/rollback/trial.service') =~ s/proceed 30/proceed 2/r,
	stranger => <<'STRANGER', app => <<'APP', uplink => <<'UPLINK', check => <<'CHECK');
[Unit]
After = installer
[Service]
ExecStart = /sbin/updater --config /etc/stranger.conf
User = 970
PrivateNetwork = no
BindReadOnlyPaths = /etc/stranger.conf /etc/updater.pem
BindPaths = /run/installer
STRANGER
[Unit]
StartLimitBurst = 2
[Service]
ExecStart = /sbin/app
BindReadOnlyPaths = /sbin/app /bin
Critical = yes
Restart = always
RestartSec = 0
RestartMaxDelaySec = 100ms
APP
[Service]
Type = oneshot
ExecStart = /sbin/uplink
BindReadOnlyPaths = /sbin/uplink /bin
PrivateNetwork = no
Critical = yes
TimeoutStartSec = 1h
UPLINK
[Service]
Type = oneshot
ExecStart = /sbin/check
BindReadOnlyPaths = /sbin/check /bin
Critical = yes
TimeoutStartSec = 1h
CHECK

# One board, whose versions differ in what is said of them.
sub release {
	my ($version, %with) = @_;
	my $app = $with{app} // 'exec sleep 100000';
	my $check = $with{check} // 'exit 0';
	my $address = $with{address} // '10.0.2.15/24';
	my $deadline = $with{deadline} // '5min';

	return version($version, recipes => 'updater', services => \%services,
		enable => [qw(console judge installer updater), grep { $_ ne 'stranger' || $version == 1 } sort keys %services],
		files => {
			'/sbin/app' => "#!/bin/sh\n$app\n",
			'/sbin/check' => "#!/bin/sh\n$check\n",
			'/sbin/uplink' => "#!/bin/sh\nuntil wget -q -T 10 -O /dev/null http://10.0.2.2:$plain->{port}/root/1.signed; do sleep 1; done\n",
			'/etc/updater.conf' => updater('server'),
			'/etc/stranger.conf' => updater('stranger'),
			'/etc/updater.pem' => read_file("$scratch/server.pem"),
		},
		watchdog => "[watchdog]\ndevice = /dev/watchdog0\ntimeout = 30s\nboot-timeout = 90s\n",
		board => "[links]\neth0 = address $address\n[health]\ntrial = 2s\ndeadline = $deadline\nhealthy = /sbin/rollback confirm\n",
		%with);
}

sub publish {
	my ($release) = @_;
	must(run($ENV{INGOT}, '--out', $release->{out}, 'publish', '--key', "$scratch/index.key", 'ab', $site));
}

sub asked {
	my ($like) = @_;
	my $log = "$server{server}{dir}/access.log";
	return scalar grep { /$like/ } -e $log ? split /\n/, read_file($log) : ();
}

# Waits for these on the console, in this order.
sub sees {
	my ($what, @like) = @_;
	for my $like (@like) {
		my $seen = says($like, $limit);
		ok($seen, "$what: $like");
		next if $seen;
		diag substr said(), -6000;
		power_cut();
		done_testing();
		exit 1;
	}
}

# pc-x86_64's, which is there already
my $kernel = 'base x86_64 virtio net cgroups modules watchdog hardening disk pstore firewall links button efi pc';
my $old = release(1);
my $disk = "$scratch/disk.img";
launcher($old);
must(make_disk($old, $disk));
my @trees = map { ('--tree', $_) } $old->{device}{tree}, root() . '/tests/boot/device';

sub start {
	power_on(@trees, '--out', $old->{out}, 'run', '--disk', 'ab', '--', @net);
}

sub flap {
	my ($what) = @_;
	power_cut();
	start();
	pass("the power is cut: $what");
}

# The launcher's words before a slot's device is up.
my $launches = qr/pid1: board ab-launcher,/;
my $up = qr/pid1: board ab,/;
my $whole = qr/pid1: boot complete/;
my $kexec = qr/slot [ab]: its trial by kexec comes now/;
my $cold = qr/slot [ab]: its trial by a cold start comes now/;

sub confirms {
	my ($what) = @_;
	sees($what, $up, qr/slot [ab]: is being tried/, qr/slot [ab]: healthy by kexec, a cold trial comes next/, $cold,
		$launches, qr/slot [ab]: attempt 1/, $up, qr/slot [ab]: confirmed/);
}

# v1 boots; v2, with another kernel, is there
my $began = time;
start();
sees('v1', $launches, qr/slot a: verified and loaded/, $up, $whole, qr/slot a: confirmed before/);
ok(said_at_last(qr/root 1: taken/, $limit), 'the root comes first');
ok(said_at_last(qr{https://10\.0\.2\.2:\d+/root/\d\.signed: the server's certificate is not vouched for}, $limit),
	'a server that nobody vouches for is not listened to');
types('cd /proc/$(pidof updater | cut -d" " -f1)/root && echo seen: dev/* :seen');
sees('the updater has devices', qr/^seen:[^\r\n]* dev\/null [^\r\n]*:seen/m);
unlike(said(), qr/^seen:.* dev\/vd/m, 'no slot is among them');
publish(release(2, config => $kernel));
sees('v2', qr/version 2: installed/, $kexec, qr/pid1: kexec: verified and loaded/, qr/Linux version/);
flap('in the kernel of a trial by kexec');
sees('back', $launches, qr/slot b: attempt 1 ended without a verdict/, qr/slot a: verified and loaded/, $up);
flap('in the boot of the default');
sees('again', $launches);
flap('in the launcher');
for (1 .. 15) {
	sleep rand 3;
	flap('in the first seconds, again');
}
sees('v2 again', $up, $kexec, $up);
flap('in the first seconds of a trial');
sees('back again', $launches, qr/slot b: attempt 2 ended without a verdict/, $kexec, $up,
	qr/slot b: healthy by kexec, a cold trial comes next/, $cold, $launches, qr/slot b: attempt 1/, qr/Linux version/);
flap('in a trial by a cold start');
sees('v2', qr/slot b: attempt 1 ended without a verdict/, qr/slot b: attempt 2/, $up, qr/slot b: confirmed/);

# what is wrong: the version's difference, what the console says of it, what the launcher finds
sub halts_at_entry {
	# Linux/x86 boot protocol: behind the setup's sectors, the 64-bit entry at 0x200.
	my $at = (ord(substr $_, 0x1f1, 1) + 1) * 512 + 0x200;
	substr($_, $at, 4) = "\xfa\xf4\xeb\xfd"; # cli; hlt; jmp to the hlt
}
my @broken = (
	['the kernel panics', { cmdline => 'panic=-1 rdinit=/none root=/dev/none' },
		qr/Kernel panic - not syncing: VFS/, qr/the kernel panicked: VFS: Unable to mount root fs/],
	['init exits', { cmdline => 'panic=-1 rdinit=/bin/false' },
		qr/Kernel panic - not syncing: Attempted to kill init/, qr/the kernel panicked: Attempted to kill init/],
	['a hang before init', { cmdline => 'rdinit=/none root=/dev/none rootwait initcall_blacklist=esb_driver_init' },
		qr/Waiting for root device/, qr/the watchdog fired/],
	['a hang after the jump', { image => \&halts_at_entry },
		qr/pid1: kexec: verified and loaded/, qr/the watchdog fired/],
	['a critical service crash-loops', { app => 'exit 1' },
		$up, qr/it gave itself up: unhealthy: service app: start-limit-hit/],
	['a check never passes', { check => 'exec sleep 100000', deadline => '25s' },
		$up, qr/it gave itself up: unhealthy: service check: \w+ for 25 s/],
	['the network never comes up', { address => '10.0.3.15/24', deadline => '25s' },
		$up, qr/it gave itself up: unhealthy: service uplink: \w+ for 25 s/],
);
my $version = 2;
for my $case (@broken) {
	my ($what, $with, $says, $found) = @$case;
	my $broken = ++$version;

	publish(release($broken, %$with));
	sees("v$broken, $what", qr/version $broken: installed/, $kexec, $says, $launches, $found,
		qr/slot a: its trial failed: bad, and refused from now on/, qr/slot b: verified and loaded/, $up, $whole);
	# The server offers it still: two whole looks.
	my $looks = asked(qr{^GET /index\.signed 200 }) + 3;
	my $end = time + $limit;
	sleep 0.2 while asked(qr{^GET /index\.signed 200 }) < $looks && time < $end;
	cmp_ok(asked(qr{^GET /index\.signed 200 }), '>=', $looks, "v$broken: is offered again");
}

# and on it goes, with another pid1
my $last = release(++$version, pid1 => { 'main.c' => sub { s/"board %s, /"new here: board %s, / } });
publish($last);
sees("v$version", qr/version $version: installed/, $kexec, qr/pid1: new here: board ab,/, $cold,
	$launches, qr/slot a: attempt 1/, qr/pid1: new here: board ab,/, qr/slot a: confirmed/);
my $said = said();
power_cut();
note sprintf 'the walk took %.0f s', time - $began;

# by the device's own program: what is on the disk, and what it tells of its life
my $bytes = read_file("$old->{out}/run-ab.img");
my %place = (a => [1, 8], b => [9, 8], state => [17, 1]);
write_file("$scratch/$_", substr $bytes, $place{$_}[0] * $MIB, $place{$_}[1] * $MIB) for keys %place;
write_file("$scratch/conf", settings($scratch));
my @device = (root() . '/obj/device/rollback', '--config', "$scratch/conf");
my $status = must(run(@device, 'status'))->{out};
like($status, qr/^slot a: good, version $version, the default$/m, 'the last one is the default');
like($status, qr/^slot b: good, version 2$/m, 'the one before is there');
is(run(@device, 'verify')->{status}, 0, 'both whole');
my @told = @{ decode_json(must(run(@device, '--json', 'history'))->{out}) };
my %event;
push @{$event{$_->{version}}}, $_ for @told;
note must(run(@device, 'history'))->{out};
# A trial comes up before or after its power is cut.
is_deeply([grep { $_ ne 'came up' } map { $_->{event} } @{$event{2}}], ['install begun', 'installed', 'to be tried', 'attempt',
	'no verdict', 'attempt', 'no verdict', 'attempt', 'healthy by kexec', 'attempt', 'no verdict', 'attempt', 'confirmed'],
	'history: power cuts charge v2 with nothing');
for my $i (0 .. $#broken) {
	my @life = @{$event{3 + $i}};
	is($life[-1]{event}, 'bad', "history: v@{[3 + $i]} is bad");
	like($life[-1]{why}, $broken[$i][3], "since $broken[$i][0]");
	is(scalar(grep { $_->{event} eq 'attempt' } @life), 1, 'after one attempt');
}
is($event{$version}[-1]{event}, 'confirmed', "history: v$version is confirmed");

# what the servers saw
my %images;
$images{$_}++ for map { m{^GET /images/([0-9a-f]{64})\.update 20[06] } ? $1 : () } nginx_log($server{server});
is_deeply([sort values %images], [(1) x 9], 'each version was fetched once');
is(scalar(grep { /^GET/ } -e "$server{stranger}{dir}/access.log" ? nginx_log($server{stranger}) : ()), 0,
	'a server that nobody vouches for was asked for nothing');
is(sha256_hex(substr(read_file("$scratch/a"), 0, -s "$last->{out}/ab/bzImage")), sha256_hex(read_file("$last->{out}/ab/bzImage")),
	'slot a holds what was published');

done_testing();
