/*
 * amounts_pg.h - numeric whole units for people, int64 base units for the ledger.
 */
#ifndef MESCHAIN_NODE_AMOUNTS_PG_H
#define MESCHAIN_NODE_AMOUNTS_PG_H

#include "postgres.h"

#include "tx/operation.h"
#include "utils/numeric.h"

/*
 * Raises invalid_amount, amount_decimals or amount_too_large, naming the amount. Zero is allowed
 * only when said so.
 */
extern int64_t amount_to_units(Numeric amount, uint8_t decimals, bool zero_allowed);
extern Numeric amount_from_units(int64_t units, uint8_t decimals);

/* Decimals of an asset of the ledger; raises unknown_asset. */
extern uint8_t asset_decimals(const TxAsset *asset);
/* False when the ledger has no such asset. */
extern bool asset_find_decimals(const TxAsset *asset, uint8_t *decimals);

extern void asset_from_text(text *code, TxAsset *asset);

#endif
