/*
 * order_pg.c - the order worker: pool and exchange on one side, pbft_step() on the other. Runs no
 * SQL and takes no lock longer than a copy (P1, P7).
 *
 * With one member every effect is done within the turn and nothing is sent; the block's own COMMIT
 * in apply is the one durable write (C4). A block is cut when the previous one is applied (P33).
 */
#include "postgres.h"

#include "base/suite.h"
#include "miscadmin.h"
#include "node/keys_pg.h"
#include "node/launcher_pg.h"
#include "node/shmem_pg.h"
#include "storage/ipc.h"
#include "utils/memutils.h"

#include <time.h>

static struct
{
	PbftReplica *replica;
	PbftEffects *effects;
	SuiteSecret voting;
	NodeGenesis *genesis;
	uint64_t deadline_ms[PBFT_TIMER_COUNT]; /* 0: not set */
	uint64_t timer_generation[PBFT_TIMER_COUNT];
	uint32_t ready_told;
	/* the body offered under the last CANDIDATE, taken from the pool once it is PROPOSED */
	uint32_t offered;
	uint64_t executed_height; /* EXECUTED was told */
} order;

/* ---- time, keys, events ------------------------------------------------------------------------
 */

static uint64_t
clock_ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t) now.tv_sec * 1000 + (uint64_t) now.tv_nsec / 1000000;
}

static void
sign(void *context, McSpan message, uint8_t signature[PBFT_SIGNATURE_SIZE])
{
	suite_sign(&order.voting, message, signature);
}

static bool
verify(void *context, uint32_t member, McSpan message, const uint8_t signature[PBFT_SIGNATURE_SIZE])
{
	SuiteKey key = { .suite = SUITE_ED25519 };

	if (member >= order.genesis->document.member_count)
		return false;
	memcpy(key.public_key, order.genesis->document.members[member].voting_key, SUITE_PUBLIC_SIZE);
	return suite_verify(&key, message, signature);
}

static void
step(PbftEvent event)
{
	pbft_step(order.replica, &event, order.effects);
}

/* ---- bodies ------------------------------------------------------------------------------------
 */

static bool
exchange_free(void)
{
	return pg_atomic_read_u32(&node_shared->exchange.stage) == EXCHANGE_EMPTY;
}

/* Offers what waits in the pool, as far as one block goes; nothing before the last is applied. */
static void
offer_candidate(uint64_t request)
{
	BlockExchange *exchange = &node_shared->exchange;
	const Genesis *document = &order.genesis->document;
	PbftCandidate candidate = { .request = request, .empty = !exchange_free() };
	MerkleBuilder tree;

	if (candidate.empty)
	{
		step((PbftEvent){ .kind = PBFT_EVENT_CANDIDATE, .candidate = &candidate });
		return;
	}
	merkle_builder_init(&tree);
	order.offered =
		pool_peek(exchange->slots, (uint32_t) document->parameters[PARAMETER_BLOCK_TX_MAX],
				  (size_t) document->parameters[PARAMETER_BLOCK_BYTES_MAX]);
	for (uint32_t i = 0; i < order.offered; i++)
	{
		const PoolSlot *slot = pool_slot(exchange->slots[i]);

		merkle_builder_add(&tree, &slot->leaf);
		candidate.body_bytes += slot->view.bytes.size;
	}
	merkle_builder_root(&tree, &candidate.tx_root);
	candidate.tx_count = order.offered;
	candidate.mempool_depth = order.ready_told;
	step((PbftEvent){ .kind = PBFT_EVENT_CANDIDATE, .candidate = &candidate });
}

/* ---- effects -----------------------------------------------------------------------------------
 */

static void
hand_to_apply(const PbftEffect *effect)
{
	BlockExchange *exchange = &node_shared->exchange;

	Assert(pg_atomic_read_u32(&exchange->stage) == EXCHANGE_EMPTY);
	exchange->header = *effect->header;
	exchange->hash = effect->hash;
	exchange->slot_count = effect->header->tx_count;
	exchange->commit_certificate_size = (uint32_t) effect->bytes.size;
	memcpy(exchange->commit_certificate, effect->bytes.data, effect->bytes.size);
	pg_write_barrier();
	pg_atomic_write_u32(&exchange->stage, EXCHANGE_EXECUTE);
	node_wake(&node_shared->apply_latch);
}

static void
let_commit(const PbftEffect *effect)
{
	BlockExchange *exchange = &node_shared->exchange;

	Assert(pg_atomic_read_u32(&exchange->stage) == EXCHANGE_EXECUTED);
	exchange->result_certificate_size = (uint32_t) effect->bytes.size;
	memcpy(exchange->result_certificate, effect->bytes.data, effect->bytes.size);
	pg_write_barrier();
	pg_atomic_write_u32(&exchange->stage, EXCHANGE_COMMIT);
	node_wake(&node_shared->apply_latch);
}

static void
set_timer(const PbftEffect *effect)
{
	order.deadline_ms[effect->timer] = clock_ms(CLOCK_MONOTONIC) + effect->delay_ms;
	order.timer_generation[effect->timer] = effect->generation;
}

static void
log_note(const PbftEffect *effect)
{
	if (effect->note == PBFT_NOTE_DIVERGED)
		node_set_mode(
			NODE_DIVERGED, "this node computed another result than the quorum",
			"Run mes.locate_divergence(); the ledger here stays at the last agreed block.");
	else if (effect->note == PBFT_NOTE_FENCED)
		node_set_mode(NODE_FENCED, "this node's vote log cannot be trusted",
					  "Run mesctl node attest, or rejoin with a new voting key.");
}

static void
do_effect(const PbftEffect *effect)
{
	switch (effect->kind)
	{
		case PBFT_REQUEST_BLOCK:
			offer_candidate(effect->request);
			break;
		case PBFT_PROPOSED:
			pool_taken(effect->header->tx_count);
			break;
		case PBFT_EXECUTE:
			hand_to_apply(effect);
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
		case PBFT_PERSIST:
			/* n = 1: never synced, and a restart begins at the tables' last block (C4) */
			Assert(!effect->needs_sync);
			break;
		case PBFT_SEND:
		case PBFT_BROADCAST:
		case PBFT_SERVE:
		case PBFT_VALIDATE:
		case PBFT_RELEASE:
		case PBFT_TIP:
			break; /* there is nobody to send to, and apply frees the bodies */
	}
}

/* ---- one turn ----------------------------------------------------------------------------------
 */

static void
feed_pool(void)
{
	uint32_t ready = exchange_free() ? pool_ready_count() : 0;

	if (ready == order.ready_told && ready == 0)
		return;
	order.ready_told = ready;
	step((PbftEvent){ .kind = PBFT_EVENT_POOL, .count = ready });
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
		order.executed_height = height;
		step((PbftEvent){
			.kind = PBFT_EVENT_EXECUTED, .height = height, .hash = exchange->exec_root });
	}
	else if (stage == EXCHANGE_APPLIED)
	{
		pg_atomic_write_u32(&exchange->stage, EXCHANGE_EMPTY);
		step((PbftEvent){ .kind = PBFT_EVENT_APPLIED, .height = height });
	}
}

static void
feed_timers(uint64_t now_ms)
{
	for (int timer = 0; timer < PBFT_TIMER_COUNT; timer++)
		if (order.deadline_ms[timer] != 0 && order.deadline_ms[timer] <= now_ms)
		{
			order.deadline_ms[timer] = 0;
			step((PbftEvent){ .kind = PBFT_EVENT_TIMEOUT,
							  .timer = (PbftTimer) timer,
							  .generation = order.timer_generation[timer] });
		}
}

static void
turn(void)
{
	uint64_t now_ms = clock_ms(CLOCK_MONOTONIC);

	pbft_effects_clear(order.effects);
	step((PbftEvent){
		.kind = PBFT_EVENT_CLOCK, .now_ms = now_ms, .wall_ms = clock_ms(CLOCK_REALTIME) });
	feed_exchange();
	if (pg_atomic_read_u32(&node_shared->paused) == 0)
		feed_pool();
	feed_timers(now_ms);
	for (size_t i = 0; i < order.effects->count; i++)
		do_effect(&order.effects->list[i]);
}

static long
sleep_ms(void)
{
	uint64_t now_ms = clock_ms(CLOCK_MONOTONIC);
	long sleep = -1;

	for (int timer = 0; timer < PBFT_TIMER_COUNT; timer++)
	{
		long left;

		if (order.deadline_ms[timer] == 0)
			continue;
		left = order.deadline_ms[timer] > now_ms ? (long) (order.deadline_ms[timer] - now_ms) : 0;
		if (sleep < 0 || left < sleep)
			sleep = left;
	}
	return sleep;
}

/* What this turn left undone, as one word to compare: asleep only while it says nothing new. */
static bool
work_waits(void)
{
	uint32_t stage = pg_atomic_read_u32(&node_shared->exchange.stage);

	return stage == EXCHANGE_APPLIED ||
		   (stage == EXCHANGE_EXECUTED &&
			order.executed_height < node_shared->exchange.header.height) ||
		   (stage == EXCHANGE_EMPTY && pg_atomic_read_u32(&node_shared->paused) == 0 &&
			pool_ready_count() > 0);
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

static void
start_order(void)
{
	PbftConfig config = { 0 };
	PbftTip tip;

	order.genesis = MemoryContextAllocZero(TopMemoryContext, sizeof(NodeGenesis));
	LWLockAcquire(node_shared->lock, LW_SHARED);
	*order.genesis = node_shared->genesis;
	tip = node_shared->tip;
	LWLockRelease(node_shared->lock);
	keys_load(NODE_KEY_VOTING, &order.voting);

	memcpy(config.domain.chain_id, order.genesis->chain_id, PBFT_CHAIN_ID_SIZE);
	pbft_instance(0, 0, &order.genesis->genesis_hash, &order.genesis->valset_hash,
				  config.domain.instance);
	config.member_count = order.genesis->document.member_count;
	config.self = order.genesis->self;
	config.anchor = (PbftTip){ .hash = order.genesis->genesis_hash,
							   .exec_root = order.genesis->genesis_hash,
							   .ts_ms = order.genesis->document.created_ms,
							   .stable_exec_root = order.genesis->genesis_hash };
	config.order_seed = order.genesis->genesis_hash;
	config.window = 1;
	config.lag = 1;
	config.tau0_ms = (uint64_t) order.genesis->document.parameters[PARAMETER_TAU0];
	config.tau_max_ms = 16 * config.tau0_ms;
	config.drift_ms = (uint64_t) order.genesis->document.parameters[PARAMETER_DRIFT];
	config.heartbeat_ms = (uint64_t) order.genesis->document.parameters[PARAMETER_HEARTBEAT];
	config.crypto = (PbftCrypto){ .sign = sign, .verify = verify };
	pbft_init(order.replica, &config);
	pbft_effects_clear(order.effects);
	step((PbftEvent){ .kind = PBFT_EVENT_CLOCK,
					  .now_ms = clock_ms(CLOCK_MONOTONIC),
					  .wall_ms = clock_ms(CLOCK_REALTIME) });
	step((PbftEvent){ .kind = PBFT_EVENT_START, .start = &tip });
	for (size_t i = 0; i < order.effects->count; i++)
		do_effect(&order.effects->list[i]);
	if (order.genesis->self < config.member_count)
		node_set_mode(NODE_VOTING, "", "");
	else
		node_set_mode(NODE_FOLLOWING, "this node's voting key is not in genesis", "");
}

void
order_main(Datum argument)
{
	worker_begin(&node_shared->order_pid, &node_shared->order_latch);
	order.replica = MemoryContextAllocHuge(TopMemoryContext, pbft_replica_size());
	order.effects = MemoryContextAllocHuge(TopMemoryContext, sizeof(PbftEffects));
	start_order();
	for (;;)
	{
		turn();
		publish();
		/* P34: say asleep, then look again; whoever publishes looks at the flag after it did */
		pg_atomic_write_u32(&node_shared->order_sleeping, 1);
		pg_memory_barrier();
		if (!work_waits())
			worker_wait(sleep_ms());
		pg_atomic_write_u32(&node_shared->order_sleeping, 0);
	}
}
