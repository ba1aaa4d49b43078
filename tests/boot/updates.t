#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# docs/updates.md, file by file and command by command, from the files of README.md's tour: keys, a root, a signed
# release behind nginx with a certificate authority of one's own, a disk; a device that fetches version 2, tries and
# confirms it, and throws version 3 away. What it tells then is what README.md shows.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Ingot;
use IO::Socket::INET;
use Test::More;
use Time::HiRes 'sleep';

my $home = scratch_dir();
my $mission = "$home/mission";
my $free = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', Proto => 'tcp') or die "listen: $!";
my $port = $free->sockport;
close $free;
my $store = $ENV{INGOT_STORE} // ($ENV{XDG_CACHE_HOME} // "$ENV{HOME}/.cache") . '/ingot'; # the person's, not $home's
my $nginx;

# The files of a text: a name in backquotes, and the fenced block that follows it.
sub files {
	my ($from) = @_;
	my (%files, $name, $text);

	for my $line (split /^/m, $from) {
		if (defined $text && $line eq "```\n") {
			$files{$name} = $text if defined $name;
			undef $_ for $name, $text;
		} elsif (defined $text) {
			$text .= $line;
		} elsif ($line =~ /^```/) {
			$text = '';
		} elsif ($line =~ m{`((?:recipes|boards|server)/[^`]+\.\w+)`}) {
			$name = $1;
		}
	}
	return \%files;
}

sub shell {
	my ($command) = @_;
	return run('env', "HOME=$home", "INGOT_STORE=$store", "INGOT_PATH=$mission", 'PATH=' . root() . ":$ENV{PATH}", 'sh', '-c',
		"cd '$mission' && $command");
}

sub start_nginx {
	$nginx = fork // die "fork: $!";
	if ($nginx == 0) {
		chdir $mission or die;
		exec 'nginx', '-p', "$mission/server", '-c', 'nginx.conf', '-e', 'error.log', '-g', 'daemon off;' or die "nginx: $!";
	}
	for (1 .. 300) {
		return 1 if IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port", Proto => 'tcp');
		sleep 0.1;
	}
	return 0;
}

# What a person does at a terminal is done in another way here.
my %instead = (
	'ingot keygen ~/keys/me' => sub { shell('minisign -G -W -p ~/keys/me.pub -s ~/keys/me.key')->{status} == 0 },
	'nginx -p "$PWD/server" -c nginx.conf -e error.log' => \&start_nginx,
	'ingot run rover --disk' => sub { 1 },
);

sub does {
	my ($part, $count) = @_;
	my @commands = $part =~ /^    (\S.*)$/mg;

	is(scalar @commands, $count, "it names $count commands");
	for my $command (@commands) {
		if ($instead{$command}) {
			ok($instead{$command}->(), $command);
			next;
		}
		my $result = shell($command);
		is($result->{status}, 0, $command) or diag($result->{out}, $result->{err});
	}
}

# Starts the machine from its disk, as the one before left it; all that the console said.
sub lives {
	my ($name, $steps) = @_;
	my $seen = 0;

	write_file("$mission/$name.boot", $steps);
	my $test = shell("ingot test rover --disk $name.boot");
	my $said = -e "$mission/out/test/rover/$name.log" ? read_file("$mission/out/test/rover/$name.log") =~ s/\r//gr : '';
	while ($test->{out} =~ /^(not )?ok \d+ - (.*)$/mg) {
		$seen++;
		ok(!$1, $2);
	}
	is($test->{status}, 0, "$name: every step") or diag($test->{out}, $test->{err}, substr $said, -6000);
	ok($seen, 'the machine ran');
	return $said;
}

my $readme = read_file(root() . '/README.md');
my ($tour) = $readme =~ /^## A tour.*?\n(.*?)^## /ms;
my ($doc) = read_file(root() . '/docs/updates.md') =~ /\A(.*?)^## A PC with UEFI/ms;
my %file = (%{ files($tour) }, %{ files($doc) });
is(scalar keys %file, 8, 'the five files of the tour, three of them changed, and three more') or diag join ' ', sort keys %file;
write_file("$mission/$_", $file{$_} =~ s/\b8443\b/$port/r) for keys %file;

my ($first, $second, $third) = $doc =~ /\A.*?^## Who is believed\n(.*?)^## The device\n(.*?)^## A version that does not work\n(.*)\z/ms;
ok($third, 'three versions') or BAIL_OUT('another docs/updates.md');
does($first, 13);
does($second, 6);
my $took = lives('second', <<'END');
timeout 600
expect "pid1: board rover-launcher,"
expect "slot a: verified and loaded"
expect "pid1: board rover,"
expect "version 2: installed"
expect "slot b: its trial by kexec comes now"
expect "pid1: board rover,"
expect "slot b: healthy by kexec, a cold trial comes next"
expect "slot b: its trial by a cold start comes now"
expect "pid1: board rover-launcher,"
expect "pid1: board rover,"
expect "slot b: confirmed"
expect "beacon two"
run rollback status | grep -q "^slot b: good, version 2, the default, runs$" -> 0
END
my ($promised) = $second =~ /^```\n(.*?)^```/ms;
like($took, qr/\Q$_\E$/m, "says: $_") for split /\n/, $promised =~ s/^\w+: (?=version|slot)//gmr;

does($third, 5);
my $threw = lives('third', <<'END');
timeout 600
expect "pid1: board rover,"
expect "version 3: installed"
expect "slot a: its trial by kexec comes now"
expect "pid1: board rover,"
expect "health: unhealthy: service beacon: start-limit-hit"
expect "slot a: its trial failed: bad, and refused from now on"
expect "pid1: board rover,"
expect "beacon two 3"
run rollback status -> 0
run rollback history -> 0
run rollback status -> 0
run rollback history -> 0
END

# Times and figures are another day's. It was told twice: a service's line may have come into one.
sub plain {
	my ($text) = @_;
	return $text =~ s/^\S+Z  //gmr =~ s/ \((?:\w+ [\d.]+ s(?:, )?)+\)$//gmr;
}

my ($shown) = $readme =~ /^~ # rollback status\n(.*?)^```/ms;
ok($shown, 'README.md shows what the device tells');
my %told = map { $_ => 1 } split /\n/, plain($threw);
ok($told{$_}, "README.md shows: $_") for grep { !/^~ # / } split /\n/, plain($shown // '');

END {
	my $status = $?;
	kill 'KILL', $nginx if $nginx;
	waitpid $nginx, 0 if $nginx;
	$? = $status;
}

done_testing();
