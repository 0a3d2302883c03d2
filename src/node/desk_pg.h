/*
 * desk_pg.h - where questions about rows lie between the processes they pass through: one place a
 * member for its question to this node, one for this node's question to it.
 *
 *   a session asks  -> outbox ring -> link -> the member's deliver() -> its desk -> its housekeeper
 *   its housekeeper -> outbox ring -> link -> deliver() here -> the desk here -> the session wakes
 *
 * Both ways are the links that members have; a lost question is asked again. A member's newest
 * question replaces its older one, so nothing grows, and what its answers may cost is budgeted.
 */
#ifndef MESCHAIN_NODE_DESK_PG_H
#define MESCHAIN_NODE_DESK_PG_H

#include "postgres.h"

#include "ledger/compare.h"

extern Size desk_shmem_size(void);
extern void desk_shmem_startup(void);

/* deliver(): what a member's frame holds. False when it cannot be one of ours. */
extern bool desk_take_question(uint32_t member, McSpan bytes);
extern bool desk_take_answer(uint32_t member, McSpan bytes);

/* What a member says of itself; it counts for DESK_NOTICE_MS. */
#define DESK_NOTICE_MS 15000
#define DESK_NOTICE_MAX 200
extern bool desk_take_notice(uint32_t member, McSpan bytes);
/* True when a member said lately that it is paused; why, as it says. */
extern bool desk_peer_paused(uint32_t member, char reason[DESK_NOTICE_MAX + 1]);
/* True when a member said lately that it cannot vote. */
extern bool desk_peer_mute(uint32_t member);
/* Tells every other member that this node cannot vote, or can again. */
extern void desk_tell_mute(bool mute);
/* Tells every other member that this node is paused, or no more. */
extern void desk_tell_pause(const char *reason);

/* The housekeeper, outside a transaction: answers what waits, within each member's budget. */
extern bool desk_has_questions(void);
extern void desk_answer(void);

/*
 * A session's. Takes the only line to a member until the transaction ends; errors when another
 * session has it.
 */
extern void desk_open(uint32_t member);
/*
 * Asks and waits. False when the member does not answer in time. What the answer's chunk points to
 * is good until the next question.
 */
extern bool desk_ask(uint32_t member, CompareQuestion *question, CompareAnswer *answer);
extern void desk_close(void);

#endif
