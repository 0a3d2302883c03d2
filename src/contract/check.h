/*
 * check.h - what the parts of the checker share: expressions in check_expression.c, statements in
 * check_statement.c, declarations and the whole in check.c.
 */
#ifndef MESCHAIN_CONTRACT_CHECK_H
#define MESCHAIN_CONTRACT_CHECK_H

#include "contract/ast.h"

#define ACS_LOCAL_WORDS (ACS_LOCAL_MAX / 64)

/* Which locals surely have a value here. After a return all have: what follows is never reached. */
typedef struct AcsAssigned
{
	uint64_t words[ACS_LOCAL_WORDS];
	bool alive; /* this place can be reached */
} AcsAssigned;

typedef struct AcsChecker
{
	AcsChecked *out;
	AcsDiagnostics *diagnostics;
	AcsFunctionInfo *function; /* the one being checked */
	McSpan local_names[ACS_LOCAL_MAX];
	AcsAssigned assigned;
} AcsChecker;

/* ACS_NONE after a reported mistake. Sets node->type and folds what is constant. */
extern AcsType acs_check_expression(AcsChecker *checker, AcsNode *node);

/* Reports "WHAT is FOUND, not WANTED" unless it is right or unknown; true when it is right. */
extern bool acs_check_type(AcsChecker *checker, const AcsNode *node, const char *what,
						   AcsType found, AcsType wanted);

/* The field's index, made with type dec when it is new; reported when there are too many. */
extern uint16_t acs_check_field(AcsChecker *checker, const AcsNode *node);

/* The local's index, or ACS_NOWHERE. */
extern uint16_t acs_check_find_local(const AcsChecker *checker, McSpan name);
extern void acs_check_assign(AcsChecker *checker, uint16_t local);

extern void acs_check_block(AcsChecker *checker, AcsNode *block);

extern void acs_check_too_many(AcsChecker *checker, const AcsNode *node, const char *what,
							   int64_t limit);

#endif
