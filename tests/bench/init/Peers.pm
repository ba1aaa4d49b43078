# SPDX-License-Identifier: ISC
# The peers of pid1, as Debian built them: each an archive with the init, the libraries that it
# needs and busybox where it cannot do without a shell, and what of the bench it starts.
package Peers;
use strict;
use warnings;
use Exporter 'import';
use File::Path qw(make_path);
use Ingot;
use Machine;

our @EXPORT = qw(peers equal_peers);

my $debs;
my @libc = qw(/lib64/ld-linux-x86-64.so.2 /lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 /lib/x86_64-linux-gnu/libc.so.6);
my $usr = '/usr/lib/x86_64-linux-gnu';

# Files of each, what it is linked as, the command line of the init, and where services stand.
my @peers = (
	{ name => 'BusyBox init', init => ['/sbin/init'], linked => 'static', shell => 1, table => '/etc/inittab',
		line => sub { "::respawn:/bin/ready -c $_[0]\n" } },
	{ name => 'tini', init => [qw(/usr/bin/tini /bin/sh /start)], linked => 'glibc', shell => 1, script => 1,
		files => [qw(/usr/bin/tini)] },
	{ name => 'catatonit', init => [qw(/usr/bin/catatonit /bin/sh /start)], linked => 'static', shell => 1, script => 1,
		files => [qw(/usr/bin/catatonit)] },
	{ name => 'runit', init => ['/lib/runit/runit-init'], linked => 'glibc', shell => 1, folders => 1,
		files => [qw(/lib/runit/runit-init /sbin/runit /usr/bin/runsvdir /usr/bin/runsv)],
		text => { '/etc/runit/1' => "#!/bin/sh\n", '/etc/runit/2' => "#!/bin/sh\nexec /usr/bin/runsvdir -P /service\n" } },
	{ name => 's6', init => [qw(/usr/bin/s6-svscan /service)], linked => 'glibc', folders => 1,
		files => [qw(/usr/bin/s6-svscan /usr/bin/s6-supervise), "$usr/libskarnet.so.2.13"] },
	{ name => 'finit', init => ['/sbin/finit'], linked => 'glibc', shell => 1, table => '/etc/finit.conf',
		files => ['/sbin/finit', '/lib/x86_64-linux-gnu/libdl.so.2', "$usr/libite.so.5", "$usr/libuev.so.3"],
		line => sub { "service :$_[0] [S0123456789] /bin/ready -c $_[0] -- $_[0]\n" } },
);

# What pid1 does before the first service and for each one, as far as a shell can: the same mounts, a group with the
# same controllers, the loopback.
my $mounts = <<'END';
for at in proc sys dev run tmp; do [ -d /$at ] || mkdir /$at; done
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
mkdir /dev/pts && mount -t devpts devpts /dev/pts
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs -o mode=0755,size=16m run /run
mount -t tmpfs -o size=16m tmp /tmp
cd /sys/fs/cgroup
echo '+memory +pids +cpu +io' >cgroup.subtree_control
mkdir services
echo '+memory +pids +cpu +io' >services/cgroup.subtree_control
cd /
ifconfig lo up
END
my $group = <<'END';
mkdir /sys/fs/cgroup/services/$1
echo 1 >/sys/fs/cgroup/services/$1/memory.oom.group
echo 0 >/sys/fs/cgroup/services/$1/cgroup.procs
exec /bin/ready -c $1
END

# The packages, unpacked, from the archive that this machine's apt knows.
sub debs {
	return $debs if $debs;
	my $folder = scratch_dir();
	system('sh', '-ec', <<'END', 'sh', $folder) == 0 or die "apt-get cannot download the peers: try apt-get update\n";
cd "$1"
apt-get -q -q -o APT::Sandbox::User=root download tini catatonit runit s6 finit busybox-static libskarnet2.13 libuev3 libite5 libc6
for deb in *.deb; do dpkg-deb -x "$deb" root; done
END
	return $debs = "$folder/root";
}

sub copy {
	my ($to, @files) = @_;

	for my $file (@files) {
		make_path("$to/" . ($file =~ s,/[^/]*$,,r));
		system('cp', '-a', debs() . $file, "$to$file") == 0 or die "cp: $?";
		# What is a link to a file with the version in its name.
		my $link = readlink debs() . $file;
		copy($to, $link =~ m,^/, ? $link : ($file =~ s,[^/]*$,,r) . $link) if $link && !-e "$to$file";
	}
}

# What makes a peer do that.
sub make_equal {
	my ($root, $peer, @services) = @_;

	make_path("$root/bin");
	symlink '/bin/busybox', "$root/bin/$_" for qw(mkdir ifconfig);
	write_file("$root/mounts", $mounts);
	write_file("$root/group", $group);
	write_file("$root/start", $mounts . join('', map { "(set $_; . /group) &\n" } @services) . "wait\n") if $peer->{script};
	write_file("$root$peer->{table}", join '', "::sysinit:/bin/sh /mounts\n", map { "::respawn:/bin/sh /group $_\n" } @services)
		if $peer->{table};
}

# The archive of one peer that starts these services.
sub make {
	my ($peer, @names) = @_;
	my @services = @names;
	my $root = scratch_dir();

	copy($root, @{$peer->{files} // []});
	copy($root, @libc) if $peer->{linked} eq 'glibc';
	if ($peer->{shell}) {
		copy($root, '/bin/busybox');
		make_path("$root/sbin");
		symlink '/bin/busybox', "$root$_" for qw(/bin/sh /bin/mount /bin/true), $peer->{name} eq 'BusyBox init' ? '/sbin/init' : ();
	}
	write_file("$root$_", $peer->{text}{$_}) for keys %{$peer->{text} // {}};
	chmod 0755, map { "$root$_" } keys %{$peer->{text} // {}};
	write_file("$root$peer->{table}", join '', map { $peer->{line}->($_) } @services) if $peer->{table};
	if ($peer->{script}) {
		my $last = pop @services;
		write_file("$root/start", join('', map { "/bin/ready -c $_ &\n" } @services) . "exec /bin/ready -c $last\n");
	}
	for (@services) {
		last if !$peer->{folders};
		make_path("$root/service/$_");
		symlink '/bin/ready', "$root/service/$_/run";
	}
	make_equal($root, $peer, @names) if $peer->{equal};
	# As on an installed system: libraries are found at once.
	system('/sbin/ldconfig', '-r', $root) == 0 or die "ldconfig: $?" if $peer->{linked} eq 'glibc' && make_path("$root/etc") >= 0;
	return archive($root);
}

# { name, init, linked, archive } of the named peers, or of all; each starts these services.
sub peers {
	my ($services, @names) = @_;
	my %wanted = map { $_ => 1 } @names;

	return map { { %$_, archive => make($_, @$services) } } grep { !@names || $wanted{$_->{name}} } @peers;
}

# Those that a shell can make do what pid1 does, doing it.
sub equal_peers {
	my ($services) = @_;

	return map { my %equal = (%$_, equal => 1); +{ %equal, archive => make(\%equal, @$services) } }
		grep { $_->{name} =~ /BusyBox|tini|catatonit/ } @peers;
}

1;
