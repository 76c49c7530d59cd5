/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What do other modules get when they bind api.h? */
#ifndef CERT_MATCH_API_IMPL_H
#define CERT_MATCH_API_IMPL_H

#include "api.h"

int cert_match_bind(cert_match_api_t *api);

#endif
