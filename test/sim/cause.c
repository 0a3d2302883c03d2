/*
 * cause.c - whom a body names (A2): a proof stands in a body by its number in the world's table, so
 * that all members judge the same bytes with the code that a server judges them with. Faulty
 * members forge proofs; nobody may be named by one.
 */
#include "sim/sim.h"

/* A function of the proof's bytes, the instance and its keys. */
static bool
proves(const SimProof *proof, const SimNode *node)
{
	SimKeys keys = sim_keys_of(&world.instances[node->at]);
	PbftCrypto crypto = sim_checker_crypto(&keys);
	PbftEvidence evidence;
	PbftVerdict verdict;
	McProblem problem;

	return pbft_evidence_decode(span_of(proof->bytes, proof->size), &evidence, &problem) == MC_OK &&
		   pbft_evidence_judge(&evidence, &verdict) != PBFT_LIE_NONE &&
		   pbft_domain_equal(&verdict.domain, &node->domain) &&
		   crypto.verify(crypto.context, proof->member, pbft_statement_signed(&evidence.first),
						 evidence.first.signature) &&
		   crypto.verify(crypto.context, proof->member, pbft_statement_signed(&evidence.second),
						 evidence.second.signature);
}

static uint32_t
add_proof(uint32_t member, McSpan bytes)
{
	SimProof *proof = &world.proofs[world.proof_count];

	if (world.proof_count == SIM_PROOF_MAX)
		return 0;
	proof->member = member;
	proof->size = bytes.size;
	memcpy(proof->bytes, bytes.data, bytes.size);
	return ++world.proof_count;
}

/* What a replica calls evidence stands in this node's next body; it must be a proof. */
void
sim_cause_seen(SimNode *node, const PbftEffect *effect)
{
	uint32_t number = add_proof(effect->member, effect->bytes);

	if (number > 0 && !proves(&world.proofs[number - 1], node))
		sim_fail("evidence that proves nothing", node->place, effect->height);
	if (number > 0)
		node->proof = number;
	world.accused[effect->member] = true;
}

/* Of an honest member's one statement two: the same twice, or one with another's signature. */
static uint32_t
forge_proof(const SimNode *node)
{
	uint32_t victim = (uint32_t) sim_random(world.plan.n);
	uint8_t bytes[PBFT_EVIDENCE_MAX];
	PbftEvidence evidence;
	McProblem problem;
	const SimProof *known;

	if (world.proof_count == 0)
		return 0;
	known = &world.proofs[sim_random(world.proof_count)];
	if (pbft_evidence_decode(span_of(known->bytes, known->size), &evidence, &problem) != MC_OK)
		return 0;
	mac_sign_as(&node->keys.signer, node->keys.signer.self,
				pbft_statement_signed(&evidence.first), evidence.first.signature);
	if (sim_chance(500000))
		evidence.second = evidence.first;
	return add_proof(sim_chance(500000) ? victim : node->member,
					 span_of(bytes, pbft_evidence_encode(&evidence, bytes)));
}

/* What goes into a body beside its transaction. */
void
sim_cause_draw(SimNode *node, SimBody *body)
{
	if ((node->byzantine & BYZ_BAD_BODY) && sim_chance(100000))
		body->proof = forge_proof(node);
	else
		body->proof = node->proof;
	node->proof = 0;
	if (sim_chance(world.plan.cause_ppm))
		body->returning = 1 + (uint32_t) sim_random(world.plan.n);
}

void
sim_cause_named(const SimNode *node, const SimBody *body, PbftCauses *causes)
{
	memset(causes, 0, sizeof(*causes));
	if (body->proof > 0 && proves(&world.proofs[body->proof - 1], node))
		pbft_name(causes->liars, world.proofs[body->proof - 1].member);
	if (body->returning > 0)
		pbft_name(causes->returning, body->returning - 1);
	if (body->rejoin > 0)
		pbft_name(causes->returning, (uint32_t) (body->rejoin >> 32) - 1);
}

/* A10: whom a block names has no slot above it in the epoch, though it may lead a view. */
void
sim_check_named(const SimNode *node, const PbftHeader *header)
{
	/* what a RESUME made final again named members in an epoch before */
	if (header->height <= world.instances[node->at].anchor.height)
		return;
	for (uint32_t i = 0; i < world.plan.n; i++)
	{
		uint64_t *at = &world.named_at[node->at][i];

		if (pbft_named(header->causes.liars, i) && !world.accused[i])
			sim_fail("a member named whom nobody caught", node->place, header->height);
		if (pbft_named(header->causes.liars, i) && *at == 0)
			*at = header->height;
		if (*at > 0 && *at < header->height && header->proposer == i && header->skip_count == 0)
			sim_fail("a liar with a slot", node->place, header->height);
	}
}
