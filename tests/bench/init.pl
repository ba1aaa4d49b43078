#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# pid1 beside tini, catatonit, runit, s6, finit and BusyBox init, all in one kernel of
# qemu-x86_64's configuration, by QEMU's clock of counted instructions: 1 ms is a million of them.
# At the end one table of pid1's limits. By that clock a run repeats to the instruction (it begins with the
# same seed and date), so that one run is the median of any number.
# usage: init.pl [PART ...]   (parts: boot app memory starts reaping death lateness; all of them by default)
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/init";
use Ingot;
use List::Util qw(max);
use Machine;
use Peers;

$| = 1;
my %parts = map { $_ => 1 } @ARGV ? @ARGV : qw(boot app memory starts reaping death lateness);
my @rows;
my @ten = ((map { "s$_" } 0 .. 8), 'app');

# The kernel that every init is run in, with an archive laid over the little that is in it.
my $kernel = board('bench-floor', recipes => 'bench-floor', cmdline => 'open');

# What the bench's programs said: the numbers of "bench: WHAT NAME NUMBER".
sub numbers {
	my ($said, $what, $name) = @_;
	return $said =~ /bench: $what $name (-?\d+)/g;
}

sub number {
	my ($said, $what, $name) = @_;
	my @all = numbers($said, $what, $name);
	die "no 'bench: $what $name' in:\n$said" if !@all;
	return $all[-1];
}

# "aim below 200, reached" behind a figure.
sub aim {
	my ($text, $good) = @_;
	return "(aim $text: " . ($good ? 'reached)' : 'MISSED)');
}

# A row of the table: what is limited, our figure and the peer's with their unit, the ratio's aim, and whether
# it is met. A limit without a peer has none of it.
sub limit {
	my ($what, $ours, $peer, $theirs, $aim, $good) = @_;
	my ($mine, $his) = map { /([\d.]+)/ ? $1 : 0 } $ours, $theirs // '';
	push @rows, [$what, $ours, $peer // '-', $theirs // '-', $his > 0 ? sprintf('%.3f', $mine / $his) : '-', $aim,
		$aim eq '-' ? 'shown' : $good ? 'met' : 'missed'];
}

sub print_limits {
	unshift @rows, [qw(limit ours peer peer's ratio aim verdict)];
	my @wide = map { my $column = $_; max(map { length $_->[$column] } @rows) } 0 .. $#{$rows[0]};

	print "pid1's limits\n";
	for my $row (@rows) {
		print '  ', join('  ', map { sprintf '%-*s', $wide[$_], $row->[$_] } 0 .. $#wide) =~ s/ +$//r, "\n";
	}
	printf "  %d of %d met\n", map { my $word = $_; scalar grep { $_->[6] =~ /^(?:$word)$/ } @rows } 'met', 'met|missed';
}

# A service of pid1's: as tight as they are by default, or open: with no more around it than
# peers put around theirs.
sub service {
	my ($start, %with) = @_;
	my $open = $with{open} ? "User = root\nBindPaths = /\n" : '';
	my $unit = $with{unit} ? "[Unit]\n$with{unit}\n" : '';
	return "$unit\[Service]\nExecStart = $start\n$open" . ($with{more} // '');
}

# Users by number: of hundreds of names two may have the same by their hash.
sub readies {
	my ($names, %with) = @_;
	my $user = 20000;
	return { map { $_ => service("/bin/ready $_", %with, $with{open} ? () : (more => 'User = ' . $user++ . "\n")) } @$names };
}

# When the last service ran: since the kernel began, and since init did, in ms. The time that it took
# to lay the archive over the root does not count.
sub last_ready {
	my ($said, $count) = @_;
	my @ready = numbers($said, 'ready', '\S+');
	die "of $count services " . @ready . " ran:\n$said" if @ready != $count;
	my $took = max(@ready) - number($said, 'exec', 'init');
	return map { $_ / 1e6 } number($said, 'begin', 'init') + $took, $took;
}

# When the one called app ran, of ten services that it does not wait for, in ms since the kernel began.
sub app_ready {
	my ($said) = @_;
	return (number($said, 'begin', 'init') + number($said, 'ready', 'app') - number($said, 'exec', 'init')) / 1e6;
}

# The app comes first in each: pid1 is told that it is critical, the others have it in their first line.
sub app_part {
	my @first = reverse @ten;
	my %mine;
	my $bare = board('bench-bare', recipes => 'bench-floor');
	my ($floor) = map { $_ / 1e6 } numbers(watch($bare, qr/bench: ready/, 1), 'ready', 'app');

	print "app: from the kernel's begin until the app runs, which is the first of ten services\n";
	for my $open (0, 1) {
		my $name = 'pid1' . ($open ? ', services open' : '');
		my $services = readies(\@ten, open => $open);
		$services->{app} .= "Critical = yes\n";
		my $image = board('bench-app' . ($open ? '-open' : ''), recipes => 'pid1', services => $services);
		$mine{$open} = app_ready(watch($kernel, qr/bench: ready app/, 1, init => ['/init'], archive => image_archive($image)));
		my ($alone) = map { $_ / 1e6 } numbers(watch($image, qr/bench: ready app/, 1), 'ready', 'app');
		printf "  %-20s %8.2f ms; as an image %.2f ms, %.2f ms with an init that only starts the app: %.4f %s\n", $name, $mine{$open},
			$alone, $floor, $alone / $floor, aim('1.03', $alone <= 1.03 * $floor);
		limit('app ready, as an image' . ($open ? ', open' : ''), sprintf('%.2f ms', $alone), 'only the app',
			sprintf('%.2f ms', $floor), '<= 1.03', $alone <= 1.03 * $floor);
	}
	for my $peer (peers(\@first)) {
		my $his = app_ready(watch($kernel, qr/bench: ready app/, 1, init => $peer->{init}, archive => $peer->{archive}));
		printf "  %-20s %8.2f ms  pid1/it %.3f; services open %.3f %s\n", $peer->{name}, $his, $mine{0} / $his, $mine{1} / $his,
			aim('below 1', $mine{1} < $his);
		limit('app ready' . ($_ ? ', open' : ''), sprintf('%.2f ms', $mine{$_}), $peer->{name}, sprintf('%.2f ms', $his), '< 1',
			$mine{$_} < $his) for 0, 1;
	}
}

sub boot_part {
	my (%times, %memory);
	my %boards = (
		'pid1' => board('bench-ten', recipes => 'pid1', services => readies(\@ten)),
		'pid1, services open' => board('bench-open', recipes => 'pid1', services => readies(\@ten, open => 1)));

	print "boot: from the kernel's begin, and from init's exec, until the last of ten services runs\n";
	my @rows = map { { name => $_, init => ['/init'], linked => 'static', archive => image_archive($boards{$_}) } } sort keys %boards;
	for my $row (@rows, peers(\@ten)) {
		my $open = $row->{name} ne 'pid1';
		my $said = watch($kernel, $open ? qr/bench: memory end/ : qr/bench: ready/, $open ? 1 : 10,
			init => $row->{init}, archive => $row->{archive});
		$times{$row->{name}} = [last_ready($said, 10)];
		$memory{$row->{name}} = $said if $open;
		my ($all, $own) = @{$times{$row->{name}}};
		my $text = sprintf '  %-20s %-7s %8.2f ms %8.2f ms', $row->{name}, $row->{linked}, $all, $own;
		if ($row->{name} =~ /^pid1/) {
			print "$text\n";
			next;
		}
		my ($mine, $open_mine) = @times{'pid1', 'pid1, services open'};
		printf "%s  pid1/it %.3f %.3f %s; services open %.3f %.3f %s\n", $text,
			$mine->[0] / $all, $mine->[1] / $own, aim('below 1', $mine->[0] < $all),
			$open_mine->[0] / $all, $open_mine->[1] / $own, aim('below 1', $open_mine->[0] < $all);
		limit('boot to ten services' . ($_->[0] ? ', open' : ''), sprintf('%.2f ms', $_->[1]), $row->{name},
			sprintf('%.2f ms', $all), '< 1', $_->[1] < $all) for [0, $mine->[0]], [1, $open_mine->[0]];
	}
	print "the same, of peers that a shell makes mount what pid1 mounts, and give each service a cgroup with the same controllers\n";
	for my $peer (equal_peers(\@ten)) {
		my ($all) = last_ready(watch($kernel, qr/bench: ready/, 10, init => $peer->{init}, archive => $peer->{archive}), 10);
		my $open = $times{'pid1, services open'}[0];
		printf "  %-20s         %8.2f ms  services open: pid1/it %.3f %s\n", $peer->{name}, $all, $open / $all, aim('below 1', $open < $all);
		limit('boot to ten services, open', sprintf('%.2f ms', $open), "$peer->{name}, equal work", sprintf('%.2f ms', $all), '< 1', $open < $all);
	}
	print "memory with ten services: of process 1, and of all processes that the init needs for them\n";
	for (sort keys %memory) {
		my $said = $memory{$_};
		printf "  %-20s resident %5d kB, anonymous %4d kB; %2d processes: %6d kB, %5d kB\n", $_,
			(map { number($said, 'memory', $_) } qw(VmRSS RssAnon)), (map { number($said, 'all', $_) } qw(processes VmRSS RssAnon));
	}

	# And without peers: the app's image as it ships, and the same kernel whose init only starts the app.
	my $bare = board('bench-bare', recipes => 'bench-floor');
	my ($floor) = map { $_ / 1e6 } numbers(watch($bare, qr/bench: ready/, 1), 'ready', 'app');
	for (sort keys %boards) {
		my $last = max(map { $_ / 1e6 } numbers(watch($boards{$_}, qr/bench: ready/, 10), 'ready', '\S+'));
		printf "  %-20s as an image: %.2f ms until the last of ten services runs, %.2f ms with an init that only starts the app: %.4f %s\n",
			$_, $last, $floor, $last / $floor, aim('1.03', $last <= 1.03 * $floor);
		limit('image with ten services' . (/open/ ? ', open' : ''), sprintf('%.2f ms', $last), 'only the app',
			sprintf('%.2f ms', $floor), '<= 1.03', $last <= 1.03 * $floor);
	}
}

# Memory of process 1 as /proc/1/status says, which counts every page here.
sub memory_text {
	my ($said) = @_;
	return sprintf 'resident %d kB, anonymous %d kB', map { number($said, 'memory', $_) } qw(VmRSS RssAnon);
}

sub memory_part {
	print "memory\n";
	my $look = service('/bin/memory -c', open => 1);
	my $small = "[log]\nconsole = no\nsize = 4K\nkernel-size = 4K\n";
	my $none = board('bench-none', recipes => 'pid1', services => { memory => $look }, more => $small);
	my $size = archived_size(image_archive($none), 'init');
	printf "  size of pid1: %d bytes, static %s\n", $size, aim('200000', $size <= 200000);
	limit('size, static', "$size B", undef, undef, '<= 200000 B', $size <= 200000);
	my $alone = watch($none, qr/bench: memory end/, 1);
	my ($peer) = peers(['app'], 'catatonit');
	my $other = watch($kernel, qr/bench: memory end/, 1, init => [qw(/usr/bin/catatonit /bin/memory)], archive => $peer->{archive});
	my $ratio = number($alone, 'memory', 'VmRSS') / number($other, 'memory', 'VmRSS');
	printf "  with nothing but what measures it: pid1 %s; catatonit %s: %.2f %s\n", memory_text($alone), memory_text($other),
		$ratio, aim('0.5 of resident', $ratio <= 0.5);
	limit('resident, no service', number($alone, 'memory', 'VmRSS') . ' kB', 'catatonit', number($other, 'memory', 'VmRSS') . ' kB',
		'<= 0.5', $ratio <= 0.5);

	# A crash loop begins after the second look: what process 1 has of memory must not grow by it.
	my $said = watch(board('bench-memory', recipes => 'pid1', more => $small, services => { %{readies(\@ten)},
			memory => service('/bin/memory -c 6', open => 1),
			again => service('/bin/again', more => "Restart = always\nRestartSec = 0\nRestartMaxDelaySec = 0\n[Timer]\nOnBootSec = 3s\n") }),
		qr/bench: memory end/, 6);
	my @resident = numbers($said, 'memory', 'VmRSS');
	# Rings: twelve services', the kernel's and pid1's own.
	my $rings = 14 * 4;
	printf "  with ten services: resident %d kB, of these %d kB rings %s\n", $resident[1], $rings,
		aim('350 kB without rings', $resident[1] - $rings <= 350);
	limit('resident, ten services, no rings', $resident[1] - $rings . ' kB', undef, undef, '<= 350 kB', $resident[1] - $rings <= 350);
	my ($before, $after) = (numbers($said, 'memory', 'VmSize'))[1, 5];
	my @data = (numbers($said, 'memory', 'VmData'))[1, 5];
	printf "  after a crash loop of 3 s: address space %d kB, before it %d kB; data %d and %d kB; resident %d kB %s\n",
		$after, $before, @data[1, 0], $resident[5], aim('nothing allocated', $after == $before && $data[0] == $data[1]);
	limit('allocated after configuration', $after - $before . ' kB', undef, undef, '0 kB', $after == $before && $data[0] == $data[1]);
}

# First starts of 1,000 services: 250 in each of four boots, which by this clock are one boot.
sub starts_part {
	my @names = map { sprintf 's%03d', $_ } 0 .. 249;
	my %rate;
	my @rows = (
		map({ { name => $_->[0], init => ['/init'], archive => image_archive(board($_->[1], recipes => 'pid1',
			services => readies(\@names, open => $_->[2]), more => "[log]\nsize = 4K\n")) } }
			['pid1', 'bench-starts', 0], ['pid1, services open', 'bench-starts-open', 1]),
		map { $_->{init} = [qw(/usr/bin/runsvdir /service)] if $_->{name} eq 'runit'; $_ } peers(\@names, 'runit', 's6'));

	print "first starts: 250 services whose program says that it runs, from the init's exec to the last one, without a shell;\n",
		"runsv is started by runsvdir and s6-supervise by s6-svscan, one for each service, as they are meant to be\n";
	for my $row (@rows) {
		my ($all, $took) = last_ready(watch($kernel, qr/bench: ready/, 250, init => $row->{init}, archive => $row->{archive}), 250);
		$rate{$row->{name}} = 250 / $took * 1000;
		printf "  %-20s %8.0f starts/s\n", $row->{name}, $rate{$row->{name}};
	}
	# What no init can be faster than, where a start is one of a process: nothing around it, nothing kept of it.
	my $nothing = scratch_dir();
	my (undef, $took) = last_ready(watch($kernel, qr/bench: ready/, 250, init => [qw(/bin/bare 250)], archive => archive($nothing)), 250);
	my $floor = 250 / $took * 1000;
	printf "  %-20s %8.0f starts/s: vfork and exec in a loop, without an init; 5 times %s\n", 'the kernel alone', $floor,
		join ', ', map { sprintf '%s is %.0f, %.2f of that', $_, 5 * $rate{$_}, 5 * $rate{$_} / $floor } 'runit', 's6';
	limit('first starts' . ($_ =~ /open/ ? ', open' : ''), sprintf('%.0f/s', $rate{$_}), 'vfork and exec alone',
		sprintf('%.0f/s', $floor), '-') for 'pid1', 'pid1, services open';
	for my $peer ('runit', 's6') {
		for my $mine ('pid1', 'pid1, services open') {
			my $ratio = $rate{$mine} / $rate{$peer};
			printf "  %s / %s: %.2f %s\n", $mine, $peer, $ratio, aim('5', $ratio >= 5);
			limit('first starts' . ($mine =~ /open/ ? ', open' : ''), sprintf('%.0f/s', $rate{$mine}), $peer,
				sprintf('%.0f/s', $rate{$peer}), '>= 5', $ratio >= 5);
		}
	}
}

sub reaping_part {
	my $count = 10_000;
	my %said;
	for my $mode ('', ' probe') {
		my $image = board('bench-reaping' . ($mode && '-probe'), recipes => 'pid1',
			services => { zombies => service("/bin/zombies $count$mode", open => 1) });
		$said{$mode} = watch($image, $mode ? qr/bench: answers slowest/ : qr/bench: reaped zombies/, 1);
	}
	my ($bare, $mine) = map { number($said{''}, 'reaped', $_) } qw(bare zombies);
	printf "reaping %d zombies: pid1 %.1f ms, a bare waitpid loop in the same cgroup %.1f ms: %.2f of its rate %s\n", $count, $mine / 1e6, $bare / 1e6,
		$bare / $mine, aim('0.9', $bare / $mine >= 0.9);
	limit('reaping', sprintf('%.0f/s', $count / $mine * 1e9), 'bare waitpid loop', sprintf('%.0f/s', $count / $bare * 1e9), '>= 0.9',
		$bare / $mine >= 0.9);
	my $slowest = number($said{' probe'}, 'answers', 'slowest') / 1e6;
	printf "meanwhile svc's slowest answer of %d took %.2f ms %s\n", number($said{' probe'}, 'answers', 'count'), $slowest,
		aim('50 ms', $slowest < 50);
	limit('loop held by 10,000 zombies', sprintf('%.2f ms', $slowest), undef, undef, '< 50 ms', $slowest < 50);
}

sub death_part {
	my %with = (unit => 'StartLimitBurst = 20', more => "Critical = yes\nRestart = always\nRestartSec = 0\nRestartMaxDelaySec = 0\n");
	for my $open (0, 1) {
		my $image = board('bench-death' . ($open ? '-open' : ''), recipes => 'pid1', services => {
			%{readies(\@ten, open => $open)}, again => service('/bin/again 100', open => $open, %with) });
		my $said = watch($image, qr/bench: born/, 19);
		my @born = numbers($said, 'born', 'again');
		my @dies = numbers($said, 'dies', 'again');
		my @took = sort { $a <=> $b } map { ($born[$_] - $dies[$_ - 1]) / 1e6 } 1 .. $#born;
		printf "from a critical service's death to its program again%s: %.2f ms, slowest of %d %.2f ms %s\n",
			$open ? ', with nothing around it' : '', $took[@took / 2], scalar @took, $took[-1], aim('5 ms', $took[-1] < 5);
		limit('death to next exec' . ($open ? ', open' : ''), sprintf('%.2f ms', $took[-1]), undef, undef, '< 5 ms', $took[-1] < 5);
	}
}

# The robot's control loop under load, beside the same one without slices, limits and policy.
sub lateness_part {
	my $said = qx('$FindBin::Bin/robot.pl' '$ENV{INGOT}');
	die "robot.pl: $?\n" if $?;
	print $said;
	my ($worst, $missed, $bare, $bare_missed) = $said =~ /worst ([\d.]+) ms late, (\d+) of.* ([\d.]+) ms, (\d+) missed/
		or die "robot.pl said: $said";
	limit('control loop late at worst', "$worst ms", 'without limits', "$bare ms", '< 5 ms', $worst < 5);
	limit('its missed cycles of 1000', $missed, 'without limits', $bare_missed, '0', $missed == 0);
}

boot_part() if $parts{boot};
app_part() if $parts{app};
memory_part() if $parts{memory};
starts_part() if $parts{starts};
reaping_part() if $parts{reaping};
death_part() if $parts{death};
lateness_part() if $parts{lateness};
print_limits();
