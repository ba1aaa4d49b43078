# SPDX-License-Identifier: ISC
# The other end of a guest's network card: 10.7.0.1, a DHCP server that does what a test's code
# tells it to, lease by lease, also on a VLAN. QEMU hands frames over by datagrams; RFC 826, 2131 and 2132.
package Dhcpd;
use strict;
use warnings;
use Exporter 'import';
use Ingot;
use IO::Handle;
use POSIX ();
use Socket;
use Time::HiRes qw(time);

our @EXPORT = qw(dhcpd_start dhcpd_seen);

my $server = inet_aton('10.7.0.1');
my $server_mac = "\x52\x54\0\x07\0\x01";
my $everybody = "\xff" x 6;
my @types = ('', qw(DISCOVER OFFER REQUEST DECLINE ACK NAK RELEASE INFORM));

sub checksum {
	my $sum = 0;

	$sum += $_ for unpack 'n*', $_[0];
	$sum = ($sum & 0xffff) + ($sum >> 16) while $sum >> 16;
	return ~$sum & 0xffff;
}

# An ARP request for the server's address is answered, all others are not.
sub answer_arp {
	my ($frame) = @_;
	my ($operation, $mac, $ip, undef, $wanted) = unpack 'x20 n a6 a4 a6 a4', $frame;

	return if $operation != 1 || $wanted ne $server;
	return $mac . $server_mac . pack 'n n n C C n a6 a4 a6 a4', 0x806, 1, 0x800, 6, 4, 2, $server_mac, $server, $mac, $ip;
}

# A client's message, or nothing.
sub read_message {
	my ($frame) = @_;
	my ($to_mac, $mac, $version, $protocol, $from, $to) = unpack 'a6 a6 x2 C x8 C x2 a4 a4', $frame;
	my $udp = substr $frame, 14 + 4 * ($version & 15);

	return if $protocol != 17 || length $udp < 8 + 240 || unpack('x2 n', $udp) != 67;
	my $dhcp = substr $udp, 8;
	my ($xid, $ciaddr, $cookie) = unpack 'x4 a4 x4 a4 x220 N', $dhcp;
	return if $cookie != 0x63825363;
	my (%option, $at);
	for ($at = 240; $at < length $dhcp;) {
		my $code = ord substr $dhcp, $at++, 1;

		last if $code == 255;
		next if $code == 0;
		my $length = ord substr $dhcp, $at++, 1;
		$option{$code} = substr $dhcp, $at, $length;
		$at += $length;
	}
	return {
		time => time, mac => $mac, xid => $xid, type => $types[ord($option{53} // "\0")] // '',
		from => inet_ntoa($from), to => inet_ntoa($to), ciaddr => inet_ntoa($ciaddr),
		requested => $option{50} ? inet_ntoa($option{50}) : '-', name => $option{12} // '-',
		vendor => $option{60} // '-', server => $option{54} ? inet_ntoa($option{54}) : undef,
	};
}

sub reply {
	my ($message, $type, $address, $seconds) = @_;
	my ($number) = grep { $types[$_] eq $type } 1 .. $#types;
	my $nak = $type eq 'NAK';
	my $yiaddr = $nak ? "\0" x 4 : inet_aton($address);
	my $to = $nak ? "\xff" x 4 : $yiaddr;
	my $options = pack 'C C C C C a4', 53, 1, $number, 54, 4, $server;
	$options .= pack 'CCN CCa4 CCa4 CCa4', 51, 4, $seconds, 1, 4, "\xff\xff\xff\0", 3, 4, $server, 6, 4, $server
		if !$nak;
	my $dhcp = pack 'C4 a4 n n a4 a4 a4 a4 a16 x192 N', 2, 1, 6, 0, $message->{xid}, 0, $nak ? 0x8000 : 0,
		inet_aton($message->{ciaddr}), $yiaddr, $server, "\0" x 4, $message->{mac}, 0x63825363;
	my $udp = pack('n4', 67, 68, 8 + length($dhcp . $options) + 1, 0) . $dhcp . $options . "\xff";
	my $ip = pack 'C C n n n C C n a4 a4', 0x45, 0, 20 + length $udp, 0, 0, 64, 17, 0, $server, $to;
	substr $ip, 10, 2, pack 'n', checksum($ip);
	return ($nak ? $everybody : $message->{mac}) . $server_mac . pack('n', 0x800) . $ip . $udp;
}

sub serve {
	my ($socket, $guest, $seen, $code) = @_;

	while (defined recv $socket, my $frame, 65536, 0) {
		# A VLAN's tag (IEEE 802.1Q) is put back into what is answered.
		my $tagged = length $frame >= 46 && unpack('x12 n', $frame) == 0x8100;
		my $tag = $tagged ? substr $frame, 12, 4, '' : '';
		my $kind = length $frame < 42 ? 0 : unpack 'x12 n', $frame;
		my @answers = $kind == 0x806 ? answer_arp($frame) : ();
		my $message = $kind == 0x800 ? read_message($frame) : undef;

		if ($message) {
			$message->{vlan} = $tagged ? unpack('x2 n', $tag) & 0xfff : 0;
			my ($type, $address, $seconds) = $code->($message);
			my $did = $type ? "$type " . ($address // '-') : 'nothing';
			$did .= " of $message->{server}" if $message->{server};

			$seen->printf("%.1f %s\n", $message->{time},
				join ' ', @$message{qw(type from to ciaddr requested name vendor)}, '->', $did);
			push @answers, reply($message, $type, $address, $seconds) if $type;
		}
		send $socket, substr($_, 0, 12) . $tag . substr($_, 12), 0, $guest for @answers;
	}
}

# Serves in a child for as long as the test runs. The code gets each message as a hash and returns
# OFFER or ACK with an address and the lease's seconds, NAK, or nothing for silence. QEMU's
# arguments come back beside it.
sub dhcpd_start {
	my ($code) = @_;
	my $dir = scratch_dir();
	my $path = "/tmp/ingot-dhcpd-$$-" . int rand 1e9;
	my $self = bless { seen => "$dir/seen", paths => ["$path.guest", "$path.server"], owner => $$ };

	socket(my $socket, PF_UNIX, SOCK_DGRAM, 0) or die "socket: $!";
	bind($socket, pack_sockaddr_un($self->{paths}[1])) or die "$path: $!";
	open my $seen, '>', $self->{seen} or die "$self->{seen}: $!";
	$seen->autoflush(1);
	$self->{pid} = fork // die "fork: $!";
	if ($self->{pid} == 0) {
		eval { serve($socket, pack_sockaddr_un($self->{paths}[0]), $seen, $code) };
		print $seen "died: $@";
		POSIX::_exit(1);
	}
	return ($self, '-netdev', "dgram,id=net0,local.type=unix,local.path=$self->{paths}[0],"
		. "remote.type=unix,remote.path=$self->{paths}[1]", '-device', 'virtio-net-pci,netdev=net0');
}

# What came in until now, and what was answered: lines of time, type, source, destination, ciaddr,
# requested address, host name and vendor class, and behind an arrow the answer, "of" the server that was
# asked by its address, if one was.
sub dhcpd_seen {
	my ($self) = @_;
	return split /\n/, read_file($self->{seen});
}

sub DESTROY {
	my ($self) = @_;

	return if $$ != $self->{owner};
	local $?;
	kill 'KILL', $self->{pid};
	waitpid $self->{pid}, 0;
	unlink @{$self->{paths}};
}

1;
