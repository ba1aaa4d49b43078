#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# The power goes while files are written to the outbox and sent from it: what the collector has acknowledged
# is whole and right, and after each start the queue is empty, usable and not held up by what was before.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Collector;
use Device;
use Digest::SHA 'sha256_hex';
use Inbox;
use Test::More;

my $cuts = 5;
my $size = 60_000;
my (undef, @qemu) = guest_net();
my $inbox = inbox_start('take');
# Puts files there until it is told to stop. A file holds nothing but its name, again and again; a boot
# has a name of its own.
my $putter = <<"END";
cd /run/outbox/normal
echo "left: [\$(ls -A)]"
boot=\$(cut -c1-8 /proc/sys/kernel/random/boot_id)
i=0
until test -e /run/stop; do
	i=\$((i+1))
	name=\$boot-\$i
	text="\$name "
	while test \${#text} -lt $size; do text="\$text\$text"; done
	printf %s "\$text" | head -c $size >.new
	chmod 644 .new
	mv .new \$name
	echo "put \$name"
	sleep 0.5
done
echo "ends with \$name"
END
my $device = device('power-cut', recipes => 'outbox',
	services => { putter => <<'END' },
[Unit]
After = outbox
[Service]
ExecStart = /bin/sh /etc/putter
User = root
BindPaths = /
END
	enable => [qw(console outbox putter)],
	files => { '/etc/putter' => $putter },
	board => "[links]\neth0 = address 10.0.2.15/24\n"
		. "[outbox]\ncollector = http://10.0.2.2:$inbox->{port}/in\nbandwidth = 64K\n");

# Repeatable instants, of which some fall into the sending of a file and some between two.
srand 20261121;
my $steps = "timeout 300\n";
for (1 .. $cuts) {
	$steps .= sprintf <<'END', rand 3;
expect "/in: files arrive"
run sleep %.2f -> 0
reset
END
}
my $said = play($device, $steps . <<'END', @qemu);
expect "/in: files arrive"
run sleep 1; touch /run/stop -> 0
expect "ends with [0-9a-f]+-[0-9]+$"
run until test -z "$(ls -A /run/outbox/normal)"; do sleep 0.5; done -> 0
END
# Those that were cut off end only now, with the machine.
my @all;
for (1 .. 60) {
	@all = inbox_requests($inbox);
	last if grep { !$_->{whole} && $_->{size} > 0 } @all;
	sleep 1;
}
inbox_stop($inbox);

my (@taken, @wrong, %times);
for my $request (grep { $_->{taken} } @all) {
	my ($name) = $request->{path} =~ m{^/in/ingot/normal/([0-9a-f]{8}-\d+)$};
	my $right = sha256_hex(substr("$name " x $size, 0, $size));

	push @wrong, $request->{path} if $request->{size} != $size || $request->{sha256} ne $right;
	push @taken, $name;
	$times{$name}++;
}
is_deeply(\@wrong, [], 'what is acknowledged is whole and right');
is_deeply([grep { $times{$_} > 1 } sort keys %times], [], 'and came once');
my %boots = map { s/-.*//r => 1 } @taken;
is(() = $said =~ /left: \[\]$/mg, $cuts + 1, 'every start found the queue empty');
cmp_ok(scalar(grep { !$_->{whole} && $_->{size} > 0 } @all), '>', 0, 'some were cut off in the middle');
is(keys %boots, $cuts + 1, 'every boot brought some');
my ($last) = $said =~ /ends with ([0-9a-f]+)-\d+$/m;
my @put = $said =~ /put (\Q$last\E-\d+)$/mg;
cmp_ok(scalar @put, '>', 0, 'the last boot put files there');
is_deeply([grep { !$times{$_} } @put], [], 'and all of them arrived');
diag(explain(\@all)) if !Test::More->builder->is_passing;

done_testing();
