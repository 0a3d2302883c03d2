/*
 * submission_pg.h - one SQL transaction is one submission: functions add operations to a list of
 * this backend; the envelope is built, signed and handed in at PRE_COMMIT; COMMIT waits for it.
 */
#ifndef MESCHAIN_NODE_SUBMISSION_PG_H
#define MESCHAIN_NODE_SUBMISSION_PG_H

#include "postgres.h"

#include "tx/operation.h"

extern void submission_init(void);

/* True when this SQL transaction has something to submit. */
extern bool submission_pending(void);

/*
 * Adds an operation of the session's account; arguments are canonical and checked by the kind.
 * Answers the submission's uuid.
 */
extern const uint8_t *submission_add(uint16_t kind, McSpan arguments);

/* Makes sure that the submission's reference is this. */
extern void submission_set_reference(const char *reference);

/* The address of the session's account, once something was added or asked for. */
extern const McAddress *submission_address(void);

/* Decimals of an asset, one that this submission issues included; raises unknown_asset. */
extern void submission_note_asset(const TxAsset *asset, uint8_t decimals);
extern uint8_t submission_asset_decimals(const TxAsset *asset);

/*
 * Reads and verifies an envelope made elsewhere, hands it in and waits as meschain.commit says.
 * Answers the submission's uuid.
 */
extern const uint8_t *submission_hand_in(McSpan envelope);

/*
 * What a commit hook's code submitted: written to the outbox, to leave after the commit. Raises
 * what would refuse it at COMMIT, and never waits (P8). submission_drop forgets what is left.
 */
extern void submission_leave(void);
extern void submission_drop(void);

/* txid of this session's last submission that became final; false before. */
extern bool submission_last_txid(McHash *txid);

/* Raises when this SQL transaction has begun a submission of its own. */
extern void submission_require_none(const char *what);

#endif
