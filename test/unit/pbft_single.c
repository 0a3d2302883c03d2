/* pbft_single.c - one node: every block is ordered and resulted in the turn that proposed it. */
#include "base/digest.h"
#include "pbft/pbft.h"
#include "unit/check.h"
#include "unit/pbft_mac.h"

#define BLOCKS_MAX 64

static MacSigner signer = { 7, 0 };
static PbftReplica *replica;
static PbftEffects effects;
static PbftConfig config;
static uint64_t wall_ms;

/* what the tables of the node would hold */
static PbftTip tables[BLOCKS_MAX];
static uint64_t height;
static uint64_t waiting; /* transactions in the pool, one a block */
static uint64_t asked;
static uint64_t messages;
static uint64_t synced;
static McHash pending_root;
static PbftHeader pending_header;
static uint64_t heartbeat_generation;
static uint64_t heartbeat_delay;

static void
step(PbftEvent event)
{
	pbft_step(replica, &event, &effects);
}

static void
give_candidate(const PbftEffect *effect)
{
	PbftCandidate candidate = { .request = effect->request, .empty = waiting == 0 };

	asked++;
	if (waiting > 0)
	{
		candidate.tx_count = 1;
		candidate.tx_root.bytes[0] = (uint8_t) waiting;
		waiting--;
	}
	step((PbftEvent){ .kind = PBFT_EVENT_CANDIDATE, .candidate = &candidate });
}

static void
execute(const PbftEffect *effect)
{
	PbftCertificate certificate;
	PbftCrypto crypto = mac_crypto(&signer);
	McProblem problem;

	CHECK_INT(effect->height, height + 1);
	CHECK_INT(pbft_certificate_decode(effect->bytes, &certificate, &problem), MC_OK);
	CHECK_INT(certificate.subject.kind, PBFT_COMMIT);
	CHECK(hash_equal(&certificate.subject.hash, &effect->hash));
	CHECK_INT(pbft_certificate_verify(&certificate, &config.domain, 1, &crypto, &problem), MC_OK);
	pending_header = *effect->header;
	digest_tagged(&pending_root, "root", span_hash(&effect->hash));
	step((PbftEvent){ .kind = PBFT_EVENT_EXECUTED, .height = effect->height,
					  .hash = pending_root });
}

static void
commit(const PbftEffect *effect)
{
	PbftCertificate certificate;
	PbftCrypto crypto = mac_crypto(&signer);
	McProblem problem;

	CHECK_INT(pbft_certificate_decode(effect->bytes, &certificate, &problem), MC_OK);
	CHECK_INT(certificate.subject.kind, PBFT_CHECKPOINT);
	CHECK(hash_equal(&certificate.subject.exec_root, &pending_root));
	CHECK_INT(pbft_certificate_verify(&certificate, &config.domain, 1, &crypto, &problem), MC_OK);
	height = effect->height;
	tables[height] = (PbftTip){ .height = height, .hash = effect->hash, .exec_root = pending_root };
	tables[height].ts_ms = pending_header.ts_ms;
	tables[height].stable_height = pending_header.stable_height;
	tables[height].stable_exec_root = pending_header.stable_exec_root;
	step((PbftEvent){ .kind = PBFT_EVENT_APPLIED, .height = height });
}

/* The loop of pbft.h. */
static void
run_effects(void)
{
	for (size_t i = 0; i < effects.count; i++)
	{
		PbftEffect *effect = &effects.list[i];

		synced += effect->kind == PBFT_PERSIST && effect->needs_sync;
		messages += effect->kind == PBFT_SEND || effect->kind == PBFT_BROADCAST;
		if (effect->kind == PBFT_REQUEST_BLOCK)
			give_candidate(effect);
		else if (effect->kind == PBFT_EXECUTE)
			execute(effect);
		else if (effect->kind == PBFT_COMMIT_RESULT)
			commit(effect);
		else if (effect->kind == PBFT_SET_TIMER && effect->timer == PBFT_TIMER_HEARTBEAT)
		{
			heartbeat_generation = effect->generation;
			heartbeat_delay = effect->delay_ms;
		}
	}
	pbft_effects_clear(&effects);
}

static void
turn(void)
{
	step((PbftEvent){ .kind = PBFT_EVENT_CLOCK, .now_ms = wall_ms, .wall_ms = wall_ms });
	step((PbftEvent){ .kind = PBFT_EVENT_POOL, .count = waiting });
	run_effects();
}

static void
start(void)
{
	free(replica);
	replica = malloc(pbft_replica_size());
	config = (PbftConfig){ .domain = { "chain", 0, 0, "one" }, .member_count = 1, .window = 8 };
	config.lag = 64;
	config.tau0_ms = 1000;
	config.tau_max_ms = 16000;
	config.drift_ms = 1000;
	config.heartbeat_ms = 60000;
	config.crypto = mac_crypto(&signer);
	config.anchor = tables[0];
	pbft_init(replica, &config);
	pbft_effects_clear(&effects);
	step((PbftEvent){ .kind = PBFT_EVENT_CLOCK, .now_ms = wall_ms, .wall_ms = wall_ms });
	step((PbftEvent){ .kind = PBFT_EVENT_START, .start = &tables[height] });
	run_effects();
}

static void
begin(void)
{
	memset(tables, 0, sizeof(tables));
	height = 0;
	waiting = asked = messages = synced = 0;
	wall_ms = 1000000;
	heartbeat_delay = 0;
	start();
}

/* P33: the next block waits for no timer, the turn that may propose it does. */
static void
test_every_waiting_transaction_is_final_in_one_turn(void)
{
	begin();
	waiting = 5;
	turn();
	CHECK_INT(height, 5);
	CHECK_INT(messages, 0);
	CHECK_INT(synced, 0);
}

static void
test_nothing_waiting_makes_no_block(void)
{
	begin();
	turn();
	turn();
	CHECK_INT(height, 0);
	CHECK_INT(asked, 0);
}

/* Chain time rises although the clock stands still, or goes back. */
static void
test_block_time_is_monotone(void)
{
	begin();
	waiting = 3;
	turn();
	wall_ms -= 500000;
	waiting = 3;
	turn();
	CHECK_INT(height, 6);
	for (uint64_t i = 2; i <= height; i++)
		CHECK(tables[i].ts_ms > tables[i - 1].ts_ms);
}

static void
test_restart_goes_on_from_the_tables(void)
{
	PbftSummary summary;

	begin();
	waiting = 4;
	turn();
	start();
	pbft_summary(replica, &summary);
	CHECK_INT(summary.committed, 4);
	CHECK(summary.voting);
	waiting = 2;
	turn();
	CHECK_INT(height, 6);
}

static void
test_heartbeat_makes_an_empty_block(void)
{
	begin();
	turn();
	CHECK_INT(heartbeat_delay, 60000);
	wall_ms += 60000;
	step((PbftEvent){ .kind = PBFT_EVENT_TIMEOUT, .timer = PBFT_TIMER_HEARTBEAT,
					  .generation = heartbeat_generation - 1 });
	run_effects();
	CHECK_INT(height, 0);
	step((PbftEvent){ .kind = PBFT_EVENT_TIMEOUT, .timer = PBFT_TIMER_HEARTBEAT,
					  .generation = heartbeat_generation });
	run_effects();
	CHECK_INT(height, 1);
	turn();
	CHECK_INT(height, 1);
}

static void
test_header_names_the_newest_result(void)
{
	begin();
	waiting = 3;
	turn();
	CHECK_INT(tables[3].stable_height, 2);
	CHECK(hash_equal(&tables[3].stable_exec_root, &tables[2].exec_root));
}

static void
test_a_fenced_node_makes_no_block(void)
{
	PbftSummary summary;

	begin();
	step((PbftEvent){ .kind = PBFT_EVENT_FENCE });
	waiting = 1;
	turn();
	CHECK_INT(height, 0);
	pbft_summary(replica, &summary);
	CHECK_INT(summary.mode, PBFT_MODE_FENCED);
}

static void
test_the_epoch_ends_after_its_blocks(void)
{
	PbftSummary summary;

	begin();
	free(replica);
	replica = malloc(pbft_replica_size());
	config.epoch_blocks = 3;
	pbft_init(replica, &config);
	step((PbftEvent){ .kind = PBFT_EVENT_START, .start = &tables[0] });
	waiting = 5;
	turn();
	CHECK_INT(height, 3);
	CHECK_INT(waiting, 2);
	CHECK_INT(pending_header.flags, PBFT_FLAG_END_EPOCH);
	pbft_summary(replica, &summary);
	CHECK_INT(summary.mode, PBFT_MODE_ENDED);
}

int
main(void)
{
	RUN(test_every_waiting_transaction_is_final_in_one_turn);
	RUN(test_nothing_waiting_makes_no_block);
	RUN(test_block_time_is_monotone);
	RUN(test_restart_goes_on_from_the_tables);
	RUN(test_heartbeat_makes_an_empty_block);
	RUN(test_header_names_the_newest_result);
	RUN(test_a_fenced_node_makes_no_block);
	RUN(test_the_epoch_ends_after_its_blocks);
	free(replica);
	return CHECK_RESULT();
}
