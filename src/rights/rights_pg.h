/*
 * rights_pg.h - what the SQL faces of this room share: arguments, and rows as PostgreSQL values.
 */
#ifndef MESCHAIN_RIGHTS_RIGHTS_PG_H
#define MESCHAIN_RIGHTS_RIGHTS_PG_H

#include "postgres.h"

#include "fmgr.h"
#include "node/accounts_pg.h"
#include "rights/payment.h"
#include "utils/timestamp.h"

extern Datum rights_bytes(const void *data, size_t size);
extern Datum rights_text(McSpan span);
extern McSpan rights_span(bytea *bytes);

/* A row of the type that the function returns. */
extern Datum rights_row(FunctionCallInfo fcinfo, Datum *values, bool *nulls);

/* Chain time in ms as a moment; RIGHTS_UNBOUNDED is null. */
extern Datum rights_moment(uint64_t ms, bool *isnull);
extern uint64_t rights_moment_ms(TimestampTz moment, const char *name);

/* Arguments by position, the name is for the error. */
extern void rights_hash_argument(FunctionCallInfo fcinfo, int argument, const char *name,
								 McHash *hash);
extern void rights_address_argument(FunctionCallInfo fcinfo, int argument, const char *name,
									McAddress *address);
/* Empty when null. */
extern McSpan rights_text_argument(FunctionCallInfo fcinfo, int argument);
/* Raises unknown_choice for what is not in one of the lists of codes.def. */
extern void rights_refuse_choice(const char *what, McSpan text) pg_attribute_noreturn();
extern uint32_t rights_ppm_argument(FunctionCallInfo fcinfo, int argument);

extern TxAsset rights_asset_argument(FunctionCallInfo fcinfo, int argument);
/* An amount of the asset in base units, 0 when null. */
extern int64_t rights_amount_argument(FunctionCallInfo fcinfo, int argument, const TxAsset *asset);
/* Metadata as canonical CBOR, an empty map when null. */
extern McSpan rights_metadata_argument(FunctionCallInfo fcinfo, int argument);
/* {"mes1...": 600000, ...} as ascending shares */
extern void rights_shares_argument(FunctionCallInfo fcinfo, int argument, RightsShares *shares);

/* A world of current rows in which to ask what something costs; between begin and end SPI runs. */
typedef struct RightsSession
{
	TxWorld world;
	EngineRights rights;
} RightsSession;
extern void rights_session_begin(RightsSession *session);
extern void rights_session_end(RightsSession *session);
/* Chain time as the next block will have it, about. */
extern uint64_t rights_now_ms(void);

/* Refuses a payment that is not what the caller said it expects. */
extern void rights_check_expected(FunctionCallInfo fcinfo, int amount, int asset,
								  const RightsPayment *due);

/* Adds an operation to the submission and answers its uuid. */
extern Datum rights_submit(uint16_t kind, const WireWriter *writer);

#endif
