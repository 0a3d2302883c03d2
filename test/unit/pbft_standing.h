/*
 * pbft_standing.h - where the others say that they stand, and this member's own time-outs. Included
 * by pbft_peers.h.
 */
#ifndef MESCHAIN_TEST_PBFT_STANDING_H
#define MESCHAIN_TEST_PBFT_STANDING_H

static inline void
status(uint32_t sender, PbftStatus said)
{
	memset(&message, 0, offsetof(PbftMessage, u));
	message.kind = PBFT_STATUS;
	message.u.status = said;
	message.u.status.clock_ms = 5000;
	receive(sender);
}

static inline void
status_of(uint32_t sender, uint64_t view, bool active, uint64_t tip, uint64_t committed)
{
	pbft_effects_clear(&effects);
	status(sender, (PbftStatus){ .view = view, .active = active, .tip = tip,
								 .committed = committed });
}

/* A member that stands where this one does, and for which a block is overdue. */
static inline void
overdue_at(uint32_t sender)
{
	status(sender, (PbftStatus){ .view = replica->view, .active = true, .overdue = true,
								 .tip = replica->tip, .committed = replica->committed,
								 .stable = replica->executed });
}

static inline void
expire_alone(void)
{
	step((PbftEvent){ .kind = PBFT_EVENT_POOL, .count = 1 });
	step((PbftEvent){ .kind = PBFT_EVENT_TIMEOUT, .timer = PBFT_TIMER_PROGRESS,
					  .generation = replica->generation[PBFT_TIMER_PROGRESS] });
}

static inline void
expire_progress(void)
{
	overdue_at(3);
	expire_alone();
}

#endif
