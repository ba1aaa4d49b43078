#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# Fifty seeded SIGKILLs over fetch, unpack, build, publish and cast: the next run gives the same bytes.
use strict;
use warnings;
use Digest::SHA;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use IO::Socket::INET;
use POSIX qw(setpgid);
use Test::More;
use Time::HiRes qw(time sleep);

my $seed = $ENV{INGOT_TEST_SEED} // 20261121;
my $kills = $ENV{INGOT_TEST_KILLS} // 50;
my $scratch = scratch_dir();
my ($tree, $store, $out) = map { "$scratch/$_" } qw(tree store out);

srand $seed;
note("seed $seed");

# A source that is really downloaded: a tarball on a server of our own.
sub serve {
	my ($bytes) = @_;
	my $server = IO::Socket::INET->new(Listen => 16, LocalAddr => '127.0.0.1', Proto => 'tcp')
		or die "listen: $!";
	my $pid = fork // die "fork: $!";

	return ($server->sockport, $pid) if $pid;
	alarm 3000;
	$SIG{PIPE} = 'IGNORE'; # clients are killed here
	while (my $client = $server->accept) {
		while (defined(my $line = <$client>)) {
			last if $line eq "\r\n";
		}
		# In two parts, so that a kill can fall between them.
		my $half = length($bytes) / 2;
		print $client "HTTP/1.0 200 OK\r\nContent-Length: " . length($bytes) . "\r\n\r\n",
			substr($bytes, 0, $half);
		$client->flush;
		sleep 0.2;
		print $client substr($bytes, $half);
		close $client;
	}
	POSIX::_exit(0);
}

write_file("$tree/pack/fetched-1/main.c", "int main(void) { return 0; }\n" . "// filler\n" x 50000);
system('tar', '-C', "$tree/pack", '-czf', "$scratch/fetched-1.tar.gz", 'fetched-1') == 0 or die;
my $tarball = read_file("$scratch/fetched-1.tar.gz");
my ($port, $server) = serve($tarball);
END { kill 'TERM', $server if $server }

write_file("$tree/recipes/fetched/recipe.ini", <<"END");
[recipe]
name = fetched
version = 1
license = ISC
[source]
debian = fetched 1-1 trixie
file = fetched_1.orig.tar.gz
sha256 = @{[Digest::SHA::sha256_hex($tarball)]}
[depends]
build = musl linux-headers
[build]
script =
	mkdir \$OUT/bin
	\$CC \$CFLAGS \$LDFLAGS -o \$OUT/bin/fetched main.c
[install]
/bin/fetched = 0755
END
write_file("$tree/boards/killed/board.ini", <<'END');
[board]
name = killed
inherit = qemu-x86_64
[image]
recipes = pid1 selfcheck busybox hello hello-module fetched
compression = zstd-3
size-budget = 8M
END

# What is cached stays: the toolchain, the kernel, its kit, the libraries.
my @cached = qw(linux musl linux-headers busybox libsodium xxhash hello-module qemu-x86_64);
my $warm = ingot('build', '--board', 'qemu-x86_64', @cached);
is($warm->{status}, 0, 'the kernel and the libraries are there') or BAIL_OUT($warm->{err});
my $default = $ENV{INGOT_TEST_STORE} // $ENV{INGOT_STORE} // ($ENV{XDG_CACHE_HOME} // "$ENV{HOME}/.cache") . '/ingot';
# Other tests may be writing to it: what is copied in part is found damaged, and made again.
mkdir $store or die "$store: $!";
system('cp', '-a', '--reflink=auto', (map { "$default/$_" } qw(action tree blob)), $store);

my @command = (root() . '/ingot', '--mirror', "http://127.0.0.1:$port", '--tree', $tree, '--store', $store, '--out', $out, 'build', 'killed');

sub listing { return map { my $dir = $_; map { "$dir/$_" } grep { !/^\./ } do { opendir my $d, "$store/$dir" or die "$store/$dir: $!"; readdir $d } } qw(action tree blob) }

# Dropped before the listing: what earlier runs of this test may have left in the shared store.
my %base;
$base{$_} = 1 for listing();

sub forget_results {
	for my $entry (listing()) {
		next if $base{$entry};
		system('chmod', '-R', 'u+w', "$store/$entry");
		system('rm', '-rf', "$store/$entry") == 0 or die;
	}
	system('rm', '-rf', "$store/witness", $out);
}

sub digest {
	my %sums;
	for my $file (qw(bzImage manifest.json kernel.config SHA256SUMS)) {
		$sums{$file} = Digest::SHA->new(256)->addfile("$out/killed/$file", 'b')->hexdigest;
	}
	return \%sums;
}

sub run_build {
	my ($after) = @_;
	my $pid = fork // die "fork: $!";

	if ($pid == 0) {
		setpgid(0, 0);
		open STDOUT, '>', "$scratch/stdout";
		open STDERR, '>', "$scratch/stderr";
		no warnings 'exec';
		exec @command;
		POSIX::_exit(127);
	}
	if (defined $after) {
		sleep $after;
		kill 'KILL', -$pid;
	}
	waitpid $pid, 0;
	return $?;
}

is(run_build(), 0, 'the copied store is good') or BAIL_OUT(read_file("$scratch/stderr"));
my $whole = 1e9;
for (1 .. 3) {
	forget_results();
	my $start = time;
	is(run_build(), 0, 'the board builds undisturbed') or BAIL_OUT(read_file("$scratch/stderr"));
	$whole = time - $start if time - $start < $whole;
}
note(sprintf "undisturbed: %.2f s", $whole);
my $expected = digest();
my $expected_manifest = read_file("$out/killed/manifest.json");
my ($died, $wrong) = (0, 0);

for my $n (1 .. $kills) {
	forget_results();
	my $after = rand($whole);
	my $status = run_build($after);
	$died++ if $status == 9;
	if (-e "$out/killed") {
		my %half = map { $_ => 1 } grep { !/^\./ } do { opendir my $d, "$out/killed"; readdir $d };
		$wrong++ if join(' ', sort keys %half) ne 'SHA256SUMS bzImage kernel.config manifest.json';
	}
	if (run_build() != 0) {
		fail(sprintf 'the run after kill %d (at %.2f s of %.2f s) ended well', $n, $after, $whole);
		diag(read_file("$scratch/stderr"));
		last;
	}
	my $now = digest();
	for (sort keys %$expected) {
		next if $now->{$_} eq $expected->{$_};
		$wrong++;
		diag("kill $n at $after s: $_ differs");
		next if $_ ne 'manifest.json';
		write_file("$scratch/expected.json", $expected_manifest);
		diag(run('diff', "$scratch/expected.json", "$out/killed/manifest.json")->{out});
	}
}
is($wrong, 0, "$kills kills: the same bytes each time, and never a part of a result");
cmp_ok($died, '>', $kills * 0.5, "and most of them ($died) hit a running build");
my @left = glob("'$store'/work/*");
is(scalar(@left), 0, 'no work folder is left') or diag("@left");

done_testing();
