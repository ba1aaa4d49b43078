#!/bin/sh
# SPDX-License-Identifier: ISC
# gcc -fanalyzer, scan-build, cppcheck, shellcheck and the man pages' lint; silent when all is well.
set -eu
cd "$(dirname "$0")/.."
packages="libsodium libxxhash inih libzstd libarchive jansson"
# shellcheck disable=SC2046,SC2086 # lists of words
flags="-std=c11 -D_GNU_SOURCE $(pkg-config --cflags $packages)"
failed=0

for file in lib/*.c builder/*.c pid1/*.c; do
	# shellcheck disable=SC2086
	gcc $flags -O1 -fanalyzer -Werror -c -o /dev/null "$file" || failed=1
done
# shellcheck disable=SC2086
cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr -D_GNU_SOURCE \
	--enable=warning,portability,performance --suppress=missingIncludeSystem \
	lib builder pid1 || failed=1
scan-build --status-bugs -o obj/scan make -s -B ingot CC=clang >obj/scan.log 2>&1 || {
	cat obj/scan.log
	failed=1
}
git ls-files '*.sh' .ci/run | xargs shellcheck || failed=1
mandoc -T lint -W warning docs/*.[158] || failed=1
exit $failed
