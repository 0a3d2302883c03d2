/*
 * por.c - files, shares and their audits. Pure.
 *
 *   body   share_root | path of the share in the file | leaves (256 each) | multiproof in the share
 */
#include "storage/por.h"

#include "base/digest.h"

McStatus
por_check_file(const PorFile *file, McProblem *problem)
{
	McStatus status = rs_check_shape(file->data_shards, file->shares, problem);

	if (status != MC_OK)
		return status;
	if (file->size < 1 || file->size > POR_FILE_SIZE_MAX)
		return status_problem(problem, MC_FILE_SIZE, (int64_t) file->size,
							  (int64_t) POR_FILE_SIZE_MAX);
	return MC_OK;
}

uint64_t
por_leaf_count(const PorFile *file)
{
	uint64_t stripe = (uint64_t) file->data_shards * POR_LEAF_SIZE;

	assert(por_check_file(file, NULL) == MC_OK);
	return (file->size + stripe - 1) / stripe;
}

uint64_t
por_share_size(const PorFile *file)
{
	return por_leaf_count(file) * POR_LEAF_SIZE;
}

void
por_leaf(const uint8_t bytes[POR_LEAF_SIZE], McHash *out)
{
	McSpan whole = span_of(bytes, POR_LEAF_SIZE);

	merkle_leaf(out, &whole, 1);
}

void
por_share_leaf(const PorFile *file, uint32_t share, const McHash *share_root, McHash *out)
{
	uint8_t numbers[20];
	McSpan parts[3] = { span_text("mes.por.share"), span_of(numbers, sizeof(numbers)),
						span_hash(share_root) };

	put_be32(numbers, file->data_shards);
	put_be32(numbers + 4, file->shares);
	put_be64(numbers + 8, file->size);
	put_be32(numbers + 16, share);
	merkle_leaf(out, parts, 3);
}

static void
share_leaves(const PorFile *file, const McHash *share_roots, McHash leaves[RS_SHARES_MAX])
{
	assert(file->shares <= RS_SHARES_MAX);
	for (uint32_t share = 0; share < file->shares; share++)
		por_share_leaf(file, share, &share_roots[share], &leaves[share]);
}

void
por_file_root(PorFile *file, const McHash *share_roots)
{
	McHash leaves[RS_SHARES_MAX];

	share_leaves(file, share_roots, leaves);
	merkle_root(leaves, file->shares, &file->root);
}

McStatus
por_challenge(McSpan seed, uint64_t leaf_count, uint64_t count, uint64_t *indexes,
			  McProblem *problem)
{
	return proof_draw("mes.por.challenge", seed, leaf_count, count, indexes, problem);
}

/* Everything that follows from the audit alone. */
typedef struct Plan
{
	uint64_t indexes[PROOF_INDEXES_MAX];
	uint64_t share;
	MerkleIndexes leaves; /* in the share */
	MerkleIndexes place;  /* of the share in the file */
	uint64_t proof_hashes;
	uint64_t place_hashes;
	uint64_t body_size;
	ProofHeader header;
} Plan;

static McStatus
make_plan(const PorAudit *audit, Plan *plan, McProblem *problem)
{
	const PorFile *file = audit->file;
	McStatus status = por_check_file(file, problem);
	uint64_t leaf_count;

	if (status != MC_OK)
		return status;
	if (audit->share >= file->shares)
		return status_problem(problem, MC_SHARE_OUT_OF_RANGE, audit->share, file->shares);
	leaf_count = por_leaf_count(file);
	status = por_challenge(audit->seed, leaf_count, audit->count, plan->indexes, problem);
	if (status != MC_OK)
		return status;
	plan->share = audit->share;
	plan->leaves = (MerkleIndexes){ plan->indexes, (size_t) audit->count, leaf_count };
	plan->place = (MerkleIndexes){ &plan->share, 1, file->shares };
	plan->proof_hashes = merkle_multi_size(&plan->leaves);
	plan->place_hashes = merkle_multi_size(&plan->place);
	plan->body_size = (1 + plan->place_hashes + plan->proof_hashes) * HASH_SIZE +
					  audit->count * POR_LEAF_SIZE;
	plan->header.kind = PROOF_KIND_SHARE;
	plan->header.size = file->data_shards << 16 | file->shares;
	plan->header.challenge = plan->leaves;
	proof_subject(&file->root, audit->share, &plan->header.subject);
	return MC_OK;
}

McStatus
por_verify(const PorAudit *audit, McSpan proof, McProblem *problem)
{
	McHash hashes[PROOF_INDEXES_MAX];
	const McHash *share_root;
	const uint8_t *leaves;
	McStatus status;
	McHash place;
	Plan plan;

	status = make_plan(audit, &plan, problem);
	if (status != MC_OK)
		return status;
	status = proof_header_check(&plan.header, proof, plan.body_size, problem);
	if (status != MC_OK)
		return status;
	share_root = (const McHash *) (proof.data + PROOF_HEADER_SIZE);
	por_share_leaf(audit->file, audit->share, share_root, &place);
	if (!merkle_multi_verify(&audit->file->root, &plan.place, &place, share_root + 1,
							 plan.place_hashes))
		return status_problem(problem, MC_PROOF_MISMATCH, 0, 0);
	leaves = (const uint8_t *) (share_root + 1 + plan.place_hashes);
	for (size_t i = 0; i < plan.leaves.count; i++)
		por_leaf(leaves + i * POR_LEAF_SIZE, &hashes[i]);
	if (!merkle_multi_verify(share_root, &plan.leaves, hashes,
							 (const McHash *) (leaves + plan.leaves.count * POR_LEAF_SIZE),
							 plan.proof_hashes))
		return status_problem(problem, MC_PROOF_MISMATCH, 0, 0);
	return MC_OK;
}

McStatus
por_prove(const PorAudit *audit, const PorSource *source, size_t *size, uint8_t *out,
		  McProblem *problem)
{
	McHash shares[RS_SHARES_MAX];
	McStatus status;
	uint8_t *next;
	Plan plan;

	status = make_plan(audit, &plan, problem);
	if (status != MC_OK)
		return status;
	*size = PROOF_HEADER_SIZE + (size_t) plan.body_size;
	if (out == NULL)
		return MC_OK;
	proof_header_write(&plan.header, out);
	next = out + PROOF_HEADER_SIZE;
	memcpy(next, source->share_roots[audit->share].bytes, HASH_SIZE);
	next += HASH_SIZE;
	share_leaves(audit->file, source->share_roots, shares);
	merkle_multi_prove(&plan.place, merkle_multi_subtree, shares, (McHash *) next);
	next += plan.place_hashes * HASH_SIZE;
	for (size_t i = 0; i < plan.leaves.count; i++, next += POR_LEAF_SIZE)
		source->leaf(source->self, plan.indexes[i], next);
	merkle_multi_prove(&plan.leaves, source->share_tree, source->self, (McHash *) next);
	return MC_OK;
}
