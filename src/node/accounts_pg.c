/*
 * accounts_pg.c - creates, imports and finds local accounts.
 */
#include "node/accounts_pg.h"

#include "catalog/pg_authid.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "ledger/datum_pg.h"
#include "miscadmin.h"
#include "node/errors_pg.h"
#include "node/guc_pg.h"
#include "node/keys_pg.h"
#include "tx/condition.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"

void
engine_rights_take(EngineRights *saved)
{
	GetUserIdAndSecContext(&saved->user, &saved->context);
	saved->guc_level = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	SetUserIdAndSecContext(BOOTSTRAP_SUPERUSERID, saved->context | SECURITY_LOCAL_USERID_CHANGE);
}

void
engine_rights_return(const EngineRights *saved)
{
	SetUserIdAndSecContext(saved->user, saved->context);
	AtEOXact_GUC(false, saved->guc_level);
}

/* A key of one's own may be at an account of another role, whose name is not told. */
static void
refuse_second(const char *name, const McAddress *address)
{
	char formatted[ADDRESS_TEXT_SIZE + 1];
	const char *which = psprintf("\"%s\"", name);
	McProblem problem;

	SPI_execute_with_args("SELECT FROM mes_internal.account_rows WHERE name = $1", 1,
						  (Oid[]){ TEXTOID }, (Datum[]){ CStringGetTextDatum(name) }, NULL, false,
						  1);
	if (SPI_processed == 0)
	{
		address_format(address, formatted);
		which = psprintf("of address %s", formatted);
	}
	problem_check(status_problem_name(&problem, MC_ACCOUNT_EXISTS, which, strlen(which)), &problem);
}

void
account_store(const char *name, const SuiteKey *key, McSpan wrapped, bool locked)
{
	EngineRights saved;
	McAddress address;
	const char *owner = GetUserNameFromId(GetUserId(), false);

	condition_address_of_key(key, &address);
	engine_rights_take(&saved);
	SPI_connect();
	SPI_execute_with_args(
		"INSERT INTO mes_internal.account_rows (name, address, suite, public_key, wrapped_key, "
		"owner, locked) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
		7, (Oid[]){ TEXTOID, BYTEAOID, INT2OID, BYTEAOID, BYTEAOID, TEXTOID, BOOLOID },
		(Datum[]){ CStringGetTextDatum(name), bytes_datum(address.bytes, HASH_SIZE),
				   Int16GetDatum(key->suite), bytes_datum(key->public_key, SUITE_PUBLIC_SIZE),
				   bytes_datum(wrapped.data, wrapped.size), CStringGetTextDatum(owner),
				   BoolGetDatum(locked) },
		NULL, false, 0);
	if (SPI_processed == 0)
		refuse_second(name, &address);
	SPI_finish();
	engine_rights_return(&saved);
}

void
account_store_secret(const char *name, const SuiteSecret *secret)
{
	uint8_t wrapped[KEYS_WRAPPED_SIZE];

	keys_wrap(secret->seed, name, wrapped);
	account_store(name, &secret->key, span_of(wrapped, sizeof(wrapped)), false);
}

void
account_check(const char *name, int32 suite)
{
	McProblem problem;

	if (!suite_known((uint64_t) suite))
		problem_check(status_problem(&problem, MC_UNKNOWN_SUITE, suite, SUITE_MAX), &problem);
	if (name[0] == '\0' || strlen(name) >= NAMEDATALEN)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("account name \"%s\" is not of 1 to %d bytes", name, NAMEDATALEN - 1)));
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_create_account);
Datum
mes_create_account(PG_FUNCTION_ARGS)
{
	char *name;
	int32 suite;
	uint8_t seed[SUITE_SEED_SIZE];
	SuiteSecret secret;
	McAddress address;
	char formatted[ADDRESS_TEXT_SIZE + 1];

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("name and suite of an account must not be null")));
	name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	suite = PG_GETARG_INT32(1);
	account_check(name, suite);
	do
		keys_random(seed, sizeof(seed));
	while (!suite_secret_from_seed((uint8_t) suite, seed, &secret));
	condition_address_of_key(&secret.key, &address);
	account_store_secret(name, &secret);
	suite_wipe(seed, sizeof(seed));
	suite_wipe(&secret, sizeof(secret));
	address_format(&address, formatted);
	PG_RETURN_TEXT_P(cstring_to_text(formatted));
}

/* The row of an account that the caller's role may use, else unknown_account; "" for the only one.
 */
static HeapTuple
find_account(Oid role, const char *name)
{
	bool named = name[0] != '\0';
	HeapTuple usable = NULL;
	McProblem problem;

	if (SPI_execute_with_args(
			"SELECT name, address, suite, wrapped_key, owner, public_key, locked "
			"FROM mes_internal.account_rows WHERE name = $1 OR $1 = '' ORDER BY name",
			1, (Oid[]){ TEXTOID }, (Datum[]){ CStringGetTextDatum(name) }, NULL, true,
			0) != SPI_OK_SELECT)
		elog(ERROR, "could not look up accounts");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		char *owner = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 5);
		Oid owner_oid = get_role_oid(owner, true);

		if (!OidIsValid(owner_oid) || !has_privs_of_role(role, owner_oid))
			continue;
		if (usable != NULL && !named)
			ereport(ERROR, (errcode(errcode_of(MC_UNKNOWN_ACCOUNT)),
							errmsg("this role may use several accounts"),
							errhint("Choose one: SET meschain.account = 'name'.")));
		usable = SPI_tuptable->vals[i];
	}
	if (usable == NULL && !named)
		ereport(ERROR, (errcode(errcode_of(MC_UNKNOWN_ACCOUNT)),
						errmsg("there is no local account that this role may use"),
						errhint("%s", status_info(MC_UNKNOWN_ACCOUNT)->hint)));
	if (usable == NULL)
		problem_check(status_problem_name(&problem, MC_UNKNOWN_ACCOUNT, name, strlen(name)),
					  &problem);
	return usable;
}

static void
copy_bytes(HeapTuple row, TupleDesc desc, int column, void *out, size_t *size, size_t maximum)
{
	bool isnull;
	bytea *bytes = DatumGetByteaPP(SPI_getbinval(row, desc, column, &isnull));

	if (isnull || VARSIZE_ANY_EXHDR(bytes) > maximum)
		elog(ERROR, "the row of an account is damaged");
	*size = VARSIZE_ANY_EXHDR(bytes);
	memcpy(out, VARDATA_ANY(bytes), *size);
}

void
account_find(const char *name, AccountRow *account)
{
	EngineRights saved;
	Oid role = GetUserId();
	HeapTuple row;
	TupleDesc desc;
	size_t size;
	bool isnull;

	engine_rights_take(&saved);
	SPI_connect();
	row = find_account(role, name);
	desc = SPI_tuptable->tupdesc;
	namestrcpy(&account->name, SPI_getvalue(row, desc, 1));
	copy_bytes(row, desc, 2, account->address.bytes, &size, HASH_SIZE);
	account->key.suite = (uint8_t) DatumGetInt16(SPI_getbinval(row, desc, 3, &isnull));
	copy_bytes(row, desc, 4, account->wrapped, &account->wrapped_size, sizeof(account->wrapped));
	copy_bytes(row, desc, 6, account->key.public_key, &size, SUITE_PUBLIC_SIZE);
	account->locked = DatumGetBool(SPI_getbinval(row, desc, 7, &isnull));
	SPI_finish();
	engine_rights_return(&saved);
}

void
account_secret(const AccountRow *account, SuiteSecret *secret)
{
	const char *name = NameStr(account->name);
	uint8_t seed[SUITE_SEED_SIZE];
	McProblem problem;

	if (account->locked && !account_unlocked(account, seed))
		problem_check(status_problem_name(&problem, MC_ACCOUNT_LOCKED, name, strlen(name)),
					  &problem);
	if ((!account->locked && !keys_unwrap(account->wrapped, account->wrapped_size, name, seed)) ||
		!suite_secret_from_seed(account->key.suite, seed, secret))
		ereport(ERROR,
				(errcode(errcode_of(MC_NODE_KEY)),
				 errmsg("the key of account \"%s\" was wrapped under another node's key", name),
				 errhint("Restore wrapping.key of the node that made the account.")));
	suite_wipe(seed, sizeof(seed));
}

void
account_current(Account *account)
{
	AccountRow row;

	account_find(guc_account != NULL ? guc_account : "", &row);
	account->name = row.name;
	account->address = row.address;
	account_secret(&row, &account->secret);
}
