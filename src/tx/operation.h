/*
 * operation.h - an operation is one file and one row of the table in operation.c.
 *
 * A kind checks its arguments without a ledger, executes against a TxWorld that the ledger hands
 * in, and describes itself field by field for receipts, events and views. It never sees a table,
 * a clock or another room.
 */
#ifndef MESCHAIN_TX_OPERATION_H
#define MESCHAIN_TX_OPERATION_H

#include "tx/tx.h"

/*
 * State that is not an output lives in numbered tables of key to value, both canonical bytes. The
 * number is part of what is hashed; it never changes.
 */
typedef enum TxTable
{
	TX_TABLE_ASSETS = 1,		/* code -> AssetRow */
	TX_TABLE_NOTARISATIONS = 2, /* document hash -> first notarisation */
	/* 16 to 47 are rights/'s (rights/state.h), 48 to 63 governance's; like kinds of operations */
	TX_TABLE_MAX = INT16_MAX,
} TxTable;

/* Value of TX_TABLE_ASSETS: [decimals, issuer or null, supply, metadata] */
typedef struct AssetRow
{
	uint8_t decimals;
	bool open; /* the issuer may issue more */
	McAddress issuer;
	int64_t supply; /* issued so far less burned */
	McSpan metadata;
} AssetRow;
#define ASSET_ROW_BYTES_MAX (TX_METADATA_MAX + 64)
extern bool asset_row_read(McSpan value, AssetRow *row);
extern void asset_row_write(WireWriter *writer, const AssetRow *row);

/* Value of TX_TABLE_NOTARISATIONS: [actor, txid, metadata]; a height is known too late (P16) */
typedef struct NotarisationRow
{
	McAddress address;
	McHash txid;
	McSpan metadata;
} NotarisationRow;
#define NOTARISATION_ROW_BYTES_MAX (TX_METADATA_MAX + 80)
extern bool notarisation_row_read(McSpan value, NotarisationRow *row);

typedef struct TxWorld TxWorld;

/* What the ledger lets an operation do. A failed transaction leaves no trace of any of it. */
struct TxWorld
{
	uint64_t height;
	uint64_t block_time_ms;
	McHash txid;
	const uint8_t *chain_id;
	const struct Genesis *genesis; /* what holds where no row says otherwise; ledger/genesis.h */
	void *ledger;

	/* The value stays valid until the next call. False when there is no such row. */
	bool (*get_row)(TxWorld *world, TxTable table, McSpan key, McSpan *value);
	void (*put_row)(TxWorld *world, TxTable table, McSpan key, McSpan value);
	/* Adds an output and books its amount against the actor. */
	McStatus (*add_output)(TxWorld *world, uint32_t actor, const TxOutput *output,
						   McProblem *problem);
	/* Books amounts that come from nowhere and go nowhere. */
	McStatus (*add_issued)(TxWorld *world, uint32_t actor, const TxAsset *asset, int64_t amount,
						   McProblem *problem);
	McStatus (*add_burned)(TxWorld *world, uint32_t actor, const TxAsset *asset, int64_t amount,
						   McProblem *problem);
};

/* Receives the fields of an operation in a fixed order; _pg makes jsonb of them, the CLI text. */
typedef struct TxFields TxFields;
struct TxFields
{
	void *target;
	void (*text)(TxFields *fields, const char *name, McSpan value);
	void (*number)(TxFields *fields, const char *name, int64_t value);
	void (*hash)(TxFields *fields, const char *name, const McHash *value);
	void (*address)(TxFields *fields, const char *name, const McAddress *value);
	/* base units of an asset; the receiver knows the decimals */
	void (*amount)(TxFields *fields, const char *name, const TxAsset *asset, int64_t units);
	void (*cbor)(TxFields *fields, const char *name, McSpan value);
	/* an array of objects: open, then fields, open_item between items, close */
	void (*open_list)(TxFields *fields, const char *name);
	void (*open_item)(TxFields *fields);
	void (*close_list)(TxFields *fields);
};

typedef struct TxOperationKind
{
	uint16_t number;
	const char *name; /* as mes.operation_kinds and mes.transactions show it */
	const char *description;
	/* Static check; counts the outputs the operation will add. */
	McStatus (*check)(McSpan arguments, uint32_t *output_count, McProblem *problem);
	McStatus (*execute)(const TxOperation *operation, TxWorld *world, McProblem *problem);
	void (*describe)(const TxOperation *operation, TxFields *fields);
	/* Gives the outputs that execute adds, one a call, in its order. NULL when it adds none. */
	bool (*next_output)(const TxOperation *operation, TxOutputCursor *cursor, TxOutput *output);
	/* The most state rows that execute writes, 0: OPERATION_ROWS_USUAL; and their bytes, keys
	 * with values, beyond twice the arguments and 256. */
	uint32_t rows_max;
	uint32_t state_bytes_max;
	/* Its field "amount", where positive, is burned: statements show it as leaving. */
	bool burns;
	/* It may name a member in the header of its block (A2). */
	bool names_seats;
} TxOperationKind;

#define OPERATION_ROWS_USUAL 2

#define OPERATION_ISSUE_ASSET 1
#define OPERATION_TRANSFER 2
#define OPERATION_BURN 3
#define OPERATION_NOTARISE 4
#define OPERATION_ISSUE_MORE 5

/* NULL for a number that is not in operations.def. */
extern const TxOperationKind *operation_kind(uint64_t number);
/* The kinds in order of number, for mes.operation_kinds: NULL past the last. */
extern const TxOperationKind *operation_kind_at(size_t position);

/* The arguments of each kind, written to what tx_build_operation gives. */
extern void operation_put_issue_asset(WireWriter *writer, const TxAsset *asset,
									  const AssetRow *row);
extern void operation_put_issue_more(WireWriter *writer, const TxAsset *asset, int64_t amount);
extern void operation_put_transfer(WireWriter *writer, const TxOutput *outputs, size_t count,
								   McSpan memo);
extern void operation_put_burn(WireWriter *writer, const TxAsset *asset, int64_t amount);
extern void operation_put_notarise(WireWriter *writer, const McHash *document, McSpan metadata);

#endif
