/*
 * seal_pg.c - SQL face of sealed sectors and of the published plots.
 */
#include "postgres.h"

#include "fmgr.h"

#include "node/errors_pg.h"
#include "storage/argument_pg.h"
#include "storage/poc2.h"
#include "storage/seal.h"
#include "storage/shabal.h"

/* chain_id, node_key, sector_no, lg_n */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_seal_sector_id);
Datum
mes_seal_sector_id(PG_FUNCTION_ARGS)
{
	uint64 number = argument_count(PG_GETARG_INT64(2), "sector_no");
	McProblem problem;
	McHash id;

	problem_check(seal_sector_id(argument_bytes(fcinfo, 0), argument_bytes(fcinfo, 1), number,
								 PG_GETARG_INT32(3), &id, &problem),
				  &problem);
	PG_RETURN_DATUM(answer_bytes(&id, sizeof(id)));
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_seal_challenge);
Datum
mes_seal_challenge(PG_FUNCTION_ARGS)
{
	uint64 indexes[PROOF_INDEXES_MAX];
	uint64 count = (uint64) PG_GETARG_INT32(2);
	McProblem problem;

	problem_check(seal_challenge(argument_bytes(fcinfo, 0), (uint64) PG_GETARG_INT64(1), count,
								 indexes, &problem),
				  &problem);
	PG_RETURN_DATUM(answer_bigint_array(indexes, count));
}

/* The parents of a position; those it has not are left out. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_seal_parents);
Datum
mes_seal_parents(PG_FUNCTION_ARGS)
{
	int32 lg_n = PG_GETARG_INT32(0);
	uint64 index = (uint64) PG_GETARG_INT64(1);
	uint64 parents[SEAL_PARENTS];
	McProblem problem;
	SealGraph graph;
	int missing;

	problem_check(seal_check_size(lg_n, &problem), &problem);
	if (index >> lg_n != 0)
		problem_check(status_problem(&problem, MC_INDEX_OUT_OF_RANGE, (int64) index,
									 INT64CONST(1) << lg_n),
					  &problem);
	seal_graph_init(&graph, (uint32) lg_n);
	seal_parents(&graph, index, parents);
	missing = index == 0 ? SEAL_PARENTS - SEAL_EXPANDERS : 0;
	PG_RETURN_DATUM(answer_bigint_array(parents + missing, SEAL_PARENTS - missing));
}

/* root_r, lg_n, indexes, proof */
static McStatus
check_seal(FunctionCallInfo fcinfo, McProblem *problem)
{
	size_t count;
	uint64 *indexes = argument_bigint_array(fcinfo, 2, &count);
	McHash root;
	McStatus status = argument_hash(fcinfo, 0, "root_r", &root, problem);

	if (status == MC_OK)
		status = seal_verify(&root, PG_GETARG_INT32(1), indexes, count,
							 argument_bytes(fcinfo, 3), problem);
	return status;
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_seal_verify);
Datum
mes_seal_verify(PG_FUNCTION_ARGS)
{
	McProblem problem;

	PG_RETURN_BOOL(check_seal(fcinfo, &problem) == MC_OK);
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_seal_status);
Datum
mes_seal_status(PG_FUNCTION_ARGS)
{
	McProblem problem;

	PG_RETURN_DATUM(answer_status(check_seal(fcinfo, &problem)));
}

/* sector_id, root_c, root_r, lg_n, index, proof, data_root (empty: a capacity sector) */
static McStatus
check_seal_column(FunctionCallInfo fcinfo, McProblem *problem)
{
	SealSector sector = { .lg_n = PG_GETARG_INT32(3) };
	McHash data_root;
	McStatus status = argument_hash(fcinfo, 0, "sector_id", &sector.sector_id, problem);

	if (status == MC_OK)
		status = argument_hash(fcinfo, 1, "root_c", &sector.root_c, problem);
	if (status == MC_OK)
		status = argument_hash(fcinfo, 2, "root_r", &sector.root_r, problem);
	if (status == MC_OK && argument_bytes(fcinfo, 6).size > 0)
	{
		status = argument_hash(fcinfo, 6, "data_root", &data_root, problem);
		sector.data_root = &data_root;
	}
	if (status == MC_OK)
		status = seal_verify_column(&sector, (uint64) PG_GETARG_INT64(4),
									argument_bytes(fcinfo, 5), problem);
	return status;
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_seal_verify_column);
Datum
mes_seal_verify_column(PG_FUNCTION_ARGS)
{
	McProblem problem;

	PG_RETURN_BOOL(check_seal_column(fcinfo, &problem) == MC_OK);
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_seal_column_status);
Datum
mes_seal_column_status(PG_FUNCTION_ARGS)
{
	McProblem problem;

	PG_RETURN_DATUM(answer_status(check_seal_column(fcinfo, &problem)));
}

/* ---- published plots ---- */

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_shabal256);
Datum
mes_shabal256(PG_FUNCTION_ARGS)
{
	McSpan bytes = argument_bytes(fcinfo, 0);
	McHash hash;

	shabal256(&hash, &bytes, 1);
	PG_RETURN_DATUM(answer_bytes(&hash, sizeof(hash)));
}

static McHash
signature_argument(FunctionCallInfo fcinfo, int number)
{
	McProblem problem;
	McHash signature;

	problem_check(argument_hash(fcinfo, number, "gensig", &signature, &problem), &problem);
	return signature;
}

/* gensig, height */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_poc2_scoop);
Datum
mes_poc2_scoop(PG_FUNCTION_ARGS)
{
	McHash signature = signature_argument(fcinfo, 0);
	uint64 height = argument_count(PG_GETARG_INT64(1), "height");

	PG_RETURN_INT32((int32) poc2_scoop(&signature, height));
}

/* gensig, account */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_poc2_next_gensig);
Datum
mes_poc2_next_gensig(PG_FUNCTION_ARGS)
{
	McHash signature = signature_argument(fcinfo, 0);
	McHash next;

	poc2_next_signature(&signature, argument_uint64(fcinfo, 1, "account"), &next);
	PG_RETURN_DATUM(answer_bytes(&next, sizeof(next)));
}

/* account, nonce, gensig, scoop */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_poc2_hit);
Datum
mes_poc2_hit(PG_FUNCTION_ARGS)
{
	uint64 account = argument_uint64(fcinfo, 0, "account");
	uint64 number = argument_uint64(fcinfo, 1, "nonce");
	McHash signature = signature_argument(fcinfo, 2);
	int32 scoop = PG_GETARG_INT32(3);
	Poc2Nonce *nonce;
	McProblem problem;

	if (scoop < 0 || scoop >= POC2_SCOOPS)
		problem_check(status_problem(&problem, MC_SCOOP_OUT_OF_RANGE, scoop, POC2_SCOOPS),
					  &problem);
	nonce = palloc(sizeof(*nonce));
	poc2_plot(account, number, nonce);
	PG_RETURN_DATUM(answer_wide(poc2_hit(&signature, nonce->bytes + scoop * POC2_SCOOP_SIZE)));
}

/* scoop_data, gensig */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_poc2_hit_of_scoop);
Datum
mes_poc2_hit_of_scoop(PG_FUNCTION_ARGS)
{
	McSpan scoop = argument_bytes(fcinfo, 0);
	McHash signature = signature_argument(fcinfo, 1);
	McProblem problem;

	if (scoop.size != POC2_SCOOP_SIZE)
	{
		status_problem_name(&problem, MC_HASH_LENGTH, "scoop_data", 10);
		problem.number = (int64) scoop.size;
		problem.limit = POC2_SCOOP_SIZE;
		problem_raise(&problem);
	}
	PG_RETURN_DATUM(answer_wide(poc2_hit(&signature, scoop.data)));
}

/* hit, base_target */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_poc2_deadline);
Datum
mes_poc2_deadline(PG_FUNCTION_ARGS)
{
	McProblem problem;
	uint64 seconds;

	problem_check(poc2_deadline(argument_uint64(fcinfo, 0, "hit"),
								argument_uint64(fcinfo, 1, "base_target"), &seconds, &problem),
				  &problem);
	PG_RETURN_DATUM(answer_wide(seconds));
}
