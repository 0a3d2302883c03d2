/*
 * order_start_pg.c - how the order worker begins, and how it goes from one epoch to the next: the
 * instance of what apply has published, what the vote log remembers of it, the last block of the
 * tables. Whatever is wrong with the log fences, and the node follows.
 */
#include "node/order_pg.h"

#include "node/keys_pg.h"
#include "node/link_pg.h"
#include "node/members_pg.h"
#include "node/recovery_pg.h"
#include "node/votelog_pg.h"
#include "storage/ipc.h"
#include "utils/memutils.h"

#define WINDOW 4
#define LAG 16

/* ---- signatures --------------------------------------------------------------------------------
 */

static void
sign(void *context, McSpan message, uint8_t signature[PBFT_SIGNATURE_SIZE])
{
	suite_sign(&order.voting, message, signature);
}

static bool
verify(void *context, uint32_t member, McSpan message, const uint8_t signature[PBFT_SIGNATURE_SIZE])
{
	SuiteKey key = { .suite = SUITE_ED25519 };

	if (member >= order.member_count)
		return false;
	memcpy(key.public_key, order.genesis->document.members[member].voting_key, SUITE_PUBLIC_SIZE);
	return suite_verify(&key, message, signature);
}

/* ---- the instance ------------------------------------------------------------------------------
 */

static void
fill_config(PbftConfig *config, bool votes)
{
	const NodeGenesis *genesis = order.genesis;
	const int64_t *parameters = genesis->document.parameters;

	memset(config, 0, sizeof(*config));
	config->domain = order.domain;
	config->epoch = genesis->epoch;
	config->member_count = order.member_count;
	config->self = votes ? order.self : order.member_count;
	config->anchor = genesis->anchor;
	config->resumed = genesis->resumed;
	config->base_parent = genesis->base_parent;
	config->order_seed = genesis->anchor.hash;
	config->window = order.member_count == 1 ? 1 : WINDOW;
	config->lag = order.member_count == 1 ? 1 : LAG;
	config->tau0_ms = (uint64_t) parameters[PARAMETER_TAU0];
	config->tau_min_ms = (uint64_t) Min(parameters[PARAMETER_TAU_MIN], parameters[PARAMETER_TAU0]);
	config->slot_ms = order.slot_ms;
	config->tau_max_ms = 16 * config->tau0_ms;
	config->drift_ms = (uint64_t) parameters[PARAMETER_DRIFT];
	config->epoch_blocks = (uint64_t) parameters[PARAMETER_EPOCH_BLOCKS];
	config->epoch_ms = (uint64_t) parameters[PARAMETER_EPOCH_TIME];
	config->epoch_min_blocks = (uint64_t) parameters[PARAMETER_EPOCH_MIN_BLOCKS];
	pbft_limit_causes(config, genesis->older.ts_ms > 0 ? &genesis->older : NULL);
	config->heartbeat_ms = (uint64_t) parameters[PARAMETER_HEARTBEAT];
	config->crypto = (PbftCrypto){ .sign = sign, .verify = verify };
}

/* What apply has published; the instance before it stays readable as order.spare. */
static void
take_genesis(PbftTip *tip)
{
	NodeGenesis *before = order.genesis;

	order.genesis = order.spare;
	order.spare = before;
	LWLockAcquire(node_shared->lock, LW_SHARED);
	*order.genesis = node_shared->genesis;
	*tip = node_shared->tip;
	LWLockRelease(node_shared->lock);
	order.member_count = order.genesis->document.member_count;
	order.self = order.genesis->self;
	if (tip->height == order.genesis->anchor.height)
		*tip = order.genesis->anchor;
}

/* ---- who this node is in it --------------------------------------------------------------------
 */

static void
say_mode(VoteLogState state)
{
	const NodeGenesis *genesis = order.genesis;

	if (genesis->seated && state == VOTELOG_WAITS)
		node_set_mode(NODE_FOLLOWING, "this node's voting key votes from the next epoch on", "");
	else if (genesis->seated && state != VOTELOG_FENCED)
		node_set_mode(NODE_VOTING, "", "");
	else if (genesis->self < order.member_count)
		node_set_mode(NODE_FENCED,
					  genesis->seated ? "the vote log of this node cannot be trusted"
									  : "this node's voting key is not the one of its seat",
					  "Run mesctl node attest: the node comes back with a new voting key.");
	else if (genesis->self < genesis->peer_count)
		node_set_mode(NODE_FOLLOWING, "this node has a seat from the next epoch on", "");
	else
		node_set_mode(NODE_FOLLOWING, "this node is no member of this epoch", "");
}

static void
fill_owner(VoteLogOwner *owner, const PbftTip *tip)
{
	const NodeGenesis *genesis = order.genesis;

	memset(owner, 0, sizeof(*owner));
	memcpy(owner->chain_id, genesis->chain_id, CHAIN_ID_SIZE);
	memcpy(owner->voting_key, order.voting.key.public_key, SUITE_PUBLIC_SIZE);
	memcpy(owner->instance, order.domain.instance, PBFT_INSTANCE_SIZE);
	memcpy(owner->before, genesis->before, PBFT_INSTANCE_SIZE);
	owner->incarnation = genesis->incarnation;
	/* a recovery's base may have yet to become a row */
	owner->at_anchor = tip->height <= genesis->anchor.height;
}

/* A key that is another one has a log of its own, which never forgot anything yet (A18). */
static void
take_key(void)
{
	uint8_t before[SUITE_PUBLIC_SIZE];

	memcpy(before, order.voting.key.public_key, SUITE_PUBLIC_SIZE);
	keys_load(NODE_KEY_VOTING, &order.voting);
	if (memcmp(before, order.voting.key.public_key, SUITE_PUBLIC_SIZE) == 0)
		return;
	votelog_close();
	order.fenced = order.closed = false;
	order.fence_reason = NULL;
}

static void
take_record(VoteLogRecord kind, McSpan record)
{
	if (kind == VOTELOG_BODY)
		block_read_record(record);
	else
		pbft_step(order.replica, &(PbftEvent){ .kind = PBFT_EVENT_RECORD, .bytes = record },
				  order.effects);
}

/* What this node has said, or the fence. */
static VoteLogState
read_log(const VoteLogOwner *owner)
{
	VoteLogState state = VOTELOG_FENCED;
	const char *why;

	if (order.fenced)
		return VOTELOG_FENCED;
	why = "this node made a statement for a recovery";
	if (order_may_vote())
		state = votelog_open(owner, take_record, &why);
	if (state != VOTELOG_FENCED)
		return state;
	order.fenced = true;
	order.fence_reason = why;
	ereport(LOG, (errmsg("meschain is fenced: %s", why),
				  errhint("The node follows and serves, and votes again after it has rejoined with "
						  "a new voting key.")));
	return state;
}

/* ---- doors and links ---------------------------------------------------------------------------
 */

static void
close_door(int code, Datum argument)
{
	LWLockAcquire(node_shared->lock, LW_EXCLUSIVE);
	node_shared->domain_known = false;
	LWLockRelease(node_shared->lock);
	for (uint32_t i = 0; i < order.genesis->peer_count; i++)
		pg_atomic_write_u32(&peer_of(i)->link_up, 0);
}

/* Keys and instance go to the sessions together: what they verify is of one epoch or of none. */
static void
open_door(bool remap)
{
	if (remap)
	{
		peers_open(order.genesis->peer_count);
		links_open(order.genesis);
	}
	else
		links_use(order.genesis);
	LWLockAcquire(node_shared->lock, LW_EXCLUSIVE);
	node_shared->running = *order.genesis;
	node_shared->domain = order.domain;
	/* what the door takes for settled, until the first turn says more: a resumption may go back */
	memset(&node_shared->consensus, 0, sizeof(node_shared->consensus));
	node_shared->domain_known = true;
	node_shared->running_version++;
	LWLockRelease(node_shared->lock);
}

void
order_map_peers(void)
{
	PbftTip tip;

	LWLockAcquire(node_shared->lock, LW_SHARED);
	tip = node_shared->genesis.anchor;
	LWLockRelease(node_shared->lock);
	if (tip.height != order.genesis->anchor.height)
		return; /* of the epoch that begins next */
	take_genesis(&tip);
	blocks_use(order.genesis);
	open_door(true);
}

/* ---- beginning ---------------------------------------------------------------------------------
 */

/* A log begins with the header of its instance and all that a restart needs, before any vote. */
static void
begin_log(const VoteLogOwner *owner)
{
	if (order_write_snapshot(owner))
		return;
	order.fenced = true;
	order_step((PbftEvent){ .kind = PBFT_EVENT_FENCE });
}

static void
init_replica(bool votes)
{
	PbftConfig config;

	fill_config(&config, votes);
	pbft_init(order.replica, &config);
	pbft_effects_clear(order.effects);
	order.answered = 0;
	order.now_ms = order_clock_ms(CLOCK_MONOTONIC);
	order_step((PbftEvent){
		.kind = PBFT_EVENT_CLOCK, .now_ms = order.now_ms, .wall_ms = order_wall_ms() });
}

static void
begin_instance(const PbftTip *tip)
{
	VoteLogState state = VOTELOG_BEGINS;
	VoteLogOwner owner;
	bool logged = order.genesis->seated && order.member_count > 1; /* alone there is no log */

	order.final_height = tip->height;
	order.tip_height = tip->height;
	order.come_back = 0;
	if (order.genesis->seated)
		take_key();
	init_replica(order.genesis->seated);
	fill_owner(&owner, tip);
	if (logged)
		state = read_log(&owner);
	if (state == VOTELOG_WAITS)
		init_replica(false);
	if (state != VOTELOG_GOES_ON)
		order_take_recovery(tip->height);
	say_mode(state);
	order_step((PbftEvent){ .kind = PBFT_EVENT_START, .start = tip });
	if (order.fenced)
		order_step((PbftEvent){ .kind = PBFT_EVENT_FENCE });
	else if (logged && state == VOTELOG_BEGINS)
		begin_log(&owner);
	order_flush();
	order_hand_over();
}

/* The pool and everything that hangs on blocks is told anew. */
static void
forget_turn(void)
{
	memset(order.deadline_ms, 0, sizeof(order.deadline_ms));
	order.ready_told = 0;
	order.version_told = PG_UINT64_MAX;
	order.epoch_over = false;
	order.snapshot_due = false;
}

void
order_next_instance(void)
{
	PbftSummary summary;
	PbftTip tip;
	bool remap;

	Assert(order.ordered_count == 0);
	pbft_summary(order.replica, &summary);
	order.slot_ms = summary.slot_ms;
	take_genesis(&tip);
	remap = members_differ(order.spare, order.genesis);
	forget_turn();
	blocks_restart(order.genesis, tip.height);
	members_domain(order.genesis, &order.domain);
	open_door(remap);
	begin_instance(&tip);
}

void
order_start(void)
{
	PbftTip tip;

	order.genesis = MemoryContextAllocZero(TopMemoryContext, sizeof(NodeGenesis));
	order.spare = MemoryContextAllocZero(TopMemoryContext, sizeof(NodeGenesis));
	order.ordered = MemoryContextAllocZero(TopMemoryContext, sizeof(OrderedBlock) * ORDERED_MAX);
	order.marks = MemoryContextAllocZero(TopMemoryContext, sizeof(uint32_t) * pool_slot_count());
	pg_atomic_write_u32(&node_shared->peers_changed, 0);
	take_genesis(&tip);
	order.executed_height = tip.height;
	forget_turn();
	blocks_init(order.genesis, tip.height);
	members_domain(order.genesis, &order.domain);
	open_door(true);
	before_shmem_exit(close_door, 0);
	begin_instance(&tip);
}
