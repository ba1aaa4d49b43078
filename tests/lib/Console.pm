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

our @EXPORT = qw(power_on power_cut said says);

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

# Waits until the console says it, behind what it was asked for before; false after so many seconds, or
# when the machine has ended.
sub says {
	my ($like, $seconds) = @_;
	my $end = time + $seconds;
	my $select = IO::Select->new($out);

	for (;;) {
		if (substr($said, $at) =~ $like) {
			$at += $+[0];
			return 1;
		}
		return 0 if time > $end;
		next if !$select->can_read(1);
		sysread $out, $said, 65536, length $said or return 0;
	}
}

END {
	my $status = $?;
	power_cut();
	$? = $status;
}

1;
