/*
 * receipt.h - the verdict on one transaction, as the block's receipts_root commits it.
 *
 *   receipt = [txid, status, operation_index, number, limit, name]
 *   leaf    = RFC 6962 leaf over "MES1-receipt" || receipt
 *
 * The fields are those of an McProblem, so that every node, and every verifier of a proof, renders
 * the same message. Success is status 0, operation_index -1, and nothing else.
 */
#ifndef MESCHAIN_TX_RECEIPT_H
#define MESCHAIN_TX_RECEIPT_H

#include "base/bytes.h"
#include "base/status.h"
#include "base/wire.h"

#define RECEIPT_BYTES_MAX 176

/* status MC_OK in problem: success. */
extern void receipt_write(WireWriter *writer, const McHash *txid, const McProblem *problem);

extern McStatus receipt_read(McSpan bytes, McHash *txid, McProblem *problem, McProblem *refusal);

extern void receipt_leaf(McSpan receipt, McHash *leaf);

#endif
