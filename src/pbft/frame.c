/*
 * frame.c - reading and writing frames. Any bytes may arrive: shape and limits are judged here, the
 * content where it is understood.
 */
#include "pbft/frame.h"

#include "pbft/message.h"

#include <assert.h>

void
pbft_frame_head(uint8_t out[PBFT_FRAME_HEAD], size_t message_size)
{
	assert(message_size <= PBFT_MESSAGE_MAX);
	out[0] = PBFT_FRAME_MESSAGE;
	put_be32(out + 1, (uint32_t) message_size);
}

static bool
take_items(McSpan rest, size_t item, uint32_t maximum, PbftFrame *frame)
{
	if (rest.size % item != 0 || rest.size / item > maximum)
		return false;
	frame->list = rest;
	frame->count = (uint32_t) (rest.size / item);
	return true;
}

McStatus
pbft_frame_read(McSpan bytes, PbftFrame *frame, McProblem *problem)
{
	bool good = false;
	uint32_t size;

	*frame = (PbftFrame){ 0 };
	if (bytes.size < 2)
		return status_problem(problem, MC_CONSENSUS_FORMAT, 0, 0);
	frame->kind = (PbftFrameKind) bytes.data[0];
	switch (frame->kind)
	{
		case PBFT_FRAME_MESSAGE:
			if (bytes.size < PBFT_FRAME_HEAD)
				break;
			size = get_be32(bytes.data + 1);
			if (size > PBFT_MESSAGE_MAX || size > bytes.size - PBFT_FRAME_HEAD)
				break;
			frame->content = span_of(bytes.data + PBFT_FRAME_HEAD, size);
			good = take_items(
				span_of(bytes.data + PBFT_FRAME_HEAD + size, bytes.size - PBFT_FRAME_HEAD - size),
				PBFT_LIST_ITEM, PBFT_LIST_MAX, frame);
			break;
		case PBFT_FRAME_BODY:
		case PBFT_FRAME_NAMED:
		case PBFT_FRAME_QUESTION:
		case PBFT_FRAME_TELL:
		case PBFT_FRAME_NOTICE:
			frame->content = span_of(bytes.data + 1, bytes.size - 1);
			good = true;
			break;
		case PBFT_FRAME_WANT:
			good = take_items(span_of(bytes.data + 1, bytes.size - 1), HASH_SIZE, PBFT_WANT_MAX,
							  frame);
			break;
		case PBFT_FRAME_ASK:
			if (bytes.size != 1 + 8 + HASH_SIZE)
				break;
			frame->height = get_be64(bytes.data + 1);
			memcpy(frame->hash.bytes, bytes.data + 9, HASH_SIZE);
			good = true;
			break;
	}
	return good ? MC_OK : status_problem(problem, MC_CONSENSUS_FORMAT, 1, 0);
}
