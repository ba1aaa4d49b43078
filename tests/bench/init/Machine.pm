# SPDX-License-Identifier: ISC
# The machines of tests/bench/init.pl: boards on qemu-x86_64's kernel, archives to boot instead of
# what is in an image, and QEMU with a clock that counts instructions, so that the load of the
# host is not measured and a figure repeats.
package Machine;
use strict;
use warnings;
use Exporter 'import';
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;

our @EXPORT = qw(board image_archive archived_size archive watch);

my $out = scratch_dir();
my $tree = scratch_dir();
my ($config) = read_file(root() . '/boards/qemu-x86_64/board.ini') =~ /^config = (.*)$/m;

# Builds a board and returns its image. services => { NAME => TEXT of its file }, all enabled;
# recipes => 'NAME ...' beside bench-init; cmdline; more => TEXT behind its board.ini.
sub board {
	my ($name, %with) = @_;
	my %services = %{$with{services} // {}};
	my $enable = join ' ', sort keys %services;
	my $cmdline = $with{cmdline} // 'console=ttyS0 panic=5 noinitrd printk.devkmsg=on quiet';

	write_file("$tree/boards/$name/services/$_.service", $services{$_}) for keys %services;
	write_file("$tree/boards/$name/board.ini", <<"END" . ($with{more} // ''));
[board]
name = $name
arch = x86_64
hostname = bench
version = 1
epoch = 2026-01-01T00:00:00Z
[kernel]
recipe = linux
config = $config
cmdline = $cmdline
[image]
recipes = bench-init $with{recipes}
compression = zstd-3
cavity = 4M
ram = 128M
[services]
enable = $enable
[qemu]
machine = q35
END
	my $built = ingot('--tree', "$FindBin::Bin/init", '--tree', $tree, '--out', $out, 'build', $name);
	die "$name: $built->{err}" if $built->{status};
	return "$out/$name/bzImage";
}

# The root file system that an image has inside, as an archive: Documentation/arch/x86/boot.rst
# says where the kernel's payload is, and the archive lies in that as it is.
sub image_archive {
	my ($image) = @_;
	my $text = read_file($image);
	my $folder = scratch_dir();
	my $setup = unpack 'C', substr $text, 0x1f1, 1;
	my ($at, $length) = unpack 'VV', substr $text, 0x248, 8;

	# Its last four bytes are its size, not zstd's.
	write_file("$folder/payload.zst", substr $text, ($setup + 1) * 512 + $at, $length - 4);
	system('zstd', '-q', '-d', "$folder/payload.zst", '-o', "$folder/payload") == 0 or die "$image: zstd: $?";
	my $payload = read_file("$folder/payload");
	# The kernel's own code has the magic number too, but no header behind it.
	die "$image: no archive in it" if $payload !~ /070701[0-9A-Fa-f]{104}/;
	$payload = substr $payload, $-[0];
	die "$image: no end of the archive" if $payload !~ /070701[0-9A-Fa-f]{104}TRAILER!!!\0/;
	write_file("$folder/cpio", substr($payload, 0, $+[0]) . "\0" x 512);
	return "$folder/cpio";
}

# The size of one file in an archive, as cpio lists it.
sub archived_size {
	my ($archive, $name) = @_;

	open my $list, '-|', 'sh', '-c', 'exec cpio --quiet -itv <"$1"', 'sh', $archive or die "cpio: $!";
	my ($line) = grep { / \Q$name\E$/ } <$list>;
	return (split ' ', $line)[4];
}

# An archive of a folder, with the device nodes that an init needs.
sub archive {
	my ($folder) = @_;
	my $to = scratch_dir() . '/cpio';

	mkdir "$folder/dev";
	system('sh', '-ec', <<'END', 'sh', $folder, $to) == 0 or die "cannot make device nodes for the peers: run this as root\n";
cd "$1"
mknod dev/console c 5 1
mknod dev/null c 1 3
find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 >"$2"
END
	return $to;
}

# Boots an image until its console has said a line that matches $until so many times ($times),
# and returns all that it said. With archive => FILE and init => [INIT ARGUMENT ...], /bin/first lays
# that archive over the root and becomes that init. Dies when it takes too long.
sub watch {
	my ($image, $until, $times, %with) = @_;
	my @command = (qw(qemu-system-x86_64 -accel tcg -icount), 'shift=0,sleep=off', qw(-seed 1 -rtc), 'base=2026-01-01T00:00:00,clock=vm', qw(-machine q35 -m 256M -no-reboot),
		qw(-nodefaults -display none -serial stdio -kernel), $image);
	my $line = 'console=ttyS0 panic=5 printk.devkmsg=on quiet retain_initrd';
	my ($said, $seen) = ('', 0);

	push @command, '-initrd', $with{archive} if $with{archive};
	push @command, '-append', "$line rdinit=/bin/first -- @{$with{init}}" if $with{init};
	my $pid = open(my $machine, '-|', @command) // die "qemu-system-x86_64: $!";
	my $done = eval {
		local $SIG{ALRM} = sub { die "timeout\n" };
		alarm($with{seconds} // 1500);
		while (my $text = <$machine>) {
			$said .= $text =~ s/\r//gr;
			last if $text =~ /bench: failed|Kernel panic/ || $text =~ $until && ++$seen >= $times;
		}
		alarm 0;
		1;
	};
	kill 'KILL', $pid;
	close $machine;
	return $said if $done && $seen >= $times;
	die "$image: @{$with{init} // []}: saw $until $seen times instead of $times; the console said last:\n"
		. substr($said, -3000) . "\n";
}

1;
