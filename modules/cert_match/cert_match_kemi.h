/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can scripts, in Kamailio's language or another, call? */
#ifndef CERT_MATCH_KEMI_H
#define CERT_MATCH_KEMI_H

#include "../../core/parser/msg_parser.h"

/* cert_match("domain") for kamailio.cfg. */
int w_cert_match(struct sip_msg *msg, char *domain, char *unused);

/* KSR.cert_match.match("domain"); call from mod_register(). */
int cert_match_kemi_init(void);

#endif
