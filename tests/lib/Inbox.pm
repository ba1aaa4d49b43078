# SPDX-License-Identifier: ISC
# An HTTP server on the host's loopback that files are put to, and that does as it is told: GET
# /refuse, /break (off in the middle of a body) or /take says how it deals with what follows.
package Inbox;
use strict;
use warnings;
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

# One request, its body read to the end unless it is to be broken off; what became of it.
sub serve {
	my ($client, $mode) = @_;
	my $data = q();

	while ($data !~ /\r\n\r\n/) {
		return if !sysread $client, $data, 4096, length $data;
	}
	my ($head, $rest) = split /\r\n\r\n/, $data, 2;
	my ($method, $path) = $head =~ m{^(\S+) (\S+) HTTP/1\.1};
	if ($method eq 'GET') {
		answer($client, '200 OK');
		return { mode => substr $path, 1 };
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
	return $request if !$request->{whole} || $mode eq 'break';
	$request->{taken} = $mode eq 'take';
	answer($client, $mode eq 'take' ? '201 Created' : '503 Service Unavailable');
	return $request;
}

sub inbox_start {
	my $server = IO::Socket::INET->new(Listen => 16, LocalAddr => '127.0.0.1', Proto => 'tcp') or die "listen: $!";
	my $self = { file => scratch_dir() . '/requests', port => $server->sockport };

	$self->{pid} = fork // die "fork: $!";
	return bless $self if $self->{pid};
	my $mode = 'refuse';
	local $SIG{PIPE} = 'IGNORE';
	open my $out, '>', $self->{file} or POSIX::_exit(1);
	$out->autoflush;
	while (1) {
		my $client = $server->accept or next;
		my $request = serve($client, $mode) or next;
		if ($request->{mode}) {
			$mode = $request->{mode};
		} else {
			print $out encode_json($request), "\n";
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
