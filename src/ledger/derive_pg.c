/*
 * derive_pg.c - see derive_pg.h. Executes a stored block as mes.verify does and writes it as apply
 * does, into memory. What is stored is believed only where signatures of a quorum lead to it: the
 * header by its commit certificate, the transactions by the header, the result by the result
 * certificate.
 */
#include "ledger/derive_pg.h"

#include "catalog/pg_type.h"
#include "ledger/bulk_pg.h"
#include "ledger/epoch_pg.h"
#include "ledger/tables_pg.h"
#include "ledger/verify_item_pg.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* ---- numbers of addresses and assets as they were --------------------------------------------
 */

typedef struct AddressNumber
{
	McAddress address;
	int64 id;
} AddressNumber;

typedef struct AssetNumber
{
	TxAsset asset;
	int32 id;
} AssetNumber;

static struct
{
	uint64_t height;
	HTAB *addresses;
	HTAB *assets;
	int64 last_address;
	int32 last_asset;
} numbering;

static int64
query_number(const char *query, Oid type, Datum argument, bool *found)
{
	bool isnull = true;
	int64 number = 0;

	if (SPI_execute_with_args(query, 1, &type, &argument, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not run \"%s\"", query);
	if (SPI_processed == 1)
		number =
			DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	SPI_freetuptable(SPI_tuptable);
	*found = !isnull;
	return number;
}

static Datum
address_datum(const McAddress *address)
{
	bytea *bytes = palloc(VARHDRSZ + HASH_SIZE);

	SET_VARSIZE(bytes, VARHDRSZ + HASH_SIZE);
	memcpy(VARDATA(bytes), address->bytes, HASH_SIZE);
	return PointerGetDatum(bytes);
}

static int64
number_address(const McAddress *address, bool *is_new)
{
	bool found;
	AddressNumber *entry = hash_search(numbering.addresses, address, HASH_ENTER, &found);

	*is_new = false;
	if (found)
		return entry->id;
	entry->id = query_number(psprintf("SELECT address_id FROM mes_internal.address_rows "
									  "WHERE address = $1 AND first_height < " UINT64_FORMAT,
									  numbering.height),
							 BYTEAOID, address_datum(address), &found);
	*is_new = !found;
	if (!found)
		entry->id = ++numbering.last_address;
	return entry->id;
}

static int32
number_asset(const TxAsset *asset, bool *is_new)
{
	TxAsset key = { 0 };
	AssetNumber *entry;
	bool found;

	strlcpy(key.code, asset->code, sizeof(key.code));
	entry = hash_search(numbering.assets, &key, HASH_ENTER, &found);
	*is_new = false;
	if (found)
		return entry->id;
	entry->id =
		(int32) query_number(psprintf("SELECT asset_id::bigint FROM mes_internal.asset_rows "
									  "WHERE code = $1 AND tx_id < " UINT64_FORMAT,
									  OUTPUT_ID(numbering.height, 0)),
							 TEXTOID, CStringGetTextDatum(key.code), &found);
	*is_new = !found;
	if (!found)
		entry->id = ++numbering.last_asset;
	return entry->id;
}

static HTAB *
number_table(const char *name, Size key_size, Size entry_size)
{
	HASHCTL control = { .keysize = key_size,
						.entrysize = entry_size,
						.hcxt = CurrentMemoryContext };

	return hash_create(name, 256, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

static void
begin_numbering(uint64_t height)
{
	bool found;

	numbering.height = height;
	numbering.addresses =
		number_table("meschain addresses", sizeof(McAddress), sizeof(AddressNumber));
	numbering.assets = number_table("meschain assets", sizeof(TxAsset), sizeof(AssetNumber));
	numbering.last_address = query_number("SELECT max(address_id) FROM mes_internal.address_rows "
										  "WHERE first_height < $1",
										  INT8OID, Int64GetDatum((int64) height), &found);
	numbering.last_asset = (int32) query_number(
		"SELECT max(asset_id)::bigint FROM mes_internal.asset_rows WHERE tx_id < $1 << 20", INT8OID,
		Int64GetDatum((int64) height), &found);
}

/* ---- rows --------------------------------------------------------------------------------------
 */

static RowsetRelation
relation_of_leaf(const char *table)
{
	int relation = 0;

	for (; relation < ROWSET_COUNT; relation++)
	{
		size_t size = strlen(rowsets[relation].name);

		if (strncmp(table, rowsets[relation].name, size) == 0 &&
			(table[size] == '\0' || table[size] == '_'))
			break;
	}
	return (RowsetRelation) relation;
}

static void
take_row(void *context, const char *table, const Datum *values, const bool *nulls)
{
	Derived *derived = context;
	RowsetRelation relation = relation_of_leaf(table);
	DerivedRows *rows;
	DerivedRow *row;

	if (relation == ROWSET_COUNT)
		elog(ERROR, "a block wrote to table %s", table);
	rows = &derived->relations[relation];
	if (rows->count == rows->capacity)
	{
		rows->capacity = Max(16, rows->capacity * 2);
		rows->rows = rows->rows == NULL
						 ? palloc(rows->capacity * sizeof(DerivedRow))
						 : repalloc_huge(rows->rows, rows->capacity * sizeof(DerivedRow));
	}
	row = &rows->rows[rows->count++];
	memset(row, 0, sizeof(*row));
	memcpy(row->values, values, sizeof(Datum) * rowset_columns(relation));
	memcpy(row->nulls, nulls, sizeof(bool) * rowset_columns(relation));
}

/* Key and place as the relation itself would have them, and the digest. */
static void
complete_row(RowsetRelation relation, DerivedRow *row, SPIPlanPtr plan)
{
	MemoryContext context = CurrentMemoryContext;
	char nulls[ROWSET_COLUMNS_MAX];
	bool isnull;
	char *key;

	for (int i = 0; i < rowset_columns(relation); i++)
		nulls[i] = row->nulls[i] ? 'n' : ' ';
	if (SPI_execute_plan(plan, row->values, nulls, true, 1) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not name a row of %s", rowsets[relation].name);
	row->place = (uint64_t) DatumGetInt64(
		SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	key = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2);
	row->key = MemoryContextStrdup(context, key);
	SPI_freetuptable(SPI_tuptable);
	MemoryContextSwitchTo(context);
	row->digest =
		rowset_digest(rowset_encode(relation, rowsets[relation].hashed, row->values, row->nulls));
}

static void
complete_rows(Derived *derived, RowsetRelation relation)
{
	const Rowset *set = &rowsets[relation];
	DerivedRows *rows = &derived->relations[relation];
	StringInfoData query;
	SPIPlanPtr plan;

	if (rows->count == 0)
		return;
	initStringInfo(&query);
	appendStringInfo(&query, "SELECT (%s)::bigint, (%s)::text FROM (VALUES (", set->place,
					 set->key);
	for (int i = 0; i < rowset_columns(relation); i++)
		appendStringInfo(&query, "%s$%d", i > 0 ? ", " : "", i + 1);
	appendStringInfo(&query, ")) AS r (%s)", set->columns);
	plan = SPI_prepare(query.data, rowset_columns(relation),
					   unconstify(Oid *, rowset_types(relation)));
	if (plan == NULL)
		elog(ERROR, "could not prepare \"%s\"", query.data);
	for (uint32_t i = 0; i < rows->count; i++)
		complete_row(relation, &rows->rows[i], plan);
	SPI_freeplan(plan);
}

/* ---- one block ---------------------------------------------------------------------------------
 */

/* Columns that say what the header says are the header's: only the header is believed. */
static void
trust_header(BlockRow *block)
{
	McProblem problem;

	if (pbft_header_decode(block->header_bytes, &block->header, &problem) != MC_OK)
		return;
	block->damaged = false;
	block->hash = block->header_hash;
	block->block_time = tables_timestamp(block->header.ts_ms);
	block->tx_count = (int32) block->header.tx_count;
}

static bool
body_is_signed(const Verifier *verifier, const BlockRow *block)
{
	const TxRow *txs = verifier->rows.txs + block->first_tx;
	MerkleBuilder tree;
	McHash root;

	merkle_builder_init(&tree);
	for (uint32_t i = 0; i < block->tx_rows; i++)
	{
		McHash leaf;

		ledger_tx_leaf(&txs[i].view.txid, &txs[i].view.body_id, &leaf);
		merkle_builder_add(&tree, &leaf);
	}
	merkle_builder_root(&tree, &root);
	return hash_equal(&root, &block->header.tx_root);
}

static const char *
certificate_problem(const Verifier *verifier)
{
	for (uint32_t i = 0; i < verifier->findings->count; i++)
		if (verifier->findings->problems[i].object == VERIFY_CERTIFICATE)
			return pstrdup(verifier->findings->problems[i].problem);
	return NULL;
}

/* What execution and the stored remainder make of the block's row. */
static void
fill_record(Verifier *verifier, const BlockRow *block, BlockRecord *record)
{
	const BlockRow *parent = &verifier->rows.parent;
	const McHash *parent_root = &verifier->genesis_hash;
	uint64_t parent_ms = verifier->genesis.created_ms;

	if (block->height > 1)
	{
		parent_root = &parent->state_root;
		parent_ms = parent->header.ts_ms;
	}
	*record = (BlockRecord){ .height = block->height,
							 .block_time_ms = block->header.ts_ms,
							 .hash = block->hash,
							 .header = block->header_bytes,
							 .commit_certificate = block->commit_certificate,
							 .result_certificate = block->result_certificate };
	ledger_block_roots(verifier->block, &record->roots);
	record->roots.state_digest = block->roots.state_digest;
	verify_enter_epoch(verifier, block->height);
	if (block->header.proposer < verifier->in_force.member_count)
		record->proposer = verifier->seats.numbers[block->header.proposer];
	epoch_close(verifier->block, &block->header, parent_ms, &verifier->genesis, &verifier->in_force,
				&verifier->epoch, &record->next_valset_hash);
	ledger_exec_root(parent_root, record->height, &record->hash, &record->roots,
					 &record->next_valset_hash, &record->exec_root);
}

/* Does a quorum's signature lead to header, transactions and result? The reason when not. */
static const char *
find_problem(Verifier *verifier, const BlockRow *block, BlockRecord *record)
{
	static const McHash none;
	const VerifyBlock *result = &verifier->round->blocks[0];
	const McHash *parent_hash =
		block->height == 1 ? &verifier->genesis_hash : &verifier->rows.parent.hash;
	const char *problem = certificate_problem(verifier);

	if (problem != NULL)
		return problem;
	if (!hash_equal(&block->header.parent_hash, parent_hash))
		return "its header does not follow the block before";
	if (!result->executed)
		return "its transactions are not whole";
	if (!block->archived && !body_is_signed(verifier, block))
		return "its transactions are not those of the header";
	fill_record(verifier, block, record);
	if (!hash_equal(&record->exec_root, hash_equal(&result->certified_root, &none)
											? &block->state_root
											: &result->certified_root))
		return "execution does not lead to the certified result";
	return NULL;
}

static void
write_rows(const Verifier *verifier, const BlockRecord *record, Derived *derived)
{
	static const TableNumbers numbers = { number_address, number_asset };

	begin_numbering(record->height);
	PG_TRY();
	{
		tables_use_numbers(&numbers);
		bulk_divert(take_row, derived);
		if (!tables_ready(record->height))
			elog(ERROR, "no leaf holds height " UINT64_FORMAT, record->height);
		tables_write_effects(verifier->block, record->height, record->block_time_ms);
		tables_write_block(verifier->block, record);
	}
	PG_FINALLY();
	{
		bulk_divert(NULL, NULL);
		tables_use_numbers(NULL);
	}
	PG_END_TRY();
	/* without witnesses there is nothing to write them from */
	if (verifier->rows.blocks[0].archived)
		derived->relations[ROWSET_WITNESSES].count = 0;
	for (int relation = 0; relation < ROWSET_COUNT; relation++)
		complete_rows(derived, (RowsetRelation) relation);
}

static void
load_block(Verifier *verifier, uint64_t height)
{
	VerifyItem item = { height, height };
	BlockRow *block;

	verify_load_item(verifier, &item);
	block = &verifier->rows.blocks[0];
	trust_header(block);
	if (!block->present || block->damaged ||
		(height > 1 && (!verifier->rows.parent.present || verifier->rows.parent.damaged)))
		return;
	verify_read_transactions(verifier);
	verify_find_sources(verifier);
	verify_find_submissions(verifier);
	verify_find_addresses(verifier);
	verify_check_block(verifier, block, &verifier->rows.parent);
}

Derived *
derive_block(uint64_t height)
{
	VerifyRound *round = MemoryContextAllocExtended(
		CurrentMemoryContext, offsetof(VerifyRound, findings) + sizeof(VerifyFindings),
		MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	Derived *derived = palloc0(sizeof(Derived));
	Verifier *verifier;
	const BlockRow *block;
	BlockRecord record;

	derived->height = height;
	round->from_height = round->to_height = height;
	round->sample_ppm = PPM;
	verifier = verifier_create(round);
	verifier->findings = &round->findings[0];
	verifier->item_context = CurrentMemoryContext;
	load_block(verifier, height);
	block = &verifier->rows.blocks[0];
	if (!block->present)
		derived->problem = "it is missing";
	else if (block->damaged)
		derived->problem = "its header is damaged";
	else if (height > 1 && (!verifier->rows.parent.present || verifier->rows.parent.damaged))
		derived->problem = "the block before it is missing or damaged";
	else
		derived->problem = find_problem(verifier, block, &record);
	if (derived->problem == NULL)
		write_rows(verifier, &record, derived);
	return derived;
}

/* ---- whose fault -------------------------------------------------------------------------------
 */

static const DerivedRow *
find_row(const DerivedRows *rows, const char *key)
{
	for (uint32_t i = 0; i < rows->count; i++)
		if (strcmp(rows->rows[i].key, key) == 0)
			return &rows->rows[i];
	return NULL;
}

static bool
right(const DerivedRow *derived, const McHash *stored)
{
	if (derived == NULL || stored == NULL)
		return derived == NULL && stored == NULL;
	return hash_equal(&derived->digest, stored);
}

const char *
derive_fault(RowsetRelation relation, uint64_t height, const char *key, const McHash *ours,
			 const McHash *theirs)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "meschain derive", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	const Derived *derived = derive_block(height);
	const DerivedRow *row =
		derived->problem != NULL ? NULL : find_row(&derived->relations[relation], key);
	const char *fault = NULL;

	if (derived->problem == NULL)
		fault = right(row, ours) ? "there" : right(row, theirs) ? "here" : "both";
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	return fault;
}
