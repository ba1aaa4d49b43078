/* SPDX-License-Identifier: ISC */
#include "netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FOREIGN 64 /* messages passed over in one call */

/* Everything in a message is padded to 4 bytes. */
static size_t
aligned(size_t size)
{
	return (size + 3) & ~(size_t)3;
}

/* Room for so many bytes, zeroed to the next boundary; NULL if there is none. */
static uint8_t *
grow(struct netlink_message *m, size_t size)
{
	uint8_t *at = m->data + m->size;

	if (m->full || size > NETLINK_SIZE - m->size ||
		aligned(size) > NETLINK_SIZE - m->size) {
		m->full = true;
		return NULL;
	}
	memset(at, 0, aligned(size));
	m->size += aligned(size);
	return at;
}

static void
set_length(struct netlink_message *m)
{
	const uint32_t size = (uint32_t)m->size;

	memcpy(m->data, &size, sizeof(size));
}

void
netlink_begin(struct netlink_message *m, uint16_t type, uint16_t flags,
	const void *header, size_t size)
{
	const struct nlmsghdr head = {
		.nlmsg_type = type,
		.nlmsg_flags = (uint16_t)(flags | NLM_F_REQUEST | NLM_F_ACK),
		.nlmsg_seq = 1,
	};
	uint8_t *at;

	m->size = 0;
	m->full = false;
	at = grow(m, sizeof(head) + size);
	if (!at)
		return;
	memcpy(at, &head, sizeof(head));
	if (size)
		memcpy(at + sizeof(head), header, size);
	set_length(m);
}

void
netlink_put(struct netlink_message *m, uint16_t type, const void *data, size_t size)
{
	const struct nlattr head = {
		.nla_len = (uint16_t)(sizeof(head) + size),
		.nla_type = type,
	};
	uint8_t *at = size < NETLINK_SIZE ? grow(m, sizeof(head) + size) : NULL;

	if (!at) {
		m->full = true;
		return;
	}
	memcpy(at, &head, sizeof(head));
	if (size)
		memcpy(at + sizeof(head), data, size);
	set_length(m);
}

void
netlink_put_u8(struct netlink_message *m, uint16_t type, uint8_t value)
{
	netlink_put(m, type, &value, sizeof(value));
}

void
netlink_put_u16(struct netlink_message *m, uint16_t type, uint16_t value)
{
	netlink_put(m, type, &value, sizeof(value));
}

void
netlink_put_u32(struct netlink_message *m, uint16_t type, uint32_t value)
{
	netlink_put(m, type, &value, sizeof(value));
}

void
netlink_put_string(struct netlink_message *m, uint16_t type, const char *text)
{
	netlink_put(m, type, text, strlen(text) + 1);
}

size_t
netlink_nest(struct netlink_message *m, uint16_t type)
{
	size_t at = m->size;

	netlink_put(m, type | NLA_F_NESTED, NULL, 0);
	return at;
}

void
netlink_nest_end(struct netlink_message *m, size_t at)
{
	const uint16_t size = (uint16_t)(m->size - at);

	if (!m->full)
		memcpy(m->data + at, &size, sizeof(size));
}

const struct nlmsghdr *
netlink_next(const uint8_t **data, size_t *size)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)(const void *)*data;
	size_t step;

	if (*size < sizeof(*message) || message->nlmsg_len < sizeof(*message) ||
		message->nlmsg_len > *size)
		return NULL;
	step = aligned(message->nlmsg_len);
	if (step > *size)
		step = *size;
	*data += step;
	*size -= step;
	return message;
}

const void *
netlink_find(const struct nlmsghdr *message, size_t header, uint16_t type, size_t least,
	size_t *size)
{
	const uint8_t *bytes = (const uint8_t *)message;
	size_t at = sizeof(*message) + aligned(header);

	while (at + sizeof(struct nlattr) <= message->nlmsg_len) {
		struct nlattr head;

		memcpy(&head, bytes + at, sizeof(head));
		if (head.nla_len < sizeof(head) || head.nla_len > message->nlmsg_len - at)
			return NULL;
		if ((head.nla_type & NLA_TYPE_MASK) == type &&
			head.nla_len - sizeof(head) >= least) {
			if (size)
				*size = head.nla_len - sizeof(head);
			return bytes + at + sizeof(head);
		}
		at += aligned(head.nla_len);
	}
	return NULL;
}

int
netlink_verdict(const struct nlmsghdr *message)
{
	int32_t code;

	if (message->nlmsg_type != NLMSG_ERROR)
		return 1;
	if (message->nlmsg_len < sizeof(*message) + sizeof(code))
		return -EBADMSG;
	memcpy(&code, message + 1, sizeof(code));
	return code > 0 || code < -4095 ? -EBADMSG : code;
}

int
netlink_open(int protocol, uint32_t groups)
{
	const struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = groups,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);

	if (fd < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		int code = errno;

		close(fd);
		return -code;
	}
	return fd;
}

ssize_t
netlink_receive(int fd, void *data, size_t size)
{
	for (int i = 0; i < FOREIGN; i++) {
		struct sockaddr_nl from = {0};
		socklen_t length = sizeof(from);
		ssize_t n = recvfrom(
			fd, data, size, MSG_DONTWAIT, (struct sockaddr *)&from, &length);

		if (n < 0 || from.nl_pid == 0)
			return n;
	}
	errno = EAGAIN;
	return -1;
}

/* True once the verdict has come; the first other message goes to answer. */
static bool
take_answer(const uint8_t *data, size_t left, struct netlink_message *answer, int *code)
{
	const struct nlmsghdr *message;

	while ((message = netlink_next(&data, &left))) {
		int verdict = netlink_verdict(message);

		if (verdict <= 0) {
			*code = verdict;
			return true;
		}
		if (answer && answer->size == 0) {
			memcpy(answer->data, message, message->nlmsg_len);
			answer->size = message->nlmsg_len;
		}
	}
	return false;
}

int
netlink_talk(int fd, struct netlink_message *m, struct netlink_message *answer)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	int code;

	if (m->full)
		return -E2BIG;
	/* Nothing is left over of an exchange that ended early. */
	while (recv(fd, NULL, 0, MSG_DONTWAIT) >= 0)
		;
	if (answer)
		answer->size = 0;
	if (sendto(fd, m->data, m->size, 0, (const struct sockaddr *)&kernel,
		    sizeof(kernel)) < 0)
		return -errno;
	for (;;) {
		/* The kernel has its copy of what was asked. */
		ssize_t n = netlink_receive(fd, m->data, sizeof(m->data));

		if (n < 0)
			return errno == EAGAIN ? -EPROTO : -errno;
		if (take_answer(m->data, (size_t)n, answer, &code))
			return code;
	}
}
