#!/bin/sh
# SPDX-License-Identifier: ISC
# The Dockerfile's image, made by buildah where no engine is at hand, on a base by mmdebstrap: what
# is built in it has the same bytes as outside, and where no sandbox can be made nothing is built.
# usage: docker.sh [RECIPE|BOARD]      Needs root.
set -eu
cd "$(dirname "$0")/.."
what=${1:-hello}
if [ "$(id -u)" != 0 ]; then
	echo "test-docker: run as root: buildah's chroot isolation needs it" >&2
	exit 1
fi
builder/deps.sh --install docker
scratch=$(mktemp -d)
chmod a+rx "$scratch"
export BUILDAH_ISOLATION=chroot
store=${INGOT_STORE:-${XDG_CACHE_HOME:-$HOME/.cache}/ingot}

fail() {
	echo "test-docker: $*" >&2
	exit 1
}

image() {
	buildah --root "$scratch/storage" --runroot "$scratch/run" --storage-driver vfs "$@"
}

clean_up() {
	image rm --all >/dev/null 2>&1 || true
	chmod -R u+w "$scratch"
	rm -rf "$scratch"
}
trap clean_up EXIT

# As an engine starts the container with README's flags: a root of its own by pivot_root, since
# the kernel allows no user namespace in a mere chroot, the whole of /proc and no filter. A path
# given as MASK is hidden, as an engine does without systempaths=unconfined.
# usage: MASK=PATH contain ROOT USER COMMAND...
contain() {
	# shellcheck disable=SC2016 # the inner shell expands
	unshare --mount --pid --ipc --uts --fork --kill-child sh -euc '
		root=$1 store=$2 mask=$3 user=$4
		shift 4
		hostname container
		mount --bind "$root" "$root"
		cd "$root"
		mount -t proc proc proc
		[ -z "$mask" ] || mount --bind /dev/null "$root$mask"
		mount -t tmpfs -o mode=755 tmpfs dev
		for name in null zero full random urandom tty; do
			: >"dev/$name"
			mount --bind "/dev/$name" "dev/$name"
		done
		mount -t tmpfs tmpfs tmp
		mount --bind "$store" store
		cat /etc/resolv.conf >etc/resolv.conf
		pivot_root . mnt
		umount -l /mnt
		cd /work
		export INGOT_STORE=/store HOME=/nonexistent
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
		exec setpriv --reuid="$user" --regid="$user" --clear-groups --inh-caps=-all \
			--bounding-set=-all "$@"
	' sh "$1" "$scratch/store" "${MASK-}" "$2" /ingot/ingot "$3" "$4"
}

# A build without a sandbox must not come to anything, and say what the container lacks.
refused() {
	where=$1
	shift
	if "$@" >"$scratch/stdout" 2>"$scratch/stderr"; then
		fail "$where: built, where no sandbox can be made"
	fi
	[ ! -s "$scratch/stdout" ] || fail "$where: a result: $(cat "$scratch/stdout")"
	for flag in seccomp apparmor systempaths; do
		grep -q -e "--security-opt $flag=unconfined" "$scratch/stderr" ||
			fail "$where: $flag is not named: $(tail -n 3 "$scratch/stderr")"
	done
	echo "test-docker: $where: refused, as it should be"
}

# Size, hash and identity: only the paths may differ.
last_line() {
	tail -n 1 | awk '{ print $(NF - 2), $(NF - 1), $NF }'
}

./ingot build "$what" >"$scratch/outside"
outside=$(last_line <"$scratch/outside")

echo "test-docker: a base from this host's mirror"
mmdebstrap --quiet --variant=minbase bookworm "$scratch/base.tar"
base=$(image from scratch)
image add -q "$base" "$scratch/base.tar" / >/dev/null
rm "$scratch/base.tar"
image commit -q --rm "$base" debian:bookworm-slim >/dev/null

echo "test-docker: the Dockerfile"
image bud --network host --pull-never -q -t ingot . >/dev/null
container=$(image from --pull-never ingot)
root=$(image mount "$container")
builder=$(stat -c %u "$root/home/builder")

# What was fetched outside is not fetched again, but for one source that shows that fetching
# works too; what was built is built again.
mkdir "$scratch/store"
cp -R "$store/blob" "$scratch/store/blob"
rm -f "$scratch/store/blob/$(sed -n 's/^sha256 = //p' recipes/musl/recipe.ini)"
chown -R "$builder:$builder" "$scratch/store"

refused "a chroot behind the default filter" \
	image run --network host -v "$scratch/store:/store" "$container" -- \
	/ingot/ingot build "$what"
MASK=/proc/keys refused "a masked /proc" contain "$root" builder build "$what"

contain "$root" builder build "$what" >"$scratch/inside"
inside=$(last_line <"$scratch/inside")
if [ "$outside" != "$inside" ]; then
	fail "$what: outside $outside, inside $inside"
fi
echo "test-docker: $what: the same bytes in and outside of the container"
