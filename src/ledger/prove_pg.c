/*
 * prove_pg.c - mes.prove_transaction: gathers from stored rows what proof.h needs. It trusts no
 * row: what does not hash to its header is an error, not a proof.
 */
#include "ledger/recovery_pg.h"
#include "ledger/verify_item_pg.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "node/errors_pg.h"
#include "tx/receipt.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* The block of the transaction, with every envelope read and its place in it. */
typedef struct Found
{
	Verifier *verifier;
	const BlockRow *block;
	const TxRow *tx;
	uint32_t position;
} Found;

static void
damaged(uint64_t height)
{
	ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
					errmsg("the rows of block " UINT64_FORMAT " do not prove anything", height),
					errhint("Run mes.verify() to find the rows at fault.")));
}

static int64
find_tx_id(bytea *txid)
{
	Datum value = PointerGetDatum(txid);
	bool isnull;

	if (VARSIZE_ANY_EXHDR(txid) != HASH_SIZE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a txid has %d bytes, not %d", HASH_SIZE, (int) VARSIZE_ANY_EXHDR(txid))));
	/* of the same transaction included twice, the first had the effect */
	if (SPI_execute_with_args("SELECT tx_id FROM mes_internal.transaction_rows "
							  "WHERE txid = $1 ORDER BY tx_id LIMIT 1",
							  1, (Oid[]){ BYTEAOID }, &value, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look up a transaction");
	if (SPI_processed == 0)
		ereport(ERROR, (errcode(ERRCODE_NO_DATA_FOUND),
						errmsg("transaction %s is not in a block",
							   verify_hex((const McHash *) VARDATA_ANY(txid)))));
	return DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
}

static void
load_found(int64 tx_id, Found *found)
{
	uint64_t height = OUTPUT_ID_HEIGHT(tx_id);
	VerifyRound *round = palloc0(offsetof(VerifyRound, findings) + sizeof(VerifyFindings));
	VerifyItem item = { height, height };

	found->verifier = verifier_create(round);
	found->verifier->findings = &round->findings[0];
	verify_load_item(found->verifier, &item);
	verify_read_transactions(found->verifier);
	found->block = &found->verifier->rows.blocks[0];
	found->position = (uint32_t) (tx_id & ((1 << OUTPUT_ID_SHIFT) - 1));
	if (found->block->archived)
		ereport(ERROR, (errcode(ERRCODE_NO_DATA_FOUND),
						errmsg("the witnesses of block " UINT64_FORMAT " are archived", height),
						errhint("Attach them again, or ask another member for the proof.")));
	if (round->findings[0].count > 0 || !found->block->present || found->block->damaged ||
		found->block->tx_rows != found->block->header.tx_count ||
		found->position >= found->block->tx_rows)
		damaged(height);
	found->tx = &found->verifier->rows.txs[found->position];
}

static McSpan
receipt_of(const TxRow *tx)
{
	uint8_t *bytes;
	WireWriter writer;
	McProblem problem;

	if (tx->has_receipt)
		return tx->receipt;
	bytes = palloc(RECEIPT_BYTES_MAX);
	wire_writer_init(&writer, bytes, RECEIPT_BYTES_MAX);
	status_problem(&problem, MC_OK, 0, 0);
	receipt_write(&writer, &tx->txid, &problem);
	return wire_written(&writer);
}

static void
fill_paths(const Found *found, ProofPath *tx_path, ProofPath *receipt_path)
{
	uint32_t count = found->block->tx_rows;
	McHash *tx_leaves = palloc(count * sizeof(McHash));
	McHash *receipt_leaves = palloc(count * sizeof(McHash));

	for (uint32_t i = 0; i < count; i++)
	{
		const TxRow *tx = &found->verifier->rows.txs[i];

		ledger_tx_leaf(&tx->view.txid, &tx->view.body_id, &tx_leaves[i]);
		receipt_leaf(receipt_of(tx), &receipt_leaves[i]);
	}
	*tx_path = *receipt_path = (ProofPath){ .size = count, .index = found->position };
	tx_path->count = (uint32_t) merkle_path(tx_leaves, count, found->position, tx_path->hashes);
	receipt_path->count =
		(uint32_t) merkle_path(receipt_leaves, count, found->position, receipt_path->hashes);
}

static ProofEffect
effect_of(const BlockRow *block)
{
	return (ProofEffect){ .receipts_root = block->roots.receipts_root,
						  .writeset_root = block->roots.writeset_root,
						  .state_digest = block->roots.state_digest,
						  .next_valset = block->next_valset_hash };
}

/* The first block from this one on whose result certificate is kept (A15). */
static uint64_t
certified_height(uint64_t height)
{
	Datum value = Int64GetDatum((int64) height);
	MemoryContext context = CurrentMemoryContext;
	uint64_t found;
	bool isnull;

	if (SPI_execute_with_args("SELECT height FROM mes_internal.block_rows WHERE height >= $1 "
							  "AND pg_catalog.octet_length(result_certificate) > 0 "
							  "ORDER BY height LIMIT 1",
							  1, (Oid[]){ INT8OID }, &value, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look for a certificate");
	MemoryContextSwitchTo(context);
	if (SPI_processed == 0)
		ereport(ERROR, (errcode(ERRCODE_NO_DATA_FOUND),
						errmsg("no certificate proves the result of block " UINT64_FORMAT " yet",
							   height)));
	found = (uint64_t) DatumGetInt64(
		SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	if (found - height > PROOF_LATER_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("block " UINT64_FORMAT " is more than %u blocks before the next "
							   "certificate",
							   height, PROOF_LATER_MAX)));
	return found;
}

/* The hashes of the blocks after this one, up to the one that is certified or trusted. */
static McHash *
later_hashes(uint64_t height, uint64_t last, McSpan *certificate)
{
	McHash *hashes =
		MemoryContextAllocHuge(CurrentMemoryContext, (last - height + 1) * sizeof(McHash));

	for (uint64_t next = height + 1; next <= last; next++)
	{
		BlockRow block;
		ProofEffect effect;

		CHECK_FOR_INTERRUPTS();
		if (!verify_load_block(next, &block))
			damaged(next);
		effect = effect_of(&block);
		proof_inner_hash(next, &block.hash, &effect, &hashes[next - height - 1]);
		if (next == last && certificate != NULL)
			*certificate = block.result_certificate;
	}
	return hashes;
}

/* The headers from the block after this one to the trusted one. */
static McSpan
headers_to(uint64_t height, uint64_t last)
{
	uint8_t *headers =
		MemoryContextAllocHuge(CurrentMemoryContext, (last - height) * PBFT_HEADER_SIZE + 1);

	for (uint64_t next = height + 1; next <= last; next++)
	{
		BlockRow block;

		CHECK_FOR_INTERRUPTS();
		if (!verify_load_block(next, &block) || block.damaged)
			damaged(next);
		memcpy(headers + (next - height - 1) * PBFT_HEADER_SIZE, block.header_bytes.data,
			   PBFT_HEADER_SIZE);
	}
	return span_of(headers, (last - height) * PBFT_HEADER_SIZE);
}

/* Heights of the blocks that ended epochs below this one; palloc'd. */
static uint64_t *
anchors_below(uint64_t height, uint32_t *count)
{
	Datum value = Int64GetDatum((int64) height);
	MemoryContext context = CurrentMemoryContext;
	uint64_t *anchors;
	bool isnull;

	if (SPI_execute_with_args("SELECT height FROM mes_internal.block_rows WHERE height < $1 "
							  "AND next_valset_hash <> decode(repeat('00', 32), 'hex') "
							  "ORDER BY height",
							  1, (Oid[]){ INT8OID }, &value, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not look for the epochs");
	MemoryContextSwitchTo(context);
	if (SPI_processed > PROOF_EPOCHS_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("block " UINT64_FORMAT " lies more than %u epochs behind genesis",
							   height, PROOF_EPOCHS_MAX),
						errhint("Give an anchor_height: a block whose hash the verifier knows.")));
	*count = (uint32_t) SPI_processed;
	anchors = palloc(sizeof(uint64_t) * (*count + 1));
	for (uint32_t i = 0; i < *count; i++)
		anchors[i] = (uint64_t) DatumGetInt64(
			SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull));
	SPI_freetuptable(SPI_tuptable);
	return anchors;
}

/* The validators of the epoch after this anchor, as its result certificate names them. */
static void
fill_epoch(const Found *found, uint64_t anchor, ProofEpoch *epoch)
{
	const Genesis *genesis = &found->verifier->genesis;
	Genesis *document = palloc(sizeof(Genesis));
	EpochSeats *seats = palloc(sizeof(EpochSeats));
	GovernanceEpoch begun = { .anchor_height = anchor, .roll_height = anchor };
	BlockRow block;

	if (!verify_load_block(anchor, &block))
		damaged(anchor);
	begun.valset_hash = block.next_valset_hash;
	if (!epoch_seats(&begun, genesis, document, seats))
		damaged(anchor);
	epoch->certificate = block.result_certificate;
	epoch->member_count = document->member_count;
	for (uint32_t i = 0; i < document->member_count; i++)
	{
		memcpy(epoch->members[i].voting_key, document->members[i].voting_key, SUITE_PUBLIC_SIZE);
		epoch->members[i].incarnation = seats->incarnations[i];
	}
	pfree(document);
	pfree(seats);
}

/* From the validators of genesis to those who signed the certificate of this block. */
static void
pass_epochs(const Found *found, uint64_t last, ProofParts *parts)
{
	uint64_t *anchors;
	ProofEpoch *epochs;
	RecoveryRow recovery;

	if (recovery_below(last, &recovery))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("no proof leads from genesis over recovery " UINT64_FORMAT
							   " at block " UINT64_FORMAT,
							   recovery.resume_no, recovery.base.height),
						errhint("Give an anchor_height: a block whose hash the verifier knows.")));
	anchors = anchors_below(last, &parts->epoch_count);
	epochs =
		MemoryContextAllocHuge(CurrentMemoryContext, sizeof(ProofEpoch) * (parts->epoch_count + 1));

	for (uint32_t i = 0; i < parts->epoch_count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		fill_epoch(found, anchors[i], &epochs[i]);
	}
	parts->epochs = epochs;
}

/* To a certificate. */
static void
end_signed(const Found *found, ProofParts *parts)
{
	uint64_t height = found->block->height;
	uint64_t last = certified_height(height);

	parts->certificate = found->block->result_certificate;
	parts->later = later_hashes(height, last, &parts->certificate);
	parts->later_count = (uint32_t) (last - height);
	pass_epochs(found, last, parts);
}

/* To a block that the verifier knows: final as far as that block's header names a result. */
static void
end_anchored(const Found *found, uint64_t anchor, ProofParts *parts)
{
	uint64_t height = found->block->height;
	BlockRow block;

	if (anchor < height || anchor - height > PROOF_HEADERS_MAX ||
		!verify_load_block(anchor, &block) || block.damaged)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("block " UINT64_FORMAT " cannot be the anchor of a transaction of "
						"block " UINT64_FORMAT,
						anchor, height),
				 errhint("An anchor is a later block, at most %u after it.", PROOF_HEADERS_MAX)));
	parts->headers = headers_to(height, anchor);
	if (block.header.stable_height < height)
	{
		parts->effect = NULL;
		parts->receipt_path = NULL;
		return;
	}
	parts->later = later_hashes(height, block.header.stable_height, NULL);
	parts->later_count = (uint32_t) (block.header.stable_height - height);
}

static bytea *
write_proof(const ProofParts *parts)
{
	size_t capacity = proof_size_max(parts);
	bytea *proof = MemoryContextAllocHuge(CurrentMemoryContext, VARHDRSZ + capacity);
	WireWriter writer;

	wire_writer_init(&writer, VARDATA(proof), capacity);
	proof_write(&writer, parts);
	Assert(!writer.full);
	SET_VARSIZE(proof, VARHDRSZ + writer.size);
	return proof;
}

static bytea *
prove(bytea *txid, const int64 *anchor)
{
	MemoryContext context = CurrentMemoryContext;
	int64 tx_id = find_tx_id(txid);
	ProofPath *paths = palloc(2 * sizeof(ProofPath));
	ProofEffect effect;
	ProofParts parts = { 0 };
	Found found;

	MemoryContextSwitchTo(context);
	load_found(tx_id, &found);
	MemoryContextSwitchTo(context);
	fill_paths(&found, &paths[0], &paths[1]);
	effect = effect_of(found.block);
	effect.receipt = receipt_of(found.tx);
	effect.parent_exec_root = found.block->height == 1 ? found.verifier->genesis_hash
													   : found.verifier->rows.parent.state_root;
	parts.envelope = found.tx->view.bytes;
	parts.header = found.block->header_bytes;
	parts.tx_path = &paths[0];
	parts.effect = &effect;
	parts.receipt_path = &paths[1];
	if (anchor == NULL)
		end_signed(&found, &parts);
	else
		end_anchored(&found, (uint64_t) *anchor, &parts);
	return write_proof(&parts);
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_prove_transaction);
Datum
mes_prove_transaction(PG_FUNCTION_ARGS)
{
	MemoryContext outer = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(outer, "meschain proof", ALLOCSET_DEFAULT_SIZES);
	int64 anchor = PG_ARGISNULL(1) ? 0 : PG_GETARG_INT64(1);
	bytea *proof;
	bytea *result;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	SPI_connect();
	MemoryContextSwitchTo(context);
	proof = prove(PG_GETARG_BYTEA_PP(0), PG_ARGISNULL(1) ? NULL : &anchor);
	MemoryContextSwitchTo(outer);
	result = MemoryContextAllocHuge(outer, VARSIZE(proof));
	memcpy(result, proof, VARSIZE(proof));
	SPI_finish();
	MemoryContextDelete(context);
	PG_RETURN_BYTEA_P(result);
}
