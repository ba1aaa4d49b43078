# SPDX-License-Identifier: ISC
# Images that differ from qemu-x86_64 in one thing, and what they say on the console.
package Boot;
use strict;
use warnings;
use Exporter 'import';
use Ingot;
use Test::More ();

our @EXPORT = qw(variant boot holds disk change_pid1 selfcheck_failures manifest);

my $out = scratch_dir();

# Puts another pid1 into a tree: a copy of the sources with these edits, { FILE => EDIT }.
sub change_pid1 {
	my ($tree, $edits) = @_;

	write_file("$tree/recipes/pid1/recipe.ini", read_file(root() . '/recipes/pid1/recipe.ini'));
	edit_file("$tree/recipes/pid1/recipe.ini", sub { s/^name = pid1$/name = pid1\nreplaces = pid1/m });
	system('cp', '-r', root() . '/pid1', root() . '/lib', $tree) == 0 or die "cp: $?";
	edit_file("$tree/pid1/$_", $edits->{$_}) for keys %$edits;
}

# A tree of its own with a board NAME that inherits qemu-x86_64, built. pid1 => { FILE => EDIT }
# builds it with another pid1: a copy of the sources with these edits. board => TEXT is added to
# its board.ini, services => { NAME => TEXT } to its services.
sub variant {
	my ($name, %change) = @_;
	my $tree = scratch_dir();

	write_file("$tree/boards/$name/board.ini", <<"END" . ($change{board} // ''));
[board]
name = $name
inherit = qemu-x86_64
[image]
compression = zstd-3
size-budget = 16M
END
	write_file("$tree/boards/$name/services/$_.service", $change{services}{$_}) for keys %{$change{services} // {}};
	change_pid1($tree, $change{pid1}) if $change{pid1};
	my $built = ingot('--tree', $tree, '--out', $out, 'build', $name);
	die "$name: $built->{err}" if $built->{status};
	return { name => $name, tree => $tree };
}

# Boots it with QEMU's arguments until its self-check has ended; all that the console said.
sub boot {
	my ($image, @arguments) = @_;
	my $steps = $image->{tree} . '/steps.boot';

	write_file($steps, $image->{steps} // qq(expect "selfcheck: (passed|FAILED [0-9]+ of [0-9]+)\$" 240\n));
	my $test = ingot('--tree', $image->{tree}, '--out', $out, 'test', $image->{name}, $steps, '--', @arguments);
	die "$image->{name}: $test->{err}" if $test->{out} eq '';
	my $said = read_file("$out/test/$image->{name}/steps.log") =~ s/\r//gr;
	$said .= $test->{out} . $test->{err} if $test->{status};
	return $said;
}

# Does the steps of boottest(5) on a machine with QEMU's arguments: one test, which shows the console
# where a step fails. All that the console said.
sub holds {
	my ($image, $what, $steps, @arguments) = @_;
	my $file = "$image->{tree}/steps.boot";

	write_file($file, $steps);
	my $test = ingot('--tree', $image->{tree}, '--out', $out, 'test', $image->{name}, $file, '--', @arguments);
	my $said = -e "$out/test/$image->{name}/steps.log" ? read_file("$out/test/$image->{name}/steps.log") =~ s/\r//gr : '';
	Test::More::is($test->{status}, 0, $what)
		or Test::More::diag($test->{out} . $test->{err} . substr($said, -6000));
	return $said;
}

# An empty disk of so many KiB as arguments for QEMU: /dev/vda, if it is the first.
sub disk {
	my ($kib) = @_;
	my $file = scratch_dir() . '/disk';

	write_file($file, "\0" x (1024 * $kib));
	return ('-drive', "file=$file,format=raw,if=virtio");
}

sub manifest {
	my ($image) = @_;
	return "$out/$image->{name}/manifest.json";
}

# The lines of the self-check that are not ok, without their numbers.
sub selfcheck_failures {
	my ($said) = @_;
	# The shell's prompt may stand before a line.
	my @failed = $said =~ /^(?:~ # )?not ok \d+ - (.*)$/mg;

	return ('no self-check ran') if $said !~ /^(?:~ # )?selfcheck: (?:passed|FAILED)/m;
	return @failed;
}

1;
