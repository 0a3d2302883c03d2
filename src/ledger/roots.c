/*
 * roots.c - the byte strings behind the ledger's hashes. Changing one changes every block after it.
 */
#include "ledger/execute.h"

void
ledger_tx_leaf(const McHash *txid, const McHash *body_id, McHash *leaf)
{
	McSpan parts[2] = { span_hash(txid), span_hash(body_id) };

	merkle_leaf(leaf, parts, 2);
}

void
ledger_fees_txid(uint64_t height, McHash *txid)
{
	uint8_t number[8];

	put_be64(number, height);
	digest_tagged(txid, "MES1-fees", span_of(number, sizeof(number)));
}

bool
ledger_input_is_fees(const TxInput *input)
{
	McHash txid;

	if (input->output_index != 0 || input->height == 0)
		return false;
	ledger_fees_txid(input->height, &txid);
	return hash_equal(&txid, &input->txid);
}

/* Nothing known only after ordering: no height, no position, no time (P16). */
void
ledger_output_element(const LedgerOutput *output, McHash *element)
{
	uint8_t index[4];
	uint8_t amount[8];
	McSpan parts[6] = { span_text("MES1-output"),        span_hash(&output->txid),
						span_of(index, sizeof(index)),   span_hash(&output->address),
						span_of(amount, sizeof(amount)), span_text(output->asset.code) };

	put_be32(index, output->index);
	put_be64(amount, (uint64_t) output->amount);
	digest_sha256(element, parts, 6);
}

void
ledger_row_element(TxTable table, McSpan key, McSpan value, McHash *element)
{
	uint8_t number[4];
	uint8_t key_size[4];
	McSpan parts[5] = { span_text("MES1-row"), span_of(number, sizeof(number)),
						span_of(key_size, sizeof(key_size)), key, value };

	put_be32(number, (uint32_t) table);
	put_be32(key_size, (uint32_t) key.size);
	digest_sha256(element, parts, 5);
}

void
ledger_exec_root(const McHash *parent_root, uint64_t height, const McHash *block_hash,
				 const LedgerRoots *roots, const McHash *next_valset_hash, McHash *root)
{
	uint8_t number[8];
	McHash inner;
	McSpan inner_parts[6] = { span_of(number, sizeof(number)),  span_hash(block_hash),
							  span_hash(&roots->receipts_root), span_hash(&roots->writeset_root),
							  span_hash(&roots->state_digest),  span_hash(next_valset_hash) };
	McSpan parts[3] = { span_text("MES1-exec"), span_hash(parent_root), span_hash(&inner) };

	put_be64(number, height);
	digest_sha256(&inner, inner_parts, 6);
	digest_sha256(root, parts, 3);
}
