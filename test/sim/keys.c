/*
 * keys.c - voting keys: each member has one after the other, an instance says which of them counts
 * (A18). A fenced member asks for its next one by a REJOIN in a block, and returns with a new log
 * where an anchor's ancestors name it (C9).
 */
#include "sim/sim.h"

/* Keys of a member are told apart by a number above all members'. */
static uint32_t
key_id(uint32_t member, uint32_t key)
{
	return member + key * SIM_NODE_MAX;
}

static void
sign(void *context, McSpan message, uint8_t signature[PBFT_SIGNATURE_SIZE])
{
	const SimKeys *keys = context;

	world.signatures_made++;
	mac_sign_as(&keys->signer, keys->signer.self, message, signature);
}

static bool
verify_uncounted(void *context, uint32_t member, McSpan message,
				 const uint8_t signature[PBFT_SIGNATURE_SIZE])
{
	const SimKeys *keys = context;
	uint8_t expected[PBFT_SIGNATURE_SIZE];

	mac_sign_as(&keys->signer, key_id(member, keys->counts[member]), message, expected);
	return memcmp(expected, signature, PBFT_SIGNATURE_SIZE) == 0;
}

static bool
verify(void *context, uint32_t member, McSpan message, const uint8_t signature[PBFT_SIGNATURE_SIZE])
{
	world.signatures_checked++;
	return verify_uncounted(context, member, message, signature);
}

PbftCrypto
sim_node_crypto(SimNode *node)
{
	return (PbftCrypto){ &node->keys, sign, verify };
}

PbftCrypto
sim_checker_crypto(SimKeys *keys)
{
	return (PbftCrypto){ keys, sign, verify_uncounted };
}

/* What verifies the messages of an instance, whoever looks. */
SimKeys
sim_keys_of(const SimInstance *instance)
{
	return (SimKeys){ { world.seed | 1, 0 }, instance->keys };
}

void
sim_node_use_key(SimNode *node, uint32_t key)
{
	node->key = key;
	node->keys.signer = (MacSigner){ world.seed | 1, key_id(node->member, key) };
}

/* A log votes only where the validator set names its key; anywhere else its node just follows. */
bool
sim_key_counts(const SimNode *node)
{
	return world.instances[node->at].keys[node->member] == node->key;
}

/* The hash under which an instance knows who votes with which key. */
void
sim_keys_valset(const uint16_t keys[PBFT_NODE_MAX], McHash *valset)
{
	uint64_t code = 1;

	for (uint32_t i = 0; i < world.plan.n; i++)
		code = mac_mix(code + keys[i]);
	memset(valset, 0, sizeof(*valset));
	put_be64(valset->bytes, code);
}

/* The REJOINs in a member's chain above an instance's anchor, and up to this block. */
void
sim_keys_after(const SimNode *node, const SimInstance *before, uint64_t height,
			   uint16_t keys[PBFT_NODE_MAX])
{
	memcpy(keys, before->keys, sizeof(before->keys));
	for (uint64_t at = before->anchor.height + 1; at <= height; at++)
	{
		uint32_t member = (uint32_t) (node->chain[at].rejoin >> 32);
		uint16_t key = (uint16_t) node->chain[at].rejoin;

		if (member > 0 && key > keys[member - 1])
			keys[member - 1] = key;
	}
}

/* ---- REJOIN ------------------------------------------------------------------------------- */

/* A member that may not vote any more has a new log and key made, after a while. */
void
sim_rejoin_begin(SimNode *node)
{
	SimEvent event = { .kind = SIM_REJOIN, .node = (uint16_t) node->place };

	if (node->byzantine == 0 && world.plan.epoch_blocks > 0)
		sim_schedule(event, 10000 + sim_random(3000000));
}

/* The ticket is of one log: fenced again means another key. Nobody asks who is named by a document.
 */
void
sim_rejoin_ask(SimNode *node)
{
	if (node->fenced && node->next_key == 0 && !sim_resume_names(node))
		node->next_key = ++world.last_key[node->member];
}

/* What an honest proposer's pool holds of tickets; 0: none, or not this time. */
uint64_t
sim_rejoin_ticket(const SimNode *proposer)
{
	const uint16_t *counts = world.instances[proposer->at].keys;

	for (uint32_t i = 0; i < world.plan.n; i++)
		if (world.nodes[i].next_key > counts[i] && sim_chance(300000))
			return (uint64_t) (i + 1) << 32 | world.nodes[i].next_key;
	return 0;
}

/* At an anchor that names the key it asked for: a whole member again. */
bool
sim_rejoin_done(SimNode *node)
{
	uint32_t counts = world.instances[node->at].keys[node->member];

	if (node->next_key == 0 || counts != node->next_key)
		return false;
	sim_node_renew(node, counts);
	node->since = node->at;
	world.rejoined++;
	return true;
}

/* A new key and a new log: nothing that this member has signed before counts here. */
void
sim_node_renew(SimNode *node, uint32_t key)
{
	sim_node_use_key(node, key);
	sim_log_free(&node->log);
	sim_log_free(&node->backup);
	node->backup_applied = 0;
	node->next_key = 0;
	node->fenced = node->may_fence = node->sync_fails = node->restored = false;
	sim_budget();
}
