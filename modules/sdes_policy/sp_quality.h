/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp_quality answers: could this key be random?
 */
#ifndef SP_QUALITY_H
#define SP_QUALITY_H

#include "sp_rules.h"

/* What is worst about c's master key: RFC 4568 s6.1 wants a
 * cryptographically random number. SP_QUALITY_GOOD when nothing is seen. */
enum sp_quality sp_quality_of(const struct sp_crypto *c);

#endif
