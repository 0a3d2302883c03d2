/*
 * timer.c - R7, R10, R22, A11: which timers run, and what their expiry does. A time-out that was
 * set for an earlier state carries an old generation and is dropped (pitfall 9).
 */
#include "pbft/replica.h"

typedef enum ProgressClass
{
	PROGRESS_OFF,
	PROGRESS_WORK,    /* a block is due */
	PROGRESS_IDLE,    /* only the heartbeat is */
	PROGRESS_NEW_VIEW /* a NEW-VIEW is */
} ProgressClass;

void
pbft_set_timer(PbftReplica *replica, PbftTimer timer, uint64_t delay_ms)
{
	PbftEffect *effect = pbft_emit(replica, PBFT_SET_TIMER);

	effect->timer = timer;
	effect->generation = ++replica->generation[timer];
	effect->delay_ms = delay_ms;
}

/* The middle one of what the last due blocks took; false while they are too few. */
bool
pbft_block_time(const PbftReplica *replica, uint64_t *ms)
{
	uint32_t sorted[PBFT_SLOT_TIMES];

	if (replica->slot_count < PBFT_SLOT_TIMES)
		return false;
	for (uint32_t i = 0; i < PBFT_SLOT_TIMES; i++)
	{
		uint32_t at = i;

		for (; at > 0 && sorted[at - 1] > replica->slot_ms[i]; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = replica->slot_ms[i];
	}
	*ms = sorted[PBFT_SLOT_TIMES / 2];
	return true;
}

/*
 * A10: a slot may last 8 times what slots last. The middle one of the last counts, not the mean: of
 * four members one slow one makes a quarter of the mean, and 8 quarters are never exceeded by it.
 */
static uint64_t
slot_time(const PbftReplica *replica)
{
	const PbftConfig *config = &replica->config;
	uint64_t least = config->tau_min_ms > 0 ? config->tau_min_ms : config->tau0_ms;
	uint64_t delay;

	if (!pbft_block_time(replica, &delay))
		return replica->slot_time_ms;
	delay *= 8;
	if (delay < least)
		delay = least;
	return delay < config->tau0_ms ? delay : config->tau0_ms;
}

/* What a due block took, from when the timer was set to when it was final. */
static void
count_slot(PbftReplica *replica)
{
	uint64_t took = replica->now_ms - replica->progress_since_ms;

	replica->slot_ms[replica->slot_count++ % PBFT_SLOT_TIMES] =
		took < UINT32_MAX ? (uint32_t) took : UINT32_MAX;
	replica->slot_time_ms = slot_time(replica);
}

static uint64_t
tau(const PbftReplica *replica, uint64_t begin_ms)
{
	uint32_t doublings = replica->consecutive_changes < 10 ? replica->consecutive_changes : 10;
	uint64_t delay = begin_ms << doublings;

	return delay < replica->config.tau_max_ms ? delay : replica->config.tau_max_ms;
}

/* f + 1 say that they have more final blocks: one of them is honest, so no view is what keeps this
 * node from them, neither the one it is in nor a NEW-VIEW that waits here for blocks below it. */
static bool
catches_up(const PbftReplica *replica)
{
	uint32_t ahead = 0;

	for (uint32_t i = 0; i < replica->config.member_count; i++)
		ahead += i != replica->config.self && replica->peers[i].committed > replica->committed;
	return ahead > replica->faults;
}

static ProgressClass
progress_class(const PbftReplica *replica)
{
	if (!pbft_may_vote(replica) || replica->ended || replica->config.member_count == 1)
		return PROGRESS_OFF;
	if (catches_up(replica))
		return PROGRESS_OFF;
	/* R10: alone in a view nobody else wants, waiting is all there is */
	if (!replica->active)
		return pbft_changes_at_least(replica, replica->view) >= replica->quorum ? PROGRESS_NEW_VIEW
																				: PROGRESS_OFF;
	if (replica->tip > replica->committed)
		return PROGRESS_WORK;
	/* A11, C2: without agreed results nobody proposes, and no other primary would */
	if (replica->tip - replica->stable >= replica->config.window)
		return PROGRESS_OFF;
	return replica->pool_count > 0 ? PROGRESS_WORK : PROGRESS_IDLE;
}

/* A11; sooner while the epoch waits for blocks to end. */
static uint64_t
heartbeat_ms(const PbftReplica *replica)
{
	const PbftConfig *config = &replica->config;
	uint64_t soon_ms = config->tau_min_ms > 0 ? config->tau_min_ms : config->tau0_ms;

	return pbft_end_near(replica) && soon_ms < config->heartbeat_ms ? soon_ms
																	: config->heartbeat_ms;
}

static uint64_t
progress_delay(const PbftReplica *replica, ProgressClass class)
{
	if (class == PROGRESS_IDLE)
		return 3 * heartbeat_ms(replica) + tau(replica, replica->config.tau0_ms);
	return tau(replica, replica->slot_time_ms);
}

/* Called after every step: restarts the progress timer on a new block, view or reason. */
void
pbft_timers(PbftReplica *replica)
{
	ProgressClass class = progress_class(replica);
	uint64_t key = replica->active ? replica->committed : UINT64_MAX - replica->view;

	if (replica->replaying || !replica->started)
		return;
	if ((int) class == replica->progress_class && key == replica->progress_key)
		return;
	if (replica->active && key != replica->progress_key)
		pbft_set_timer(replica, PBFT_TIMER_HEARTBEAT, heartbeat_ms(replica));
	if (replica->active && replica->progress_class == PROGRESS_WORK &&
		key != replica->progress_key && replica->progress_key <= key)
		count_slot(replica);
	replica->progress_since_ms = replica->now_ms;
	replica->progress_class = (int) class;
	replica->progress_key = key;
	if (class != PROGRESS_OFF)
		pbft_set_timer(replica, PBFT_TIMER_PROGRESS, progress_delay(replica, class));
	else
	{
		pbft_emit(replica, PBFT_STOP_TIMER)->timer = PBFT_TIMER_PROGRESS;
		replica->generation[PBFT_TIMER_PROGRESS]++;
	}
}

/*
 * R7, R10. To leave a view is for good, and a member that left alone votes nowhere until the others
 * follow: it says that something is overdue, votes on in an active view, still enters one whose
 * NEW-VIEW comes late, and leaves when f others say so too (R9).
 */
static void
progress_expired(PbftReplica *replica)
{
	if (replica->progress_class == PROGRESS_OFF || replica->overdue)
		return;
	replica->overdue = true;
	pbft_say_status(replica, PBFT_NODE_MAX, PBFT_STATUS_SAYS);
	pbft_check_changes(replica);
}

static void
status_expired(PbftReplica *replica)
{
	const PbftViewChange *own = &replica->changes[replica->config.self];

	pbft_set_timer(replica, PBFT_TIMER_STATUS, replica->config.tau0_ms / 4);
	pbft_say_status(replica, PBFT_NODE_MAX, replica->echoed ? PBFT_STATUS_SAYS : PBFT_STATUS_ASKS);
	pbft_sync(replica, true);
	/* R10: until the view is entered, ask for it again and again */
	if (!replica->active && pbft_may_vote(replica) && own->body.view == replica->view)
	{
		pbft_view_change_message(replica, replica->config.self, &replica->scratch);
		pbft_emit_broadcast(replica, &replica->scratch);
	}
}

void
pbft_timeout(PbftReplica *replica, PbftTimer timer, uint64_t generation)
{
	if (timer >= PBFT_TIMER_COUNT || generation != replica->generation[timer])
		return;
	if (timer == PBFT_TIMER_PROGRESS)
		progress_expired(replica);
	else if (timer == PBFT_TIMER_STATUS)
		status_expired(replica);
	else
		replica->heartbeat_due = true;
}
