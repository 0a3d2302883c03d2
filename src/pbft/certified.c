/*
 * certified.c - M7 made of what the caller's tables hold; needs no replica, any epoch's blocks can
 * be served.
 */
#include "pbft/pbft.h"

size_t
pbft_certified_encode(const PbftDomain *domain, uint32_t self, const PbftHeader *header,
					  McSpan commit, McSpan checkpoint, uint8_t out[PBFT_MESSAGE_MAX])
{
	PbftMessage message;
	PbftCertified *certified = &message.u.certified;
	McProblem problem;

	memset(&message, 0, offsetof(PbftMessage, u));
	message.kind = PBFT_CERTIFIED;
	message.sender = self;
	memcpy(message.instance, domain->instance, PBFT_INSTANCE_SIZE);
	certified->header = *header;
	certified->has_commit = commit.size > 0;
	certified->has_checkpoint = checkpoint.size > 0;
	if (commit.size > 0 && pbft_certificate_decode(commit, &certified->commit, &problem) != MC_OK)
		return 0;
	if (checkpoint.size > 0 &&
		pbft_certificate_decode(checkpoint, &certified->checkpoint, &problem) != MC_OK)
		return 0;
	return pbft_message_encode(&message, out);
}
