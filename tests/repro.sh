#!/bin/sh
# SPDX-License-Identifier: ISC
# Everything twice from empty stores: another folder, store, user, host name, umask, time zone and
# time of day, and another number of jobs. The same bytes in the end.
# usage: repro.sh [BOARD|RECIPE]      Needs root, for the second user.
set -eu
cd "$(dirname "$0")/.."
what=${1:-qemu-x86_64}
if [ "$(id -u)" != 0 ]; then
	echo "repro: run as root: the second build is another user's" >&2
	exit 1
fi
scratch=$(mktemp -d)
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
chmod 755 "$scratch"
first=$scratch/first
second="$scratch/a longer path"

# Size, hash and identity: only the paths may differ.
last_line() {
	tail -n 1 "$1" | awk '{ print $(NF - 2), $(NF - 1), $NF }'
}

./ingot --store "$first/store" --out "$first/out" build "$what" >"$scratch/first.line"

mkdir "$second" "$second/store"
cp -R boards kernel-configs lib pid1 recipes ingot "$second"
# Sources are fetched once: what is compared is the building.
cp -R "$first/store/blob" "$second/store/blob"
chmod -R go= "$second"
chown -R nobody:nogroup "$second"
# shellcheck disable=SC2016 # the inner shell expands
unshare --uts sh -euc '
	hostname elsewhere
	umask 077
	cd "$1"
	exec setpriv --reuid=nobody --regid=nogroup --clear-groups env -i PATH="$PATH" \
		HOME=/nonexistent TZ=Pacific/Kiritimati LC_ALL=C.UTF-8 \
		./ingot --store store --out out -j 1 build "$2"
' sh "$second" "$what" >"$scratch/second.line"

if [ "$(last_line "$scratch/first.line")" != "$(last_line "$scratch/second.line")" ]; then
	echo "repro: $what: not the same:" >&2
	cat "$scratch/first.line" "$scratch/second.line" >&2
	exit 1
fi
if [ -d "$first/out/$what" ]; then
	diff -r "$first/out/$what" "$second/out/$what"
fi
echo "repro: $what: byte for byte the same"
