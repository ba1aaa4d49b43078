# SPDX-License-Identifier: ISC
# What the tests of the command share: running it, folders that go away again, trees of files.
package Ingot;
use strict;
use warnings;
use Cwd qw(abs_path);
use Exporter 'import';
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp qw(tempdir);

our @EXPORT = qw(root scratch_dir write_file read_file edit_file run ingot);

my $root = abs_path(dirname(__FILE__) . '/../..');
my $out;

# Tests run in the root of the repository, whoever starts them, with nothing of the person's
# own settings; INGOT_TEST_STORE names a store of their own for all of them.
chdir $root or die "$root: $!";
delete @ENV{qw(INGOT_PATH INGOT_TREE)};
$ENV{INGOT_STORE} = $ENV{INGOT_TEST_STORE} if defined $ENV{INGOT_TEST_STORE};
$ENV{INGOT} //= "$root/ingot";
# mke2fs(8) and nft(8) are not in an ordinary user's way.
$ENV{PATH} .= ':/usr/sbin:/sbin';

sub root {
	return $root;
}

# A folder that goes away with the test; every path in it has blanks, as a person's may.
sub scratch_dir {
	return tempdir('ingot test XXXXXX', TMPDIR => 1, CLEANUP => 1);
}

sub write_file {
	my ($path, $text) = @_;

	make_path(dirname($path));
	open my $file, '>', $path or die "$path: $!";
	print $file $text or die "$path: $!";
	close $file or die "$path: $!";
}

sub read_file {
	my ($path) = @_;

	open my $file, '<', $path or die "$path: $!";
	local $/;
	return <$file> // '';
}

# Changes a file by code that works on $_; to change nothing is a mistake of the test.
sub edit_file {
	my ($path, $edit) = @_;
	local $_ = my $before = read_file($path);

	$edit->();
	die "$path: the edit changed nothing" if $_ eq $before;
	write_file($path, $_);
}

# Runs a command to its end: its exit status (128 + N after signal N), stdout and stderr.
sub run {
	my @command = @_;
	my $dir = scratch_dir();
	my $pid = fork // die "fork: $!";

	if ($pid == 0) {
		open STDIN, '<', '/dev/null' or die;
		open STDOUT, '>', "$dir/out" or die;
		open STDERR, '>', "$dir/err" or die;
		{ no warnings 'exec'; exec { $command[0] } @command }
		print STDERR "$command[0]: $!\n";
		require POSIX;
		POSIX::_exit(127);
	}
	waitpid $pid, 0;
	return {
		status => $? & 127 ? 128 + ($? & 127) : $? >> 8,
		out => read_file("$dir/out"),
		err => read_file("$dir/err"),
	};
}

# Runs ./ingot, or what $INGOT names. Images appear in a folder of the test's own.
sub ingot {
	my @arguments = @_;

	if (!grep { /^--out(?:=|$)/ } @arguments) {
		$out //= scratch_dir();
		unshift @arguments, '--out', $out;
	}
	return run($ENV{INGOT}, @arguments);
}

1;
