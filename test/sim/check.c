/*
 * check.c - what must hold whatever happens: one order, one result, no honest member that signs two
 * things, nothing final without a quorum's signatures.
 */
#include "sim/sim.h"

/* (member, kind, view, height) -> what an honest member signed; open addressing over 64-bit
 * codes */
typedef struct Signed
{
	uint64_t key;
	uint64_t content;
} Signed;

static Signed *signed_table;
static size_t signed_count;
static size_t signed_capacity;
static PbftMessage message;

void
sim_check_reset(void)
{
	free(signed_table);
	signed_capacity = 1024;
	signed_count = 0;
	signed_table = calloc(signed_capacity, sizeof(Signed));
}

static uint64_t
code_of(const void *data, size_t size)
{
	uint8_t code[PBFT_SIGNATURE_SIZE];
	MacSigner signer = { 99, 0 };

	mac_sign_as(&signer, 0, span_of(data, size), code);
	return get_be64(code) | 1;
}

static Signed *
signed_place(uint64_t key)
{
	size_t at = key & (signed_capacity - 1);

	while (signed_table[at].key != 0 && signed_table[at].key != key)
		at = (at + 1) & (signed_capacity - 1);
	return &signed_table[at];
}

static void
signed_grow(void)
{
	Signed *old = signed_table;
	size_t capacity = signed_capacity;

	signed_capacity *= 2;
	signed_table = calloc(signed_capacity, sizeof(Signed));
	for (size_t i = 0; i < capacity; i++)
		if (old[i].key != 0)
			*signed_place(old[i].key) = old[i];
	free(old);
}

/* Over restarts too: the second signature for one thing must be the first. */
void
sim_check_sent(const SimNode *node, SimBytes *bytes)
{
	uint64_t name[4] = { node->member, 0, 0, 0 };
	McProblem problem;
	Signed *place;

	if (pbft_message_decode(span_of(bytes->data, bytes->size), &message, &problem) != MC_OK)
		sim_fail("an honest member sends what cannot be read", node->place, 0);
	if (message.sender != node->member || message.kind == PBFT_STATUS ||
		message.kind == PBFT_FETCH || message.kind == PBFT_CERTIFIED)
		return;
	name[1] = message.kind;
	name[2] = message.subject.view;
	name[3] = message.subject.height;
	if (message.kind == PBFT_VIEW_CHANGE)
		name[2] = message.u.view_change.body.view;
	else if (message.kind == PBFT_NEW_VIEW)
		name[2] = message.u.new_view.view;
	if (2 * signed_count >= signed_capacity)
		signed_grow();
	place = signed_place(code_of(name, sizeof(name)));
	if (place->key == 0)
	{
		signed_count++;
		place->key = code_of(name, sizeof(name));
		place->content = code_of(message.signature, PBFT_SIGNATURE_SIZE);
	}
	else if (place->content != code_of(message.signature, PBFT_SIGNATURE_SIZE))
		sim_fail("an honest member signs two things", node->place, message.subject.height);
}

static void
check_certificate(SimNode *node, const PbftEffect *effect, uint8_t kind)
{
	static PbftCertificate certificate;
	PbftCrypto crypto = mac_crypto(&node->signer);
	McProblem problem;

	if (pbft_certificate_decode(effect->bytes, &certificate, &problem) != MC_OK ||
		certificate.subject.kind != kind || certificate.subject.height < effect->height ||
		pbft_certificate_verify(&certificate, &world.config.domain, world.plan.n, &crypto,
								&problem) != MC_OK)
		sim_fail("a final block without a quorum's signatures", node->place, effect->height);
	if (certificate.subject.height == effect->height &&
		!hash_equal(&certificate.subject.hash, &effect->hash))
		sim_fail("a certificate of another block", node->place, effect->height);
}

void
sim_check_execute(SimNode *node, const PbftEffect *effect)
{
	static const McHash none;
	McHash *known = &world.final_hash[effect->height];
	McHash hash;

	if (node->byzantine)
		return;
	check_certificate(node, effect, PBFT_COMMIT);
	pbft_header_hash(effect->header, &hash);
	if (!hash_equal(&hash, &effect->hash) || effect->header->height != effect->height)
		sim_fail("a header that is not its block's", node->place, effect->height);
	if (effect->height != node->ordered + 1)
		sim_fail("final blocks out of order", node->place, effect->height);
	if (!hash_equal(&effect->header->parent_hash, &node->chain[node->ordered].hash))
		sim_fail("a final block on another parent", node->place, effect->height);
	if (hash_equal(known, &none))
		*known = effect->hash;
	else if (!hash_equal(known, &effect->hash))
		sim_fail("two final blocks at one height", node->place, effect->height);
	if (effect->height > world.final_height)
		world.final_height = effect->height;
}

void
sim_check_result(SimNode *node, const PbftEffect *effect)
{
	static const McHash none;
	McHash *known = &world.final_root[effect->height];
	const SimBlock *block = &node->chain[effect->height];

	if (node->byzantine)
		return;
	check_certificate(node, effect, PBFT_CHECKPOINT);
	if (effect->height > node->executed)
		sim_fail("a result before its execution", node->place, effect->height);
	if (hash_equal(known, &none))
		*known = block->exec_root;
	else if (!hash_equal(known, &block->exec_root))
		sim_fail("two results of one height", node->place, effect->height);
	if (effect->height > world.result_height)
		world.result_height = effect->height;
}

void
sim_check_note(SimNode *node, const PbftEffect *effect)
{
	if (node->byzantine)
		return;
	if (effect->note == PBFT_NOTE_EVIDENCE && sim_honest(effect->member))
		sim_fail("evidence against an honest member", node->place, effect->height);
	if (effect->note == PBFT_NOTE_DIVERGED)
		sim_fail("an honest member's result is not the quorum's", node->place, effect->height);
	if (effect->note == PBFT_NOTE_FENCED)
		sim_fail("an honest member with a whole log is fenced", node->place, effect->height);
	world.view_changes += effect->note == PBFT_NOTE_VIEW_CHANGE;
}

/* Relations of the counters, after every turn. */
void
sim_check_state(SimNode *node)
{
	PbftSummary summary;

	if (node->byzantine)
		return;
	pbft_summary(node->replica, &summary);
	if (summary.applied > summary.resulted || summary.resulted > summary.executed ||
		summary.executed > summary.committed || summary.stable > summary.committed ||
		summary.tip < summary.committed ||
		summary.tip - summary.committed > world.config.window)
		sim_fail("heights in the wrong order", node->place, summary.committed);
}
