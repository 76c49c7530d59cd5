/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who would we be on a connection that is about to be opened? */

#include <dlfcn.h>
#include <string.h>

#include "../../core/dprint.h"
#include "../../core/locking.h"
#include "../../core/pt.h"
#include "../../core/sr_module.h"
#include "../tls/tls_domain.h"

#include "cm_own.h"
#include "cm_sni.h"

typedef tls_domain_t *(*cm_lookup_f)(tls_domains_cfg_t *cfg, int type,
		struct ip_addr *ip, unsigned short port, str *name, str *id);

/* Of the tls module; all NULL: not found. */
struct cm_own {
	cm_lookup_f lookup;
	tls_domains_cfg_t ***cfg;
	gen_lock_t **lock;
};

static struct cm_own cm_own;

void cm_own_init(void)
{
	struct sr_module *tls = find_module_by_name("tls");
	struct cm_own own = {NULL, NULL, NULL};

	if(tls) {
		/* what POSIX says of dlsym() and functions */
		*(void **)&own.lookup = dlsym(tls->handle, "tls_lookup_cfg");
		own.cfg = dlsym(tls->handle, "tls_domains_cfg");
		own.lock = dlsym(tls->handle, "tls_domains_cfg_lock");
	}
	if(own.lookup && own.cfg && own.lock)
		cm_own = own;
	else
		LM_WARN("this tls module does not show its configuration: which "
				"certificate a connection will have is not known before it "
				"is open\n");
}

/* As the tls module does when it begins a connection: what is referenced is
 * not freed by tls.reload. NULL: there is none. */
static tls_domains_cfg_t *cm_take(void)
{
	tls_domains_cfg_t *cfg = NULL;

	if(!cm_own.lookup || !*cm_own.cfg || !*cm_own.lock)
		return NULL;
	lock_get(*cm_own.lock);
	cfg = **cm_own.cfg;
	if(cfg)
		atomic_inc(&cfg->ref_count);
	lock_release(*cm_own.lock);
	return cfg;
}

/* May a profile that is chosen by our address come before found? */
static int cm_is_uncertain(
		const tls_domains_cfg_t *cfg, const tls_domain_t *found)
{
	const tls_domain_t *p;

	for(p = cfg->cli_list; p; p = p->next) {
		if(!(p->type & TLS_DOMAIN_ANY))
			return 1;
		if(p == found)
			return 0;
	}
	return 0;
}

static X509 *cm_certificate(
		tls_domains_cfg_t *cfg, const str *domain, const str *local)
{
	str name = *domain, id = {NULL, 0};
	struct ip_addr none;
	tls_domain_t *found;

	memset(&none, 0, sizeof(none));
	none.af = AF_INET;
	none.len = 4;
	if(local)
		id = *local;
	else
		cm_sni_given(&id);
	found = cm_own.lookup(cfg, TLS_DOMAIN_CLI, &none, 0, &name, &id);
	if(!found || cm_is_uncertain(cfg, found) || !found->ctx
			|| !found->ctx[process_no])
		return NULL;
	return SSL_CTX_get0_certificate(found->ctx[process_no]);
}

int cm_own_client(const str *domain, const str *local, struct cm_ident_set *set)
{
	/* as cm_facts reads our certificate of a connection that is open */
	static const struct cm_ident_opts opts = {0, CM_EKU_ANY, 0};
	tls_domains_cfg_t *cfg = cm_take();
	X509 *cert;
	int ret = -1;

	if(!cfg)
		return -1;
	/* each process has contexts, and so certificates, of its own */
	cert = cm_certificate(cfg, domain, local);
	if(cert)
		ret = cm_ident_from_x509(cert, &opts, set, NULL, NULL);
	atomic_dec(&cfg->ref_count);
	return ret;
}
