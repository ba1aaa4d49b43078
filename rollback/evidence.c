/* SPDX-License-Identifier: ISC */
#include "evidence.h"

#include <stdio.h>
#include <string.h>

static bool
has_new_panic(const struct evidence *evidence)
{
	return evidence->panics != 0 && evidence->has_before &&
	       evidence->panics != evidence->before;
}

static const char *
end_text(const struct evidence *evidence)
{
	static const char *const texts[] = {
		[END_UNKNOWN] = "how it ended is not known",
		[END_CUT] = "it ended without a word, as by a power cut",
		[END_WATCHDOG] = "the watchdog fired",
		[END_ORDERLY] = "it was ended",
		[END_KEXEC] = "it ended before its pid1 spoke",
		[END_NO_JUMP] = "the jump was not made",
		[END_PANIC] = "the kernel panicked",
		[END_FAULT] = "it gave itself up",
	};

	return texts[evidence->end];
}

static void
explain(char why[EVIDENCE_WHY], const char *what, const char *text)
{
	snprintf(why, EVIDENCE_WHY, "%s%s%s", what, text[0] ? ": " : "", text);
}

/* True if the boot whose end is told can have been the attempt. */
static bool
is_the_attempts(const struct evidence *evidence, uint32_t tried)
{
	if (evidence->ended == 0 || tried == 0 || evidence->ended == tried)
		return true;
	/* The one before, which went to the attempt; that died before pid1 wrote a word.
	 */
	return evidence->end == END_KEXEC || evidence->end == END_ORDERLY;
}

bool
evidence_against(const struct evidence *evidence, uint32_t tried, char why[EVIDENCE_WHY])
{
	bool own = evidence->ended == 0 || evidence->ended == tried;

	if (!is_the_attempts(evidence, tried)) {
		explain(why,
			evidence->end == END_NO_JUMP ? end_text(evidence)
						     : "another boot has come since",
			evidence->text);
		return false;
	}
	if ((evidence->end == END_FAULT || evidence->end == END_PANIC) && own) {
		explain(why, end_text(evidence), evidence->text);
		return true;
	}
	if (has_new_panic(evidence)) {
		explain(why, "the kernel panicked", evidence->panic);
		return true;
	}
	if (evidence->watchdog || evidence->end == END_WATCHDOG) {
		explain(why, "the watchdog fired", "");
		return true;
	}
	if (own)
		explain(why, end_text(evidence),
			evidence->end == END_UNKNOWN || evidence->end == END_CUT
				? ""
				: evidence->text);
	else
		explain(why, "it ended before its pid1 spoke", "");
	return false;
}

uint32_t
evidence_tag(const uint8_t *content)
{
	return (uint32_t)content[0] << 24 | (uint32_t)content[1] << 16 |
	       (uint32_t)content[2] << 8 | content[3];
}
