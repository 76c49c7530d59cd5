/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Both ends of a proxy: one TLS connection on its one side, a UDP socket on
 * its other.
 *
 *   in N    that many requests down the TLS connection, answered over UDP
 *   out N   the other way round
 *
 * on standard input, WINDOW of them under way at a time; "done" on standard
 * output says that all were answered. Exit status 1: they were not, or a second
 * TLS connection was opened.
 *
 * Requests that go out are for the Contact of the last one that came in, if
 * there is one.
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
#define MSG_MAX 8192

struct ends {
	const char *method;
	SSL_CTX *ctx;
	SSL *ssl;
	int listener; /* -1: we opened the connection ourselves */
	int tls;
	int udp;
	struct sockaddr_in proxy; /* its UDP side */
	char contact[512];
	char in[MSG_MAX + 1]; /* what came over TLS */
	size_t in_len;
	long sent, answered, total, window;
};

static void die(const char *what)
{
	perror(what);
	ERR_print_errors_fp(stderr);
	exit(1);
}

/* ip:port */
static struct sockaddr_in address(char *text)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	char *colon = strchr(text, ':');

	if(colon == NULL)
		die(text);
	*colon = '\0';
	a.sin_port = htons((uint16_t)atoi(colon + 1));
	if(inet_pton(AF_INET, text, &a.sin_addr) != 1)
		die(text);
	return a;
}

static void make_context(struct ends *e, const char *pem)
{
	e->ctx = SSL_CTX_new(TLS_method());
	if(SSL_CTX_use_certificate_chain_file(e->ctx, pem) != 1
			|| SSL_CTX_use_PrivateKey_file(e->ctx, pem, SSL_FILETYPE_PEM) != 1)
		die(pem);
}

static void handshake(struct ends *e, int (*how)(SSL *))
{
	int on = 1;

	setsockopt(e->tls, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	e->ssl = SSL_new(e->ctx);
	SSL_set_fd(e->ssl, e->tls);
	if(how(e->ssl) != 1)
		die("handshake");
	fcntl(e->tls, F_SETFL, O_NONBLOCK);
}

static void open_tls(struct ends *e, char *where)
{
	struct sockaddr_in to = address(where);

	e->listener = -1;
	e->tls = socket(AF_INET, SOCK_STREAM, 0);
	if(connect(e->tls, (struct sockaddr *)&to, sizeof(to)) < 0)
		die("connect");
	handshake(e, SSL_connect);
}

/* The proxy's certificate is wanted, whoever it names. */
static int accept_any(int ok, X509_STORE_CTX *chain)
{
	(void)ok;
	(void)chain;
	return 1;
}

static void listen_tls(struct ends *e, char *where)
{
	struct sockaddr_in at = address(where);
	int on = 1;

	e->tls = -1;
	e->listener = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(e->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if(bind(e->listener, (struct sockaddr *)&at, sizeof(at)) < 0
			|| listen(e->listener, 8) < 0)
		die("listen");
	SSL_CTX_set_verify(e->ctx, SSL_VERIFY_PEER, accept_any);
}

static void accept_tls(struct ends *e)
{
	if(e->tls >= 0)
		die("a second connection");
	e->tls = accept(e->listener, NULL, NULL);
	if(e->tls < 0)
		die("accept");
	handshake(e, SSL_accept);
}

static void open_udp(struct ends *e, char *where)
{
	struct sockaddr_in at = address(where);

	e->udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if(bind(e->udp, (struct sockaddr *)&at, sizeof(at)) < 0)
		die("bind");
}

static int make_request(
		struct ends *e, const char *to, const char *via, char *msg)
{
	long n = e->sent++;
	/* RFC 3261 s10.2: a phone's REGISTERs have one Call-ID */
	long call = strcmp(e->method, "REGISTER") == 0 ? 0 : n;

	return snprintf(msg, MSG_MAX,
			"%s %s SIP/2.0\r\n"
			"Via: SIP/2.0/%s;branch=z9hG4bK%ld\r\n"
			"Max-Forwards: 70\r\n"
			"From: \"Alice\" <sip:alice@peer.test>;tag=a%ld\r\n"
			"To: <sip:bob@edge.test>\r\n"
			"Call-ID: %ld-7f3c0e51@peer.test\r\n"
			"CSeq: %ld %s\r\n"
			"Contact: <sip:alice@proxy.peer.test:5061;transport=tls>\r\n"
			"User-Agent: an ordinary one 1.0\r\n"
			"Accept: application/sdp\r\n"
			"Content-Length: 0\r\n\r\n",
			e->method, to, via, n, n, call, n + 1, e->method);
}

static void send_in(struct ends *e)
{
	char msg[MSG_MAX];
	int len = make_request(
			e, "sip:bob@edge.test", "TLS proxy.peer.test:5061", msg);

	if(SSL_write(e->ssl, msg, len) != len)
		die("SSL_write");
}

static void send_out(struct ends *e)
{
	char msg[MSG_MAX];
	int len = make_request(e,
			e->contact[0] != '\0' ? e->contact : "sip:bob@peer.test",
			"UDP pbx.edge.test;rport", msg);

	if(sendto(e->udp, msg, (size_t)len, 0, (struct sockaddr *)&e->proxy,
			   sizeof(e->proxy))
			!= len)
		die("sendto");
}

/* The Contact's goes back only from a registrar (RFC 3261 s10.3). */
static int is_copied(const char *request, const char *line)
{
	static const char *const names[] = {
			"Via:", "From:", "To:", "Call-ID:", "CSeq:"};
	size_t i;

	for(i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if(strncasecmp(line, names[i], strlen(names[i])) == 0)
			return 1;
	return strncmp(request, "REGISTER ", 9) == 0
		   && strncasecmp(line, "Contact:", 8) == 0;
}

/* RFC 3261 s8.2.6: a 200 with what the request had. Returns its length. */
static size_t make_answer(const char *request, char out[MSG_MAX])
{
	size_t used = (size_t)snprintf(out, MSG_MAX, "SIP/2.0 200 OK\r\n");
	const char *line, *end;

	for(line = request; (end = strstr(line, "\r\n")) != NULL; line = end + 2) {
		size_t len = (size_t)(end + 2 - line);

		if(is_copied(request, line) && used + len < MSG_MAX - 32) {
			memcpy(out + used, line, len);
			used += len;
		}
	}
	used += (size_t)snprintf(
			out + used, MSG_MAX - used, "Content-Length: 0\r\n\r\n");
	return used;
}

static void learn_contact(struct ends *e, const char *request)
{
	const char *from = strstr(request, "\r\nContact: <"), *to;

	if(from == NULL || (to = strchr(from, '>')) == NULL)
		return;
	from += strlen("\r\nContact: <");
	snprintf(e->contact, sizeof(e->contact), "%.*s", (int)(to - from), from);
}

/* Is it a 200? Else it is a request. */
static int is_answer(struct ends *e, const char *msg)
{
	if(strncmp(msg, "SIP/2.0 ", 8) != 0)
		return 0;
	if(strncmp(msg + 8, "200 ", 4) != 0)
		die("not a 200");
	e->answered++;
	return 1;
}

static void read_udp(struct ends *e)
{
	char in[MSG_MAX + 1], out[MSG_MAX];
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	ssize_t n = recvfrom(
			e->udp, in, MSG_MAX, 0, (struct sockaddr *)&from, &from_len);

	if(n <= 0)
		return;
	in[n] = '\0';
	if(is_answer(e, in))
		return;
	learn_contact(e, in);
	sendto(e->udp, out, make_answer(in, out), 0, (struct sockaddr *)&from,
			from_len);
}

/* Each message ends with an empty line: there are no bodies. */
static void take_messages(struct ends *e)
{
	char out[MSG_MAX], *end;

	while((end = strstr(e->in, "\r\n\r\n")) != NULL) {
		size_t len = (size_t)(end + 4 - e->in);
		char first = e->in[len];

		e->in[len] = '\0';
		if(!is_answer(e, e->in)) {
			int n = (int)make_answer(e->in, out);

			if(SSL_write(e->ssl, out, n) != n)
				die("SSL_write");
		}
		e->in[len] = first;
		e->in_len -= len;
		memmove(e->in, e->in + len, e->in_len + 1);
	}
}

static void read_tls(struct ends *e)
{
	int n;

	while((n = SSL_read(e->ssl, e->in + e->in_len, (int)(MSG_MAX - e->in_len)))
			> 0) {
		e->in_len += (size_t)n;
		e->in[e->in_len] = '\0';
		take_messages(e);
	}
	if(SSL_get_error(e->ssl, n) != SSL_ERROR_WANT_READ)
		die("the connection ended");
}

static void burst(struct ends *e, void (*send_one)(struct ends *), long count)
{
	e->total += count;
	while(e->answered < e->total) {
		struct pollfd fds[3] = {{.fd = e->tls, .events = POLLIN},
				{.fd = e->udp, .events = POLLIN},
				{.fd = e->listener, .events = POLLIN}};

		while(e->sent < e->total && e->sent - e->answered < e->window)
			send_one(e);
		if(poll(fds, 3, SILENCE_MS) <= 0)
			die("no answer");
		if(fds[2].revents)
			accept_tls(e);
		if(fds[1].revents)
			read_udp(e);
		if(fds[0].revents)
			read_tls(e);
	}
}

int main(int argc, char **argv)
{
	static struct ends e;
	char line[64], way[8];
	long count;

	if(argc != 8) {
		fputs("usage: pipeline CERT.pem connect|listen TLS_IP:PORT "
			  "UDP_IP:PORT PROXY_UDP_IP:PORT METHOD WINDOW\n",
				stderr);
		return 2;
	}
	make_context(&e, argv[1]);
	open_udp(&e, argv[4]);
	e.proxy = address(argv[5]);
	e.method = argv[6];
	e.window = atol(argv[7]);
	(strcmp(argv[2], "listen") == 0 ? listen_tls : open_tls)(&e, argv[3]);
	puts("ready");
	fflush(stdout);
	while(fgets(line, sizeof(line), stdin)) {
		if(sscanf(line, "%7s %ld", way, &count) != 2)
			return 2;
		burst(&e, strcmp(way, "out") == 0 ? send_out : send_in, count);
		puts("done");
		fflush(stdout);
	}
	return 0;
}
