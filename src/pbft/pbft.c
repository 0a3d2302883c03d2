/*
 * pbft.c - one step: an event to its file, then whatever has become possible. Holds no rule itself.
 */
#include "pbft/replica.h"

/* Views are never near the end of their 64 bits: view + 1 and height sums cannot wrap. */
#define NUMBER_MAX (UINT64_MAX / 4)

size_t
pbft_replica_size(void)
{
	return sizeof(PbftReplica);
}

/* Three megabytes of places for a hundred members' votes: an entry nobody has marked as used is
 * never read, so a start costs microseconds and not the clearing of all of them. */
static void
clear(PbftReplica *replica)
{
	memset(replica, 0, offsetof(PbftReplica, changes));
	for (uint32_t i = 0; i < PBFT_NODE_MAX; i++)
	{
		memset(&replica->changes[i].body, 0, sizeof(replica->changes[i].body));
		replica->changes[i].has_certificate = false;
	}
	for (uint32_t i = 0; i < PBFT_BLOCK_MAX; i++)
		replica->blocks[i].used = false;
	memset(replica->finals, 0, sizeof(replica->finals));
	for (uint32_t i = 0; i < PBFT_WINDOW_MAX; i++)
		memset(&replica->slots[i], 0, offsetof(PbftSlot, prepare));
	for (uint32_t i = 0; i < PBFT_LAG_MAX; i++)
		memset(&replica->results[i], 0, offsetof(PbftResultSlot, votes));
	for (uint32_t i = 0; i < PBFT_NODE_MAX; i++)
		for (int j = 0; j < PBFT_EARLY_MAX; j++)
			replica->early[i][j].height = 0;
	memset(&replica->scratch, 0, sizeof(replica->scratch));
}

void
pbft_init(PbftReplica *replica, const PbftConfig *config)
{
	uint64_t durable = config->anchor.height;

	assert(config->member_count >= 1 && config->member_count <= PBFT_NODE_MAX);
	assert(config->window >= 1 && config->window <= PBFT_WINDOW_MAX);
	assert(config->lag >= config->window && config->lag <= PBFT_LAG_MAX);
	assert(config->tau0_ms >= 4 && config->tau_max_ms >= config->tau0_ms);
	clear(replica);
	replica->config = *config;
	if (config->self >= config->member_count)
		replica->config.self = PBFT_NODE_MAX;
	replica->quorum = pbft_quorum(config->member_count);
	replica->faults = pbft_faults(config->member_count);
	pbft_order_shuffle(&config->order_seed, config->member_count, replica->order);
	replica->active = true;
	replica->root = config->anchor;
	replica->base = (PbftLock){ PBFT_LOCK_ANCHOR, 0, config->anchor.height, config->anchor.hash };
	replica->lock = replica->base;
	replica->tip = config->anchor.height;
	replica->tip_hash = config->anchor.hash;
	replica->committed = config->anchor.height;
	replica->committed_hash = config->anchor.hash;
	if (config->resumed)
	{
		/* held, not final: until a quorum of this instance commits the base */
		assert(config->anchor.height > 0);
		replica->committed = config->anchor.height - 1;
		replica->committed_hash = config->base_parent;
		/* START says it; until then no header of the log may seem too old */
		durable = durable > PBFT_LAG_MAX ? durable - PBFT_LAG_MAX : 0;
	}
	replica->asked_execute = replica->executed = durable;
	replica->stable = replica->resulted = replica->applied = durable;
	pbft_chain_begin(config, &config->anchor, &replica->final_chain);
	replica->slot_time_ms = config->tau0_ms;
	if (config->slot_ms > 0 && config->slot_ms < config->tau0_ms)
		replica->slot_time_ms = config->slot_ms;
	replica->progress_class = -1;
	replica->progress_key = UINT64_MAX;
}

/* Heights and views are compared and added to everywhere: hostile ones stop here. */
static bool
numbers_sane(const PbftMessage *message)
{
	switch (message->kind)
	{
		case PBFT_VIEW_CHANGE:
			return message->u.view_change.body.view < NUMBER_MAX &&
				   message->u.view_change.body.lock.height < NUMBER_MAX;
		case PBFT_NEW_VIEW:
			return message->u.new_view.view < NUMBER_MAX;
		case PBFT_STATUS:
			return message->u.status.view < NUMBER_MAX && message->u.status.tip < NUMBER_MAX &&
				   message->u.status.committed < NUMBER_MAX &&
				   message->u.status.stable < NUMBER_MAX;
		case PBFT_FETCH:
			return message->u.fetch.height < NUMBER_MAX;
		case PBFT_CERTIFIED:
			return message->u.certified.header.height < NUMBER_MAX;
		default:
			return message->subject.view < NUMBER_MAX && message->subject.height < NUMBER_MAX &&
				   message->subject.height > 0;
	}
}

static McStatus
receive(PbftReplica *replica, const PbftMessage *message)
{
	switch (message->kind)
	{
		case PBFT_PRE_PREPARE:
			return pbft_recv_pre_prepare(replica, message);
		case PBFT_PREPARE:
			return pbft_recv_prepare(replica, message);
		case PBFT_COMMIT:
			return pbft_recv_commit(replica, message);
		case PBFT_CHECKPOINT:
			return pbft_recv_checkpoint(replica, message);
		case PBFT_VIEW_CHANGE:
			return pbft_recv_view_change(replica, message);
		case PBFT_NEW_VIEW:
			return pbft_recv_new_view(replica, message);
		case PBFT_STATUS:
			return pbft_recv_status(replica, message);
		case PBFT_FETCH:
			return pbft_recv_fetch(replica, message);
		default:
			return pbft_recv_certified(replica, message);
	}
}

static void
refuse(PbftReplica *replica, uint32_t sender, McStatus status)
{
	replica->messages_refused++;
	pbft_emit_note(replica, PBFT_NOTE_REFUSED, sender, 0);
	replica->out->list[replica->out->count - 1].status = status;
}

/*
 * Who asks from another epoch of this chain, or without a seat, gets blocks (A8); nothing it says
 * is believed, but that it has more of them may be asked after.
 */
static bool
serve_stranger(PbftReplica *replica, const PbftEvent *event)
{
	const PbftMessage *message = event->message;
	const PbftStatus *status = &message->u.status;
	PbftEffect *effect;

	if (message->kind != PBFT_STATUS && message->kind != PBFT_FETCH)
		return false;
	if (message->kind == PBFT_STATUS && status->committed > replica->committed)
	{
		if (event->sender < replica->config.member_count)
			replica->hints[event->sender] = status->committed;
		return true;
	}
	effect = pbft_emit(replica, PBFT_SERVE);
	effect->member = event->sender;
	if (message->kind == PBFT_FETCH)
	{
		effect->height = message->u.fetch.height;
		effect->count = message->u.fetch.count;
		effect->hash = message->u.fetch.hash;
		return true;
	}
	effect->height = 1 + (status->stable < status->committed ? status->stable : status->committed);
	effect->count = PBFT_WINDOW_MAX;
	return true;
}

static void
take_message(PbftReplica *replica, const PbftEvent *event)
{
	const PbftMessage *message = event->message;
	McProblem problem;
	McStatus status = MC_OK;

	if (!numbers_sane(message))
		status = MC_CONSENSUS_RANGE;
	else if (memcmp(message->instance, replica->config.domain.instance, PBFT_INSTANCE_SIZE) != 0)
		status = MC_CONSENSUS_INSTANCE;
	else if (message->sender >= replica->config.member_count)
		status = MC_CONSENSUS_MEMBER;
	else if (!event->verified)
		status = pbft_message_verify(message, &replica->config.domain,
									 replica->config.member_count, &replica->config.crypto,
									 &problem);
	if ((status == MC_CONSENSUS_INSTANCE || status == MC_CONSENSUS_MEMBER) &&
		serve_stranger(replica, event))
		return;
	if (status == MC_OK && message->sender == replica->config.self)
		pbft_heard_own(replica, message);
	else if (status == MC_OK)
		status = receive(replica, message);
	if (status != MC_OK)
		refuse(replica, message->sender, status);
}

static void
take_validated(PbftReplica *replica, const PbftEvent *event)
{
	PbftBlock *block = pbft_block_find(replica, &event->hash);

	if (block == NULL || block->body == PBFT_BODY_HELD)
		return;
	block->body = event->valid ? PBFT_BODY_HELD : PBFT_BODY_INVALID;
}

static void
close_instance(PbftReplica *replica)
{
	if (!replica->closed)
		pbft_record_closed(replica);
	replica->closed = true;
	pbft_emit_note(replica, PBFT_NOTE_CLOSED, replica->config.self, replica->committed);
}

static void
say_tip(PbftReplica *replica)
{
	PbftEffect *effect;

	if (hash_equal(&replica->said_tip, &replica->tip_hash))
		return;
	replica->said_tip = replica->tip_hash;
	effect = pbft_emit(replica, PBFT_TIP);
	effect->height = replica->tip;
	effect->hash = replica->tip_hash;
}

static void
take(PbftReplica *replica, const PbftEvent *event)
{
	switch (event->kind)
	{
		case PBFT_EVENT_START:
			pbft_start(replica, event->start);
			break;
		case PBFT_EVENT_MESSAGE:
			take_message(replica, event);
			break;
		case PBFT_EVENT_POOL:
			replica->pool_count = event->count;
			break;
		case PBFT_EVENT_CANDIDATE:
			pbft_candidate(replica, event->candidate);
			break;
		case PBFT_EVENT_VALIDATED:
			take_validated(replica, event);
			break;
		case PBFT_EVENT_EXECUTED:
			pbft_executed(replica, event);
			break;
		case PBFT_EVENT_APPLIED:
			pbft_applied(replica, event->height);
			break;
		case PBFT_EVENT_TIMEOUT:
			pbft_timeout(replica, event->timer, event->generation);
			break;
		case PBFT_EVENT_SNAPSHOT:
			pbft_record_snapshot(replica);
			break;
		case PBFT_EVENT_LINK_UP:
			if (event->sender < replica->config.member_count)
				pbft_say_status(replica, event->sender,
								replica->echoed ? PBFT_STATUS_SAYS : PBFT_STATUS_ASKS);
			break;
		case PBFT_EVENT_CLOSE:
			close_instance(replica);
			break;
		default:
			assert(event->kind == PBFT_EVENT_FENCE);
			pbft_fence(replica);
	}
}

void
pbft_step(PbftReplica *replica, const PbftEvent *event, PbftEffects *effects)
{
	assert(pbft_effects_room(effects));
	replica->out = effects;
	if (event->kind == PBFT_EVENT_CLOCK)
	{
		replica->now_ms = event->now_ms;
		replica->wall_ms = event->wall_ms;
	}
	else if (event->kind == PBFT_EVENT_RECORD)
	{
		pbft_replay(replica, event->bytes);
		return;
	}
	else
	{
		assert(replica->started || event->kind == PBFT_EVENT_START);
		take(replica, event);
	}
	/* a snapshot is records and nothing else: the floor writes it beside its turns */
	if (!replica->started || event->kind == PBFT_EVENT_SNAPSHOT)
		return;
	pbft_sync(replica, false);
	pbft_enter_when_ready(replica);
	pbft_accept_next(replica);
	pbft_propose(replica);
	pbft_timers(replica);
	say_tip(replica);
	replica->out = NULL;
}

void
pbft_summary(const PbftReplica *replica, PbftSummary *summary)
{
	memset(summary, 0, sizeof(*summary));
	summary->mode = replica->active ? PBFT_MODE_ACTIVE : PBFT_MODE_CHANGING;
	if (!replica->started)
		summary->mode = PBFT_MODE_STARTING;
	else if (replica->fenced)
		summary->mode = PBFT_MODE_FENCED;
	else if (replica->diverged)
		summary->mode = PBFT_MODE_DIVERGED;
	else if (replica->closed)
		summary->mode = PBFT_MODE_CLOSED;
	else if (replica->ended)
		summary->mode = PBFT_MODE_ENDED;
	summary->voting = replica->started && replica->active && !replica->no_prepare &&
					  pbft_may_vote(replica);
	summary->echoed = replica->echoed;
	summary->no_prepare = replica->no_prepare;
	summary->no_chain = !replica->final_chain.valid;
	summary->view_since_ms = replica->view_since_ms;
	summary->view = replica->view;
	summary->base = replica->base.height;
	summary->tip = replica->tip;
	summary->committed = replica->committed;
	summary->executed = replica->executed;
	summary->stable = replica->stable;
	summary->resulted = replica->resulted;
	summary->applied = replica->applied;
	summary->primary = pbft_primary(replica, replica->view);
	summary->quorum = replica->quorum;
	summary->faults = replica->faults;
	summary->slot_ms = replica->slot_time_ms;
	summary->view_changes = replica->view_changes;
	summary->messages_refused = replica->messages_refused;
	summary->evidence_seen = replica->evidence_seen;
	for (uint32_t i = 0; i < replica->config.member_count; i++)
		if (pbft_left_out_as_liar(replica, i))
			pbft_name(summary->liars, i);
}
