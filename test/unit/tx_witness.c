/* tx_witness.c - conditions and witnesses: the three shapes of address, and every refusal. */
#include "unit/tx_fixture.h"

#include "base/digest.h"
#include "base/merkle.h"

static McProblem problem;
static TxView view;

static McSpan
condition_of(uint32_t threshold, SuiteKey *keys, uint32_t count, uint64_t lock_height,
			 const uint8_t *hash_lock)
{
	WireWriter writer;

	condition_sort_keys(keys, count);
	wire_writer_init(&writer, arena + arena_used, CONDITION_BYTES_MAX);
	condition_put(&writer, threshold, keys, count, lock_height, hash_lock);
	assert(!writer.full);
	arena_used += writer.size;
	return wire_written(&writer);
}

static McAddress
address_of_tree(const McSpan *conditions, size_t count)
{
	McHash leaves[16];
	McHash root;
	McAddress address;

	for (size_t i = 0; i < count; i++)
		condition_leaf(conditions[i], &leaves[i]);
	merkle_root(leaves, count, &root);
	condition_address(&root, &address);
	return address;
}

/* Sorted secrets of keys 1 to count, so that key index i is secret i. */
static void
sorted_secrets(SuiteSecret *secrets, SuiteKey *keys, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		keys[i] = fixture_secret(SUITE_ED25519, (uint8_t) (i + 1)).key;
	condition_sort_keys(keys, count);
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t n = 1; n <= count; n++)
		{
			SuiteSecret secret = fixture_secret(SUITE_ED25519, (uint8_t) n);

			if (memcmp(secret.key.public_key, keys[i].public_key, SUITE_PUBLIC_SIZE) == 0)
				secrets[i] = secret;
		}
}

typedef struct Spend
{
	McSpan condition;
	McAddress address;
	uint32_t position;
	uint32_t path_count;
	McHash path[POLICY_PATH_MAX];
	uint32_t signers[CONDITION_KEYS_MAX + 1];
	uint32_t signer_count;
	const uint8_t *preimage;
	const SuiteSecret *secrets;
} Spend;

/* Builds, reads and verifies a transfer of this sender with this witness. */
static McStatus
spend_with(const Spend *spend)
{
	TxSignature signatures[CONDITION_KEYS_MAX + 1];
	Draft draft;
	WireWriter writer;
	McHash hash;
	McStatus status;

	draft_init(&draft);
	draft.field[FIELD_SENDER] = pack("h", &spend->address);
	draft_signing_hash(draft_body(&draft), &hash);
	for (uint32_t i = 0; i < spend->signer_count; i++)
	{
		uint32_t signer = spend->signers[i];

		signatures[i].key_index = signer;
		suite_sign(&spend->secrets[signer], span_hash(&hash), signatures[i].bytes);
	}
	wire_writer_init(&writer, arena + arena_used, 65536);
	wire_put_array(&writer, 1);
	witness_put(&writer, spend->condition, spend->position, spend->path, spend->path_count,
				signatures, spend->signer_count, spend->preimage);
	arena_used += writer.size;
	draft.witnesses = wire_written(&writer);
	status = draft_read(&draft, &view, &problem);
	return status == MC_OK ? tx_verify(&view, &problem) : status;
}

static Spend
spend_of(McSpan condition, const SuiteSecret *secrets, uint32_t signer_count)
{
	Spend spend = { .condition = condition,
					.address = address_of_tree(&condition, 1),
					.signer_count = signer_count,
					.secrets = secrets };

	for (uint32_t i = 0; i < signer_count; i++)
		spend.signers[i] = i;
	return spend;
}

static void
test_one_key_of_each_suite(void)
{
	for (uint8_t suite = 1; suite <= SUITE_MAX; suite++)
	{
		SuiteSecret secret = fixture_secret(suite, 7);
		SuiteKey key = secret.key;
		McAddress expected = fixture_address(suite, 7);
		Spend spend = spend_of(condition_of(1, &key, 1, 0, NULL), &secret, 1);

		CHECK(hash_equal(&spend.address, &expected));
		CHECK_INT(spend_with(&spend), MC_OK);
	}
}

static void
test_two_of_three(void)
{
	SuiteSecret secrets[3];
	SuiteKey keys[3];
	Spend spend;

	sorted_secrets(secrets, keys, 3);
	spend = spend_of(condition_of(2, keys, 3, 0, NULL), secrets, 2);
	CHECK_INT(spend_with(&spend), MC_OK);
	CHECK_INT(view.signature_count, 2);
	spend.signers[1] = 2;
	CHECK_INT(spend_with(&spend), MC_OK);
	spend.signer_count = 1;
	CHECK_INT(spend_with(&spend), MC_MISSING_SIGNATURE);
	CHECK_INT(problem.number, 1);
	CHECK_INT(problem.limit, 2);
	spend.signer_count = 3;
	spend.signers[1] = 1;
	spend.signers[2] = 2;
	CHECK_INT(spend_with(&spend), MC_SURPLUS_SIGNATURE);
	spend.signer_count = 2;
	spend.signers[0] = 1;
	CHECK_INT(spend_with(&spend), MC_SIGNATURES_UNORDERED);
	spend.signers[0] = 2;
	CHECK_INT(spend_with(&spend), MC_SIGNATURES_UNORDERED);
}

static void
test_signature_of_another_key(void)
{
	SuiteSecret secrets[3];
	SuiteKey keys[3];
	Spend spend;

	sorted_secrets(secrets, keys, 3);
	spend = spend_of(condition_of(1, keys, 2, 0, NULL), secrets, 1);
	secrets[0] = fixture_secret(SUITE_ED25519, 9);
	CHECK_INT(spend_with(&spend), MC_BAD_SIGNATURE);
	CHECK_INT(problem.number, 0);
	CHECK(strncmp(problem.name, "mes1", 4) == 0);
	spend.signers[0] = 2;
	CHECK_INT(spend_with(&spend), MC_UNKNOWN_KEY_INDEX);
	CHECK_INT(problem.limit, 2);
}

static void
test_signature_for_another_chain(void)
{
	Draft draft;
	McSpan good;

	draft_init(&draft);
	good = draft_envelope(&draft);
	CHECK_INT(tx_read(good, &view, &problem), MC_OK);
	CHECK_INT(tx_verify(&view, &problem), MC_OK);
	/* the body says chain two, the signature is over chain one */
	draft.field[FIELD_CHAIN] = pack("b", span_of("another-chain-id", CHAIN_ID_SIZE));
	CHECK_INT(draft_read(&draft, &view, &problem), MC_OK);
	CHECK_INT(tx_verify(&view, &problem), MC_BAD_SIGNATURE);
}

static void
test_condition_of_another_address(void)
{
	SuiteSecret secret = fixture_secret(SUITE_ED25519, 7);
	SuiteKey key = secret.key;
	Spend spend = spend_of(condition_of(1, &key, 1, 0, NULL), &secret, 1);

	spend.address.bytes[31] ^= 1;
	CHECK_INT(spend_with(&spend), MC_WRONG_SIGNER);
	CHECK(strncmp(problem.name, "mes1", 4) == 0);
}

/* Trees of 1 to 7 leaves: every branch spends, no branch of another place does. */
static void
test_every_branch_of_a_policy(void)
{
	SuiteSecret secrets[7];
	McSpan conditions[7];
	McHash leaves[7];

	for (uint32_t i = 0; i < 7; i++)
	{
		SuiteKey key;

		secrets[i] = fixture_secret(SUITE_ED25519, (uint8_t) (i + 1));
		key = secrets[i].key;
		conditions[i] = condition_of(1, &key, 1, 0, NULL);
		condition_leaf(conditions[i], &leaves[i]);
	}
	for (uint32_t count = 2; count <= 7; count++)
		for (uint32_t i = 0; i < count; i++)
		{
			Spend spend = spend_of(conditions[i], &secrets[i], 1);

			spend.address = address_of_tree(conditions, count);
			spend.path_count = condition_path(leaves, count, i, spend.path, &spend.position);
			CHECK_INT(spend_with(&spend), MC_OK);
			spend.position ^= 1;
			CHECK_INT(spend_with(&spend), MC_BRANCH_NOT_IN_POLICY);
			spend.position ^= 1;
			spend.path[0].bytes[5] ^= 1;
			CHECK_INT(spend_with(&spend), MC_BRANCH_NOT_IN_POLICY);
			spend.path[0].bytes[5] ^= 1;
			spend.condition = conditions[(i + 1) % count];
			CHECK_INT(spend_with(&spend), MC_BRANCH_NOT_IN_POLICY);
		}
}

static void
test_hash_lock(void)
{
	uint8_t preimage[PREIMAGE_SIZE] = "the secret of an atomic swap...";
	SuiteSecret secret = fixture_secret(SUITE_ED25519, 7);
	SuiteKey key = secret.key;
	McSpan opened = span_of(preimage, PREIMAGE_SIZE);
	McHash lock;
	Spend spend;

	digest_sha256(&lock, &opened, 1);
	spend = spend_of(condition_of(1, &key, 1, 0, lock.bytes), &secret, 1);
	CHECK_INT(spend_with(&spend), MC_MISSING_PREIMAGE);
	spend.preimage = preimage;
	CHECK_INT(spend_with(&spend), MC_OK);
	preimage[31] ^= 1;
	CHECK_INT(spend_with(&spend), MC_WRONG_PREIMAGE);
	preimage[31] ^= 1;
	spend = spend_of(condition_of(1, &key, 1, 0, NULL), &secret, 1);
	spend.preimage = preimage;
	CHECK_INT(spend_with(&spend), MC_SURPLUS_PREIMAGE);
}

static void
test_height_lock(void)
{
	SuiteSecret secret = fixture_secret(SUITE_ED25519, 7);
	SuiteKey key = secret.key;
	Spend spend = spend_of(condition_of(1, &key, 1, 500, NULL), &secret, 1);

	CHECK_INT(spend_with(&spend), MC_OK);
	CHECK_INT(view.lock_height, 500);
	CHECK_INT(tx_check_height(&view, 499, &problem), MC_LOCKED);
	CHECK_TEXT(problem_text(&problem), "the condition holds from block 500, this is block 499");
	CHECK_INT(tx_check_height(&view, 500, &problem), MC_OK);
	CHECK_INT(tx_check_height(&view, 501, &problem), MC_OK);
	spend = spend_of(condition_of(1, &key, 1, INT64_MAX, NULL), &secret, 1);
	CHECK_INT(spend_with(&spend), MC_OK);
	spend = spend_of(condition_of(1, &key, 1, (uint64_t) INT64_MAX + 1, NULL), &secret, 1);
	CHECK_INT(spend_with(&spend), MC_NUMBER_TOO_LARGE);
}

/* A condition of this encoding, read by itself. */
static McStatus
read_condition(McSpan bytes)
{
	WireReader reader;
	TxCondition condition;

	wire_reader_init(&reader, bytes);
	return condition_read(&reader, &condition, &problem);
}

static void
test_thresholds(void)
{
	SuiteKey one = fixture_secret(SUITE_ED25519, 1).key;
	McSpan key = pack("auh", N(2), U(1), one.public_key);

	CHECK_INT(read_condition(pack("auarun", N(4), U(1), N(1), key, U(0))), MC_OK);
	CHECK_INT(read_condition(pack("auarun", N(4), U(0), N(1), key, U(0))),
			  MC_THRESHOLD_OUT_OF_RANGE);
	CHECK_INT(read_condition(pack("auarun", N(4), U(2), N(1), key, U(0))),
			  MC_THRESHOLD_OUT_OF_RANGE);
	CHECK_INT(problem.limit, 1);
	CHECK_INT(read_condition(pack("auaun", N(4), U(0), N(0), U(0))), MC_THRESHOLD_OUT_OF_RANGE);
	CHECK_INT(read_condition(pack("auarrun", N(4), U(1), N(2), key, key, U(0))),
			  MC_KEYS_UNORDERED);
	CHECK_INT(read_condition(pack("auarb", N(4), U(1), N(1), key, span_of("", 0))),
			  MC_WRONG_TYPE);
	CHECK_INT(read_condition(pack("auarub", N(4), U(1), N(1), key, U(0),
								  span_of(one.public_key, 31))),
			  MC_WRONG_TYPE);
}

static void
test_suites_in_conditions(void)
{
	SuiteKey one = fixture_secret(SUITE_ED25519, 1).key;

	CHECK_INT(read_condition(pack("auaauhun", N(4), U(1), N(1), N(2), U(2), one.public_key, U(0))),
			  MC_OK);
	CHECK_INT(read_condition(pack("auaauhun", N(4), U(1), N(1), N(2), U(0), one.public_key, U(0))),
			  MC_UNKNOWN_SUITE);
	CHECK_INT(read_condition(pack("auaauhun", N(4), U(1), N(1), N(2), U(3), one.public_key, U(0))),
			  MC_UNKNOWN_SUITE);
	CHECK_TEXT(problem_text(&problem), "signature suite 3 is not known");
	CHECK_INT(read_condition(pack("auaauhun", N(4), U(1), N(1), N(2), U(257), one.public_key,
								  U(0))),
			  MC_UNKNOWN_SUITE);
}

/* The keys of suite 1 stand before those of suite 2 whatever their bytes. */
static void
test_key_order_is_by_suite_first(void)
{
	SuiteKey keys[2] = { { .suite = 2, .public_key = { 0 } }, { .suite = 1, .public_key = { 9 } } };
	TxCondition condition;
	SuiteKey first;
	WireReader reader;

	wire_reader_init(&reader, condition_of(1, keys, 2, 0, NULL));
	CHECK_INT(condition_read(&reader, &condition, &problem), MC_OK);
	condition_key(&condition, 0, &first);
	CHECK_INT(first.suite, 1);
	CHECK_INT(first.public_key[0], 9);
}

static void
test_limit_of_keys(void)
{
	static SuiteSecret secrets[CONDITION_KEYS_MAX];
	static SuiteKey keys[CONDITION_KEYS_MAX];
	Spend spend;
	uint8_t *start;

	sorted_secrets(secrets, keys, CONDITION_KEYS_MAX);
	spend = spend_of(condition_of(127, keys, 127, 0, NULL), secrets, 127);
	CHECK_INT(spend_with(&spend), MC_OK);
	spend = spend_of(condition_of(128, keys, 128, 0, NULL), secrets, 128);
	CHECK_INT(spend_with(&spend), MC_OK);
	CHECK_INT(view.signature_count, 128);

	start = arena + arena_used;
	pack("aua", N(4), U(1), N(129));
	for (uint32_t i = 0; i < 129; i++)
		pack("auh", N(2), U(1), keys[i % 128].public_key);
	pack("un", U(0));
	CHECK_INT(read_condition(span_of(start, (size_t) (arena + arena_used - start))),
			  MC_TOO_MANY_KEYS);
	CHECK_INT(problem.number, 129);
}

static void
test_limit_of_the_path(void)
{
	SuiteSecret secret = fixture_secret(SUITE_ED25519, 7);
	SuiteKey key = secret.key;
	McSpan condition = condition_of(1, &key, 1, 0, NULL);
	McHash leaf;
	McHash root;
	Spend spend = spend_of(condition, &secret, 1);
	McSpan path = pack_repeated(POLICY_PATH_MAX + 1, pack("h", &fixture_txid));
	Draft draft;

	condition_leaf(condition, &leaf);
	for (uint32_t count = POLICY_PATH_MAX - 1; count <= POLICY_PATH_MAX; count++)
	{
		spend.path_count = count;
		spend.position = (1u << count) - 1;
		condition_climb(&leaf, spend.position, spend.path, count, &root);
		condition_address(&root, &spend.address);
		CHECK_INT(spend_with(&spend), MC_OK);
	}
	draft_init(&draft);
	draft.witnesses = pack("aarur", N(1), N(5), condition, U(0), path);
	CHECK_INT(draft_read(&draft, &view, &problem), MC_PATH_TOO_LONG);
	draft.witnesses = pack("aarua", N(1), N(5), condition, U(1), N(0));
	CHECK_INT(draft_read(&draft, &view, &problem), MC_POSITION_OUT_OF_RANGE);
	draft.witnesses = pack("aaruah", N(1), N(5), condition, U(2), N(1), &fixture_txid);
	CHECK_INT(draft_read(&draft, &view, &problem), MC_POSITION_OUT_OF_RANGE);
	CHECK_INT(problem.limit, 1);
}

int
main(void)
{
	RUN_FRESH(test_one_key_of_each_suite);
	RUN_FRESH(test_two_of_three);
	RUN_FRESH(test_signature_of_another_key);
	RUN_FRESH(test_signature_for_another_chain);
	RUN_FRESH(test_condition_of_another_address);
	RUN_FRESH(test_every_branch_of_a_policy);
	RUN_FRESH(test_hash_lock);
	RUN_FRESH(test_height_lock);
	RUN_FRESH(test_thresholds);
	RUN_FRESH(test_suites_in_conditions);
	RUN_FRESH(test_key_order_is_by_suite_first);
	RUN_FRESH(test_limit_of_keys);
	RUN_FRESH(test_limit_of_the_path);
	return CHECK_RESULT();
}
