/*
 * attest.c - C8 (1): a member's TIP, its bytes and what a replica puts into it.
 */
#include "base/digest.h"
#include "pbft/document.h"
#include "pbft/replica.h"

static void
proof_pack(PbftPacker *packer, const PbftProof *proof)
{
	pack_8(packer, proof->present);
	if (!proof->present)
		return;
	pack_64(packer, proof->at.epoch);
	pack_64(packer, proof->at.resume_no);
	pack_hash(packer, &proof->at.anchor_hash);
	pack_hash(packer, &proof->at.valset_hash);
	pbft_certificate_pack(packer, &proof->certificate);
}

static void
proof_unpack(PbftUnpacker *unpacker, PbftProof *proof)
{
	memset(&proof->at, 0, sizeof(proof->at));
	proof->present = unpack_bool(unpacker);
	if (!proof->present || unpacker->bad)
		return;
	proof->at.epoch = unpack_64(unpacker);
	proof->at.resume_no = unpack_64(unpacker);
	unpack_hash(unpacker, &proof->at.anchor_hash);
	unpack_hash(unpacker, &proof->at.valset_hash);
	pbft_certificate_unpack(unpacker, &proof->certificate);
}

static size_t
pack_unsigned(const PbftAttest *attest, uint8_t *out)
{
	PbftPacker packer = { out, 0, PBFT_ATTEST_MAX - PBFT_SIGNATURE_SIZE };

	assert(attest->result_count <= PBFT_LAG_MAX);
	pack_bytes(&packer, attest->chain_id, PBFT_CHAIN_ID_SIZE);
	pack_32(&packer, attest->roster);
	pack_64(&packer, attest->resume_no);
	proof_pack(&packer, &attest->result);
	proof_pack(&packer, &attest->commit);
	proof_pack(&packer, &attest->lock);
	pack_8(&packer, (uint8_t) attest->result_count);
	for (uint32_t i = 0; i < attest->result_count; i++)
	{
		pack_64(&packer, attest->results[i].height);
		pack_hash(&packer, &attest->results[i].hash);
		pack_hash(&packer, &attest->results[i].exec_root);
	}
	pack_8(&packer, attest->fenced);
	pack_64(&packer, attest->since_resume);
	pack_64(&packer, attest->since_epoch);
	pack_bytes(&packer, attest->fresh_key, PBFT_KEY_SIZE);
	pack_64(&packer, attest->incarnation);
	return packer.size;
}

void
pbft_attest_signed(const PbftAttest *attest, uint8_t out[PBFT_DOCUMENT_SIGNED_SIZE])
{
	uint8_t bytes[PBFT_ATTEST_MAX];

	pbft_document_signed("MES1-tip\0\0\0\0", span_of(bytes, pack_unsigned(attest, bytes)), out);
}

size_t
pbft_attest_encode(const PbftAttest *attest, uint8_t out[PBFT_ATTEST_MAX])
{
	size_t size = pack_unsigned(attest, out);

	memcpy(out + size, attest->signature, PBFT_SIGNATURE_SIZE);
	return size + PBFT_SIGNATURE_SIZE;
}

static void
results_unpack(PbftUnpacker *unpacker, PbftAttest *attest)
{
	attest->result_count = unpack_8(unpacker);
	if (attest->result_count > PBFT_LAG_MAX)
	{
		unpacker->bad = true;
		attest->result_count = 0;
	}
	for (uint32_t i = 0; i < attest->result_count; i++)
	{
		attest->results[i].height = unpack_64(unpacker);
		unpack_hash(unpacker, &attest->results[i].hash);
		unpack_hash(unpacker, &attest->results[i].exec_root);
		/* one result a height */
		unpacker->bad |= i > 0 && attest->results[i].height <= attest->results[i - 1].height;
	}
}

McStatus
pbft_attest_decode(McSpan bytes, PbftAttest *attest, McProblem *problem)
{
	PbftUnpacker unpacker = { bytes, 0, false };

	unpack_bytes(&unpacker, attest->chain_id, PBFT_CHAIN_ID_SIZE);
	attest->roster = unpack_32(&unpacker);
	attest->resume_no = unpack_64(&unpacker);
	proof_unpack(&unpacker, &attest->result);
	proof_unpack(&unpacker, &attest->commit);
	proof_unpack(&unpacker, &attest->lock);
	results_unpack(&unpacker, attest);
	attest->fenced = unpack_bool(&unpacker);
	attest->since_resume = unpack_64(&unpacker);
	attest->since_epoch = unpack_64(&unpacker);
	unpack_bytes(&unpacker, attest->fresh_key, PBFT_KEY_SIZE);
	attest->incarnation = unpack_64(&unpacker);
	unpack_bytes(&unpacker, attest->signature, PBFT_SIGNATURE_SIZE);
	if (unpacker.bad || unpacker.offset != bytes.size || bytes.size > PBFT_ATTEST_MAX ||
		(attest->result.present && attest->result.certificate.subject.kind != PBFT_CHECKPOINT) ||
		(attest->commit.present && attest->commit.certificate.subject.kind != PBFT_COMMIT) ||
		(attest->lock.present && attest->lock.certificate.subject.kind == PBFT_CHECKPOINT))
		return status_problem(problem, MC_CONSENSUS_FORMAT, (int64_t) unpacker.offset, 0);
	return MC_OK;
}

bool
pbft_attest_conflict(const PbftAttest *left, const PbftAttest *right)
{
	uint8_t first[PBFT_DOCUMENT_SIGNED_SIZE];
	uint8_t second[PBFT_DOCUMENT_SIGNED_SIZE];

	pbft_attest_signed(left, first);
	pbft_attest_signed(right, second);
	return left->roster == right->roster && left->resume_no == right->resume_no &&
		   memcmp(first, second, PBFT_DOCUMENT_SIGNED_SIZE) != 0;
}

static void
own_results(const PbftReplica *replica, PbftAttest *attest)
{
	uint32_t self = replica->config.self;
	uint64_t agreed =
		attest->result.present ? attest->result.certificate.subject.height : replica->applied;

	attest->result_count = 0;
	for (uint64_t at = agreed + 1; self < replica->config.member_count && at <= replica->executed;
		 at++)
	{
		const PbftResultSlot *slot = &replica->results[at % PBFT_LAG_MAX];

		if (slot->height != at || !slot->votes[self].used)
			continue;
		attest->results[attest->result_count++] = (PbftOwnResult){
			.height = at, .hash = slot->votes[self].hash, .exec_root = slot->votes[self].exec_root
		};
	}
}

void
pbft_attest(PbftReplica *replica, const PbftInstance *at, PbftAttest *attest)
{
	uint64_t height = replica->stable;

	attest->result.present = false;
	for (; height > replica->config.anchor.height && !attest->result.present; height--)
		attest->result.present =
			pbft_result_certificate(replica, height, &attest->result.certificate);
	attest->result.at = *at;
	attest->commit.at = *at;
	attest->commit.present = replica->commit_certificate.subject.height > 0;
	attest->commit.certificate = replica->commit_certificate;
	attest->lock.at = *at;
	attest->lock.present = replica->lock.kind != PBFT_LOCK_ANCHOR;
	attest->lock.certificate = replica->lock_certificate;
	own_results(replica, attest);
}
