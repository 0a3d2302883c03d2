/*
 * errors_pg.h - class MC of SQLSTATE. The catalogue is base/status.def; this turns a row of it into
 * an error of PostgreSQL, and is the only place that does.
 */
#ifndef MESCHAIN_NODE_ERRORS_PG_H
#define MESCHAIN_NODE_ERRORS_PG_H

#include "postgres.h"

#include "base/status.h"

/* SQLSTATE "MC" and three digits. */
extern int errcode_of(McStatus status);

/* Raises the problem as ERROR; never returns. */
extern void problem_raise(const McProblem *problem) pg_attribute_noreturn();

/* Raises unless the status is MC_OK. */
static inline void
problem_check(McStatus status, const McProblem *problem)
{
	if (status != MC_OK)
		problem_raise(problem);
}

#endif
