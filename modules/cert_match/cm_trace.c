/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens in this handshake, and may it go on? */

#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "cm_eku.h"
#include "cm_explain.h"
#include "cm_join.h"
#include "cm_trace.h"

#define CM_MSG_CLIENT_HELLO 1 /* RFC 8446 s4 */
#define CM_ENTRY_SHOWN 200

struct cm_trace_state {
	int index; /* of our pointer in an SSL */
};

static struct cm_trace_state cm_trace_state = {-1};

static struct cm_trace *cm_trace_of(const SSL *ssl)
{
	return SSL_get_ex_data(ssl, cm_trace_state.index);
}

int cm_trace_init(void)
{
	cm_trace_state.index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	return cm_trace_state.index < 0 ? -1 : 0;
}

/* --- whose certificate is it ---------------------------------------------- */

/* A certificate without identities is shown by what it does hold. */
static void cm_trace_entry(void *arg, const struct cm_entry *e)
{
	struct cm_shake *shake = arg;
	char text[CM_ENTRY_SHOWN];

	cm_printable(text, sizeof(text), e->text, e->len);
	cm_join_add(shake->names, sizeof(shake->names), strlen(shake->names), ",",
			text, strlen(text));
}

static void cm_trace_names(struct cm_trace *t, X509 *cert)
{
	struct cm_ident_set set;
	struct cm_names names;

	t->shake.names[0] = '\0';
	cm_ident_from_x509(cert, &t->opts->ident, &set, cm_trace_entry, &t->shake);
	if(set.count == 0)
		return;
	names = cm_ident_names(&set);
	cm_names_join(t->shake.names, sizeof(t->shake.names), &names);
}

/* RFC 5922 s7.3-1, s7.3-2: the domain that went into RFC 3263 resolution,
 * compared with the identities of the certificate. The chain is somebody else's
 * question. */
static enum cm_reason cm_trace_judge_domain(
		const struct cm_trace *t, X509 *cert)
{
	struct cm_peer peer = {.has_cert = 1, .verified = 1, .purpose = CM_OK};
	struct cm_ident_set set;

	cm_ident_from_x509(cert, &t->opts->ident, &set, NULL, NULL);
	peer.ident_reason = set.reason;
	peer.names = cm_ident_names(&set);
	return cm_decide(&peer, t->domain, strlen(t->domain), &t->opts->match);
}

static enum cm_reason cm_trace_judge(const struct cm_trace *t, X509 *cert)
{
	if(t->expect == CM_EXPECT_NOTHING)
		return CM_OK;
	if(!cert)
		return CM_NO_CERTIFICATE;
	if(t->expect == CM_EXPECT_DOMAIN)
		return cm_trace_judge_domain(t, cert);
	return X509_check_ip(cert, t->ip, t->ip_len, 0) == 1 ? CM_OK : CM_NO_MATCH;
}

/* --- RFC 5280 s6, with our say in purpose and name ------------------------ */

/* OpenSSL's purpose check knows TLS clients and servers only, and takes each
 * for the other's foe; RFC 5924 and today's public CAs do not. Ours is asked
 * in its place; everything else about the chain stays OpenSSL's. */
static int cm_trace_purpose_fits(const struct cm_trace *t, X509_STORE_CTX *ctx)
{
	int is_leaf = X509_STORE_CTX_get_error_depth(ctx) == 0;
	X509 *cert = is_leaf ? X509_STORE_CTX_get0_cert(ctx)
						 : X509_STORE_CTX_get_current_cert(ctx);
	enum cm_eku mode = t->opts->ident.eku;

	if(!cert)
		return 0;
	if(is_leaf)
		return cm_eku_leaf(cert, mode, t->shake.outgoing) == CM_OK;
	return cm_eku_ca(cert, mode) == CM_OK;
}

static void cm_trace_fault(struct cm_trace *t, X509_STORE_CTX *ctx)
{
	if(t->chain_error != X509_V_OK)
		return;
	t->chain_error = X509_STORE_CTX_get_error(ctx);
	t->shake.verify_error = t->chain_error;
	t->shake.verify_depth = X509_STORE_CTX_get_error_depth(ctx);
}

/* OpenSSL's verdict on one certificate of the chain, with our purpose check in
 * the place of its own. */
static int cm_trace_chain(int ok, struct cm_trace *t, X509_STORE_CTX *ctx)
{
	/* Of a server without a name to be checked stock's check stays: it keeps
	 * every phone with a client certificate from posing as one. */
	int ours = !t->shake.outgoing || t->expect != CM_EXPECT_NOTHING;

	if(!ok && ours
			&& X509_STORE_CTX_get_error(ctx) == X509_V_ERR_INVALID_PURPOSE
			&& cm_trace_purpose_fits(t, ctx)) {
		/* what was wrong before stays wrong */
		X509_STORE_CTX_set_error(ctx, t->chain_error);
		return 1;
	}
	/* and it may want more than OpenSSL does */
	if(ok && !cm_trace_purpose_fits(t, ctx)) {
		X509_STORE_CTX_set_error(ctx, X509_V_ERR_INVALID_PURPOSE);
		ok = 0;
	}
	if(!ok)
		cm_trace_fault(t, ctx);
	return ok;
}

/* The tls profile's policy on faults of the chain: with verify_certificate=no
 * or optional_no_ca it goes on, and the error stays on record. But RFC 5922
 * s7.1: a certificate that is not valid authenticates nobody as a domain. */
static int cm_trace_policy(int ok, SSL *ssl, X509_STORE_CTX *ctx)
{
	SSL_CTX *profile = SSL_get_SSL_CTX(ssl);
	SSL_verify_cb callback = SSL_CTX_get_verify_callback(profile);

	if(!(SSL_CTX_get_verify_mode(profile) & SSL_VERIFY_PEER))
		return 1;
	return callback ? callback(ok, ctx) : ok;
}

static int cm_trace_verify(int ok, X509_STORE_CTX *ctx)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(
			ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct cm_trace *t = ssl ? cm_trace_of(ssl) : NULL;
	X509 *leaf = X509_STORE_CTX_get0_cert(ctx);

	if(!ssl) /* the path of a CRL's issuer: not the peer's */
		return ok;
	if(!t)
		return cm_trace_policy(ok, ssl, ctx);
	if(leaf && !t->shake.has_cert)
		cm_trace_names(t, leaf);
	t->shake.has_cert = 1;
	ok = cm_trace_chain(ok, t, ctx);
	if(t->expect != CM_EXPECT_DOMAIN)
		ok = cm_trace_policy(ok, ssl, ctx);
	if(!ok || X509_STORE_CTX_get_error_depth(ctx) != 0)
		return ok;
	t->shake.name_reason = cm_trace_judge(t, leaf);
	if(t->shake.name_reason == CM_OK)
		return 1;
	/* RFC 5922 s7.3-3: the client MUST close the connection immediately. The
	 * peer gets an alert, and nothing else. */
	X509_STORE_CTX_set_error(ctx, X509_V_ERR_HOSTNAME_MISMATCH);
	return 0;
}

/* Nobody asked cm_trace_verify(): a resumed session, or no certificate at all.
 * The tls module would send what waits right after this; after our
 * close_notify OpenSSL writes nothing any more. */
static void cm_trace_done(SSL *ssl, struct cm_trace *t)
{
	X509 *cert;

	t->shake.stage = CM_STAGE_CONFIRM;
	t->shake.version = (uint16_t)SSL_version(ssl);
	if(t->expect == CM_EXPECT_NOTHING || t->shake.name_reason == CM_OK)
		return;
	cert = SSL_get1_peer_certificate(ssl);
	if(cert) {
		t->shake.has_cert = 1;
		cm_trace_names(t, cert);
	}
	t->shake.name_reason = cm_trace_judge(t, cert);
	X509_free(cert);
	if(t->shake.name_reason == CM_OK && t->expect == CM_EXPECT_DOMAIN
			&& SSL_get_verify_result(ssl) != X509_V_OK)
		t->shake.name_reason = CM_NOT_VERIFIED;
	if(t->shake.name_reason == CM_OK)
		return;
	t->refused = 1;
	SSL_shutdown(ssl);
	SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

/* --- what is seen --------------------------------------------------------- */

static enum cm_stage cm_trace_stage(OSSL_HANDSHAKE_STATE state)
{
	switch(state) {
		case TLS_ST_BEFORE:
		case TLS_ST_CW_CLNT_HELLO:
		case TLS_ST_CR_SRVR_HELLO:
		case TLS_ST_SR_CLNT_HELLO:
		case TLS_ST_SW_HELLO_REQ:
			return CM_STAGE_HELLO;
		case TLS_ST_CR_CHANGE:
		case TLS_ST_CR_FINISHED:
		case TLS_ST_CW_FINISHED:
		case TLS_ST_SR_KEY_EXCH:
		case TLS_ST_SR_CERT_VRFY:
		case TLS_ST_SR_CHANGE:
		case TLS_ST_SR_FINISHED:
			return CM_STAGE_FINISH;
		default:
			return CM_STAGE_CERTIFICATE;
	}
}

static void cm_trace_alert(struct cm_trace *t, int where, int ret)
{
	int level = ret >> 8, description = ret & 0xff;

	/* RFC 8446 s6: of the warnings only the ends count */
	if(level != SSL3_AL_FATAL && description != SSL_AD_CLOSE_NOTIFY
			&& description != SSL_AD_USER_CANCELLED)
		return;
	if(where & SSL_CB_WRITE)
		t->shake.alert_out = description;
	else
		t->shake.alert_in = description;
}

/* OpenSSL's own words for why it refuses are in its queue now, and will not be
 * when its caller has logged them. */
static void cm_trace_reason(struct cm_trace *t)
{
	unsigned long error = ERR_peek_last_error();

	if(error != 0 && ERR_GET_LIB(error) == ERR_LIB_SSL)
		t->shake.ssl_reason = ERR_GET_REASON(error);
}

static void cm_trace_info(const SSL *cssl, int where, int ret)
{
	SSL *ssl = (SSL *)cssl; /* OpenSSL's callback type says const */
	void (*profile)(const SSL *, int, int) =
			SSL_CTX_get_info_callback(SSL_get_SSL_CTX(ssl));
	struct cm_trace *t = cm_trace_of(ssl);

	if(profile)
		profile(ssl, where, ret);
	if(!t)
		return;
	if(where & SSL_CB_ALERT)
		cm_trace_alert(t, where, ret);
	t->shake.own_cert = SSL_get_certificate(ssl) != NULL;
	if((where & SSL_CB_LOOP) && t->shake.stage < CM_STAGE_CONFIRM) {
		t->shake.stage = cm_trace_stage(SSL_get_state(ssl));
		if(t->shake.stage > CM_STAGE_HELLO)
			t->shake.version = (uint16_t)SSL_version(ssl);
		/* the profile that a server name chose has put its own callback in
		 * place of ours */
		if(SSL_get_verify_callback(ssl) != cm_trace_verify)
			SSL_set_verify(ssl, SSL_get_verify_mode(ssl), cm_trace_verify);
		t->shake.client_cert_asked =
				!t->shake.outgoing
				&& (SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER) != 0;
	}
	if((where & SSL_CB_EXIT) && ret <= 0)
		cm_trace_reason(t);
	if(where & SSL_CB_HANDSHAKE_DONE)
		cm_trace_done(ssl, t);
}

static void cm_trace_message(int written, int version, int type,
		const void *bytes, size_t len, SSL *ssl, void *arg)
{
	struct cm_trace *t = cm_trace_of(ssl);
	struct cm_hello *hello;

	if(written || !t || t != arg)
		return;
	hello = &t->shake.hello;
	if(hello->seen)
		return;
	if(version == SSL2_VERSION)
		cm_hello_parse_ssl2(bytes, len, hello);
	else if(type == SSL3_RT_HANDSHAKE && len > 0
			&& *(const uint8_t *)bytes == CM_MSG_CLIENT_HELLO)
		cm_hello_parse(bytes, len, hello);
}

int cm_trace_arm(SSL *ssl, struct cm_trace *t)
{
	int mode = SSL_get_verify_mode(ssl);

	if(SSL_set_ex_data(ssl, cm_trace_state.index, t) != 1)
		return -1;
	t->shake.stage = CM_STAGE_HELLO;
	t->shake.alert_in = t->shake.alert_out = CM_NO_ALERT;
	SSL_set_info_callback(ssl, cm_trace_info);
	if(!t->shake.outgoing) {
		SSL_set_msg_callback(ssl, cm_trace_message);
		SSL_set_msg_callback_arg(ssl, t);
	}
	/* with a verify mode of none our refusal would not count */
	if(t->expect != CM_EXPECT_NOTHING)
		mode |= SSL_VERIFY_PEER;
	SSL_set_verify(ssl, mode, cm_trace_verify);
	/* who the peer is stays as it was found once */
	SSL_set_options(ssl, SSL_OP_NO_RENEGOTIATION);
	return 0;
}

void cm_trace_disarm(SSL *ssl)
{
	if(!ssl || !cm_trace_of(ssl))
		return;
	SSL_set_ex_data(ssl, cm_trace_state.index, NULL);
	SSL_set_msg_callback(ssl, NULL);
	SSL_set_info_callback(ssl, SSL_CTX_get_info_callback(SSL_get_SSL_CTX(ssl)));
}

long cm_trace_verdict(long verify, int resumed, int64_t not_after, int64_t now)
{
	if(verify == X509_V_OK && resumed && not_after < now)
		return X509_V_ERR_CERT_HAS_EXPIRED;
	return verify;
}
