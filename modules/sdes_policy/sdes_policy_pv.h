/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sdes_policy_pv answers: what is $sdes(x) now?
 */
#ifndef SDES_POLICY_PV_H
#define SDES_POLICY_PV_H

#include "../../core/pvar.h"

int sdes_policy_pv_parse(pv_spec_t *spec, str *name);
int sdes_policy_pv_get(
		struct sip_msg *msg, pv_param_t *param, pv_value_t *value);

#endif
