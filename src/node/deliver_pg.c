/*
 * deliver_pg.c - mes_internal.deliver(bytea[]): the door for other members' order workers (P13).
 *
 * Signatures are verified here, in as many processes as members deliver, and never in a worker
 * (law 1). Content never raises: a bad frame is counted and passed over. What an honest worker
 * could not use anyway stops here: a list that is not its header's, a body nobody may submit.
 */
#include "postgres.h"

#include "base/suite.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "ledger/execute.h"
#include "miscadmin.h"
#include "node/desk_pg.h"
#include "node/handoff_pg.h"
#include "node/members_pg.h"
#include "node/serve_pg.h"
#include "pbft/frame.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define ROLE_PREFIX "mes_peer_"

/* Of this session; keys and instance are of one moment, and good until the order worker has others.
 */
static struct
{
	NodeGenesis *genesis;
	uint64_t version;
	uint32_t member; /* a seat's index, or a guest's behind them */
	PbftDomain domain;
	PbftMessage *message;
	uint64_t committed; /* as of this call, or a little before */
	uint64_t resulted;
	bool has_work; /* this call brought something that a turn of the order worker is for */
	bool has_bodies;
} door;

/* ---- who delivers ------------------------------------------------------------------------------
 */

static uint32_t
member_by_name(const NodeGenesis *genesis, const char *name)
{
	uint32_t member = 0;

	while (member < genesis->peer_count &&
		   strcmp(genesis->document.members[member].name, name) != 0)
		member++;
	return member;
}

/* False while the node is not running: frames are lost, as on a cut line. */
static bool
enter(void)
{
	const char *role = GetUserNameFromId(GetSessionUserId(), false);
	bool open;

	if (door.genesis == NULL)
	{
		door.genesis = MemoryContextAlloc(TopMemoryContext, sizeof(NodeGenesis));
		door.message = MemoryContextAlloc(TopMemoryContext, sizeof(PbftMessage));
	}
	LWLockAcquire(node_shared->lock, LW_SHARED);
	open = node_shared->domain_known && node_shared->database_oid == MyDatabaseId;
	/* one member's call in a thousand comes after a change */
	if (open && door.version != node_shared->running_version)
	{
		*door.genesis = node_shared->running;
		door.domain = node_shared->domain;
		door.version = node_shared->running_version;
	}
	door.committed = node_shared->consensus.committed;
	door.resulted = node_shared->consensus.resulted;
	LWLockRelease(node_shared->lock);
	if (!open)
		return false;
	door.member = strncmp(role, ROLE_PREFIX, strlen(ROLE_PREFIX)) != 0
					  ? door.genesis->peer_count
					  : member_by_name(door.genesis, role + strlen(ROLE_PREFIX));
	if (door.member >= door.genesis->peer_count || door.member == door.genesis->self)
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("role \"%s\" is not another member of this federation", role)));
	return true;
}

static bool
verify(void *context, uint32_t member, McSpan message, const uint8_t signature[PBFT_SIGNATURE_SIZE])
{
	const Genesis *document = context;
	SuiteKey key = { .suite = SUITE_ED25519 };

	if (member >= document->member_count)
		return false;
	memcpy(key.public_key, document->members[member].voting_key, SUITE_PUBLIC_SIZE);
	return suite_verify(&key, message, signature);
}

/* ---- frames ------------------------------------------------------------------------------------
 */

/* The list is the block's: its leaves give the header's tx_root. */
static bool
list_fits(const PbftHeader *header, const PbftFrame *frame)
{
	MerkleBuilder tree;
	McHash root;

	if (frame->count != header->tx_count)
		return false;
	merkle_builder_init(&tree);
	for (uint32_t i = 0; i < frame->count; i++)
	{
		McHash txid = pbft_list_txid(frame->list, i);
		McHash body_id = pbft_list_body(frame->list, i);
		McHash leaf;

		ledger_tx_leaf(&txid, &body_id, &leaf);
		merkle_builder_add(&tree, &leaf);
	}
	merkle_builder_root(&tree, &root);
	return hash_equal(&root, &header->tx_root);
}

static uint64_t
applied_height(void)
{
	uint64_t applied;

	LWLockAcquire(node_shared->lock, LW_SHARED);
	applied = node_shared->tip.height;
	LWLockRelease(node_shared->lock);
	return applied;
}

/*
 * Blocks that are rows here are answered from the rows, without the worker: to whoever has a role
 * here, whatever its epoch and whoever signed, for it proves itself by what it sends next (A8).
 */
static bool
serve(const PbftMessage *message)
{
	static const McHash none;
	const PbftFetch *fetch = &message->u.fetch;
	uint64_t applied = applied_height();

	if (!hash_equal(&fetch->hash, &none))
		return serve_hash(door.member, &fetch->hash, fetch->height);
	if (fetch->height == 0 || fetch->height > applied)
		return false;
	serve_range(door.member, fetch->height, fetch->count, applied);
	return true;
}

/* Who is in an older epoch is told what proves the way out of it; what it says is not believed. */
static void
carry_over(const PbftStatus *status)
{
	uint64_t applied = applied_height();
	uint64_t from = 1 + Min(status->stable, status->committed);

	if (status->committed < applied && from <= applied)
		serve_range(door.member, from, PBFT_WINDOW_MAX, applied);
}

/* A vote on what is settled here: the core would not look at it, so nobody verifies it. Of four
 * members' votes one comes too late in each round. */
static bool
late(const PbftMessage *message)
{
	switch (message->kind)
	{
		case PBFT_PREPARE:
		case PBFT_COMMIT:
			return message->subject.height <= door.committed;
		case PBFT_CHECKPOINT:
			return message->subject.height <= door.resulted;
		default:
			return false;
	}
}

/* A proposal brings the proof of a result that is mostly known here already. */
static bool
is_vote(const PbftMessage *message)
{
	return message->kind == PBFT_PREPARE || message->kind == PBFT_COMMIT ||
		   message->kind == PBFT_CHECKPOINT;
}

/*
 * Whether a turn can do anything with this vote: with too few others beside it, and this node's
 * own, it waits in the ring for the next. Members that voted on later heights count too, so the
 * answer errs only to the side of a turn too many.
 */
static bool
may_decide(const PbftMessage *message)
{
	uint32_t count = door.genesis->document.member_count;
	uint32_t enough = pbft_quorum(count) - 1;
	uint32_t kind = message->kind;
	uint32_t voted = 0;

	if (message->sender != door.member)
		return true;          /* this node's own word, come back (R17b) */
	if (kind == PBFT_PREPARE) /* f + 1 of them tell the time (A12) */
		enough = Min(enough, pbft_faults(count) + 1);
	peer_voted(peer_of(door.member), kind, message->subject.height);
	for (uint32_t i = 0; i < count; i++)
		voted += peer_has_voted(peer_of(i), kind, message->subject.height);
	return voted >= enough;
}

static bool
leave_out_known_proof(PbftMessage *message)
{
	PbftProposal *proposal = &message->u.proposal;

	if (message->kind != PBFT_PRE_PREPARE || !proposal->has_checkpoint ||
		proposal->checkpoint.subject.height > door.resulted)
		return false;
	proposal->has_checkpoint = false;
	return true;
}

static void
note_status(const PbftMessage *message)
{
	Peer *peer = peer_of(message->sender);

	pg_atomic_write_u64(&peer->view, message->u.status.view);
	pg_atomic_write_u64(&peer->committed, message->u.status.committed);
	pg_atomic_write_u64(&peer->stable, message->u.status.stable);
	pg_atomic_write_u32(&peer->active, message->u.status.active);
}

static bool
take_message(const PbftFrame *frame, McSpan bytes)
{
	Peer *peer = peer_of(door.member);
	PbftMessage *message = door.message;
	const Genesis *document = &door.genesis->document;
	PbftCrypto crypto = { .context = unconstify(Genesis *, document), .verify = verify };
	const PbftHeader *header = NULL;
	McProblem problem;
	bool same_instance;
	uint8_t flags;

	if (pbft_message_decode(frame->content, message, &problem) != MC_OK)
		return false;
	if (message->kind == PBFT_PRE_PREPARE)
		header = &message->u.proposal.header;
	else if (message->kind == PBFT_CERTIFIED)
		header = &message->u.certified.header;
	if (header == NULL ? frame->count > 0 : frame->count > 0 && !list_fits(header, frame))
		return false;
	same_instance = memcmp(message->instance, door.domain.instance, PBFT_INSTANCE_SIZE) == 0;
	if (message->kind == PBFT_FETCH && serve(message))
		return true;
	if (message->kind == PBFT_CERTIFIED)
		message->sender = members_speaker(door.genesis, door.member);
	/* who has no seat cannot sign, and asks all the same */
	if (message->kind == PBFT_FETCH && message->sender >= document->member_count)
		same_instance = false;
	if (!same_instance && message->kind == PBFT_STATUS)
		carry_over(&message->u.status);
	if (same_instance && late(message))
	{
		pg_atomic_fetch_add_u64(&peer->frames_late, 1);
		return true;
	}
	flags = !same_instance                   ? 0
			: leave_out_known_proof(message) ? PEER_VERIFIED
											 : PEER_VERIFIED | PEER_PROVED;
	if (same_instance && pbft_message_verify(message, &door.domain, document->member_count, &crypto,
											 &problem) != MC_OK)
		return false;
	if (same_instance && message->kind == PBFT_STATUS)
		note_status(message);
	if (!ring_put(&peer->inbox, flags, bytes, span_of(NULL, 0)))
		pg_atomic_fetch_add_u64(&peer->frames_dropped, 1);
	else if (!same_instance || !is_vote(message) || may_decide(message))
		door.has_work = true;
	return true;
}

static bool
take_body(const PbftFrame *frame)
{
	const NodeGenesis *genesis = door.genesis;
	bool named = frame->kind == PBFT_FRAME_NAMED;
	TxView view;
	McProblem problem;

	if (tx_read(frame->content, &view, &problem) != MC_OK)
		return false;
	if (named ? false : pool_knows(&view.txid, &view.body_id))
		return true;
	if (tx_check_rules(&view, &genesis->rules, &problem) != MC_OK ||
		tx_verify(&view, &problem) != MC_OK)
		return false;
	if (pool_offer(&view, door.member, genesis->document.member_count, named) == POOL_OFFER_REFUSED)
		pg_atomic_fetch_add_u64(&peer_of(door.member)->frames_dropped, 1);
	else
	{
		door.has_bodies = true;
		pg_atomic_fetch_add_u64(&peer_of(door.member)->bodies_in, 1);
	}
	return true;
}

static bool
take_question(const PbftFrame *frame, McSpan bytes)
{
	Peer *peer = peer_of(door.member);
	uint64_t applied = applied_height();

	if (frame->height > 0 && frame->height <= applied)
		serve_range(door.member, frame->height, 1, applied);
	else if (ring_put(&peer->inbox, 0, bytes, span_of(NULL, 0)))
		door.has_work = true;
	else
		pg_atomic_fetch_add_u64(&peer->frames_dropped, 1);
	return true;
}

static bool
take_frame(McSpan bytes)
{
	PbftFrame frame;
	McProblem problem;

	if (pbft_frame_read(bytes, &frame, &problem) != MC_OK)
		return false;
	switch (frame.kind)
	{
		case PBFT_FRAME_MESSAGE:
			return take_message(&frame, bytes);
		case PBFT_FRAME_BODY:
		case PBFT_FRAME_NAMED:
			return take_body(&frame);
		case PBFT_FRAME_WANT:
			serve_bodies(door.member, frame.list, frame.count);
			return true;
		case PBFT_FRAME_ASK:
			return take_question(&frame, bytes);
		case PBFT_FRAME_QUESTION:
			return desk_take_question(door.member, frame.content);
		case PBFT_FRAME_TELL:
			return desk_take_answer(door.member, frame.content);
		case PBFT_FRAME_NOTICE:
			return desk_take_notice(door.member, frame.content);
	}
	return false;
}

/* ---- SQL ----------------------------------------------------------------------------------------
 */

static bytea *
answer(uint32_t taken, uint32_t refused, size_t room)
{
	bytea *bytes = palloc(VARHDRSZ + 12);
	uint8_t *out = (uint8_t *) VARDATA(bytes);

	SET_VARSIZE(bytes, VARHDRSZ + 12);
	put_be32(out, taken);
	put_be32(out + 4, refused);
	put_be32(out + 8, (uint32_t) Min(room, UINT32_MAX));
	return bytes;
}

static size_t
frame_size(Datum frame, bool null)
{
	return null ? 0 : VARSIZE_ANY_EXHDR(DatumGetByteaPP(frame));
}

/* The first so many frames are within the member's share of this second. */
static int
admit(Peer *peer, const Datum *frames, const bool *nulls, int count)
{
	size_t *sizes = palloc(sizeof(size_t) * Max(count, 1));
	int admitted;

	for (int i = 0; i < count; i++)
		sizes[i] = frame_size(frames[i], nulls[i]);
	admitted = (int) peer_admit(peer, sizes, (uint32_t) count);
	pfree(sizes);
	return admitted;
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_deliver);
Datum
mes_internal_deliver(PG_FUNCTION_ARGS)
{
	Datum *frames;
	bool *nulls;
	int count;
	int admitted;
	uint32_t refused = 0;
	uint64_t bytes = 0;
	uint64_t asked_for;
	Peer *peer;

	shmem_require();
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), BYTEAOID, -1, false, TYPALIGN_INT, &frames, &nulls,
					  &count);
	if (!enter())
		PG_RETURN_BYTEA_P(answer(0, (uint32_t) count, 0));
	peer = peer_of(door.member);
	admitted = admit(peer, frames, nulls, count);
	asked_for = ring_written(&peer->outbox);
	door.has_work = door.has_bodies = false;
	for (int i = 0; i < admitted; i++)
	{
		bytea *frame = nulls[i] ? NULL : DatumGetByteaPP(frames[i]);

		if (frame == NULL || !take_frame(span_of(VARDATA_ANY(frame), VARSIZE_ANY_EXHDR(frame))))
			refused++;
		bytes += frame_size(frames[i], nulls[i]);
		CHECK_FOR_INTERRUPTS();
	}
	asked_for = ring_written(&peer->outbox) - asked_for;
	peer_charge(peer, asked_for);
	pg_atomic_fetch_add_u64(&peer->frames_in, count);
	pg_atomic_fetch_add_u64(&peer->bytes_in, (int64) bytes);
	pg_atomic_fetch_add_u64(&peer->frames_refused, refused);
	pg_atomic_write_u64(&peer->last_heard_us, (uint64) GetCurrentTimestamp());
	if (door.has_work || asked_for > 0)
		handoff_bring_frames();
	else if (door.has_bodies)
		handoff_bring_bodies();
	PG_RETURN_BYTEA_P(answer((uint32_t) admitted - refused, refused, ring_free(&peer->inbox)));
}
