/* SPDX-License-Identifier: ISC */
#include <errno.h>

#include "junit.h"

static void
put_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		switch (c) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\n':
			fputs("&#10;", out);
			break;
		default:
			/* The console may say anything; XML 1.0 and UTF-8 may not. */
			fputc(c < 0x20 || c >= 0x7f ? '?' : c, out);
		}
	}
}

static void
put_case(FILE *out, const char *suite, const struct junit_case *item)
{
	fputs("    <testcase classname=\"", out);
	put_text(out, suite);
	fputs("\" name=\"", out);
	put_text(out, item->name);
	fprintf(out, "\" time=\"%.3f\"", item->seconds);
	if (!item->failure) {
		fputs("/>\n", out);
		return;
	}
	fputs(">\n      <failure message=\"", out);
	put_text(out, item->failure);
	fputs("\"/>\n    </testcase>\n", out);
}

int
junit_write(FILE *out, const struct junit_suite *suite, size_t count)
{
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", out);
	for (size_t i = 0; i < count; i++) {
		size_t failures = 0;
		double seconds = 0;

		for (size_t j = 0; j < suite[i].count; j++) {
			failures += suite[i].item[j].failure != NULL;
			seconds += suite[i].item[j].seconds;
		}
		fputs("  <testsuite name=\"", out);
		put_text(out, suite[i].name);
		fprintf(out, "\" tests=\"%zu\" failures=\"%zu\" time=\"%.3f\">\n",
			suite[i].count, failures, seconds);
		for (size_t j = 0; j < suite[i].count; j++)
			put_case(out, suite[i].name, &suite[i].item[j]);
		fputs("  </testsuite>\n", out);
	}
	fputs("</testsuites>\n", out);
	return ferror(out) ? -EIO : 0;
}
