/* SPDX-License-Identifier: ISC */
#include "address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

bool
address_number(const char *text, unsigned long most, unsigned long *value)
{
	*value = 0;
	if (!*text || (text[0] == '0' && text[1]))
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		*value = *value * 10 + (unsigned long)(*text - '0');
		if (*value > most)
			return false;
	}
	return true;
}

bool
address_port(const char *text, uint16_t *port)
{
	unsigned long value;

	if (!address_number(text, 65535, &value) || value == 0)
		return false;
	*port = (uint16_t)value;
	return true;
}

const char *
address_parse(const char *text, struct config_prefix *prefix)
{
	memset(prefix, 0, sizeof(*prefix));
	if (inet_pton(AF_INET, text, prefix->bytes) == 1)
		prefix->family = 4;
	else if (inet_pton(AF_INET6, text, prefix->bytes) == 1)
		prefix->family = 6;
	else
		return "want an address in numbers, such as 192.0.2.1 or 2001:db8::1";
	prefix->length = config_prefix_bits(prefix->family);
	return NULL;
}

/* Splits at the slash and parses both; *length is false if there is none. */
static const char *
parse_both(const char *text, struct config_prefix *prefix, bool *length)
{
	static const char why[] =
		"want an address and its net's length, such as 192.0.2.1/24 or 2001:db8::1/64";
	const char *slash = strchr(text, '/');
	char copy[64];
	unsigned long bits;

	*length = slash;
	if (!slash)
		return address_parse(text, prefix);
	if ((size_t)(slash - text) >= sizeof(copy))
		return why;
	snprintf(copy, sizeof(copy), "%.*s", (int)(slash - text), text);
	if (address_parse(copy, prefix) ||
		!address_number(slash + 1, config_prefix_bits(prefix->family), &bits))
		return why;
	prefix->length = (uint8_t)bits;
	return NULL;
}

/* True if a bit from the first on has the value. */
static bool
has_bit(const struct config_prefix *prefix, unsigned first, bool value)
{
	for (unsigned i = first; i < config_prefix_bits(prefix->family); i++)
		if ((prefix->bytes[i / 8] >> (7 - i % 8) & 1) == value)
			return true;
	return false;
}

const char *
address_parse_host(const char *text, struct config_prefix *prefix)
{
	bool length;
	const char *why = parse_both(text, prefix, &length);

	if (why)
		return why;
	if (!length)
		return "want the net's length behind it, such as 192.0.2.1/24";
	if (!has_bit(prefix, 0, true))
		return "want a host's address";
	if (prefix->bytes[0] == 0xff || (prefix->family == 4 && prefix->bytes[0] >= 224))
		return "want a host's address, not a group's";
	if (prefix->family == 4 && prefix->length < 31 &&
		(!has_bit(prefix, prefix->length, true) ||
			!has_bit(prefix, prefix->length, false)))
		return "want a host's address, not the net's first or last one";
	return NULL;
}

const char *
address_parse_net(const char *text, struct config_prefix *prefix)
{
	bool length;
	const char *why = parse_both(text, prefix, &length);

	if (!why && has_bit(prefix, prefix->length, true))
		why = "want a net: no bits set behind its length, such as 192.0.2.0/24";
	return why;
}

const char *
address_parse_port(const char *text, struct config_prefix *prefix, uint16_t *port)
{
	static const char why[] =
		"want ADDRESS:PORT in numbers, such as 192.0.2.1:51820 or [2001:db8::1]:51820";
	const char *colon = strrchr(text, ':');
	char copy[64];
	bool bracketed = text[0] == '[';
	size_t size;

	if (!colon || !address_port(colon + 1, port))
		return why;
	size = (size_t)(colon - text);
	if (bracketed) {
		if (size < 2 || text[size - 1] != ']')
			return why;
		text++;
		size -= 2;
	}
	if (size >= sizeof(copy))
		return why;
	snprintf(copy, sizeof(copy), "%.*s", (int)size, text);
	if (address_parse(copy, prefix) || (prefix->family == 6) != bracketed)
		return why;
	return NULL;
}

bool
address_within(const struct config_prefix *address, const struct config_prefix *net)
{
	if (address->family != net->family)
		return false;
	for (unsigned i = 0; i < net->length; i++)
		if (((address->bytes[i / 8] ^ net->bytes[i / 8]) >> (7 - i % 8)) & 1)
			return false;
	return true;
}

bool
address_equal(const struct config_prefix *a, const struct config_prefix *b)
{
	return a->family == b->family && a->length == b->length &&
	       memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}
