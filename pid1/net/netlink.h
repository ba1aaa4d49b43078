/* SPDX-License-Identifier: ISC */
#ifndef PID1_NETLINK_H
#define PID1_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct nlmsghdr;

/*
 * netlink(7) messages in memory of fixed size: what does not fit marks the message, and
 * is not sent. Building and reading have no side effects.
 */
#define NETLINK_SIZE 16384
/* Of those that stay: messages are short, so that one takes a page and not two. */
#define NETLINK_ALIGN _Alignas(4096)

struct netlink_message {
	size_t size;
	bool full; /* something did not fit */
	_Alignas(8) uint8_t data[NETLINK_SIZE];
};

/* A message of the type with the flags and its family's own header behind the first. */
void netlink_begin(struct netlink_message *m, uint16_t type, uint16_t flags,
	const void *header, size_t size);
void netlink_put(struct netlink_message *m, uint16_t type, const void *data, size_t size);
void netlink_put_u8(struct netlink_message *m, uint16_t type, uint8_t value);
void netlink_put_u16(struct netlink_message *m, uint16_t type, uint16_t value);
void netlink_put_u32(struct netlink_message *m, uint16_t type, uint32_t value);
void netlink_put_string(struct netlink_message *m, uint16_t type, const char *text);
/* Attributes inside an attribute: begin gives what end wants. */
size_t netlink_nest(struct netlink_message *m, uint16_t type);
void netlink_nest_end(struct netlink_message *m, size_t at);

/* The first message at *data, which is moved behind it; NULL if no whole one is there. */
const struct nlmsghdr *netlink_next(const uint8_t **data, size_t *size);

/* The payload of the first attribute of the type behind a header of so many bytes; NULL:
 * there is none of at least `least` bytes. */
const void *netlink_find(const struct nlmsghdr *message, size_t header, uint16_t type,
	size_t least, size_t *size);

/* What an NLMSG_ERROR says: 0, -errno, or 1 if the message is something else. */
int netlink_verdict(const struct nlmsghdr *message);

/* A socket of the protocol that hears the multicast groups (bits), or -errno. */
int netlink_open(int protocol, uint32_t groups);

/* recv(2) without waiting, of what the kernel says: any process that may configure the network
 * may send to this socket, too, and is not listened to. */
ssize_t netlink_receive(int fd, void *data, size_t size);

/* Sends m and reads the kernel's answer to it, in its place, which is there when sendmsg(2)
 * returns: nothing waits. If answer is given, the first message that is not a verdict is put
 * there. 0 or -errno. */
int netlink_talk(int fd, struct netlink_message *m, struct netlink_message *answer);

#endif
