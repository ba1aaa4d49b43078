#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# Firmware that the owner gave a key of their own, and no other, starts what that key has signed, and nothing
# else. The key is enrolled by the device itself, out of setup mode.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Efi;
use Ingot;
use Test::More;

my $scratch = scratch_dir();
my @signer = ('--efi-key', "$scratch/own.pem", '--efi-cert', "$scratch/own.crt");

sub must {
	my $done = run(@_);
	die "$_[0]: $done->{err}" if $done->{status};
}

# What a variable's file in efivarfs takes: its attributes, and the key list signed with that very key.
sub variable {
	my ($name) = @_;
	must('sign-efi-sig-list', '-k', "$scratch/own.pem", '-c', "$scratch/own.crt", $name, "$scratch/own.esl",
		"$scratch/$name.auth");
	return pack('V', 0x27) . read_file("$scratch/$name.auth");
}

must(qw(openssl req -new -x509 -newkey rsa:2048 -nodes -sha256 -days 3650 -subj /CN=owner/ -keyout), "$scratch/own.pem",
	'-out', "$scratch/own.crt");
must('cert-to-efi-sig-list', "$scratch/own.crt", "$scratch/own.esl");
my $global = '8be4df61-93ca-11d2-aa0d-00e098032b8c';
my $device = version(1, launcher => 1, files => {
	"/etc/keys/PK-$global" => variable('PK'),
	"/etc/keys/KEK-$global" => variable('KEK'),
	'/etc/keys/db-d719b2cb-3d3a-4596-a3bc-dad00e67656f' => variable('db'),
});
my $mount = 'run mkdir /run/vars && mount -t efivarfs none /run/vars -> 0';
# The last byte of the variable is 1.
my $on = "run tail -c 1 /run/vars/SecureBoot-$global | grep -q \$(printf '\\001')";

make_disk($device);
my $plain = start($device, <<"END");
timeout 900
expect "pid1: board pc,"
expect "pid1: boot complete"
$mount
$on -> 1
run rollback repair | grep -q "entries are written anew" -> 0
run for file in /etc/keys/db-* /etc/keys/KEK-* /etc/keys/PK-*; do dd if=\$file of=/run/vars/\${file##*/} bs=64k || break; done -> 0
send svc reboot
expect "BdsDxe: failed to load Boot.... .Ingot a.*: Access Denied"
expect "BdsDxe: No bootable option or device was found"
END
unlike($plain =~ s/.*Access Denied//sr, qr/Linux version/, 'no kernel started after that');

# The new disk has the old one's GUIDs, so that the firmware's entry is good for it; without that slot there is the
# launcher.
sign_version($device, @signer);
make_disk($device);
start($device, <<"END");
timeout 900
expect "BdsDxe: starting Boot.... .Ingot a."
expect "pid1: board pc,"
expect "pid1: boot complete"
$mount
$on -> 0
run rollback repair | grep -q "nothing to repair" -> 0
run rollback verify -> 0
run dd if=/dev/zero of=/dev/vda1 bs=512 count=1 conv=notrunc -> 0
send svc reboot
expect "pid1: board pc-launcher,"
expect "slot a: chunk 1 of|slot a: is not what was signed"
END

done_testing();
