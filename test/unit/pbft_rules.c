/*
 * pbft_rules.c - one rule a test: member 0 of four, everybody else played by the test. The cases a
 * random schedule meets once in a million stand here by name.
 */
#include "pbft/replica.h"
#include "unit/check.h"
#include "unit/pbft_mac.h"

#define LOG_MAX 512

static MacSigner signer = { 7, 0 };
static PbftReplica *replica;
static PbftEffects effects;
static PbftConfig config;
static PbftMessage message;
static PbftTip root;
static uint64_t now_ms;

/* the log as the caller keeps it */
static uint8_t log_bytes[LOG_MAX][8192];
static size_t log_sizes[LOG_MAX];
static size_t log_count;

static void
step(PbftEvent event)
{
	size_t from = effects.count;

	pbft_step(replica, &event, &effects);
	for (size_t i = from; i < effects.count; i++)
	{
		const PbftEffect *effect = &effects.list[i];

		if (effect->kind != PBFT_PERSIST || effect->bytes.size > sizeof(log_bytes[0]))
			continue;
		log_sizes[log_count] = effect->bytes.size;
		memcpy(log_bytes[log_count++], effect->bytes.data, effect->bytes.size);
	}
}

static void
clock_is(uint64_t wall_ms)
{
	now_ms += 1;
	step((PbftEvent){ .kind = PBFT_EVENT_CLOCK, .now_ms = now_ms, .wall_ms = wall_ms });
}

/* member 0 is never the first proposer here: the seed is chosen so in main */
static void
start_with_log(void)
{
	free(replica);
	replica = malloc(pbft_replica_size());
	pbft_init(replica, &config);
	pbft_effects_clear(&effects);
	pbft_step(replica, &(PbftEvent){ .kind = PBFT_EVENT_CLOCK, .wall_ms = 5000 }, &effects);
	for (size_t i = 0; i < log_count; i++)
		step((PbftEvent){ .kind = PBFT_EVENT_RECORD,
						  .bytes = span_of(log_bytes[i], log_sizes[i]) });
	step((PbftEvent){ .kind = PBFT_EVENT_START, .start = &root });
}

static void receive(uint32_t sender);

static void
answer(uint32_t sender)
{
	memset(&message, 0, offsetof(PbftMessage, u));
	message.kind = PBFT_STATUS;
	message.u.status = (PbftStatus){ .phase = PBFT_STATUS_ANSWERS, .active = true };
	message.u.status.clock_ms = 5000;
	receive(sender);
}

static void
restart(void)
{
	start_with_log();
	answer(1);
	answer(2);
}

static void
begin(void)
{
	memset(&config, 0, sizeof(config));
	memcpy(config.domain.instance, "rules", 5);
	config.member_count = 4;
	config.window = 4;
	config.lag = 16;
	config.tau0_ms = 1000;
	config.tau_max_ms = 8000;
	config.drift_ms = 1000;
	config.heartbeat_ms = 60000;
	config.anchor.hash.bytes[0] = 1;
	config.anchor.exec_root.bytes[0] = 2;
	config.anchor.stable_exec_root = config.anchor.exec_root;
	config.anchor.ts_ms = 1000;
	config.order_seed.bytes[0] = 3;
	config.crypto = mac_crypto(&signer);
	root = config.anchor;
	log_count = 0;
	restart();
	pbft_effects_clear(&effects);
}

static size_t
count_effects(PbftEffectKind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < effects.count; i++)
		count += effects.list[i].kind == kind;
	return count;
}

/* Messages of a kind that left since the effects were cleared; the last one stands in `message`. */
static size_t
count_sent(uint8_t kind)
{
	size_t count = 0;
	McProblem problem;
	static PbftMessage read;

	for (size_t i = 0; i < effects.count; i++)
	{
		const PbftEffect *effect = &effects.list[i];

		if (effect->kind != PBFT_SEND && effect->kind != PBFT_BROADCAST)
			continue;
		CHECK_INT(pbft_message_decode(effect->bytes, &read, &problem), MC_OK);
		if (read.kind != kind)
			continue;
		message = read;
		count++;
	}
	return count;
}

static size_t
count_notes(PbftNote note)
{
	size_t count = 0;

	for (size_t i = 0; i < effects.count; i++)
		count += effects.list[i].kind == PBFT_NOTE && effects.list[i].note == note;
	return count;
}

/* ---- what the others say ------------------------------------------------------------------- */

static void
receive(uint32_t sender)
{
	uint8_t bytes[PBFT_SIGNED_MAX];

	message.sender = sender;
	memcpy(message.instance, config.domain.instance, PBFT_INSTANCE_SIZE);
	if (pbft_kind_signed(message.kind))
		mac_sign_as(&signer, sender,
					span_of(bytes, pbft_message_signed(&message, &config.domain, bytes)),
					message.signature);
	if (message.kind == PBFT_VIEW_CHANGE)
		memcpy(message.u.view_change.body.signature, message.signature, PBFT_SIGNATURE_SIZE);
	step((PbftEvent){ .kind = PBFT_EVENT_MESSAGE, .message = &message, .sender = sender });
}

static PbftHeader
block_on(const McHash *parent, uint64_t height, uint64_t view, uint64_t ts_ms, uint8_t salt)
{
	PbftHeader header = { .version = PBFT_HEADER_VERSION, .height = height, .ts_ms = ts_ms };

	header.parent_hash = *parent;
	header.tx_root.bytes[0] = salt;
	header.proposer = replica->order[(view + height - replica->base.height - 1) % 4];
	header.stable_exec_root = config.anchor.exec_root;
	return header;
}

static McHash
hash_of(const PbftHeader *header)
{
	McHash hash;

	pbft_header_hash(header, &hash);
	return hash;
}

static void
vote(uint8_t kind, uint32_t sender, uint64_t view, uint64_t height, const McHash *hash)
{
	memset(&message, 0, offsetof(PbftMessage, u));
	message.kind = kind;
	message.subject = (PbftSubject){ .kind = kind, .view = view, .height = height, .hash = *hash };
	receive(sender);
}

static void
checkpoint(uint32_t sender, uint64_t height, const McHash *hash, uint8_t root_byte)
{
	memset(&message, 0, offsetof(PbftMessage, u));
	message.kind = PBFT_CHECKPOINT;
	message.subject = (PbftSubject){ .kind = PBFT_CHECKPOINT, .height = height, .hash = *hash };
	message.subject.exec_root.bytes[0] = root_byte;
	receive(sender);
}

static void
propose(const PbftHeader *header, uint64_t view)
{
	McHash hash = hash_of(header);

	memset(&message, 0, offsetof(PbftMessage, u));
	message.kind = PBFT_PRE_PREPARE;
	message.subject = (PbftSubject){ .kind = PBFT_PRE_PREPARE, .view = view, .hash = hash };
	message.subject.height = header->height;
	message.u.proposal.header = *header;
	message.u.proposal.has_checkpoint = false;
	receive(header->proposer);
}

static void
body_arrives(const McHash *hash)
{
	step((PbftEvent){ .kind = PBFT_EVENT_VALIDATED, .hash = *hash, .valid = true });
}

static void
certify(PbftCertificate *certificate, uint8_t kind, uint64_t view, uint64_t height,
		const McHash *hash)
{
	uint8_t bytes[PBFT_SIGNED_MAX];
	size_t size;

	memset(certificate, 0, sizeof(*certificate));
	certificate->subject = (PbftSubject){ .kind = kind, .view = view, .height = height };
	certificate->subject.hash = *hash;
	certificate->member_count = 4;
	certificate->bitmap[0] = 0x0e;
	size = pbft_subject_signed(&config.domain, &certificate->subject, bytes);
	for (uint32_t i = 1; i < 4; i++)
		mac_sign_as(&signer, i, span_of(bytes, size), certificate->signatures[i]);
}

/* NEW-VIEW by the right primary from members 1 to 3, all locked on this certificate; NULL: anchor. */
static void
new_view(uint64_t view, const PbftCertificate *certificate)
{
	PbftNewView *content = &message.u.new_view;
	uint8_t bytes[PBFT_SIGNED_MAX];

	memset(&message, 0, offsetof(PbftMessage, u));
	message.kind = PBFT_NEW_VIEW;
	memset(content, 0, sizeof(*content));
	content->view = view;
	content->body_count = 3;
	for (uint32_t i = 1; i < 4; i++)
	{
		PbftViewChangeBody *body = &content->bodies[i - 1];

		body->member = i;
		body->view = view;
		body->lock = (PbftLock){ PBFT_LOCK_ANCHOR, 0, 0, config.anchor.hash };
		if (certificate != NULL)
			body->lock = (PbftLock){ PBFT_LOCK_PREPARED, certificate->subject.view,
									 certificate->subject.height, certificate->subject.hash };
		mac_sign_as(&signer, i,
					span_of(bytes, pbft_view_change_signed(body, &config.domain, bytes)),
					body->signature);
	}
	content->has_certificate = certificate != NULL;
	if (certificate != NULL)
		content->certificate = *certificate;
	receive(replica->order[view % 4]);
}

static PbftHeader
first_block(uint8_t salt)
{
	return block_on(&config.anchor.hash, 1, 0, 4000, salt);
}

static McHash
accepted_first(void)
{
	PbftHeader header = first_block(1);
	McHash hash = hash_of(&header);

	propose(&header, 0);
	body_arrives(&hash);
	return hash;
}

static McHash
committed_first(void)
{
	McHash hash = accepted_first();

	for (uint32_t i = 1; i < 4; i++)
		vote(PBFT_COMMIT, i, 0, 1, &hash);
	return hash;
}

static void
status_of(uint32_t sender, uint64_t view, bool active, uint64_t tip, uint64_t committed)
{
	memset(&message, 0, offsetof(PbftMessage, u));
	message.kind = PBFT_STATUS;
	message.u.status = (PbftStatus){ .view = view, .active = active, .tip = tip,
									 .committed = committed, .clock_ms = 5000 };
	pbft_effects_clear(&effects);
	receive(sender);
}

/* ---- normal case ---------------------------------------------------------------------------- */

static void
test_three_phases(void)
{
	McHash hash;

	begin();
	hash = accepted_first();
	CHECK_INT(count_sent(PBFT_PREPARE), 1);
	CHECK_INT(count_sent(PBFT_COMMIT), 0);
	vote(PBFT_PREPARE, 1, 0, 1, &hash);
	CHECK_INT(count_sent(PBFT_COMMIT), 0);
	vote(PBFT_PREPARE, 2, 0, 1, &hash);
	CHECK_INT(count_sent(PBFT_COMMIT), 1);
	vote(PBFT_COMMIT, 1, 0, 1, &hash);
	CHECK_INT(count_effects(PBFT_EXECUTE), 0);
	vote(PBFT_COMMIT, 2, 0, 1, &hash);
	CHECK_INT(count_effects(PBFT_EXECUTE), 1);
}

static void
test_no_prepare_before_the_body(void)
{
	PbftHeader header;

	begin();
	header = first_block(1);
	propose(&header, 0);
	CHECK_INT(count_effects(PBFT_VALIDATE), 1);
	CHECK_INT(count_sent(PBFT_PREPARE), 0);
}

static void
test_only_the_proposer_proposes(void)
{
	PbftHeader header;

	begin();
	header = first_block(1);
	propose(&header, 0);
	CHECK_INT(count_effects(PBFT_VALIDATE), 1);
	begin();
	header.proposer = replica->order[1] == 0 ? replica->order[2] : replica->order[1];
	propose(&header, 0);
	CHECK_INT(count_effects(PBFT_VALIDATE), 0);
	header.proposer = replica->order[0]; /* its name, another's signature */
	message.u.proposal.header = header;
	message.subject.hash = hash_of(&header);
	receive(replica->order[1] == 0 ? replica->order[2] : replica->order[1]);
	CHECK_INT(count_effects(PBFT_VALIDATE), 0);
	CHECK_INT(count_notes(PBFT_NOTE_REFUSED), 2);
}

static void
test_one_member_counts_once(void)
{
	McHash hash;

	begin();
	hash = accepted_first();
	for (int i = 0; i < 5; i++)
		vote(PBFT_PREPARE, 1, 0, 1, &hash);
	CHECK_INT(count_sent(PBFT_COMMIT), 0);
}

/* X1: two COMMITs of view 0 and one of view 1 are no quorum (A6). */
static void
test_commits_of_two_views_do_not_add_up(void)
{
	McHash hash;

	begin();
	hash = accepted_first();
	vote(PBFT_COMMIT, 1, 0, 1, &hash);
	vote(PBFT_COMMIT, 2, 0, 1, &hash);
	vote(PBFT_COMMIT, 3, 1, 1, &hash);
	CHECK_INT(count_effects(PBFT_EXECUTE), 0);
	vote(PBFT_COMMIT, 3, 0, 1, &hash);
	CHECK_INT(count_effects(PBFT_EXECUTE), 1);
}

/* R5: a quorum of one later view counts, though this node is still in view 0. */
static void
test_commits_of_a_later_view_count(void)
{
	McHash hash;

	begin();
	hash = accepted_first();
	for (uint32_t i = 1; i < 4; i++)
		vote(PBFT_COMMIT, i, 5, 1, &hash);
	CHECK_INT(count_effects(PBFT_EXECUTE), 1);
	CHECK_INT(replica->view, 5); /* A9: adopted, to be entered by its NEW-VIEW */
	CHECK(!replica->active);
	CHECK_INT(count_sent(PBFT_VIEW_CHANGE), 0);
}

/* ---- clock (A12) ------------------------------------------------------------------------------ */

static void
test_block_from_the_future_waits_for_others(void)
{
	PbftHeader header;
	McHash hash;

	begin();
	clock_is(5000);
	header = block_on(&config.anchor.hash, 1, 0, 5000 + 1001, 1);
	hash = hash_of(&header);
	propose(&header, 0);
	body_arrives(&hash);
	CHECK_INT(count_sent(PBFT_PREPARE), 0);
	vote(PBFT_PREPARE, 1, 0, 1, &hash);
	CHECK_INT(count_sent(PBFT_PREPARE), 0);
	vote(PBFT_PREPARE, 2, 0, 1, &hash); /* f + 1 others */
	CHECK_INT(count_sent(PBFT_PREPARE), 1);
}

static void
test_block_at_the_edge_of_drift(void)
{
	PbftHeader header;
	McHash hash;

	begin();
	clock_is(5000);
	header = block_on(&config.anchor.hash, 1, 0, 5000 + 1000, 1);
	hash = hash_of(&header);
	propose(&header, 0);
	body_arrives(&hash);
	CHECK_INT(count_sent(PBFT_PREPARE), 1);
}

/* After clocks ran ahead and were set back, the chain creeps on by a millisecond a block. */
static void
test_parent_plus_one_is_always_in_time(void)
{
	PbftHeader header;
	McHash hash;

	begin();
	clock_is(10);
	header = block_on(&config.anchor.hash, 1, 0, config.anchor.ts_ms + 1, 1);
	config.drift_ms = 0;
	replica->config.drift_ms = 0;
	hash = hash_of(&header);
	propose(&header, 0);
	body_arrives(&hash);
	CHECK_INT(count_sent(PBFT_PREPARE), 1);
}

static void
test_block_not_after_its_parent_is_refused(void)
{
	PbftHeader header;
	McHash hash;

	begin();
	header = block_on(&config.anchor.hash, 1, 0, config.anchor.ts_ms, 1);
	hash = hash_of(&header);
	propose(&header, 0);
	body_arrives(&hash);
	vote(PBFT_PREPARE, 1, 0, 1, &hash);
	vote(PBFT_PREPARE, 2, 0, 1, &hash);
	CHECK_INT(count_sent(PBFT_PREPARE), 0);
}

/* Two of three other clocks an hour ahead do not move the median of a quorum out of the honest range,
 * one liar does not move it at all. */
static void
test_clock_is_the_median_of_a_quorum(void)
{
	begin();
	clock_is(5000);
	for (uint32_t i = 1; i < 4; i++)
	{
		memset(&message, 0, offsetof(PbftMessage, u));
		message.kind = PBFT_STATUS;
		message.u.status = (PbftStatus){ .active = true, .clock_ms = i == 3 ? 9000000 : 5100 };
		receive(i);
	}
	CHECK_INT(pbft_clock(replica), 5100);
}

/* ---- view change ------------------------------------------------------------------------------- */

static void
expire_progress(void)
{
	step((PbftEvent){ .kind = PBFT_EVENT_POOL, .count = 1 });
	step((PbftEvent){ .kind = PBFT_EVENT_TIMEOUT, .timer = PBFT_TIMER_PROGRESS,
					  .generation = replica->generation[PBFT_TIMER_PROGRESS] });
}

static void
test_stale_time_out_does_nothing(void)
{
	begin();
	step((PbftEvent){ .kind = PBFT_EVENT_POOL, .count = 1 });
	step((PbftEvent){ .kind = PBFT_EVENT_TIMEOUT, .timer = PBFT_TIMER_PROGRESS,
					  .generation = replica->generation[PBFT_TIMER_PROGRESS] - 1 });
	CHECK_INT(replica->view, 0);
	expire_progress();
	CHECK_INT(replica->view, 1);
}

static void
test_no_commit_after_leaving_a_view(void)
{
	McHash hash;

	begin();
	hash = accepted_first();
	expire_progress();
	vote(PBFT_PREPARE, 1, 0, 1, &hash);
	vote(PBFT_PREPARE, 2, 0, 1, &hash);
	CHECK_INT(count_sent(PBFT_COMMIT), 0);
}

static void
test_view_change_reports_the_lock(void)
{
	McHash hash;

	begin();
	hash = accepted_first();
	vote(PBFT_PREPARE, 1, 0, 1, &hash);
	vote(PBFT_PREPARE, 2, 0, 1, &hash);
	expire_progress();
	CHECK_INT(count_sent(PBFT_VIEW_CHANGE), 1);
	CHECK_INT(message.u.view_change.body.lock.kind, PBFT_LOCK_PREPARED);
	CHECK_INT(message.u.view_change.body.lock.height, 1);
	CHECK(hash_equal(&message.u.view_change.body.lock.hash, &hash));
	CHECK(message.u.view_change.has_certificate);
}

/* f members may ask for views as they like; f + 1 are followed (R9). */
static void
test_joins_with_f_plus_one(void)
{
	begin();
	for (uint32_t i = 1; i < 3; i++)
	{
		CHECK_INT(replica->view, 0);
		memset(&message, 0, offsetof(PbftMessage, u));
		message.kind = PBFT_VIEW_CHANGE;
		memset(&message.u.view_change, 0, sizeof(message.u.view_change));
		message.u.view_change.body.member = i;
		message.u.view_change.body.view = 6 + i;
		message.u.view_change.body.lock = (PbftLock){ PBFT_LOCK_ANCHOR, 0, 0, config.anchor.hash };
		receive(i);
	}
	CHECK_INT(replica->view, 7);
	CHECK_INT(count_sent(PBFT_VIEW_CHANGE), 1);
}

/* A5, R13: the base's PREPARE promises its body to the others. */
static void
test_view_waits_for_the_bodies_of_its_base(void)
{
	PbftCertificate certificate;
	PbftHeader header;
	McHash hash;

	begin();
	header = first_block(9);
	hash = hash_of(&header);
	certify(&certificate, PBFT_PREPARE, 0, 1, &hash);
	new_view(1, &certificate);
	CHECK_INT(replica->view, 0);
	CHECK_INT(count_sent(PBFT_FETCH), 1);
	memset(&message, 0, offsetof(PbftMessage, u));
	message.kind = PBFT_CERTIFIED;
	message.u.certified.header = header;
	message.u.certified.has_commit = message.u.certified.has_checkpoint = false;
	receive(1);
	CHECK_INT(replica->view, 0);
	CHECK_INT(count_effects(PBFT_VALIDATE), 1);
	body_arrives(&hash);
	CHECK_INT(replica->view, 1);
	CHECK(replica->active);
	CHECK_INT(count_sent(PBFT_PREPARE), 1);
	CHECK_INT(message.subject.view, 1);
	CHECK(hash_equal(&message.subject.hash, &hash));
}

static void
test_blocks_nobody_asked_for_are_refused(void)
{
	begin();
	memset(&message, 0, offsetof(PbftMessage, u));
	message.kind = PBFT_CERTIFIED;
	message.u.certified.header = first_block(9);
	message.u.certified.has_commit = message.u.certified.has_checkpoint = false;
	receive(1);
	CHECK_INT(count_notes(PBFT_NOTE_REFUSED), 1);
	CHECK(pbft_block_find(replica, &message.u.certified.header.parent_hash) == NULL);
}

/* MUT1: of the chain it begins with, a view's first PREPARE is for the tip only. */
static void
test_first_prepare_of_a_view_is_its_base_only(void)
{
	PbftCertificate certificate;
	PbftHeader second;
	McHash hash;
	McHash child;

	begin();
	hash = accepted_first();
	second = block_on(&hash, 2, 0, 4100, 2);
	child = hash_of(&second);
	certify(&certificate, PBFT_PREPARE, 0, 2, &child);
	pbft_block_add(replica, &second, &child)->body = PBFT_BODY_HELD;
	pbft_effects_clear(&effects);
	new_view(1, &certificate);
	CHECK_INT(replica->view, 1);
	CHECK_INT(count_sent(PBFT_PREPARE), 1);
	CHECK_INT(message.subject.height, 2);
	CHECK_INT(replica->slots[1].prepare[0].view_next, 1); /* still view 0's */
}

/* Pitfall 4, MUT2: a lower block of a later view outranks a higher one of an earlier view. */
static void
test_rank_is_view_before_height(void)
{
	PbftLock old_high = { PBFT_LOCK_PREPARED, 1, 9, { { 1 } } };
	PbftLock new_low = { PBFT_LOCK_PREPARED, 2, 8, { { 2 } } };
	PbftLock new_high = { PBFT_LOCK_COMMITTED, 2, 9, { { 3 } } };
	PbftLock anchor = { PBFT_LOCK_ANCHOR, 0, 10, { { 4 } } };

	CHECK(pbft_lock_compare(&new_low, &old_high) > 0);
	CHECK(pbft_lock_compare(&new_high, &new_low) > 0);
	CHECK(pbft_lock_compare(&old_high, &anchor) > 0);
	CHECK(pbft_lock_compare(&anchor, &anchor) == 0);
}

static void
test_a_view_is_entered_once(void)
{
	begin();
	new_view(1, NULL);
	CHECK_INT(replica->view, 1);
	pbft_effects_clear(&effects);
	new_view(1, NULL);
	CHECK_INT(count_notes(PBFT_NOTE_VIEW_ENTERED), 0);
}

static void
test_new_view_of_another_member_is_refused(void)
{
	begin();
	new_view(1, NULL);
	begin();
	message.kind = PBFT_NEW_VIEW;
	receive(replica->order[2]);
	CHECK_INT(replica->view, 0);
	CHECK_INT(count_notes(PBFT_NOTE_REFUSED), 1);
}

/* A9: a final block beside the accepted one ends this node's PREPAREs in this view. */
static void
test_no_prepare_after_a_conflicting_certificate(void)
{
	PbftHeader other;
	PbftHeader next;
	McHash hash;

	begin();
	(void) accepted_first();
	other = first_block(2);
	hash = hash_of(&other);
	pbft_block_add(replica, &other, &hash)->body = PBFT_BODY_HELD;
	for (uint32_t i = 1; i < 4; i++)
		vote(PBFT_COMMIT, i, 0, 1, &hash);
	CHECK_INT(count_effects(PBFT_EXECUTE), 1);
	CHECK_INT(replica->committed, 1);
	pbft_effects_clear(&effects);
	next = block_on(&hash, 2, 0, 4200, 3);
	if (next.proposer == 0)
		return;
	hash = hash_of(&next);
	propose(&next, 0);
	body_arrives(&hash);
	CHECK_INT(count_sent(PBFT_PREPARE), 0);
}

/* A9: what a certificate adds above the tip is built on, without PREPARE for it. */
static void
test_tip_follows_a_certificate(void)
{
	PbftHeader header;
	PbftHeader next;
	McHash hash;
	McHash child;

	begin();
	header = first_block(2);
	hash = hash_of(&header);
	pbft_block_add(replica, &header, &hash)->body = PBFT_BODY_HELD;
	for (uint32_t i = 1; i < 4; i++)
		vote(PBFT_COMMIT, i, 0, 1, &hash);
	CHECK_INT(replica->tip, 1);
	CHECK_INT(count_sent(PBFT_PREPARE), 0);
	next = block_on(&hash, 2, 0, 4200, 3);
	child = hash_of(&next);
	propose(&next, 0);
	body_arrives(&child);
	CHECK_INT(count_sent(PBFT_PREPARE), 1);
}

/* ---- results (A14) ------------------------------------------------------------------------------ */

static void
executed(uint64_t height, uint8_t root_byte)
{
	PbftEvent event = { .kind = PBFT_EVENT_EXECUTED, .height = height };

	event.hash.bytes[0] = root_byte;
	step(event);
}

static void
test_result_waits_for_a_quorum(void)
{
	McHash hash;

	begin();
	hash = committed_first();
	executed(1, 7);
	CHECK_INT(count_sent(PBFT_CHECKPOINT), 1);
	checkpoint(1, 1, &hash, 7);
	CHECK_INT(count_effects(PBFT_COMMIT_RESULT), 0);
	checkpoint(2, 1, &hash, 8);
	CHECK_INT(count_effects(PBFT_COMMIT_RESULT), 0);
	checkpoint(3, 1, &hash, 7);
	CHECK_INT(count_effects(PBFT_COMMIT_RESULT), 1);
}

static void
test_other_result_than_the_quorums_stops_voting(void)
{
	McHash hash;

	begin();
	hash = committed_first();
	for (uint32_t i = 1; i < 4; i++)
		checkpoint(i, 1, &hash, 7);
	executed(1, 9);
	CHECK_INT(count_notes(PBFT_NOTE_DIVERGED), 1);
	CHECK_INT(count_effects(PBFT_COMMIT_RESULT), 0);
	CHECK(!pbft_may_vote(replica));
}

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

/* ---- restart (R17, A17) -------------------------------------------------------------------------- */

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

/* ---- saying it again (R22, A8) --------------------------------------------------------------------- */

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

/* ---- evidence (R18, A32) ------------------------------------------------------------------------ */

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

/* ---- bounds -------------------------------------------------------------------------------------- */

static void
test_votes_far_away_are_refused(void)
{
	McHash hash = { { 1 } };

	begin();
	vote(PBFT_PREPARE, 1, 0, config.window, &hash);
	CHECK_INT(count_notes(PBFT_NOTE_REFUSED), 0);
	vote(PBFT_PREPARE, 1, 0, config.window + 1, &hash);
	CHECK_INT(count_notes(PBFT_NOTE_REFUSED), 1);
	vote(PBFT_PREPARE, 1, UINT64_MAX, 1, &hash);
	CHECK_INT(count_notes(PBFT_NOTE_REFUSED), 2);
	checkpoint(1, PBFT_LAG_MAX, &hash, 1);
	CHECK_INT(count_notes(PBFT_NOTE_REFUSED), 2);
	checkpoint(1, PBFT_LAG_MAX + 1, &hash, 1);
	CHECK_INT(count_notes(PBFT_NOTE_REFUSED), 3);
}

static void
test_shuffle_is_a_permutation(void)
{
	uint32_t order[PBFT_NODE_MAX];
	uint32_t firsts[4] = { 0 };

	for (uint32_t count = 1; count <= PBFT_NODE_MAX; count++)
	{
		bool present[PBFT_NODE_MAX] = { false };
		McHash seed = { { (uint8_t) count } };

		pbft_order_shuffle(&seed, count, order);
		for (uint32_t i = 0; i < count; i++)
			present[order[i]] = true;
		for (uint32_t i = 0; i < count; i++)
			CHECK(present[i]);
	}
	for (uint32_t i = 0; i < 4000; i++)
	{
		McHash seed = { { 0 } };

		put_be32(seed.bytes, i);
		pbft_order_shuffle(&seed, 4, order);
		firsts[order[0]]++;
	}
	for (uint32_t i = 0; i < 4; i++)
		CHECK(firsts[i] > 850 && firsts[i] < 1150);
}

int
main(void)
{
	RUN(test_three_phases);
	RUN(test_no_prepare_before_the_body);
	RUN(test_only_the_proposer_proposes);
	RUN(test_one_member_counts_once);
	RUN(test_commits_of_two_views_do_not_add_up);
	RUN(test_commits_of_a_later_view_count);
	RUN(test_block_from_the_future_waits_for_others);
	RUN(test_block_at_the_edge_of_drift);
	RUN(test_parent_plus_one_is_always_in_time);
	RUN(test_block_not_after_its_parent_is_refused);
	RUN(test_clock_is_the_median_of_a_quorum);
	RUN(test_stale_time_out_does_nothing);
	RUN(test_no_commit_after_leaving_a_view);
	RUN(test_view_change_reports_the_lock);
	RUN(test_joins_with_f_plus_one);
	RUN(test_view_waits_for_the_bodies_of_its_base);
	RUN(test_blocks_nobody_asked_for_are_refused);
	RUN(test_first_prepare_of_a_view_is_its_base_only);
	RUN(test_rank_is_view_before_height);
	RUN(test_a_view_is_entered_once);
	RUN(test_new_view_of_another_member_is_refused);
	RUN(test_no_prepare_after_a_conflicting_certificate);
	RUN(test_tip_follows_a_certificate);
	RUN(test_result_waits_for_a_quorum);
	RUN(test_other_result_than_the_quorums_stops_voting);
	RUN(test_a_second_result_after_restart_is_not_signed);
	RUN(test_restart_keeps_the_lock);
	RUN(test_restart_does_not_prepare_twice);
	RUN(test_snapshot_is_a_whole_log);
	RUN(test_no_vote_before_the_echo);
	RUN(test_own_vote_that_is_not_in_the_log_fences);
	RUN(test_a_member_hears_its_lost_words);
	RUN(test_database_ahead_of_the_log_fences);
	RUN(test_unreadable_record_fences);
	RUN(test_who_is_behind_a_view_gets_its_new_view);
	RUN(test_votes_are_said_again_byte_for_byte);
	RUN(test_results_are_said_again);
	RUN(test_two_votes_are_evidence);
	RUN(test_votes_far_away_are_refused);
	RUN(test_shuffle_is_a_permutation);
	free(replica);
	return CHECK_RESULT();
}
