#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A launcher starts what is whole, whatever else is wrong: media that can only be read, or that are not there.
# What it cannot write down it does not try.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use Slots;
use Test::More;

$ENV{ASAN_OPTIONS} = 'detect_leaks=0'; # which strace does not let look

sub traced {
	my ($inject, @verb) = @_;
	return run('strace', '-o', "$scratch/trace", '-e', 'inject=kexec_file_load:retval=0', @$inject,
		$program, '--config', $config, @verb);
}

# What the launcher has the kernel load, and what it says of it.
sub launches {
	my ($what, $slot, $like, @inject) = @_;
	my $result = traced([@inject], 'launch');

	is($result->{status}, 0, "$what: something starts") or diag $result->{err};
	like($result->{out}, qr/^slot $slot: $like$/m, "$what: slot $slot");
	return $result->{out};
}

# The next launch finds these media read-only: each first opening, to write, fails.
sub read_only {
	my ($what, $slot, $like, @files) = @_;
	my ($count, @inject) = (0);

	for (split /\n/, read_file("$scratch/trace")) {
		/^openat\(/ or next;
		$count++;
		for my $file (@files) {
			push @inject, $count if /"\Q$path{$file}\E", O_RDWR/;
		}
	}
	is(scalar @inject, 1, "$what: @files would be opened to write");
	return launches($what, $slot, $like, '-e', "inject=openat:error=EROFS:when=$inject[0]");
}

# A directory is in its place meanwhile.
sub without {
	my ($what, $slot, $file, $like) = @_;

	rename $path{$file}, "$path{$file}.away" or die $!;
	mkdir $path{$file} or die $!;
	my $said = launches($what, $slot, 'verified and loaded');
	like($said, qr/^\Q$path{$file}\E: cannot open: Is a directory$/m, "$what: is told");
	like($said, $like, "$what: and what follows from it") if $like;
	rmdir $path{$file} or die $!;
	rename "$path{$file}.away", $path{$file} or die $!;
}

my $loaded = 'verified and loaded';
new_device();
# What a launcher would wait for, since the folder is there.
write_file($path{'last-boot'}, "[last-boot]\nkind = cut\n");
rollback('install', '--first', update(1));
runs(1);
is(rollback('confirm')->{status}, 0, 'v1 runs, confirmed');
is(rollback('install', update(2))->{status}, 0, 'v2');
is(rollback('try', '--kexec')->{status}, 0, 'is to be tried');
is(traced([], 'load', 'b')->{status}, 0, 'by kexec');
runs(2);
is(rollback('confirm')->{status}, 0, 'and is confirmed');
is(rollback('install', update(3))->{status}, 0, 'v3, in slot a');
launches('all is well', 'b', $loaded);

# the state
my $said = read_only('the state is read-only', 'b', $loaded, 'state');
like($said, qr/^\Q$path{state}\E: cannot open: Read-only file system$/m, 'which is told');
unlike($said, qr/no state/, 'it is read all the same');
without('the state is not there', 'a', 'state', qr/^\Q$path{state}\E: no state can be read: a slot that is signed/m);

# the slots
launches('once more', 'b', $loaded);
read_only("slot $_ is read-only", 'b', $loaded, $_), launches('once more', 'b', $loaded) for qw(a b);
without('slot a is not there', 'b', 'a');
without('slot b is not there', 'a', 'b', qr/^slot a: verified and loaded$/m);

# a trial
configure(more => "[boot]\nmethod = launcher\ntrial = reboot\nfirmware-watchdog = yes\n");
is(rollback('try')->{status}, 0, 'v3 is to be tried by a cold start');
read_only('no attempt can be written', 'b', $loaded, 'state');
is(status()->{slots}[0]{tries}, 0, 'and none is made');
launches('it can', 'a', 'attempt 1');
read_only('no verdict can be written', 'b', $loaded, 'state');
is(status()->{slots}[0]{tries}, 1, 'and there is none');
launches('it can', 'a', 'attempt 2');

done_testing();
