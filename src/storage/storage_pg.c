/*
 * storage_pg.c - SQL face of Merkle proofs, Reed-Solomon shares and proofs of retrievability.
 *
 * Every verifying rule has two faces: X_verify answers a boolean, X_status "ok" or the name of the
 * code that refuses. Neither raises an error for what a proof holds.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "node/errors_pg.h"
#include "storage/argument_pg.h"
#include "storage/por.h"

/* A function that encodes answers shares of this size together at most. */
#define RS_BYTES_MAX (64 * 1024 * 1024)

static McHash *
hash_leaves(const McSpan *leaves, size_t count)
{
	McHash *hashes = palloc_extended(count * sizeof(McHash), MCXT_ALLOC_HUGE);

	for (size_t i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		merkle_leaf(&hashes[i], &leaves[i], 1);
	}
	return hashes;
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_merkle_root);
Datum
mes_merkle_root(PG_FUNCTION_ARGS)
{
	size_t count;
	McSpan *leaves = argument_byte_array(fcinfo, 0, &count);
	MerkleBuilder builder;
	McHash root;

	merkle_builder_init(&builder);
	for (size_t i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		merkle_leaf(&root, &leaves[i], 1);
		merkle_builder_add(&builder, &root);
	}
	merkle_builder_root(&builder, &root);
	PG_RETURN_DATUM(answer_bytes(&root, sizeof(root)));
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_merkle_prove);
Datum
mes_merkle_prove(PG_FUNCTION_ARGS)
{
	MerkleIndexes indexes;
	McProblem problem;
	size_t leaf_count;
	uint64 size;
	McHash *proof;
	McSpan *leaves = argument_byte_array(fcinfo, 0, &leaf_count);

	indexes.at = argument_bigint_array(fcinfo, 1, &indexes.count);
	indexes.leaf_count = leaf_count;
	problem_check(proof_check_indexes(&indexes, &problem), &problem);
	size = merkle_multi_size(&indexes);
	proof = palloc(size * sizeof(McHash));
	merkle_multi_prove(&indexes, merkle_multi_subtree, hash_leaves(leaves, leaf_count), proof);
	PG_RETURN_DATUM(answer_bytes(proof, size * sizeof(McHash)));
}

/* root, leaf_count, indexes, leaves, proof */
static McStatus
check_merkle(FunctionCallInfo fcinfo, McProblem *problem)
{
	McSpan proof = argument_bytes(fcinfo, 4);
	MerkleIndexes indexes;
	size_t leaf_count;
	McSpan *leaves = argument_byte_array(fcinfo, 3, &leaf_count);
	McHash root;
	uint64 size;
	McStatus status = argument_hash(fcinfo, 0, "root", &root, problem);

	indexes.leaf_count = (uint64) PG_GETARG_INT64(1);
	indexes.at = argument_bigint_array(fcinfo, 2, &indexes.count);
	if (status == MC_OK)
		status = proof_check_indexes(&indexes, problem);
	if (status != MC_OK)
		return status;
	if (leaf_count != indexes.count)
		return status_problem(problem, MC_LEAVES_GIVEN, (int64) leaf_count, (int64) indexes.count);
	if (proof_is_zero(proof))
		return status_problem(problem, MC_PROOF_ALL_ZERO, (int64) proof.size, 0);
	size = merkle_multi_size(&indexes) * HASH_SIZE;
	if (proof.size != size)
		return status_problem(problem,
							  proof.size < size ? MC_PROOF_TRUNCATED : MC_PROOF_EXTENDED,
							  (int64) proof.size, (int64) size);
	if (!merkle_multi_verify(&root, &indexes, hash_leaves(leaves, leaf_count),
							 (const McHash *) proof.data, size / HASH_SIZE))
		return status_problem(problem, MC_PROOF_MISMATCH, 0, 0);
	return MC_OK;
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_merkle_verify);
Datum
mes_merkle_verify(PG_FUNCTION_ARGS)
{
	McProblem problem;

	PG_RETURN_BOOL(check_merkle(fcinfo, &problem) == MC_OK);
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_merkle_status);
Datum
mes_merkle_status(PG_FUNCTION_ARGS)
{
	McProblem problem;

	PG_RETURN_DATUM(answer_status(check_merkle(fcinfo, &problem)));
}

/* ---- Reed-Solomon ---- */

/* Spans of one length that the answer may hold in size_limit bytes. */
static size_t
check_lengths(const McSpan *shares, size_t count, size_t answered)
{
	McProblem problem;

	for (size_t i = 1; i < count; i++)
		if (shares[i].size != shares[0].size)
			problem_check(status_problem(&problem, MC_SHARE_LENGTH, (int64) shares[i].size,
										 (int64) shares[0].size),
						  &problem);
	if (shares[0].size * answered > RS_BYTES_MAX)
		problem_check(status_problem(&problem, MC_TOO_LARGE, (int64) (shares[0].size * answered),
									 RS_BYTES_MAX),
					  &problem);
	return shares[0].size;
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_rs_encode);
Datum
mes_rs_encode(PG_FUNCTION_ARGS)
{
	const uint8 *in[RS_DATA_MAX];
	McSpan answer[RS_SHARES_MAX];
	McProblem problem;
	RsCoder coder;
	size_t count;
	size_t length;
	McSpan *data = argument_byte_array(fcinfo, 0, &count);
	uint64 shares = argument_count(PG_GETARG_INT32(1), "shares");

	problem_check(rs_check_shape((uint32) count, (uint32) shares, &problem), &problem);
	length = check_lengths(data, count, shares);
	rs_init(&coder, (uint32) count, (uint32) shares);
	for (size_t i = 0; i < count; i++)
	{
		in[i] = data[i].data;
		answer[i] = data[i];
	}
	for (uint32 share = (uint32) count; share < shares; share++)
	{
		uint8 row[RS_DATA_MAX];
		uint8 *out = palloc(length);

		CHECK_FOR_INTERRUPTS();
		rs_row(&coder, share, row);
		rs_combine(&coder, row, in, length, out);
		answer[share] = span_of(out, length);
	}
	PG_RETURN_DATUM(answer_byte_array(answer, shares));
}

/* data_shards, shares, numbers integer[], contents bytea[] */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_rs_restore);
Datum
mes_rs_restore(PG_FUNCTION_ARGS)
{
	uint64 data = argument_count(PG_GETARG_INT32(0), "data_shards");
	uint64 shares = argument_count(PG_GETARG_INT32(1), "shares");
	size_t number_count;
	size_t count;
	Datum *numbers = argument_array(fcinfo, 2, INT4OID, &number_count);
	McSpan *contents = argument_byte_array(fcinfo, 3, &count);
	const uint8 *in[RS_DATA_MAX];
	McSpan answer[RS_DATA_MAX];
	uint32 chosen[RS_DATA_MAX];
	McProblem problem;
	RsCoder coder;
	size_t length;

	problem_check(rs_check_shape((uint32) data, (uint32) shares, &problem), &problem);
	if (number_count != count)
		problem_check(status_problem(&problem, MC_LEAVES_GIVEN, (int64) count,
									 (int64) number_count),
					  &problem);
	if (count < data)
		problem_check(status_problem(&problem, MC_SHARES_MISSING, (int64) count, (int64) data),
					  &problem);
	length = check_lengths(contents, count, data);
	for (size_t i = 0; i < data; i++)
	{
		chosen[i] = (uint32) DatumGetInt32(numbers[i]);
		in[i] = contents[i].data;
	}
	rs_init(&coder, (uint32) data, (uint32) shares);
	problem_check(rs_prepare_restore(&coder, chosen, &problem), &problem);
	for (uint32 wanted = 0; wanted < data; wanted++)
	{
		uint8 row[RS_DATA_MAX];
		uint8 *out = palloc(length);

		CHECK_FOR_INTERRUPTS();
		rs_restore_row(&coder, wanted, row);
		rs_combine(&coder, row, in, length, out);
		answer[wanted] = span_of(out, length);
	}
	PG_RETURN_DATUM(answer_byte_array(answer, data));
}

/* ---- proofs of retrievability ---- */

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_por_challenge);
Datum
mes_por_challenge(PG_FUNCTION_ARGS)
{
	uint64 indexes[PROOF_INDEXES_MAX];
	uint64 count = (uint64) PG_GETARG_INT32(2);
	McProblem problem;

	problem_check(por_challenge(argument_bytes(fcinfo, 0), (uint64) PG_GETARG_INT64(1), count,
								indexes, &problem),
				  &problem);
	PG_RETURN_DATUM(answer_bigint_array(indexes, count));
}

static PorFile
file_of(int32 data_shards, int32 shares, int64 size)
{
	PorFile file = { { { 0 } }, (uint32) data_shards, (uint32) shares, (uint64) size };

	return file;
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_por_leaf_count);
Datum
mes_por_leaf_count(PG_FUNCTION_ARGS)
{
	PorFile file = file_of(PG_GETARG_INT32(0), RS_SHARES_MAX, PG_GETARG_INT64(1));
	McProblem problem;

	problem_check(por_check_file(&file, &problem), &problem);
	PG_RETURN_INT64((int64) por_leaf_count(&file));
}

/* The roots of all shares, in their order. */
static McHash *
share_roots_argument(FunctionCallInfo fcinfo, int number, size_t *count)
{
	McSpan *spans = argument_byte_array(fcinfo, number, count);
	McHash *roots = palloc(*count * sizeof(McHash));

	for (size_t i = 0; i < *count; i++)
	{
		McProblem problem;

		if (spans[i].size != HASH_SIZE)
		{
			status_problem_name(&problem, MC_HASH_LENGTH, "share_roots", 11);
			problem.number = (int64) spans[i].size;
			problem.limit = HASH_SIZE;
			problem_raise(&problem);
		}
		memcpy(&roots[i], spans[i].data, HASH_SIZE);
	}
	return roots;
}

/* data_shards, file_size, share_roots */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_por_file_root);
Datum
mes_por_file_root(PG_FUNCTION_ARGS)
{
	size_t count;
	McHash *roots = share_roots_argument(fcinfo, 2, &count);
	PorFile file = file_of(PG_GETARG_INT32(0), (int32) count, PG_GETARG_INT64(1));
	McProblem problem;

	problem_check(por_check_file(&file, &problem), &problem);
	por_file_root(&file, roots);
	PG_RETURN_DATUM(answer_bytes(&file.root, HASH_SIZE));
}

typedef struct ShareInMemory
{
	McSpan content;
	McHash *leaves;
} ShareInMemory;

static void
read_leaf(void *self, uint64 index, uint8 out[POR_LEAF_SIZE])
{
	ShareInMemory *share = self;

	memcpy(out, share->content.data + index * POR_LEAF_SIZE, POR_LEAF_SIZE);
}

static void
read_subtree(void *self, uint64 first, uint64 count, McHash *out)
{
	ShareInMemory *share = self;

	merkle_root(share->leaves + first, count, out);
}

static ShareInMemory
share_of_content(McSpan content)
{
	size_t count = content.size / POR_LEAF_SIZE;
	ShareInMemory share = { content,
							palloc_extended(count * sizeof(McHash), MCXT_ALLOC_HUGE) };

	for (size_t i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		por_leaf(content.data + i * POR_LEAF_SIZE, &share.leaves[i]);
	}
	return share;
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_por_share_root);
Datum
mes_por_share_root(PG_FUNCTION_ARGS)
{
	McSpan content = argument_bytes(fcinfo, 0);
	ShareInMemory share;
	McHash root;

	if (content.size == 0 || content.size % POR_LEAF_SIZE != 0)
	{
		McProblem problem;

		status_problem(&problem, MC_SHARE_LENGTH, (int64) content.size, POR_LEAF_SIZE);
		problem_raise(&problem);
	}
	share = share_of_content(content);
	read_subtree(&share, 0, content.size / POR_LEAF_SIZE, &root);
	PG_RETURN_DATUM(answer_bytes(&root, HASH_SIZE));
}

/* data_shards, file_size, share_roots, share, content, seed, count */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_por_prove);
Datum
mes_por_prove(PG_FUNCTION_ARGS)
{
	size_t shares;
	McHash *roots = share_roots_argument(fcinfo, 2, &shares);
	PorFile file = file_of(PG_GETARG_INT32(0), (int32) shares, PG_GETARG_INT64(1));
	PorAudit audit = { &file, (uint32) PG_GETARG_INT32(3), argument_bytes(fcinfo, 5),
					   (uint64) PG_GETARG_INT32(6) };
	McSpan content = argument_bytes(fcinfo, 4);
	PorSource source = { NULL, read_leaf, read_subtree, roots };
	McProblem problem;
	ShareInMemory share;
	uint8 *proof;
	size_t size;

	problem_check(por_check_file(&file, &problem), &problem);
	por_file_root(&file, roots);
	problem_check(por_prove(&audit, &source, &size, NULL, &problem), &problem);
	if (content.size != por_share_size(&file))
		problem_check(status_problem(&problem, MC_SHARE_LENGTH, (int64) content.size,
									 (int64) por_share_size(&file)),
					  &problem);
	share = share_of_content(content);
	source.self = &share;
	proof = palloc(size);
	problem_check(por_prove(&audit, &source, &size, proof, &problem), &problem);
	PG_RETURN_DATUM(answer_bytes(proof, size));
}

/* file_root, data_shards, shares, file_size, share, seed, count, proof */
static McStatus
check_por(FunctionCallInfo fcinfo, McProblem *problem)
{
	PorFile file = file_of(PG_GETARG_INT32(1), PG_GETARG_INT32(2), PG_GETARG_INT64(3));
	PorAudit audit = { &file, (uint32) PG_GETARG_INT32(4), argument_bytes(fcinfo, 5),
					   (uint64) PG_GETARG_INT32(6) };
	McStatus status = argument_hash(fcinfo, 0, "file_root", &file.root, problem);

	if (status == MC_OK)
		status = por_verify(&audit, argument_bytes(fcinfo, 7), problem);
	return status;
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_por_verify);
Datum
mes_por_verify(PG_FUNCTION_ARGS)
{
	McProblem problem;

	PG_RETURN_BOOL(check_por(fcinfo, &problem) == MC_OK);
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_por_status);
Datum
mes_por_status(PG_FUNCTION_ARGS)
{
	McProblem problem;

	PG_RETURN_DATUM(answer_status(check_por(fcinfo, &problem)));
}
