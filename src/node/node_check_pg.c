/*
 * node_check_pg.c - what mes.check_setup() has to know of this machine: files of the state
 * directory, room on the disks, whether another member stands on the same chain. Looks and changes
 * nothing.
 */
#include "postgres.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "ledger/compare_pg.h"
#include "miscadmin.h"
#include "node/desk_pg.h"
#include "node/divergence_pg.h"
#include "node/guc_pg.h"
#include "node/shmem_pg.h"
#include "utils/builtins.h"

/* ---- files -------------------------------------------------------------------------------------
 */

/* name, path, there, owned by the server's user, mode */
static void
put_file(ReturnSetInfo *result, const char *name, const char *path)
{
	struct stat found = { 0 };
	bool there = path != NULL && path[0] != '\0' && stat(path, &found) == 0;
	Datum values[5] = { CStringGetTextDatum(name), CStringGetTextDatum(path == NULL ? "" : path),
						BoolGetDatum(there), BoolGetDatum(there && found.st_uid == geteuid()),
						Int32GetDatum((int32) (found.st_mode & 07777)) };
	bool nulls[5] = { false };

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

static void
put_state_file(ReturnSetInfo *result, const char *name)
{
	put_file(result, name, psprintf("%s/%s", guc_state_directory, name));
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_node_files);
Datum
mes_internal_node_files(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	put_file(result, "state directory", guc_state_directory);
	put_state_file(result, "voting.key");
	put_state_file(result, "identity.key");
	put_state_file(result, "wrapping.key");
	put_file(result, "TLS key", guc_peer_ssl_key_file);
	put_file(result, "TLS certificate", guc_peer_ssl_cert_file);
	put_file(result, "members' certificates", guc_peer_ssl_ca_file);
	return (Datum) 0;
}

/* Free bytes and per cent of what the server's user may still fill. */
static void
put_room(ReturnSetInfo *result, const char *name, const char *path)
{
	struct statvfs found;
	Datum values[3] = { CStringGetTextDatum(name) };
	bool nulls[3] = { false };

	if (statvfs(path, &found) != 0 || found.f_blocks == 0)
		return;
	values[1] = Int64GetDatum((int64) found.f_bavail * (int64) found.f_frsize);
	values[2] = Int32GetDatum((int32) (100 * (uint64_t) found.f_bavail / found.f_blocks));
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_node_room);
Datum
mes_internal_node_room(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	put_room(result, "data directory", DataDir);
	if (guc_state_directory != NULL && guc_state_directory[0] != '\0')
		put_room(result, "state directory", guc_state_directory);
	return (Datum) 0;
}

/* ---- the same chain ----------------------------------------------------------------------------
 */

/* Height of the last common block, and whether it is the same there; null: no answer. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_common_block);
Datum
mes_internal_common_block(PG_FUNCTION_ARGS)
{
	const char *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	uint32_t member = divergence_member(name);
	CompareQuestion question = { .kind = COMPARE_HELLO };
	CompareAnswer *theirs = palloc(sizeof(CompareAnswer));
	CompareAnswer *ours = palloc(sizeof(CompareAnswer));
	Datum values[2] = { 0 };
	bool nulls[2] = { true, true };
	TupleDesc desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	desk_open(member);
	if (desk_ask(member, &question, theirs))
	{
		uint64_t height = Min(divergence_own_height(), theirs->applied);

		nulls[0] = false;
		values[0] = Int64GetDatum((int64) height);
		question = (CompareQuestion){ .kind = COMPARE_ROWS,
									  .relation = ROWSET_BLOCKS,
									  .from = height,
									  .to = height,
									  .as_of = height };
		if (height > 0 && desk_ask(member, &question, theirs))
		{
			SPI_connect();
			(void) compare_answer(&question, 0, ours);
			SPI_finish();
			nulls[1] = false;
			values[1] = BoolGetDatum(ours->count == 1 && theirs->count == 1 &&
									 hash_equal(&ours->list[0].digest, &theirs->list[0].digest));
		}
	}
	desk_close();
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_version);
Datum
mes_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(MESCHAIN_VERSION));
}
