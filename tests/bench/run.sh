#!/bin/sh
# SPDX-License-Identifier: ISC
# `make bench`: every figure beside its peer and its aim, in one run, also where it falls short.
# RUNS (7) is the number of interleaved runs that each median is of.
set -eu
cd "$(dirname "$0")/../.."
runs=${RUNS:-7}
board=qemu-x86_64
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

last=$(./ingot build "$board" | tail -n 1)
size=$(echo "$last" | awk '{ print $(NF - 2) }')
echo "image: $board: $size bytes (aim: below 3670016)"

./ingot build "$board" >/dev/null # leaves a witness, should the first have been too early
perl -MTime::HiRes=time -e '
	my @times;
	for (1 .. shift) {
		my $start = time;
		system("./ingot build '"$board"' >/dev/null") == 0 or die;
		push @times, time - $start;
	}
	@times = sort { $a <=> $b } @times;
	printf "nothing changed: ingot build takes %.3f s (aim 0.200)\n", $times[$#times / 2];' "$runs"

tests/bench/noop.pl ./ingot "$runs"

# The kernel source holds the peer for packing.
store=${INGOT_STORE:-${XDG_CACHE_HOME:-$HOME/.cache}/ingot}
sha256=$(sed -n 's/^sha256 = //p' recipes/linux/recipe.ini)
./ingot fetch linux
bsdtar -xOf "$store/blob/$sha256" '*/usr/gen_init_cpio.c' >"$scratch/gen_init_cpio.c"
tests/bench/pack.pl "$scratch/gen_init_cpio.c" "$runs"

tests/bench/relink.pl ./ingot "$runs"

tests/bench/rollback.pl ./ingot "$runs"
tests/bench/blackout.pl

# By QEMU's clock of counted instructions: one run says it all. The table at its end is pid1's, and the
# robot's by tests/bench/robot.pl.
tests/bench/init.pl

[ "${FULL:-no}" = yes ] || {
	echo "the builder's own share of a full build: not measured; FULL=yes builds all anew for it"
	exit 0
}
mkdir "$scratch/store"
cp -R "$store/blob" "$scratch/store/blob"
tests/bench/share.pl ./ingot "$scratch/store" "$board"
