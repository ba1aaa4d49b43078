/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/error.h"
#include "verbs.h"

/* Exit statuses; rollback(8). */
#define EXIT_USAGE   2
#define EXIT_REFUSED 3
#define EXIT_NOT_NOW 4
#define EXIT_DAMAGED 5
#define EXIT_ENDED   6

/* Tenths of a second for another one to end. pid1 asks for a confirm once a boot, and waits
 * 30 seconds for it. */
#define PATIENCE	 50
#define PATIENCE_CONFIRM 250

static const struct verb {
	const char *name;
	int (*run)(struct request *request, struct error *e);
	bool need, may; /* an argument */
	bool slots, writes; /* opens them */
	const char *arguments, *help;
} verbs[] = {
	{"confirm", verb_confirm, false, false, true, true, "",
		"what runs is healthy: make it the default"},
	{"history", verb_history, false, false, true, false, "",
		"installs, attempts and verdicts, the newest last"},
	{"info", verb_info, true, true, true, false, "FILE",
		"what an update file is, and who signed it"},
	{"install", verb_install, true, true, true, true,
		"[--at N] [--first] [--image HASH] [--launcher] [--older] FILE|-",
		"write an update into the slot that does not run"},
	{"judge", verb_judge, false, false, true, true, "[--failed]",
		"the verdict on an attempt that is over, by what outlived it"},
	{"launch", verb_launch, false, false, false, false, "",
		"in a launcher: pick a slot, verify it and load it for a kexec"},
	{"load", verb_load, true, true, true, true, "a|b",
		"verify a slot's image and load it for a kexec"},
	{"offer", verb_offer, true, true, true, true, "FILE|-",
		"what to install of a signed index"},
	{"proceed", verb_proceed, false, true, false, false, "[SECONDS]",
		"have the trial done that is due: nobody attends the device"},
	{"repair", verb_repair, false, false, true, true, "",
		"mend the state, empty damaged slots"},
	{"revert", verb_revert, false, false, true, true, "",
		"drop the trial, or make the other confirmed slot the default"},
	{"root", verb_root, false, true, true, true, "[FILE|-]",
		"whose signatures count; take newer roots"},
	{"scrub", verb_scrub, false, false, true, false, "[--rate N]",
		"look for rot in slots, slowly"},
	{"status", verb_status, false, false, true, false, "",
		"the slots, the default, what runs"},
	{"try", verb_try, false, false, true, true, "[--kexec] [--reboot] [--again]",
		"the image that was installed is to be tried"},
	{"verify", verb_verify, false, true, true, false, "[a|b]",
		"check slots against their signed releases"},
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

static void
print_usage(FILE *to)
{
	fputs("usage: rollback [--json] [--config FILE] VERB [ARGUMENT]\n\n", to);
	for (size_t i = 0; i < VERBS; i++)
		fprintf(to, "  %s%s%s\n          %s\n", verbs[i].name,
			verbs[i].arguments[0] ? " " : "", verbs[i].arguments,
			verbs[i].help);
	fputs("\nthe manual is rollback(8)\n", to);
}

_Noreturn static void
usage(const char *what, const char *which)
{
	fprintf(stderr, "rollback: %s%s: `rollback --help` lists the verbs\n", what,
		which);
	exit(EXIT_USAGE);
}

static const struct verb *
find(const char *name)
{
	for (size_t i = 0; i < VERBS; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	usage("no such verb: ", name);
}

static int
exit_status(int r)
{
	switch (r) {
	case 0:
		return 0;
	case -EPERM:
		return EXIT_REFUSED;
	case -EBUSY:
		return EXIT_NOT_NOW;
	case -EBADMSG:
		return EXIT_DAMAGED;
	case -EPIPE:
		return EXIT_ENDED;
	default:
		return 1;
	}
}

static uint64_t
parse_bytes(const char *option, const char *text)
{
	char *end;
	unsigned long long at;
	char what[64];

	errno = 0;
	at = strtoull(text, &end, 10);
	if (errno != 0 || *end || text[0] < '0' || text[0] > '9' || at == 0) {
		snprintf(what, sizeof(what), "%s: want a number, got ", option);
		usage(what, text);
	}
	return at;
}

static void
take_image(struct request *request, const char *text)
{
	if (sha256_check_hex(text) < 0)
		usage("--image: want 64 hex digits, got ", text);
	sodium_hex2bin(request->image, SLOT_HASH, text, 2 * SLOT_HASH, NULL, NULL, NULL);
	request->has_image = true;
}

/* Another one that only looks at an index is soon done; one that installs is not. */
static int
open_patiently(struct setup *setup, bool writes, int patience, struct error *e)
{
	const struct timespec pause = {.tv_nsec = 100000000};

	for (int i = 0;; i++) {
		int r = setup_open(setup, writes, e);

		if (r != -EBUSY || i == patience)
			return r;
		setup_close(setup);
		nanosleep(&pause, NULL);
	}
}

static int
run(const struct verb *verb, struct request *request, const char *config, struct error *e)
{
	int r = setup_read(request->setup, config, e);

	if (r < 0) /* whatever is wrong with it: nothing was refused */
		return -EINVAL;
	if (request->argument && (verb->run == verb_offer || verb->run == verb_root))
		r = offer_read(request->argument, e);
	if (r < 0)
		return r;
	if (verb->slots)
		r = open_patiently(request->setup,
			verb->writes && (request->argument || verb->run != verb_root),
			verb->run == verb_confirm ? PATIENCE_CONFIRM : PATIENCE, e);
	if (r < 0 && r != -EBUSY) /* nor was it here */
		r = -EIO;
	if (r == 0 && verb->slots && verb->writes && verb->run != verb_root)
		r = setup_open_boot(request->setup, e);
	if (r == 0)
		r = verb->run(request, e);
	if (request->setup->note[0] && verb->slots)
		fprintf(stderr, "rollback: %s\n", request->setup->note);
	if (request->setup->device.unwritten.text[0])
		fprintf(stderr, "rollback: %s\n", request->setup->device.unwritten.text);
	setup_close(request->setup);
	return r;
}

/* Options and slots that go with the verb. */
static void
check_options(const struct verb *verb, struct request *request)
{
	bool slot = verb->run == verb_verify || verb->run == verb_load;
	bool trial = request->again || request->kexec || request->reboot;

	if (slot && request->argument && strcmp(request->argument, "a") != 0 &&
		strcmp(request->argument, "b") != 0)
		usage("want slot a or b, got ", request->argument);
	if ((request->at || request->older || request->first || request->launcher ||
		    request->has_image) &&
		verb->run != verb_install)
		usage("--at, --first, --image, --launcher and --older are no options of ",
			verb->name);
	if (request->at && request->first)
		usage("--at and --first exclude each other: ", verb->name);
	if (request->launcher && (request->at || request->first || request->has_image))
		usage("--at, --first and --image do not go with --launcher: ",
			verb->name);
	if (trial && verb->run != verb_try)
		usage("--again, --kexec and --reboot are no options of ", verb->name);
	if (request->rate && verb->run != verb_scrub)
		usage("--rate is no option of ", verb->name);
	if (verb->run == verb_proceed && request->argument)
		request->seconds = parse_bytes("proceed", request->argument);
	if (request->failed && verb->run != verb_judge)
		usage("--failed is no option of ", verb->name);
}

int
main(int argc, char **argv)
{
	static const struct option long_options[] = {
		{"again", no_argument, NULL, 'g'},
		{"at", required_argument, NULL, 'a'},
		{"config", required_argument, NULL, 'c'},
		{"failed", no_argument, NULL, 'd'},
		{"first", no_argument, NULL, 'f'},
		{"help", no_argument, NULL, 'h'},
		{"image", required_argument, NULL, 'i'},
		{"json", no_argument, NULL, 'j'},
		{"kexec", no_argument, NULL, 'k'},
		{"launcher", no_argument, NULL, 'l'},
		{"older", no_argument, NULL, 'o'},
		{"rate", required_argument, NULL, 'R'},
		{"reboot", no_argument, NULL, 'r'},
		{NULL, 0, NULL, 0},
	};
	static struct setup setup;
	struct request request = {.setup = &setup};
	const char *config = SETUP_PATH;
	const struct verb *verb;
	struct error e;
	int option, r;

	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (option == 'h') {
			print_usage(stdout);
			return 0;
		}
		if (option == 'a')
			request.at = parse_bytes("--at", optarg);
		else if (option == 'R')
			request.rate = parse_bytes("--rate", optarg);
		else if (option == 'c')
			config = optarg;
		else if (option == 'i')
			take_image(&request, optarg);
		else if (option == 'j')
			request.json = true;
		else if (option == 'g')
			request.again = true;
		else if (option == 'k')
			request.kexec = true;
		else if (option == 'r')
			request.reboot = true;
		else if (option == 'l')
			request.launcher = true;
		else if (option == 'd')
			request.failed = true;
		else if (option == 'f')
			request.first = true;
		else if (option == 'o')
			request.older = true;
		else
			return EXIT_USAGE;
	}
	if (optind == argc) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	verb = find(argv[optind]);
	request.argument = argv[optind + 1];
	if (argc - optind > 2 || (request.argument && !verb->may))
		usage("too many arguments for ", verb->name);
	if (verb->need && !request.argument)
		usage("want an argument for ", verb->name);
	check_options(verb, &request);
	e.text[0] = '\0';
	r = sodium_init() < 0 ? error_set(&e, ENOSYS, "libsodium does not start")
			      : run(verb, &request, config, &e);
	if (r < 0)
		fprintf(stderr, "rollback: %s\n", e.text);
	if (fflush(stdout) != 0 && r == 0) {
		fprintf(stderr, "rollback: cannot write the output: %s\n",
			strerror(errno));
		return 1;
	}
	return exit_status(r);
}
