/* tx_bytes.c - envelopes as bytes: cut, lengthened, oversized, flipped; the rules of a chain. */
#include "unit/tx_fixture.h"

#include "base/digest.h"
#include "base/merkle.h"

static McProblem problem;
static TxView view;

static McSpan
copy_of(McSpan span)
{
	uint8_t *copy = arena + arena_used;

	memcpy(copy, span.data, span.size);
	arena_used += span.size;
	return span_of(copy, span.size);
}

static void
test_cut_at_every_byte(void)
{
	Draft draft;
	McSpan whole;

	draft_init(&draft);
	whole = draft_envelope(&draft);
	for (size_t size = 0; size < whole.size; size++)
	{
		/* a block of its own size, so that a read past it is seen */
		uint8_t *cut = malloc(size > 0 ? size : 1);

		memcpy(cut, whole.data, size);
		CHECK_INT(tx_read(span_of(cut, size), &view, &problem), MC_TRUNCATED);
		free(cut);
	}
}

static void
test_bytes_after_the_end(void)
{
	Draft draft;
	McSpan whole;

	draft_init(&draft);
	whole = draft_envelope(&draft);
	pack("uu", U(0), U(0));
	CHECK_INT(tx_read(span_of(whole.data, whole.size + 2), &view, &problem), MC_TRAILING_BYTES);
	CHECK_TEXT(problem_text(&problem), "2 bytes follow the end");
}

/* Heads longer than needed, indefinite lengths, floats, tags; a body without its envelope. */
static void
test_forms_that_are_not_canonical(void)
{
	Draft draft;

	draft_init(&draft);
	draft.field[FIELD_VERSION] = span_of("\x18\x01", 2);
	CHECK_INT(draft_read(&draft, &view, &problem), MC_NOT_CANONICAL);
	draft_init(&draft);
	draft.field[FIELD_FEE] = span_of("\x19\x00\x07", 3);
	CHECK_INT(draft_read(&draft, &view, &problem), MC_NOT_CANONICAL);
	draft_init(&draft);
	draft.field[FIELD_INPUTS] = span_of("\x98\x00", 2);
	CHECK_INT(draft_read(&draft, &view, &problem), MC_NOT_CANONICAL);
	draft_init(&draft);
	draft.field[FIELD_INPUTS] = span_of("\x9F\xFF", 2);
	CHECK_INT(draft_read(&draft, &view, &problem), MC_NOT_CANONICAL);
	draft_init(&draft);
	draft.field[FIELD_REFERENCE] = span_of("\x7F\x61x\xFF", 4);
	CHECK_INT(draft_read(&draft, &view, &problem), MC_NOT_CANONICAL);
	draft_init(&draft);
	draft.field[FIELD_FEE] = span_of("\xF9\x00\x00", 3);
	CHECK_INT(draft_read(&draft, &view, &problem), MC_NOT_CANONICAL);
	draft_init(&draft);
	draft.field[FIELD_FEE] = span_of("\xC2\x41\x01", 3);
	CHECK_INT(draft_read(&draft, &view, &problem), MC_WRONG_TYPE);
	draft_init(&draft);
	CHECK_INT(tx_read(draft_body(&draft), &view, &problem), MC_WRONG_TYPE);
}

/* An envelope of exactly this size: 300 notarisations, the last with the metadata it takes. */
static McSpan
envelope_of_size(size_t size)
{
	size_t last = 1000;
	McSpan envelope = { NULL, 0 };

	for (int round = 0; round < 2; round++)
	{
		McSpan each = pack("b", pack("ahmtb", N(2), &fixture_txid, N(1), "m", text_of_size(3450)));
		McSpan rest = pack("b", pack("ahmtb", N(2), &fixture_txid, N(1), "m", text_of_size(last)));
		uint8_t *start;
		Draft draft;

		draft_init(&draft);
		start = arena + arena_used;
		pack("a", N(300));
		for (int i = 0; i < 300; i++)
			pack("auur", N(3), U(OPERATION_NOTARISE), U(0), i == 299 ? rest : each);
		draft.field[FIELD_OPERATIONS] = span_of(start, (size_t) (arena + arena_used - start));
		envelope = draft_envelope(&draft);
		last += size - envelope.size;
	}
	assert(envelope.size == size);
	return envelope;
}

static void
test_limit_of_the_size(void)
{
	for (int over = -1; over <= 1; over++)
		CHECK_INT(tx_read(envelope_of_size((size_t) (TX_BYTES_MAX + over)), &view, &problem),
				  over > 0 ? MC_TX_TOO_LARGE : MC_OK);
	CHECK_INT(problem.number, TX_BYTES_MAX + 1);
	CHECK_INT(problem.limit, TX_BYTES_MAX);
}

/* A sender with a policy, two signatures and a hash lock: the witness with every part in it. */
static McSpan
envelope_of_a_policy(void)
{
	static const uint8_t preimage[PREIMAGE_SIZE] = "open";
	SuiteSecret secrets[3];
	SuiteKey keys[3];
	McSpan opened = span_of(preimage, PREIMAGE_SIZE);
	McHash lock;
	McHash leaves[3] = { { { 1 } }, { { 2 } }, { { 3 } } };
	McHash path[POLICY_PATH_MAX];
	uint32_t position;
	uint32_t path_count;
	McAddress address;
	McHash root;
	McHash hash;
	McSpan condition;
	TxSignature signatures[2] = { { .key_index = 0 }, { .key_index = 2 } };
	Draft draft;
	WireWriter writer;

	for (uint8_t i = 0; i < 3; i++)
		keys[i] = fixture_secret(SUITE_ED25519, (uint8_t) (i + 1)).key;
	condition_sort_keys(keys, 3);
	for (uint8_t i = 0; i < 3; i++)
		for (uint8_t n = 1; n <= 3; n++)
			if (memcmp(fixture_secret(1, n).key.public_key, keys[i].public_key, 32) == 0)
				secrets[i] = fixture_secret(1, n);
	digest_sha256(&lock, &opened, 1);
	wire_writer_init(&writer, arena + arena_used, CONDITION_BYTES_MAX);
	condition_put(&writer, 2, keys, 3, 77, lock.bytes);
	arena_used += writer.size;
	condition = wire_written(&writer);
	condition_leaf(condition, &leaves[1]);
	path_count = condition_path(leaves, 3, 1, path, &position);
	merkle_root(leaves, 3, &root);
	condition_address(&root, &address);

	draft_init(&draft);
	draft.field[FIELD_SENDER] = pack("h", &address);
	draft_signing_hash(draft_body(&draft), &hash);
	for (int i = 0; i < 2; i++)
		suite_sign(&secrets[signatures[i].key_index], span_hash(&hash), signatures[i].bytes);
	wire_writer_init(&writer, arena + arena_used, 65536);
	wire_put_array(&writer, 1);
	witness_put(&writer, condition, position, path, path_count, signatures, 2, preimage);
	arena_used += writer.size;
	draft.witnesses = wire_written(&writer);
	return draft_envelope(&draft);
}

static void
check_every_bit(McSpan envelope)
{
	McSpan flipped = copy_of(envelope);
	uint8_t *bytes = (uint8_t *) flipped.data;
	McHash body_id;

	CHECK_INT(tx_read(envelope, &view, &problem), MC_OK);
	CHECK_INT(tx_verify(&view, &problem), MC_OK);
	body_id = view.body_id;
	for (size_t bit = 0; bit < envelope.size * 8; bit++)
	{
		bytes[bit / 8] ^= (uint8_t) (1 << bit % 8);
		if (tx_read(flipped, &view, &problem) == MC_OK)
		{
			CHECK(!hash_equal(&view.body_id, &body_id));
			CHECK_INT(tx_verify(&view, &problem), MC_BAD_SIGNATURE);
		}
		bytes[bit / 8] ^= (uint8_t) (1 << bit % 8);
	}
}

static void
test_no_bit_is_loose(void)
{
	Draft draft;

	draft_init(&draft);
	check_every_bit(draft_envelope(&draft));
	check_every_bit(envelope_of_a_policy());
}

/* Of two signatures for one body, both good, the txid is one and the body ids are two (A1). */
static void
test_same_txid_with_another_signature(void)
{
	SuiteKey keys[2] = { fixture_secret(1, 1).key, fixture_secret(1, 2).key };
	McHash txids[2];
	McHash body_ids[2];
	McAddress address;
	McSpan condition;
	McHash leaf;
	McHash hash;
	WireWriter writer;
	Draft draft;

	condition_sort_keys(keys, 2);
	wire_writer_init(&writer, arena + arena_used, CONDITION_BYTES_MAX);
	condition_put(&writer, 1, keys, 2, 0, NULL);
	arena_used += writer.size;
	condition = wire_written(&writer);
	condition_leaf(condition, &leaf);
	condition_address(&leaf, &address);
	draft_init(&draft);
	draft.field[FIELD_SENDER] = pack("h", &address);
	draft_signing_hash(draft_body(&draft), &hash);
	for (uint32_t i = 0; i < 2; i++)
	{
		uint8_t owner = memcmp(keys[i].public_key, fixture_secret(1, 1).key.public_key, 32) ? 2 : 1;
		SuiteSecret secret = fixture_secret(1, owner);
		TxSignature signature = { .key_index = i };

		suite_sign(&secret, span_hash(&hash), signature.bytes);
		wire_writer_init(&writer, arena + arena_used, 4096);
		wire_put_array(&writer, 1);
		witness_put(&writer, condition, 0, NULL, 0, &signature, 1, NULL);
		arena_used += writer.size;
		draft.witnesses = wire_written(&writer);
		CHECK_INT(draft_read(&draft, &view, &problem), MC_OK);
		CHECK_INT(tx_verify(&view, &problem), MC_OK);
		txids[i] = view.txid;
		body_ids[i] = view.body_id;
	}
	CHECK(hash_equal(&txids[0], &txids[1]));
	CHECK(!hash_equal(&body_ids[0], &body_ids[1]));
}

static const TxRules usual_rules = {
	.chain_id = "chain-of-a-test",
	.window_max_ms = 60000,
	.fee_floor = 0,
	.bytes_max = TX_BYTES_MAX,
	.signatures_max = 100,
};

static void
test_rules_of_the_chain(void)
{
	TxRules rules = usual_rules;
	Draft draft;

	draft_init(&draft);
	CHECK_INT(draft_read(&draft, &view, &problem), MC_OK);
	CHECK_INT(tx_check_rules(&view, &rules, &problem), MC_OK);
	rules.chain_id[0] ^= 1;
	CHECK_INT(tx_check_rules(&view, &rules, &problem), MC_WRONG_CHAIN);
	CHECK_TEXT(problem.name, "636861696e2d6f662d612d7465737400");
	rules = usual_rules;
	rules.window_max_ms = 59999;
	CHECK_INT(tx_check_rules(&view, &rules, &problem), MC_WINDOW_TOO_LONG);
	CHECK_INT(problem.number, 60000);
	rules = usual_rules;
	rules.bytes_max = (uint32_t) view.bytes.size;
	CHECK_INT(tx_check_rules(&view, &rules, &problem), MC_OK);
	rules.bytes_max--;
	CHECK_INT(tx_check_rules(&view, &rules, &problem), MC_TX_TOO_LARGE);
	rules = usual_rules;
	rules.signatures_max = 1;
	CHECK_INT(tx_check_rules(&view, &rules, &problem), MC_OK);
	rules.signatures_max = 0;
	CHECK_INT(tx_check_rules(&view, &rules, &problem), MC_TOO_MANY_SIGNATURES);
}

static void
test_fee(void)
{
	TxRules rules = usual_rules;
	Draft draft;

	draft_init(&draft);
	draft.field[FIELD_FEE] = pack("u", U(10));
	CHECK_INT(draft_read(&draft, &view, &problem), MC_OK);
	CHECK_INT(tx_check_rules(&view, &rules, &problem), MC_FEE_NOT_ZERO);
	memcpy(rules.fee_asset.code, "MES", 4);
	for (int64_t floor = 9; floor <= 11; floor++)
	{
		rules.fee_floor = floor;
		CHECK_INT(tx_check_rules(&view, &rules, &problem), floor > 10 ? MC_FEE_TOO_LOW : MC_OK);
	}
	CHECK_TEXT(problem_text(&problem), "fee 10 is below the floor of 11");
	CHECK_INT(read_with(FIELD_FEE, pack("i", INT64_MAX), &problem), MC_OK);
	CHECK_INT(read_with(FIELD_FEE, pack("i", I(-1)), &problem), MC_AMOUNT_NEGATIVE);
	CHECK_TEXT(problem_text(&problem), "the amount of the fee is negative: -1");
}

static void
test_time_of_the_block(void)
{
	Draft draft;

	draft_init(&draft);
	CHECK_INT(draft_read(&draft, &view, &problem), MC_OK);
	CHECK_INT(tx_check_time(&view, 999999, &problem), MC_NOT_YET_VALID);
	CHECK(status_info(problem.status)->transient);
	CHECK_INT(tx_check_time(&view, 1000000, &problem), MC_OK);
	CHECK_INT(tx_check_time(&view, 1060000, &problem), MC_OK);
	CHECK_INT(tx_check_time(&view, 1060001, &problem), MC_EXPIRED);
	CHECK_TEXT(problem_text(&problem),
			   "valid until 1060000 ms, but the block's time is 1060001 ms");
}

int
main(void)
{
	RUN_FRESH(test_cut_at_every_byte);
	RUN_FRESH(test_bytes_after_the_end);
	RUN_FRESH(test_forms_that_are_not_canonical);
	RUN_FRESH(test_limit_of_the_size);
	RUN_FRESH(test_no_bit_is_loose);
	RUN_FRESH(test_same_txid_with_another_signature);
	RUN_FRESH(test_rules_of_the_chain);
	RUN_FRESH(test_fee);
	RUN_FRESH(test_time_of_the_block);
	return CHECK_RESULT();
}
