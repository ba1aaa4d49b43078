/* SPDX-License-Identifier: ISC */
/*
 * dhcpcd runs this at each change of a link, told by environment variables: dhcpcd-run-hooks(8).
 * What a lease says of name servers is kept as a file a link; resolv.conf is made of those of
 * all links, the preferred one first, and put in place by rename. What comes from the network
 * is only ever taken word by word, and only words that can be what they should be.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER	    "/run/dhcpcd"
#define LINKS	    FOLDER "/resolv"
#define RESOLV_CONF FOLDER "/resolv.conf"
#define SERVERS	    3 /* as many as a libc asks */
#define SEARCH_SIZE 256

/* What resolv.conf will say. */
struct resolv {
	char server[SERVERS][INET_ADDRSTRLEN];
	size_t servers;
	char search[SEARCH_SIZE];
};

static int
fail(const char *path)
{
	fprintf(stderr, "dhcpcd-run-hooks: %s: %s\n", path, strerror(errno));
	return 1;
}

static const char *
variable(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

static bool
is_true(const char *name)
{
	return strcmp(variable(name), "true") == 0;
}

static void
add_server(struct resolv *resolv, const char *word)
{
	struct in_addr address;

	if (inet_pton(AF_INET, word, &address) != 1 || address.s_addr == 0)
		return;
	for (size_t i = 0; i < resolv->servers; i++)
		if (strcmp(resolv->server[i], word) == 0)
			return;
	if (resolv->servers < SERVERS)
		strcpy(resolv->server[resolv->servers++], word);
}

static void
add_search(struct resolv *resolv, const char *word)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";
	size_t length = strlen(resolv->search);

	if (word[strspn(word, letters)] != '\0' ||
		length + strlen(word) + 2 > sizeof(resolv->search))
		return;
	snprintf(resolv->search + length, sizeof(resolv->search) - length, " %s", word);
}

/* Hands each word of a text on; the text is spent. */
static void
each_word(char *text, struct resolv *resolv, void (*add)(struct resolv *, const char *))
{
	char *rest = NULL;

	for (char *word = strtok_r(text, " \n", &rest); word;
		word = strtok_r(NULL, " \n", &rest))
		add(resolv, word);
}

static void
each_word_of(const char *name, struct resolv *resolv,
	void (*add)(struct resolv *, const char *))
{
	char text[1024];

	snprintf(text, sizeof(text), "%s", variable(name));
	each_word(text, resolv, add);
}

static int
write_file(const char *path, const struct resolv *resolv)
{
	char temporary[128];
	FILE *file;
	bool bad;

	snprintf(temporary, sizeof(temporary), "%s.new", path);
	file = fopen(temporary, "we");
	if (!file)
		return fail(temporary);
	if (resolv->search[0])
		fprintf(file, "search%s\n", resolv->search);
	for (size_t i = 0; i < resolv->servers; i++)
		fprintf(file, "nameserver %s\n", resolv->server[i]);
	bad = ferror(file) != 0;
	if (fclose(file) != 0 || bad)
		return fail(temporary);
	return rename(temporary, path) < 0 ? fail(path) : 0;
}

/* What was kept of a link; one that has nothing is passed over. */
static void
read_file(const char *path, struct resolv *resolv)
{
	FILE *file = fopen(path, "re");
	char line[512];

	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, "search ", 7) == 0)
			each_word(line + 7, resolv, add_search);
		else if (strncmp(line, "nameserver ", 11) == 0)
			each_word(line + 11, resolv, add_server);
	}
	if (file)
		fclose(file);
}

static bool
link_path(char *path, size_t size, const char *link)
{
	return *link && !strchr(link, '/') && link[0] != '.' &&
	       (size_t)snprintf(path, size, LINKS "/%s", link) < size;
}

/* 0, or 1 and the message is out. */
static int
keep(const char *link)
{
	struct resolv resolv = {.servers = 0};
	char path[64];

	if (!link_path(path, sizeof(path), link))
		return 0;
	if (is_true("if_down"))
		return unlink(path) < 0 && errno != ENOENT ? fail(path) : 0;
	if (!is_true("if_up"))
		return 0;
	if (mkdir(LINKS, 0755) < 0 && errno != EEXIST)
		return fail(LINKS);
	each_word_of("new_domain_name_servers", &resolv, add_server);
	each_word_of("new_domain_search", &resolv, add_search);
	if (!resolv.search[0])
		each_word_of("new_domain_name", &resolv, add_search);
	return write_file(path, &resolv);
}

int
main(void)
{
	struct resolv resolv = {.servers = 0};
	char order[1024], path[64], *rest = NULL;

	if (keep(variable("interface")) != 0)
		return 1;
	snprintf(order, sizeof(order), "%s", variable("interface_order"));
	for (char *link = strtok_r(order, " ", &rest); link;
		link = strtok_r(NULL, " ", &rest))
		if (link_path(path, sizeof(path), link))
			read_file(path, &resolv);
	return write_file(RESOLV_CONF, &resolv);
}
