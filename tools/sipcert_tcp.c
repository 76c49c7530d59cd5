/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where is the peer, and does TCP get there? */

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../modules/cert_match/cm_domain.h"
#include "../modules/cert_match/cm_tell.h"

#include "sipcert.h"

int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int wait_for(int fd, short events, int64_t deadline)
{
	struct pollfd p = {fd, events, 0};

	for(;;) {
		int64_t left = deadline - now_ms();

		if(left <= 0)
			return 0;
		if(poll(&p, 1, (int)left) > 0)
			return 1;
	}
}

static int parse_port(const char *text, char *port)
{
	size_t len = strspn(text, "0123456789");
	unsigned long value = 0;
	size_t i;

	if(len == 0 || len > 5 || text[len] != '\0')
		return -1;
	for(i = 0; i < len; i++)
		value = value * 10 + (unsigned long)(text[i] - '0');
	if(value == 0 || value > 65535)
		return -1;
	memcpy(port, text, len + 1);
	return 0;
}

/* An address as it is, a name in canonical form. */
static int parse_host(const char *text, size_t len, char *host)
{
	struct cm_name name;

	switch(cm_domain_parse(text, len, &name)) {
		case CM_OK:
			memcpy(host, name.text, name.len);
			host[name.len] = '\0';
			return 0;
		case CM_IP_LITERAL:
			if(len > CM_NAME_MAX)
				return -1;
			memcpy(host, text, len);
			host[len] = '\0';
			return 0;
		default:
			return -1;
	}
}

int target_parse(const char *text, struct target *target)
{
	const char *end = strchr(text, ']'), *colon = strchr(text, ':');

	memcpy(target->port, PROBE_PORT, sizeof(PROBE_PORT));
	if(text[0] == '[') {
		if(!end || (end[1] != '\0' && end[1] != ':')
				|| (end[1] == ':' && parse_port(end + 2, target->port) < 0))
			return -1;
		return parse_host(text + 1, (size_t)(end - text - 1), target->host);
	}
	/* with two colons it is an IPv6 address without a port */
	if(!colon || strchr(colon + 1, ':'))
		return parse_host(text, strlen(text), target->host);
	if(parse_port(colon + 1, target->port) < 0)
		return -1;
	return parse_host(text, (size_t)(colon - text), target->host);
}

static void to_address(const struct addrinfo *a, struct cm_address *address)
{
	memset(address, 0, sizeof(*address));
	if(a->ai_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)a->ai_addr;

		address->len = 16;
		memcpy(address->ip, &in6->sin6_addr, 16);
		address->port = ntohs(in6->sin6_port);
	} else {
		const struct sockaddr_in *in = (const void *)a->ai_addr;

		address->len = 4;
		memcpy(address->ip, &in->sin_addr, 4);
		address->port = ntohs(in->sin_port);
	}
}

/* 0, or an errno */
static int connect_one(int fd, const struct addrinfo *a, int64_t deadline)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if(fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		return errno;
	if(connect(fd, a->ai_addr, a->ai_addrlen) == 0)
		return 0;
	if(errno != EINPROGRESS)
		return errno;
	if(!wait_for(fd, POLLOUT, deadline))
		return ETIMEDOUT;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	return error;
}

int target_connect(const struct target *target, int64_t deadline,
		struct cm_address *address)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL, *a;
	int error = getaddrinfo(target->host, target->port, &hints, &list);
	char text[CM_TOLD_ADDRESS];
	int fd = -1;

	if(error != 0) {
		printf("tcp      %s: the name does not resolve: %s\n", target->host,
				gai_strerror(error));
		return -1;
	}
	for(a = list; a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
		error = fd < 0 ? errno : connect_one(fd, a, deadline);
		to_address(a, address);
		printf("tcp      %s: %s\n", cm_tell_address(text, address),
				error == 0 ? "connected" : strerror(error));
		if(error != 0 && fd >= 0) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(list);
	return fd;
}
