/*
 * fuzz_pbft_evidence.c - any bytes as evidence: refused, or read as a proof with exactly one form;
 * what is judged a lie differs somewhere, and is none against the same statement twice.
 */
#include "pbft/evidence.h"

#include <stdlib.h>

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t again[PBFT_EVIDENCE_MAX];
	PbftEvidence evidence;
	PbftVerdict verdict;
	McProblem problem;

	if (pbft_evidence_decode(span_of(data, size), &evidence, &problem) != MC_OK)
		return 0;
	if (pbft_evidence_encode(&evidence, again) != size || memcmp(again, data, size) != 0)
		abort();
	if (pbft_evidence_judge(&evidence, &verdict) >= PBFT_LIE_END)
		abort();
	evidence.second = evidence.first;
	if (pbft_evidence_judge(&evidence, &verdict) != PBFT_LIE_NONE)
		abort();
	return 0;
}
