# SPDX-License-Identifier: ISC
# A machine that a test does more to than wait and type: it cuts the power, and does things outside meanwhile.
package Console;
use strict;
use warnings;
use Exporter 'import';
use Ingot;
use IO::Select;
use IPC::Open3;
use Time::HiRes qw(time);

our @EXPORT = qw(power_on power_cut said says said_at_last types);

my ($qemu, $in, $out, $said, $at);

# Starts `ingot` with these arguments, which runs QEMU with its serial port on stdin and stdout.
sub power_on {
	my (@arguments) = @_;
	$qemu = open3($in, $out, undef, $ENV{INGOT}, @arguments);
	($said, $at) = ('', 0);
}

sub power_cut {
	return if !$qemu;
	kill 'KILL', $qemu;
	waitpid $qemu, 0;
	close $_ for $in, $out;
	$qemu = 0;
}

# All since the power came on.
sub said {
	return $said =~ s/\r//gr;
}

# Reads what the console says until the test is true; false after so many seconds, or when the machine has ended.
sub reads_until {
	my ($test, $seconds) = @_;
	my $end = time + $seconds;
	my $select = IO::Select->new($out);

	for (;;) {
		return 1 if $test->();
		return 0 if time > $end;
		next if !$select->can_read(1);
		sysread $out, $said, 65536, length $said or return 0;
	}
}

# Waits until the console says it, behind what it was asked for before.
sub says {
	my ($like, $seconds) = @_;
	return reads_until(sub { substr($said, $at) =~ $like && ($at += $+[0]) }, $seconds);
}

# The same, wherever it is since the power came on.
sub said_at_last {
	my ($like, $seconds) = @_;
	return reads_until(sub { $said =~ $like }, $seconds);
}

# A line for the shell there.
sub types {
	my ($line) = @_;
	syswrite $in, "$line\n";
}

END {
	my $status = $?;
	power_cut();
	$? = $status;
}

1;
