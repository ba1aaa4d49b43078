# SPDX-License-Identifier: ISC
# A real rsyslogd on the host's loopback, which QEMU's user network shows a guest as 10.0.2.2.
package Collector;
use strict;
use warnings;
use Exporter 'import';
use Ingot;
use IO::Socket::INET;

our @EXPORT = qw(collector_new collector_start collector_stop collector_lines guest_net);

# QEMU's arguments for a network card on the user network.
our @net = ('-netdev', 'user,id=net0', '-device', 'virtio-net-pci,netdev=net0');

# A service that brings the guest's card up.
my $up = <<'END';
[Service]
Type = oneshot
ExecStart = /bin/sh -c "ip link set eth0 up && ip addr add 10.0.2.15/24 dev eth0 && echo net up"
User = root
BindPaths = /
END

sub guest_net {
	return ($up, @net);
}

# A port that nothing listens on now, neither by UDP nor by TCP.
sub free_port {
	for (1 .. 50) {
		my $tcp = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', Proto => 'tcp') or next;
		my $port = $tcp->sockport;
		return $port if IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Proto => 'udp');
	}
	die 'no free port';
}

sub collector_new {
	my $dir = scratch_dir();
	my $self = { dir => $dir, port => free_port(), pid => 0 };

	write_file("$dir/conf", <<"END");
module(load="imtcp")
module(load="imudp")
input(type="imudp" address="127.0.0.1" port="$self->{port}")
input(type="imtcp" address="127.0.0.1" port="$self->{port}")
template(name="raw" type="string" string="%timestamp:::date-rfc3339% %syslogfacility-text%.%syslogseverity-text% %hostname% %app-name% %structured-data% [%msg%]\\n")
\$WorkDirectory $dir
*.* action(type="omfile" file="$dir/out" template="raw")
END
	# Its configuration knows no blanks in a file's name.
	symlink $dir, ($self->{link} = "/tmp/ingot-collector-$$-$self->{port}") or die "symlink: $!";
	edit_file("$dir/conf", sub { s/\Q$dir\E/$self->{link}/g });
	return bless $self;
}

sub collector_start {
	my ($self) = @_;
	my $pid = fork // die "fork: $!";

	if ($pid == 0) {
		open STDOUT, '>', "$self->{dir}/said" or die;
		open STDERR, '>&', \*STDOUT or die;
		exec 'rsyslogd', '-n', '-C', '-f', "$self->{link}/conf", '-i', "$self->{link}/pid" or die;
	}
	$self->{pid} = $pid;
	for (1 .. 100) {
		return if IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port}, Proto => 'tcp');
		select undef, undef, undef, 0.1;
	}
	die 'rsyslogd does not listen: ' . read_file("$self->{dir}/said");
}

sub collector_stop {
	my ($self) = @_;

	return if !$self->{pid};
	kill 'TERM', $self->{pid};
	waitpid $self->{pid}, 0;
	$self->{pid} = 0;
}

# What it has written, a line each.
sub collector_lines {
	my ($self) = @_;
	return -e "$self->{dir}/out" ? split /\n/, read_file("$self->{dir}/out") : ();
}

sub DESTROY {
	my ($self) = @_;
	my $status = $?;

	collector_stop($self);
	unlink $self->{link};
	$? = $status;
}

1;
