#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# Rot in a slot is found while the device runs: what differs from its sum is judged by its signed hashes,
# emptied if another confirmed slot is there, and told.
use strict;
use warnings;
use Fcntl qw(:flock);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use JSON::PP qw(decode_json);
use Slots;
use Test::More;
use Time::HiRes qw(time);

sub scrub {
	my ($want, $like, $what, @options) = @_;
	my $result = rollback('scrub', @options);
	is($result->{status}, $want, "$what: exit status $want") or diag $result->{err};
	like($result->{out} . $result->{err}, $like, "$what: said so");
}

new_device();
scrub(4, qr/holds no state/, 'a blank device');
rollback('install', '--first', update(1));
runs(1);
is(rollback('confirm')->{status}, 0, 'v1 runs, confirmed');
scrub(0, qr/\Aslot a: is signed and whole\n\z/, 'the first time the hashes decide');
scrub(0, qr/\Aslot a: has not changed\n\z/, 'then the sum');
is(rollback('install', update(2))->{status}, 0, 'v2');
scrub(0, qr/\Aslot a: has not changed\nslot b: is signed and whole\n\z/, 'each slot for itself');

# at most as fast as it is told
my $from = time;
scrub(0, qr/slot b: has not changed/, 'slowly', '--rate', 400_000);
cmp_ok(time - $from, '>=', 0.9, 'two slots of 200000 bytes take a second');

# an installer may have the slots meanwhile
{
	open my $lock, '<', $path{state} or die $!;
	flock $lock, LOCK_EX or die $!;
	scrub(0, qr/slot b: has not changed/, 'while another one is at work');
	flip($path{b}, 70_000);
	scrub(4, qr/cannot lock/, 'but what differs is judged under the lock');
}

# Where firmware starts the slots it has to be told first: here it cannot be.
configure(more => "[boot]\nmethod = efi\n");
scrub(1, qr/: is no block device/, 'nothing is emptied behind the firmware');
is(status()->{slots}[1]{state}, 'staged', 'the slot is what it was');
configure();

# rot
scrub(5, qr/slot b: chunk 2 of 4 is not what was signed\nslot b: is empty now\n/, 'a flipped bit');
is(status()->{slots}[1]{state}, 'empty', 'the slot is no longer counted on');
my @told = @{ decode_json(rollback('--json', 'history')->{out}) };
is("$told[-1]{event} $told[-1]{version}", 'emptied 2', 'the history has it');
like($told[-1]{why}, qr/chunk 2 of 4/, 'with the reason');
scrub(0, qr/\Aslot a: has not changed\n\z/, 'the rest is whole');
flip($path{a}, 150_000);
scrub(5, qr/slot a: stays, it is the only confirmed one/, 'the only confirmed slot stays');
is(status()->{slots}[0]{state}, 'good', 'as it is');
flip($path{a}, 150_000);
scrub(0, qr/\Aslot a: has not changed\n\z/, 'mended');

# rot of the sum itself is none of the image's; of the release it is
my $tail = (1 << 20) - 131_072;
flip($path{a}, $tail + 4096 + 20);
scrub(0, qr/\Aslot a: is signed and whole\n\z/, 'a wrong sum');
scrub(0, qr/\Aslot a: has not changed\n\z/, 'is written anew');
is(rollback('install', update(3))->{status}, 0, 'v3');
scrub(0, qr/slot b: is signed and whole/, 'an install takes the old sum away');
flip($path{b}, $tail + 8192 + 30);
scrub(5, qr{/b: the signature of key \w+ does not match\n.*was not what was signed}s, 'a release that is not what was signed');
is(decode_json(rollback('--json', 'scrub')->{out} || '{"damaged":1}')->{damaged}, 1, 'for programs');

done_testing();
