/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is $cert_match(x) for this message? */
#ifndef CERT_MATCH_PV_H
#define CERT_MATCH_PV_H

#include "../../core/pvar.h"

int cert_match_pv_parse(pv_spec_t *spec, str *name);
int cert_match_pv_get(sip_msg_t *msg, pv_param_t *param, pv_value_t *res);

#endif
