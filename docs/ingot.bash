# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# bash completion for ingot: verbs and options as `ingot help` tells them, names as they stand in the trees.
# `. docs/ingot.bash`, or `make install`, which puts it where bash looks.

# The trees' folders, one a line: ingot's own, then those named before the cursor and in INGOT_PATH.
_ingot_trees() {
	local at program
	program=$(type -P "${COMP_WORDS[0]}") && dirname "$(readlink -f "$program")"
	for ((at = 1; at < COMP_CWORD; at++)); do
		case ${COMP_WORDS[at]} in
		--tree) echo "${COMP_WORDS[at + 1]}" ;;
		esac
	done
	tr : '\n' <<<"${INGOT_PATH:-}"
}

# The names of FOLDER (boards, recipes) in every tree that have FILE.
_ingot_names() {
	local tree path
	_ingot_trees | while read -r tree; do
		[ -n "$tree" ] || continue
		for path in "$tree/$1"/*/"$2"; do
			[ -e "$path" ] && basename "$(dirname "$path")"
		done
	done
}

# How many of the words behind the verb, up to the cursor, are neither options nor their values.
_ingot_given() {
	local at count=0
	for ((at = $1 + 1; at < COMP_CWORD; at++)); do
		case ${COMP_WORDS[at]} in
		--) break ;;
		--sandbox=* | --offline | --json | --verbose | --disk | --check | --dry-run | --update) ;;
		-v | -n | -u) ;;
		-*) at=$((at + 1)) ;;
		*) count=$((count + 1)) ;;
		esac
	done
	echo "$count"
}

# Folders (-d) or files and folders (-f), as paths: bash quotes blanks and puts a slash behind folders.
_ingot_paths() {
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen "$1" -- "$current")
}

_ingot() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local program=${COMP_WORDS[0]} verb='' at words
	COMPREPLY=()
	for ((at = 1; at < COMP_CWORD; at++)); do
		case ${COMP_WORDS[at]} in
		--tree | --store | --out | --jobs | -j | --mirror) at=$((at + 1)) ;;
		-*) ;;
		*)
			verb=${COMP_WORDS[at]}
			break
			;;
		esac
	done
	case $previous in
	--tree | --store | --out)
		_ingot_paths -d
		return
		;;
	--key | --root | --release | --index | --passphrase-file | --efi-key | --efi-cert | --keyring | --archive-keyring | --timeline)
		_ingot_paths -f
		return
		;;
	--threshold)
		compopt -o nospace 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -W 'root= release= index=' -- "$current")
		return
		;;
	--jobs | -j | --mirror | --expires | --keep | --accept-signer | --qemu) return ;;
	esac
	case $current in
	-*)
		# help in two columns: "  -j, --jobs N   what it is"
		words=$({
			"$program" help
			[ -z "$verb" ] || "$program" help "$verb"
		} 2>/dev/null | grep -oE '^  (-[a-z], )?--[a-z-]+(=[a-z]+)?' | grep -oE -e '--[a-z=-]+')
		;;
	*)
		case $previous,$verb in
		--board,*) verb=check ;;
		*)
			# Behind the board: a folder of publish and root, files of test, nothing of the others.
			case $verb,$(_ingot_given "$at") in
			publish,1 | root,1)
				_ingot_paths -d
				return
				;;
			test,[1-9]*)
				_ingot_paths -f
				return
				;;
			esac
			;;
		esac
		case $verb in
		'') words=$("$program" help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p') ;;
		help) words=$("$program" help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p') ;;
		build | id | fetch) words="$(_ingot_names boards board.ini) $(_ingot_names recipes recipe.ini)" ;;
		lock) words="toolchain $(_ingot_names recipes recipe.ini)" ;;
		doctor | keygen) words='' ;;
		*) words=$(_ingot_names boards board.ini) ;;
		esac
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -o bashdefault -o default -F _ingot ingot
