/*
 * lie_pg.c - a faulty member, for tests: what leaves this node is another proposal for every second
 * member, or nothing. Empty in a release.
 */
#include "node/order_pg.h"

#include "node/switches_pg.h"

#ifdef MESCHAIN_TEST_SWITCHES

#include "pbft/sign.h"

/* The same height and view with another header: evidence E1 against this node. */
static McSpan
other_proposal(McSpan bytes)
{
	static PbftMessage message;
	static uint8_t encoded[PBFT_MESSAGE_MAX];
	uint8_t signed_bytes[PBFT_SIGNED_MAX];
	McProblem problem;
	size_t size;

	if (pbft_message_decode(bytes, &message, &problem) != MC_OK)
		return bytes;
	message.u.proposal.header.mempool_depth++;
	pbft_header_hash(&message.u.proposal.header, &message.subject.hash);
	size = pbft_message_signed(&message, &order.domain, signed_bytes);
	suite_sign(&order.voting, span_of(signed_bytes, size), message.signature);
	return span_of(encoded, pbft_message_encode(&message, encoded));
}

bool
lie_to(uint32_t member, McSpan *bytes)
{
	if (switch_lie() == SWITCH_SILENT)
		return false;
	if (switch_lie() == SWITCH_EQUIVOCATE && member % 2 == 0 && bytes->size > 0 &&
		bytes->data[0] == PBFT_PRE_PREPARE)
		*bytes = other_proposal(*bytes);
	return true;
}

void
lie_about_result(McHash *exec_root)
{
	if (switch_lie() == SWITCH_WRONG_RESULT)
		exec_root->bytes[0] ^= 1;
}

#endif
