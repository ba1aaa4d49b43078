/* SPDX-License-Identifier: ISC */
/*
 * Says once, and then whenever it changes, what a program of the device sees of the network:
 * "netlook: eth0 10.0.2.15/24 via 10.0.2.2 dns 10.0.2.3", with "none" for what is not there.
 * With a port behind the link's name it also answers connections there with "here", and says
 * "asked" when that was read.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
add(char *line, size_t size, const char *text)
{
	size_t length = strlen(line);

	snprintf(line + length, size - length, " %s", text);
}

static void
look_at_addresses(const char *name, char *line, size_t size)
{
	struct ifaddrs *all;
	size_t before = strlen(line);

	if (getifaddrs(&all) < 0)
		return;
	for (struct ifaddrs *one = all; one; one = one->ifa_next) {
		const struct sockaddr_in *address = (const void *)one->ifa_addr;
		const struct sockaddr_in *mask = (const void *)one->ifa_netmask;
		char text[64];

		if (!address || address->sin_family != AF_INET ||
			strcmp(one->ifa_name, name) != 0)
			continue;
		snprintf(text, sizeof(text), "%s/%d", inet_ntoa(address->sin_addr),
			mask ? __builtin_popcount(mask->sin_addr.s_addr) : 32);
		add(line, size, text);
	}
	freeifaddrs(all);
	if (strlen(line) == before)
		add(line, size, "none");
}

/* The default gateway, and the nets behind other gateways. */
static void
look_at_routes(const char *name, char *line, size_t size)
{
	FILE *file = fopen("/proc/net/route", "re");
	char text[256], link[32], gateway[32] = "none", nets[128] = "";
	unsigned to, via;

	while (file && fgets(text, sizeof(text), file)) {
		if (sscanf(text, "%31s %x %x", link, &to, &via) != 3 || via == 0 ||
			strcmp(link, name) != 0)
			continue;
		if (to == 0)
			strcpy(gateway, inet_ntoa((struct in_addr){via}));
		else
			add(nets, sizeof(nets), inet_ntoa((struct in_addr){to}));
	}
	if (file)
		fclose(file);
	add(line, size, "via");
	add(line, size, gateway);
	if (*nets)
		add(line, size, nets + 1);
}

static void
look_at_servers(char *line, size_t size)
{
	FILE *file = fopen("/etc/resolv.conf", "re");
	char text[256], server[64];
	size_t found = 0;

	add(line, size, "dns");
	while (file && fgets(text, sizeof(text), file))
		if (sscanf(text, "nameserver %63s", server) == 1) {
			add(line, size, server);
			found++;
		}
	if (file)
		fclose(file);
	if (!found)
		add(line, size, "none");
}

static int
listen_on(const char *port)
{
	struct sockaddr_in any = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0 ||
		listen(fd, 4) < 0) {
		perror("netlook: listen");
		exit(1);
	}
	return fd;
}

int
main(int argc, char **argv)
{
	char line[512], last[512] = "";
	int fd = argc > 2 ? listen_on(argv[2]) : -1;

	for (;; usleep(200000)) {
		int peer = fd < 0 ? -1 : accept4(fd, NULL, NULL, SOCK_CLOEXEC);

		if (peer >= 0) {
			char rest[8];

			dprintf(peer, "here\n");
			/* Until it has been read, and the other side closes. */
			while (read(peer, rest, sizeof(rest)) > 0)
				;
			printf("netlook: asked\n");
			close(peer);
		}
		snprintf(line, sizeof(line), "netlook: %s", argv[1]);
		look_at_addresses(argv[1], line, sizeof(line));
		look_at_routes(argv[1], line, sizeof(line));
		look_at_servers(line, sizeof(line));
		if (strcmp(line, last) != 0)
			printf("%s\n", line);
		fflush(stdout);
		memcpy(last, line, sizeof(last));
	}
}
