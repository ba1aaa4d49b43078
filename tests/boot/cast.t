#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A cast image equals, byte for byte, what the kernel's own `make bzImage` makes of the same padded cpio
# and command line; and a root file system that outgrows its cavity moves to the next by a relink.
use strict;
use warnings;
use Digest::SHA;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use JSON::PP qw(decode_json);
use Test::More;

my $tree = scratch_dir();
my $out = scratch_dir();
my $dir = scratch_dir();
my $store = $ENV{INGOT_STORE} // ($ENV{XDG_CACHE_HOME} // "$ENV{HOME}/.cache") . '/ingot';
my $cmdline = 'console=ttyS0 noinitrd panic=7 a.line=of-its-own';

sub board {
	my ($name, $more, $image) = @_;

	write_file("$tree/boards/$name/board.ini", <<"END");
[board]
name = $name
inherit = qemu-x86_64
[kernel]
cmdline = $cmdline
[image]
compression = zstd-22
size-budget = 32M
$image
$more
END
	my $built = ingot('--tree', $tree, '--out', $out, 'build', $name);
	is($built->{status}, 0, "$name builds") or BAIL_OUT($built->{err});
	return $built;
}

sub kit_of {
	my ($size) = @_;
	for my $ini (sort { -M $a <=> -M $b } glob "$store/tree/*/root/kit.ini") {
		my %kit;
		my $section = '';
		for (split /\n/, read_file($ini)) {
			$section = $1 if /^\[(.*)\]/;
			$kit{"$section.$1"} = $2 if /^([\w-]+) = (.*)/;
		}
		return \%kit if $kit{'cavity.size'} == $size;
	}
	die "no kit with a cavity of $size bytes";
}

# The kernel's payload, as the boot code would unpack it: the zstd frame inside the bzImage.
sub payload {
	my ($image) = @_;
	my $bytes = read_file($image);
	my $setup = (unpack('C', substr($bytes, 0x1f1, 1)) + 1) * 512;
	my ($offset, $length) = unpack 'VV', substr $bytes, 0x248, 8; # boot.rst, payload_offset

	write_file("$dir/frame.zst", substr $bytes, $setup + $offset, $length - 4);
	return run('zstd', '-dcq', "$dir/frame.zst")->{out};
}

my $built = board('equal', '', 'cavity = 4M');
my $manifest = decode_json(read_file("$out/equal/manifest.json"));
my $kit = kit_of(4 << 20);
my $cavity = substr payload("$out/equal/bzImage"), $kit->{'cavity.offset'}, $kit->{'cavity.size'};
like($cavity, qr/^070701/, 'the cavity of the image holds a newc archive');
write_file("$dir/cavity.cpio", $cavity);
my $names = run('sh', '-c', "cpio -t <'$dir/cavity.cpio' 2>/dev/null")->{out};
like($names, qr{^bin/busybox$}m, 'with the root file system in it');

# The same compiled kernel, by its own makefiles in the same toolchain.
my ($linux) = map { $_->{output} } grep { $_->{name} eq 'linux' } @{ $manifest->{inputs} };
my $toolchain = read_file("$store/action/$manifest->{toolchain}{identity}") =~ s/\s.*//sr;
is(system('cp', '-R', "$store/tree/$linux/root", "$dir/linux"), 0, 'the compiled kernel is there');
system('chmod', '-R', 'u+w', "$dir/linux");
my $config = read_file("$dir/linux/.config");
$config =~ s/^CONFIG_CMDLINE=.*/CONFIG_CMDLINE="$cmdline"/m or die 'no CONFIG_CMDLINE';
write_file("$dir/linux/.config", $config);
write_file("$dir/build", <<'END');
set -eu
touch /tmp/now
find . -exec touch -h -r /tmp/now {} +
export KBUILD_BUILD_USER=ingot KBUILD_BUILD_HOST=ingot KBUILD_BUILD_VERSION=1
KBUILD_BUILD_TIMESTAMP=$(date -u -d "@$SOURCE_DATE_EPOCH")
export KBUILD_BUILD_TIMESTAMP
sleep 1
cp /cavity.cpio usr/cavity.cpio
touch .config
make -j2 ARCH=x86 CROSS_COMPILE=x86_64-linux-gnu- bzImage
END
my $usr = "$store/tree/$toolchain/root";
my $make = run('bwrap', '--unshare-all', '--hostname', 'ingot', '--die-with-parent', '--ro-bind', "$usr/usr",
	'/usr', (map { ('--symlink', "usr/$_", "/$_") } qw(bin lib lib64 sbin)), '--dev', '/dev',
	'--proc', '/proc', '--tmpfs', '/tmp', '--bind', "$dir/linux", '/build/src', '--ro-bind',
	"$dir/cavity.cpio", '/cavity.cpio', '--ro-bind', "$dir/build", '/script', '--chdir', '/build/src',
	'--clearenv', '--setenv', 'PATH', '/usr/bin:/bin', '--setenv', 'LC_ALL', 'C', '--setenv', 'TZ',
	'UTC0', '--setenv', 'SOURCE_DATE_EPOCH', '1767225600', '/bin/sh', '/script');
is($make->{status}, 0, 'the kernel makes its own bzImage') or diag($make->{err});
is(Digest::SHA->new(256)->addfile("$dir/linux/arch/x86/boot/bzImage", 'b')->hexdigest,
	$manifest->{image}{sha256}, 'and it is the cast image, byte for byte');

# What does not fit is refused where the board fixes the cavity, and moves on where it does not.
my $filler = '';
srand time; # new each time, so that it is cast and not found
$filler .= pack 'N', rand 2**32 for 1 .. 1_250_000;
write_file("$tree/boards/grown/files/filler", $filler);
my $grown = board('grown', "[files]\n/etc/filler = files/filler 0644", 'cavity = auto');
like($grown->{err}, qr/grown: link kit|grown: cast/, 'a bigger root file system builds');
unlike($grown->{err}, qr/linux: build/, 'without compiling the kernel again');
ok(kit_of(8 << 20), 'in the next class of cavity');
write_file("$tree/boards/stuck/files/filler", $filler);
write_file("$tree/boards/stuck/board.ini", "[board]\nname = stuck\ninherit = qemu-x86_64\n"
	. "[image]\ncavity = 4M\nsize-budget = 32M\n[files]\n/etc/filler = files/filler 0644\n");
my $stuck = ingot('--tree', $tree, '--out', $out, 'build', 'stuck');
is($stuck->{status}, 1, 'a fixed cavity that is too small: exit 1');
like($stuck->{err}, qr{stuck/board\.ini: \[image\] cavity: the root file system takes 5\.\d MiB, the cavity is 4\.0 MiB.*/etc/filler},
	'saying what takes the room') or diag($stuck->{err});
ok(!-e "$out/stuck", 'and nothing is left where a result would be');

done_testing();
