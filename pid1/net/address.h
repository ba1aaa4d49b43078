/* SPDX-License-Identifier: ISC */
#ifndef PID1_ADDRESS_H
#define PID1_ADDRESS_H

#include <stddef.h>

struct config_prefix;
struct nlmsghdr;

#define ADDRESS_TEXT 48 /* bytes of one, with its length and the NUL */

/* "192.0.2.1/24"; IPv6 without shortening. */
const char *address_text(const struct config_prefix *prefix, char text[ADDRESS_TEXT]);

/* An RTM_NEWADDR (rtnetlink(7)): the index of its link, 0 if the message is no such. */
int address_read(const struct nlmsghdr *message, struct config_prefix *prefix);

/* All that the link with this index has now, whoever gave them, a blank between two;
 * those that do not fit are left out. Nothing here waits. */
void address_list(int index, char *text, size_t size);

#endif
