/* SPDX-License-Identifier: ISC */
#include "scratch.h"

#include "builder/source/gpg.h"

#define G     "[GNUPG:] "
#define FPR   "469CBAA776FDB1FCD475B304D39A499C3C21A552"
#define PRIM  "7420DF86BCE15A458DCE997639278DA8109E6244"
#define ID    "D39A499C3C21A552"
#define NEW   G "NEWSIG\n"
#define VALID G "VALIDSIG " FPR " 2025-12-16 1765914092 0 4 0 1 10 01 " PRIM "\n"
#define UID   " A Person <a@example.org>\n"

static int
parse(struct gpg_result *result, const char *text, struct error *e)
{
	e->text[0] = '\0';
	return gpg_parse(result, text, strlen(text), e);
}

static void
refused(const char *text, const char *why)
{
	struct gpg_result result;
	struct error e;

	assert_true(parse(&result, text, &e) < 0);
	assert_string_equal(e.text, why);
}

/* One signature of this status, valid at signing or not. */
static struct gpg_signature
verdict(const char *text, enum gpg_status status, bool valid)
{
	struct gpg_result result;
	struct error e;

	assert_int_equal(parse(&result, text, &e), 0);
	assert_int_equal(result.count, 1);
	assert_int_equal(result.signature[0].status, status);
	assert_int_equal(result.signature[0].valid_at_signing, valid);
	return result.signature[0];
}

static void
test_gpg_good_signature_names_keys_and_time(void **state)
{
	struct gpg_signature s =
		verdict(NEW G "KEY_CONSIDERED " PRIM " 0\n" G "GOODSIG " ID UID VALID,
			GPG_GOOD, true);

	(void)state;
	assert_string_equal(s.fingerprint, FPR);
	assert_string_equal(s.primary, PRIM);
	assert_string_equal(s.uid, "A Person <a@example.org>");
	assert_int_equal(s.time, 1765914092);
}

static void
test_gpg_key_expired_after_signing_was_valid_then(void **state)
{
	(void)state;
	verdict(NEW G "KEYEXPIRED 1765914093\n" G "EXPKEYSIG " ID UID VALID,
		GPG_KEY_EXPIRED, true);
}

static void
test_gpg_key_expired_before_signing_was_not_valid(void **state)
{
	(void)state;
	verdict(NEW G "KEYEXPIRED 1765914092\n" G "EXPKEYSIG " ID UID VALID,
		GPG_KEY_EXPIRED, false);
	/* The primary key's end counts for its subkeys. */
	verdict(NEW G "KEYEXPIRED 1700000000\n" G "KEYEXPIRED 1799999999\n" G
		      "EXPKEYSIG " ID UID VALID,
		GPG_KEY_EXPIRED, false);
	/* Expired at a time that gpgv does not tell: nothing is assumed. */
	verdict(NEW G "EXPKEYSIG " ID UID VALID, GPG_KEY_EXPIRED, false);
	verdict(NEW G "KEYEXPIRED 0\n" G "EXPKEYSIG " ID UID VALID, GPG_KEY_EXPIRED,
		false);
}

static void
test_gpg_expiry_of_one_signature_is_not_the_next_ones(void **state)
{
	struct gpg_result result;
	struct error e;

	(void)state;
	assert_int_equal(
		parse(&result,
			NEW G "KEYEXPIRED 1\n" G "EXPKEYSIG " ID UID VALID NEW G
			      "KEYEXPIRED 1799999999\n" G "EXPKEYSIG " ID UID VALID,
			&e),
		0);
	assert_int_equal(result.count, 2);
	assert_false(result.signature[0].valid_at_signing);
	assert_true(result.signature[1].valid_at_signing);
}

static void
test_gpg_other_verdicts(void **state)
{
	struct gpg_signature s;

	(void)state;
	verdict(NEW G "REVKEYSIG " ID UID VALID, GPG_KEY_REVOKED, false);
	verdict(NEW G "EXPSIG " ID UID VALID, GPG_SIGNATURE_EXPIRED, true);
	s = verdict(NEW G "BADSIG " ID UID, GPG_BAD, false);
	assert_string_equal(s.fingerprint, ID);
	s = verdict(NEW G "ERRSIG " ID " 1 10 01 1749332100 9 " FPR "\n" G "NO_PUBKEY " ID
			  "\n",
		GPG_NO_KEY, false);
	assert_string_equal(s.fingerprint, FPR);
	assert_int_equal(s.time, 1749332100);
	s = verdict(NEW G "ERRSIG " ID " 1 10 01 1749332100 9\n", GPG_NO_KEY, false);
	assert_string_equal(s.fingerprint, ID);
	/* An algorithm or digest that gpgv refuses is no missing key. */
	verdict(NEW G "ERRSIG " ID " 1 2 01 1749332100 5\n", GPG_BAD, false);
}

static void
test_gpg_contradictions_refused(void **state)
{
	(void)state;
	refused(NEW, "gpgv gave no verdict on a signature");
	refused(NEW G "GOODSIG " ID UID, "gpgv said good but VALIDSIG is missing");
	refused(NEW G "BADSIG " ID UID VALID, "gpgv said bad but VALIDSIG is there");
	refused(NEW G "BADSIG " ID UID G "GOODSIG " ID UID VALID,
		"gpgv gave two verdicts on a signature");
	refused(G "GOODSIG " ID UID VALID, "gpgv's GOODSIG comes before NEWSIG");
	refused(NEW VALID, "gpgv's VALIDSIG is out of place");
	refused(NEW G "GOODSIG 0000000000000000" UID VALID,
		"gpgv names the keys 0000000000000000 and " FPR " for one signature");
	refused(NEW G "GOODSIG " ID UID G "VALIDSIG " FPR
		      " 2025-12-16 1765914092 0 4 0 1 10 13 " PRIM "\n",
		"signature of class 13 is not one of a document");
	refused(G "ERROR proc_pkt.plaintext 89_BAD_DATA\n",
		"not exactly one signed text (gpgv: proc_pkt.plaintext 89_BAD_DATA)");
}

static void
test_gpg_malformed_lines_refused(void **state)
{
	(void)state;
	refused(NEW G "GOODSIG xyz" UID VALID,
		"gpgv's GOODSIG line is not as documented");
	refused(NEW G "GOODSIG " ID UID G "VALIDSIG " FPR " 2025-12-16\n",
		"gpgv's VALIDSIG line is not as documented");
	refused(NEW G "GOODSIG " ID UID G "VALIDSIG " FPR
		      " 2025-12-16 20251216T194132 0 4 0 1 10 01 " PRIM "\n",
		"gpgv's VALIDSIG line is not as documented");
	refused(NEW G "ERRSIG " ID "\n", "gpgv's ERRSIG line is not as documented");
	refused(NEW G "KEYEXPIRED soon\n", "gpgv's KEYEXPIRED line is not as documented");
	refused("GOODSIG " ID UID, "gpgv's status has a line without its prefix");
	refused(NEW G "GOODSIG " ID, "gpgv's status is not lines of text");
}

static void
test_gpg_too_many_signatures_refused(void **state)
{
	char text[(GPG_SIGNATURES + 1) * 128] = "";

	(void)state;
	for (int i = 0; i <= GPG_SIGNATURES; i++)
		strcat(text, NEW G "BADSIG " ID UID);
	refused(text, "more than 16 signatures");
}

static void
test_gpg_long_uid_cut(void **state)
{
	char text[1024] = NEW G "GOODSIG " ID " ";
	struct gpg_signature s;

	(void)state;
	memset(text + strlen(text), 'x', 500);
	strcat(text, "\n" VALID);
	s = verdict(text, GPG_GOOD, true);
	assert_int_equal(strlen(s.uid), sizeof s.uid - 1);
}

static void
test_gpg_status_names_read_back(void **state)
{
	(void)state;
	for (int i = GPG_GOOD; i <= GPG_BAD; i++) {
		enum gpg_status status;

		assert_int_equal(
			gpg_status_parse(gpg_status_name((enum gpg_status)i), &status),
			0);
		assert_int_equal(status, i);
	}
	assert_true(gpg_status_parse("fine", &(enum gpg_status){GPG_GOOD}) < 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gpg_good_signature_names_keys_and_time),
		cmocka_unit_test(test_gpg_key_expired_after_signing_was_valid_then),
		cmocka_unit_test(test_gpg_key_expired_before_signing_was_not_valid),
		cmocka_unit_test(test_gpg_expiry_of_one_signature_is_not_the_next_ones),
		cmocka_unit_test(test_gpg_other_verdicts),
		cmocka_unit_test(test_gpg_contradictions_refused),
		cmocka_unit_test(test_gpg_malformed_lines_refused),
		cmocka_unit_test(test_gpg_too_many_signatures_refused),
		cmocka_unit_test(test_gpg_long_uid_cut),
		cmocka_unit_test(test_gpg_status_names_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
