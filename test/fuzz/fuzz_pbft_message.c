/*
 * fuzz_pbft_message.c - any bytes from a peer: refused, or read as a message with exactly one form.
 */
#include "pbft/message.h"

#include <stdlib.h>

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static PbftMessage message;
	static PbftCertificate certificate;
	static uint8_t again[PBFT_MESSAGE_MAX];
	PbftHeader header;
	McProblem problem;

	if (pbft_message_decode(span_of(data, size), &message, &problem) == MC_OK &&
		(pbft_message_encode(&message, again) != size || memcmp(again, data, size) != 0))
		abort();
	if (pbft_certificate_decode(span_of(data, size), &certificate, &problem) == MC_OK &&
		(pbft_certificate_encode(&certificate, again) != size || memcmp(again, data, size) != 0))
		abort();
	if (pbft_header_decode(span_of(data, size), &header, &problem) == MC_OK)
	{
		pbft_header_encode(&header, again);
		if (memcmp(again, data, size) != 0)
			abort();
	}
	return 0;
}
