/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_GPG_H
#define BUILDER_GPG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

/*
 * OpenPGP signatures as gpgv sees them. Its exit status is not enough (it is 0 for an
 * expired key), so its --status-fd lines (doc/DETAILS of GnuPG) are read strictly.
 */
enum gpg_status {
	GPG_GOOD,
	GPG_KEY_EXPIRED, /* good, by a key that has expired since or before */
	GPG_SIGNATURE_EXPIRED, /* good, but the signer wanted it trusted no longer */
	GPG_KEY_REVOKED,
	GPG_NO_KEY, /* no keyring holds the key: nothing is known */
	GPG_BAD, /* the bytes are not those that were signed, or cannot be checked */
};

#define GPG_SIGNATURES	16
#define GPG_FINGERPRINT 65

struct gpg_signature {
	enum gpg_status status;
	char fingerprint[GPG_FINGERPRINT]; /* of the key that signed; a key id for GPG_BAD
					    */
	char primary[GPG_FINGERPRINT]; /* of its primary key, "" where not known */
	char uid[256]; /* as the key has it, control characters escaped */
	int64_t time; /* seconds; when it says it was signed, 0 if not known */
	bool valid_at_signing; /* the key had neither expired nor been revoked then */
};

struct gpg_result {
	struct gpg_signature signature[GPG_SIGNATURES];
	size_t count;
};

/* Reads status lines; 0, or -EBADMSG saying what is wrong. Allocates nothing. */
int gpg_parse(struct gpg_result *result, const char *text, size_t size, struct error *e);

/*
 * Checks a clear-signed file against one keyring and writes just the bytes that are
 * signed to plain (NULL: nowhere; it must not exist). 0 whatever the verdicts are,
 * -EBADMSG if there is no signature or more than one signed text, or -errno.
 */
int gpg_verify(struct gpg_result *result, const char *keyring, const char *file,
	const char *plain, struct error *e);

/* good, key-expired, signature-expired, key-revoked, no-key, bad. */
const char *gpg_status_name(enum gpg_status status);
/* -EINVAL if there is no such word. */
int gpg_status_parse(const char *name, enum gpg_status *status);

#endif
