/*
 * tx_file.h - what travels between the machine that sees the ledger and the one that holds the
 * keys: text, one fact a line.
 *
 *   mes-coins-1                                    mes-tx-1
 *   chain CHAIN_ID                                 body HEX
 *   time MS                                        signature BRANCH KEY_INDEX SIGNATURE
 *   window MS                                      signature BRANCH KEY_INDEX SIGNATURE PREIMAGE
 *   fee UNITS [ASSET]
 *   asset CODE DECIMALS
 *   coin TXID INDEX HEIGHT ADDRESS ASSET UNITS
 *
 * BRANCH is a condition in hex and, when it is one of several, :POSITION:PATH in the policy's tree.
 */
#ifndef MESCHAIN_CLI_TX_FILE_H
#define MESCHAIN_CLI_TX_FILE_H

#include "cli/cli.h"
#include "tx/tx.h"
#include "tx/witness.h"

#define TX_FILE_MAX (64 * 1024 * 1024)
#define TX_FILE_SIGNATURES_MAX 1024

typedef struct FileCoin
{
	TxInput input;
	McAddress owner;
	TxAsset asset;
	int64_t units;
	bool used;
} FileCoin;

typedef struct FileAsset
{
	TxAsset asset;
	int decimals;
} FileAsset;

typedef struct CoinFile
{
	uint8_t chain_id[CHAIN_ID_SIZE];
	int64_t time_ms;
	int64_t window_ms;
	int64_t fee;
	TxAsset fee_asset; /* empty: no fees */
	FileAsset *assets;
	size_t asset_count;
	FileCoin *coins;
	size_t coin_count;
} CoinFile;

extern void coin_file_read(const char *path, CoinFile *file);

/* One way to spend from an address. */
typedef struct DraftBranch
{
	McSpan bytes; /* of the condition */
	TxCondition condition;
	uint32_t position;
	uint32_t path_count;
	McHash path[POLICY_PATH_MAX];
	McAddress address; /* whose branch it is */
} DraftBranch;

typedef struct DraftSignature
{
	DraftBranch branch;
	TxSignature signature;
	bool has_preimage;
	uint8_t preimage[PREIMAGE_SIZE];
} DraftSignature;

typedef struct Draft
{
	McSpan body;
	TxView view; /* of the body; it has no witnesses yet */
	size_t signature_count;
	DraftSignature signatures[TX_FILE_SIGNATURES_MAX];
} Draft;

/* Checks the body as a node would, but for signatures. */
extern Draft *draft_of_body(McSpan body);
extern Draft *draft_read(const char *path);
extern void draft_write(const Draft *draft, const char *path);

extern void draft_branch_parse(const char *text, DraftBranch *branch);
extern char *draft_branch_text(const DraftBranch *branch);
/* The envelope when all have signed; refuses with who is missing. */
extern McSpan draft_envelope(const Draft *draft);

/* Every operation and change in words. */
extern void draft_print(const Draft *draft);

#endif
