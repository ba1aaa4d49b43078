#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# svc on a running device: what it tells, what it does, who may, and the end by it.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Ingot;
use JSON::PP;
use Test::More;

my $look = "[Unit]\nAfter = warm\n[Service]\nUser = 1000\nExecStart = /bin/svc %s\nType = oneshot\n"
	. "BindPaths = /run/pid1/control\n";
my $device = device('svc', recipes => 'svc', services => {
	warm => "[Service]\nType = notify\nMemoryMax = 16M\nTasksMax = 8\n"
		. "ExecStart = /bin/actor say warm-says notify READY=1\\nSTATUS=warm\n",
	broken => "[Service]\nExecStart = /bin/actor exit 3\n",
	looks => sprintf($look, '--json status'),
	# After looks, whose JSON pid1 shows on the console, too.
	meddles => sprintf($look, 'stop warm') =~ s/After = warm/After = looks/r,
});
my $said = play($device, <<'END');
timeout 120
expect "svc: only user 0 may do that" 60
expect "service meddles: exited with 1"
run svc status -> 0
run until svc status warm | grep -q running && svc status broken | grep -q failed; do sleep 0.1; done -> 0
run svc --json status > /tmp/status && printf 'JSON-%s\n' BEGIN && cat /tmp/status -> 0
run svc status warm | grep -c warm -> 0
run svc status nobody -> 1
run svc nonsense -> 2
run svc stop warm -> 0
run until svc status warm | grep -q inactive; do sleep 0.1; done -> 0
run svc start warm -> 0
run until svc status warm | grep -q running; do sleep 0.1; done -> 0
run before=$(svc --json status warm | grep pid); svc restart warm -> 0
run until svc status warm | grep -q running && [ "$(svc --json status warm | grep pid)" != "$before" ]; do sleep 0.1; done -> 0
run svc log warm | grep -q warm-says -> 0
run svc log pid1 | grep -q "boot complete" -> 0
run svc log kernel | grep -q "Linux version" -> 0
run svc --json log warm | head -n 1 -> 0
send svc log -f warm > /tmp/followed &
run until test "$(grep -c warm-says /tmp/followed)" = 3; do sleep 0.2; done; svc restart warm -> 0
run until test "$(grep -c warm-says /tmp/followed)" = 4; do sleep 0.2; done; kill %1 -> 0
run svc timeline -> 0
run svc kexec b -> 1
run for i in 1 2 3 4 5 6 7 8 9 10 11 12; do svc log -f warm > /dev/null & done; sleep 1; svc status > /dev/null -> 0
send svc reboot
expect "pid1: reboot.*: stopping all services"
expect "reboot: Restarting system" 60
END
# A line of the kernel's or of pid1's may stand anywhere in between.
$said =~ s/\[ *[0-9]+\.[0-9]{6}\] .*\n//g;
my ($json) = $said =~ /^JSON-BEGIN\n(\{\n.*?^\})/ms;
my $status = eval { decode_json($json // '') };
ok($status, 'status --json is JSON') or diag($@, $said);
my %service = map { $_->{name} => $_ } @{$status->{services} // []};
is($service{warm}{state}, 'running', 'warm runs');
is($service{warm}{status}, 'warm', 'and says so itself');
ok(($service{warm}{memory} // 0) > 4096 && ($service{warm}{tasks} // 0) >= 1, 'its memory and tasks are told');
is($service{broken}{state}, 'failed', 'broken has failed');
is($service{broken}{pid}, undef, 'and has no process');
is($status->{device}{board}, 'svc', 'the board is told');
like($status->{device}{content_id}, qr/^[0-9a-f]{64}$/, 'and the content id');
like($said, qr/^\s+\d+\.\d{6}  service warm: ready\r?$/m, 'the timeline has warm ready');
like($said, qr/^\{"time_us": ?\d+,.*"source": ?"warm"/m, 'a line of a log as JSON');
done_testing();
