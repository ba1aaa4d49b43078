#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# Files in /run/outbox go to a real server: the highest priority first and past what is under way,
# within the bandwidth; a file is deleted when the server has acknowledged it, and not before.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Collector;
use Device;
use Inbox;
use Test::More;

my (undef, @qemu) = guest_net();
my $inbox = inbox_start();
my $bandwidth = 65536;
my $device = device('outbox', recipes => 'outbox',
	services => { putter => <<'END' },
[Service]
Type = oneshot
ExecStart = /bin/sh -c "head -c 1000 /dev/zero >/run/outbox/normal/.new; chmod 644 /run/outbox/normal/.new; mv /run/outbox/normal/.new '/run/outbox/normal/of a service'; ls /run/outbox/normal || echo cannot look"
BindPaths = /run/outbox/normal
BindReadOnlyPaths = /bin
END
	enable => [qw(console outbox putter)],
	board => "[outbox]\ncollector = http://10.0.2.2:$inbox->{port}/in\nbandwidth = 64K\n");
my $tell = "wget -q -O /dev/null http://10.0.2.2:$inbox->{port}";
my $said = play($device, <<"END", @qemu);
timeout 240
expect "boot complete"
expect "10.0.2.2:[0-9]+/in: Network unreachable"
run cd /run/outbox; head -c 400000 /dev/zero >bulk/.b && mv bulk/.b bulk/big -> 0
run head -c 100000 /dev/zero >critical/.a && mv critical/.a critical/first -> 0
run echo secret >critical/.s && chmod 600 critical/.s && mv critical/.s critical/unreadable -> 0
run head -c 3000 /dev/zero >critical/.half -> 0
send ip link set eth0 up && ip addr add 10.0.2.15/24 dev eth0
expect "first: the collector answers 503"
send test -e critical/first && $tell/break
expect "/in: (the connection broke off|Connection reset by peer)"
send test \$(stat -c %s critical/first) -eq 100000 && test -e bulk/big && $tell/take
expect "/in: files arrive"
run while test -e critical/first; do sleep 0.2; done -> 0
# While the big one is under way a more urgent one comes.
run sleep 2; head -c 20000 /dev/zero >critical/.l && mv critical/.l critical/late -> 0
run while test -e bulk/big; do sleep 0.5; done -> 0
run test "\$(echo \$(ls -A critical normal bulk))" = "bulk: critical: .half unreadable normal:" -> 0
run test \$(stat -c %s critical/.half) -eq 3000 -> 0
END
inbox_stop($inbox);
like($said, qr/cannot look/, 'a service sees nothing of what others have put there');
my @all = inbox_requests($inbox);
my @taken = grep { $_->{taken} } @all;
my @names = map { $_->{path} =~ s{.*/}{}r } @taken;
my %at = map { $names[$_] => $_ } 0 .. $#names;
is(join(' ', sort @names), 'big first late of%20a%20service', 'each file was taken once') or diag(explain(\@all));
is($taken[0]{path} // '', '/in/ingot/critical/first', 'the most urgent came first, below the host name and its priority');
cmp_ok($at{late} // 9, '<', $at{big} // 0, 'what is urgent went past the big one');
cmp_ok($at{'of%20a%20service'} // 9, '<', $at{big} // 0, 'normal came before bulk');
my ($broken) = grep { !$_->{whole} && $_->{path} =~ /first/ } @all;
ok($broken && $broken->{size} >= 20_000, 'the server broke off in the middle');
my ($big) = grep { $_->{path} =~ /big/ && $_->{taken} } @all;
my $seconds = $big ? $big->{ended} - $big->{began} : 0;
# The first bytes fill buffers on the way; then it is 64 KiB a second.
cmp_ok($seconds, '>', (400_000 - 100_000) / $bandwidth, sprintf 'the bandwidth held: 400,000 bytes took %.1f s', $seconds);

done_testing();
