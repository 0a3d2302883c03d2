/*
 * verify_chain_pg.c - the leader's part: adds up, in order, what each block did to the state's sum,
 * and follows the chain of execution roots.
 */
#include "ledger/verify_item_pg.h"

#include "catalog/pg_type.h"
#include "node/worker_pg.h"

struct VerifyChain
{
	LtHash sum; /* of the state after the last block */
	bool lost;  /* something was wrong since: sum says nothing until the next stored one */
	/* both forms of the parent's root: the stored and the certified one */
	bool parent_known;
	McHash parent_root;
	McHash parent_certified;
};

static bool
stored_sum(uint64_t height, const char *condition, LtHash *sum, uint64_t *found_height)
{
	MemoryContext context = CurrentMemoryContext;
	bool found = false;
	bool isnull;

	if (SPI_execute_with_args(psprintf("SELECT height, lthash FROM mes_internal.state_sums "
									   "WHERE height %s $1 ORDER BY height DESC LIMIT 1",
									   condition),
							  1, (Oid[]){ INT8OID }, (Datum[]){ Int64GetDatum((int64) height) },
							  NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read the state's sums");
	if (SPI_processed == 1)
	{
		HeapTuple row = SPI_tuptable->vals[0];
		Datum lthash = SPI_getbinval(row, SPI_tuptable->tupdesc, 2, &isnull);
		McSpan bytes = verify_bytes(lthash, isnull);

		*found_height =
			(uint64_t) DatumGetInt64(SPI_getbinval(row, SPI_tuptable->tupdesc, 1, &isnull));
		found = bytes.size == LTHASH_BYTES;
		if (found)
			lthash_load(sum, bytes.data);
	}
	SPI_freetuptable(SPI_tuptable);
	MemoryContextSwitchTo(context);
	return found;
}

static bool
sum_is(const LtHash *sum, const McHash *digest)
{
	McHash own;

	lthash_digest(sum, &own);
	return hash_equal(&own, digest);
}

VerifyChain *
verify_chain_begin(uint64_t from_height)
{
	VerifyChain *chain = palloc0(sizeof(VerifyChain));
	MemoryContext context = CurrentMemoryContext;
	uint64_t sum_height = 0;
	BlockRow parent;
	PbftCertificate certificate;
	McProblem problem;

	lthash_clear(&chain->sum);
	if (from_height == 1)
		return chain;
	if (!stored_sum(from_height - 1, "<=", &chain->sum, &sum_height))
	{
		lthash_clear(&chain->sum);
		sum_height = 0;
	}
	state_sum_add(&chain->sum, sum_height, from_height - 1);
	MemoryContextSwitchTo(context);
	chain->parent_known = verify_load_block(from_height - 1, &parent);
	chain->lost = !chain->parent_known || !sum_is(&chain->sum, &parent.roots.state_digest);
	chain->parent_root = parent.state_root;
	chain->parent_certified = parent.state_root;
	if (chain->parent_known &&
		pbft_certificate_decode(parent.result_certificate, &certificate, &problem) == MC_OK &&
		certificate.subject.height == from_height - 1)
		chain->parent_certified = certificate.subject.exec_root;
	return chain;
}

/* True when the root follows from one of the parent's forms; its own chain begins at genesis. */
static bool
root_follows(const VerifyChain *chain, const Verifier *verifier, uint64_t height,
			 const VerifyBlock *block, const McHash *digest, const McHash *root)
{
	LedgerRoots roots = block->roots;
	const McHash *parents[2] = { &chain->parent_root, &chain->parent_certified };

	roots.state_digest = *digest;
	if (height == 1)
		parents[0] = parents[1] = &verifier->genesis_hash;
	for (int i = 0; i < 2; i++)
	{
		McHash computed;

		ledger_exec_root(parents[i], height, &block->hash, &roots, &block->next_valset_hash,
						 &computed);
		if (hash_equal(&computed, root))
			return true;
	}
	return false;
}

static void
check_root(VerifyChain *chain, Verifier *verifier, uint64_t height, const VerifyBlock *block,
		   const McHash *digest)
{
	static const McHash none;
	bool certified = hash_equal(&block->certified_root, &none) ||
					 hash_equal(&block->certified_root, &block->stored_root);

	if (block->uncertain || (height > 1 && !chain->parent_known) ||
		(certified && root_follows(chain, verifier, height, block, digest, &block->stored_root)))
		return;
	verify_report(
		verifier, height, VERIFY_BLOCK, 0,
		!certified || root_follows(chain, verifier, height, block, digest, &block->certified_root)
			? "state_root is not the certified one"
			: "state_root does not follow from the block and its parent",
		"stored %s", verify_hex(&block->stored_root));
}

static void
add_block(VerifyChain *chain, Verifier *verifier, uint64_t height, const VerifyBlock *block)
{
	const McHash *stored = &block->roots.state_digest;
	McHash digest = *stored;

	chain->lost |= block->uncertain || !block->executed;
	for (int lane = 0; lane < LTHASH_LANES; lane++)
		chain->sum.lanes[lane] = (uint16_t) (chain->sum.lanes[lane] + block->change.lanes[lane]);
	if (!chain->lost)
		lthash_digest(&chain->sum, &digest);
	if (!hash_equal(&digest, stored))
	{
		if (root_follows(chain, verifier, height, block, &digest, &block->stored_root))
			verify_report(verifier, height, VERIFY_BLOCK, 0,
						  "state_digest is not that of the state", "computed %s",
						  verify_hex(&digest));
		else
		{
			verify_report(verifier, height, VERIFY_STATE, 0,
						  "execution leaves another state than the block says", "computed %s",
						  verify_hex(&digest));
			chain->lost = true;
			digest = *stored;
		}
	}
	check_root(chain, verifier, height, block, &digest);
}

/* Stored sums are only a short cut, but apply starts from them. */
static void
check_stored_sum(VerifyChain *chain, Verifier *verifier, uint64_t height, const VerifyBlock *block)
{
	LtHash sum;
	uint64_t found;
	bool good;

	if (!stored_sum(height, "=", &sum, &found))
		return;
	good = sum_is(&sum, &block->roots.state_digest);
	if (good && chain->lost)
	{
		chain->sum = sum;
		chain->lost = false;
	}
	else if (!chain->lost && memcmp(&sum, &chain->sum, sizeof(sum)) != 0)
		verify_report(verifier, height, VERIFY_STATE, 0, "the stored sum is not that of the state",
					  "state_sums");
}

/* Heights of the round that have a stored sum. */
static Bitmapset *
sum_heights(const VerifyRound *round)
{
	MemoryContext context = CurrentMemoryContext;
	Bitmapset *heights = NULL;
	bool isnull;

	if (SPI_execute_with_args("SELECT height FROM mes_internal.state_sums "
							  "WHERE height BETWEEN $1 AND $2",
							  2, (Oid[]){ INT8OID, INT8OID },
							  (Datum[]){ Int64GetDatum((int64) round->from_height),
										 Int64GetDatum((int64) round->to_height) },
							  NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the state's sums");
	MemoryContextSwitchTo(context);
	for (uint64 i = 0; i < SPI_processed; i++)
		heights = bms_add_member(
			heights, (int) (DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[i],
														SPI_tuptable->tupdesc, 1, &isnull)) -
							(int64) round->from_height));
	SPI_freetuptable(SPI_tuptable);
	return heights;
}

void
verify_chain_round(VerifyChain *chain, Verifier *verifier)
{
	const VerifyRound *round = verifier->round;
	Bitmapset *sums = sum_heights(round);

	for (uint64_t height = round->from_height; height <= round->to_height; height++)
	{
		int at = (int) (height - round->from_height);
		const VerifyBlock *block = &round->blocks[at];

		if (block->present)
			add_block(chain, verifier, height, block);
		else
			chain->lost = true;
		if (block->present && bms_is_member(at, sums))
			check_stored_sum(chain, verifier, height, block);
		chain->parent_known = block->present;
		chain->parent_root = block->stored_root;
		chain->parent_certified = block->certified_root;
	}
	bms_free(sums);
}
