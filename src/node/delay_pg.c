/*
 * delay_pg.c - test builds only: frames are kept for a while before they go out, as a long line
 * does.
 */
#include "node/switches_pg.h"

#ifdef MESCHAIN_TEST_SWITCHES

#include "lib/ilist.h"
#include "utils/memutils.h"

typedef struct DelayedFrame
{
	slist_node node;
	uint32_t member;
	uint64_t due_ms;
	size_t size;
	uint8_t bytes[FLEXIBLE_ARRAY_MEMBER];
} DelayedFrame;

static slist_head frames = SLIST_STATIC_INIT(frames);
static slist_node *last; /* the delay is one for all, so the first is due first */

void
delay_put(uint32_t member, McSpan first, McSpan second, uint64_t due_ms)
{
	size_t size = first.size + second.size;
	DelayedFrame *frame =
		MemoryContextAllocHuge(TopMemoryContext, offsetof(DelayedFrame, bytes) + size);

	frame->member = member;
	frame->due_ms = due_ms;
	frame->size = size;
	memcpy(frame->bytes, first.data, first.size);
	if (second.size > 0)
		memcpy(frame->bytes + first.size, second.data, second.size);
	if (slist_is_empty(&frames))
		slist_push_head(&frames, &frame->node);
	else
		slist_insert_after(last, &frame->node);
	last = &frame->node;
}

void
delay_release(uint64_t now_ms, void (*send)(uint32_t member, McSpan first, McSpan second))
{
	while (!slist_is_empty(&frames))
	{
		DelayedFrame *frame = slist_head_element(DelayedFrame, node, &frames);

		if (frame->due_ms > now_ms)
			return;
		send(frame->member, span_of(frame->bytes, frame->size), span_of(NULL, 0));
		(void) slist_pop_head_node(&frames);
		pfree(frame);
	}
}

bool
delay_waits(void)
{
	return !slist_is_empty(&frames);
}

#endif
