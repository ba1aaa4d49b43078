/* SPDX-License-Identifier: ISC */
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/config.h"
#include "control_answer.h"
#include "control_format.h"
#include "pid1/base/discard.h"
#include "pid1/base/watch.h"
#include "pid1/log/log.h"

/* Messages to one client a turn: a long log must not hold the loop. */
#define TURN 64

static struct {
	int listener;
	bool waiting; /* somebody connects, as far as is known */
	struct client {
		int fd; /* -1: free */
		bool root; /* may change things */
		bool busy; /* an answer is under way */
		bool more; /* and goes on at once */
		bool waiting; /* its socket is full */
	} clients[CONTROL_CLIENTS];
	void (*watch)(int fd, size_t index);
	void (*want_room)(int fd, size_t index, bool room);
} control;

/* By client, each some kB: apart from what is looked at in every turn, so that those of
 * clients that never came take no memory. */
static struct answer answers[CONTROL_CLIENTS];

static struct answer *
answer_of(const struct client *client)
{
	return &answers[client - control.clients];
}

/* What others than root sent and nobody has read goes with it: discard.h. */
static void
drop(struct client *client)
{
	if (client->root)
		watch_close(client->fd);
	else
		watch_discard(client->fd);
	*client = (struct client){.fd = -1};
}

static int
make_socket(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = CONTROL_PATH};
	int fd;

	if (mkdir("/run/pid1", 0755) < 0 && errno != EEXIST)
		return -1;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	/* Who may connect is who sees it; what one may do is decided for each. */
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
		chmod(CONTROL_PATH, 0666) < 0 || listen(fd, CONTROL_CLIENTS) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

void
control_init(const struct config *config, void (*watch)(int fd, size_t index),
	void (*want_room)(int fd, size_t index, bool room))
{
	control.watch = watch;
	control.want_room = want_room;
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		control.clients[i].fd = -1;
	answer_init(config);
	control.listener = make_socket();
	if (control.listener < 0)
		log_say("control: " CONTROL_PATH ": %s: svc cannot be used",
			strerror(errno));
	else
		watch(control.listener, CONTROL_CLIENTS);
}

/* A free place, or that of a client which asks nothing or does not read; NULL: none. */
static struct client *
find_place(void)
{
	struct client *found = NULL;

	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		struct client *client = &control.clients[i];

		if (client->fd < 0)
			return client;
		if (!client->busy || client->waiting)
			found = client;
	}
	if (found)
		drop(found);
	return found;
}

/* False: there is no more connection, or none can be taken now. */
static bool
welcome(void)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);
	struct client *client;
	int fd = accept4(control.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0) {
		control.waiting = errno != EAGAIN;
		return false;
	}
	client = find_place();
	if (!client || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) {
		discard_fds(&fd, 1);
		return true;
	}
	*client = (struct client){.fd = fd, .root = peer.uid == 0};
	control.watch(fd, (size_t)(client - control.clients));
	return true;
}

/* Sends what the answer has, as far as the socket takes it. */
static void
answer_client(struct client *client)
{
	static uint8_t message[CONTROL_MESSAGE];
	size_t index = (size_t)(client - control.clients);
	struct answer *answer = answer_of(client);

	client->more = false;
	for (int i = 0; i < TURN && client->busy; i++) {
		const struct answer before = *answer;
		size_t size = answer_next(answer, message);

		if (size == 0)
			goto out; /* it follows a log, and there is nothing new */
		if (send(client->fd, message, size, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
			if (errno != EAGAIN) {
				drop(client);
				return;
			}
			*answer = before;
			if (!client->waiting)
				control.want_room(client->fd, index, true);
			client->waiting = true;
			return;
		}
		client->busy = !answer->done;
	}
	client->more = client->busy;
out:
	if (client->waiting)
		control.want_room(client->fd, index, false);
	client->waiting = false;
}

/* Those who follow a log stay: they must not take every place. */
static bool
may_follow(void)
{
	size_t followers = 0;

	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		followers += control.clients[i].fd >= 0 && control.clients[i].busy &&
			     answers[i].follow;
	return followers < CONTROL_CLIENTS / 2;
}

static void
take_request(struct client *client)
{
	static uint8_t message[CONTROL_MESSAGE];
	struct control_request request;
	ssize_t n = discard_receive(client->fd, message, sizeof(message));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* The end, a question during an answer, or no question of ours. */
	if (n <= 0 || client->busy || (size_t)n > sizeof(message) ||
		control_get_request(message, (size_t)n, &request) < 0) {
		drop(client);
		return;
	}
	answer_begin(answer_of(client), &request, client->root);
	if (request.follow && !may_follow())
		answer_refuse(
			answer_of(client), EBUSY, "too many follow the log already");
	client->busy = true;
	answer_client(client);
}

void
control_ready(size_t index)
{
	struct client *client;

	if (index == CONTROL_CLIENTS) {
		control.waiting = true;
		return;
	}
	client = &control.clients[index];
	if (client->fd < 0)
		return;
	take_request(client);
}

bool
control_advance(void)
{
	bool more = false;

	/* One a turn, so that those who were there before come to speak. */
	if (control.waiting)
		more = welcome();
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		struct client *client = &control.clients[i];

		if (client->fd >= 0 && client->busy)
			answer_client(client);
		more = more || client->more;
	}
	return more;
}
