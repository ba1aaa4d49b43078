# SPDX-License-Identifier: ISC
# A device of three disks, its slots and its state, as it leaves the factory: what its board.ini leaves to tests.
package Factory;
use strict;
use warnings;
use Exporter 'import';
use Ingot;

our @EXPORT = qw($factory signing_keys settings slot_drives drive leave_factory);

our $factory = scratch_dir(); # keys NAME.key and NAME.pub, the disks a, b and state
my $program = root() . '/obj/device/rollback';

# Makes pairs of keys that need no passphrase; the secret ones' files.
sub signing_keys {
	my (@names) = @_;
	for my $name (@names) {
		my $made = run('minisign', qw(-G -W -p), "$factory/$name.pub", '-s', "$factory/$name.key");
		die $made->{err} if $made->{status};
	}
	return map { "$factory/$_.key" } @names;
}

# rollback.conf of a board that believes one key; board and key (its file), else those of the device itself: a, b,
# state, content.
sub settings {
	my (%with) = (a => '/dev/vda', b => '/dev/vdb', state => '/dev/vdc', @_);
	my $trusted = (split /\n/, read_file($with{key} =~ s/key$/pub/r))[1];
	my $content = $with{content} ? "content-id = $with{content}\n" : '';
	return <<"END";
[device]
board = $with{board}
$content\[slots]
a = $with{a}
b = $with{b}
[state]
device = $with{state}
unit = 8K
[keys]
threshold = 1
trusted = $trusted
END
}

# A file as a disk of so many bytes, for QEMU.
sub drive {
	my ($file, $bytes) = @_;
	open my $handle, '>>', $file or die "$file: $!";
	truncate $handle, $bytes or die "$file: $!";
	return ('-drive', "file=$file,format=raw,if=virtio");
}

# Its three disks, with so many bytes for the state, as QEMU has them.
sub slot_drives {
	my ($state) = @_;
	return (drive("$factory/a", 64 << 20), drive("$factory/b", 64 << 20), drive("$factory/state", $state));
}

# The image of the update, whose content id that is, goes into slot a and is confirmed; the device's own program
# on those disks as a command. The rest is settings()'s.
sub leave_factory {
	my ($update, $content, @with) = @_;
	my @here = ($program, '--config', "$factory/conf");
	write_file("$factory/content-id", "$content\n");
	write_file("$factory/conf", settings(@with, a => "$factory/a", b => "$factory/b", state => "$factory/state",
		content => "$factory/content-id"));
	for my $step (['install', '--first', $update], ['confirm']) {
		my $done = run(@here, @$step);
		die "@$step: $done->{err}" if $done->{status};
	}
	return @here;
}

1;
