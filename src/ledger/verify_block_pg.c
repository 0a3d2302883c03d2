/*
 * verify_block_pg.c - one block: its header, its place after its parent, its certificates, and its
 * transactions executed by the very code that the apply worker runs.
 */
#include "ledger/verify_item_pg.h"

#include "ledger/recovery_pg.h"
#include "ledger/tables_pg.h"
#include "miscadmin.h"

static void
report_block(Verifier *verifier, const BlockRow *block, const char *problem, const char *detail)
{
	verify_report(verifier, block->height, VERIFY_BLOCK, 0, problem, "%s", detail);
}

/* ---- header ----------------------------------------------------------------------------------
 */

static void
check_columns(Verifier *verifier, const BlockRow *block)
{
	const PbftHeader *header = &block->header;

	if (header->height != block->height)
		report_block(verifier, block, "the header is another block's",
					 psprintf("it says height " UINT64_FORMAT, header->height));
	if (tables_timestamp(header->ts_ms) != block->block_time)
		report_block(verifier, block, "block_time is not the header's", "");
	if (header->proposer >= verifier->in_force.member_count)
		report_block(verifier, block, "the proposer is no member",
					 psprintf("%u of %u", header->proposer, verifier->in_force.member_count));
	else if ((int64) verifier->seats.numbers[header->proposer] != block->proposer)
		report_block(verifier, block, "proposer is not the header's",
					 psprintf("%d stored, %u in the header", block->proposer,
							  verifier->seats.numbers[header->proposer]));
	if (header->epoch != verifier->epoch.number)
		report_block(verifier, block, "the epoch is not the one that began below it",
					 psprintf(UINT64_FORMAT " in the header, " UINT64_FORMAT " by its anchor",
							  header->epoch, verifier->epoch.number));
	if ((int64) header->tx_count != block->tx_count)
		report_block(verifier, block, "tx_count is not the header's",
					 psprintf("%d stored, %u in the header", block->tx_count, header->tx_count));
}

/* What the parent's signers call it: when that is what is named, the parent's row is at fault. */
static bool
parent_certified(const BlockRow *parent, const McHash *named)
{
	PbftCertificate certificate;
	McProblem problem;

	return pbft_certificate_decode(parent->commit_certificate, &certificate, &problem) == MC_OK &&
		   hash_equal(&certificate.subject.hash, named);
}

static void
check_parent(Verifier *verifier, const BlockRow *block, const BlockRow *parent)
{
	const McHash *named = &block->header.parent_hash;

	if (block->height == 1)
	{
		if (!hash_equal(named, &verifier->genesis_hash))
			report_block(verifier, block, "the parent is not genesis", verify_hex(named));
		return;
	}
	if (!parent->present)
		return; /* reported as missing */
	if (!hash_equal(named, &parent->hash) && !hash_equal(named, &parent->header_hash) &&
		!parent_certified(parent, named))
		report_block(verifier, block, "the parent hash is not that of the block before",
					 verify_hex(named));
	if (!parent->damaged && block->header.ts_ms <= parent->header.ts_ms)
		report_block(verifier, block, "chain time does not rise", "");
}

static void
check_body(Verifier *verifier, const BlockRow *block)
{
	const TxRow *txs = verifier->rows.txs + block->first_tx;
	MerkleBuilder tree;
	uint64_t bytes = 0;
	McHash root;

	merkle_builder_init(&tree);
	for (uint32_t i = 0; i < block->tx_rows; i++)
	{
		McHash leaf;

		ledger_tx_leaf(&txs[i].view.txid, &txs[i].view.body_id, &leaf);
		merkle_builder_add(&tree, &leaf);
		bytes += txs[i].view.bytes.size;
	}
	merkle_builder_root(&tree, &root);
	if (!hash_equal(&root, &block->header.tx_root))
		verify_report(verifier, block->height, VERIFY_TRANSACTION, 0,
					  "the transactions are not those of the header's tx_root",
					  "computed %s, header %s", verify_hex(&root),
					  verify_hex(&block->header.tx_root));
	else if (bytes != block->header.body_bytes)
		report_block(verifier, block, "body_bytes of the header is wrong", "");
}

/* ---- certificates ----------------------------------------------------------------------------
 */

static bool
verify_vote(void *context, uint32_t member, McSpan message,
			const uint8_t signature[PBFT_SIGNATURE_SIZE])
{
	const ProofInstance *instance = context;
	SuiteKey key = { .suite = SUITE_ED25519 };

	memcpy(key.public_key, instance->members[member].voting_key, SUITE_PUBLIC_SIZE);
	return suite_verify(&key, message, signature);
}

static void
report_certificate(Verifier *verifier, const BlockRow *block, const char *which,
				   const char *problem, const char *detail)
{
	verify_report(verifier, block->height, VERIFY_CERTIFICATE, 0, problem, "%s certificate%s%s",
				  which, detail[0] != '\0' ? ": " : "", detail);
}

/* A block that came with its successors is certified by one of them: they name it as their parent.
 */
static bool
subject_descends(const BlockRow *block, const PbftSubject *subject)
{
	BlockRow descendant;

	return subject->height > block->height && verify_load_block(subject->height, &descendant) &&
		   (hash_equal(&subject->hash, &descendant.hash) ||
			hash_equal(&subject->hash, &descendant.header_hash));
}

static bool
subject_is(const BlockRow *block, const PbftSubject *subject)
{
	return subject->height == block->height && (hash_equal(&subject->hash, &block->hash) ||
												hash_equal(&subject->hash, &block->header_hash));
}

static bool
signed_by(ProofTrust *trust, const PbftCertificate *certificate, McProblem *problem)
{
	PbftCrypto crypto = { .context = &trust->instance, .verify = verify_vote };

	return pbft_certificate_verify(certificate, &trust->instance.domain,
								   trust->instance.member_count, &crypto, problem) == MC_OK;
}

/* The last blocks up to a recovery's base became final in the epoch that it began (C8). */
static bool
signed_in_recovery(const Verifier *verifier, uint64_t height, const PbftCertificate *certificate)
{
	ProofTrust *trust = verify_trust_recovery(verifier, height);
	McProblem problem;
	bool good = trust != NULL && signed_by(trust, certificate, &problem);

	if (trust != NULL)
		pfree(trust);
	return good;
}

/* The subject is this block's or a descendant's, a quorum of the epoch's members signed it. */
static bool
check_certificate(Verifier *verifier, const BlockRow *block, McSpan bytes, PbftKind kind,
				  PbftCertificate *certificate)
{
	const char *which = kind == PBFT_COMMIT ? "commit" : "result";
	McProblem problem;
	char message[192];

	if (pbft_certificate_decode(bytes, certificate, &problem) != MC_OK ||
		certificate->subject.kind != kind)
	{
		report_certificate(verifier, block, which, "a certificate cannot be read", "");
		return false;
	}
	if (!subject_is(block, &certificate->subject) &&
		!subject_descends(block, &certificate->subject))
	{
		report_certificate(verifier, block, which, "a certificate is another block's", "");
		return false;
	}
	if (!verifier->seats_good)
	{
		report_certificate(verifier, block, which, "the members' rows are not those of its epoch",
						   "");
		return false;
	}
	if (!signed_by(&verifier->trust, certificate, &problem) &&
		!signed_in_recovery(verifier, block->height, certificate))
	{
		status_message(&problem, message, sizeof(message));
		report_certificate(verifier, block, which, "a certificate does not verify", message);
		return false;
	}
	return true;
}

static void
check_certificates(Verifier *verifier, const BlockRow *block, VerifyBlock *result)
{
	PbftCertificate certificate;

	(void) check_certificate(verifier, block, block->commit_certificate, PBFT_COMMIT, &certificate);
	if (check_certificate(verifier, block, block->result_certificate, PBFT_CHECKPOINT,
						  &certificate) &&
		certificate.subject.height == block->height)
		result->certified_root = certificate.subject.exec_root;
}

/* ---- transactions ----------------------------------------------------------------------------
 */

/* Rows for every position, each readable: else there is nothing to execute. */
static bool
body_complete(Verifier *verifier, const BlockRow *block)
{
	const TxRow *txs = verifier->rows.txs + block->first_tx;
	uint32_t expected = block->damaged ? (uint32_t) block->tx_count : block->header.tx_count;

	for (uint32_t i = 0; i < block->tx_rows; i++)
		if (txs[i].tx_id != (int64) OUTPUT_ID(block->height, i) || i >= expected)
		{
			verify_report(verifier, block->height, VERIFY_TRANSACTION, 0,
						  i >= expected ? "a transaction is not of this block"
										: "a transaction is missing",
						  "position %u of %u", i, expected)
				->gap = true;
			return false;
		}
	if (block->tx_rows < expected)
	{
		verify_report(verifier, block->height, VERIFY_TRANSACTION, 0, "a transaction is missing",
					  "position %u of %u", block->tx_rows, expected)
			->gap = true;
		return false;
	}
	for (uint32_t i = 0; i < block->tx_rows; i++)
		if (!txs[i].readable)
			return false;
	return true;
}

static uint64_t
unix_ms(int64 timestamp)
{
	return (uint64_t) ((timestamp +
						(POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * INT64CONST(86400000000)) /
					   1000);
}

void
verify_execute(Verifier *verifier, const BlockRow *block, VerifyBlock *result)
{
	TxRow *txs = verifier->rows.txs + block->first_tx;
	uint64_t time_ms = block->damaged ? unix_ms(block->block_time) : block->header.ts_ms;
	uint32_t seat = block->damaged ? (uint32_t) Max(verify_seat(verifier, block->proposer), 0)
								   : block->header.proposer;
	LedgerFees fees = genesis_fees(&verifier->in_force, seat % verifier->in_force.member_count);

	verifier->height = block->height;
	verifier->read_count = 0;
	lthash_clear(&result->change);
	ledger_block_begin(verifier->block, verify_store(verifier), block->height, time_ms, &fees,
					   &result->change);
	for (uint32_t i = 0; i < block->tx_rows; i++)
	{
		CHECK_FOR_INTERRUPTS();
		verifier->current = &txs[i];
		(void) ledger_block_execute(verifier->block, &txs[i].view);
	}
	recovery_execute(verifier->block, block->height, &verifier->epoch, &verifier->genesis);
	ledger_block_close(verifier->block);
	ledger_block_roots(verifier->block, &result->roots);
}

/* Every row agrees: then so must the roots. */
static void
check_roots(Verifier *verifier, const BlockRow *block, VerifyBlock *result)
{
	uint32_t outputs;

	(void) ledger_block_outputs(verifier->block, &outputs);
	if (!hash_equal(&result->roots.receipts_root, &block->roots.receipts_root))
		report_block(verifier, block, "receipts_root is not that of the receipts",
					 verify_hex(&result->roots.receipts_root));
	if (!hash_equal(&result->roots.writeset_root, &block->roots.writeset_root))
		report_block(verifier, block, "writeset_root is not that of what was written",
					 verify_hex(&result->roots.writeset_root));
	if ((int64) outputs != block->output_count)
		report_block(verifier, block, "output_count is wrong",
					 psprintf("%d stored, %u made", block->output_count, outputs));
}

static void
check_transactions(Verifier *verifier, const BlockRow *block, VerifyBlock *result)
{
	uint32_t found = verifier->findings->count;

	result->uncertain = true;
	if (!body_complete(verifier, block))
		return;
	if (!block->damaged && !block->archived && verifier->findings->count == found)
		check_body(verifier, block);
	verify_execute(verifier, block, result);
	result->executed = true;
	found = verifier->findings->count;
	verify_compare(verifier, block, result);
	result->uncertain = verifier->findings->count != found;
	if (!result->uncertain)
		check_roots(verifier, block, result);
}

void
verify_check_block(Verifier *verifier, BlockRow *block, const BlockRow *parent)
{
	VerifyBlock *result = &verifier->round->blocks[block->height - verifier->round->from_height];

	result->present = block->present;
	result->txs = block->tx_rows;
	if (!block->present)
	{
		VerifyProblem *missing =
			verify_report(verifier, block->height, VERIFY_BLOCK, 0, "the block is missing",
						  "%u of its transactions are stored", block->tx_rows);

		missing->gap = block->tx_rows == 0;
		result->uncertain = true;
		return;
	}
	result->hash = block->hash;
	result->next_valset_hash = block->next_valset_hash;
	result->stored_root = block->state_root;
	verify_enter_epoch(verifier, block->height);
	if (block->damaged)
		report_block(verifier, block, "the header does not hash to the block's hash",
					 verify_hex(&block->header_hash));
	else
	{
		check_columns(verifier, block);
		check_parent(verifier, block, parent);
	}
	check_certificates(verifier, block, result);
	check_transactions(verifier, block, result);
	if (result->executed && !result->uncertain && !block->damaged)
		verify_check_valset(verifier, block, parent);
	result->roots.state_digest = block->roots.state_digest;
	if (verify_ends_epoch(verifier, block))
		verifier->epoch_height = 0; /* the next block begins an epoch */
}
