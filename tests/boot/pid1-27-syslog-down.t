#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A real rsyslogd gets the log from the first line of the boot on, by UDP and by TCP, critical
# services first; while it is down nothing waits and nothing is lost.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Collector;
use Device;
use POSIX ();
use Test::More;

plan skip_all => 'needs rsyslogd (Debian: rsyslog)' if system('command -v rsyslogd >/dev/null 2>&1 || test -x /usr/sbin/rsyslogd') != 0;
$ENV{PATH} .= ':/usr/sbin';
my ($net, @qemu) = guest_net();
my $late = $net =~ s/-c "/-c "sleep 6; /r;

sub logger {
	my ($name, $collector, $protocol, %services) = @_;
	return device($name,
		recipes => 'telemetry',
		services => { net => $late, alarm => <<'END', %services },
[Service]
ExecStart = /bin/actor say "the alarm"
Slice = critical
END
		enable => ['console', 'net', 'alarm', 'telemetry', sort keys %services],
		board => "[log]\ncollector = $protocol://10.0.2.2:$collector->{port}\n");
}

# The index of the first line that matches, or -1.
sub at {
	my ($pattern, @lines) = @_;

	for my $i (0 .. $#lines) {
		return $i if $lines[$i] =~ $pattern;
	}
	return -1;
}

sub is_complete {
	my ($what, @lines) = @_;
	my %seen = map { /sequenceId="(\d+)"/ ? ($1 => 1) : () } @lines;
	my ($last) = sort { $b <=> $a } keys %seen;
	my @missing = grep { !$seen{$_} } 1 .. $last // 0;

	ok($last && !@missing, "$what: every record from the first to the last arrived") or diag("missing: @missing");
	cmp_ok(at(qr/daemon\.notice ingot pid1 .* \[board \S+, content id/, @lines), '>=', 0, "$what: pid1's first line");
	cmp_ok(at(qr/kern\.notice ingot kernel .* \[Linux version 6/, @lines), '>=', 0, "$what: the kernel's first line");
	my ($alarm) = grep { /the alarm/ } @lines;
	like($alarm // '', qr/^20\d\d-\d\d-\d\dT[\d:.]+Z user\.info ingot alarm \[timeQuality tzKnown="1" isSynced="0"\]\[meta sequenceId="\d+" sysUpTime="\d+"\] \[actor: the alarm\]$/,
		"$what: a service's line with its name");
	cmp_ok(at(qr/the alarm/, @lines), '<', at(qr/ kernel /, @lines), "$what: the critical service comes before the kernel");
}

for my $protocol ('udp', 'tcp') {
	my $collector = collector_new();

	collector_start($collector);
	play(logger("log-$protocol", $collector, $protocol), <<'END', @qemu);
timeout 240
expect "collector 10.0.2.2 port [0-9]+: Network unreachable"
expect "net up"
expect "collector 10.0.2.2 port [0-9]+: connected"
run sleep 4 -> 0
END
	collector_stop($collector);
	is_complete($protocol, collector_lines($collector));
}

# Flapping: down at first, then up and down.
my $collector = collector_new();
my $flapper = fork // die "fork: $!";
if ($flapper == 0) {
	local $SIG{TERM} = sub { collector_stop($collector); POSIX::_exit(0) };
	for (1 .. 3) {
		sleep 12;
		collector_start($collector);
		sleep 9;
		collector_stop($collector);
	}
	sleep 9;
	collector_start($collector);
	sleep 1 while 1;
}
my $said = play(logger('log-flaps', $collector, 'tcp', count => <<'END'), <<'STEPS', @qemu);
[Service]
ExecStart = /bin/sh -c "i=0; while [ $$i -lt 60 ]; do i=$$((i+1)); echo count $$i; sleep 1; done; echo counted"
User = root
BindPaths = /
END
timeout 300
expect "collector 10.0.2.2 port [0-9]+: Connection refused"
expect "collector 10.0.2.2 port [0-9]+: connected"
expect "collector 10.0.2.2 port [0-9]+: Connection (reset|refused)"
expect "collector 10.0.2.2 port [0-9]+: connected"
expect "counted"
run for i in $(seq 60); do netstat -tn | grep -q ':.* 10.0.2.2:.*ESTABLISHED' && break; sleep 1; done; sleep 12 -> 0
# pid1 did not spin, and answers.
run test $(cut -d' ' -f14 /proc/1/stat) -lt 300 -> 0
STEPS
kill 'TERM', $flapper;
waitpid $flapper, 0;
my @lines = collector_lines($collector);
my %count = map { /count (\d+)\]$/ ? ($1 => 1) : () } @lines;
my $lost = 60 - keys %count;
# What the collector's kernel had taken when it died is lost; syslog has no answer to tell.
cmp_ok($lost, '<=', 3, "flapping: at most one line for each time it went away: $lost");
ok($count{1} && $count{60}, 'flapping: from the first line to the last');

done_testing();
