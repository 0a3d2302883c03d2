/*
 * compare_pg.h - answers to the questions of compare.h, from the rows as they stand.
 */
#ifndef MESCHAIN_LEDGER_COMPARE_PG_H
#define MESCHAIN_LEDGER_COMPARE_PG_H

#include "ledger/rowset_pg.h"

/*
 * Fills the answer and returns what it cost, in rows. Bounded whatever was asked. Needs SPI; memory
 * is the current context's.
 */
extern uint64_t compare_answer(const CompareQuestion *question, uint64_t applied,
							   CompareAnswer *answer);

/* So many positions may be asked about at once. */
extern uint64_t compare_width(RowsetRelation relation);

/* The greatest position of a relation, 0 when it is empty. */
extern uint64_t compare_last_position(RowsetRelation relation, uint64_t as_of);

#endif
