/* SPDX-License-Identifier: ISC */
#ifndef TESTS_SERVICES_H
#define TESTS_SERVICES_H

#include "scratch.h"

#include "builder/read/service.h"

/* A service file of one test, never on disk. */
#define RUN  "[Service]\nExecStart = /bin/a\n"
#define FILE "services/a.service"

/* The text is refused with exactly this message. */
static inline void
refused(const char *text, const char *message)
{
	struct error e = {.text = ""};
	struct service s;

	assert_int_equal(service_parse(&s, FILE, text, strlen(text), &e), -EINVAL);
	service_free(&s);
	assert_string_equal(e.text, message);
}

/* The text is read without a word into *s, which the caller frees. */
static inline void
accepted(const char *text, struct service *s)
{
	struct error e = {.text = ""};
	int r = service_parse(s, FILE, text, strlen(text), &e);

	assert_string_equal(e.text, "");
	assert_int_equal(r, 0);
}

#endif
