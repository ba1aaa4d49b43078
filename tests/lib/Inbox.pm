# SPDX-License-Identifier: ISC
# An HTTP server on the host's loopback that files are put to, and that does as it is told: GET
# /refuse, /break (off in the middle of a body) or /take says how it deals with what follows. Each
# connection has a process of its own, so that one that falls silent holds up no other.
package Inbox;
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use Exporter 'import';
use Ingot;
use IO::Socket::INET;
use JSON::PP;
use POSIX ();
use Socket qw(SOL_SOCKET SO_LINGER);
use Time::HiRes 'time';

our @EXPORT = qw(inbox_start inbox_stop inbox_requests);

my $middle = 20_000;

sub answer {
	my ($client, $status) = @_;
	syswrite $client, "HTTP/1.1 $status\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
}

# A line for a file that came, in one write.
sub note {
	my ($self, $request) = @_;

	open my $out, '>>', $self->{file} or die "$self->{file}: $!";
	syswrite $out, encode_json($request) . "\n";
	close $out;
}

# One request, its body read to the end unless it is to be broken off. What became of it is noted, and a
# mode holds, before it is answered.
sub serve {
	my ($self, $client) = @_;
	my ($mode, $data) = (read_file($self->{mode}), q());

	while ($data !~ /\r\n\r\n/) {
		return if !sysread $client, $data, 4096, length $data;
	}
	my ($head, $rest) = split /\r\n\r\n/, $data, 2;
	my ($method, $path) = $head =~ m{^(\S+) (\S+) HTTP/1\.1};
	if ($method eq 'GET') {
		write_file($self->{mode}, substr $path, 1);
		return answer($client, '200 OK');
	}
	my ($size) = $head =~ /^Content-Length: (\d+)/mi;
	my $request = { path => $path, began => time };
	while (length $rest < $size) {
		if ($mode eq 'break' && length $rest >= $middle) {
			setsockopt $client, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0;
			last;
		}
		last if !sysread $client, $rest, 65536, length $rest;
	}
	@$request{qw(ended whole)} = (time, length $rest == $size);
	$request->{size} = length $rest;
	$request->{sha256} = sha256_hex($rest);
	my $answers = $request->{whole} && $mode ne 'break';
	$request->{taken} = $mode eq 'take' if $answers;
	note($self, $request);
	answer($client, $mode eq 'take' ? '201 Created' : '503 Service Unavailable') if $answers;
}

# Begins with this mode: 'refuse', unless another is given.
sub inbox_start {
	my ($mode) = @_;
	my $server = IO::Socket::INET->new(Listen => 16, LocalAddr => '127.0.0.1', Proto => 'tcp') or die "listen: $!";
	my $dir = scratch_dir();
	my $self = { file => "$dir/requests", mode => "$dir/mode", port => $server->sockport };

	write_file($self->{file}, '');
	write_file($self->{mode}, $mode // 'refuse');
	$self->{pid} = fork // die "fork: $!";
	return bless $self if $self->{pid};
	local $SIG{PIPE} = 'IGNORE';
	local $SIG{CHLD} = 'IGNORE';
	while (1) {
		my $client = $server->accept or next;
		my $pid = fork // next;
		if ($pid == 0) {
			eval { serve($self, $client) };
			close $client;
			POSIX::_exit(0);
		}
		close $client;
	}
}

sub inbox_stop {
	my ($self) = @_;

	return if !$self->{pid};
	kill 'KILL', $self->{pid};
	waitpid $self->{pid}, 0;
	$self->{pid} = 0;
}

# Every file that came, whole or not: { path, size, began, ended, whole, taken }.
sub inbox_requests {
	my ($self) = @_;
	return map { decode_json($_) } split /\n/, read_file($self->{file});
}

sub DESTROY {
	my ($self) = @_;
	my $status = $?;

	inbox_stop($self) if $self->{pid};
	$? = $status;
}

1;
