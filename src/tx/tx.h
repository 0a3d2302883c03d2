/*
 * tx.h - the signed envelope as every node reads it.
 *
 * Room card, tx/: the envelope, its witnesses and conditions, the operations and what they do to a
 * TxWorld. Pure; may include base/ and its own files. Guarded by test/unit/tx_*.c,
 * test/fuzz/fuzz_envelope.c, test/vectors/.
 *
 * An envelope is [body, witnesses] in deterministic CBOR (docs/wire-format.md):
 *
 *   body      = [version, chain_id, sender, actors, valid_from_ms, valid_until_ms, submission,
 *                reference, fee, inputs, operations, change]
 *   actors    = addresses other than the sender that act, strictly ascending
 *   input     = [txid, output_index, height]    height 0: in flight or 256 blocks old at most;
 *                                               strictly ascending by txid, output_index
 *   operation = [kind, actor, arguments]        actor 0 is the sender, i the i-th of actors;
 *                                               arguments are CBOR within a byte string, so that
 *                                               a walk passes over them in one step
 *   output    = [address, asset, amount]        inside the arguments of a transfer
 *   change    = [actor, asset, amount]          what returns to an actor; no transfer to people
 *   witness   = tx/witness.h, one an actor: the sender's first, then actors' in their order
 *
 * txid covers the body and nothing a third party can change; body_id covers every byte (A1).
 * Outputs are numbered through the transaction: the operations' in order, then change.
 *
 * Conservation is per actor and asset over the whole transaction: inputs + issued = outputs +
 * burned + change (+ fee, for the sender in the fee asset). So payment against payment is two
 * transfer operations of two actors in one body signed by both.
 */
#ifndef MESCHAIN_TX_TX_H
#define MESCHAIN_TX_TX_H

#include "base/address.h"
#include "base/bytes.h"
#include "base/status.h"
#include "base/wire.h"

#define TX_VERSION 1
#define CHAIN_ID_SIZE 16
#define SUBMISSION_SIZE 16

#define TX_BYTES_MAX (1024 * 1024)
#define TX_ACTORS_MAX 64
#define TX_INPUTS_MAX 4096
#define TX_OPERATIONS_MAX 4096
#define TX_CHANGE_MAX 256
#define TX_OUTPUTS_MAX 8192
/* Different assets among the outputs and change of one transaction; bounds every table of sums. */
#define TX_ASSETS_MAX 128
#define TX_REFERENCE_MAX 140
#define TX_MEMO_MAX 140
#define TX_METADATA_MAX 4096

/* Amounts are base units; the sum of an asset never passes this, so no sum overflows int64. */
#define TX_AMOUNT_MAX INT64_MAX

/* An asset is named by its code: 1 to 12 of A-Z, 0-9, dot, dash; a letter first. */
#define ASSET_CODE_MAX 12
#define ASSET_DECIMALS_MAX 12
typedef struct TxAsset
{
	char code[ASSET_CODE_MAX + 1];
} TxAsset;

typedef struct TxInput
{
	McHash txid;
	uint32_t output_index;
	uint64_t height; /* 0: not said */
} TxInput;

typedef struct TxOutput
{
	McAddress address;
	TxAsset asset;
	int64_t amount;
} TxOutput;

typedef struct TxChange
{
	uint32_t actor;
	TxAsset asset;
	int64_t amount;
} TxChange;

typedef struct TxOperation
{
	uint16_t kind;
	uint32_t index;
	uint32_t actor;
	McAddress actor_address;
	McSpan arguments; /* one canonical CBOR value, checked by the kind */
} TxOperation;

/*
 * A decoded envelope: fixed-size fields, and spans into the caller's bytes for what repeats. The
 * spans hold whole array items, so that the iterators below cannot fail on a view that was read.
 */
typedef struct TxView
{
	McSpan bytes;
	McSpan body;
	McSpan witnesses; /* the array's items, without its head */
	McHash txid;
	McHash body_id;
	uint8_t chain_id[CHAIN_ID_SIZE];
	McAddress sender;
	uint64_t valid_from_ms;
	uint64_t valid_until_ms;
	uint8_t submission[SUBMISSION_SIZE];
	McSpan reference;
	int64_t fee;
	uint32_t actor_count; /* with the sender: 1 and more */
	uint32_t input_count;
	uint32_t operation_count;
	uint32_t change_count;
	uint32_t output_count;	  /* of operations and change */
	uint32_t signature_count; /* in all witnesses: the unit of verification work */
	uint64_t lock_height;	  /* the lowest at which every revealed condition holds, 0 when open */
	bool names_seats; /* one of its operations may name a member in the block's header (A2) */
	McSpan actors;
	McSpan inputs;
	McSpan operations;
	McSpan change;
} TxView;

/*
 * Reads and checks everything that needs no ledger and no signature: encoding, limits, each
 * operation's own check, distinct inputs, witnesses that hash to their actors' addresses. The
 * problem says what is wrong and, when it is one operation's fault, which.
 */
extern McStatus tx_read(McSpan envelope, TxView *view, McProblem *problem);

/*
 * Reads a body that a ledger stored, whose witnesses are elsewhere or gone: bytes, witnesses,
 * body_id and what follows from witnesses stay empty.
 */
extern McStatus tx_read_body(McSpan body, TxView *view, McProblem *problem);

/* Verifies every signature; the one check that costs tens of microseconds each. */
extern McStatus tx_verify(const TxView *view, McProblem *problem);

/* Window, chain and version against the block that holds it (R3, C1). */
typedef struct TxRules
{
	uint8_t chain_id[CHAIN_ID_SIZE];
	uint64_t window_max_ms;
	int64_t fee_floor;
	TxAsset fee_asset; /* empty code: fees are off and must be 0 */
	uint32_t bytes_max;
	uint32_t signatures_max;
} TxRules;
extern McStatus tx_check_rules(const TxView *view, const TxRules *rules, McProblem *problem);
/*
 * The lowest fee of a transaction with this one operation (NULL: with several). The issue of the
 * fee asset itself is free: before it nobody has any.
 */
extern int64_t tx_fee_floor(const TxRules *rules, const TxOperation *only);
extern McStatus tx_check_time(const TxView *view, uint64_t block_time_ms, McProblem *problem);
/* Height locks, known at apply. */
extern McStatus tx_check_height(const TxView *view, uint64_t height, McProblem *problem);

/*
 * Iterators. Start with a reader over the view's span; false at the end. An operation's index
 * counts on from the one before, so the same TxOperation serves the whole walk.
 */
extern bool tx_next_input(WireReader *reader, TxInput *input);
extern bool tx_next_operation(WireReader *reader, const TxView *view, TxOperation *operation);
extern bool tx_next_change(WireReader *reader, TxChange *change);
extern void tx_actor_address(const TxView *view, uint32_t actor, McAddress *address);

/* Where the outputs of one operation have been read to; all zero before the first. */
typedef struct TxOutputCursor
{
	WireReader reader;
	uint32_t next; /* number of the next output within the operation */
} TxOutputCursor;

/* All outputs of a transaction in the order of their numbers: the operations', then change. */
typedef struct TxOutputs
{
	const TxView *view;
	WireReader operations;
	WireReader change;
	TxOperation operation;
	TxOutputCursor cursor;
	int32_t operation_index; /* of the output just given; -1 for change */
} TxOutputs;
extern void tx_outputs_init(TxOutputs *outputs, const TxView *view);
extern bool tx_next_output(TxOutputs *outputs, TxOutput *output);

/* The 32 bytes that every suite signs: H("MES1-sign-tx" || chain_id || txid). */
extern void tx_signing_hash(const uint8_t chain_id[CHAIN_ID_SIZE], const McHash *txid,
							McHash *hash);

extern McStatus tx_asset_parse(McSpan code, TxAsset *asset, McProblem *problem);

#endif
