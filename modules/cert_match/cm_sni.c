/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which server name shall the tls module ask for? It reads that from an xavp:
 * we put one in front for the length of one call. */

#include <string.h>

#include "../../core/dprint.h"
#include "../../core/sr_module.h"
#include "../../core/xavp.h"

#include "cm_sni.h"

struct cm_sni {
	str *root; /* the tls module's own xavp_cfg */
	sr_xavp_t *ours;
};

static struct cm_sni cm_sni;

int cm_sni_init(void)
{
	struct sr_module *tls = find_module_by_name("tls");
	modparam_t type;

	cm_sni.root =
			tls ? find_param_export(tls, "xavp_cfg", PARAM_STR, &type) : NULL;
	if(!cm_sni.root) {
		LM_ERR("this tls module has no modparam xavp_cfg: without it no "
			   "server name can be asked for\n");
		return -1;
	}
	if(cm_sni.root->len == 0) {
		cm_sni.root->s = "cert_match_tls";
		cm_sni.root->len = (int)strlen(cm_sni.root->s);
	}
	return 0;
}

static int cm_sni_add(sr_xavp_t **fields, const char *name, const str *value)
{
	str key = {(char *)name, (int)strlen(name)};
	sr_xval_t val;

	memset(&val, 0, sizeof(val));
	val.type = SR_XTYPE_STR;
	val.v.s = *value;
	return xavp_add_value(&key, &val, fields) ? 0 : -1;
}

void cm_sni_given(str *id)
{
	str name = str_init("server_id");
	sr_xavp_t *given = xavp_get_child_with_sval(cm_sni.root, &name);

	id->s = given ? given->val.v.s.s : NULL;
	id->len = given ? given->val.v.s.len : 0;
}

static int cm_sni_fields(
		sr_xavp_t **fields, const char *domain, const char *local)
{
	str value, given;

	cm_sni_given(&given);
	if(local) {
		value.s = (char *)local;
		value.len = (int)strlen(local);
		if(cm_sni_add(fields, "server_id", &value) < 0)
			return -1;
	} else if(given.s && cm_sni_add(fields, "server_id", &given) < 0) {
		return -1;
	}
	value.s = (char *)domain;
	value.len = (int)strlen(domain);
	return cm_sni_add(fields, "server_name", &value);
}

/* RFC 5922 s7.8-1: the SNI is the domain that the connection is for. */
int cm_sni_begin(const char *domain, const char *local)
{
	sr_xval_t val;

	memset(&val, 0, sizeof(val));
	val.type = SR_XTYPE_XAVP;
	if(cm_sni_fields(&val.v.xavp, domain, local) == 0)
		cm_sni.ours = xavp_add_value(cm_sni.root, &val, NULL);
	if(cm_sni.ours)
		return 0;
	xavp_destroy_list(&val.v.xavp);
	LM_ERR("no memory to ask for server name %s\n", domain);
	return -1;
}

void cm_sni_end(void)
{
	if(cm_sni.ours)
		xavp_rm(cm_sni.ours, NULL);
	cm_sni.ours = NULL;
}
