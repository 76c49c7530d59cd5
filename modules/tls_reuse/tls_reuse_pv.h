/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What does $tls_reuse(x) say? */
#ifndef TLS_REUSE_PV_H
#define TLS_REUSE_PV_H

#include "../../core/pvar.h"

int tls_reuse_pv_parse(pv_spec_t *spec, str *name);
int tls_reuse_pv_get(struct sip_msg *msg, pv_param_t *param, pv_value_t *res);

#endif
