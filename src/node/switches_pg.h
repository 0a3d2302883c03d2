/*
 * switches_pg.h - faults on purpose, for tests: a cut or slow link, a slow disk, a clock that is
 * off, a member that lies. Built only with MESCHAIN_TEST_SWITCHES; in a release nothing of it is
 * there.
 */
#ifndef MESCHAIN_NODE_SWITCHES_PG_H
#define MESCHAIN_NODE_SWITCHES_PG_H

#include "postgres.h"

#include "base/bytes.h"

#ifdef MESCHAIN_TEST_SWITCHES

extern void switches_init(void);

/* No frame to this member, no connection. */
extern bool switch_peer_blocked(uint32_t member);
/* Added to the wall clock, ms. */
extern int64 switch_clock_ms(void);
/* Slept before each sync of the vote log, us. */
extern int switch_disk_us(void);
/* How long a frame is kept before it goes out, ms; delay_pg.c keeps it. */
extern int switch_delay_ms(void);
extern void delay_put(uint32_t member, McSpan first, McSpan second, uint64_t due_ms);
extern void delay_release(uint64_t now_ms,
						  void (*send)(uint32_t member, McSpan first, McSpan second));
extern bool delay_waits(void);
/* The door knows nothing of what was decided lately. */
extern bool switch_forget(void);
/* What kind of liar this node is. */
typedef enum SwitchLie
{
	SWITCH_HONEST,
	SWITCH_EQUIVOCATE,
	SWITCH_SILENT,
	SWITCH_WRONG_RESULT,
} SwitchLie;
extern SwitchLie switch_lie(void);

#else

#define switches_init() ((void) 0)
#define switch_peer_blocked(member) false
#define switch_clock_ms() ((int64) 0)
#define switch_disk_us() 0
#define switch_delay_ms() 0
#define delay_put(member, first, second, due_ms) ((void) 0)
#define delay_release(now_ms, send) ((void) (send))
#define delay_waits() false
#define switch_forget() false

#endif

#endif
