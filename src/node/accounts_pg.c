/*
 * accounts_pg.c - creates, imports and finds local accounts.
 */
#include "node/accounts_pg.h"

#include "catalog/pg_authid.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
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

static Datum
bytes_datum(const void *data, size_t size)
{
	bytea *bytes = palloc(VARHDRSZ + size);

	SET_VARSIZE(bytes, VARHDRSZ + size);
	memcpy(VARDATA(bytes), data, size);
	return PointerGetDatum(bytes);
}

static void
store_account(const char *name, const SuiteSecret *secret, const McAddress *address)
{
	uint8_t wrapped[KEYS_WRAPPED_SIZE];
	EngineRights saved;
	const char *owner = GetUserNameFromId(GetUserId(), false);

	keys_wrap(secret->seed, name, wrapped);
	engine_rights_take(&saved);
	SPI_connect();
	SPI_execute_with_args(
		"INSERT INTO mes_internal.account_rows (name, address, suite, public_key, wrapped_key, "
		"owner) "
		"VALUES ($1, $2, $3, $4, $5, $6)",
		6, (Oid[]){ TEXTOID, BYTEAOID, INT2OID, BYTEAOID, BYTEAOID, TEXTOID },
		(Datum[]){ CStringGetTextDatum(name), bytes_datum(address->bytes, HASH_SIZE),
				   Int16GetDatum(secret->key.suite),
				   bytes_datum(secret->key.public_key, SUITE_PUBLIC_SIZE),
				   bytes_datum(wrapped, sizeof(wrapped)), CStringGetTextDatum(owner) },
		NULL, false, 0);
	SPI_finish();
	engine_rights_return(&saved);
}

static void
check_suite(int32 suite)
{
	McProblem problem;

	if (!suite_known((uint64_t) suite))
		problem_check(status_problem(&problem, MC_UNKNOWN_SUITE, suite, SUITE_MAX), &problem);
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_create_account);
Datum
mes_create_account(PG_FUNCTION_ARGS)
{
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	int32 suite = PG_GETARG_INT32(1);
	uint8_t seed[SUITE_SEED_SIZE];
	SuiteSecret secret;
	McAddress address;
	char text[ADDRESS_TEXT_SIZE + 1];

	check_suite(suite);
	if (name[0] == '\0' || strlen(name) >= NAMEDATALEN)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("account name \"%s\" is not of 1 to %d bytes", name, NAMEDATALEN - 1)));
	do
		keys_random(seed, sizeof(seed));
	while (!suite_secret_from_seed((uint8_t) suite, seed, &secret));
	condition_address_of_key(&secret.key, &address);
	store_account(name, &secret, &address);
	suite_wipe(seed, sizeof(seed));
	suite_wipe(&secret, sizeof(secret));
	address_format(&address, text);
	PG_RETURN_TEXT_P(cstring_to_text(text));
}

/* The row of an account that the caller's role may use, else unknown_account. */
static HeapTuple
find_account(Oid role)
{
	bool named = guc_account != NULL && guc_account[0] != '\0';
	HeapTuple usable = NULL;
	McProblem problem;

	if (SPI_execute_with_args(
			"SELECT name, address, suite, wrapped_key, owner "
			"FROM mes_internal.account_rows WHERE name = $1 OR $1 = '' ORDER BY name",
			1, (Oid[]){ TEXTOID }, (Datum[]){ CStringGetTextDatum(named ? guc_account : "") }, NULL,
			true, 0) != SPI_OK_SELECT)
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
	if (usable == NULL)
		problem_check(status_problem_name(&problem, MC_UNKNOWN_ACCOUNT, named ? guc_account : "",
										  named ? strlen(guc_account) : 0),
					  &problem);
	return usable;
}

void
account_current(Account *account)
{
	EngineRights saved;
	Oid role = GetUserId();
	HeapTuple row;
	TupleDesc desc;
	bool isnull;
	bytea *wrapped;
	uint8_t seed[SUITE_SEED_SIZE];
	char *name;

	engine_rights_take(&saved);
	SPI_connect();
	row = find_account(role);
	desc = SPI_tuptable->tupdesc;
	name = SPI_getvalue(row, desc, 1);
	namestrcpy(&account->name, name);
	memcpy(account->address.bytes,
		   VARDATA_ANY(DatumGetByteaPP(SPI_getbinval(row, desc, 2, &isnull))), HASH_SIZE);
	wrapped = DatumGetByteaPP(SPI_getbinval(row, desc, 4, &isnull));
	if (!keys_unwrap((const uint8_t *) VARDATA_ANY(wrapped), VARSIZE_ANY_EXHDR(wrapped), name,
					 seed) ||
		!suite_secret_from_seed((uint8_t) DatumGetInt16(SPI_getbinval(row, desc, 3, &isnull)), seed,
								&account->secret))
		ereport(ERROR,
				(errcode(errcode_of(MC_NODE_KEY)),
				 errmsg("the key of account \"%s\" was wrapped under another node's key", name),
				 errhint("Restore wrapping.key of the node that made the account.")));
	suite_wipe(seed, sizeof(seed));
	SPI_finish();
	engine_rights_return(&saved);
}
