/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What do other modules get? The functions of api.h, each a translation. */

#include <string.h>

#include "../../core/dprint.h"

#include "cert_match_api.h"
#include "cm_check.h"
#include "cm_domain.h"
#include "cm_events.h"
#include "cm_next.h"
#include "cm_own.h"
#include "cm_store.h"

struct cm_each {
	int (*each)(const str *identity, int verified, void *arg);
	void *arg;
};

static int cm_copy_info(const struct cm_rec *rec, void *arg)
{
	struct cm_conn_info *info = arg;

	*info = rec->info;
	info->bytes_in = rec->traffic.bytes_in;
	info->pongs = rec->traffic.pongs;
	info->fd = -1;
	return 0;
}

static int cm_api_lookup(int id, struct cm_conn_info *info)
{
	return cm_store_with(id, cm_copy_info, info, -1);
}

static int cm_walk_names(const struct cm_rec *rec, void *arg)
{
	const struct cm_each *w = arg;
	struct cm_names names;
	size_t offset = 0, len;
	const char *name;

	if(!rec->facts)
		return 0;
	names = cm_facts_names(rec->facts);
	while((name = cm_names_next(&names, &offset, &len)) != NULL) {
		str s = {(char *)name, (int)len};

		if(w->each(&s, rec->info.verified, w->arg))
			break;
	}
	return rec->info.identities;
}

static int cm_api_identities(int id,
		int (*each)(const str *identity, int verified, void *arg), void *arg)
{
	struct cm_each w = {each, arg};

	return cm_store_with(id, cm_walk_names, &w, -1);
}

struct cm_each_own {
	int (*each)(const str *identity, void *arg);
	void *arg;
};

static int cm_each_name(
		const struct cm_names *names, const struct cm_each_own *w)
{
	size_t offset = 0, len;
	const char *name;
	int n = 0;

	while((name = cm_names_next(names, &offset, &len)) != NULL) {
		str s = {(char *)name, (int)len};

		n++;
		if(w->each(&s, w->arg))
			break;
	}
	return n;
}

static int cm_walk_own(const struct cm_rec *rec, void *arg)
{
	struct cm_names names;

	if(!rec->facts)
		return 0;
	names = cm_facts_own(rec->facts);
	return cm_each_name(&names, arg);
}

static int cm_api_own_identities(
		int id, int (*each)(const str *identity, void *arg), void *arg)
{
	struct cm_each_own w = {each, arg};

	return cm_store_with(id, cm_walk_own, &w, -1);
}

static int cm_api_client_identities(const str *domain, const str *local_domain,
		int (*each)(const str *identity, void *arg), void *arg)
{
	struct cm_each_own w = {each, arg};
	struct cm_ident_set set;
	struct cm_names names;

	if(cm_own_client(domain, local_domain, &set) < 0)
		return -1;
	names = cm_ident_names(&set);
	return cm_each_name(&names, &w);
}

static int cm_api_authenticated(int id, const str *domain)
{
	return cm_check_answer(cm_check_id(id, domain));
}

static int cm_parse_domain(const str *domain, struct cm_name *name)
{
	enum cm_reason r = CM_DOMAIN_BAD;

	if(domain->s && domain->len > 0)
		r = cm_domain_parse(domain->s, (size_t)domain->len, name);
	if(r == CM_OK)
		return 0;
	LM_ERR("cannot expect domain \"%.*s\": %s\n", domain->len, domain->s,
			cm_reason_words(r));
	return -1;
}

static int cm_api_expect(int id, const str *domain)
{
	struct cm_name name;

	if(cm_parse_domain(domain, &name) < 0)
		return -1;
	return cm_store_expect(id, &name);
}

static int cm_api_expect_next(const str *domain, const str *local_domain,
		const struct ip_addr *ip, unsigned short port)
{
	struct cm_name name, local;

	cm_next_forget();
	if(!domain || cm_next_again(domain, local_domain, ip, port) == 0)
		return 0;
	if(cm_parse_domain(domain, &name) < 0
			|| (local_domain && cm_parse_domain(local_domain, &local) < 0))
		return -1;
	cm_next_set(&name, local_domain ? &local : NULL, ip, port);
	return 0;
}

static int cm_api_domain(const str *text, char *canonical, int *len)
{
	struct cm_name name;

	if(!text->s || text->len <= 0
			|| cm_domain_parse(text->s, (size_t)text->len, &name) != CM_OK)
		return -1;
	memcpy(canonical, name.text, name.len);
	canonical[name.len] = '\0';
	*len = (int)name.len;
	return 0;
}

int cert_match_bind(cert_match_api_t *api)
{
	api->observe = cm_events_observe;
	api->lookup = cm_api_lookup;
	api->identities = cm_api_identities;
	api->authenticated = cm_api_authenticated;
	api->expect = cm_api_expect;
	api->expect_next = cm_api_expect_next;
	api->expect_accepted = cm_next_accept;
	api->own_identities = cm_api_own_identities;
	api->domain = cm_api_domain;
	api->client_identities = cm_api_client_identities;
	return 0;
}
