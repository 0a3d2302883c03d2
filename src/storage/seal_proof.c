/*
 * seal_proof.c - proofs over a sealed sector, made and checked. Pure; every size follows from the
 * sector's and the indexes, so a body is never read past what was checked.
 *
 *   leaves   replica leaf (32) an index | multiproof in the replica tree
 *   column   columns (256 each) of seal_column_set() | multiproof in the column tree
 *            | replica leaf | its path | in a file sector: the path of the data leaf
 */
#include "storage/seal.h"

#include "base/digest.h"

#define COLUMN_SIZE (SEAL_LAYERS * HASH_SIZE)

static MerkleIndexes
sector_indexes(int64_t lg_n, const uint64_t *indexes, size_t count)
{
	return (MerkleIndexes){ indexes, count, UINT64_C(1) << lg_n };
}

static ProofHeader
leaves_header(const McHash *root_r, int64_t lg_n, const MerkleIndexes *indexes)
{
	ProofHeader header = { PROOF_KIND_SECTOR, (uint32_t) lg_n, { { 0 } }, *indexes };

	proof_subject(root_r, 0, &header.subject);
	return header;
}

static uint64_t
leaves_body_size(const MerkleIndexes *indexes)
{
	return (indexes->count + merkle_multi_size(indexes)) * HASH_SIZE;
}

size_t
seal_proof_size(uint32_t lg_n, const uint64_t *indexes, size_t count)
{
	MerkleIndexes asked = sector_indexes(lg_n, indexes, count);

	return PROOF_HEADER_SIZE + (size_t) leaves_body_size(&asked);
}

void
seal_prove(const SealSource *source, const McHash *root_r, uint32_t lg_n, const uint64_t *indexes,
		   size_t count, uint8_t *out)
{
	MerkleIndexes asked = sector_indexes(lg_n, indexes, count);
	ProofHeader header = leaves_header(root_r, lg_n, &asked);
	McHash *body = (McHash *) (out + PROOF_HEADER_SIZE);

	proof_header_write(&header, out);
	for (size_t i = 0; i < count; i++)
		source->replica(source->self, indexes[i], &body[i]);
	merkle_multi_prove(&asked, source->replica_tree, source->self, body + count);
}

McStatus
seal_verify(const McHash *root_r, int64_t lg_n, const uint64_t *indexes, size_t count,
			McSpan proof, McProblem *problem)
{
	McHash leaves[PROOF_INDEXES_MAX];
	McStatus status = seal_check_size(lg_n, problem);
	MerkleIndexes asked;
	ProofHeader header;
	const McHash *body;

	if (status != MC_OK)
		return status;
	asked = sector_indexes(lg_n, indexes, count);
	status = proof_check_indexes(&asked, problem);
	if (status != MC_OK)
		return status;
	header = leaves_header(root_r, lg_n, &asked);
	status = proof_header_check(&header, proof, leaves_body_size(&asked), problem);
	if (status != MC_OK)
		return status;
	body = (const McHash *) (proof.data + PROOF_HEADER_SIZE);
	for (size_t i = 0; i < count; i++)
		seal_replica_leaf(&body[i], &leaves[i]);
	if (!merkle_multi_verify(root_r, &asked, leaves, body + count, merkle_multi_size(&asked)))
		return status_problem(problem, MC_PROOF_MISMATCH, 0, 0);
	return MC_OK;
}

/* Everything about a column proof that follows from the sector and the index. */
typedef struct ColumnPlan
{
	SealGraph graph;
	uint64_t index;
	uint64_t positions[SEAL_COLUMNS_MAX];
	size_t count;
	size_t proof_hashes;
	size_t path_hashes;
	bool has_data;
} ColumnPlan;

static void
column_plan(const SealSector *sector, uint64_t index, ColumnPlan *plan)
{
	MerkleIndexes asked;

	seal_graph_init(&plan->graph, (uint32_t) sector->lg_n);
	plan->index = index;
	plan->count = seal_column_set(&plan->graph, index, plan->positions);
	asked = sector_indexes(sector->lg_n, plan->positions, plan->count);
	plan->proof_hashes = (size_t) merkle_multi_size(&asked);
	plan->path_hashes = (size_t) sector->lg_n;
	plan->has_data = sector->data_root != NULL;
}

static uint64_t
column_body_size(const ColumnPlan *plan)
{
	return plan->count * COLUMN_SIZE +
		   (plan->proof_hashes + 1 + plan->path_hashes * (plan->has_data ? 2 : 1)) * HASH_SIZE;
}

static ProofHeader
column_header(const SealSector *sector, const uint64_t *index)
{
	McSpan parts[3] = { span_hash(&sector->sector_id), span_hash(&sector->root_c),
						span_hash(&sector->root_r) };
	ProofHeader header = { PROOF_KIND_COLUMN, (uint32_t) sector->lg_n, { { 0 } },
						   sector_indexes(sector->lg_n, index, 1) };
	McHash all;

	digest_sha256(&all, parts, 3);
	proof_subject(&all, 0, &header.subject);
	return header;
}

size_t
seal_column_proof_size(const SealSector *sector, uint64_t index)
{
	ColumnPlan plan;

	column_plan(sector, index, &plan);
	return PROOF_HEADER_SIZE + (size_t) column_body_size(&plan);
}

void
seal_prove_column(const SealSource *source, const SealSector *sector, uint64_t index, uint8_t *out)
{
	ProofHeader header = column_header(sector, &index);
	MerkleIndexes one = sector_indexes(sector->lg_n, &index, 1);
	McHash *next = (McHash *) (out + PROOF_HEADER_SIZE);
	MerkleIndexes asked;
	ColumnPlan plan;

	column_plan(sector, index, &plan);
	asked = sector_indexes(sector->lg_n, plan.positions, plan.count);
	proof_header_write(&header, out);
	for (size_t i = 0; i < plan.count; i++, next += SEAL_LAYERS)
		source->column(source->self, plan.positions[i], next);
	merkle_multi_prove(&asked, source->column_tree, source->self, next);
	next += plan.proof_hashes;
	source->replica(source->self, index, next++);
	merkle_multi_prove(&one, source->replica_tree, source->self, next);
	next += plan.path_hashes;
	if (plan.has_data)
		merkle_multi_prove(&one, source->data_tree, source->self, next);
}

/* The column of a position among those opened. */
static const McHash *
find_column(const ColumnPlan *plan, const McHash *columns, uint64_t position)
{
	size_t place = 0;

	while (plan->positions[place] != position)
	{
		place++;
		assert(place < plan->count);
	}
	return columns + place * SEAL_LAYERS;
}

static McStatus
check_labels(const SealSector *sector, const ColumnPlan *plan, const McHash *columns,
			 McProblem *problem)
{
	const McHash *own = find_column(plan, columns, plan->index);
	SealInput input = { .sector_id = sector->sector_id };
	uint64_t parents[SEAL_PARENTS];

	seal_parents(&plan->graph, plan->index, parents);
	for (uint32_t layer = 0; layer < SEAL_LAYERS; layer++)
	{
		McHash label;

		for (int i = 0; i < SEAL_PARENTS; i++)
		{
			if (parents[i] == SEAL_NO_PARENT || (i >= 2 && layer == 0))
				continue;
			input.parents[i] = find_column(plan, columns, parents[i])[i < 2 ? layer : layer - 1];
		}
		seal_label(&input, layer, plan->index, &label);
		if (!hash_equal(&label, &own[layer]))
			return status_problem(problem, MC_COLUMN_LABEL, layer, 0);
	}
	return MC_OK;
}

/* The replica is the last label, or differs from it by a leaf of the file. */
static McStatus
check_replica(const SealSector *sector, const ColumnPlan *plan, const McHash *label,
			  const McHash *rest, McProblem *problem)
{
	MerkleIndexes one = sector_indexes(sector->lg_n, &plan->index, 1);
	McHash data;
	McHash leaf;

	seal_replica_leaf(&rest[0], &leaf);
	if (!merkle_multi_verify(&sector->root_r, &one, &leaf, rest + 1, plan->path_hashes))
		return status_problem(problem, MC_PROOF_MISMATCH, 0, 0);
	if (!plan->has_data && hash_equal(&rest[0], label))
		return MC_OK;
	for (int i = 0; i < HASH_SIZE; i++)
		data.bytes[i] = rest[0].bytes[i] ^ label->bytes[i];
	seal_replica_leaf(&data, &leaf);
	if (plan->has_data && merkle_multi_verify(sector->data_root, &one, &leaf,
											  rest + 1 + plan->path_hashes, plan->path_hashes))
		return MC_OK;
	return status_problem(problem, MC_REPLICA_LABEL, (int64_t) plan->index, 0);
}

McStatus
seal_verify_column(const SealSector *sector, uint64_t index, McSpan proof, McProblem *problem)
{
	McStatus status = seal_check_size(sector->lg_n, problem);
	McHash leaves[SEAL_COLUMNS_MAX];
	const McHash *columns;
	MerkleIndexes asked;
	ProofHeader header;
	ColumnPlan plan;

	if (status != MC_OK)
		return status;
	header = column_header(sector, &index);
	status = proof_check_indexes(&header.challenge, problem);
	if (status != MC_OK)
		return status;
	column_plan(sector, index, &plan);
	status = proof_header_check(&header, proof, column_body_size(&plan), problem);
	if (status != MC_OK)
		return status;
	columns = (const McHash *) (proof.data + PROOF_HEADER_SIZE);
	for (size_t i = 0; i < plan.count; i++)
		seal_column_leaf(columns + i * SEAL_LAYERS, &leaves[i]);
	asked = sector_indexes(sector->lg_n, plan.positions, plan.count);
	if (!merkle_multi_verify(&sector->root_c, &asked, leaves, columns + plan.count * SEAL_LAYERS,
							 plan.proof_hashes))
		return status_problem(problem, MC_PROOF_MISMATCH, 0, 0);
	status = check_labels(sector, &plan, columns, problem);
	if (status != MC_OK)
		return status;
	return check_replica(sector, &plan, find_column(&plan, columns, index) + SEAL_LAYERS - 1,
						 columns + plan.count * SEAL_LAYERS + plan.proof_hashes, problem);
}
