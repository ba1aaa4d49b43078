#!/bin/sh
# SPDX-License-Identifier: ISC
# The tree keeps its own rules: who includes whom, how long a file or function is, what is never named.
set -eu
cd "$(dirname "$0")/.."
failed=0

fail() {
	echo "check-tree: $1" >&2
	failed=1
}

# builder, pid1 and rollback use lib/ and themselves only; lib/ uses itself only.
for dir in lib builder pid1 rollback; do
	for file in "$dir"/*.[ch] "$dir"/*/*.[ch]; do
		[ -e "$file" ] || continue
		bad=$(sed -n 's/^#include "\(.*\)".*/\1/p' "$file" | while read -r name; do
			case "$dir:$name" in
			lib:*/*) echo "$name" ;;
			*:lib/* | "$dir:$dir"/*) ;;
			*:*/*) echo "$name" ;;
			esac
		done)
		[ -z "$bad" ] || fail "$file: includes $bad: only its own folder and lib/ may be"
	done
done

# builder's rooms: each may use those before it, base first. The verbs alone stand outside.
rooms="base read store sandbox source graph image build run"
before=
for room in $rooms; do
	before="$before $room"
	for file in "builder/$room"/*.[ch]; do
		# shellcheck disable=SC2013 # names hold no blanks
		for used in $(sed -n 's|^#include "builder/\([^"]*\)".*|\1|p' "$file"); do
			case "$before " in
			*" ${used%/*} "*) ;;
			*) fail "$file: includes builder/$used: a room may use only those before it: $rooms" ;;
			esac
		done
	done
done
for file in builder/*.[ch] builder/*/; do
	case "${file#builder/}" in
	main.c | verbs.h | cmd_*.c) ;;
	*/) case " $rooms " in *" $(basename "$file") "*) ;; *) fail "$file: is none of the rooms $rooms" ;; esac ;;
	*) fail "$file: move it into one of the rooms $rooms" ;;
	esac
done

for file in $(git ls-files '*.c' '*.h'); do
	[ -e "$file" ] || continue
	lines=$(wc -l <"$file")
	[ "$lines" -le 500 ] || fail "$file: $lines lines: 500 is the limit, split it"
	head -n 1 "$file" | grep -q '^/[/*] SPDX-License-Identifier: ' ||
		fail "$file: want SPDX-License-Identifier: in the first line"
	# The layout that clang-format keeps: name at a line's start, braces alone in theirs.
	long=$(awk '
		/^[a-z0-9_]+\(/ { name = $0; sub(/\(.*/, "", name) }
		/^[{]/ { start = NR }
		/^[}]/ && start && NR - start >= 80 { print name "() has " NR - start + 1 " lines" }
		/^[}]/ { start = 0 }
	' "$file")
	[ -z "$long" ] || fail "$file: $long: 80 is the limit, split it"
done

for file in $(git ls-files '*.sh' '*.bash' '*.t' '*.pm' '*.pl' 'docs/*.[1-8]' .ci/run); do
	[ -e "$file" ] || continue
	head -n 2 "$file" | grep -q SPDX-License-Identifier ||
		fail "$file: want SPDX-License-Identifier: in the first two lines"
done

# Process 1 allocates nothing; the other programs of the folder may. "malloc(3)" is a manual's page.
calls='malloc|calloc|realloc|reallocarray|free|aligned_alloc|posix_memalign|strn?dup|v?asprintf|open_memstream'
calls="$calls|getline|getdelim|(fd)?opendir|scandir|glob|fopen|fdopen|popen|setenv|putenv|brk|sbrk"
if git grep -n -I -E "\\b($calls)\\(([^0-9]|[0-9][^)])" -- 'pid1/*.[ch]' ':!pid1/selfcheck' ':!pid1/svc' \
	':!pid1/telemetry' ':!pid1/outbox' >&2; then
	fail "pid1/: allocates memory: process 1 has static memory alone"
fi

for file in $(git ls-files 'tests/*.t'); do
	[ -x "$file" ] || fail "$file: cannot be run: chmod +x"
done

# Split so that this file does not find itself.
if git grep -n -I -e 'shared''/design' -e '\.\./sha''red' -- . >&2; then
	fail "the tree names a folder that users do not have"
fi
exit $failed
