#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# What goes wrong in a recipe's build is said with file, line and log, and leaves nothing behind.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use Test::More;

my $tree = scratch_dir();
# In each version, so that everything is really built, whatever earlier runs left in the store.
my $serial = time . ".$$";

sub recipe {
	my ($name, $script, %more) = @_;
	my $depends = $more{depends} // '';
	my $install = $more{install} // "/bin/$name = 0755";

	write_file("$tree/recipes/$name/src/main.c", $more{source} // "int main(void) { return 0; }\n");
	$script =~ s/^/\t/mg;
	write_file("$tree/recipes/$name/recipe.ini", <<"END");
[recipe]
name = $name
version = $serial
license = ISC
[source]
path = src
[depends]
build =$depends
[build]
script =
$script
[install]
$install
END
}

sub build {
	my ($name, @options) = @_;
	return ingot('--tree', $tree, @options, 'build', $name);
}

my $compile = "mkdir \$OUT/bin\n\$CC \$CFLAGS \$LDFLAGS -o \$OUT/bin/NAME main.c";

sub compiling {
	my ($name) = @_;
	return $compile =~ s/NAME/$name/r;
}

recipe('good', compiling('good'), depends => ' musl');
my $good = build('good');
is($good->{status}, 0, 'a recipe builds') or diag($good->{err});
my ($path, $size, $sha256, $identity) = (split /\n/, $good->{out})[-1] =~ /^(.*) (\d+) (\w+) (\w+)$/;
ok(-x "$path/bin/good", 'its result is where the last line says');
like($identity, qr/^[0-9a-f]{64}$/, 'with its identity');
is(run("$path/bin/good")->{status}, 0, 'and it runs');

my $again = build('good', '-j', '1');
is($again->{out}, $good->{out}, 'built again: the same line');

recipe('fails', "echo first line\nfalse\necho never");
my $fails = build('fails');
is($fails->{status}, 1, 'a script that fails: exit 1');
like($fails->{err}, qr/first line/, 'the end of its log is shown');
like($fails->{err}, qr{recipes/fails/recipe\.ini:\d+: \[build\] script: the script failed with status 1},
	'with file, line and what');
like($fails->{err}, qr{log/fails\.log}, 'and where the log is');
unlike($fails->{err}, qr/never/, 'sh -e stopped it there');

recipe('empty', 'true');
my $empty = build('empty');
is($empty->{status}, 1, 'a build that makes nothing that [install] names: exit 1');
like($empty->{err}, qr{recipe\.ini:\d+: /bin/empty: the build made no such file}, 'named');

recipe('network', "perl -MIO::Socket::INET -e '\n\tIO::Socket::INET->new(PeerAddr => \"127.0.0.1:1\") or die \"\$!\"'");
my $network = build('network');
is($network->{status}, 1, 'the network is not there');

recipe('outside', "echo x >/usr/x");
like(build('outside')->{err}, qr/Read-only file system/, 'the toolchain cannot be written');

recipe('looks', "test ! -e /home\ntest ! -e /root\ntest ! -e /etc/apt\n" . compiling('looks'),
	depends => ' musl');
is(build('looks')->{status}, 0, 'nothing of the host is to be seen');

recipe('fake-date', "mkdir \$OUT/bin\nenv -u PWD -u OLDPWD -u SHLVL -u _ -u JOBS -u MAKEFLAGS | sort >\$OUT/bin/fake-date\n"
	. "hostname >>\$OUT/bin/fake-date || uname -n >>\$OUT/bin/fake-date\nid -u >>\$OUT/bin/fake-date\numask >>\$OUT/bin/fake-date",
	install => '/bin/fake-date = 0644');
my $env = build('fake-date');
is($env->{status}, 0, 'the environment can be looked at') or diag($env->{err});
my ($env_path) = (split /\n/, $env->{out})[-1] =~ /^(.*) \d+ \w+ \w+$/;
my $seen = read_file("$env_path/bin/fake-date");
like($seen, qr/^SOURCE_DATE_EPOCH=1767225600$/m, 'SOURCE_DATE_EPOCH is fixed');
like($seen, qr/^TZ=UTC0$/m, 'TZ is UTC0');
like($seen, qr/^ingot\n1000\n0022$/m, 'host name, user and umask are fixed');
unlike($seen, qr/INGOT|SUDO|USER=|LANG/, 'nothing of ours is inherited');

recipe('cycle-a', 'true', depends => ' cycle-b');
recipe('cycle-b', 'true', depends => ' cycle-a');
my $cycle = build('cycle-a');
is($cycle->{status}, 1, 'a dependency cycle: exit 1');
like($cycle->{err}, qr/cycle-a -> cycle-b -> cycle-a/, 'printed whole');

recipe('needs-missing', 'true', depends => ' no-such-thing');
like(build('needs-missing')->{err}, qr/no recipe "no-such-thing"/, 'a missing recipe is named');
is(build('no-such-target')->{status}, 1, 'a missing target: exit 1');
like(build('no-such-target')->{err}, qr/no board and no recipe is called "no-such-target": --tree DIR adds another tree$/, 'named');
like(build('qemu-x86-64')->{err}, qr/is called "qemu-x86-64": did you mean "qemu-x86_64"\?$/, 'and what is like it, a board');
my @checked = map { run($ENV{INGOT}, 'check', @$_)->{out} } ['robot-x86_64', 'sat-x86_64'], ['robot-x86_64'], ['sat-x86_64'];
like($checked[2], qr/^sat-x86_64: \d+ recipes, 1 services, 0 files: all is well$/, 'check says what it read');
is($checked[0], $checked[1] . $checked[2], 'of each board by itself');
like(build('bussybox')->{err}, qr/is called "bussybox": did you mean "busybox"\?$/, 'or a recipe');
like(run($ENV{INGOT}, 'biuld')->{err}, qr/^ingot: no verb "biuld": did you mean "build"\?$/m, 'or a verb');
for my $verb (qw(build check disk doctor fetch id keygen lock publish root run sign test)) {
	my $help = run($ENV{INGOT}, 'help', $verb);
	is($help->{status}, 0, "help $verb");
	like($help->{out}, qr/^usage: ingot $verb\b.*(?<! )\n\n.+\n\n.+\n/, 'tells how it is called, what it does, and more');
}
is((grep { length > 80 } split /\n/, run($ENV{INGOT}, 'help')->{out}), 0, 'help fits a terminal');

recipe('daemon', "(sleep 1000 &) >/dev/null 2>&1\n" . compiling('daemon'), depends => ' musl');
my $start = time;
is(build('daemon')->{status}, 0, 'a script that leaves a daemon behind ends');
cmp_ok(time - $start, '<', 100, 'and so does the daemon');

{
	local $ENV{INGOT_BUILD_TIMEOUT} = 2;
	recipe('endless', 'while :; do sleep 1; done');
	my $endless = build('endless');
	is($endless->{status}, 1, 'a script that never ends is stopped');
	like($endless->{err}, qr/ran longer than 2 s/, 'and the message says so');
}

is(ingot('build')->{status}, 2, 'no target: exit 2');
is(ingot('bild', 'x')->{status}, 2, 'no such verb: exit 2');
is(ingot('-j', '0', 'build', 'x')->{status}, 2, '-j 0: exit 2');

# Early cutoff: a change that leaves the output alone rebuilds nothing downstream.
recipe('lower', "mkdir -p \$OUT/include\necho '#define LOWER 1' >\$OUT/include/lower.h", install => '');
edit_file("$tree/recipes/lower/recipe.ini", sub { s/^license = ISC/license = ISC\nkind = library/m; s/\[install\]\n\n//; });
recipe('upper', compiling('upper'), depends => ' musl lower',
	source => "#include <lower.h>\nint main(void) { return LOWER - 1; }\n");
is(build('upper')->{status}, 0, 'a program over a library builds');
edit_file("$tree/recipes/lower/recipe.ini", sub { s/echo '#define/: nothing new\n\techo '#define/ });
my $plan = ingot('--tree', $tree, 'build', '-n', 'upper');
like($plan->{out}, qr/^build lower: its script changed/m, '-n says why');
like($plan->{out}, qr/^build upper: lower changed, which it depends on/m, 'and for what depends on it');
my $cutoff = build('upper');
is($cutoff->{status}, 0, 'after a change without effect');
like($cutoff->{err}, qr/upper: unchanged/, 'what depends on it is not built again') or diag($cutoff->{err});

done_testing();
