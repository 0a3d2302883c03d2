/*
 * resume.c - RESUME (C8): members are restored from backups until no quorum is left that could
 * vote. Each attests what it still proves, an operator puts the TIPs of a quorum into a document,
 * and one after the other the members go on from its base. What the document does not say may be
 * lost must still be there.
 */
#include "sim/sim.h"

#define BACKUP_AGE_MAX 20 /* blocks */
#define RESUMES_MAX 2     /* of a seed */

static struct
{
	bool under_way;
	uint32_t count; /* documents so far */
	PbftAttest tips[PBFT_NODE_MAX];
	bool made[PBFT_NODE_MAX];
	/* the newest document */
	PbftResume verdict;
	uint32_t at;
	McHash *path; /* by height, up to the base */
	uint32_t fresh_key[PBFT_NODE_MAX];
	PbftProof proof; /* why the base is the base */
	SimBytes *commit, *checkpoint;
} resume;

static McProblem problem;

void
sim_resume_reset(void)
{
	sim_headers_reset();
	free(resume.path);
	sim_free(resume.commit);
	sim_free(resume.checkpoint);
	memset(&resume, 0, sizeof(resume));
}

/* ---- trouble ------------------------------------------------------------------------------ */

/* Tables of some blocks ago, or of now, and no log worth the name: whoever starts it knows. */
static void
restore(SimNode *node)
{
	uint64_t floor = resume.count > 0 ? resume.verdict.base_height : 1;
	uint64_t age = sim_random(BACKUP_AGE_MAX);

	if (node->up)
		sim_node_crash(node);
	if (node->applied > floor && sim_chance(700000))
		sim_node_cut(node, node->applied - floor > age ? node->applied - age : floor);
	sim_log_free(&node->log);
	node->fenced = node->may_fence = node->was_restored = true;
	sim_node_restart_after(node, 10000 + sim_random(1000000));
}

/* Any number of members, all of them or none: an operator may RESUME what is whole, too. */
void
sim_resume_strike(void)
{
	uint32_t share = (uint32_t) sim_random(1000001);

	if (!world.plan.resume || resume.under_way || resume.count >= RESUMES_MAX ||
		world.result_height < 3)
		return;
	for (uint32_t i = 0; i < world.plan.n; i++)
		if (sim_honest(i) && sim_chance(share))
			restore(&world.nodes[i]);
	resume.under_way = true;
	memset(resume.made, 0, sizeof(resume.made));
	world.lame = world.restores = 0;
	sim_schedule((SimEvent){ .kind = SIM_ATTEST }, 10000 + sim_random(2000000));
}

/* ---- attesting ---------------------------------------------------------------------------- */

static void
proof_from_table(PbftProof *proof, const SimBlock *block, const SimBytes *bytes)
{
	if (proof->present || bytes == NULL)
		return;
	proof->at = world.instances[block->at].at;
	proof->present = pbft_certificate_decode(span_of(bytes->data, bytes->size), &proof->certificate,
											 &problem) == MC_OK;
}

/* A liar proves less than it could, and claims that its log is whole. */
static void
lie(PbftAttest *tip)
{
	tip->lock.present &= sim_chance(500000);
	tip->commit.present &= sim_chance(500000);
	tip->result.present &= sim_chance(500000);
	tip->result_count = 0;
	tip->fenced = false;
}

static void
attest(SimNode *node)
{
	PbftAttest *tip = &resume.tips[node->member];
	const SimBlock *block = &node->chain[node->applied];
	const PbftInstance *since = &world.instances[node->since].at;
	uint8_t bytes[PBFT_DOCUMENT_SIGNED_SIZE];

	memset(tip, 0, sizeof(*tip));
	memcpy(tip->chain_id, world.config.domain.chain_id, PBFT_CHAIN_ID_SIZE);
	tip->roster = node->member;
	tip->resume_no = resume.count + 1;
	tip->incarnation = tip->resume_no;
	tip->fenced = node->fenced;
	tip->since_resume = since->resume_no;
	tip->since_epoch = since->epoch;
	if (!node->fenced)
		pbft_attest(node->replica, &world.instances[node->at].at, tip);
	proof_from_table(&tip->commit, block, block->commit);
	proof_from_table(&tip->result, block, block->checkpoint);
	/* nothing was certified in a resumed instance yet: what made its base the base is still true */
	if (!tip->lock.present && resume.count > 0 && node->resume == resume.at)
		tip->lock = resume.proof;
	if (node->byzantine)
		lie(tip);
	pbft_attest_signed(tip, bytes);
	sim_identity_sign(tip->roster, span_of(bytes, sizeof(bytes)), tip->signature);
	resume.made[node->member] = true;
}

/* First CLOSED is on the disk, then the TIP is made, once for a document. Returns how many have
 * made theirs who will vote afterwards: a quorum of those it takes to go on. */
static uint32_t
gather(void)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < world.plan.n; i++)
	{
		SimNode *node = &world.nodes[i];
		SimEvent event = { .kind = SIM_CLOSE,
						   .node = (uint16_t) i,
						   .incarnation = node->incarnation };

		if (!resume.made[i] && node->up && !node->busy && sim_chance(600000))
		{
			if (node->fenced || node->closed || node->byzantine)
				attest(node);
			else
				sim_node_input(node, &event);
		}
		count += resume.made[i] && node->byzantine == 0 && node->wrong_from == 0;
	}
	return count;
}

static McStatus
judge(void)
{
	static uint8_t bytes[PBFT_NODE_MAX][PBFT_ATTEST_MAX];
	static uint8_t document[PBFT_NODE_MAX * PBFT_ATTEST_MAX];
	static PbftAttest scratch[2];
	PbftResumeRules known = sim_resume_rules();
	McSpan spans[PBFT_NODE_MAX];
	uint8_t signed_bytes[PBFT_DOCUMENT_SIGNED_SIZE];
	uint8_t signature[PBFT_SIGNATURE_SIZE];
	uint64_t number = resume.count + 1;
	uint32_t count = 0;
	size_t size;

	for (uint32_t i = 0; i < world.plan.n; i++)
		if (resume.made[i])
		{
			spans[count] = span_of(bytes[count], pbft_attest_encode(&resume.tips[i], bytes[count]));
			count++;
		}
	size = pbft_resume_encode(known.chain_id, number, spans, count, document, sizeof(document));
	pbft_resume_signed(span_of(document, size), signed_bytes);
	sim_identity_sign((uint32_t) (number % world.plan.n),
					  span_of(signed_bytes, sizeof(signed_bytes)), signature);
	return pbft_resume_judge(&known, span_of(document, size), signature, scratch, &resume.verdict,
							 &problem);
}

/* ---- what a document promises --------------------------------------------------------------- */

static void
walk_path(void)
{
	McHash at = resume.verdict.base;

	resume.path = realloc(resume.path, (resume.verdict.base_height + 1) * sizeof(McHash));
	for (uint64_t height = resume.verdict.base_height; height > 0; height--)
	{
		const PbftHeader *header = sim_header_find(&at);

		if (header == NULL || header->height != height)
			sim_fail("a base whose chain nobody proposed", 0, height);
		resume.path[height] = at;
		at = header->parent_hash;
	}
}

/* Whether somebody may have lied who attests a whole log: a faulty member, or one that was restored
 * and has not noticed. */
static bool
somebody_may_lie(void)
{
	for (uint32_t i = 0; i < world.plan.n; i++)
		if (resume.made[i] && (world.nodes[i].byzantine || world.nodes[i].restored))
			return true;
	return false;
}

static void
lose(uint64_t height)
{
	const PbftResume *verdict = &resume.verdict;

	if (!verdict->may_be_lost)
		sim_fail("a final block is lost, and the document says it is not", 0, height);
	if (verdict->only_if_intact_lied && !somebody_may_lie())
		sim_fail("a final block is lost, and nobody lied", 0, height);
	memset(&world.final_hash[height], 0, sizeof(McHash));
	memset(&world.final_root[height], 0, sizeof(McHash));
	world.lost++;
}

/* What was final stays final; or it is lost as the document says, and the chain goes on without. */
static void
check_promises(void)
{
	static const McHash none;
	uint64_t base = resume.verdict.base_height;

	for (uint64_t at = 1; at <= world.final_height; at++)
		if (!hash_equal(&world.final_hash[at], &none) &&
			(at > base || !hash_equal(&world.final_hash[at], &resume.path[at])))
			lose(at);
	for (uint64_t tx = 0; tx < world.tx_capacity; tx++)
		if (world.tx_height[tx] > base)
			world.tx_height[tx] = 0;
	if (world.final_height > base)
		world.final_height = base;
	if (world.result_height > base)
		world.result_height = base;
}

/* A straggler may learn what was lost, before it hears of the document. */
bool
sim_resume_lost(const SimNode *node, uint64_t height)
{
	return resume.count > 0 && resume.verdict.may_be_lost &&
		   world.instances[node->at].at.resume_no < resume.count &&
		   height > resume.verdict.base_height;
}

/* There is a document with a key for it, which it has not entered. */
bool
sim_resume_names(const SimNode *node)
{
	return resume.count > 0 && node->resume != resume.at && resume.fresh_key[node->member] > 0;
}

/* Somebody has yet to enter, and may find that its key counts no more. */
bool
sim_resume_open(void)
{
	bool open = resume.under_way;

	for (uint32_t i = 0; i < world.plan.n; i++)
		open |= resume.count > 0 && world.nodes[i].resume != resume.at;
	return open;
}

static void
mix_at_base(McHash *mix)
{
	McHash before = world.config.anchor.mix;

	for (uint64_t height = 1; height <= resume.verdict.base_height; height++)
	{
		sim_mix(&before, sim_header_find(&resume.path[height]), mix);
		before = *mix;
	}
}

/* The instance of a document: who signed it has a fresh key, everybody else the one it had. */
static void
add_instance(void)
{
	const PbftResume *verdict = &resume.verdict;
	const SimInstance *from = sim_instance_at(&verdict->from);
	const PbftHeader *base = sim_header_find(&verdict->base);
	SimInstance next = { .parent = (uint32_t) (from - world.instances), .resumed = true };

	memcpy(next.keys, from->keys, sizeof(next.keys));
	memset(resume.fresh_key, 0, sizeof(resume.fresh_key));
	for (uint32_t i = 0; i < world.plan.n; i++)
		if (resume.made[i])
			next.keys[i] = (uint16_t) (resume.fresh_key[i] = ++world.last_key[i]);
	next.at = (PbftInstance){ .epoch = base->epoch + 1,
							  .resume_no = verdict->resume_no,
							  .anchor_hash = verdict->base,
							  .valset_hash = verdict->hash };
	next.base_parent = base->parent_hash;
	next.anchor = (PbftTip){ .height = verdict->base_height,
							 .hash = verdict->base,
							 .ts_ms = base->ts_ms,
							 .stable_height = base->stable_height,
							 .stable_exec_root = base->stable_exec_root };
	mix_at_base(&next.anchor.mix);
	resume.at = sim_instance_add(&next);
}

static void
keep_newest(const PbftProof *proof, SimBytes **kept, uint64_t *height)
{
	static uint8_t bytes[PBFT_CERTIFICATE_MAX];

	if (!proof->present || proof->certificate.subject.height < *height)
		return;
	*height = proof->certificate.subject.height;
	sim_free(*kept);
	*kept = sim_bytes(bytes, pbft_certificate_encode(&proof->certificate, bytes));
}

static void
keep_proofs(void)
{
	uint64_t commit = 0;
	uint64_t checkpoint = 0;

	resume.proof.present = false;
	for (uint32_t i = 0; i < world.plan.n; i++)
	{
		const PbftAttest *tip = &resume.tips[i];
		const PbftProof *proofs[2] = { &tip->lock, &tip->commit };

		if (!resume.made[i])
			continue;
		keep_newest(&tip->commit, &resume.commit, &commit);
		keep_newest(&tip->result, &resume.checkpoint, &checkpoint);
		for (int k = 0; k < 2; k++)
			if (proofs[k]->present &&
				hash_equal(&proofs[k]->certificate.subject.hash, &resume.verdict.base))
				resume.proof = *proofs[k];
	}
}

static void
conclude(void)
{
	resume.count++;
	resume.under_way = false;
	walk_path();
	check_promises();
	keep_proofs();
	add_instance();
	world.resumes++;
	if (world.trace)
		printf("%.3f resume %u: base %llu, agreed %llu, %u TIPs, %u fenced, lost %d\n",
			   (double) world.now_us / 1e6, resume.count,
			   (unsigned long long) resume.verdict.base_height,
			   (unsigned long long) resume.verdict.agreed, resume.verdict.signers,
			   resume.verdict.fenced, resume.verdict.may_be_lost);
	for (uint32_t i = 0; i < world.node_count; i++)
		sim_schedule((SimEvent){ .kind = SIM_ENTER, .node = (uint16_t) i },
					 1000 + sim_random(2000000));
}

void
sim_resume_attest(void)
{
	McStatus status = MC_CONSENSUS_QUORUM;

	if (gather() >= pbft_quorum(world.plan.n))
		status = judge();
	if (status == MC_OK)
		conclude();
	else if (status == MC_CONSENSUS_QUORUM)
		sim_schedule((SimEvent){ .kind = SIM_ATTEST }, 100000 + sim_random(300000));
	else
		sim_fail("a quorum's TIPs that resume nothing", 0, resume.verdict.base_height);
}

/* ---- entering ----------------------------------------------------------------------------- */

static const SimBody *
find_body(const McHash *hash)
{
	const SimBody *body = NULL;

	for (uint32_t i = 0; i < world.node_count && body == NULL; i++)
		body = sim_body_held(&world.nodes[i], hash);
	return body;
}

/* The block as an honest member has it, with its proofs. */
static const SimBlock *
find_applied(uint64_t height, const McHash *hash)
{
	for (uint32_t i = 0; i < world.plan.n; i++)
	{
		const SimNode *other = &world.nodes[i];

		if (sim_honest(i) && other->applied >= height &&
			hash_equal(&other->chain[height].hash, hash))
			return &other->chain[height];
	}
	return NULL;
}

/* What the old certificates prove is fetched and applied before the new instance begins. */
static void
catch_up(SimNode *node, uint64_t height)
{
	const McHash *hash = &resume.path[height];
	const SimBlock *donor = find_applied(height, hash);
	const SimBody *body = find_body(hash);
	SimBlock *block;

	if (body == NULL)
		sim_fail("a result without a body", node->place, height);
	block = sim_node_room(node, height);
	block->header = *sim_header_find(hash);
	block->hash = *hash;
	block->tx = body->tx;
	block->rejoin = body->rejoin;
	block->at = donor != NULL ? donor->at : world.instances[resume.at].parent;
	block->effect = sim_has_effect(node, height, body->tx);
	sim_exec_root(&node->chain[height - 1].exec_root, block, &block->exec_root);
	sim_mix(&node->chain[height - 1].mix, &block->header, &block->mix);
	block->commit = donor != NULL && donor->commit != NULL ? sim_share(donor->commit)
					: resume.commit != NULL                ? sim_share(resume.commit)
														   : NULL;
	block->checkpoint = donor != NULL && donor->checkpoint != NULL ? sim_share(donor->checkpoint)
																   : sim_share(resume.checkpoint);
	node->applied = node->ordered = height;
}

/* Whoever has applied what is lost takes its tables back to what is not. */
static void
cut_what_is_lost(SimNode *node)
{
	uint64_t base = resume.verdict.base_height;
	uint64_t height = node->applied < base ? node->applied : base;

	while (height > 0 && !hash_equal(&node->chain[height].hash, &resume.path[height]))
		height--;
	if (height == node->applied)
		return;
	if (node->byzantine == 0 && !resume.verdict.may_be_lost)
		sim_fail("a member has applied what a RESUME drops", node->place, node->applied);
	sim_node_cut(node, height);
}

/* A process that begins after its operator handed it the document. */
void
sim_resume_enter(SimNode *node)
{
	uint64_t base = resume.verdict.base_height;

	node->resume_due = false;
	if (resume.count == 0 || node->resume == resume.at)
		return;
	cut_what_is_lost(node);
	while (node->applied < resume.verdict.agreed)
		catch_up(node, node->applied + 1);
	for (uint64_t at = node->applied + 1; at <= base; at++)
	{
		const SimBody *body = find_body(&resume.path[at]);

		if (body == NULL)
			sim_fail("a base without a body", node->place, at);
		sim_body_take(node, sim_header_find(&resume.path[at]), &resume.path[at], body);
	}
	node->resume = resume.at;
	node->closed = false;
	if (resume.fresh_key[node->member] > 0)
	{
		node->since = resume.at;
		sim_node_renew(node, resume.fresh_key[node->member]);
	}
	/* its key is of a document that this one does not go on from, which did not name it again */
	else if (world.instances[resume.at].keys[node->member] != node->key)
		node->fenced = node->may_fence = true;
	sim_budget();
}

/* The headers above the tables are the first records of a log in a resumed instance. */
void
sim_resume_log(SimNode *node)
{
	const SimInstance *instance = &world.instances[node->at];
	uint8_t record[1 + PBFT_HEADER_SIZE] = { PBFT_RECORD_HEADER };

	if (!instance->resumed || node->at != resume.at || node->log.count > 0 ||
		node->applied >= instance->anchor.height)
		return;
	for (uint64_t at = node->applied + 1; at <= instance->anchor.height; at++)
	{
		pbft_header_encode(sim_header_find(&resume.path[at]), record + 1);
		sim_log_append(&node->log, span_of(record, sizeof(record)));
	}
	sim_log_close(&node->log);
	sim_log_synced(&node->log);
}
