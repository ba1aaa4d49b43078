#!/bin/sh
# SPDX-License-Identifier: ISC
# What compilers and linters find in the sources without running them; each part to its end.
# usage: FLAGS=... analyze.sh [PART...]   (make analyze; make analyze PARTS="musl cppcheck")
set -eu
cd "$(dirname "$0")/.."
: "${FLAGS:?is empty: run make analyze}"
jobs=$(nproc)

# The C files of these folders, one a line.
sources() {
	for folder; do
		find "$folder" -name '*.c'
	done | sort
}

# "$@" FILE, for every file of standard input, as many at once as there are processors.
each() {
	xargs -r -n 1 -P "$jobs" "$@"
}

# musl's headers come first; the host's fill in what musl has none of: the kernel's and xxhash's.
check_musl() {
	host=/usr/include
	# shellcheck disable=SC2086
	sources lib pid1 rollback | each musl-gcc -idirafter $host -idirafter "$host/$(gcc -print-multiarch)" \
		$FLAGS -Werror -Os -c -o /dev/null
}

check_gcc() {
	# shellcheck disable=SC2086
	sources lib builder pid1 rollback | each gcc $FLAGS -O1 -fanalyzer -Werror -c -o /dev/null
}

check_clang() {
	# shellcheck disable=SC2086
	sources lib builder pid1 rollback tests/unit tests/fuzz tests/fault tests/bench | each clang $FLAGS -Werror -fsyntax-only
}

check_scan() {
	mkdir -p obj
	# shellcheck disable=SC2016,SC2086 # the inner shell's: scan-build sets CC
	sources lib builder pid1 rollback | scan-build --use-cc=clang --status-bugs -o obj/scan \
		xargs -P "$jobs" -I FILE sh -c '"$CC" "$@"' sh $FLAGS -c -o /dev/null FILE \
		>obj/scan.log 2>&1 && return
	cat obj/scan.log
	return 1
}

check_cppcheck() {
	cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr -D_GNU_SOURCE -I . -j "$jobs" \
		--enable=warning,portability,performance --suppress=missingIncludeSystem \
		lib builder pid1 rollback
}

check_shell() {
	git ls-files '*.sh' '*.bash' .ci/run | xargs shellcheck
}

check_perl() {
	# shellcheck disable=SC2016 # the inner shell's
	git ls-files '*.t' '*.pm' '*.pl' tests/lib/fake-qemu |
		each sh -c 'said=$(perl -Itests/lib -I"${1%/*}" -wc "$1" 2>&1) && [ "$said" = "$1 syntax OK" ] || {
			echo "$said"
			exit 1
		}' sh
}

check_man() {
	git ls-files 'docs/*.[1-8]' | xargs mandoc -T lint -W warning
}

# Another version breaks lines elsewhere.
check_format() {
	case "$(clang-format --version)" in
	*" version 14."*) git ls-files '*.[ch]' | xargs clang-format --dry-run --Werror ;;
	*) echo "analyze: format: needs clang-format 14, Debian 12's; nothing was checked" >&2 ;;
	esac
}

[ $# -gt 0 ] || set -- musl gcc clang scan cppcheck shell perl man format
failed=
for part; do
	"check_$part" || failed="$failed $part"
done
[ -z "$failed" ] || echo "analyze: failed:$failed" >&2
[ -z "$failed" ]
