/*
 * proof.c - what a verifier must check, in the order in which trust flows: from what it believes
 * beforehand through the epochs to a certificate, from there to the block, from the block to the
 * transaction and its receipt. Pure and offline.
 */
#include "ledger/proof.h"

#include "base/digest.h"
#include "tx/receipt.h"
#include "tx/tx.h"

#define VALSET_ENTRY_SIZE (4 + SUITE_PUBLIC_SIZE + 8)

void
proof_valset_hash(const ProofMember *members, uint32_t count, McHash *hash)
{
	uint8_t entries[PBFT_NODE_MAX * VALSET_ENTRY_SIZE];

	assert(count <= PBFT_NODE_MAX);
	for (uint32_t i = 0; i < count; i++)
	{
		uint8_t *entry = entries + (size_t) i * VALSET_ENTRY_SIZE;

		put_be32(entry, i);
		memcpy(entry + 4, members[i].voting_key, SUITE_PUBLIC_SIZE);
		put_be64(entry + 4 + SUITE_PUBLIC_SIZE, members[i].incarnation);
	}
	digest_tagged(hash, "MES1-valset", span_of(entries, (size_t) count * VALSET_ENTRY_SIZE));
}

static void
begin_instance(ProofInstance *instance, const ProofMember *members, uint32_t member_count,
			   const McHash *anchor_hash)
{
	McHash valset_hash;

	assert(member_count >= 1 && member_count <= PBFT_NODE_MAX);
	proof_valset_hash(members, member_count, &valset_hash);
	instance->member_count = member_count;
	memcpy(instance->members, members, member_count * sizeof(ProofMember));
	pbft_instance(instance->epoch, instance->resume_no, anchor_hash, &valset_hash,
				  instance->domain.instance);
}

void
proof_trust_genesis(ProofTrust *trust, const McHash *genesis_hash, const ProofMember *members,
					uint32_t member_count)
{
	ProofStart start = { .anchor_hash = *genesis_hash };

	proof_trust_epoch(trust, genesis_hash->bytes, &start, members, member_count);
}

void
proof_trust_epoch(ProofTrust *trust, const uint8_t chain_id[PBFT_CHAIN_ID_SIZE],
				  const ProofStart *start, const ProofMember *members, uint32_t member_count)
{
	memset(trust, 0, sizeof(*trust));
	memcpy(trust->chain_id, chain_id, PBFT_CHAIN_ID_SIZE);
	memcpy(trust->instance.domain.chain_id, chain_id, PBFT_CHAIN_ID_SIZE);
	trust->has_instance = true;
	trust->instance.epoch = start->epoch;
	trust->instance.resume_no = start->resume_no;
	trust->instance.anchor_height = start->anchor_height;
	begin_instance(&trust->instance, members, member_count, &start->anchor_hash);
}

void
proof_trust_block(ProofTrust *trust, const uint8_t chain_id[PBFT_CHAIN_ID_SIZE], uint64_t height,
				  const McHash *hash)
{
	memset(trust, 0, sizeof(*trust));
	memcpy(trust->chain_id, chain_id, PBFT_CHAIN_ID_SIZE);
	trust->has_block = true;
	trust->block_height = height;
	trust->block_hash = *hash;
}

const char *
proof_kind_name(ProofKind kind)
{
	return kind == PROOF_FINAL ? "final" : "ordered only";
}

void
proof_inner_hash(uint64_t height, const McHash *block_hash, const ProofEffect *effect,
				 McHash *inner)
{
	uint8_t number[8];
	McSpan parts[6] = { span_of(number, sizeof(number)),
						span_hash(block_hash),
						span_hash(&effect->receipts_root),
						span_hash(&effect->writeset_root),
						span_hash(&effect->state_digest),
						span_hash(&effect->next_valset) };

	put_be64(number, height);
	digest_sha256(inner, parts, 6);
}

void
proof_exec_step(McHash *root, const McHash *inner)
{
	McSpan parts[3] = { span_text("MES1-exec"), span_hash(root), span_hash(inner) };

	digest_sha256(root, parts, 3);
}

/* ---- certificates ----------------------------------------------------------------- */

static bool
verify_vote(void *context, uint32_t member, McSpan message,
			const uint8_t signature[PBFT_SIGNATURE_SIZE])
{
	const ProofInstance *instance = context;
	SuiteKey key = { .suite = SUITE_ED25519 };

	memcpy(key.public_key, instance->members[member].voting_key, SUITE_PUBLIC_SIZE);
	return suite_verify(&key, message, signature);
}

static McStatus
verify_certificate(const PbftCertificate *certificate, ProofInstance *instance,
				   McProblem *problem)
{
	PbftCrypto crypto = { .context = instance, .verify = verify_vote };

	return pbft_certificate_verify(certificate, &instance->domain, instance->member_count, &crypto,
								   problem);
}

/* The old set certifies the last block of its epoch, whose result names the next set (R18). */
static McStatus
pass_epoch(const ProofEpoch *epoch, ProofInstance *instance, McProblem *problem)
{
	PbftCertificate certificate;
	McHash valset_hash;
	McStatus status = pbft_certificate_decode(epoch->certificate, &certificate, problem);

	if (status != MC_OK)
		return status;
	proof_valset_hash(epoch->members, epoch->member_count, &valset_hash);
	if (certificate.subject.kind != PBFT_CHECKPOINT ||
		certificate.subject.height <= instance->anchor_height ||
		!hash_equal(&certificate.subject.next_valset, &valset_hash))
		return status_problem(problem, MC_TX_PROOF_EPOCH, (int64_t) instance->epoch, 0);
	status = verify_certificate(&certificate, instance, problem);
	if (status != MC_OK)
		return status;
	instance->epoch++;
	instance->anchor_height = certificate.subject.height;
	begin_instance(instance, epoch->members, epoch->member_count, &certificate.subject.hash);
	return MC_OK;
}

static McStatus
pass_epochs(const ProofView *view, ProofInstance *instance, McProblem *problem)
{
	McStatus status = MC_OK;
	WireReader reader;

	wire_reader_init(&reader, view->epochs.items);
	for (uint32_t i = 0; i < view->epochs.count && status == MC_OK; i++)
	{
		ProofEpoch epoch;

		proof_next_epoch(&reader, &epoch);
		status = pass_epoch(&epoch, instance, problem);
	}
	return status;
}

/* ---- chains ----------------------------------------------------------------------- */

/* Follows the headers behind the block by their parents; last is the header that ends them. */
static McStatus
follow_headers(const ProofView *view, PbftHeader *last, McHash *last_hash, McProblem *problem)
{
	WireReader reader;

	*last = view->header;
	digest_sha256(last_hash, &view->header_bytes, 1);
	wire_reader_init(&reader, view->headers.items);
	for (uint32_t i = 0; i < view->headers.count; i++)
	{
		McSpan bytes = proof_next_header(&reader);
		PbftHeader next;
		McStatus status = pbft_header_decode(bytes, &next, problem);

		if (status != MC_OK)
			return status;
		if (next.height != last->height + 1 || !hash_equal(&next.parent_hash, last_hash))
			return status_problem(problem, MC_TX_PROOF_ORDER, (int64_t) last->height, 0);
		*last = next;
		digest_sha256(last_hash, &bytes, 1);
	}
	return MC_OK;
}

/* exec_root of the last block whose inner hash the proof gives. */
static void
follow_results(const ProofView *view, const McHash *block_hash, McHash *root)
{
	WireReader reader;
	McHash inner;

	*root = view->effect.parent_exec_root;
	proof_inner_hash(view->header.height, block_hash, &view->effect, &inner);
	proof_exec_step(root, &inner);
	wire_reader_init(&reader, view->later.items);
	for (uint32_t i = 0; i < view->later.count; i++)
	{
		proof_next_hash(&reader, &inner);
		proof_exec_step(root, &inner);
	}
}

static McStatus
check_result(const ProofView *view, const McHash *block_hash, uint64_t height,
			 const McHash *certified, McProblem *problem)
{
	McHash root;

	follow_results(view, block_hash, &root);
	/* a height below the block's wraps to more than any count */
	if (height - view->header.height != view->later.count || !hash_equal(&root, certified))
		return status_problem(problem, MC_TX_PROOF_RESULT, (int64_t) view->header.height,
							  (int64_t) height);
	return MC_OK;
}

/* ---- what the proof ends at ------------------------------------------------------- */

static McStatus
check_subject(const ProofView *view, const PbftSubject *subject, ProofResult *result,
			  McProblem *problem)
{
	PbftHeader last;
	McHash last_hash;
	McStatus status = follow_headers(view, &last, &last_hash, problem);

	if (status != MC_OK)
		return status;
	if (!view->has_effect)
	{
		if (subject->kind == PBFT_COMMIT && subject->height == last.height &&
			hash_equal(&subject->hash, &last_hash))
			return MC_OK;
		return status_problem(problem, MC_TX_PROOF_ORDER, (int64_t) view->header.height, 0);
	}
	/* a result needs no headers behind its block, and unused ones would prove nothing */
	if (subject->kind != PBFT_CHECKPOINT || view->headers.count > 0)
		return status_problem(problem, MC_TX_PROOF_RESULT, (int64_t) view->header.height,
							  (int64_t) subject->height);
	if (view->later.count == 0 && !hash_equal(&subject->hash, &result->block_hash))
		return status_problem(problem, MC_TX_PROOF_ORDER, (int64_t) view->header.height, 0);
	return check_result(view, &result->block_hash, subject->height, &subject->exec_root, problem);
}

static McStatus
check_signed(const ProofView *view, const ProofTrust *trust, ProofResult *result,
			 McProblem *problem)
{
	static const char what[] = "the members' voting keys";
	ProofInstance instance;
	PbftCertificate certificate;
	McStatus status;

	if (!trust->has_instance)
		return status_problem_name(problem, MC_TX_PROOF_TRUST, what, sizeof(what) - 1);
	status = pbft_certificate_decode(view->certificate, &certificate, problem);
	if (status == MC_OK)
		status = check_subject(view, &certificate.subject, result, problem);
	instance = trust->instance;
	if (status == MC_OK)
		status = pass_epochs(view, &instance, problem);
	if (status == MC_OK)
		status = verify_certificate(&certificate, &instance, problem);
	if (status != MC_OK)
		return status;
	if (view->header.shard != instance.domain.shard)
		return status_problem(problem, MC_TX_PROOF_CHAIN, 0, 0);
	if (view->header.epoch > instance.epoch)
		return status_problem(problem, MC_TX_PROOF_EPOCH, (int64_t) view->header.epoch, 0);
	result->sealed_height = certificate.subject.height;
	result->member_count = instance.member_count;
	result->signer_count = pbft_certificate_signers(&certificate);
	memcpy(result->signers, certificate.bitmap, PBFT_BITMAP_SIZE);
	result->rests_on_anchor = result->signer_count == 1;
	return MC_OK;
}

/* No signature: a block the verifier knows has this one among its ancestors (A15). */
static McStatus
check_anchored(const ProofView *view, const ProofTrust *trust, ProofResult *result,
			   McProblem *problem)
{
	static const char what[] = "the hash of a block";
	PbftHeader last;
	McHash last_hash;
	McStatus status;

	if (!trust->has_block)
		return status_problem_name(problem, MC_TX_PROOF_TRUST, what, sizeof(what) - 1);
	status = follow_headers(view, &last, &last_hash, problem);
	if (status != MC_OK)
		return status;
	if (view->epochs.count > 0 || last.height != trust->block_height ||
		!hash_equal(&last_hash, &trust->block_hash))
		return status_problem(problem, MC_TX_PROOF_ANCHOR, (int64_t) last.height,
							  (int64_t) trust->block_height);
	result->sealed_height = last.height;
	result->rests_on_anchor = true;
	if (!view->has_effect)
		return MC_OK;
	return check_result(view, &result->block_hash, last.stable_height, &last.stable_exec_root,
						problem);
}

/* ---- the transaction in its block ------------------------------------------------- */

static McStatus
check_transaction(const ProofView *view, const TxView *tx, ProofResult *result,
				  McProblem *problem)
{
	McSpan parts[2] = { span_hash(&tx->txid), span_hash(&tx->body_id) };
	McHash leaf;

	if (memcmp(tx->chain_id, result->chain_id, CHAIN_ID_SIZE) != 0)
		return status_problem(problem, MC_TX_PROOF_CHAIN, 0, 0);
	merkle_leaf(&leaf, parts, 2);
	if (view->tx_path.size != view->header.tx_count ||
		!merkle_verify(&view->header.tx_root, &leaf, view->tx_path.index, view->tx_path.size,
					   view->tx_path.hashes, view->tx_path.count))
		return status_problem(problem, MC_TX_PROOF_TRANSACTION, (int64_t) view->header.height, 0);
	result->txid = tx->txid;
	result->position = (uint32_t) view->tx_path.index;
	return MC_OK;
}

static McStatus
check_receipt(const ProofView *view, ProofResult *result, McProblem *problem)
{
	const ProofPath *path = &view->receipt_path;
	McHash txid;
	McHash leaf;
	McStatus status = receipt_read(view->effect.receipt, &txid, &result->verdict, problem);

	if (status != MC_OK)
		return status;
	receipt_leaf(view->effect.receipt, &leaf);
	if (!hash_equal(&txid, &result->txid) || path->size != view->tx_path.size ||
		path->index != view->tx_path.index ||
		!merkle_verify(&view->effect.receipts_root, &leaf, path->index, path->size, path->hashes,
					   path->count))
		return status_problem(problem, MC_TX_PROOF_RECEIPT, (int64_t) view->header.height, 0);
	result->receipt = view->effect.receipt;
	return MC_OK;
}

/* Hashes first, signatures last: a damaged proof costs its verifier next to nothing. */
static McStatus
check_view(const ProofView *view, const ProofTrust *trust, ProofResult *result,
		   McProblem *problem)
{
	TxView tx;
	McStatus status = tx_read(view->envelope, &tx, problem);

	if (status == MC_OK)
		status = check_transaction(view, &tx, result, problem);
	if (status == MC_OK && view->has_effect)
		status = check_receipt(view, result, problem);
	if (status == MC_OK)
		status = view->certificate.size > 0 ? check_signed(view, trust, result, problem)
											: check_anchored(view, trust, result, problem);
	if (status == MC_OK)
		status = tx_verify(&tx, problem);
	return status;
}

McStatus
proof_verify(McSpan bytes, const ProofTrust *trust, ProofResult *result, McProblem *problem)
{
	ProofView view;
	McStatus status = proof_read(bytes, &view, problem);

	memset(result, 0, sizeof(*result));
	if (status != MC_OK)
		return status;
	memcpy(result->chain_id, trust->chain_id, PBFT_CHAIN_ID_SIZE);
	digest_sha256(&result->block_hash, &view.header_bytes, 1);
	status = check_view(&view, trust, result, problem);
	if (status != MC_OK)
		return status;
	result->kind = view.has_effect ? PROOF_FINAL : PROOF_ORDERED_ONLY;
	result->height = view.header.height;
	result->block_time_ms = view.header.ts_ms;
	result->envelope = view.envelope;
	return MC_OK;
}
