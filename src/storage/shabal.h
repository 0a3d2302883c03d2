/*
 * shabal.h - Shabal-256, the hash of the published capacity plots (poc2). Written from the
 * submission to NIST's SHA-3 competition; nothing but poc2 may use it.
 */
#ifndef MESCHAIN_STORAGE_SHABAL_H
#define MESCHAIN_STORAGE_SHABAL_H

#include "base/bytes.h"

/* out = Shabal-256 of the concatenation of parts. */
extern void shabal256(McHash *out, const McSpan *parts, size_t count);

#endif
