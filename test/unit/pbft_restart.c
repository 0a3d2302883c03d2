/*
 * pbft_restart.c - restart, fencing, saying it again, and evidence: what a member remembers of
 * itself and others. One rule a test: the cases a random schedule meets once in a million stand
 * here by name.
 */
#include "unit/pbft_peers.h"

static void
test_a_second_result_after_restart_is_not_signed(void)
{
	begin();
	(void) committed_first();
	executed(1, 7);
	restart();
	CHECK_INT(count_effects(PBFT_EXECUTE), 1);
	pbft_effects_clear(&effects);
	executed(1, 8);
	CHECK_INT(count_sent(PBFT_CHECKPOINT), 0);
	CHECK_INT(count_notes(PBFT_NOTE_DIVERGED), 1);
}

static void
test_restart_keeps_the_lock(void)
{
	McHash hash;

	begin();
	hash = accepted_first();
	vote(PBFT_PREPARE, 1, 0, 1, &hash);
	vote(PBFT_PREPARE, 2, 0, 1, &hash);
	restart();
	pbft_effects_clear(&effects);
	expire_progress();
	CHECK_INT(count_sent(PBFT_VIEW_CHANGE), 1);
	CHECK_INT(message.u.view_change.body.lock.kind, PBFT_LOCK_PREPARED);
	CHECK(hash_equal(&message.u.view_change.body.lock.hash, &hash));
}

static void
test_restart_does_not_prepare_twice(void)
{
	PbftHeader other;
	McHash hash;

	begin();
	(void) accepted_first();
	restart();
	pbft_effects_clear(&effects);
	other = first_block(2);
	hash = hash_of(&other);
	propose(&other, 0);
	body_arrives(&hash);
	CHECK_INT(count_sent(PBFT_PREPARE), 0);
}

static void
test_snapshot_is_a_whole_log(void)
{
	McHash hash;

	begin();
	hash = accepted_first();
	vote(PBFT_PREPARE, 1, 0, 1, &hash);
	vote(PBFT_PREPARE, 2, 0, 1, &hash);
	log_count = 0;
	step((PbftEvent){ .kind = PBFT_EVENT_SNAPSHOT });
	restart();
	CHECK_INT(replica->tip, 1);
	CHECK_INT(replica->lock.kind, PBFT_LOCK_PREPARED);
	CHECK_INT(replica->slots[1].prepare[0].view_next, 1);
	CHECK_INT(replica->slots[1].commit[0][0].view_next + replica->slots[1].commit[1][0].view_next,
			  1);
	CHECK(!replica->fenced);
}

/* R17b: no vote before a quorum has said what it holds of this node's own. */
static void
test_no_vote_before_the_echo(void)
{
	McHash hash;

	begin();
	log_count = 0;
	start_with_log();
	hash = accepted_first();
	CHECK_INT(count_sent(PBFT_PREPARE), 0);
	answer(1);
	body_arrives(&hash);
	CHECK_INT(count_sent(PBFT_PREPARE), 0);
	answer(2);
	body_arrives(&hash);
	CHECK_INT(count_sent(PBFT_PREPARE), 1);
}

/* What it executes while it waits for the echo, it signs afterwards. */
static void
test_results_are_signed_after_the_echo(void)
{
	begin();
	(void) committed_first();
	start_with_log();
	pbft_effects_clear(&effects);
	executed(1, 7);
	CHECK_INT(count_sent(PBFT_CHECKPOINT), 0);
	answer(1);
	answer(2);
	CHECK(count_sent(PBFT_CHECKPOINT) >= 1);
}

static void
ask_for_view(uint32_t sender, uint64_t view)
{
	memset(&message, 0, offsetof(PbftMessage, u));
	message.kind = PBFT_VIEW_CHANGE;
	memset(&message.u.view_change, 0, sizeof(message.u.view_change));
	message.u.view_change.body.member = sender;
	message.u.view_change.body.view = view;
	message.u.view_change.body.lock = (PbftLock){ PBFT_LOCK_ANCHOR, 0, 0, config.anchor.hash };
	receive(sender);
}

/* Those who left a view while this node waited for the echo are followed afterwards. */
static void
test_a_view_is_joined_after_the_echo(void)
{
	begin();
	log_count = 0;
	start_with_log();
	ask_for_view(1, 2);
	ask_for_view(3, 2);
	CHECK_INT(replica->view, 0);
	answer(1);
	answer(2);
	CHECK_INT(replica->view, 2);
}

/* The others have forgotten their CHECKPOINTs; the certificate stands with the block. */
static void
test_old_results_are_fetched(void)
{
	begin();
	(void) committed_first();
	executed(1, 7);
	memset(&message, 0, offsetof(PbftMessage, u));
	message.kind = PBFT_STATUS;
	message.u.status = (PbftStatus){ .active = true, .tip = 1, .committed = 1, .stable = 1 };
	message.u.status.clock_ms = 5000;
	receive(2);
	pbft_effects_clear(&effects);
	step((PbftEvent){ .kind = PBFT_EVENT_TIMEOUT,
					  .timer = PBFT_TIMER_STATUS,
					  .generation = replica->generation[PBFT_TIMER_STATUS] });
	CHECK_INT(count_sent(PBFT_FETCH), 1);
	CHECK_INT(message.u.fetch.height, 1);
	CHECK_INT(message.u.fetch.count, 1);
}

/* A block above all others, and what proves it final: nothing of results. */
static McHash
learn_block(const McHash *parent, uint64_t height)
{
	PbftHeader header = block_on(parent, height, 0, 4000 + height, 1);
	McHash hash = hash_of(&header);

	pbft_effects_clear(&effects);
	memset(&message, 0, offsetof(PbftMessage, u));
	message.kind = PBFT_CERTIFIED;
	message.u.certified.header = header;
	message.u.certified.has_commit = true;
	message.u.certified.has_checkpoint = false;
	certify(&message.u.certified.commit, PBFT_COMMIT, 0, height, &hash);
	receive(1);
	return hash;
}

static uint64_t
fetched_at_a_tick(void)
{
	pbft_effects_clear(&effects);
	clock_is(5000);
	now_ms += 1000;
	step((PbftEvent){ .kind = PBFT_EVENT_TIMEOUT,
					  .timer = PBFT_TIMER_STATUS,
					  .generation = replica->generation[PBFT_TIMER_STATUS] });
	CHECK_INT(count_sent(PBFT_FETCH), 1);
	return message.u.fetch.height;
}

/* With room for one block more its certificate, a descendant's, may be of no use: results are asked
 * for in turn, or neither would ever come. */
static void
test_results_are_fetched_where_no_blocks_fit(void)
{
	McHash hash;
	uint64_t first;

	begin();
	hash = config.anchor.hash;
	for (uint64_t height = 1; height < PBFT_LAG_MAX; height++)
		hash = learn_block(&hash, height);
	CHECK_INT(replica->committed, PBFT_LAG_MAX - 1);
	for (uint64_t height = 1; height <= config.lag; height++)
		executed(height, 7);
	memset(&message, 0, offsetof(PbftMessage, u));
	message.kind = PBFT_STATUS;
	message.u.status = (PbftStatus){ .active = true, .tip = 99, .committed = 99, .stable = 99 };
	receive(2);
	first = fetched_at_a_tick();
	CHECK_INT(first + fetched_at_a_tick(), 1 + PBFT_LAG_MAX);
}

static void
test_own_vote_that_is_not_in_the_log_fences(void)
{
	McHash hash = { { 1 } };

	begin();
	hash = accepted_first();
	vote(PBFT_PREPARE, 0, 0, 1, &hash); /* as sent */
	CHECK_INT(count_notes(PBFT_NOTE_FENCED), 0);
	hash.bytes[0] ^= 1;
	vote(PBFT_PREPARE, 0, 0, 1, &hash);
	CHECK_INT(count_notes(PBFT_NOTE_FENCED), 1);
	begin();
	vote(PBFT_PREPARE, 0, 0, 1, &hash); /* never sent one at all */
	CHECK_INT(count_notes(PBFT_NOTE_FENCED), 1);
	CHECK(!pbft_may_vote(replica));
}

static void
test_a_member_hears_its_lost_words(void)
{
	McHash hash;

	begin();
	hash = accepted_first();
	vote(PBFT_PREPARE, 3, 0, 1, &hash);
	status_of(3, 0, true, 0, 0);
	CHECK_INT(count_sent(PBFT_PREPARE), 2); /* this node's own, and member 3's back to it */
	status_of(3, 0, true, 1, 0);
	CHECK_INT(count_sent(PBFT_PREPARE), 1);
}

/* Two blocks, both applied; then a restart on the upper one. */
static void
restart_on_the_second(void)
{
	PbftHeader header;
	McHash hash;

	begin();
	hash = committed_first();
	header = block_on(&hash, 2, 0, 4100, 2);
	hash = hash_of(&header);
	propose(&header, 0);
	body_arrives(&hash);
	for (uint32_t i = 1; i < 4; i++)
		vote(PBFT_COMMIT, i, 0, 2, &hash);
	CHECK_INT(replica->committed, 2);
	root = (PbftTip){ .height = 2, .hash = hash, .ts_ms = 4100 };
	root.exec_root.bytes[0] = 8;
	root.stable_exec_root = config.anchor.exec_root;
	restart();
	pbft_effects_clear(&effects);
}

static PbftHeader
third_block(uint64_t stable_height, uint8_t stable_root)
{
	PbftHeader header = block_on(&root.hash, 3, 0, 4200, 3);

	header.stable_height = stable_height;
	memset(&header.stable_exec_root, 0, HASH_SIZE);
	header.stable_exec_root.bytes[0] = stable_root;
	return header;
}

/* The same proposal again, with the proof of the result that its header names: by all four. */
static void
propose_proved(const PbftHeader *header, uint8_t root_byte)
{
	PbftCertificate *certificate = &message.u.proposal.checkpoint;
	uint8_t bytes[PBFT_SIGNED_MAX];
	size_t size;

	memset(&message, 0, offsetof(PbftMessage, u));
	memset(certificate, 0, sizeof(*certificate));
	certificate->subject = (PbftSubject){ .kind = PBFT_CHECKPOINT };
	certificate->subject.height = header->stable_height;
	certificate->subject.exec_root.bytes[0] = root_byte;
	certificate->member_count = 4;
	certificate->bitmap[0] = 0x0f;
	size = pbft_subject_signed(&config.domain, &certificate->subject, bytes);
	for (uint32_t i = 0; i < 4; i++)
		mac_sign_as(&signer, i, span_of(bytes, size), certificate->signatures[i]);
	message.kind = PBFT_PRE_PREPARE;
	message.subject = (PbftSubject){ .kind = PBFT_PRE_PREPARE, .hash = hash_of(header) };
	message.subject.height = header->height;
	message.u.proposal.header = *header;
	message.u.proposal.has_checkpoint = true;
	receive(header->proposer);
}

/* A15: what a header says of the block this node starts on is in its tables. */
static void
test_a_header_may_name_the_result_of_the_root(void)
{
	PbftHeader header;
	McHash hash;

	restart_on_the_second();
	header = third_block(2, 9);
	propose(&header, 0);
	CHECK_INT(count_effects(PBFT_VALIDATE), 0);
	restart_on_the_second();
	header = third_block(2, 8);
	hash = hash_of(&header);
	propose(&header, 0);
	body_arrives(&hash);
	CHECK_INT(count_sent(PBFT_PREPARE), 1);
}

/* Of one below it only a certificate tells, which comes with the proposal. */
static void
test_a_header_may_name_a_result_below_the_root(void)
{
	PbftHeader header;
	McHash hash;

	restart_on_the_second();
	header = third_block(1, 7);
	propose(&header, 0);
	CHECK_INT(count_effects(PBFT_VALIDATE), 0);
	hash = hash_of(&header);
	propose_proved(&header, 7);
	CHECK_INT(count_notes(PBFT_NOTE_FENCED), 0);
	body_arrives(&hash);
	CHECK_INT(count_sent(PBFT_PREPARE), 1);
}

/* C8: what ended an epoch below the base does not end the instance that resumes on it. */
static void
test_a_root_below_the_base_ends_nothing(void)
{
	PbftSummary summary;
	PbftHeader header;

	begin();
	config.base_parent.bytes[0] = 5;
	header = block_on(&config.base_parent, 2, 0, 4000, 1);
	config.resumed = true;
	config.anchor = (PbftTip){ .height = 2, .hash = hash_of(&header), .ts_ms = 4000 };
	root = (PbftTip){ .height = 1, .hash = config.base_parent, .flags = PBFT_FLAG_END_EPOCH };
	log_bytes[0][0] = PBFT_RECORD_HEADER;
	pbft_header_encode(&header, log_bytes[0] + 1);
	log_sizes[0] = 1 + PBFT_HEADER_SIZE;
	log_count = 1;
	restart();
	pbft_summary(replica, &summary);
	CHECK_INT(summary.mode, PBFT_MODE_ACTIVE);
	CHECK(count_sent(PBFT_PREPARE) > 0);
}

static void
test_database_ahead_of_the_log_fences(void)
{
	begin();
	root.height = 1;
	root.hash.bytes[0] = 5;
	restart();
	CHECK_INT(count_notes(PBFT_NOTE_FENCED), 1);
	CHECK(!pbft_may_vote(replica));
}

static void
test_unreadable_record_fences(void)
{
	begin();
	log_sizes[0] = 9;
	log_count = 1;
	memset(log_bytes[0], 0xff, 9);
	restart();
	CHECK(!pbft_may_vote(replica));
}

static void
test_who_is_behind_a_view_gets_its_new_view(void)
{
	begin();
	new_view(1, NULL);
	status_of(2, 0, true, 0, 0);
	CHECK_INT(count_sent(PBFT_NEW_VIEW), 1);
	status_of(2, 1, false, 0, 0);
	CHECK_INT(count_sent(PBFT_NEW_VIEW), 1);
	status_of(2, 1, true, 0, 0);
	CHECK_INT(count_sent(PBFT_NEW_VIEW), 0);
}

static void
test_votes_are_said_again_byte_for_byte(void)
{
	McHash hash;
	uint8_t first[PBFT_SIGNATURE_SIZE];

	begin();
	hash = accepted_first();
	vote(PBFT_PREPARE, 1, 0, 1, &hash);
	vote(PBFT_PREPARE, 2, 0, 1, &hash);
	CHECK_INT(count_sent(PBFT_COMMIT), 1);
	memcpy(first, message.signature, sizeof(first));
	status_of(3, 0, true, 0, 0);
	CHECK_INT(count_sent(PBFT_PREPARE), 1);
	CHECK_INT(count_sent(PBFT_COMMIT), 1);
	CHECK(memcmp(first, message.signature, sizeof(first)) == 0);
	status_of(3, 0, true, 1, 1);
	CHECK_INT(count_sent(PBFT_COMMIT), 0);
}

/* The epoch's last block has no successor that would make anybody ask: STATUS must (A8). */
static void
test_results_are_said_again(void)
{
	begin();
	(void) committed_first();
	executed(1, 7);
	status_of(3, 0, true, 1, 1);
	CHECK_INT(count_sent(PBFT_CHECKPOINT), 1);
}

static void
test_two_votes_are_evidence(void)
{
	McHash one = { { 1 } };
	McHash two = { { 2 } };
	PbftHeader header;

	begin();
	vote(PBFT_PREPARE, 1, 0, 1, &one);
	vote(PBFT_PREPARE, 1, 0, 1, &two);
	CHECK_INT(count_notes(PBFT_NOTE_EVIDENCE), 1);
	vote(PBFT_COMMIT, 1, 0, 1, &one);
	vote(PBFT_COMMIT, 1, 0, 1, &two);
	CHECK_INT(count_notes(PBFT_NOTE_EVIDENCE), 2);
	checkpoint(1, 1, &one, 1);
	checkpoint(1, 1, &one, 2);
	CHECK_INT(count_notes(PBFT_NOTE_EVIDENCE), 3);
	header = first_block(1);
	propose(&header, 0);
	header = first_block(2);
	propose(&header, 0);
	CHECK_INT(count_notes(PBFT_NOTE_EVIDENCE), 4);
	vote(PBFT_PREPARE, 1, 1, 1, &two); /* another view: no crime */
	CHECK_INT(count_notes(PBFT_NOTE_EVIDENCE), 4);
}

int
main(void)
{
	RUN(test_a_second_result_after_restart_is_not_signed);
	RUN(test_restart_keeps_the_lock);
	RUN(test_restart_does_not_prepare_twice);
	RUN(test_snapshot_is_a_whole_log);
	RUN(test_no_vote_before_the_echo);
	RUN(test_results_are_signed_after_the_echo);
	RUN(test_a_view_is_joined_after_the_echo);
	RUN(test_old_results_are_fetched);
	RUN(test_results_are_fetched_where_no_blocks_fit);
	RUN(test_own_vote_that_is_not_in_the_log_fences);
	RUN(test_a_member_hears_its_lost_words);
	RUN(test_a_header_may_name_the_result_of_the_root);
	RUN(test_a_header_may_name_a_result_below_the_root);
	RUN(test_a_root_below_the_base_ends_nothing);
	RUN(test_database_ahead_of_the_log_fences);
	RUN(test_unreadable_record_fences);
	RUN(test_who_is_behind_a_view_gets_its_new_view);
	RUN(test_votes_are_said_again_byte_for_byte);
	RUN(test_results_are_said_again);
	RUN(test_two_votes_are_evidence);
	free(replica);
	return CHECK_RESULT();
}
