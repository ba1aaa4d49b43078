#!/bin/sh
# SPDX-License-Identifier: ISC
# The Dockerfile's image by buildah, where no engine is at hand, on a base that mmdebstrap makes: a
# recipe built in it has the same bytes as one built outside. Needs root.
set -eu
cd "$(dirname "$0")/.."
recipe=${1:-hello}
if [ "$(id -u)" != 0 ]; then
	echo "test-docker: run as root: buildah's chroot isolation needs it" >&2
	exit 1
fi
scratch=$(mktemp -d)
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs
root="--root $scratch/storage --runroot $scratch/run"
trap 'rm -rf "$scratch"' EXIT
store=${INGOT_STORE:-${XDG_CACHE_HOME:-$HOME/.cache}/ingot}

outside=$(./ingot build "$recipe" | tail -n 1)

# The base that a registry would give, from the host's own mirror.
mmdebstrap --quiet --variant=minbase bookworm "$scratch/base.tar"
# shellcheck disable=SC2086 # a list of options
{
	base=$(buildah $root from scratch)
	buildah $root add -q "$base" "$scratch/base.tar" / >/dev/null
	buildah $root commit -q "$base" debian:bookworm-slim >/dev/null
	buildah $root bud --network host --pull-never -q -t ingot . >/dev/null
	container=$(buildah $root from --pull-never ingot)
	# What was fetched outside is not fetched again; what was built is built again.
	mkdir "$scratch/store"
	cp -R "$store/blob" "$scratch/store/blob"
	chmod -R a+rwX "$scratch/store"
	chmod a+rx "$scratch"
	inside=$(buildah $root run --network host -v "$scratch/store:/store" "$container" -- \
		/ingot/ingot build "$recipe" | tail -n 1)
}
# Path and store differ; size, hash and identity may not.
if [ "${outside#* }" != "${inside#* }" ]; then
	echo "test-docker: outside: $outside" >&2
	echo "test-docker: inside:  $inside" >&2
	exit 1
fi
echo "test-docker: $recipe: the same bytes in and outside of the container"
