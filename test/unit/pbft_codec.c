/* pbft_codec.c - headers, votes, certificates and messages as bytes, and what must be refused. */
#include "base/digest.h"
#include "pbft/sign.h"
#include "unit/check.h"
#include "unit/pbft_mac.h"

static MacSigner signer = { 7, 0 };
static PbftDomain domain = { "0123456789abcde", 1, 2, "instanc" };
static PbftMessage message;
static PbftMessage decoded;
static uint8_t bytes[PBFT_MESSAGE_MAX];
static uint8_t again[PBFT_MESSAGE_MAX];

static PbftHeader
some_header(void)
{
	PbftHeader header = { .version = PBFT_HEADER_VERSION, .shard = 1, .epoch = 2, .height = 3 };

	header.parent_hash.bytes[0] = 4;
	header.tx_root.bytes[0] = 5;
	header.tx_count = 6;
	header.body_bytes = 7;
	header.ts_ms = 8;
	header.proposer = 9;
	header.onion_reveal.bytes[0] = 10;
	header.mempool_depth = 11;
	header.causes.liars[0] = 12;
	header.causes.returning[12] = 3;
	header.stable_height = 13;
	header.stable_exec_root.bytes[0] = 14;
	header.skip_first = 15;
	header.skip_count = 16;
	header.flags = PBFT_FLAG_END_EPOCH;
	return header;
}

static void
test_header_bytes_are_fixed(void)
{
	PbftHeader header = some_header();
	PbftHeader back;
	uint8_t encoded[PBFT_HEADER_SIZE];
	McHash hash;
	McHash expected;
	McProblem problem;
	McSpan whole = span_of(encoded, PBFT_HEADER_SIZE);

	pbft_header_encode(&header, encoded);
	CHECK_HEX(encoded, 44, "4d4553312d686472000000010000000000000001"
						   "00000000000000020000000000000003"
						   "0400000000000000");
	pbft_header_hash(&header, &hash);
	digest_sha256(&expected, &whole, 1);
	CHECK(hash_equal(&hash, &expected));
	CHECK_INT(pbft_header_decode(whole, &back, &problem), MC_OK);
	pbft_header_encode(&back, again);
	CHECK(memcmp(encoded, again, PBFT_HEADER_SIZE) == 0);
}

static void
test_header_refuses_other_shapes(void)
{
	PbftHeader header = some_header();
	PbftHeader back;
	uint8_t encoded[PBFT_HEADER_SIZE + 1] = { 0 };
	McProblem problem;

	pbft_header_encode(&header, encoded);
	CHECK_INT(pbft_header_decode(span_of(encoded, PBFT_HEADER_SIZE - 1), &back, &problem),
			  MC_CONSENSUS_FORMAT);
	CHECK_INT(pbft_header_decode(span_of(encoded, PBFT_HEADER_SIZE + 1), &back, &problem),
			  MC_CONSENSUS_FORMAT);
	encoded[11] = 2;
	CHECK_INT(pbft_header_decode(span_of(encoded, PBFT_HEADER_SIZE), &back, &problem),
			  MC_CONSENSUS_FORMAT);
	encoded[11] = 1;
	encoded[PBFT_HEADER_SIZE - 1] = PBFT_FLAGS_KNOWN + 1;
	CHECK_INT(pbft_header_decode(span_of(encoded, PBFT_HEADER_SIZE), &back, &problem),
			  MC_CONSENSUS_FORMAT);
}

/* Any two quorums share an honest member, and the honest alone make one: for every n. */
static void
test_quorum_intersects_and_is_reachable(void)
{
	for (uint32_t n = 1; n <= PBFT_NODE_MAX; n++)
	{
		uint32_t f = pbft_faults(n);
		uint32_t q = pbft_quorum(n);

		CHECK(2 * q >= n + f + 1);
		CHECK(2 * (q - 1) < n + f + 1);
		CHECK(q <= n - f);
	}
	CHECK_INT(pbft_quorum(1), 1);
	CHECK_INT(pbft_quorum(4), 3);
	CHECK_INT(pbft_quorum(5), 4);
	CHECK_INT(pbft_quorum(6), 4);
	CHECK_INT(pbft_quorum(7), 5);
}

static void
make_certificate(PbftCertificate *certificate, uint32_t member_count, uint8_t kind, uint32_t from,
				 uint32_t count)
{
	uint8_t signed_bytes[PBFT_SIGNED_MAX];
	size_t size;

	memset(certificate, 0, sizeof(*certificate));
	certificate->subject = (PbftSubject){ .kind = kind, .height = 12 };
	certificate->subject.view = kind == PBFT_CHECKPOINT ? 0 : 3;
	certificate->subject.hash.bytes[0] = 1;
	if (kind == PBFT_CHECKPOINT)
		certificate->subject.exec_root.bytes[0] = 2;
	certificate->member_count = member_count;
	size = pbft_subject_signed(&domain, &certificate->subject, signed_bytes);
	for (uint32_t i = from; i < from + count; i++)
	{
		certificate->bitmap[i / 8] |= (uint8_t) (1u << (i % 8));
		mac_sign_as(&signer, i, span_of(signed_bytes, size), certificate->signatures[i]);
	}
}

static void
test_certificate_needs_a_quorum_of_good_signatures(void)
{
	static const uint32_t sizes[] = { 1, 2, 3, 4, 5, 7, 8, 9, 31, 100 };
	PbftCrypto crypto = mac_crypto(&signer);
	PbftCertificate certificate;
	McProblem problem;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
	{
		uint32_t n = sizes[i];
		uint32_t q = pbft_quorum(n);

		make_certificate(&certificate, n, PBFT_COMMIT, n - q, q);
		CHECK_INT(pbft_certificate_verify(&certificate, &domain, n, &crypto, &problem), MC_OK);
		certificate.signatures[n - 1][63] ^= 1;
		CHECK_INT(pbft_certificate_verify(&certificate, &domain, n, &crypto, &problem),
				  MC_CONSENSUS_SIGNATURE);
		make_certificate(&certificate, n, PBFT_COMMIT, n - q + 1, q - 1);
		CHECK_INT(pbft_certificate_verify(&certificate, &domain, n, &crypto, &problem),
				  MC_CONSENSUS_QUORUM);
	}
}

/* A7: the same vote signed for another chain, instance or kind proves nothing here. */
static void
test_signature_serves_one_domain(void)
{
	PbftCrypto crypto = mac_crypto(&signer);
	PbftCertificate certificate;
	McProblem problem;
	PbftDomain other = domain;

	make_certificate(&certificate, 4, PBFT_COMMIT, 0, 3);
	other.instance[7] ^= 1;
	CHECK_INT(pbft_certificate_verify(&certificate, &other, 4, &crypto, &problem),
			  MC_CONSENSUS_SIGNATURE);
	other = domain;
	other.chain_id[0] ^= 1;
	CHECK_INT(pbft_certificate_verify(&certificate, &other, 4, &crypto, &problem),
			  MC_CONSENSUS_SIGNATURE);
	certificate.subject.kind = PBFT_PREPARE;
	CHECK_INT(pbft_certificate_verify(&certificate, &domain, 4, &crypto, &problem),
			  MC_CONSENSUS_SIGNATURE);
}

static void
test_certificate_bytes_have_one_form(void)
{
	PbftCertificate certificate;
	PbftCertificate back;
	McProblem problem;
	size_t size;
	size_t bitmap_at;

	make_certificate(&certificate, 9, PBFT_CHECKPOINT, 1, 7);
	size = pbft_certificate_encode(&certificate, bytes);
	bitmap_at = 1 + 8 + 3 * HASH_SIZE + 1;
	CHECK_INT(size, bitmap_at + 2 + 7 * PBFT_SIGNATURE_SIZE);
	CHECK_INT(pbft_certificate_decode(span_of(bytes, size), &back, &problem), MC_OK);
	CHECK_INT(pbft_certificate_encode(&back, again), size);
	CHECK(memcmp(bytes, again, size) == 0);
	for (size_t cut = 0; cut < size; cut++)
		CHECK_INT(pbft_certificate_decode(span_of(bytes, cut), &back, &problem),
				  MC_CONSENSUS_FORMAT);
	bytes[bitmap_at + 1] |= 2; /* a tenth member among nine */
	CHECK_INT(pbft_certificate_decode(span_of(bytes, size + 64), &back, &problem),
			  MC_CONSENSUS_FORMAT);
}

static void
sign_message(uint32_t sender)
{
	uint8_t signed_bytes[PBFT_SIGNED_MAX];
	McSpan prefix;

	message.sender = sender;
	memcpy(message.instance, domain.instance, PBFT_INSTANCE_SIZE);
	prefix = span_of(signed_bytes, pbft_message_signed(&message, &domain, signed_bytes));
	mac_sign_as(&signer, sender, prefix, message.signature);
	if (message.kind == PBFT_VIEW_CHANGE)
		memcpy(message.u.view_change.body.signature, message.signature, PBFT_SIGNATURE_SIZE);
}

static void
make_view_change(uint32_t member, uint64_t view)
{
	PbftViewChange *change = &message.u.view_change;

	memset(&message, 0, sizeof(message));
	message.kind = PBFT_VIEW_CHANGE;
	change->body.member = member;
	change->body.view = view;
	make_certificate(&change->certificate, 4, PBFT_PREPARE, 0, 3);
	change->has_certificate = true;
	change->body.lock = (PbftLock){ PBFT_LOCK_PREPARED, 3, 12, change->certificate.subject.hash };
	sign_message(member);
}

static void
make_new_view(void)
{
	PbftViewChangeBody bodies[3];
	PbftCertificate certificate;

	for (uint32_t i = 0; i < 3; i++)
	{
		make_view_change(i, 5);
		bodies[i] = message.u.view_change.body;
		certificate = message.u.view_change.certificate;
	}
	memset(&message, 0, sizeof(message));
	message.kind = PBFT_NEW_VIEW;
	message.u.new_view.view = 5;
	message.u.new_view.body_count = 3;
	memcpy(message.u.new_view.bodies, bodies, sizeof(bodies));
	message.u.new_view.has_certificate = true;
	message.u.new_view.certificate = certificate;
	sign_message(1);
}

static void
make_message(uint8_t kind)
{
	memset(&message, 0, sizeof(message));
	message.kind = kind;
	message.subject = (PbftSubject){ .kind = kind, .height = 3 };
	switch (kind)
	{
		case PBFT_PRE_PREPARE:
			message.u.proposal.header = some_header();
			pbft_header_hash(&message.u.proposal.header, &message.subject.hash);
			break;
		case PBFT_VIEW_CHANGE:
			make_view_change(2, 4);
			return;
		case PBFT_NEW_VIEW:
			make_new_view();
			return;
		case PBFT_CERTIFIED:
			message.u.certified.header = some_header();
			message.u.certified.has_commit = true;
			make_certificate(&message.u.certified.commit, 4, PBFT_COMMIT, 0, 3);
			message.u.certified.has_checkpoint = true;
			make_certificate(&message.u.certified.checkpoint, 4, PBFT_CHECKPOINT, 1, 3);
			message.subject = (PbftSubject){ 0 };
			break;
		case PBFT_FETCH:
			message.u.fetch.count = PBFT_FETCH_MAX;
			message.u.fetch.hash.bytes[0] = 1;
			break;
		default:
			break;
	}
	if (kind == PBFT_CERTIFIED)
	{
		message.sender = 2;
		memcpy(message.instance, domain.instance, PBFT_INSTANCE_SIZE);
		return;
	}
	sign_message(2);
}

/* Every kind comes back as it was, verifies, and neither a shorter nor a longer text is read. */
static void
test_every_message_kind_travels(void)
{
	PbftCrypto crypto = mac_crypto(&signer);
	McProblem problem;

	for (uint8_t kind = 1; kind <= PBFT_KIND_MAX; kind++)
	{
		size_t size;

		make_message(kind);
		size = pbft_message_encode(&message, bytes);
		CHECK_INT(pbft_message_decode(span_of(bytes, size), &decoded, &problem), MC_OK);
		CHECK_INT(pbft_message_verify(&decoded, &domain, 4, &crypto, &problem), MC_OK);
		CHECK_INT(pbft_message_encode(&decoded, again), size);
		CHECK(memcmp(bytes, again, size) == 0);
		for (size_t cut = 0; cut < size; cut++)
			CHECK(pbft_message_decode(span_of(bytes, cut), &decoded, &problem) != MC_OK);
		bytes[size] = 0;
		CHECK(pbft_message_decode(span_of(bytes, size + 1), &decoded, &problem) != MC_OK);
	}
}

/* One flipped bit anywhere: another message, and no signature holds for it. */
static void
test_no_flipped_bit_verifies(void)
{
	PbftCrypto crypto = mac_crypto(&signer);
	McProblem problem;

	for (uint8_t kind = 1; kind <= PBFT_KIND_MAX; kind++)
	{
		size_t size;

		if (kind == PBFT_CERTIFIED) /* its header is judged by the hash that was asked for */
			continue;
		make_message(kind);
		size = pbft_message_encode(&message, bytes);
		for (size_t bit = 0; bit < 8 * size; bit++)
		{
			bytes[bit / 8] ^= (uint8_t) (1u << (bit % 8));
			if (pbft_message_decode(span_of(bytes, size), &decoded, &problem) == MC_OK)
				CHECK(pbft_message_verify(&decoded, &domain, 4, &crypto, &problem) != MC_OK);
			bytes[bit / 8] ^= (uint8_t) (1u << (bit % 8));
		}
	}
}

static void
test_view_change_lock_must_be_proved_and_older(void)
{
	PbftCrypto crypto = mac_crypto(&signer);
	McProblem problem;

	make_view_change(2, 4);
	CHECK_INT(pbft_message_verify(&message, &domain, 4, &crypto, &problem), MC_OK);
	make_view_change(2, 3); /* A9: the lock is of view 3 itself */
	CHECK_INT(pbft_message_verify(&message, &domain, 4, &crypto, &problem),
			  MC_CONSENSUS_VIEW_CHANGE);
	make_view_change(2, 4);
	message.u.view_change.body.lock.height++;
	sign_message(2);
	CHECK_INT(pbft_message_verify(&message, &domain, 4, &crypto, &problem),
			  MC_CONSENSUS_VIEW_CHANGE);
	make_view_change(2, 4);
	message.u.view_change.has_certificate = false;
	CHECK_INT(pbft_message_verify(&message, &domain, 4, &crypto, &problem),
			  MC_CONSENSUS_VIEW_CHANGE);
}

static void
test_new_view_needs_a_quorum_of_one_view(void)
{
	PbftCrypto crypto = mac_crypto(&signer);
	McProblem problem;

	make_new_view();
	message.u.new_view.body_count = 2;
	sign_message(1);
	CHECK_INT(pbft_message_verify(&message, &domain, 4, &crypto, &problem), MC_CONSENSUS_QUORUM);
	make_new_view();
	message.u.new_view.view = 6;
	sign_message(1);
	CHECK_INT(pbft_message_verify(&message, &domain, 4, &crypto, &problem),
			  MC_CONSENSUS_VIEW_CHANGE);
	make_new_view();
	message.u.new_view.has_certificate = false;
	sign_message(1);
	CHECK_INT(pbft_message_verify(&message, &domain, 4, &crypto, &problem),
			  MC_CONSENSUS_VIEW_CHANGE);
}

/* One member counted twice is how a quorum is forged: the codec knows only ascending members. */
static void
test_new_view_members_are_distinct(void)
{
	McProblem problem;
	size_t size;

	make_new_view();
	message.u.new_view.bodies[1] = message.u.new_view.bodies[0];
	sign_message(1);
	size = pbft_message_encode(&message, bytes);
	CHECK_INT(pbft_message_decode(span_of(bytes, size), &decoded, &problem), MC_CONSENSUS_FORMAT);
}

static void
test_unknown_member_and_instance(void)
{
	PbftCrypto crypto = mac_crypto(&signer);
	McProblem problem;

	make_message(PBFT_PREPARE);
	CHECK_INT(pbft_message_verify(&message, &domain, 2, &crypto, &problem), MC_CONSENSUS_MEMBER);
	message.instance[0] ^= 1;
	CHECK_INT(pbft_message_verify(&message, &domain, 4, &crypto, &problem), MC_CONSENSUS_INSTANCE);
}

int
main(void)
{
	RUN(test_header_bytes_are_fixed);
	RUN(test_header_refuses_other_shapes);
	RUN(test_quorum_intersects_and_is_reachable);
	RUN(test_certificate_needs_a_quorum_of_good_signatures);
	RUN(test_signature_serves_one_domain);
	RUN(test_certificate_bytes_have_one_form);
	RUN(test_every_message_kind_travels);
	RUN(test_no_flipped_bit_verifies);
	RUN(test_view_change_lock_must_be_proved_and_older);
	RUN(test_new_view_needs_a_quorum_of_one_view);
	RUN(test_new_view_members_are_distinct);
	RUN(test_unknown_member_and_instance);
	return CHECK_RESULT();
}
