/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Both ends of a proxy: a peer that sends requests down one TLS connection, and
 * the UDP server that they are forwarded to.
 *
 * A number on standard input is that many requests, WINDOW of them under way at
 * a time; "done" on standard output says that all were answered. Exit status 1:
 * they were not.
 */
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#define SILENCE_MS 10000

struct ends {
	SSL *ssl;
	int tls;
	int udp;
	long sent, answered, total, window;
	size_t at; /* how far into an answer */
	int ends;  /* how much of its last four octets was seen */
};

static void die(const char *what)
{
	perror(what);
	ERR_print_errors_fp(stderr);
	exit(1);
}

static struct sockaddr_in address(const char *ip, const char *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET};

	a.sin_port = htons((uint16_t)atoi(port));
	if(inet_pton(AF_INET, ip, &a.sin_addr) != 1)
		die(ip);
	return a;
}

static void open_tls(
		struct ends *e, const char *pem, const char *ip, const char *port)
{
	struct sockaddr_in to = address(ip, port);
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	int on = 1;

	if(SSL_CTX_use_certificate_chain_file(ctx, pem) != 1
			|| SSL_CTX_use_PrivateKey_file(ctx, pem, SSL_FILETYPE_PEM) != 1)
		die(pem);
	e->tls = socket(AF_INET, SOCK_STREAM, 0);
	if(connect(e->tls, (struct sockaddr *)&to, sizeof(to)) < 0)
		die("connect");
	setsockopt(e->tls, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	e->ssl = SSL_new(ctx);
	SSL_set_fd(e->ssl, e->tls);
	if(SSL_connect(e->ssl) != 1)
		die("handshake");
	fcntl(e->tls, F_SETFL, O_NONBLOCK);
}

static void open_udp(struct ends *e, const char *ip, const char *port)
{
	struct sockaddr_in at = address(ip, port);

	e->udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if(bind(e->udp, (struct sockaddr *)&at, sizeof(at)) < 0)
		die("bind");
}

static void send_request(struct ends *e)
{
	char msg[1024];
	long n = e->sent++;
	int len = snprintf(msg, sizeof(msg),
			"OPTIONS sip:bob@edge.test SIP/2.0\r\n"
			"Via: SIP/2.0/TLS proxy.peer.test:5061;branch=z9hG4bK%ld\r\n"
			"Max-Forwards: 70\r\n"
			"From: \"Alice\" <sip:alice@peer.test>;tag=a%ld\r\n"
			"To: <sip:bob@edge.test>\r\n"
			"Call-ID: %ld-7f3c0e51@peer.test\r\n"
			"CSeq: 4711 OPTIONS\r\n"
			"Contact: <sip:alice@proxy.peer.test:5061;transport=tls>\r\n"
			"User-Agent: an ordinary one 1.0\r\n"
			"Accept: application/sdp\r\n"
			"Content-Length: 0\r\n\r\n",
			n, n, n);

	if(SSL_write(e->ssl, msg, len) != len)
		die("SSL_write");
}

static int is_copied(const char *line)
{
	static const char *const names[] = {
			"Via:", "From:", "To:", "Call-ID:", "CSeq:"};
	size_t i;

	for(i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if(strncasecmp(line, names[i], strlen(names[i])) == 0)
			return 1;
	return 0;
}

/* RFC 3261 s8.2.6: a 200 with what the request had. */
static void answer_request(struct ends *e)
{
	char in[8192], out[8192] = "SIP/2.0 200 OK\r\n";
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	ssize_t n = recvfrom(
			e->udp, in, sizeof(in) - 1, 0, (struct sockaddr *)&from, &from_len);
	size_t used = strlen(out);
	char *line, *end;

	if(n <= 0)
		return;
	in[n] = '\0';
	for(line = in; (end = strstr(line, "\r\n")) != NULL; line = end + 2) {
		size_t len = (size_t)(end + 2 - line);

		if(is_copied(line) && used + len < sizeof(out) - 32) {
			memcpy(out + used, line, len);
			used += len;
		}
	}
	used += (size_t)snprintf(
			out + used, sizeof(out) - used, "Content-Length: 0\r\n\r\n");
	sendto(e->udp, out, used, 0, (struct sockaddr *)&from, from_len);
}

/* Each message is a 200 and ends with an empty line: there are no bodies. */
static void count_answers(struct ends *e, const char *buf, int len)
{
	static const char start[] = "SIP/2.0 200 ", end[] = "\r\n\r\n";
	int i;

	for(i = 0; i < len; i++, e->at++) {
		if(e->at < sizeof(start) - 1 && buf[i] != start[e->at])
			die("not a 200");
		e->ends = buf[i] == end[e->ends] ? e->ends + 1 : buf[i] == '\r';
		if(e->ends == 4) {
			e->ends = 0;
			e->at = (size_t)-1;
			e->answered++;
		}
	}
}

static void read_answers(struct ends *e)
{
	char buf[16384];
	int n;

	while((n = SSL_read(e->ssl, buf, sizeof(buf))) > 0)
		count_answers(e, buf, n);
	if(SSL_get_error(e->ssl, n) != SSL_ERROR_WANT_READ)
		die("the connection ended");
}

static void burst(struct ends *e, long count)
{
	struct pollfd fds[2] = {
			{.fd = e->tls, .events = POLLIN}, {.fd = e->udp, .events = POLLIN}};

	e->total += count;
	while(e->answered < e->total) {
		while(e->sent < e->total && e->sent - e->answered < e->window)
			send_request(e);
		if(poll(fds, 2, SILENCE_MS) <= 0)
			die("no answer");
		if(fds[1].revents)
			answer_request(e);
		if(fds[0].revents)
			read_answers(e);
	}
}

int main(int argc, char **argv)
{
	struct ends e = {0};
	char line[32];

	if(argc != 7) {
		fputs("usage: pipeline CERT.pem TLS_IP TLS_PORT UDP_IP UDP_PORT "
			  "WINDOW\n",
				stderr);
		return 2;
	}
	e.window = atol(argv[6]);
	open_udp(&e, argv[4], argv[5]);
	open_tls(&e, argv[1], argv[2], argv[3]);
	while(fgets(line, sizeof(line), stdin)) {
		burst(&e, atol(line));
		puts("done");
		fflush(stdout);
	}
	return 0;
}
