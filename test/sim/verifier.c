/*
 * verifier.c - every header that was proposed, and what a verifier of a RESUME knows of the chain.
 */
#include "sim/sim.h"

#define IDENTITY 0x1d

typedef struct Known
{
	bool used;
	McHash hash;
	PbftHeader header;
} Known;

static Known *known_headers; /* open addressing */
static size_t known_count;
static size_t known_capacity;
static McProblem problem;

/* ---- headers ------------------------------------------------------------------------------ */

static Known *
place_of(const McHash *hash)
{
	size_t at = get_be64(hash->bytes) & (known_capacity - 1);

	while (known_headers[at].used && !hash_equal(&known_headers[at].hash, hash))
		at = (at + 1) & (known_capacity - 1);
	return &known_headers[at];
}

const PbftHeader *
sim_header_find(const McHash *hash)
{
	const Known *known = known_capacity > 0 ? place_of(hash) : NULL;

	return known != NULL && known->used ? &known->header : NULL;
}

static void
known_grow(void)
{
	Known *old = known_headers;
	size_t capacity = known_capacity;

	known_capacity = capacity > 0 ? 2 * capacity : 256;
	known_headers = calloc(known_capacity, sizeof(Known));
	for (size_t i = 0; i < capacity; i++)
		if (old[i].used)
			*place_of(&old[i].hash) = old[i];
	free(old);
}

void
sim_resume_learn(const PbftHeader *header, const McHash *hash)
{
	Known *known;

	if (!world.plan.resume)
		return;
	if (2 * known_count >= known_capacity)
		known_grow();
	known = place_of(hash);
	known_count += !known->used;
	*known = (Known){ true, *hash, *header };
}

void
sim_headers_reset(void)
{
	free(known_headers);
	known_headers = NULL;
	known_count = known_capacity = 0;
}

/* ---- what a verifier knows ------------------------------------------------------------------ */

void
sim_identity_sign(uint32_t roster, McSpan bytes, uint8_t signature[PBFT_SIGNATURE_SIZE])
{
	MacSigner identities = { world.seed + IDENTITY, 0 };

	mac_sign_as(&identities, roster, bytes, signature);
}

static bool
identity_good(void *context, uint32_t roster, McSpan message,
			  const uint8_t signature[PBFT_SIGNATURE_SIZE])
{
	uint8_t expected[PBFT_SIGNATURE_SIZE];

	(void) context;
	sim_identity_sign(roster, message, expected);
	return memcmp(expected, signature, PBFT_SIGNATURE_SIZE) == 0;
}

const SimInstance *
sim_instance_at(const PbftInstance *at)
{
	for (uint32_t i = 0; i < world.instance_count; i++)
		if (memcmp(&world.instances[i].at, at, sizeof(*at)) == 0)
			return &world.instances[i];
	return NULL;
}

static uint32_t
member_count(void *context, const PbftInstance *at)
{
	(void) context;
	return sim_instance_at(at) != NULL ? world.plan.n : 0;
}

static bool
has_seat(void *context, const PbftInstance *at, uint32_t roster)
{
	(void) context;
	(void) at;
	return roster < world.plan.n;
}

static bool
certificate_good(void *context, const PbftInstance *at, const PbftCertificate *certificate)
{
	const SimInstance *instance = sim_instance_at(at);
	SimKeys keys;
	PbftCrypto crypto;
	PbftDomain domain;

	(void) context;
	if (instance == NULL)
		return false;
	keys = sim_keys_of(instance);
	crypto = sim_checker_crypto(&keys);
	domain = sim_domain((uint32_t) (instance - world.instances));
	return pbft_certificate_verify(certificate, &domain, world.plan.n, &crypto, &problem) == MC_OK;
}

static uint32_t
next_count(void *context, const McHash *block)
{
	const PbftHeader *header = sim_header_find(block);

	(void) context;
	return header != NULL && (header->flags & PBFT_FLAG_END_EPOCH) != 0 ? world.plan.n : 0;
}

static bool
has_next_seat(void *context, const McHash *block, uint32_t roster)
{
	(void) context;
	(void) block;
	return roster < world.plan.n;
}

static bool
extends(void *context, const McHash *block, const McHash *ancestor, uint64_t height)
{
	const PbftHeader *header = sim_header_find(block);
	McHash at = *block;

	(void) context;
	while (header != NULL && header->height > height)
	{
		at = header->parent_hash;
		header = sim_header_find(&at);
	}
	return hash_equal(&at, ancestor);
}

PbftResumeRules
sim_resume_rules(void)
{
	PbftResumeRules made = { .roster_count = world.plan.n,
							 .identity_good = identity_good,
							 .member_count = member_count,
							 .has_seat = has_seat,
							 .certificate_good = certificate_good,
							 .next_count = next_count,
							 .has_next_seat = has_next_seat,
							 .extends = extends };

	memcpy(made.chain_id, world.config.domain.chain_id, PBFT_CHAIN_ID_SIZE);
	return made;
}
