/*
 * order_pg.c - the order worker: pool, exchange and other members on one side, pbft_step() on the
 * other. Runs no SQL and takes no lock longer than a copy (P1, P7).
 *
 * A turn: everything that came in becomes events; the core's questions are answered; then all it
 * said is written to the vote log under one sync, and only then does anything leave (R0). With one
 * member nothing is sent, and the block's own COMMIT in apply is the one durable write (C4). The
 * next block is cut when apply has room for it; see order_offer_pg.c (P33).
 */
#include "node/order_pg.h"

#include "miscadmin.h"
#include "node/handoff_pg.h"
#include "node/launcher_pg.h"
#include "node/link_pg.h"
#include "node/recovery_pg.h"
#include "node/switches_pg.h"
#include "node/votelog_pg.h"
#include "storage/ipc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include <time.h>

/* Transactions of a block whose execution is shorter than a sleep. */
#define SMALL_BLOCK 8
#define SWEEP_MS 2000
#define SWEEP_AGE_US INT64CONST(60000000)
/* Agreed results above the one to commit: then the next may share its database transaction. */
#define CLEARLY_BEHIND 4

OrderState order;

/* ---- time, keys, events ------------------------------------------------------------------------
 */

uint64_t
order_clock_ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t) now.tv_sec * 1000 + (uint64_t) now.tv_nsec / 1000000;
}

uint64_t
order_wall_ms(void)
{
	return (uint64_t) ((int64_t) order_clock_ms(CLOCK_REALTIME) + switch_clock_ms());
}

void
order_step(PbftEvent event)
{
	if (!pbft_effects_room(order.effects))
		order_flush();
	pbft_step(order.replica, &event, order.effects);
}

/* ---- apply -------------------------------------------------------------------------------------
 */

static OrderedBlock *
ordered_at(uint32_t at)
{
	return &order.ordered[(order.ordered_first + at) % ORDERED_MAX];
}

static void
take_ordered(const PbftEffect *effect)
{
	OrderedBlock *block = ordered_at(order.ordered_count);
	HeldBlock *held = block_named(&effect->hash, effect->header, order.now_ms);

	Assert(order.ordered_count < ORDERED_MAX);
	order.ordered_count++;
	order.final_height = effect->height;
	block->hash = effect->hash;
	block->header = *effect->header;
	block->certificate_size = (uint32_t) effect->bytes.size;
	memcpy(block->certificate, effect->bytes.data, effect->bytes.size);
	if (held == NULL)
		elog(ERROR, "no room for a final block");
	held->ordered = true;
	if (block_complete(held))
		pool_ordered(held->slots, held->count);
}

/* The next final block, whole; else NULL. */
static HeldBlock *
next_for_apply(void)
{
	HeldBlock *held;

	if (order.handed == order.ordered_count)
		return NULL;
	held = block_find(&ordered_at(order.handed)->hash);
	return held != NULL && block_complete(held) ? held : NULL;
}

static void
tell_apply(ExchangeStage stage)
{
	pg_write_barrier();
	pg_atomic_write_u32(&node_shared->exchange.stage, stage);
	node_wake(&node_shared->apply_latch);
}

/* The next final block to apply, once it is whole and apply is free. */
void
order_hand_over(void)
{
	BlockExchange *exchange = &node_shared->exchange;
	uint32_t stage = pg_atomic_read_u32(&exchange->stage);
	OrderedBlock *block;
	HeldBlock *held;

	if (stage != EXCHANGE_EMPTY && stage != EXCHANGE_HELD)
		return;
	held = next_for_apply();
	if (held == NULL && stage == EXCHANGE_HELD)
		tell_apply(EXCHANGE_CLOSE);
	if (held == NULL)
		return;
	block = ordered_at(order.handed++);
	pool_ordered(held->slots, held->count);
	exchange->header = block->header;
	exchange->hash = block->hash;
	exchange->slot_count = held->count;
	memcpy(exchange->slots, held->slots, sizeof(uint32_t) * held->count);
	exchange->commit_certificate_size = block->certificate_size;
	memcpy(exchange->commit_certificate, block->certificate, block->certificate_size);
	tell_apply(EXCHANGE_EXECUTE);
}

static void
let_commit(const PbftEffect *effect)
{
	BlockExchange *exchange = &node_shared->exchange;

	Assert(pg_atomic_read_u32(&exchange->stage) == EXCHANGE_EXECUTED);
	Assert(exchange->header.height == effect->height);
	exchange->result_certificate_size = (uint32_t) effect->bytes.size;
	memcpy(exchange->result_certificate, effect->bytes.data, effect->bytes.size);
	exchange->more = effect->count >= CLEARLY_BEHIND && next_for_apply() != NULL;
	tell_apply(EXCHANGE_COMMIT);
}

/* ---- effects -----------------------------------------------------------------------------------
 */

static void
set_timer(const PbftEffect *effect)
{
	order.deadline_ms[effect->timer] = order_clock_ms(CLOCK_MONOTONIC) + effect->delay_ms;
	order.timer_generation[effect->timer] = effect->generation;
}

static void
log_note(const PbftEffect *effect)
{
	switch (effect->note)
	{
		case PBFT_NOTE_DIVERGED:
			node_set_mode(
				NODE_DIVERGED, "this node computed another result than the quorum",
				"Run mes.locate_divergence(); the ledger here stays at the last agreed block.");
			ereport(LOG, (errmsg("meschain stops voting: the quorum signed another result for "
								 "block " UINT64_FORMAT,
								 effect->height)));
			break;
		case PBFT_NOTE_EPOCH_ENDED:
			order.epoch_end = effect->height;
			break;
		case PBFT_NOTE_FENCED:
			order.fenced = true;
			votelog_fence();
			node_set_mode(
				NODE_FENCED,
				order.fence_reason != NULL
					? order.fence_reason
					: "another copy of this node has voted, or its vote log is lost",
				"It follows. If this is the node's new place and every other copy is gone, "
				"run mesctl node rehome; else mesctl node attest, for a new voting key.");
			ereport(LOG, (errmsg("meschain is fenced: it follows and never votes in this epoch")));
			break;
		case PBFT_NOTE_EVIDENCE:
			order_report(effect);
			break;
		default:
			break;
	}
}

static void
do_effect(const PbftEffect *effect)
{
	switch (effect->kind)
	{
		case PBFT_EXECUTE:
			take_ordered(effect);
			break;
		case PBFT_COMMIT_RESULT:
			let_commit(effect);
			break;
		case PBFT_SET_TIMER:
			set_timer(effect);
			break;
		case PBFT_STOP_TIMER:
			order.deadline_ms[effect->timer] = 0;
			break;
		case PBFT_NOTE:
			log_note(effect);
			break;
		case PBFT_SEND:
		case PBFT_BROADCAST:
			order_send(effect);
			break;
		case PBFT_SERVE:
			order_serve(effect);
			break;
		case PBFT_RELEASE:
			blocks_release(effect->height);
			order.snapshot_due = votelog_full();
			break;
		case PBFT_TIP:
			order.tip = effect->hash;
			order_note_tip(effect->height);
			order.tip_version++;
			break;
		case PBFT_PERSIST:
		case PBFT_PROPOSED:
		case PBFT_REQUEST_BLOCK:
		case PBFT_VALIDATE:
			break; /* done before the sync */
	}
}

/* The core's questions; their answers add effects, which may ask again. */
static void
answer_questions(void)
{
	while (order.answered < order.effects->count)
	{
		const PbftEffect *effect = &order.effects->list[order.answered++];
		PbftEffect question = *effect;
		PbftHeader header;

		if (effect->header != NULL)
		{
			header = *effect->header; /* a flush on the way would take it from under us */
			question.header = &header;
		}
		if (effect->kind == PBFT_PROPOSED)
			order_keep_proposed(&question);
		else if (effect->kind == PBFT_REQUEST_BLOCK)
			order_offer(question.request, question.height, &question.hash);
		else if (effect->kind == PBFT_VALIDATE)
			order_validate(&question);
	}
	order_end_offer();
}

/* The log may have lost something: what was about to leave does not, and this node is fenced. */
static void
fence(void)
{
	if (order.fenced)
		return;
	order.fenced = true;
	pbft_effects_clear(order.effects);
	order.answered = 0;
	pbft_step(order.replica, &(PbftEvent){ .kind = PBFT_EVENT_FENCE }, order.effects);
}

static bool
persist(void)
{
	bool sync = false;

	for (size_t i = 0; i < order.effects->count; i++)
	{
		const PbftEffect *effect = &order.effects->list[i];

		sync |= effect->needs_sync;
		if (effect->kind == PBFT_PERSIST)
			votelog_append(VOTELOG_VOTE, effect->bytes);
	}
	return !sync || order.fenced || votelog_sync();
}

/* R0: one sync, then everything else in its order. */
void
order_flush(void)
{
	answer_questions();
	if (!persist())
		fence();
	for (size_t i = 0; i < order.effects->count; i++)
		do_effect(&order.effects->list[i]);
	pbft_effects_clear(order.effects);
	order.answered = 0;
}

/* ---- one turn ----------------------------------------------------------------------------------
 */

/* Up to here all is durable, one block or several by one commit. */
static void
feed_applied(uint64_t applied)
{
	while (order.handed > 0 && ordered_at(0)->header.height <= applied)
	{
		uint64_t height = ordered_at(0)->header.height;

		order.ordered_first = (order.ordered_first + 1) % ORDERED_MAX;
		order.ordered_count--;
		order.handed--;
		order_step((PbftEvent){ .kind = PBFT_EVENT_APPLIED, .height = height });
		order.epoch_over = height == order.epoch_end;
	}
}

static void
feed_exchange(void)
{
	BlockExchange *exchange = &node_shared->exchange;
	uint32_t stage = pg_atomic_read_u32(&exchange->stage);
	uint64_t height;

	pg_read_barrier();
	height = exchange->header.height;
	if (stage == EXCHANGE_EXECUTED && order.executed_height < height)
	{
		McHash exec_root = exchange->exec_root;

		order.executed_height = height;
		lie_about_result(&exec_root);
		order_step((PbftEvent){ .kind = PBFT_EVENT_EXECUTED,
								.height = height,
								.hash = exec_root,
								.next_valset = exchange->next_valset });
	}
	else if (stage == EXCHANGE_APPLIED)
	{
		order.come_back = pool_ready_count() + exchange->slot_count;
		order.applied_ms = order.now_ms;
		pg_atomic_write_u32(&exchange->stage, EXCHANGE_EMPTY);
	}
	feed_applied(pg_atomic_read_u64(&exchange->applied));
}

static void
feed_timers(void)
{
	for (int timer = 0; timer < PBFT_TIMER_COUNT; timer++)
		if (order.deadline_ms[timer] != 0 && order.deadline_ms[timer] <= order.now_ms)
		{
			order.deadline_ms[timer] = 0;
			order_step((PbftEvent){ .kind = PBFT_EVENT_TIMEOUT,
									.timer = (PbftTimer) timer,
									.generation = order.timer_generation[timer] });
		}
}

static void
log_held_body(HeldBlock *block)
{
	McSpan record = block_record(block);

	votelog_append(VOTELOG_BODY, record);
	pfree(unconstify(uint8_t *, record.data));
}

bool
order_write_snapshot(const VoteLogOwner *owner)
{
	PbftEvent event = { .kind = PBFT_EVENT_SNAPSHOT };

	order.snapshot_due = false;
	votelog_begin_snapshot(owner);
	pbft_effects_clear(order.records);
	pbft_step(order.replica, &event, order.records);
	blocks_each_logged(log_held_body);
	for (size_t i = 0; i < order.records->count; i++)
		if (order.records->list[i].kind == PBFT_PERSIST)
			votelog_append(VOTELOG_VOTE, order.records->list[i].bytes);
	return votelog_end_snapshot();
}

static void
begin_log_anew(void)
{
	if (order.fenced || order_write_snapshot(NULL))
	{
		order.snapshot_due = false;
		return;
	}
	fence();
	order_flush();
}

static void
sweep(void)
{
	static uint64_t next_ms;

	if (order.now_ms < next_ms)
		return;
	next_ms = order.now_ms + SWEEP_MS;
	pool_sweep(GetCurrentTimestamp() - SWEEP_AGE_US);
}

/* Alone, and nobody waits to be admitted: then there is nobody to speak with. */
static bool
speaking(void)
{
	return order.genesis->peer_count > 1 || order.self >= order.genesis->peer_count;
}

static void
turn(void)
{
	if (order.epoch_over)
		order_next_instance();
	if (pg_atomic_exchange_u32(&node_shared->peers_changed, 0) != 0)
		order_map_peers();
	order.now_ms = order_clock_ms(CLOCK_MONOTONIC);
	order.version_seen = pool_version();
	order_step((PbftEvent){
		.kind = PBFT_EVENT_CLOCK, .now_ms = order.now_ms, .wall_ms = order_wall_ms() });
	feed_exchange();
	order_answer_recovery();
	if (speaking())
	{
		links_poll(order.now_ms);
		order_gossip();
		order_take_inboxes();
		order_check_missing();
	}
	/* paused among others it still proposes what they took in: its turn must not cost them a view
	 */
	if (pg_atomic_read_u32(&node_shared->paused) == 0 || speaking())
		order_feed_pool();
	feed_timers();
	order_flush();
	order_hand_over();
	if (order.snapshot_due)
		begin_log_anew();
	if (speaking())
	{
		links_flush();
		sweep();
	}
}

/* Own bodies gather, and are told when this passes: no session need say that it has one more. */
static bool
gathering(void)
{
	return order.now_ms < order.gossip_ms;
}

/* The sooner of a sleep (-1: for good) and a moment (0: none). */
static long
sooner(long sleep, uint64_t at_ms)
{
	uint64_t now_ms = order_clock_ms(CLOCK_MONOTONIC);
	long left = at_ms > now_ms ? (long) (at_ms - now_ms) : 0;

	return at_ms > 0 && (sleep < 0 || left < sleep) ? left : sleep;
}

static long
sleep_ms(void)
{
	long sleep = -1;

	for (int timer = 0; timer < PBFT_TIMER_COUNT; timer++)
		sleep = sooner(sleep, order.deadline_ms[timer]);
	if (!speaking())
		return sleep;
	sleep = sooner(sleep, order.now_ms + ORDER_REGOSSIP_MS);
	if (gathering())
		sleep = sooner(sleep, order.gossip_ms);
	sleep = sooner(sleep, order_look_ms());
	if (blocks_missing())
		sleep = sooner(sleep, order.now_ms + 2);
	return sleep;
}

/* What this turn left undone, as one word to compare: asleep only while it says nothing new. */
static bool
work_waits(void)
{
	uint32_t stage = pg_atomic_read_u32(&node_shared->exchange.stage);

	if (stage == EXCHANGE_APPLIED || stage == EXCHANGE_HELD ||
		pg_atomic_read_u32(&node_shared->recovery.stage) == RECOVERY_ASKED ||
		(stage == EXCHANGE_EXECUTED && order.executed_height < node_shared->exchange.header.height))
		return true;
	if (pg_atomic_read_u32(&node_shared->paused) != 0 && !speaking())
		return false;
	if (order.epoch_over)
		return true;
	if (!speaking())
		return stage == EXCHANGE_EMPTY && pool_ready_count() > 0;
	if (pool_version() != order.version_seen && pool_ready_count() >= order_wants())
		return true;
	return order_inboxes_wait() || (!gathering() && pool_announcing()) ||
		   (order.member_count == 1 && stage == EXCHANGE_EMPTY && pool_ready_count() > 0);
}

/* Alone with a block on its way nothing can be cut before apply is done with it, and apply wakes.
 */
static OrderRest
rest(void)
{
	if (speaking() && gathering())
		return ORDER_GATHERS;
	return !speaking() && order.member_count == 1 && !order_exchange_free() ? ORDER_ENGAGED
																			: ORDER_ASLEEP;
}

/* Alone, what comes next comes sooner than two processes can go to sleep and be woken. */
static void
look_on(void)
{
	if (speaking() || order.member_count > 1)
		return;
	if (order_exchange_free())
		handoff_await_announced();
	else if (node_shared->exchange.slot_count <= SMALL_BLOCK)
		handoff_watch(EXCHANGE_EXECUTE);
}

static void
publish(void)
{
	PbftSummary summary;

	pbft_summary(order.replica, &summary);
	LWLockAcquire(node_shared->lock, LW_EXCLUSIVE);
	node_shared->consensus = summary;
	node_shared->final_height = summary.stable;
	LWLockRelease(node_shared->lock);
}

/* ---- the worker -------------------------------------------------------------------------------
 */

void
order_main(Datum argument)
{
	MemoryContext turn_context;

	worker_begin(&node_shared->order_pid, &node_shared->order_latch);
	order.replica = MemoryContextAllocHuge(TopMemoryContext, pbft_replica_size());
	order.effects = MemoryContextAllocHuge(TopMemoryContext, sizeof(PbftEffects));
	order.records = MemoryContextAllocHuge(TopMemoryContext, sizeof(PbftEffects));
	turn_context = AllocSetContextCreate(TopMemoryContext, "meschain turn", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(turn_context);
	order_start();
	for (;;)
	{
		turn();
		publish();
		MemoryContextReset(turn_context);
		/* P34: say asleep, then look again; whoever publishes looks at the word after it did */
		look_on();
		handoff_rest(rest(), order_wants());
		links_wait(work_waits() ? 0 : sleep_ms());
		handoff_awake();
	}
}
