#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A device fetches its next version by HTTPS from a real nginx, verifies it and runs it: two services, of which
# one speaks to the network and the other one to the slots. A server that nobody vouches for is not listened to.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Boot;
use Collector;
use Device;
use Ingot;
use JSON::PP qw(decode_json encode_json);
use Nginx;
use Test::More;

my $scratch = scratch_dir();
my $program = root() . '/obj/device/rollback';
my $site = "$scratch/site";
my (undef, @net) = guest_net();

sub must {
	my ($result) = @_;
	die $result->{err} if $result->{status};
	return $result;
}

must(run('minisign', qw(-G -W -p), "$scratch/$_.pub", '-s', "$scratch/$_.key")) for qw(owner index);
my $trusted = (split /\n/, read_file("$scratch/owner.pub"))[1];
must(run('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', 2,
	'-subj', "/CN=$_", '-addext', 'subjectAltName=IP:10.0.2.2', '-keyout', "$scratch/$_.private", '-out', "$scratch/$_.pem"))
	for qw(server stranger);
mkdir $site;
my %server = map { $_ => nginx_start($site, tls => ["$scratch/$_.pem", "$scratch/$_.private"]) } qw(server stranger);

sub settings {
	my (%path) = @_;
	return <<"END";
[device]
board = fetcher
@{[$path{content} ? "content-id = $path{content}" : '']}
[slots]
a = $path{a}
b = $path{b}
[state]
device = $path{state}
unit = 16K
[keys]
threshold = 1
trusted = $trusted
END
}

sub updater_settings {
	my ($name) = @_;
	return <<"END";
[server]
url = https://10.0.2.2:$server{$name}{port}
ca = /etc/updater.pem
[poll]
interval = 5s
[transfer]
stall = 60s
END
}

# One board, of which two images differ in a file, as versions 1 and 2.
sub version {
	my ($version, $mark) = @_;
	my $device = device('fetcher', recipes => 'svc rollback updater', files => {
		'/etc/mark' => "$mark\n",
		'/etc/rollback.conf' => settings(a => '/dev/vda', b => '/dev/vdb', state => '/dev/vdc'),
		'/etc/updater.conf' => updater_settings('server'),
		'/etc/stranger.conf' => updater_settings('stranger'),
		'/etc/updater.pem' => read_file("$scratch/server.pem"),
	}, services => { stranger => <<'END' }, enable => [qw(console installer updater stranger)],
[Unit]
After = installer
[Service]
ExecStart = /sbin/updater --config /etc/stranger.conf
User = 970
PrivateNetwork = no
BindReadOnlyPaths = /etc/stranger.conf /etc/updater.pem
BindPaths = /run/installer
END
		board => "[kexec]\nloader = /sbin/rollback load\ntimeout = 60s\n[links]\neth0 = address 10.0.2.15/24\n");
	my $out = "$scratch/$mark";
	my $manifest = decode_json(read_file(device_image($device) =~ s/bzImage$/manifest.json/r));

	$manifest->{version} = $version;
	write_file("$out/fetcher/bzImage", read_file(device_image($device)));
	write_file("$out/fetcher/manifest.json", encode_json($manifest));
	must(run($ENV{INGOT}, '--out', $out, 'sign', '--key', "$scratch/owner.key", 'fetcher'));
	return { device => $device, out => $out, update => "$out/fetcher.release/fetcher-$version.update",
		content => $manifest->{content_id} };
}

sub drive {
	my ($file, $bytes) = @_;
	open my $handle, '>>', $file or die "$file: $!";
	truncate $handle, $bytes or die "$file: $!";
	return ('-drive', "file=$file,format=raw,if=virtio");
}

my $new = version(2, 'second');
my $old = version(1, 'first');

# As a factory does it: slot a has the first image, confirmed.
my @slots = (drive("$scratch/a", 64 << 20), drive("$scratch/b", 64 << 20), drive("$scratch/state", 6 * 16384));
write_file("$scratch/content-id", "$old->{content}\n");
write_file("$scratch/conf", settings(a => "$scratch/a", b => "$scratch/b", state => "$scratch/state",
	content => "$scratch/content-id"));
my @here = ($program, '--config', "$scratch/conf");
must(run(@here, 'install', '--first', $old->{update}));
must(run(@here, 'confirm'));

# What the vendor does.
must(run($ENV{INGOT}, 'root', '--key', "$scratch/owner.key", '--root', "$scratch/owner.pub", '--index', "$scratch/index.pub",
	'fetcher', $site));
must(run($ENV{INGOT}, '--out', $new->{out}, 'publish', '--key', "$scratch/index.key", 'fetcher', $site));

my $said = play($old->{device}, <<'END', @slots, @net);
timeout 300
expect "pid1: boot complete"
expect "version 2: installed"
expect "version 2: waits for its trial"
run grep -q first /etc/mark -> 0
run rollback status | grep -q '^slot b: staged, version 2$' -> 0
run rollback root | grep -q '^root: version 1$' -> 0
# The updater sees neither a slot nor rollback's own settings.
run test "$(ls /proc/$(pidof updater | cut -d' ' -f1)/root/dev | grep -c vd)" = 0 -> 0
run rollback try --kexec -> 0
send svc kexec b
expect "pid1: kexec: verified and loaded: stopping all services$"
expect "pid1: boot complete"
run grep -q second /etc/mark -> 0
run rollback confirm -> 0
run rollback status | grep -q '^slot b: good, version 2, the default, runs$' -> 0
END
like($said, qr/root 1: taken/, 'the root came first');
like($said, qr{https://10\.0\.2\.2:\d+/root/\d\.signed: the server's certificate is not vouched for},
	'a server that nobody vouches for is not listened to');
is(sha256_hex(substr(read_file("$scratch/b"), 0, -s "$new->{out}/fetcher/bzImage")),
	sha256_hex(read_file("$new->{out}/fetcher/bzImage")), 'slot b holds what was published');
my @log = nginx_log($server{server});
is(scalar(grep { m{^GET /images/[0-9a-f]{64}\.update 200 } } @log), 1, 'it was fetched once');
is(scalar(grep { /^GET/ } -e "$server{stranger}{dir}/access.log" ? nginx_log($server{stranger}) : ()), 0,
	'and the stranger was asked for nothing');

done_testing();
