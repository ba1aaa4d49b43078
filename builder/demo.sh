#!/bin/sh
# SPDX-License-Identifier: ISC
# `make demo`: from a fresh clone to a booted image, saying what it costs before it starts.
set -eu
cd "$(dirname "$0")/.."
board=qemu-x86_64

now() { date +%s.%N; }
since() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", b - a }'; }

builder/deps.sh --install demo
make --no-print-directory -s ingot
echo "== $board: what this will take"
./ingot build -n "$board"
echo "== building"
start=$(now)
result=$(./ingot build "$board" | tail -n 1)
built=$(now)
identity=${result##* }
result=${result% *}
sha256=${result##* }
result=${result% *}
size=${result##* }
image=${result% *}
echo "== booting $image"
./ingot test -v "$board" "boards/$board/tests/demo.boot"
booted=$(now)
cat <<END
== done
  image     $image
  size      $size bytes
  sha256    $sha256
  identity  $identity
  built in  $(since "$start" "$built") s
  booted, checked itself and powered off in $(since "$built" "$booted") s
Look around in it with: ./ingot run $board
END
