/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/error.h"
#include "builder/run/doctor.h"
#include "builder/base/host.h"
#include "builder/base/options.h"
#include "builder/sandbox/sandbox.h"
#include "builder/base/say.h"
#include "verbs.h"

static double
gib(uint64_t bytes)
{
	return (double)bytes / (1u << 30);
}

static void
print_accelerators(const struct doctor *doctor)
{
	for (size_t i = 0; i < DOCTOR_ACCELERATORS; i++) {
		const struct doctor_accelerator *a = &doctor->accelerator[i];

		if (a->boots)
			printf("accelerator  %s: a guest ran in %.1f s%s\n", a->name,
				a->seconds,
				strcmp(a->name, host_accelerator()) == 0 ? ", used"
				: doctor->fastest == a
					? ", the faster: set INGOT_ACCEL to it"
					: "");
		else
			printf("accelerator  %s: no: %s\n", a->name, a->why.text);
	}
}

static void
print_text(const struct doctor *doctor)
{
	printf("host         %s, %s %s, %ld processors, %.1f GiB memory\n",
		doctor->distribution, doctor->kernel.sysname, doctor->kernel.release,
		doctor->processors, gib(doctor->memory));
	for (size_t i = 0; i < doctor->program_count; i++) {
		const struct doctor_program *p = &doctor->program[i];

		if (p->path)
			printf("program      %s\n", p->path);
		else
			printf("program      %s is missing (%s): apt-get install %s\n",
				p->name, p->use, p->package);
	}
	if (doctor->sandbox_works)
		printf("sandbox      works, isolation: %s\n", sandbox_isolation());
	else
		printf("sandbox      no: %s\n", doctor->sandbox_why.text);
	print_accelerators(doctor);
	if (doctor->store_works)
		printf("store        %s: %.1f GiB used, %.1f GiB free\n", doctor->store,
			gib(doctor->store_size), gib(doctor->store_free));
	else
		printf("store        no: %s\n", doctor->store_why.text);
	for (size_t i = 0; i < doctor->advice.count; i++)
		printf("to do        %s\n", doctor->advice.item[i]);
	printf("%s\n", doctor_can_build(doctor) ? "this host can build"
						: "this host cannot build yet");
}

static json_t *
reason(bool works, const struct error *why)
{
	return works ? json_null() : json_string(why->text);
}

static json_t *
programs_json(const struct doctor *doctor)
{
	json_t *list = json_array();

	for (size_t i = 0; i < doctor->program_count; i++) {
		const struct doctor_program *p = &doctor->program[i];

		json_array_append_new(
			list, json_pack("{s:s, s:s?, s:s, s:s, s:b}", "name", p->name,
				      "path", p->path, "package", p->package, "use",
				      p->use, "required", p->required));
	}
	return list;
}

static json_t *
accelerators_json(const struct doctor *doctor)
{
	json_t *list = json_array();

	for (size_t i = 0; i < DOCTOR_ACCELERATORS; i++) {
		const struct doctor_accelerator *a = &doctor->accelerator[i];

		json_array_append_new(
			list, json_pack("{s:s, s:b, s:o, s:o}", "name", a->name, "boots",
				      a->boots, "seconds",
				      a->boots ? json_real(a->seconds) : json_null(),
				      "reason", reason(a->boots, &a->why)));
	}
	return list;
}

static void
print_json(const struct doctor *doctor)
{
	json_t *advice = json_array(), *all;

	for (size_t i = 0; i < doctor->advice.count; i++)
		json_array_append_new(advice, json_string(doctor->advice.item[i]));
	all = json_pack("{s:{s:s, s:s, s:I, s:I}, s:o, s:{s:b, s:s, s:o}, s:o, s:s,"
			" s:{s:s, s:b, s:I, s:I, s:o}, s:b, s:o}",
		"host", "distribution", doctor->distribution, "kernel",
		doctor->kernel.release, "processors", (json_int_t)doctor->processors,
		"memory", (json_int_t)doctor->memory, "programs", programs_json(doctor),
		"sandbox", "works", doctor->sandbox_works, "isolation",
		sandbox_isolation(), "reason",
		reason(doctor->sandbox_works, &doctor->sandbox_why), "accelerators",
		accelerators_json(doctor), "accelerator", host_accelerator(), "store",
		"path", doctor->store, "works", doctor->store_works, "size",
		(json_int_t)doctor->store_size, "free", (json_int_t)doctor->store_free,
		"reason", reason(doctor->store_works, &doctor->store_why), "can-build",
		doctor_can_build(doctor), "advice", advice);
	if (!all || json_dumpf(all, stdout, JSON_INDENT(2)) < 0)
		die("out of memory");
	putchar('\n');
	json_decref(all);
}

int
cmd_doctor(int argc, char **argv)
{
	struct doctor doctor;

	if (argc > 1)
		die_usage("doctor: takes no \"%s\"", argv[1]);
	doctor_look(&doctor);
	if (options.json)
		print_json(&doctor);
	else
		print_text(&doctor);
	if (fflush(stdout) != 0)
		die("cannot write the result");
	return doctor_can_build(&doctor) ? 0 : 1;
}
