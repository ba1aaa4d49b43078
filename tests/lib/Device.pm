# SPDX-License-Identifier: ISC
# Devices that a test makes up: a board on qemu-x86_64's kernel with services of the test's own.
# The programs that they start stand in tests/boot/device/recipes/.
package Device;
use strict;
use warnings;
use Boot;
use Exporter 'import';
use Digest::SHA;
use Ingot;
use POSIX ();
use Storable qw(retrieve store);
use Test::More;

our @EXPORT = qw(device play play_two device_image slot);

my $out = scratch_dir();
my @shared = ('--tree', root() . '/tests/boot/device');

# A shell on the serial port for the steps `run`, which sees all of the device.
my $console = <<'END';
[Service]
ExecStart = /bin/sh
TTYPath = /dev/ttyS0
User = root
BindPaths = /
Restart = always
END

# Builds a board. services => { NAME => TEXT of its file }, all of them enabled, or those in
# enable => [NAME ...]; recipes => 'NAME ...' beside pid1, busybox and actor; board => TEXT behind
# its board.ini, image => TEXT behind its [image]; files => { PATH => CONTENT } for the image; inherit => another board than qemu-x86_64; pid1 => { FILE => EDIT } as in Boot.pm;
# tree => { PATH => CONTENT } for the tree that it is in; head => TEXT in its [board];
# shell => 0: without busybox, the console and the programs of the tests.
sub device {
	my ($name, %with) = @_;
	my $tree = scratch_dir();
	my $shell = $with{shell} // 1;
	my %services = ($shell ? (console => $console) : (), %{$with{services} // {}});
	my $enable = join ' ', @{$with{enable} // [sort keys %services]};
	my $inherit = $with{inherit} // 'qemu-x86_64';
	my $recipes = join ' ', 'pid1', ($shell ? qw(selfcheck busybox hello-module actor) : ()), $with{recipes} // ();

	write_file("$tree/boards/$name/services/$_.service", $services{$_}) for keys %services;
	my ($image, $files) = ($with{image} // '', '');
	for my $path (sort keys %{$with{files} // {}}) {
		write_file("$tree/boards/$name/files$path", $with{files}{$path});
		my $mode = $with{files}{$path} =~ /\A#!/ ? '0755' : '0644';
		$files .= ($files ? '' : "[files]\n") . "$path = files$path $mode\n";
	}
	write_file("$tree/$_", $with{tree}{$_}) for keys %{$with{tree} // {}};
	write_file("$tree/boards/$name/board.ini", <<"END" . $files . ($with{board} // ''));
[board]
name = $name
inherit = $inherit
@{[$with{head} // '']}
[image]
recipes = $recipes
compression = zstd-3
size-budget = 32M
selfcheck = no
$image
[services]
enable = $enable
END
	change_pid1($tree, $with{pid1}) if $with{pid1};
	my $built = ingot(@shared, '--tree', $tree, '--out', $out, 'build', $name);
	BAIL_OUT("$name: $built->{err}") if $built->{status};
	return { name => $name, tree => $tree };
}

# Boots it and does the steps (boottest(5)), each of them a test of its own; further arguments are
# QEMU's. All that the console said.
sub play {
	my ($device, @rest) = @_;
	return judge($device, boots($device, @rest));
}

# The same with two devices at once, [DEVICE, STEPS, ARGUMENT ...] each; what both of them said.
sub play_two {
	my ($one, $other) = @_;
	my $file = scratch_dir() . '/other';
	my $pid = fork // die "fork: $!";

	if ($pid == 0) {
		eval { store(boots(@$other), $file) };
		POSIX::_exit(0);
	}
	my $first = boots(@$one);
	waitpid $pid, 0;
	my $second = -e $file ? retrieve($file) : { out => '', err => 'ended early', said => '' };
	return (judge($one->[0], $first), judge($other->[0], $second));
}

# What `ingot test` and the console said.
sub boots {
	my ($device, $steps, @arguments) = @_;
	my $file = "$device->{tree}/steps.boot";

	write_file($file, $steps);
	my $test = ingot(@shared, '--tree', $device->{tree}, '--out', $out, 'test', $device->{name}, $file,
		'--', @arguments);
	my $log = "$out/test/$device->{name}/steps.log";
	$test->{said} = -e $log ? read_file($log) =~ s/\r//gr : '';
	# A shell's prompt may come before a service's line; the line begins behind it.
	$test->{said} =~ s/^(?:~ # )+//mg;
	return $test;
}

sub judge {
	my ($device, $test) = @_;
	my ($seen, $failed) = (0, 0);

	while ($test->{out} =~ /^(not )?ok \d+ - (?:.*?:)?(\d+: .*)$/mg) {
		my $what = "$device->{name}: $2";
		$seen++;
		ok(!$1, $what) or $failed++;
	}
	ok($seen, "$device->{name}: ran") if !$seen;
	diag($test->{out}, $test->{err}, "the console said last:\n", substr $test->{said}, -6000) if $failed || !$seen;
	return $test->{said};
}

# A slot for slot-loader as arguments for QEMU, with the right hash unless it is given another one;
# more: MiB of zeros that the image ends in.
sub slot {
	my ($image, $more, $hash) = @_;
	my $file = scratch_dir() . '/slot';
	my $sha = Digest::SHA->new(256)->add($image);
	my $size = length($image) + (($more // 0) << 20);

	$sha->add("\0" x (1 << 20)) for 1 .. $more // 0;
	write_file($file, sprintf("%-511s\n", ($hash // $sha->hexdigest) . " $size") . $image);
	truncate $file, (512 + $size + 511) & ~511 or die "$file: $!";
	return ('-drive', "file=$file,format=raw,if=virtio");
}

# Its bzImage.
sub device_image {
	my ($device) = @_;
	return "$out/$device->{name}/bzImage";
}

1;
