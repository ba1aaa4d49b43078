#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A store that was damaged, shared or killed gives the same results as before; one that cannot be used says why.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use POSIX qw(:sys_wait_h);
use Test::More;
use Time::HiRes qw(sleep time);

my $tree = scratch_dir();
my $serial = time . $$;

# Bytes of its own for each run, so that no other result of the store is touched.
sub recipe {
	my ($name, $script) = @_;

	write_file("$tree/recipes/$name/recipe.ini", <<"END");
[recipe]
name = $name
version = 1
license = ISC
[build]
script =
	mkdir -p \$OUT/etc \$OUT/empty
	echo $serial $name >\$OUT/etc/$name
	$script
[install]
/etc/$name = 0644
END
}

sub build {
	return ingot('--tree', $tree, 'build', @_);
}

sub start {
	my @command = @_;
	my $pid = fork // die "fork: $!";

	if ($pid == 0) {
		open STDOUT, '>', "$tree/out.$$" or die;
		open STDERR, '>', "$tree/err.$$" or die;
		exec $ENV{INGOT}, '--tree', $tree, @command or die "ingot: $!";
	}
	return $pid;
}

sub said {
	my ($kind, $pid) = @_;
	open my $file, '<', "$tree/$kind.$pid" or return '';
	local $/;
	return <$file> // '';
}

recipe('kept', 'true');
my $first = build('kept');
is($first->{status}, 0, 'a recipe builds') or BAIL_OUT($first->{err});
my ($root) = $first->{out} =~ m{^(\S.*/root) \d+ [0-9a-f]{64} [0-9a-f]{64}$}m;
ok(defined $root && -f "$root/etc/kept", 'its result stands in the store');
my ($store) = $root =~ m{^(.*)/tree/};
is((stat "$root/etc/kept")[2] & 07777, 0444, 'read-only');
is((stat _)[9], 1767225600, 'and of no time');

my %damage = (
	'a flipped bit' => "chmod u+w etc/kept && printf X | dd of=etc/kept bs=1 conv=notrunc 2>&1",
	'a missing file' => 'chmod u+w etc && rm -f etc/kept',
	'a file too many' => 'chmod u+w empty && touch empty/more',
	'another mode' => 'chmod 0755 etc/kept',
	# A witness of an unchanged build does not read it; without one it must be found out.
	'a missing index' => 'rm -rf ../index ../../../witness/*',
	'a truncated index' =>
		'chmod u+w ../index && truncate -s 100 ../index && rm -rf ../../../witness/*',
);
for my $what (sort keys %damage) {
	system("cd '$root' && { $damage{$what}; } >/dev/null") == 0 or die $what;
	my $again = build('kept');
	is($again->{status}, 0, "$what: built again") or diag($again->{err});
	like($again->{err}, qr/warning: \S.*(?:damaged: .* dropped and built again|: it is replaced)/, "$what: said");
	is($again->{out}, $first->{out}, "$what: the same result");
	open my $file, '<', "$root/etc/kept" or die "$root: $!";
	is(<$file>, "$serial kept\n", "$what: the same bytes");
}

my ($hash) = $root =~ m{/tree/([0-9a-f]{64})/};
my @records = split /\n/, `grep -l $hash '$store'/action/*`;
cmp_ok(@records, '>', 0, 'a result is recorded');
for my $record (@records) {
	system("chmod u+w '$record' && echo nonsense >'$record'") == 0 or die $record;
}
system("rm -rf '$store/witness'/*");
my $recorded = build('kept');
is($recorded->{out}, $first->{out}, 'records with bad bytes: the same result');

recipe('shared', 'sleep 1');
my @two = map { start('build', 'shared') } 1 .. 2;
my @status = map { waitpid $_, 0; $? } @two;
is("@status", '0 0', 'two builds of one recipe at once end well') or diag(map { said('err', $_) } @two);
is(said('out', $two[0]), said('out', $two[1]), 'with the same result');

srand 1;
my %lines;
for my $round (1 .. 12) {
	recipe('killed', "i=0; while [ \$i -lt 300 ]; do echo \$i >\$OUT/etc/\$i; i=\$((i + 1)); done # " .
		int($round / 4));
	my $pid = start('build', 'killed');
	sleep rand 0.4;
	kill 'KILL', $pid;
	waitpid $pid, 0;
	my $after = build('killed');
	is($after->{status}, 0, "killed, round $round: the next run goes on") or diag($after->{err});
	$lines{(split ' ', $after->{out})[2]}++;
}
is(keys %lines, 1, 'and comes to the same bytes each time');
is(`ls -A '$store/work' | grep -c '^killed'`, "0\n", 'nothing is left of the killed');

my $foreign = $> == 0 ? scratch_dir() : '/';
chown 65534, 65534, $foreign if $> == 0;
my $other = ingot('--store', $foreign, '--tree', $tree, 'build', 'kept');
is($other->{status}, 1, q(another user's store: exit 1));
like($other->{err}, qr/\Q$foreign\E: this store belongs to .*INGOT_STORE/, 'said whose, and what to do');

my $file = scratch_dir() . '/file';
write_file($file, '');
my $no_folder = ingot('--store', $file, '--tree', $tree, 'build', 'kept');
is($no_folder->{status}, 1, 'a file as store: exit 1');
like($no_folder->{err}, qr/\Q$file\E: the store must be a folder/, 'said');

# Builds with a store on a file system of its own: exit status and what was said.
sub build_on {
	my ($options) = @_;
	my $folder = scratch_dir();
	my $command = "mount -t tmpfs -o $options small '$folder' && " .
		"'$ENV{INGOT}' --store '$folder' --tree '$tree' build kept 2>&1";

	open my $run, '-|', 'unshare', $> == 0 ? '-m' : '-rm', 'sh', '-c', $command or die "unshare: $!";
	local $/;
	my $said = <$run> // '';
	close $run;
	return ($? >> 8, $said);
}

SKIP: {
	skip 'no mounts allowed here', 4
		if system('unshare', $> == 0 ? '-m' : '-rm', 'sh', '-c', 'mount -t tmpfs x /mnt 2>/dev/null') != 0;
	my ($status, $said) = build_on('ro');
	is($status, 1, 'a read-only store: exit 1');
	like($said, qr/: the store cannot be written: Read-only file system/, 'said');
	($status, $said) = build_on('size=16k');
	is($status, 1, 'a full store: exit 1');
	like($said, qr/(?:No space left on device|only \d+ KiB free).*INGOT_STORE/s,
		'said, with what is free and what to do');
}

done_testing;
