/*
 * cache_pg.h - unspent outputs by (txid, index) in a fixed number of eight-way sets. Full sets
 * replace their oldest output, so memory is bounded and there is nothing to rebalance.
 */
#ifndef MESCHAIN_LEDGER_CACHE_PG_H
#define MESCHAIN_LEDGER_CACHE_PG_H

#include "postgres.h"

#include "ledger/execute.h"

extern void cache_open(Size bytes);
extern void cache_put(const LedgerOutput *output);
extern bool cache_get(const McHash *txid, uint32_t index, LedgerOutput *output);
extern void cache_remove(const McHash *txid, uint32_t index);

#endif
