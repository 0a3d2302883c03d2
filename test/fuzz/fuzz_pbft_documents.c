/*
 * fuzz_pbft_documents.c - any bytes as REJOIN, TIP or RESUME: refused, or read as a document with
 * exactly one form; a RESUME is judged whatever it says, by a verifier that believes everything.
 */
#include "pbft/resume.h"

#include <stdlib.h>

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
identity_good(void *context, uint32_t roster, McSpan message,
			  const uint8_t signature[PBFT_SIGNATURE_SIZE])
{
	(void) context;
	(void) message;
	return (roster ^ signature[0]) % 8 != 7;
}

static uint32_t
member_count(void *context, const PbftInstance *at)
{
	(void) context;
	return at->anchor_hash.bytes[0];
}

static bool
has_seat(void *context, const PbftInstance *at, uint32_t roster)
{
	(void) context;
	return roster < at->anchor_hash.bytes[0];
}

static bool
certificate_good(void *context, const PbftInstance *at, const PbftCertificate *certificate)
{
	(void) context;
	return at->epoch % 16 != 3 && certificate->member_count != 13;
}

static uint32_t
next_count(void *context, const McHash *block)
{
	(void) context;
	return block->bytes[0] / 2;
}

static bool
has_next_seat(void *context, const McHash *block, uint32_t roster)
{
	(void) context;
	return roster < block->bytes[0];
}

static bool
extends(void *context, const McHash *block, const McHash *ancestor, uint64_t height)
{
	(void) context;
	(void) height;
	return block->bytes[1] % 4 == ancestor->bytes[1] % 4;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const PbftResumeRules rules = {
		NULL,       { 0 },         100,    identity_good, member_count, has_seat, certificate_good,
		next_count, has_next_seat, extends
	};
	static const uint8_t signature[PBFT_SIGNATURE_SIZE];
	static PbftAttest scratch[2];
	static uint8_t again[PBFT_ATTEST_MAX];
	PbftRejoin rejoin;
	PbftResume verdict;
	McProblem problem;

	if (pbft_attest_decode(span_of(data, size), &scratch[0], &problem) == MC_OK &&
		(pbft_attest_encode(&scratch[0], again) != size || memcmp(again, data, size) != 0))
		abort();
	if (pbft_rejoin_decode(span_of(data, size), &rejoin, &problem) == MC_OK)
	{
		pbft_rejoin_encode(&rejoin, again);
		if (memcmp(again, data, size) != 0)
			abort();
	}
	if (pbft_resume_judge(&rules, span_of(data, size), signature, scratch, &verdict, &problem) ==
			MC_OK &&
		(verdict.signers < pbft_quorum(verdict.member_count) || verdict.fenced > verdict.signers))
		abort();
	return 0;
}
