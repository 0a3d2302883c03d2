/*
 * contract_pg.h - what the SQL face's files share: compiled programs that a backend remembers, and
 * fields and outcomes as jsonb.
 */
#ifndef MESCHAIN_CONTRACT_CONTRACT_PG_H
#define MESCHAIN_CONTRACT_CONTRACT_PG_H

#include "postgres.h"

#include "utils/jsonb.h"

#include "contract/run.h"

/* palloc'd in the current context, aligned for the arena's widest value. */
extern AcsArena contract_arena(Size size);

/*
 * The program of a source, compiled and loaded once a backend; NULL with diagnostics when the
 * source is refused. Stays valid until the next call.
 */
extern const AcsProgram *contract_program(McSpan source, AcsDiagnostics *diagnostics);

/*
 * Fills the program's slots from two jsonb objects. False, with the outcome set, when a field holds
 * what its type cannot.
 */
extern bool contract_fill_slots(const AcsProgram *program, Jsonb *self, Jsonb *operator_fields,
								AcsSlot *slots, AcsOutcome *outcome);

/* {"writes", "return", "legs", "gas_used", "error"} */
extern Jsonb *contract_outcome_json(const AcsProgram *program, const AcsSlot *slots,
									const AcsOutcome *outcome, McSpan source);

/* The same for a source that is refused. */
extern Jsonb *contract_refusal_json(const AcsDiagnostic *diagnostic, McSpan source);

#endif
