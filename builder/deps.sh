#!/bin/sh
# SPDX-License-Identifier: ISC
# What a Debian 12 host needs: show or install what is missing.
# usage: deps.sh --show|--install SET...   (sets: demo, test, bench, analyze, docker)
set -eu

# PACKAGE SET WHY
needs() {
	cat <<'END'
gcc demo compiles ./ingot itself (images are compiled by the pinned toolchain)
libc6-dev demo C library headers for ./ingot
make demo runs this Makefile
pkg-config demo finds the libraries below
libsodium-dev demo SHA-256 and signatures
libxxhash-dev demo change detection in the store
libinih-dev demo reads recipe.ini, board.ini and services
libzstd-dev demo reads compressed archives
libarchive-dev demo unpacks sources
libjansson-dev demo writes manifest.json
libseccomp-dev demo compiles the services' system call filters
libnftnl-dev demo compiles the board's firewall into the kernel's messages
bubblewrap demo the sandbox that recipes are built in
curl demo downloads pinned sources
ca-certificates demo checks https servers
apt demo finds sources in the archive
gpgv demo checks who signed a source
debian-archive-keyring demo the archive's keys
qemu-system-x86 demo boots the image
perl test runs the tests (prove, Test::More)
libcmocka-dev test unit tests in C
libasan8 test address sanitizer for the unit tests
libubsan1 test undefined behaviour sanitizer
gnupg test makes throw-away keys that must be refused
zstd test unpacks images to look into them
openssl test a TLS server for the lock's tests
cpio test reads our archives independently
libarchive-tools test bsdcpio, the same
util-linux test runs builds as another user
coreutils test sha256sum -c
shellcheck test checks the shell scripts
mandoc test checks the man pages
minisign test checks our signatures, and makes some for us to check
e2fsprogs test makes the disks of boot tests
genimage test puts partitions together: ingot disk
ovmf test UEFI firmware for QEMU
sbsigntool test signs kernels for Secure Boot: ingot sign --efi-key
efitools test makes the variables that enrol a key for Secure Boot
mtools test reads the file systems of EFI slots, as does
dosfstools test fsck.fat
nftables test reads a compiled firewall back from the kernel
libcurl4-openssl-dev test the updater as it runs here, and outbox's headers
nginx test serves what is published
rsyslog test a collector for the device's log
strace test makes system calls fail, and kills at each of them
ninja-build bench peer for the no-op build
swupdate bench peer for installing an update
rauc bench the same
squashfs-tools bench makes bundles for rauc
dbus bench the bus that rauc's service wants
signify-openbsd bench peer for verifying a signature, beside minisign
cppcheck analyze static analysis
clang analyze scan-build's compiler, and the fuzzers'
clang-tools analyze scan-build
clang-format analyze checks how the sources are laid out
musl-tools analyze compiles what runs on the device as the device's C library sees it
buildah docker builds the Dockerfile without an engine
mmdebstrap docker makes the base image
END
}

is_installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

how=$1
shift
missing=
sets=" $* "
while read -r package set why; do
	case "$sets" in *" $set "*) ;; *) continue ;; esac
	is_installed "$package" && continue
	[ -n "$missing" ] || echo "This machine lacks:"
	printf '  %-24s %s\n' "$package" "$why"
	missing="$missing $package"
done <<END
$(needs)
END

if [ -z "$missing" ]; then
	[ "$how" = --install ] || echo "Nothing is missing for: $*"
	exit 0
fi
sudo=
[ "$(id -u)" = 0 ] || sudo="sudo "
line="${sudo}apt-get install -y --no-install-recommends$missing"
echo "$line"
[ "$how" = --install ] || exit 0
# shellcheck disable=SC2086 # empty, or a word and a blank
${sudo}apt-get update -q
# shellcheck disable=SC2086 # a list of words
DEBIAN_FRONTEND=noninteractive ${sudo}apt-get install -q -y --no-install-recommends $missing
