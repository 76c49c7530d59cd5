/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What do we know about each TLS connection?
 *
 * One record per connection, in shared memory, in a hash table by connection
 * id with a lock per bucket.
 *
 * Owner: the store. A record is made when the connection is (cm_store_open),
 * and freed when the core frees the connection (cm_store_close): whoever holds
 * a reference to the struct tcp_connection may keep the pointer that
 * cm_store_find gave; everyone else looks and copies under the lock
 * (cm_store_with).
 *
 * Written by: bytes, messages_out, hidden_port and trace by the holder of the
 * connection alone (in: its one reader, out: under its write_lock), without our
 * lock, and read by nobody else but for show; everything else under the
 * bucket's lock. Nothing slow happens under a lock, and no memory is
 * allocated or freed under one.
 */
#ifndef CM_STORE_H
#define CM_STORE_H

#include <stdint.h>
#include <time.h>

#include "api.h"
#include "cm_ident.h"
#include "cm_trace.h"

#define CM_CIPHER_MAX 40
#define CM_VERSION_MAX 12

/* What the handshake told: one block, made once, never changed. */
struct cm_facts {
	char version[CM_VERSION_MAX];
	char cipher[CM_CIPHER_MAX];
	int has_cert;
	int verified;
	int verify_error; /* X509_V_ERR_..., of the peer's chain */
	enum cm_reason ident_reason;
	enum cm_reason purpose;
	enum cm_opening opening; /* the format of an accepted peer's hello */
	int resumed;
	enum cm_source source;
	unsigned count;
	int64_t not_after;
	uint8_t fingerprint[CM_FINGERPRINT_LEN];
	unsigned short sni_len;
	unsigned short packed_len;
	unsigned short own_len;
	char data[]; /* the SNI, the packed identities, and ours (cm_facts_own) */
};

struct cm_traffic {
	uint64_t bytes_in; /* clear text that the peer sent */
	uint64_t bytes_out;
	uint32_t messages_in;
	uint32_t messages_out;
	uint32_t pongs; /* times that all the peer sent at once was CRLF */
	int out_rest;   /* the next encode goes on with the same message */
};

struct cm_rec {
	struct cm_rec *next;
	struct cm_conn_info info;
	time_t opened;
	struct cm_traffic traffic;
	int hidden;                 /* the core does not find it by its address */
	unsigned short hidden_port; /* not 0: the peer's, unknown to the core */
	uint8_t last_state; /* of TCP when its socket was closed; 0: not looked */
	uint8_t was_up;     /* 1: TCP had come up by then; both are tcp_main's */
	char *expected;     /* own block; canonical, terminated; NULL: none */
	char *on_behalf;    /* own block; a local domain, terminated; or NULL */
	struct cm_facts *facts; /* own block; NULL until established */
	struct cm_trace *trace; /* own block, of whoever holds the connection's
							   write_lock; NULL once nothing can go wrong */
};

/* Make the empty store, before any fork. 0 or -1. */
int cm_store_init(unsigned max_connections);

/* Free it all, at shutdown. */
void cm_store_destroy(void);

/* A number that no other TLS connection has, nor one of another transport: the
 * core counts from 1, and we from CM_NUMBERS. A thousand million connections
 * later it comes again. */
#define CM_NUMBERS (1u << 30)
int cm_store_number(void);

/* Add a record for *info. The store copies expect and on_behalf, which may be
 * NULL, and *trace, and puts its own copy of the expected domain into it.
 * 0; -1 no memory; 1 the store is full. */
int cm_store_open(const struct cm_conn_info *info, const struct cm_name *expect,
		const struct cm_name *on_behalf, const struct cm_trace *trace);

/* The record of a connection that the caller holds a reference to, or NULL. */
struct cm_rec *cm_store_find(int id);

void cm_store_state(struct cm_rec *rec, enum cm_state state);
void cm_store_local(struct cm_rec *rec, const struct ip_addr *ip,
		unsigned short port, struct socket_info *sock);

/* Give the record its facts (a shm block, which the store takes over) and make
 * it established. 1 if it had none, 0 if another process was faster. */
int cm_store_establish(struct cm_rec *rec, struct cm_facts *facts);

/* Free the record's trace. The caller holds the connection's write_lock, and
 * the SSL knows the trace no more. */
void cm_store_trace_end(struct cm_rec *rec);

/* Take the record out: nobody finds it any more. It belongs to the caller then,
 * who ends it with cm_store_free(). NULL: there was none. */
struct cm_rec *cm_store_take(int id);
void cm_store_free(struct cm_rec *rec);

/* Set the expected domain of a connection that has not sent a byte yet.
 * 0 or -1. */
int cm_store_expect(int id, const struct cm_name *domain);

/* Count a SIP message that came in on connection id. */
void cm_store_message_in(int id);

/* Call fn with the record under the lock; fn only looks, compares and copies.
 * Returns fn's answer, or none if there is no such record. */
int cm_store_with(int id, int (*fn)(const struct cm_rec *rec, void *arg),
		void *arg, int none);

/* Copy up to max ids into ids, leaving out the first skip in table order.
 * Returns how many. */
unsigned cm_store_ids(int *ids, unsigned max, unsigned skip);

/* Records now, and how many there may be. */
unsigned cm_store_count(void);
unsigned cm_store_max(void);

static inline struct cm_names cm_facts_names(const struct cm_facts *f)
{
	struct cm_names n = {
			(const uint8_t *)f->data + f->sni_len, f->packed_len, f->source};

	return n;
}

/* Whom the peer takes us for: see own_identities in api.h. */
static inline struct cm_names cm_facts_own(const struct cm_facts *f)
{
	struct cm_names n = {(const uint8_t *)f->data + f->sni_len + f->packed_len,
			f->own_len, f->source};

	return n;
}

#endif
