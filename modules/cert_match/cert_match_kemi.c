/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can scripts call? An answer becomes 1 or a negative number. */

#include "../../core/dprint.h"
#include "../../core/kemi.h"
#include "../../core/mod_fix.h"

#include "cert_match_kemi.h"
#include "cm_check.h"

static int ki_cert_match(sip_msg_t *msg, str *domain)
{
	return cm_check_answer(cm_check_msg(msg, domain));
}

int w_cert_match(struct sip_msg *msg, char *domain, char *unused)
{
	str name;

	(void)unused;
	if(fixup_get_svalue(msg, (gparam_t *)domain, &name) < 0) {
		LM_ERR("cert_match(): the domain has no value\n");
		return cm_check_answer(CM_DOMAIN_BAD);
	}
	return ki_cert_match(msg, &name);
}

static sr_kemi_t cm_kemi[] = {
		{str_init("cert_match"), str_init("match"), SR_KEMIP_INT, ki_cert_match,
				{SR_KEMIP_STR, SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE,
						SR_KEMIP_NONE, SR_KEMIP_NONE}},
		{{0, 0}, {0, 0}, 0, NULL, {0, 0, 0, 0, 0, 0}}};

int cert_match_kemi_init(void)
{
	return sr_kemi_modules_add(cm_kemi);
}
