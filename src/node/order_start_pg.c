/*
 * order_start_pg.c - how the order worker begins: configuration from genesis, what the vote log
 * remembers, the last block of the tables. Whatever is wrong with the log fences, and the node
 * follows.
 */
#include "node/order_pg.h"

#include "node/keys_pg.h"
#include "node/link_pg.h"
#include "node/votelog_pg.h"
#include "storage/ipc.h"
#include "utils/memutils.h"

#define WINDOW 4
#define LAG 16

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

static void
fill_config(PbftConfig *config)
{
	const NodeGenesis *genesis = order.genesis;
	const int64_t *parameters = genesis->document.parameters;

	memcpy(config->domain.chain_id, genesis->chain_id, PBFT_CHAIN_ID_SIZE);
	pbft_instance(0, 0, &genesis->genesis_hash, &genesis->valset_hash, config->domain.instance);
	config->member_count = order.member_count;
	config->self = order.self;
	config->anchor = (PbftTip){ .hash = genesis->genesis_hash,
								.exec_root = genesis->genesis_hash,
								.ts_ms = genesis->document.created_ms,
								.stable_exec_root = genesis->genesis_hash };
	config->order_seed = genesis->genesis_hash;
	config->window = order.member_count == 1 ? 1 : WINDOW;
	config->lag = order.member_count == 1 ? 1 : LAG;
	config->tau0_ms = (uint64_t) parameters[PARAMETER_TAU0];
	config->tau_min_ms = (uint64_t) Min(parameters[PARAMETER_TAU_MIN], parameters[PARAMETER_TAU0]);
	config->tau_max_ms = 16 * config->tau0_ms;
	config->drift_ms = (uint64_t) parameters[PARAMETER_DRIFT];
	config->heartbeat_ms = (uint64_t) parameters[PARAMETER_HEARTBEAT];
	config->crypto = (PbftCrypto){ .sign = sign, .verify = verify };
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
static void
read_log(void)
{
	VoteLogOwner owner;
	const char *why;

	memcpy(owner.chain_id, order.genesis->chain_id, CHAIN_ID_SIZE);
	memcpy(owner.voting_key, order.voting.key.public_key, SUITE_PUBLIC_SIZE);
	if (votelog_open(&owner, take_record, &why))
		return;
	order.fenced = true;
	ereport(LOG, (errmsg("meschain is fenced: %s", why),
				  errhint("The node follows and serves, and votes again after it has rejoined with "
						  "a new voting key.")));
}

static void
close_door(int code, Datum argument)
{
	LWLockAcquire(node_shared->lock, LW_EXCLUSIVE);
	node_shared->domain_known = false;
	LWLockRelease(node_shared->lock);
	for (uint32_t i = 0; i < order.member_count; i++)
		pg_atomic_write_u32(&peer_of(i)->link_up, 0);
}

static void
open_door(const PbftDomain *domain)
{
	peers_open(order.member_count);
	links_open(order.genesis);
	LWLockAcquire(node_shared->lock, LW_EXCLUSIVE);
	node_shared->domain = *domain;
	node_shared->domain_known = true;
	LWLockRelease(node_shared->lock);
	before_shmem_exit(close_door, 0);
}

void
order_start(void)
{
	PbftConfig config = { 0 };
	PbftTip tip;
	bool fenced;

	order.genesis = MemoryContextAllocZero(TopMemoryContext, sizeof(NodeGenesis));
	order.ordered = MemoryContextAllocZero(TopMemoryContext, sizeof(OrderedBlock) * PBFT_LAG_MAX);
	order.marks = MemoryContextAllocZero(TopMemoryContext, sizeof(uint32_t) * pool_slot_count());
	LWLockAcquire(node_shared->lock, LW_SHARED);
	*order.genesis = node_shared->genesis;
	tip = node_shared->tip;
	LWLockRelease(node_shared->lock);
	order.member_count = order.genesis->document.member_count;
	order.self = order.genesis->self;
	order.executed_height = tip.height;
	keys_load(NODE_KEY_VOTING, &order.voting);
	fill_config(&config);
	blocks_init(order.genesis, tip.height);
	open_door(&config.domain);
	pbft_init(order.replica, &config);
	pbft_effects_clear(order.effects);
	order.now_ms = order_clock_ms(CLOCK_MONOTONIC);
	order_step((PbftEvent){
		.kind = PBFT_EVENT_CLOCK, .now_ms = order.now_ms, .wall_ms = order_wall_ms() });
	if (order.self >= order.member_count)
		node_set_mode(NODE_FOLLOWING, "this node's voting key is not in genesis", "");
	else
		node_set_mode(NODE_VOTING, "", "");
	if (order.member_count > 1 && order.self < order.member_count)
		read_log();
	fenced = order.fenced;
	order_step((PbftEvent){ .kind = PBFT_EVENT_START, .start = &tip });
	if (fenced)
		order_step((PbftEvent){ .kind = PBFT_EVENT_FENCE });
	order_flush();
	order_hand_over();
}
