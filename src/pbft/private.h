/*
 * private.h - the functions the files of this room give each other. Included by replica.h.
 */
#ifndef MESCHAIN_PBFT_PRIVATE_H
#define MESCHAIN_PBFT_PRIVATE_H

/* emit.c: effects; none of them does anything while the log is replayed */
extern PbftEffect *pbft_emit(PbftReplica *replica, PbftEffectKind kind);
extern McSpan pbft_emit_bytes(PbftReplica *replica, const void *data, size_t size);
extern const PbftHeader *pbft_emit_header(PbftReplica *replica, const PbftHeader *header);
extern void pbft_emit_note(PbftReplica *replica, PbftNote note, uint32_t member, uint64_t height);
extern void pbft_emit_send(PbftReplica *replica, uint32_t member, const PbftMessage *message);
extern void pbft_emit_broadcast(PbftReplica *replica, const PbftMessage *message);
extern void pbft_emit_certificate(PbftReplica *replica, PbftEffectKind kind, uint64_t height,
								  const McHash *hash, const PbftCertificate *certificate);
extern void pbft_message_sign(PbftReplica *replica, PbftMessage *message);
extern void pbft_view_change_message(const PbftReplica *replica, uint32_t member,
									 PbftMessage *message);
extern void pbft_vote_message(const PbftReplica *replica, uint8_t kind, uint32_t member,
							  uint64_t height, const PbftVote *vote, PbftMessage *message);

/* order.c: who may propose (R1) */
extern uint32_t pbft_primary(const PbftReplica *replica, uint64_t view);
extern const PbftChain *pbft_tip_chain(PbftReplica *replica);
extern uint32_t pbft_tip_proposer(PbftReplica *replica);
extern bool pbft_may_vote(const PbftReplica *replica);

/* block.c: headers by hash */
extern PbftBlock *pbft_block_find(PbftReplica *replica, const McHash *hash);
extern PbftBlock *pbft_block_add(PbftReplica *replica, const PbftHeader *header,
								 const McHash *hash);
extern bool pbft_block_tip(PbftReplica *replica, const McHash *hash, PbftTip *tip);
/* Walks from (height, hash) to the committed block. True: all there and it is an extension; then
 * hashes[i] is the block at committed + 1 + i. Else *missing is the first unknown hash, or
 * *conflict says that the chain passes beside the committed block. */
extern bool pbft_block_chain(PbftReplica *replica, uint64_t height, const McHash *hash,
							 McHash *hashes, McHash *missing, bool *conflict);

/* slot.c: votes of the window */
extern PbftSlot *pbft_slot(PbftReplica *replica, uint64_t height);
extern bool pbft_in_window(const PbftReplica *replica, uint64_t height);
extern uint32_t pbft_slot_prepares(const PbftReplica *replica, const PbftSlot *slot,
								   uint64_t view, const McHash *hash);
extern uint32_t pbft_slot_commits(const PbftReplica *replica, const PbftSlot *slot, uint64_t view,
								  const McHash *hash);
extern void pbft_slot_certificate(const PbftReplica *replica, const PbftSlot *slot, uint8_t kind,
								  uint64_t view, const McHash *hash, PbftCertificate *out);
extern void pbft_slot_store(PbftReplica *replica, PbftSlot *slot, uint32_t member,
							const PbftSubject *subject, const uint8_t *signature);

/* record.c: the log */
typedef enum PbftRecord
{
	PBFT_RECORD_HEADER = 1,      /* D1; the body lies beside it, by hash */
	PBFT_RECORD_MESSAGE = 2,     /* D2, D3, D5, D6, D7, D9 and COMMIT votes: own signed bytes */
	PBFT_RECORD_CERTIFICATE = 3, /* D4, D8 */
	PBFT_RECORD_STATE = 4,       /* of a snapshot: where in its view this node stands */
	PBFT_RECORD_CLOSED = 5       /* D10 */
} PbftRecord;

extern bool pbft_keeps_log(const PbftReplica *replica);
extern void pbft_record_header(PbftReplica *replica, PbftBlock *block);
extern void pbft_record_message(PbftReplica *replica, const PbftMessage *message);
extern void pbft_record_certificate(PbftReplica *replica, const PbftCertificate *certificate);
extern void pbft_record_closed(PbftReplica *replica);
extern void pbft_record_snapshot(PbftReplica *replica);
extern void pbft_replay(PbftReplica *replica, McSpan record);
extern void pbft_start(PbftReplica *replica, const PbftTip *root);

/* propose.c (R2), accept.c (R3), prepared.c (R4) */
extern void pbft_propose(PbftReplica *replica);
extern void pbft_candidate(PbftReplica *replica, const PbftCandidate *candidate);
extern void pbft_accept_next(PbftReplica *replica);
extern void pbft_accept(PbftReplica *replica, PbftSlot *slot, PbftBlock *block);
extern void pbft_prepare_vote(PbftReplica *replica, uint64_t height, const McHash *hash);
extern void pbft_check_prepared(PbftReplica *replica, uint64_t height);
extern void pbft_proposal_resend(PbftReplica *replica, uint64_t height, uint32_t member);
extern uint32_t pbft_flags_due(const PbftReplica *replica, const PbftTip *parent,
							   const PbftChain *chain);
extern void pbft_proposal_show(PbftReplica *replica, PbftSlot *slot, const PbftMessage *prepare);
extern bool pbft_end_near(const PbftReplica *replica);
extern void pbft_skips_due(const PbftReplica *replica, const PbftChain *chain, uint64_t *first,
						   uint32_t *count);
extern void pbft_proposal_put(PbftSlot *slot, const PbftProposed *proposal);

/* commit.c (R5, R16b), result.c (R6) */
extern void pbft_check_committed(PbftReplica *replica, uint64_t height, uint64_t view,
								 const McHash *hash);
extern void pbft_learn_commit(PbftReplica *replica, const PbftCertificate *certificate);
extern void pbft_raise_lock(PbftReplica *replica, uint8_t kind, const PbftCertificate *from);
extern void pbft_ask_execute(PbftReplica *replica);
extern PbftFinal *pbft_final(PbftReplica *replica, uint64_t height);
extern void pbft_executed(PbftReplica *replica, const PbftEvent *event);
extern void pbft_vote_result(PbftReplica *replica, uint64_t height);
extern void pbft_vote_base_result(PbftReplica *replica);
extern void pbft_applied(PbftReplica *replica, uint64_t height);
extern void pbft_result_store(PbftReplica *replica, uint32_t member, const PbftSubject *subject,
							  const uint8_t *signature);
extern void pbft_learn_result(PbftReplica *replica, const PbftCertificate *certificate);
extern bool pbft_result_certificate(PbftReplica *replica, uint64_t height, PbftCertificate *out);
extern void pbft_advance_results(PbftReplica *replica);

/* view_change.c (R8-R11), new_view.c (R12) */
extern void pbft_change_view(PbftReplica *replica, uint64_t view);
extern void pbft_check_changes(PbftReplica *replica);
extern uint32_t pbft_changes_at_least(const PbftReplica *replica, uint64_t view);
extern void pbft_vote_base(PbftReplica *replica);
extern void pbft_enter_when_ready(PbftReplica *replica);
extern void pbft_enter(PbftReplica *replica, const PbftMessage *message);
extern void pbft_new_view_base(const PbftMessage *message, PbftLock *base);

/* sync.c (R16, R22), timer.c (R7), clock.c (A12) */
extern void pbft_sync(PbftReplica *replica, bool tick);
extern void pbft_fetched(PbftReplica *replica, uint64_t height, const McHash *hash);
extern bool pbft_was_asked(const PbftReplica *replica, uint64_t height, const McHash *hash);
extern void pbft_say_status(PbftReplica *replica, uint32_t member, PbftStatusPhase phase);
extern void pbft_set_timer(PbftReplica *replica, PbftTimer timer, uint64_t delay_ms);
extern void pbft_timers(PbftReplica *replica);
extern bool pbft_block_time(const PbftReplica *replica, uint64_t *ms);
extern void pbft_timeout(PbftReplica *replica, PbftTimer timer, uint64_t generation);
extern uint64_t pbft_clock(const PbftReplica *replica);

/* echo.c (R17b) */
extern void pbft_echo(PbftReplica *replica, uint32_t member, const PbftStatus *status);
extern void pbft_heard_own(PbftReplica *replica, const PbftMessage *message);
extern void pbft_answered(PbftReplica *replica, uint32_t member);
extern void pbft_fence(PbftReplica *replica);

/* evidence.c (R18) */
extern bool pbft_forgotten(const PbftViewChangeBody *body, uint64_t view, uint64_t height);
extern void pbft_evidence(PbftReplica *replica, const PbftMessage *first,
						  const PbftMessage *second);

/* one file per message kind */
extern McStatus pbft_recv_pre_prepare(PbftReplica *replica, const PbftMessage *message);
extern McStatus pbft_recv_prepare(PbftReplica *replica, const PbftMessage *message);
extern McStatus pbft_recv_commit(PbftReplica *replica, const PbftMessage *message);
extern McStatus pbft_recv_checkpoint(PbftReplica *replica, const PbftMessage *message);
extern McStatus pbft_recv_view_change(PbftReplica *replica, const PbftMessage *message);
extern McStatus pbft_recv_new_view(PbftReplica *replica, const PbftMessage *message);
extern McStatus pbft_recv_status(PbftReplica *replica, const PbftMessage *message);
extern McStatus pbft_recv_fetch(PbftReplica *replica, const PbftMessage *message);
extern McStatus pbft_recv_certified(PbftReplica *replica, const PbftMessage *message);

#endif
