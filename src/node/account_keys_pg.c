/*
 * account_keys_pg.c - keys of accounts that come, leave and are opened: always sealed or locked, so
 * that neither a log nor pg_stat_activity ever shows one (P11).
 *
 * A passphrase reaches this backend sealed to a key that only this backend has: who reads the
 * statement in a log cannot use it again.
 */
#include "node/accounts_pg.h"

#include "fmgr.h"
#include "node/errors_pg.h"
#include "node/keys_pg.h"
#include "tx/condition.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#define UNLOCKED_MAX 16

typedef struct Unlocked
{
	NameData name;
	McAddress address;
	uint8_t seed[SUITE_SEED_SIZE];
} Unlocked;

static struct
{
	bool has_key;
	uint8_t seed[KEYWRAP_SEED_SIZE]; /* of the key that passphrases are sealed to */
	int count;
	Unlocked unlocked[UNLOCKED_MAX];
} session;

static McSpan
bytes_argument(FunctionCallInfo fcinfo, int argument)
{
	bytea *bytes = PG_GETARG_BYTEA_PP(argument);

	return span_of(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
}

static bytea *
bytea_of(size_t size)
{
	bytea *bytes = palloc(VARHDRSZ + size);

	SET_VARSIZE(bytes, VARHDRSZ + size);
	return bytes;
}

static bytea *
public_key_of(const uint8_t public_key[KEYWRAP_PUBLIC_SIZE])
{
	bytea *bytes = bytea_of(KEYWRAP_PUBLIC_SIZE);

	memcpy(VARDATA(bytes), public_key, KEYWRAP_PUBLIC_SIZE);
	return bytes;
}

static text *
address_text(const SuiteKey *key)
{
	McAddress address;
	char formatted[ADDRESS_TEXT_SIZE + 1];

	condition_address_of_key(key, &address);
	address_format(&address, formatted);
	return cstring_to_text(formatted);
}

static void
refuse(McStatus status, const char *name)
{
	McProblem problem;

	problem_check(status_problem_name(&problem, status, name, strlen(name)), &problem);
}

/* ---- import and export -------------------------------------------------------------------------
 */

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_wrapping_key);
Datum
mes_wrapping_key(PG_FUNCTION_ARGS)
{
	uint8_t public_key[KEYWRAP_PUBLIC_SIZE];

	keys_sealing_public(public_key);
	PG_RETURN_BYTEA_P(public_key_of(public_key));
}

/* A key that the client locked by a passphrase: the node can keep it, not open it. */
static void
import_locked(const char *name, int32 suite, McSpan locked, McSpan public_key, SuiteKey *key)
{
	key->suite = (uint8_t) suite;
	if (locked.size != KEYWRAP_LOCKED_SIZE || public_key.size != SUITE_PUBLIC_SIZE)
		refuse(MC_SEALED_KEY, name);
	memcpy(key->public_key, public_key.data, SUITE_PUBLIC_SIZE);
	if (!suite_key_valid(key))
		refuse(MC_SEALED_KEY, name);
	account_store(name, key, locked, true);
}

static void
import_sealed(const char *name, int32 suite, McSpan sealed, SuiteKey *key)
{
	uint8_t seed[SUITE_SEED_SIZE];
	SuiteSecret secret;

	if (sealed.size != SUITE_SEED_SIZE + KEYWRAP_SEAL_OVERHEAD || !keys_open_sealed(sealed, seed) ||
		!suite_secret_from_seed((uint8_t) suite, seed, &secret))
		refuse(MC_SEALED_KEY, name);
	*key = secret.key;
	account_store_secret(name, &secret);
	suite_wipe(seed, sizeof(seed));
	suite_wipe(&secret, sizeof(secret));
}

/* (name, suite, wrapped_key, public_key or null) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_import_account);
Datum
mes_import_account(PG_FUNCTION_ARGS)
{
	char *name;
	int32 suite;
	SuiteKey key;

	for (int i = 0; i < 3; i++)
		if (PG_ARGISNULL(i))
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("name, suite and wrapped key must not be null")));
	name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	suite = PG_GETARG_INT32(1);
	account_check(name, suite);
	if (PG_ARGISNULL(3))
		import_sealed(name, suite, bytes_argument(fcinfo, 2), &key);
	else
		import_locked(name, suite, bytes_argument(fcinfo, 2), bytes_argument(fcinfo, 3), &key);
	PG_RETURN_TEXT_P(address_text(&key));
}

/* (name, recipient): suite and seed, or suite and what a passphrase locks, sealed to a key. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_export_account);
Datum
mes_export_account(PG_FUNCTION_ARGS)
{
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	McSpan recipient = bytes_argument(fcinfo, 1);
	uint8_t one_time[KEYWRAP_SEED_SIZE];
	uint8_t content[1 + KEYWRAP_LOCKED_SIZE];
	size_t size = 1 + SUITE_SEED_SIZE;
	AccountRow account;
	bytea *sealed;

	if (name[0] == '\0')
		refuse(MC_UNKNOWN_ACCOUNT, name);
	account_find(name, &account);
	if (account.locked)
	{
		size = 1 + account.wrapped_size;
		memcpy(content + 1, account.wrapped, account.wrapped_size);
	}
	else
	{
		SuiteSecret secret;

		account_secret(&account, &secret);
		memcpy(content + 1, secret.seed, SUITE_SEED_SIZE);
		suite_wipe(&secret, sizeof(secret));
	}
	content[0] = account.key.suite;
	keys_random(one_time, sizeof(one_time));
	sealed = bytea_of(size + KEYWRAP_SEAL_OVERHEAD);
	if (recipient.size != KEYWRAP_PUBLIC_SIZE ||
		!keywrap_seal(recipient.data, one_time, span_of(content, size),
					  (uint8_t *) VARDATA(sealed)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the recipient is no X25519 public key of %d bytes", KEYWRAP_PUBLIC_SIZE),
				 errhint("mesctl account export makes one for itself.")));
	suite_wipe(content, sizeof(content));
	suite_wipe(one_time, sizeof(one_time));
	PG_RETURN_BYTEA_P(sealed);
}

/* ---- passphrases -------------------------------------------------------------------------------
 */

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_session_key);
Datum
mes_session_key(PG_FUNCTION_ARGS)
{
	uint8_t public_key[KEYWRAP_PUBLIC_SIZE];

	if (!session.has_key)
		keys_random(session.seed, sizeof(session.seed));
	session.has_key = true;
	keywrap_public(session.seed, public_key);
	PG_RETURN_BYTEA_P(public_key_of(public_key));
}

static Unlocked *
find_unlocked(const McAddress *address)
{
	for (int i = 0; i < session.count; i++)
		if (hash_equal(&session.unlocked[i].address, address))
			return &session.unlocked[i];
	return NULL;
}

bool
account_unlocked(const AccountRow *account, uint8_t seed[SUITE_SEED_SIZE])
{
	const Unlocked *found = find_unlocked(&account->address);

	if (found != NULL)
		memcpy(seed, found->seed, SUITE_SEED_SIZE);
	return found != NULL;
}

static void
remember(const AccountRow *account, const uint8_t seed[SUITE_SEED_SIZE])
{
	Unlocked *entry = find_unlocked(&account->address);

	if (entry == NULL && session.count == UNLOCKED_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("a session can unlock at most %d accounts", UNLOCKED_MAX),
						errhint("mes.lock_accounts() forgets them.")));
	if (entry == NULL)
		entry = &session.unlocked[session.count++];
	entry->name = account->name;
	entry->address = account->address;
	memcpy(entry->seed, seed, SUITE_SEED_SIZE);
}

/* Does the seed make the key that the row names? A row may have been written by anybody. */
static bool
opens(const AccountRow *account, McSpan passphrase, uint8_t seed[SUITE_SEED_SIZE])
{
	const char *name = NameStr(account->name);
	SuiteSecret secret;
	bool right = keywrap_unlock(span_of(account->wrapped, account->wrapped_size), passphrase,
								span_text(name), seed) &&
				 suite_secret_from_seed(account->key.suite, seed, &secret) &&
				 memcmp(secret.key.public_key, account->key.public_key, SUITE_PUBLIC_SIZE) == 0;

	suite_wipe(&secret, sizeof(secret));
	return right;
}

/* (name, sealed_passphrase) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_unlock_account);
Datum
mes_unlock_account(PG_FUNCTION_ARGS)
{
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	McSpan sealed = bytes_argument(fcinfo, 1);
	uint8_t passphrase[KEYWRAP_PASSPHRASE_MAX];
	uint8_t seed[SUITE_SEED_SIZE];
	AccountRow account;
	bool right;

	if (name[0] == '\0')
		refuse(MC_UNKNOWN_ACCOUNT, name);
	account_find(name, &account);
	if (!account.locked)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("account \"%s\" has no passphrase", name)));
	if (!session.has_key || sealed.size < KEYWRAP_SEAL_OVERHEAD ||
		sealed.size > sizeof(passphrase) + KEYWRAP_SEAL_OVERHEAD ||
		!keywrap_open(session.seed, sealed, passphrase))
		refuse(MC_SEALED_KEY, name);
	right = opens(&account, span_of(passphrase, sealed.size - KEYWRAP_SEAL_OVERHEAD), seed);
	suite_wipe(passphrase, sizeof(passphrase));
	if (!right)
		refuse(MC_WRONG_PASSPHRASE, name);
	remember(&account, seed);
	suite_wipe(seed, sizeof(seed));
	PG_RETURN_VOID();
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_lock_accounts);
Datum
mes_lock_accounts(PG_FUNCTION_ARGS)
{
	int32 count = session.count;

	suite_wipe(&session, sizeof(session));
	memset(&session, 0, sizeof(session));
	PG_RETURN_INT32(count);
}
