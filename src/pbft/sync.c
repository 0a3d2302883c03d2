/*
 * sync.c - R16: asking for what is missing, one thing at a time and of one member at a time; and
 * R22's STATUS, by which others learn what this node lacks.
 */
#include "pbft/replica.h"

void
pbft_say_status(PbftReplica *replica, uint32_t member, PbftStatusPhase phase)
{
	PbftMessage *message = &replica->scratch;

	if (replica->config.self >= replica->config.member_count || replica->config.member_count == 1)
		return;
	memset(&message->subject, 0, sizeof(message->subject));
	message->kind = PBFT_STATUS;
	message->u.status = (PbftStatus){ .phase = (uint8_t) phase,
									  .view = replica->view,
									  .active = replica->active,
									  .overdue = replica->overdue && pbft_may_vote(replica),
									  .tip = replica->tip,
									  .committed = replica->committed,
									  .stable = replica->resulted,
									  .executed = replica->executed,
									  .clock_ms = replica->wall_ms };
	pbft_message_sign(replica, message);
	if (member < replica->config.member_count)
		pbft_emit_send(replica, member, message);
	else
		pbft_emit_broadcast(replica, message);
}

/* Who has no seat has no key here: the link it came by says who asks. */
static void
fetch_unsigned(const PbftReplica *replica, PbftMessage *message)
{
	message->sender = PBFT_NODE_MAX;
	memcpy(message->instance, replica->config.domain.instance, PBFT_INSTANCE_SIZE);
	memset(message->signature, 0, PBFT_SIGNATURE_SIZE);
}

static void
fetch(PbftReplica *replica, uint32_t member, uint64_t height, uint32_t count, const McHash *hash)
{
	PbftMessage *message = &replica->scratch;

	replica->fetch.active = true;
	replica->fetch.member = member;
	replica->fetch.height = height;
	replica->fetch.count = count;
	replica->fetch.hash = *hash;
	replica->fetch.deadline_ms = replica->now_ms + replica->config.tau0_ms / 2;
	memset(&message->subject, 0, sizeof(message->subject));
	message->kind = PBFT_FETCH;
	message->u.fetch = (PbftFetch){ height, count, *hash };
	if (replica->config.self < replica->config.member_count)
		pbft_message_sign(replica, message);
	else
		fetch_unsigned(replica, message);
	pbft_emit_send(replica, member, message);
}

/* The next member in turn that says it has more final blocks, or results, than this. */
static uint32_t
next_ahead(PbftReplica *replica, bool results, uint64_t height)
{
	uint32_t n = replica->config.member_count;

	for (uint32_t i = 0; i < n; i++)
	{
		uint32_t member = (replica->range_turn + i) % n;

		const PbftStatus *peer = &replica->peers[member];
		uint64_t has = results ? peer->stable : peer->committed;

		if (replica->hints[member] > has)
			has = replica->hints[member];
		if (member == replica->config.self || has <= height)
			continue;
		replica->range_turn = member + 1;
		return member;
	}
	return n;
}

/* The next in turn of those who signed for the block, so held it then. The turns are counted apart:
 * together they fell into step and asked the same silent members for ever. */
static uint32_t
next_signer(PbftReplica *replica, const PbftCertificate *certificate)
{
	uint32_t n = replica->config.member_count;

	for (uint32_t i = 0; i < n; i++)
	{
		uint32_t member = (replica->signer_turn + i) % n;

		if (member == replica->config.self || !pbft_certificate_has(certificate, member))
			continue;
		replica->signer_turn = member + 1;
		return member;
	}
	return n;
}

/* The first header that a certified block still needs below it. */
static bool
missing_below(PbftReplica *replica, uint64_t height, const McHash *hash, McHash *missing)
{
	bool conflict;

	if (height <= replica->committed || height - replica->committed > replica->config.window)
		return false;
	return !pbft_block_chain(replica, height, hash, NULL, missing, &conflict) &&
		   !hash_is_zero(missing);
}

static bool
fetch_by_hash(PbftReplica *replica)
{
	const PbftCertificate *certificate = NULL;
	McHash missing;
	PbftLock base = { 0 };
	uint32_t member;

	if (replica->has_next_view)
		pbft_new_view_base(&replica->next_view, &base);
	if (replica->has_ahead && missing_below(replica, replica->ahead.subject.height,
											&replica->ahead.subject.hash, &missing))
		certificate = &replica->ahead;
	else if (replica->has_next_view && missing_below(replica, base.height, &base.hash, &missing))
		certificate = &replica->next_view.u.new_view.certificate;
	if (certificate == NULL)
		return false;
	member = next_signer(replica, certificate);
	if (member < replica->config.member_count)
		fetch(replica, member, certificate->subject.height, 0, &missing);
	return true;
}

/* Blocks above the last result that there is room for: a result that comes with a block and finds
 * no place would have to be asked for again, one a tick. */
static uint64_t
room_for_blocks(const PbftReplica *replica)
{
	uint64_t finals = replica->applied + PBFT_FINAL_MAX - 1 - replica->committed;
	uint64_t held = replica->committed - replica->resulted;
	uint64_t results = held < PBFT_LAG_MAX ? PBFT_LAG_MAX - held : 0;

	if (replica->committed - replica->applied >= PBFT_LAG_MAX)
		return 0;
	return finals < results ? finals : results;
}

static void
fetch_range(PbftReplica *replica)
{
	static const McHash none;
	uint64_t room = room_for_blocks(replica);
	uint64_t count;
	uint32_t member;

	if (room == 0)
		return;
	member = next_ahead(replica, false, replica->committed);
	if (member >= replica->config.member_count)
		return;
	count = replica->peers[member].committed;
	if (replica->hints[member] > count)
		count = replica->hints[member];
	count -= replica->committed;
	if (count > room)
		count = room;
	if (count > PBFT_FETCH_MAX)
		count = PBFT_FETCH_MAX;
	fetch(replica, member, replica->committed + 1, (uint32_t) count, &none);
}

/* Executed, agreed on elsewhere, and the CHECKPOINTs that say so are gone from the others' memory:
 * only a certificate kept with the block helps. */
static void
fetch_results(PbftReplica *replica)
{
	static const McHash none;
	uint64_t count = replica->committed - replica->resulted;
	uint32_t member;

	if (replica->executed == replica->resulted || replica->diverged)
		return;
	member = next_ahead(replica, true, replica->resulted);
	if (member < replica->config.member_count)
		fetch(replica, member, replica->resulted + 1,
			  (uint32_t) (count < PBFT_FETCH_MAX ? count : PBFT_FETCH_MAX), &none);
}

/* Called after every step, and with tick from the STATUS timer. */
void
pbft_sync(PbftReplica *replica, bool tick)
{
	if (!replica->started || (replica->config.member_count == 1 && replica->config.self == 0))
		return;
	if (replica->has_ahead)
	{
		PbftCertificate certificate = replica->ahead;

		replica->has_ahead = false;
		pbft_learn_commit(replica, &certificate);
		pbft_enter_when_ready(replica);
	}
	if (tick && replica->fetch.active && replica->now_ms >= replica->fetch.deadline_ms)
	{
		/* unanswered: try the other way, a liar's claim or a forgotten block must not hold us up */
		replica->fetch.active = false;
		replica->fetch_range_first = !replica->fetch_range_first;
	}
	if (replica->fetch.active)
		return;
	if (tick && replica->fetch_range_first)
		fetch_range(replica);
	if (replica->fetch.active || fetch_by_hash(replica))
		return;
	/* where few blocks fit only results make room; a block may bring the proof of one far above */
	if (tick && room_for_blocks(replica) < PBFT_FETCH_MAX / 2)
	{
		replica->fetch_results_first = !replica->fetch_results_first;
		if (replica->fetch_results_first)
			fetch_results(replica);
	}
	if (replica->fetch.active)
		return;
	/* a claim that is a tick old and still ahead: votes will not close the gap by themselves */
	if (tick || (replica->fetch_more && room_for_blocks(replica) >= PBFT_FETCH_MAX / 2))
	{
		fetch_range(replica);
		replica->fetch_more = false;
	}
	if (tick && !replica->fetch.active)
		fetch_results(replica);
}

bool
pbft_was_asked(const PbftReplica *replica, uint64_t height, const McHash *hash)
{
	if (!replica->fetch.active)
		return false;
	if (!hash_is_zero(&replica->fetch.hash))
		return hash_equal(&replica->fetch.hash, hash);
	return height >= replica->fetch.height && height - replica->fetch.height < replica->fetch.count;
}

void
pbft_fetched(PbftReplica *replica, uint64_t height, const McHash *hash)
{
	PbftFetching *fetching = &replica->fetch;

	if (!fetching->active)
		return;
	if (hash_equal(&fetching->hash, hash))
	{
		fetching->active = false;
		return;
	}
	fetching->deadline_ms = replica->now_ms + replica->config.tau0_ms / 2;
	if (height + 1 < fetching->height + fetching->count)
		return;
	fetching->active = false;
	replica->fetch_more = true;
}
