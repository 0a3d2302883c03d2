/*
 * accounts_pg.h - keys that this database holds for its roles. A name is local: the ledger knows
 * addresses only. The wrapped key is of use to its owner role and on this node alone.
 */
#ifndef MESCHAIN_NODE_ACCOUNTS_PG_H
#define MESCHAIN_NODE_ACCOUNTS_PG_H

#include "postgres.h"

#include "base/keywrap.h"
#include "base/suite.h"
#include "tx/tx.h"

typedef struct Account
{
	NameData name;
	McAddress address;
	SuiteSecret secret;
} Account;

/*
 * The account that this session submits for: meschain.account, else the only one its role owns.
 * Raises unknown_account. The caller wipes the secret.
 */
extern void account_current(Account *account);

/* An account as this database keeps it. */
typedef struct AccountRow
{
	NameData name;
	McAddress address;
	SuiteKey key;
	bool locked; /* by a passphrase: this node cannot open it alone */
	size_t wrapped_size;
	uint8_t wrapped[KEYWRAP_LOCKED_SIZE];
} AccountRow;

/* The account of this name, "" for the only one; raises unknown_account when not the caller's. */
extern void account_find(const char *name, AccountRow *account);

/* Its key; raises account_locked. The caller wipes the secret. */
extern void account_secret(const AccountRow *account, SuiteSecret *secret);

/* True when this session opened the account with its passphrase: the seed. */
extern bool account_unlocked(const AccountRow *account, uint8_t seed[SUITE_SEED_SIZE]);

/* Refuses an unknown suite and a name of no use. */
extern void account_check(const char *name, int32 suite);

/* Writes the row of an account of the caller's role. */
extern void account_store(const char *name, const SuiteKey *key, McSpan wrapped, bool locked);
extern void account_store_secret(const char *name, const SuiteSecret *secret);

/*
 * Runs look-ups of the engine's tables with the extension owner's rights, and with a search path of
 * the catalog alone: an operator of the caller's own must never run in that name.
 */
typedef struct EngineRights
{
	Oid user;
	int context;
	int guc_level;
} EngineRights;
extern void engine_rights_take(EngineRights *saved);
extern void engine_rights_return(const EngineRights *saved);

#endif
