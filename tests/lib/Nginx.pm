# SPDX-License-Identifier: ISC
# A real nginx on the host's loopback, which QEMU's user network shows a guest as 10.0.2.2.
package Nginx;
use strict;
use warnings;
use Exporter 'import';
use Ingot;
use IO::Socket::INET;
use Time::HiRes 'sleep';

our @EXPORT = qw(nginx_start nginx_stop nginx_log);

# Serves a folder. port => another one than a free one; server => TEXT for its server block; tls =>
# [CERTIFICATE, KEY].
sub nginx_start {
	my ($folder, %with) = @_;
	my $dir = scratch_dir();
	my $free = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', Proto => 'tcp') or die "listen: $!";
	my $port = $with{port} // $free->sockport;
	my $self = { dir => $dir, port => $port, folder => $folder };
	my ($tls, $certificate) = ('', '');

	close $free;
	if ($with{tls}) {
		$tls = ' ssl';
		$certificate = qq(ssl_certificate "$with{tls}[0]"; ssl_certificate_key "$with{tls}[1]";);
	}
	write_file("$dir/nginx.conf", <<"END");
daemon off;
master_process off;
pid "$dir/pid";
error_log "$dir/error.log";
events { }
http {
	client_body_temp_path "$dir/body";
	proxy_temp_path "$dir/proxy";
	fastcgi_temp_path "$dir/fastcgi";
	uwsgi_temp_path "$dir/uwsgi";
	scgi_temp_path "$dir/scgi";
	log_format short '\$request_method \$uri \$status \$body_bytes_sent "\$http_range"';
	access_log "$dir/access.log" short;
	server {
		listen 127.0.0.1:$port$tls;
		root "$folder";
		$certificate
		@{[$with{server} // '']}
	}
}
END
	$self->{pid} = fork // die "fork: $!";
	if ($self->{pid} == 0) {
		exec 'nginx', '-c', "$dir/nginx.conf", '-p', $dir, '-e', "$dir/error.log" or die "nginx: $!";
	}
	for (1 .. 300) {
		return bless $self if IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port", Proto => 'tcp');
		sleep 0.1;
	}
	die 'nginx does not listen: ' . (-e "$dir/error.log" ? read_file("$dir/error.log") : '');
}

sub nginx_stop {
	my ($self) = @_;

	return if !$self->{pid};
	kill 'KILL', $self->{pid};
	waitpid $self->{pid}, 0;
	$self->{pid} = 0;
}

# Its requests: "GET /path STATUS BYTES "RANGE"".
sub nginx_log {
	my ($self) = @_;
	return split /\n/, read_file("$self->{dir}/access.log");
}

sub DESTROY {
	my ($self) = @_;
	my $status = $?;

	nginx_stop($self);
	$? = $status;
}

1;
