/*
 * accounts_pg.h - keys that this database holds for its roles. A name is local: the ledger knows
 * addresses only. The wrapped key is of use to its owner role and on this node alone.
 */
#ifndef MESCHAIN_NODE_ACCOUNTS_PG_H
#define MESCHAIN_NODE_ACCOUNTS_PG_H

#include "postgres.h"

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
