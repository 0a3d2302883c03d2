/*
 * epoch_pg.c - look-ups of anchors and of settings in force; the rules are governance.c's.
 */
#include "ledger/epoch_pg.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "ledger/recovery_pg.h"
#include "pbft/header.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

static McSpan
bytes_of(HeapTuple row, TupleDesc desc, int column)
{
	bool isnull;
	bytea *bytes = DatumGetByteaPP(SPI_getbinval(row, desc, column, &isnull));

	if (isnull)
		elog(ERROR, "column %d of a row of the ledger is missing", column);
	return span_of(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
}

static McHash
hash_of(HeapTuple row, TupleDesc desc, int column)
{
	McSpan bytes = bytes_of(row, desc, column);
	McHash hash;

	if (bytes.size != HASH_SIZE)
		elog(ERROR, "column %d of a row of the ledger is no hash", column);
	memcpy(hash.bytes, bytes.data, HASH_SIZE);
	return hash;
}

/* The epoch that the last anchor below a height opened; the first one when there is none. */
static void
open_by_anchor(uint64_t height, const Genesis *origin, GovernanceEpoch *epoch)
{
	MemoryContext context = CurrentMemoryContext;
	PbftHeader header;
	McProblem problem;
	bool isnull;

	*epoch = (GovernanceEpoch){ .anchor_ms = origin->created_ms };
	/* each leaf has an index of just these */
	if (SPI_execute_with_args(
			"SELECT b.height, b.header, b.hash, b.next_valset_hash "
			"FROM mes_internal.block_rows b "
			"WHERE b.height < $1 AND b.next_valset_hash <> decode(repeat('00', 32), 'hex') "
			"ORDER BY b.height DESC LIMIT 1",
			1, (Oid[]){ INT8OID }, (Datum[]){ Int64GetDatum((int64) height) }, NULL, true,
			1) != SPI_OK_SELECT)
		elog(ERROR, "could not look for the epoch");
	if (SPI_processed == 1)
	{
		HeapTuple row = SPI_tuptable->vals[0];
		TupleDesc desc = SPI_tuptable->tupdesc;

		if (pbft_header_decode(bytes_of(row, desc, 2), &header, &problem) != MC_OK)
			elog(ERROR, "the header of an anchor is damaged");
		epoch->anchor_height = (uint64_t) DatumGetInt64(SPI_getbinval(row, desc, 1, &isnull));
		epoch->anchor_ms = header.ts_ms;
		epoch->number = header.epoch + 1;
		epoch->anchor_hash = hash_of(row, desc, 3);
		epoch->valset_hash = hash_of(row, desc, 4);
	}
	else
	{
		genesis_hash(origin, &epoch->anchor_hash);
		genesis_valset_hash(origin, &epoch->valset_hash);
	}
	epoch->roll_height = epoch->anchor_height;
	SPI_freetuptable(SPI_tuptable);
	MemoryContextSwitchTo(context);
}

void
epoch_of(uint64_t height, const Genesis *origin, GovernanceEpoch *epoch)
{
	RecoveryRow recovery;

	open_by_anchor(height, origin, epoch);
	if (!recovery_below(height, &recovery))
		return;
	epoch->resume_no = recovery.resume_no;
	if (recovery.base.height < epoch->anchor_height)
		return;
	epoch->resumed = true;
	epoch->number = recovery.epoch;
	epoch->anchor_height = recovery.base.height;
	epoch->anchor_ms = recovery.base.ts_ms;
	epoch->anchor_hash = recovery.base_hash;
	epoch->valset_hash = recovery.document_hash;
	epoch->roll_height = recovery.roll_height;
}

void
epoch_older(const GovernanceEpoch *epoch, const Genesis *origin, uint32_t back, uint64_t *height,
			uint64_t *ts_ms)
{
	MemoryContext context = CurrentMemoryContext;
	PbftHeader header;
	McProblem problem;
	bool isnull;

	*height = 0;
	*ts_ms = epoch->number == back ? origin->created_ms : 0;
	if (epoch->number <= back)
		return;
	if (SPI_execute_with_args(
			"SELECT b.height, b.header FROM mes_internal.block_rows b "
			"WHERE b.height <= $1 AND b.next_valset_hash <> decode(repeat('00', 32), 'hex') "
			"ORDER BY b.height DESC OFFSET $2 LIMIT 1",
			2, (Oid[]){ INT8OID, INT4OID },
			(Datum[]){ Int64GetDatum((int64) epoch->roll_height), Int32GetDatum((int32) back) },
			NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look for an earlier epoch");
	if (SPI_processed == 0)
	{
		*ts_ms = origin->created_ms; /* recoveries began some of them: there are fewer anchors */
		return;
	}
	if (pbft_header_decode(bytes_of(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2), &header,
						   &problem) != MC_OK)
		elog(ERROR, "an earlier epoch's anchor is damaged");
	*height = (uint64_t) DatumGetInt64(
		SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	*ts_ms = header.ts_ms;
	SPI_freetuptable(SPI_tuptable);
	MemoryContextSwitchTo(context);
}

void
epoch_instance(const GovernanceEpoch *epoch, uint8_t instance[PBFT_INSTANCE_SIZE])
{
	pbft_instance(epoch->number, epoch->resume_no, &epoch->anchor_hash, &epoch->valset_hash,
				  instance);
}

/* ---- the roll ----------------------------------------------------------------------------------
 */

/* Rows as they stood after the block at *context. */
static bool
row_at(void *context, TxTable table, McSpan key, McSpan *value)
{
	MemoryContext caller = CurrentMemoryContext;
	bytea *named = palloc(VARHDRSZ + key.size);
	bool found;

	SET_VARSIZE(named, VARHDRSZ + key.size);
	memcpy(VARDATA(named), key.data, key.size);
	if (SPI_execute_with_args("SELECT value FROM mes_internal.state_rows WHERE table_number = $1 "
							  "AND key = $2 AND height <= $3 ORDER BY height DESC LIMIT 1",
							  3, (Oid[]){ INT2OID, BYTEAOID, INT8OID },
							  (Datum[]){ Int16GetDatum((int16) table), PointerGetDatum(named),
										 Int64GetDatum(*(const int64 *) context) },
							  NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look up a state row");
	MemoryContextSwitchTo(caller);
	found = SPI_processed == 1;
	if (found)
	{
		McSpan bytes = bytes_of(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);

		*value = span_of(memcpy(palloc(bytes.size), bytes.data, bytes.size), bytes.size);
	}
	SPI_freetuptable(SPI_tuptable);
	pfree(named);
	return found;
}

bool
epoch_seats(const GovernanceEpoch *epoch, const Genesis *origin, Genesis *document,
			EpochSeats *seats)
{
	int64 height = (int64) epoch->roll_height;
	GovernanceState state = { .context = &height, .get_row = row_at, .genesis = origin };
	GovernanceValset valset;
	GovernanceMember member;
	McHash hash;

	governance_valset(&state, &valset);
	governance_valset_hash(&valset, &hash);
	for (uint32_t i = 0; i < valset.count; i++)
	{
		(void) governance_member(&state, valset.seats[i].number, &member);
		if (epoch->resumed)
			recovery_seat(epoch, valset.seats[i].number, &member);
		document->members[i] = member.member;
		seats->numbers[i] = valset.seats[i].number;
		seats->incarnations[i] = member.incarnation;
	}
	document->member_count = valset.count;
	/* a recovery's document names the fresh keys itself */
	return epoch->resumed || hash_equal(&hash, &epoch->valset_hash);
}

static bool
seated(const EpochSeats *seats, uint32_t count, uint32_t number)
{
	for (uint32_t i = 0; i < count; i++)
		if (seats->numbers[i] == number)
			return true;
	return false;
}

uint32_t
epoch_guests(const Genesis *origin, Genesis *document, EpochSeats *seats)
{
	int64 height = PG_INT64_MAX;
	GovernanceState state = { .context = &height, .get_row = row_at, .genesis = origin };
	uint32_t numbers = governance_number_count(&state);
	uint32_t count = document->member_count;
	GovernanceMember member;

	/* where a member is reached is no rule of the epoch */
	for (uint32_t i = 0; i < document->member_count; i++)
		if (governance_member(&state, seats->numbers[i], &member))
		{
			memcpy(document->members[i].host, member.member.host, sizeof(member.member.host));
			document->members[i].port = member.member.port;
		}
	for (uint32_t number = 0; number < numbers && count < GENESIS_MEMBERS_MAX; number++)
	{
		if (seated(seats, document->member_count, number) ||
			!governance_member(&state, number, &member) || member.standing == MEMBER_REMOVED)
			continue;
		document->members[count] = member.member;
		seats->numbers[count] = number;
		seats->incarnations[count] = member.incarnation;
		count++;
	}
	return count;
}

bool
epoch_member(const Genesis *origin, uint32_t number, GovernanceMember *member)
{
	int64 height = PG_INT64_MAX;
	GovernanceState state = { .context = &height, .get_row = row_at, .genesis = origin };

	return governance_member(&state, number, member);
}

uint32_t
epoch_number_count(const Genesis *origin)
{
	int64 height = PG_INT64_MAX;
	GovernanceState state = { .context = &height, .get_row = row_at, .genesis = origin };

	return governance_number_count(&state);
}

bool
epoch_find_member(const Genesis *origin, const char *name, uint32_t *number,
				  GovernanceMember *member)
{
	int64 height = PG_INT64_MAX;
	GovernanceState state = { .context = &height, .get_row = row_at, .genesis = origin };
	uint32_t count = governance_number_count(&state);

	for (*number = 0; *number < count; (*number)++)
		if (governance_member(&state, *number, member) && member->standing != MEMBER_REMOVED &&
			strcmp(member->member.name, name) == 0)
			return true;
	return false;
}

bool
epoch_parameters(uint64_t roll_height, Genesis *document)
{
	MemoryContext context = CurrentMemoryContext;
	bool changed = false;

	if (SPI_execute_with_args("SELECT DISTINCT ON (key) key, value FROM mes_internal.state_rows "
							  "WHERE table_number = $1 AND height <= $2 ORDER BY key, height DESC",
							  2, (Oid[]){ INT2OID, INT8OID },
							  (Datum[]){ Int16GetDatum((int16) TX_TABLE_SETTINGS),
										 Int64GetDatum((int64) roll_height) },
							  NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the settings");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		McSpan key = bytes_of(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);
		McSpan value = bytes_of(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 2);
		ParameterId id = parameter_by_name((const char *) key.data + 1, key.size - 1);
		WireReader reader;
		int64_t number;

		wire_reader_init(&reader, value);
		if (key.data[0] != SETTING_PARAMETER || id == PARAMETER_COUNT ||
			!wire_read_int(&reader, &number))
			continue;
		changed = changed || document->parameters[id] != number;
		document->parameters[id] = number;
	}
	SPI_freetuptable(SPI_tuptable);
	MemoryContextSwitchTo(context);
	return changed;
}

void
epoch_next_valset(LedgerBlock *block, const Genesis *genesis, McHash *hash)
{
	GovernanceState state = { .context = block,
							  .get_row = ledger_block_get_row,
							  .genesis = genesis };
	GovernanceValset valset;

	governance_valset(&state, &valset);
	governance_valset_hash(&valset, hash);
}

void
epoch_open(uint64_t height, const Genesis *origin, Genesis *document, TxRules *rules,
		   GovernanceEpoch *epoch)
{
	epoch_of(height, origin, epoch);
	*document = *origin;
	(void) epoch_parameters(epoch->roll_height, document);
	governance_rules(document, rules);
}

bool
epoch_named(const McHash *next_valset)
{
	return !hash_equal(next_valset, &(McHash){ { 0 } });
}

void
epoch_close(LedgerBlock *block, const PbftHeader *header, uint64_t parent_ms, const Genesis *origin,
			const Genesis *in_force, const GovernanceEpoch *epoch, McHash *next_valset)
{
	bool flagged = (header->flags & PBFT_FLAG_END_EPOCH) != 0;

	memset(next_valset, 0, sizeof(*next_valset));
	if (governance_epoch_ends(in_force, epoch, header->height, parent_ms, flagged))
		epoch_next_valset(block, origin, next_valset);
}
