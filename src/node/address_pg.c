/*
 * address_pg.c - addresses as text and bytes, the address of a key, and signatures checked for
 * whoever asks. Nothing here knows a ledger.
 */
#include "postgres.h"

#include "base/address.h"
#include "base/suite.h"
#include "fmgr.h"
#include "node/errors_pg.h"
#include "tx/condition.h"
#include "utils/builtins.h"

static McSpan
bytes_argument(FunctionCallInfo fcinfo, int argument)
{
	bytea *bytes = PG_GETARG_BYTEA_PP(argument);

	return span_of(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
}

static text *
address_to_text(const McAddress *address)
{
	char formatted[ADDRESS_TEXT_SIZE + 1];

	address_format(address, formatted);
	return cstring_to_text_with_len(formatted, ADDRESS_TEXT_SIZE);
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_address_text);
Datum
mes_internal_address_text(PG_FUNCTION_ARGS)
{
	McSpan bytes = bytes_argument(fcinfo, 0);
	McAddress address;

	if (bytes.size != HASH_SIZE)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("an address is %d bytes, not %zu", HASH_SIZE, bytes.size)));
	memcpy(address.bytes, bytes.data, HASH_SIZE);
	PG_RETURN_TEXT_P(address_to_text(&address));
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_address_bytes);
Datum
mes_internal_address_bytes(PG_FUNCTION_ARGS)
{
	text *formatted = PG_GETARG_TEXT_PP(0);
	bytea *bytes = palloc(VARHDRSZ + HASH_SIZE);
	McAddress address;
	McProblem problem;

	problem_check(address_parse(span_of(VARDATA_ANY(formatted), VARSIZE_ANY_EXHDR(formatted)),
								&address, &problem),
				  &problem);
	SET_VARSIZE(bytes, VARHDRSZ + HASH_SIZE);
	memcpy(VARDATA(bytes), address.bytes, HASH_SIZE);
	PG_RETURN_BYTEA_P(bytes);
}

/* Raises unknown_suite; a key of another length or off the curve is no key of the suite. */
static void
key_arguments(FunctionCallInfo fcinfo, SuiteKey *key)
{
	int32 suite = PG_GETARG_INT32(0);
	McSpan bytes = bytes_argument(fcinfo, 1);
	McProblem problem;

	if (!suite_known((uint64_t) (int64) suite))
		problem_check(status_problem(&problem, MC_UNKNOWN_SUITE, suite, SUITE_MAX), &problem);
	if (bytes.size != SUITE_PUBLIC_SIZE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a public key is %d bytes, not %zu", SUITE_PUBLIC_SIZE, bytes.size)));
	key->suite = (uint8_t) suite;
	memcpy(key->public_key, bytes.data, SUITE_PUBLIC_SIZE);
}

/* (suite, public_key) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_address_of);
Datum
mes_address_of(PG_FUNCTION_ARGS)
{
	SuiteKey key;
	McAddress address;

	key_arguments(fcinfo, &key);
	if (!suite_key_valid(&key))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the bytes are no public key of suite %d", key.suite),
						errdetail("Nobody could sign for that address.")));
	condition_address_of_key(&key, &address);
	PG_RETURN_TEXT_P(address_to_text(&address));
}

/* (suite, public_key, message, signature) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_verify_signature);
Datum
mes_verify_signature(PG_FUNCTION_ARGS)
{
	SuiteKey key;
	McSpan signature = bytes_argument(fcinfo, 3);

	key_arguments(fcinfo, &key);
	PG_RETURN_BOOL(signature.size == SUITE_SIGNATURE_SIZE &&
				   suite_verify(&key, bytes_argument(fcinfo, 2), signature.data));
}
