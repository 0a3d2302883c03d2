/*
 * pbft_verdict.h - members that attest, and a verifier that knows the chain of pbft_federation.h.
 */
#ifndef MESCHAIN_TEST_PBFT_VERDICT_H
#define MESCHAIN_TEST_PBFT_VERDICT_H

#include "unit/pbft_federation.h"

#define DOCUMENT_MAX (MEMBERS * PBFT_ATTEST_MAX)

static PbftAttest attests[MEMBERS];
static PbftAttest scratch[2];
static uint8_t document[DOCUMENT_MAX];
static size_t document_size;
static uint8_t issued[PBFT_SIGNATURE_SIZE];
static PbftResume verdict;
static McProblem problem;
static const MacSigner identities = { 77, 0 };

/* ---- what a verifier knows ----------------------------------------------------------------- */

static inline bool
identity_good(void *context, uint32_t roster, McSpan message,
			  const uint8_t signature[PBFT_SIGNATURE_SIZE])
{
	uint8_t expected[PBFT_SIGNATURE_SIZE];

	(void) context;
	mac_sign_as(&identities, roster, message, expected);
	return memcmp(expected, signature, PBFT_SIGNATURE_SIZE) == 0;
}

static inline uint32_t
member_count(void *context, const PbftInstance *at)
{
	(void) context;
	return at->valset_hash.bytes[0] != 0 ? MEMBERS : 0;
}

static inline bool
has_seat(void *context, const PbftInstance *at, uint32_t roster)
{
	(void) context;
	(void) at;
	return roster < MEMBERS;
}

static inline bool
certificate_good(void *context, const PbftInstance *at, const PbftCertificate *certificate)
{
	PbftDomain domain = members[0].config.domain;
	PbftCrypto crypto = mac_crypto(&members[0].signer);

	(void) context;
	pbft_instance(at->epoch, at->resume_no, &at->anchor_hash, &at->valset_hash, domain.instance);
	return pbft_certificate_verify(certificate, &domain, MEMBERS, &crypto, &problem) == MC_OK;
}

static inline uint32_t
next_count(void *context, const McHash *block)
{
	const Stored *stored = find_header(block);

	(void) context;
	return stored != NULL && (stored->header.flags & PBFT_FLAG_END_EPOCH) != 0 ? MEMBERS : 0;
}

static inline bool
has_next_seat(void *context, const McHash *block, uint32_t roster)
{
	(void) context;
	(void) block;
	return roster < MEMBERS;
}

static inline bool
extends(void *context, const McHash *block, const McHash *ancestor, uint64_t height)
{
	const Stored *at = find_header(block);

	(void) context;
	while (at != NULL && at->header.height > height)
		at = find_header(&at->header.parent_hash);
	return at != NULL && hash_equal(&at->hash, ancestor);
}

static inline PbftResumeRules
rules(void)
{
	PbftResumeRules made = { .roster_count = MEMBERS,
							 .identity_good = identity_good,
							 .member_count = member_count,
							 .has_seat = has_seat,
							 .certificate_good = certificate_good,
							 .next_count = next_count,
							 .has_next_seat = has_next_seat,
							 .extends = extends };
	return made;
}

/* ---- attesting ----------------------------------------------------------------------------- */

static inline void
attest_sign(PbftAttest *attest)
{
	uint8_t bytes[PBFT_DOCUMENT_SIGNED_SIZE];

	pbft_attest_signed(attest, bytes);
	mac_sign_as(&identities, attest->roster, span_of(bytes, sizeof(bytes)), attest->signature);
}

static inline void
proof_from_table(PbftProof *proof, const Stored *block, const Bytes *bytes)
{
	proof->at = block->at;
	proof->present = bytes->size > 0;
	if (proof->present)
		CHECK_INT(pbft_certificate_decode(span_of(bytes->data, bytes->size),
										  &proof->certificate, &problem),
				  MC_OK);
}

static inline void
attest(uint32_t number, uint64_t resume_no)
{
	Member *member = &members[number];
	PbftAttest *out = &attests[number];

	memset(out, 0, sizeof(*out));
	out->roster = number;
	out->resume_no = resume_no;
	out->incarnation = resume_no;
	if (member->fenced)
	{
		const Stored *block = &member->tables[member->applied];

		out->fenced = true;
		proof_from_table(&out->commit, block, &block->commit);
		proof_from_table(&out->result, block, &block->checkpoint);
	}
	else
	{
		turn(member, (PbftEvent){ .kind = PBFT_EVENT_CLOSE });
		pbft_attest(member->replica, &member->at, out);
	}
	attest_sign(out);
}

static inline McStatus
judge(uint64_t resume_no)
{
	static uint8_t bytes[MEMBERS][PBFT_ATTEST_MAX];
	McSpan spans[MEMBERS];
	uint32_t count = 0;
	PbftResumeRules known_rules = rules();
	uint8_t signed_bytes[PBFT_DOCUMENT_SIGNED_SIZE];

	for (uint32_t i = 0; i < MEMBERS; i++)
		if (attests[i].resume_no != 0)
		{
			spans[count] = span_of(bytes[i], pbft_attest_encode(&attests[i], bytes[i]));
			count++;
		}
	document_size = pbft_resume_encode(known_rules.chain_id, resume_no, spans, count, document,
									   sizeof(document));
	pbft_resume_signed(span_of(document, document_size), signed_bytes);
	mac_sign_as(&identities, (uint32_t) (resume_no % MEMBERS),
				span_of(signed_bytes, sizeof(signed_bytes)), issued);
	return pbft_resume_judge(&known_rules, span_of(document, document_size), issued, scratch,
							 &verdict, &problem);
}

#endif
