/*
 * load.h - chains of transfers for `mesctl load`: each transfer spends the change of the one
 * before, so any number can be signed ahead and none waits for a look at the ledger.
 */
#ifndef MESCHAIN_CLI_LOAD_H
#define MESCHAIN_CLI_LOAD_H

#include "base/suite.h"
#include "cli/federation.h"
#include "tx/tx.h"

#define LOAD_CHAINS_MAX 8000
#define LOAD_ENVELOPE_MAX 512

typedef struct LoadEnvelope
{
	McHash txid;
	uint32_t size;
	uint8_t bytes[LOAD_ENVELOPE_MAX];
} LoadEnvelope;

typedef struct LoadWallet
{
	SuiteSecret secret;
	McAddress address;
	McAddress payee;
	TxAsset asset;
	uint8_t chain_id[CHAIN_ID_SIZE];
	int64_t time_ms; /* of the ledger, when the load began */
	int64_t window_ms;
	uint64_t sequence; /* envelopes signed so far */
} LoadWallet;

typedef struct LoadChain
{
	TxInput coin; /* what the next transfer spends */
	int64_t units;
	LoadEnvelope *ready; /* signed ahead */
	uint32_t ready_count;
	uint32_t next;
	LoadEnvelope current; /* on its way; sent again until its outcome is known */
} LoadChain;

/* Makes a key and an asset, and on the ledger one coin a chain. */
extern void load_begin(LoadWallet *wallet, PGconn *connection, uint8_t suite, LoadChain *chains,
					   uint32_t chain_count);
/* Signs count transfers of a chain ahead. */
extern void load_sign_ahead(LoadWallet *wallet, LoadChain *chain, uint32_t count);
/* The next transfer becomes current. */
extern void load_next(LoadWallet *wallet, LoadChain *chain);

#endif
