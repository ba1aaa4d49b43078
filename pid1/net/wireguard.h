/* SPDX-License-Identifier: ISC */
#ifndef PID1_WIREGUARD_H
#define PID1_WIREGUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config_net;
struct netlink_message;

#define WIREGUARD_KEY  32 /* bytes */
#define WIREGUARD_TEXT 44 /* characters of a key in its file */

/* 44 characters of base64 and at most one line end, as `wg genkey` writes them. */
bool wireguard_decode(const char *text, size_t size, uint8_t key[WIREGUARD_KEY]);

/* Builds the message that gives a link its key and its peers; preshared has a key for
 * each peer of the config that names one. family: of generic netlink. */
void wireguard_message(struct netlink_message *m, uint16_t family,
	const struct config_net *net, size_t link, int index,
	const uint8_t key[WIREGUARD_KEY], uint8_t (*preshared)[WIREGUARD_KEY]);

/* Reads the keys and sets the link up; 0 or -errno, and then what it was about. */
int wireguard_apply(
	const struct config_net *net, size_t link, int index, const char **what);

#endif
