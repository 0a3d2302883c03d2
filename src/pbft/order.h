/*
 * order.h - the shuffle behind every order of members. Room-private.
 */
#ifndef MESCHAIN_PBFT_ORDER_H
#define MESCHAIN_PBFT_ORDER_H

#include "base/bytes.h"

/* Fisher-Yates over 0 .. count - 1, drawn from the seed alone. */
extern void pbft_order_shuffle(const McHash *seed, uint32_t count, uint32_t *order);

#endif
