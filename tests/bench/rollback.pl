#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# Installing and verifying a signed image: the device's program beside b2sum (one BLAKE2b pass), swupdate
# and rauc, and beside minisign and signify. Medians of interleaved runs, files in memory (TMP=/dev/shm)
# so that no disk is measured; wall time is worth something on an idle machine only. rauc mounts its bundle: without root it is left out, and that is said.
# usage: rollback.pl INGOT [RUNS]
use strict;
use warnings;
use Cwd qw(abs_path);
use Digest::SHA;
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use Time::HiRes qw(time);

my $ingot = abs_path(shift // './ingot');
my $runs = shift // 7;
my $dir = tempdir('rollback-bench-XXXXXX', DIR => $ENV{TMP} // '/dev/shm', CLEANUP => 1);
my $here = abs_path(__FILE__) =~ s{/[^/]+$}{}r;
my $MIB = 1 << 20;

for (qw(cputime copy)) {
	system('cc', '-O2', '-D_GNU_SOURCE', '-o', "$dir/$_", "$here/$_.c", '-lsodium') == 0 or die 'cc';
}
my ($root) = split ' ', (split /\n/, `$ingot build rollback`)[-1];
my $rollback = "$root/sbin/rollback";

sub write_file {
	my ($path, $text) = @_;
	make_path($path =~ s{/[^/]+$}{}r);
	open my $out, '>', $path or die "$path: $!";
	print $out $text;
	close $out or die "$path: $!";
}

sub read_file {
	my ($path) = @_;
	open my $in, '<', $path or die "$path: $!";
	local $/;
	return <$in>;
}

sub must {
	system(@_) == 0 or die "@_ failed";
}

sub quiet {
	my ($what, @command) = @_;
	my $pid = fork // die "fork: $!";

	if ($pid == 0) {
		open STDOUT, '>', "$dir/said";
		open STDERR, '>&', \*STDOUT;
		exec @command;
		die "$command[0]: $!";
	}
	waitpid $pid, 0;
	die "$what: ", read_file("$dir/said") if $?;
}

sub median {
	my @sorted = sort { $a <=> $b } @_;
	return $sorted[$#sorted / 2];
}

# Seconds of CPU and of wall time, and the peak KiB, of a command.
sub measured {
	my ($what, @command) = @_;
	unlink "$dir/time";
	quiet($what, "$dir/cputime", "$dir/time", @command);
	my ($cpu, $wall, $peak) = split ' ', read_file("$dir/time");
	return { cpu => $cpu / 1e6, wall => $wall / 1e6, peak => $peak };
}

# name => [runs of it], taken in turns.
sub interleaved {
	my (@cases) = @_;
	my %got;

	for (1 .. $runs) {
		push @{ $got{ $_->[0] } }, $_->[1]->() for @cases;
	}
	return sub { my ($name, $what) = @_; return median(map { $_->{$what} } @{ $got{$name} }) };
}

sub verdict {
	my ($ratio, $aim) = @_;
	return sprintf 'ratio %.2f (aim %.2f, %s)', $ratio, $aim, $ratio <= $aim ? 'met' : 'missed';
}

# An image of so many MiB as an update, and a blank device for it.
must("minisign -G -W -p '$dir/pub' -s '$dir/key' >/dev/null");
my $trusted = (split /\n/, read_file("$dir/pub"))[1];

sub make_image {
	my ($mib) = @_;
	my $out = "$dir/$mib";
	my $sha = Digest::SHA->new(256);

	make_path("$out/toy");
	must("head -c ${mib}M /dev/urandom >'$out/toy/bzImage'");
	$sha->addfile("$out/toy/bzImage");
	write_file("$out/toy/manifest.json", sprintf '{"board": "toy", "version": 1, "floor": 1,'
		. ' "content_id": "%064d", "image": {"file": "bzImage", "sha256": "%s", "size": %d}}', 1,
		$sha->hexdigest, $mib * $MIB);
	quiet('sign', $ingot, '--out', $out, 'sign', '--key', "$dir/key", 'toy');
	write_file("$out/conf", <<"END");
[device]
board = toy
content-id = $out/content-id
[slots]
a = $out/a
b = $out/b
[state]
device = $out/state
[keys]
threshold = 1
trusted = $trusted
END
	return { image => "$out/toy/bzImage", update => "$out/toy.release/toy-1.update", conf => "$out/conf",
		dir => $out, mib => $mib };
}

# A slot's bytes are there before, as a partition's are: only its end and the state are blank.
sub fill {
	my ($path, $bytes) = @_;
	(-s $path // 0) == $bytes or must("head -c $bytes /dev/zero >'$path'");
}

sub wipe {
	my ($path, $at, $bytes) = @_;
	must('dd', 'status=none', 'conv=notrunc', 'if=/dev/zero', "of=$path", 'bs=4096', 'seek=' . $at / 4096,
		'count=' . $bytes / 4096);
}

sub blank {
	my ($image) = @_;
	for (qw(a b)) {
		fill("$image->{dir}/$_", $image->{mib} * $MIB + 131072);
		wipe("$image->{dir}/$_", $image->{mib} * $MIB, 131072);
	}
	fill("$image->{dir}/state", 512 << 10);
	wipe("$image->{dir}/state", 0, 512 << 10);
}

sub install {
	my ($image) = @_;
	blank($image);
	return measured('install', $rollback, '--config', $image->{conf}, qw(install --first), $image->{update});
}

# swupdate: a CMS-signed list of images with SHA-256, streamed straight into its place.
sub make_swupdate {
	my ($image) = @_;
	my $d = "$dir/swupdate";
	my $sha = Digest::SHA->new(256)->addfile($image->{image})->hexdigest;

	make_path($d);
	link $image->{image}, "$d/image.bin" or die $!;
	write_file("$d/sw-description", <<"END");
software = {
	version = "1.0";
	hardware-compatibility: [ "1.0" ];
	images: ({ filename = "image.bin"; type = "raw"; device = "$d/slot"; sha256 = "$sha";
		installed-directly = true; });
}
END
	quiet('openssl', qw(openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=bench -addext),
		'extendedKeyUsage=emailProtection', '-keyout', "$dir/rsa.key", '-out', "$dir/rsa.pem");
	quiet('openssl cms', qw(openssl cms -sign -binary -nosmimecap -outform DER -in), "$d/sw-description",
		'-out', "$d/sw-description.sig", '-signer', "$dir/rsa.pem", '-inkey', "$dir/rsa.key");
	must("cd '$d' && printf '%s\\n' sw-description sw-description.sig image.bin"
		. " | cpio --quiet -o -H crc >'$d/image.swu'");
	unlink "$d/image.bin";
	return sub {
		fill("$d/slot", $image->{mib} * $MIB);
		return measured('swupdate', qw(swupdate -l 1 -M -m -H toy:1.0 -k), "$dir/rsa.pem", '-i', "$d/image.swu");
	};
}

# rauc: a signed bundle, mounted; its service does the work, on a bus of its own.
sub make_rauc {
	my ($image) = @_;
	my $d = "$dir/rauc";

	return undef if $> != 0 || !-e '/dev/loop-control';
	make_path("$d/in", "$d/mount");
	link $image->{image}, "$d/in/image.img" or die $!;
	write_file("$d/in/manifest.raucm", <<'END');
[update]
compatible=toy
version=1
[bundle]
format=plain
[image.rootfs]
filename=image.img
END
	write_file("$d/system.conf", <<"END");
[system]
compatible=toy
bootloader=noop
mountprefix=$d/mount
statusfile=$d/status
[keyring]
path=$dir/rsa.pem
[slot.rootfs.0]
device=$d/slot0
type=raw
bootname=A
[slot.rootfs.1]
device=$d/slot1
type=raw
bootname=B
END
	write_file("$d/run", <<"END");
export DBUS_STARTER_BUS_TYPE=session
rauc --conf=$d/system.conf --override-boot-slot=A service & service=\$!
for i in 1 2 3 4 5 6 7 8 9 10; do
	rauc status >/dev/null 2>&1 && break
	sleep 0.2
done
before=\$(cat /proc/\$service/stat)
begin=\$(date +%s.%N)
rauc install $d/image.raucb || exit 1
end=\$(date +%s.%N)
echo "\$before" >$d/before
cat /proc/\$service/stat >$d/after
echo "\$begin \$end" >$d/wall
grep VmHWM /proc/\$service/status >$d/peak
kill \$service
wait
END
	quiet('rauc bundle', 'rauc', '--cert', "$dir/rsa.pem", '--key', "$dir/rsa.key", 'bundle', "$d/in",
		"$d/image.raucb");
	return sub {
		fill("$d/$_", $image->{mib} * $MIB) for qw(slot0 slot1);
		quiet('rauc', 'dbus-run-session', '--', 'sh', "$d/run");
		my @ticks = map { my @f = split ' ', read_file("$d/$_"); $f[13] + $f[14] + $f[15] + $f[16] }
			qw(before after);
		my ($begin, $end) = split ' ', read_file("$d/wall");
		my ($peak) = read_file("$d/peak") =~ /(\d+)/;
		return { cpu => ($ticks[1] - $ticks[0]) / 100, wall => $end - $begin, peak => $peak };
	};
}

my $image = make_image(64);
my $swupdate = make_swupdate($image);
my $rauc = make_rauc($image);
my $of = interleaved(
	[ours => sub { install($image) }],
	[copy => sub { measured('copy', "$dir/copy", $image->{image}, "$image->{dir}/b") }],
	[hashed => sub { measured('copy', "$dir/copy", $image->{image}, "$image->{dir}/b", 'hash') }],
	[b2sum => sub { measured('b2sum', qw(b2sum -l 256), $image->{image}) }],
	[swupdate => $swupdate],
	($rauc ? [rauc => $rauc] : ()));
printf "install 64 MiB: CPU %.3f s, one pass of b2sum %.3f s: %s\n", $of->('ours', 'cpu'),
	$of->('b2sum', 'cpu'), verdict($of->('ours', 'cpu') / $of->('b2sum', 'cpu'), 1.3);
my %peak = (64 => $of->('ours', 'peak'));
for my $peer ('swupdate', $rauc ? 'rauc' : ()) {
	printf "install 64 MiB: CPU %.3f s, %s %.3f s: %s\n", $of->('ours', 'cpu'), $peer,
		$of->($peer, 'cpu'), verdict($of->('ours', 'cpu') / $of->($peer, 'cpu'), 0.5);
	printf "install 64 MiB: peak %d KiB, %s %d KiB: %s\n", $of->('ours', 'peak'), $peer,
		$of->($peer, 'peak'), verdict($of->('ours', 'peak') / $of->($peer, 'peak'), 0.1);
}
print "install 64 MiB: rauc: not measured: it needs root and loop devices\n" if !$rauc;
# The floor: copying alone, and with one pass of the hash. The peers read nothing back, and hash by SHA-256, for
# which the processor may have instructions.
for (['a bare copy and its read-back', 'copy'], ['the same and a pass of libsodium\'s BLAKE2b', 'hashed']) {
	my ($what, $name) = @$_;
	printf "install 64 MiB: floor, %s: CPU %.3f s: %s\n", $what, $of->($name, 'cpu'), join ', ', map {
		sprintf '%.2f of the CPU of %s', $of->($name, 'cpu') / $of->($_, 'cpu'), $_
	} 'ours', 'swupdate', $rauc ? 'rauc' : ();
}
unlink glob "$dir/swupdate/* $dir/rauc/*";

$peak{8} = install(make_image(8))->{peak};
my $large = make_image(256);
$peak{256} = install($large)->{peak};
printf "install: peak %d KiB for 8 MiB, %d for 64, %d for 256 (aim 2048, %s)\n", @peak{8, 64, 256},
	(grep { $_ > 2048 } values %peak) ? 'missed' : 'met';

# verifying
must("minisign -S -s '$dir/key' -m '$large->{image}' -x '$dir/large.minisig' >/dev/null");
must('signify-openbsd', '-G', '-n', '-p', "$dir/signify.pub", '-s', "$dir/signify.sec");
must('signify-openbsd', '-S', '-s', "$dir/signify.sec", '-m', $large->{image}, '-x', "$dir/large.sig");
$of = interleaved(
	[ours => sub { measured('verify', $rollback, '--config', $large->{conf}, qw(verify a)) }],
	[minisign => sub { measured('minisign', qw(minisign -V -p), "$dir/pub", '-m', $large->{image}, '-x',
		"$dir/large.minisig") }],
	[signify => sub { measured('signify', qw(signify-openbsd -V -p), "$dir/signify.pub", '-m',
		$large->{image}, '-x', "$dir/large.sig") }]);
for my $peer ([minisign => 0.45], [signify => 0.1]) {
	printf "verify 256 MiB: wall %.3f s (CPU %.3f s), %s %.3f s (%.3f s): %s\n",
		$of->('ours', 'wall'), $of->('ours', 'cpu'), $peer->[0], $of->($peer->[0], 'wall'),
		$of->($peer->[0], 'cpu'),
		verdict($of->('ours', 'wall') / $of->($peer->[0], 'wall'), $peer->[1]);
}
# The floor: minisign's pass by the same library, shared by the processors; wall time on an idle machine only.
chomp(my $processors = `nproc`);
printf "verify 256 MiB: on %d processors; CPU beside minisign's %.2f, which is %.2f on each\n", $processors,
	$of->('ours', 'cpu') / $of->('minisign', 'cpu'),
	$of->('ours', 'cpu') / $of->('minisign', 'cpu') / ($processors > 4 ? 4 : $processors);
