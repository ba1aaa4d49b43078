#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# `ingot test` reports each step truly: what passed, what failed and why, what was never reached.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep time);

# A place whose path would not do for a UNIX socket, nor for QEMU's option syntax.
my $scratch = scratch_dir() . '/a, b/' . 'deep/' x 20;
my ($tree, $out) = ("$scratch/tree", "$scratch/out");

write_file("$tree/boards/bench/board.ini", <<'END');
[board]
name = bench
inherit = qemu-x86_64
END
my $program = scratch_dir();
symlink root() . '/tests/lib/fake-qemu', "$program/qemu-system-x86_64" or die;
$ENV{PATH} = "$program:$ENV{PATH}";

sub boot {
	my ($steps, @options) = @_;

	write_file("$tree/steps.boot", $steps);
	return ingot('--tree', $tree, '--out', $out, 'test', 'bench', "$tree/steps.boot", @options);
}

my $none = boot("expect boot\n");
is($none->{status}, 1, 'no image: exit 1');
like($none->{err}, qr{^ingot: \Q$out\E/bench: no image to test: run `ingot build bench`$}m, 'says what to run');
my $run = ingot('--tree', $tree, '--out', $out, 'run', 'bench');
is($run->{status}, 1, 'ingot run without an image: exit 1');
like($run->{err}, qr/no image to run: run `ingot build bench`$/m, 'says what to run');

write_file("$out/bench/bzImage", 'not looked at here');
write_file("$out/bench/manifest.json", '{"content_id": "c0ffee", "identity": "1d"}');

my $good = boot(<<'END');
timeout 20
expect "boot 1"
expect "content id ${content_id}$"
run true -> 0
run (exit 3) -> 3
run test ${board} = bench -> 0
reset
run true -> 0
send echo typed ${identity}
expect "^typed 1d$"
send poweroff
expect "Power down" 5
END
is($good->{status}, 0, 'all steps hold: exit 0') or diag($good->{out});
is($good->{out}, <<"END", 'a plan, and a line a step');
1..11
ok 1 - $tree/steps.boot:2: expect boot 1
ok 2 - $tree/steps.boot:3: expect content id \${content_id}\$
ok 3 - $tree/steps.boot:4: run true -> 0
ok 4 - $tree/steps.boot:5: run (exit 3) -> 3
ok 5 - $tree/steps.boot:6: run test \${board} = bench -> 0
ok 6 - $tree/steps.boot:7: reset
ok 7 - $tree/steps.boot:8: run true -> 0
ok 8 - $tree/steps.boot:9: send echo typed \${identity}
ok 9 - $tree/steps.boot:10: expect ^typed 1d\$
ok 10 - $tree/steps.boot:11: send poweroff
ok 11 - $tree/steps.boot:12: expect Power down
END
like(read_file("$out/test/bench/steps.log"), qr/boot 1\r\n.*boot 2\r\n.*Power down/s, 'the console is kept whole');
like(read_file("$out/test/bench/steps.log"), qr{-kernel \Q$out\E/bench/bzImage }, 'the image was the board\'s');

my $bad = boot("timeout 2\nexpect boot\nrun false -> 0\nrun true -> 0\nexpect boot\n", '--', '-play', 'noise');
is($bad->{status}, 1, 'a step fails: exit 1');
like($bad->{out}, qr/^ok 1 .*\nnot ok 2 .*run false -> 0\n# "false" ended with status 1, not 0/m, 'says which and why');
like($bad->{out}, qr{^# the console's log: \Q$out\E/test/bench/steps\.log$}m, 'and where to look');
is(() = $bad->{out} =~ /^not ok [34] .*\n# not reached: an earlier step failed$/mg, 2, 'what was not reached did not pass');
my $junit = read_file("$out/test/bench/junit.xml");
like($junit, qr/tests="4" failures="3"/, 'junit.xml counts the same');
like($junit, qr/name="expect boot" time="[0-9.]+"\/>/, 'a case that passed');
like($junit, qr/<failure message="not reached/, 'a case that was not reached');

my $noise = boot("timeout 60\nexpect boot\nexpect never 2\n", '--qemu', '-play', '--qemu', 'noise');
like($noise->{out}, qr/# "never" did not come in time; the console said last: .*\n# <a & "b">\?\[1m is not XML\n/s, 'what was seen last');
like(read_file("$out/test/bench/junit.xml"), qr/&lt;a &amp; &quot;b&quot;&gt;\?\[1m is not XML/, 'is escaped in junit.xml');

SKIP: {
	skip 'no python3 to read XML with', 1 if system('python3 -c "" 2>/dev/null') != 0;
	is(run('python3', '-c', 'import sys, xml.dom.minidom as m; d = m.parse(sys.argv[1]); print(len(d.getElementsByTagName("failure")))',
		"$out/test/bench/junit.xml")->{out}, "1\n", 'another reader takes it for XML');
}

my $dies = boot("expect boot\nexpect more\n", '--', '-play', 'dies');
like($dies->{out}, qr/^not ok 2.*\n# "more" did not come: the machine ended/m, 'a machine that ends is no time-out');
my $broken = boot("send x\nexpect boot\n", '--', '-play', 'broken');
like($broken->{out}, qr/^# QEMU said: fake-qemu: no such machine$/m, 'what QEMU says is told');
my $stuck = boot("expect boot\nreset\n", '--', '-play', 'stuck');
like($stuck->{out}, qr/^not ok 2.*\n# cannot press the reset button: /m, 'a reset that is not answered');
my $mute = boot("timeout 1\nrun true -> 0\n", '--', '-play', 'mute');
like($mute->{out}, qr/^not ok 1 .*run true -> 0\n# ".*" did not come in time/m, 'no shell, no command that ran');

my $json = ingot('--json', '--tree', $tree, '--out', $out, 'test', 'bench', "$tree/steps.boot", '--', '-play', 'noise');
my $told = eval { decode_json($json->{out}) } // {};
is($told->{tests}, 1, '--json is JSON');
is($told->{board}, 'bench', 'with the board');
is($told->{files}[0]{steps}[0]{step}, 'run true -> 0', 'and the steps');
ok(-f $told->{junit}, 'and where junit.xml is');
like(ingot('-v', '--tree', $tree, '--out', $out, 'test', 'bench', "$tree/steps.boot")->{err}, qr/content id c0ffee/, '-v shows the console');

# Which files: those of the board, else of the board it inherits, in order; all read first.
write_file("$tree/boards/bench/tests/$_.boot", "expect \"boot 1\"\n") for 'b', 'a';
write_file("$tree/boards/bench/tests/note.txt", "not a test\n");
my $all = ingot('--tree', $tree, '--out', $out, 'test', 'bench');
like($all->{out}, qr{^1\.\.2\nok 1 - \S.*/boards/bench/tests/a\.boot:1.*\nok 2 - \S.*/boards/bench/tests/b\.boot:1}, 'each file, sorted, on a fresh machine');
ok(-f "$out/test/bench/$_.log" && -f "$out/test/bench/$_.qemu.log", "with its logs: $_") for 'a', 'b';
write_file("$tree/other/a.boot", "expect \"boot 1\"\n");
ingot('--tree', $tree, '--out', $out, 'test', 'bench', "$tree/boards/bench/tests/a.boot", "$tree/other/a.boot");
ok(-f "$out/test/bench/a-2.log", 'two files of one name have two logs');
write_file("$tree/boards/bench/tests/z.boot", "\nexpekt x\n");
my $slip = ingot('--tree', $tree, '--out', $out, 'test', 'bench');
is($slip->{status}, 1, 'a slip in one file: exit 1');
is($slip->{out}, '', 'before any machine boots');
like($slip->{err}, qr{tests/z\.boot:2: unknown step "expekt"}, 'with file and line');
unlink "$tree/boards/bench/tests/z.boot";

is(ingot('test')->{status}, 2, 'no board: exit 2');
is(ingot('test', '--nonsense', 'bench')->{status}, 2, 'an unknown option: exit 2');
like(ingot('test', 'no-such-board')->{err}, qr/no board "no-such-board"/, 'an unknown board is named');
is(ingot('run')->{status}, 2, 'run without a board: exit 2');
is(ingot('--tree', $tree, 'run', 'bench', 'x')->{status}, 2, 'run with an argument but no --: exit 2');
is(ingot('--tree', $tree, '--out', $out, 'test', 'bench', "$tree/none.boot")->{status}, 1, 'no such file: exit 1');
write_file("$out/bench/manifest.json", '{"identity": "1d"}');
like(boot("expect boot\n")->{err}, qr{manifest\.json: has no "content_id"}, 'a manifest without a content id');
write_file("$out/bench/manifest.json", '{"content_id": "c0ffee", "identity": "1d"}');

# A signal ends the machine, too.
for my $signal (qw(INT TERM KILL)) {
	my $file = "$scratch/pid";
	unlink $file;
	write_file("$tree/steps.boot", "expect never 600\n");
	local $ENV{FAKE_QEMU_PID} = $file;
	my $pid = fork // die "fork: $!";
	if ($pid == 0) {
		open STDOUT, '>', '/dev/null';
		exec $ENV{INGOT}, '--tree', $tree, '--out', $out, 'test', 'bench', "$tree/steps.boot" or die;
	}
	for (1 .. 200) {
		last if -s $file;
		sleep 0.05;
	}
	my $machine = read_file($file) + 0;
	ok($machine && kill(0, $machine), "SIG$signal: a machine runs");
	kill $signal, $pid;
	waitpid $pid, 0;
	is($? & 127, { INT => 2, TERM => 15, KILL => 9 }->{$signal}, "SIG$signal: ingot ends by it");
	my $gone = 0;
	for (1 .. 100) {
		last if $gone = !kill(0, $machine);
		sleep 0.05;
	}
	ok($gone, "SIG$signal: and so does the machine");
}
my $start = time;
is(boot("expect boot\n", '--', '-play', 'deaf')->{status}, 0, 'a machine that does not heed SIGTERM');
cmp_ok(time - $start, '<', 60, 'is ended nevertheless');

# ingot run hands the terminal to QEMU and says how to leave.
my $terminal = ingot('-v', '--tree', $tree, '--out', $out, 'run', 'bench', '--', '-play', 'dies');
like($terminal->{err}, qr/Ctrl-A X quits/, 'ingot run says how to quit');
like($terminal->{out}, qr/-serial mon:stdio .*-play dies/, 'and gives QEMU the terminal and the arguments behind --');
my $behind = ingot('--tree', $tree, '--out', $out, 'run', 'bench', '--disk', '--', '-play', 'dies');
like($behind->{err}, qr/board\.ini: has no \[slots\], so there is no disk to start from/, 'an option may stand behind the board');

done_testing();
