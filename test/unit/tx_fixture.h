/*
 * tx_fixture.h - keys from fixed seeds, and drafts: an envelope whose twelve fields are encoded one
 * by one, so that a test can put anything in the place of one of them.
 */
#ifndef MESCHAIN_TEST_TX_FIXTURE_H
#define MESCHAIN_TEST_TX_FIXTURE_H

#include "tx/build.h"
#include "unit/check.h"
#include "unit/tx_pack.h"

/* Key number n has the seed n, n, ..., n. */
static inline SuiteSecret
fixture_secret(uint8_t suite, uint8_t number)
{
	uint8_t seed[SUITE_SEED_SIZE];
	SuiteSecret secret;
	bool valid;

	memset(seed, number, sizeof(seed));
	valid = suite_secret_from_seed(suite, seed, &secret);
	assert(valid);
	(void) valid;
	return secret;
}

static inline McAddress
fixture_address(uint8_t suite, uint8_t number)
{
	SuiteSecret secret = fixture_secret(suite, number);
	McAddress address;

	condition_address_of_key(&secret.key, &address);
	return address;
}

static const uint8_t fixture_chain[CHAIN_ID_SIZE] = "chain-of-a-test";
static const McHash fixture_txid = { { 0xAA, 0xBB } };

typedef enum DraftField
{
	FIELD_VERSION,
	FIELD_CHAIN,
	FIELD_SENDER,
	FIELD_ACTORS,
	FIELD_FROM,
	FIELD_UNTIL,
	FIELD_SUBMISSION,
	FIELD_REFERENCE,
	FIELD_FEE,
	FIELD_INPUTS,
	FIELD_OPERATIONS,
	FIELD_CHANGE,
	FIELD_COUNT
} DraftField;

#define DRAFT_SIGNERS_MAX 65

typedef struct Draft
{
	McSpan field[FIELD_COUNT];
	SuiteSecret signers[DRAFT_SIGNERS_MAX]; /* the sender's, then the actors' */
	size_t signer_count;
	McSpan witnesses; /* when set, in the place of the signers' */
} Draft;

static inline McSpan
draft_operation(uint64_t kind, uint64_t actor, McSpan arguments)
{
	return pack("aauub", N(1), N(3), kind, actor, arguments);
}

static inline McSpan
draft_transfer(const McAddress *to, const char *asset, int64_t amount, const char *memo)
{
	return pack("aaahtit", N(2), N(1), N(3), to, asset, amount, memo);
}

/* Key 1 pays 5 MES of 100 to key 2. */
static inline void
draft_init(Draft *draft)
{
	McAddress sender = fixture_address(SUITE_ED25519, 1);
	McAddress receiver = fixture_address(SUITE_ED25519, 2);

	memset(draft, 0, sizeof(*draft));
	draft->field[FIELD_VERSION] = pack("u", U(1));
	draft->field[FIELD_CHAIN] = pack("b", span_of(fixture_chain, CHAIN_ID_SIZE));
	draft->field[FIELD_SENDER] = pack("h", &sender);
	draft->field[FIELD_ACTORS] = pack("a", N(0));
	draft->field[FIELD_FROM] = pack("u", U(1000000));
	draft->field[FIELD_UNTIL] = pack("u", U(1060000));
	draft->field[FIELD_SUBMISSION] = pack("b", span_of("submission uuid!", SUBMISSION_SIZE));
	draft->field[FIELD_REFERENCE] = pack("t", "invoice 7");
	draft->field[FIELD_FEE] = pack("u", U(0));
	draft->field[FIELD_INPUTS] = pack("aahuu", N(1), N(3), &fixture_txid, U(3), U(9));
	draft->field[FIELD_OPERATIONS] =
		draft_operation(OPERATION_TRANSFER, 0, draft_transfer(&receiver, "MES", 5, "thanks"));
	draft->field[FIELD_CHANGE] = pack("aauti", N(1), N(3), U(0), "MES", I(95));
	draft->signers[0] = fixture_secret(SUITE_ED25519, 1);
	draft->signer_count = 1;
}

static inline McSpan
draft_body(const Draft *draft)
{
	uint8_t *start = arena + arena_used;

	pack("a", N(FIELD_COUNT));
	for (int i = 0; i < FIELD_COUNT; i++)
		pack("r", draft->field[i]);
	return span_of(start, (size_t) (arena + arena_used - start));
}

static inline void
draft_signing_hash(McSpan body, McHash *hash)
{
	McHash txid;

	tx_txid(body, &txid);
	tx_signing_hash(fixture_chain, &txid, hash);
}

static inline McSpan
draft_envelope(const Draft *draft)
{
	McSpan body = draft_body(draft);
	WireWriter writer;
	McHash hash;

	draft_signing_hash(body, &hash);
	wire_writer_init(&writer, arena + arena_used, sizeof(arena) - arena_used);
	if (draft->witnesses.size > 0)
	{
		wire_put_array(&writer, 2);
		wire_put_raw(&writer, body);
		wire_put_raw(&writer, draft->witnesses);
	}
	else
	{
		tx_put_envelope(&writer, body, (uint32_t) draft->signer_count);
		for (size_t i = 0; i < draft->signer_count; i++)
			tx_put_key_witness(&writer, &draft->signers[i], &hash);
	}
	assert(!writer.full);
	arena_used += writer.size;
	return wire_written(&writer);
}

static inline McStatus
draft_read(const Draft *draft, TxView *view, McProblem *problem)
{
	memset(problem, 0x55, sizeof(*problem));
	return tx_read(draft_envelope(draft), view, problem);
}

/* The status of the usual draft with another field. */
static inline McStatus
read_with(DraftField field, McSpan value, McProblem *problem)
{
	Draft draft;
	TxView view;

	draft_init(&draft);
	draft.field[field] = value;
	return draft_read(&draft, &view, problem);
}

#define CHECK_TEXT(found, expected)                                                                \
	do                                                                                             \
	{                                                                                              \
		const char *found_ = (found);                                                              \
		const char *expected_ = (expected);                                                        \
		if (strcmp(found_, expected_) != 0)                                                        \
		{                                                                                          \
			printf("# %s:%d: %s is \"%s\", not \"%s\"\n", __FILE__, __LINE__, #found, found_,     \
				   expected_);                                                                     \
			check_failures++;                                                                      \
		}                                                                                          \
	} while (0)

/* The message that people would read. */
static inline const char *
problem_text(const McProblem *problem)
{
	static char text[256];

	status_message(problem, text, sizeof(text));
	return text;
}

#endif
