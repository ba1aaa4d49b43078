#!/bin/sh
# SPDX-License-Identifier: ISC
# Everything twice from empty stores: other folder, store, user, host name and time of day.
# The same bzImage, kernel.config and manifest.json, byte for byte. Needs root for the second user.
set -eu
cd "$(dirname "$0")/.."
top=$(pwd)
board=${1:-qemu-x86_64}
scratch=$(mktemp -d)
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
if [ "$(id -u)" != 0 ]; then
	echo "repro: run as root: the second build is another user's" >&2
	exit 1
fi

./ingot --store "$scratch/one" --out "$scratch/out1" build "$board"
mkdir "$scratch/a longer path" && chmod 755 "$scratch"
git ls-files -z | xargs -0 cp --parents -t "$scratch/a longer path"
cp ingot "$scratch/a longer path/"
# Sources are fetched once: what is compared is the building.
mkdir "$scratch/two"
cp -R "$scratch/one/blob" "$scratch/two/blob"
chown -R nobody: "$scratch/a longer path" "$scratch/two"
cd "$scratch/a longer path"
unshare --uts sh -c "hostname elsewhere && setpriv --reuid=nobody --clear-groups \
	env HOME=/nonexistent ./ingot --store '$scratch/two' --out out -j 1 build $board"
cd "$top"
for file in bzImage kernel.config manifest.json SHA256SUMS; do
	cmp "$scratch/out1/$board/$file" "$scratch/a longer path/out/$board/$file"
done
echo "repro: $board: byte for byte the same"
