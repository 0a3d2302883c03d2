/*
 * handoff_pg.c - who is woken, and who looks on for a moment instead of sleeping.
 */
#include "node/handoff_pg.h"

#include "node/pool_pg.h"
#include "portability/instr_time.h"

/* One signature's check; a small block's execution, or the signing of its result. */
#define ANNOUNCED_US 100
#define WATCH_US 60

void
handoff_rest(OrderRest how, uint32_t wants)
{
	pg_atomic_write_u32(&node_shared->order_wants, wants);
	pg_write_barrier();
	pg_atomic_write_u32(&node_shared->order_rest, how);
	pg_memory_barrier();
}

void
handoff_awake(void)
{
	pg_atomic_write_u32(&node_shared->order_rest, ORDER_AWAKE);
}

static OrderRest
order_rest(void)
{
	pg_memory_barrier();
	return (OrderRest) pg_atomic_read_u32(&node_shared->order_rest);
}

static bool
enough_wait(void)
{
	return pool_ready_count() >= pg_atomic_read_u32(&node_shared->order_wants);
}

void
handoff_bring(void)
{
	OrderRest rest = order_rest();

	if (rest == ORDER_ASLEEP || (rest == ORDER_GATHERS && enough_wait()))
		node_wake(&node_shared->order_latch);
}

void
handoff_bring_frames(void)
{
	OrderRest rest = order_rest();

	if (rest == ORDER_ASLEEP || rest == ORDER_GATHERS)
		node_wake(&node_shared->order_latch);
}

void
handoff_bring_bodies(void)
{
	if (order_rest() != ORDER_AWAKE && enough_wait())
		handoff_bring_frames();
}

void
handoff_announce(void)
{
	if (pg_atomic_read_u32(&node_shared->order_rest) != ORDER_ASLEEP)
		return;
	pg_atomic_write_u32(&node_shared->announced, 1);
	node_wake(&node_shared->order_latch);
}

static bool
within(instr_time start, uint64 limit_us)
{
	instr_time now;

	pg_spin_delay();
	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_SUBTRACT(now, start);
	return INSTR_TIME_GET_MICROSEC(now) < limit_us;
}

void
handoff_await_announced(void)
{
	instr_time start;

	if (pg_atomic_exchange_u32(&node_shared->announced, 0) == 0)
		return;
	INSTR_TIME_SET_CURRENT(start);
	while (pool_ready_count() == 0 && within(start, ANNOUNCED_US))
		;
}

void
handoff_watch(ExchangeStage stage)
{
	instr_time start;

	INSTR_TIME_SET_CURRENT(start);
	while (pg_atomic_read_u32(&node_shared->exchange.stage) == (uint32_t) stage &&
		   within(start, WATCH_US))
		;
}
