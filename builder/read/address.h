/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_ADDRESS_H
#define BUILDER_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/config_net.h"

/* Addresses in numbers, as people write them. Each returns NULL, or what it wanted. */

/* "192.0.2.1" or "2001:db8::1"; its length becomes all its bits. */
const char *address_parse(const char *text, struct config_prefix *prefix);

/* "192.0.2.1/24": any address in a net. */
const char *address_parse_host(const char *text, struct config_prefix *prefix);

/* "192.0.2.0/24", or one address alone: no bits behind the length are set. */
const char *address_parse_net(const char *text, struct config_prefix *prefix);

/* "192.0.2.1:514" or "[2001:db8::1]:514". */
const char *address_parse_port(
	const char *text, struct config_prefix *prefix, uint16_t *port);

/* Decimal, 0 to most, without a sign or zeros before it. */
bool address_number(const char *text, unsigned long most, unsigned long *value);

/* Decimal, 1 to 65535. */
bool address_port(const char *text, uint16_t *port);

/* True if the address lies in the net. */
bool address_within(const struct config_prefix *address, const struct config_prefix *net);

bool address_equal(const struct config_prefix *a, const struct config_prefix *b);

#endif
