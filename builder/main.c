/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/base/nearest.h"
#include "builder/base/options.h"
#include "builder/base/say.h"
#include "verbs.h"
#include "builder/base/xalloc.h"

static const struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *arguments;
	const char *summary;
	const char *help;
} verbs[] = {
	{"build", cmd_build, "[-n] [--check] [--board BOARD] BOARD|RECIPE...",
		"build images or recipes",
		"  -n, --dry-run     say what would be done and why, do nothing\n"
		"  --check           build once more what is named, and compare\n"
		"  --board BOARD     whose kernel a module recipe is built against\n"
		"The last line on stdout is: path, size, sha256, identity.\n"},
	{"check", cmd_check, "BOARD...", "read everything strictly, build nothing",
		"Everything: recipes, services, files, kernel fragments, keys, proofs of sources.\n"},
	{"disk", cmd_disk, "BOARD",
		"make the disk of a board with [slots], its release in slot a",
		"The last line on stdout is: path, size, sha256.\n"},
	{"doctor", cmd_doctor, "", "look at this host: sandbox, accelerator, store",
		"Lines \"to do\" say what to change; exit status 1 if a build cannot work.\n"},
	{"fetch", cmd_fetch, "[BOARD|RECIPE...]", "download and verify sources",
		"Of a board all that it is made of, so that it builds with --offline; without\n"
		"a name the sources of every recipe.\n"},
	{"id", cmd_id, "[--board BOARD] BOARD|RECIPE...",
		"print the identity; nothing is built or downloaded",
		"  --board BOARD     whose kernel a module recipe is built against\n"},
	{"keygen", cmd_keygen, "[--passphrase-file FILE] NAME",
		"make a pair of keys: NAME.key, encrypted, and NAME.pub",
		"  --passphrase-file FILE   the passphrase is its first line\n"},
	{"lock", cmd_lock, "[--update] [NAME...]",
		"prove and pin sources and the toolchain",
		"  -u, --update             move a pin to the suite's newest version\n"
		"  --accept-signer FPR      take a signature that nothing vouches for; recorded\n"
		"  --keyring FILE           instead of the pinned debian-keyring\n"
		"  --archive-keyring FILE   instead of the host's debian-archive-keyring\n"},
	{"publish", cmd_publish, "[--key FILE...] BOARD DIR",
		"put a signed release where a web server serves it",
		"  --key FILE               signs the index; repeatable\n"
		"  --passphrase-file FILE   the passphrase is its first line\n"
		"  --expires DAYS           of the index; else 30\n"
		"  --keep N                 list the newest N releases, drop the others\n"},
	{"root", cmd_root, "--key FILE... BOARD DIR",
		"say whose signatures devices believe",
		"  --key FILE               signs it; repeatable\n"
		"  --passphrase-file FILE   the passphrase is its first line\n"
		"  --root FILE.pub          keys that sign roots, instead of those before\n"
		"  --release FILE.pub       keys that sign releases\n"
		"  --index FILE.pub         keys that sign indexes\n"
		"  --threshold ROLE=N       so many of root, release or index have to sign\n"
		"  --expires DAYS           else 730\n"
		"Without a change, signs the root that lacks signatures.\n"},
	{"run", cmd_run, "[--disk] [--timeline FILE] BOARD [-- QEMU-ARGUMENT...]",
		"boot the image in QEMU, in this terminal",
		"  --disk            from a copy of its disk, by launcher or firmware\n"
		"  --timeline FILE   draw the boot, when QEMU has ended, as SVG\n"},
	{"sign", cmd_sign, "--key FILE... [--efi-key FILE --efi-cert FILE] BOARD",
		"sign a built image: release.json and the update file",
		"  --key FILE               a secret key of keygen or minisign; repeatable\n"
		"  --passphrase-file FILE   the passphrase is its first line\n"
		"  --expires DAYS           make a new release, which expires then; else 365\n"
		"  --efi-key FILE           sign the kernel for Secure Boot, too: a PEM file,\n"
		"  --efi-cert FILE          and its certificate\n"},
	{"test", cmd_test, "[--disk] BOARD [FILE...] [-- ARG...]",
		"boot the image and run boot tests against it",
		"  --disk            from a copy of its disk, as run does it\n"
		"  --qemu ARGUMENT   hand an argument to QEMU, as those behind -- are\n"},
};

#define VERBS (sizeof verbs / sizeof verbs[0])

static void
print_help(FILE *to)
{
	fputs("usage: ingot [OPTION...] VERB [ARGUMENT...]\n\n", to);
	for (size_t i = 0; i < VERBS; i++)
		fprintf(to, "  %-8s %s\n", verbs[i].name, verbs[i].summary);
	fputs("\n"
	      "  --tree DIR        add a tree of recipes, boards and configs (also INGOT_PATH)\n"
	      "  --store DIR       results and sources (also INGOT_STORE)\n"
	      "  --out DIR         where images appear, default out\n"
	      "  -j, --jobs N      processors to use\n"
	      "  --offline         download nothing\n"
	      "  --mirror URI      Debian mirror instead of the host's own\n"
	      "  --sandbox=none    build without isolation, and say so\n"
	      "  --json            results for scripts\n"
	      "  -v, --verbose     say more\n"
	      "\n`ingot help VERB` tells more; the manual is ingot(1).\n",
		to);
}

static const struct verb *
find_verb(const char *name)
{
	for (size_t i = 0; i < VERBS; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

_Noreturn static void
die_no_verb(const char *name)
{
	struct strlist names = {0};
	const char *near;

	for (size_t i = 0; i < VERBS; i++)
		if (strlist_add(&names, verbs[i].name) < 0)
			die("out of memory");
	near = nearest(name, &names);
	die_usage("no verb \"%s\"%s%s%s", name, near ? ": did you mean \"" : "",
		near ? near : "", near ? "\"?" : "");
}

static int
help(const char *name)
{
	const struct verb *verb = name ? find_verb(name) : NULL;

	if (name && !verb)
		die_no_verb(name);
	if (!verb) {
		print_help(stdout);
		return 0;
	}
	printf("usage: ingot %s%s%s\n\n%s\n\n%s", verb->name,
		verb->arguments[0] ? " " : "", verb->arguments, verb->summary,
		verb->help);
	return 0;
}

static void
add_tree(const char *dir)
{
	struct stat st;
	char *path = realpath(dir, NULL);

	if (!path || stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		die("--tree: %s: not a folder", dir);
	if (!strlist_has(&options.trees, path) && strlist_add(&options.trees, path) < 0)
		die("out of memory");
	free(path);
}

static void
add_path(const char *list)
{
	char *copy = xstrdup(list), *save = NULL;

	for (char *dir = strtok_r(copy, ":", &save); dir;
		dir = strtok_r(NULL, ":", &save))
		add_tree(dir);
	free(copy);
}

/* Is argv[*at] the option? Then *value is its value, and *at moved to it. */
static bool
take_value(
	int argc, char **argv, int *at, const char *name, char letter, const char **value)
{
	const char *argument = argv[*at];
	size_t length = strlen(name);

	if (letter && argument[0] == '-' && argument[1] == letter && argument[2]) {
		*value = argument + 2;
		return true;
	}
	if (strncmp(argument, name, length) == 0 && argument[length] == '=') {
		*value = argument + length + 1;
		return true;
	}
	if (strcmp(argument, name) != 0 &&
		!(letter && argument[0] == '-' && argument[1] == letter && !argument[2]))
		return false;
	if (*at + 1 >= argc)
		die_usage("%s: want a value", argument);
	*value = argv[++*at];
	return true;
}

static bool
take_flag(const char *argument)
{
	if (strcmp(argument, "--offline") == 0)
		options.offline = true;
	else if (strcmp(argument, "--json") == 0)
		options.json = true;
	else if (strcmp(argument, "--sandbox=none") == 0)
		options.no_sandbox = true;
	else if (strcmp(argument, "--verbose") == 0 || strcmp(argument, "-v") == 0)
		options.verbose++;
	else
		return false;
	return true;
}

static bool
take_option(int argc, char **argv, int *at)
{
	const char *value = NULL;

	if (take_flag(argv[*at]))
		return true;
	if (take_value(argc, argv, at, "--tree", 0, &value))
		add_tree(value);
	else if (take_value(argc, argv, at, "--store", 0, &value))
		options.store = value;
	else if (take_value(argc, argv, at, "--out", 0, &value))
		options.out = value;
	else if (take_value(argc, argv, at, "--mirror", 0, &value))
		options.mirror = value;
	else if (take_value(argc, argv, at, "--jobs", 'j', &value))
		options.jobs = (unsigned)option_number("-j", value, 1024);
	else
		return false;
	return true;
}

/* Takes the options that every verb knows out of argv, up to "--"; the new argc. */
static int
take_options(int argc, char **argv)
{
	int kept = 1;
	int at = 1;

	for (; at < argc && strcmp(argv[at], "--") != 0; at++)
		if (!take_option(argc, argv, &at))
			argv[kept++] = argv[at];
	for (; at < argc; at++)
		argv[kept++] = argv[at];
	argv[kept] = NULL;
	return kept;
}

int
main(int argc, char **argv)
{
	const char *path = getenv("INGOT_PATH");
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	const struct verb *verb;

	options.out = "out";
	options.jobs = online > 0 ? (unsigned)online : 1;
	if (path)
		add_path(path);
	argc = take_options(argc, argv);
	if (argc < 2) {
		print_help(stderr);
		return 2;
	}
	if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
		strcmp(argv[1], "-h") == 0)
		return help(argc > 2 ? argv[2] : NULL);
	if (argv[1][0] == '-')
		die_usage("no option \"%s\"", argv[1]);
	verb = find_verb(argv[1]);
	if (!verb)
		die_no_verb(argv[1]);
	if (argc > 2 && strcmp(argv[2], "--help") == 0)
		return help(verb->name);
	return verb->run(argc - 1, argv + 1);
}
