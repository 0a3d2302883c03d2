/*
 * verify_progress_pg.h - how far runs of mes.verify are, in shared memory, for
 * mes.stat_progress_verify. Without a slot, or without shared memory, a run goes on unseen.
 */
#ifndef MESCHAIN_LEDGER_VERIFY_PROGRESS_PG_H
#define MESCHAIN_LEDGER_VERIFY_PROGRESS_PG_H

#include "ledger/verify_pg.h"

/* A slot, or -1. It is freed by verify_progress_end, at the latest when the process leaves. */
extern int verify_progress_begin(const VerifyRequest *request);
extern void verify_progress_add(int slot, uint64_t blocks, uint64_t transactions);
extern void verify_progress_problems(int slot, uint64_t problems);
extern void verify_progress_end(int slot);

#endif
