# SPDX-License-Identifier: ISC
# A child that watches what a booting machine says and does things to it from outside: QEMU's
# monitor, connections to its forwarded ports.
package Qmp;
use strict;
use warnings;
use Exporter 'import';
use Ingot;
use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX ();
use Time::HiRes qw(sleep);

our @EXPORT = qw(outside outside_said free_port reads);

# A port of the loopback that nothing listens on now.
sub free_port {
	my $socket = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1') or die "port: $!";
	return $socket->sockport;
}

# What a server behind the port says before it closes, at most so many tries a second apart;
# '' if it never says anything.
sub reads {
	my ($port, $tries) = @_;

	for (1 .. $tries) {
		my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 2);
		if ($socket) {
			my $bits = '';
			vec($bits, $socket->fileno, 1) = 1;
			if (select(my $ready = $bits, undef, undef, 30) > 0) {
				my $line = <$socket>;
				return $line =~ s/\s+$//r if defined $line && length $line;
			}
		}
		sleep 1;
	}
	return '';
}

# Tells QEMU's monitor a command, as a person would type it.
sub monitor {
	my ($path, $command) = @_;
	my $socket;

	for (1 .. 50) {
		$socket = IO::Socket::UNIX->new(Peer => $path) and last;
		sleep 0.2;
	}
	die "$path: $!" if !$socket;
	print $socket "$command\n";
	$socket->flush;
	sleep 0.5;
}

# Runs code in a child; it gets a function for the monitor, and what it returns (a list of
# lines) is outside_said()'s. QEMU's arguments for the monitor come back beside it.
sub outside {
	my ($code) = @_;
	my $dir = scratch_dir();
	(my $path = "/tmp/ingot-monitor-$$-" . int rand 1e9) =~ s/ //g;
	my $pid = fork // die "fork: $!";

	if ($pid == 0) {
		my @lines = eval { $code->(sub { monitor($path, @_) }) };
		push @lines, "died: $@" if $@;
		write_file("$dir/said", join '', map { "$_\n" } @lines);
		POSIX::_exit(0);
	}
	my $self = bless { dir => $dir, path => $path, pid => $pid };
	return ($self, '-monitor', "unix:$path,server=on,wait=off");
}

# Ends the child's waiting; the lines that its code returned.
sub outside_said {
	my ($self) = @_;

	for (1 .. 20) {
		last if waitpid($self->{pid}, POSIX::WNOHANG()) == $self->{pid};
		sleep 0.5;
		kill 'KILL', $self->{pid} if $_ == 20;
	}
	unlink $self->{path};
	return -e "$self->{dir}/said" ? split /\n/, read_file("$self->{dir}/said") : ();
}

1;
