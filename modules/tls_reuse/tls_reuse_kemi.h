/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What does a script see of this module's functions? The numbers here are
 * its interface: docs/tls_reuse.md lists them. */
#ifndef TLS_REUSE_KEMI_H
#define TLS_REUSE_KEMI_H

#include "../../core/kemi.h"

int ki_tls_reuse_pin(sip_msg_t *msg);
int ki_tls_reuse_follow(sip_msg_t *msg);
int ki_tls_reuse_alias(sip_msg_t *msg);
int ki_tls_reuse_onsend(sip_msg_t *msg);
int ki_tls_reuse_to(sip_msg_t *msg, str *domain);
int ki_tls_reuse_to_local(sip_msg_t *msg, str *domain, str *local);

/* Makes the functions known to the scripting languages. */
void tls_reuse_kemi_register(void);

#endif
