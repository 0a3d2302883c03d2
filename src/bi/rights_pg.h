/*
 * rights_pg.h - works and licences by their ids, for the files of bi that write their facts.
 */
#ifndef MESCHAIN_BI_RIGHTS_PG_H
#define MESCHAIN_BI_RIGHTS_PG_H

#include "bi/facts_pg.h"
#include "rights/rights.h"

/* A work or a licence, by its 32 bytes; a licence also knows where and how it is. */
typedef struct FactKnown
{
	RightsId id;
	int64 key;
	int64 territory_key;
	int64 medium_key;
	LicenceStatus status;
	uint64_t until_ms;
} FactKnown;

/* 0 when there is no such work. */
extern int64 facts_work(const RightsId *id);
/* NULL when there is none. */
extern const FactKnown *facts_licence(const RightsId *id);
/* Null when empty. */
extern void facts_put_text(TupleTableSlot *row, int number, McSpan text);

#endif
