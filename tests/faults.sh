#!/bin/sh
# SPDX-License-Identifier: ISC
# Two SIGKILLs inside a kernel compile: the next run makes the same kernel, byte for byte.
set -eu
cd "$(dirname "$0")/.."
board=${1:-qemu-x86_64}
scratch=$(mktemp -d)
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
store=${INGOT_STORE:-${XDG_CACHE_HOME:-$HOME/.cache}/ingot}

build() {
	./ingot --store "$1" build --board "$board" linux
}

undisturbed=$(build "$store" | tail -n 1)
mkdir "$scratch/store"
cp -R "$store/blob" "$scratch/store/blob"
for seconds in 60 150; do
	setsid ./ingot --store "$scratch/store" build --board "$board" linux >"$scratch/log" 2>&1 &
	pid=$!
	sleep "$seconds"
	grep -q 'linux: build' "$scratch/log" || {
		echo "faults: the compile had not begun after $seconds s" >&2
		exit 1
	}
	kill -KILL "-$pid"
	wait "$pid" && exit 1
	echo "faults: killed inside the compile after $seconds s"
done
killed=$(build "$scratch/store" | tail -n 1)
if [ "${undisturbed#* }" != "${killed#* }" ]; then
	echo "faults: undisturbed: $undisturbed" >&2
	echo "faults: after kills: $killed" >&2
	exit 1
fi
[ -z "$(ls "$scratch/store/work")" ] || {
	echo "faults: work folders are left behind" >&2
	exit 1
}
echo "faults: the same kernel after two kills"
