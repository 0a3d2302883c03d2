/*
 * governance_world.h - four members' keys and a TxWorld of rows in memory, for the operations of
 * governance.
 */
#ifndef MESCHAIN_TEST_GOVERNANCE_WORLD_H
#define MESCHAIN_TEST_GOVERNANCE_WORLD_H

#include "ledger/causes.h"
#include "ledger/proposal.h"
#include "unit/check.h"

#define ROWS_MAX 64
#define MEMBERS 4

typedef struct Row
{
	TxTable table;
	size_t key_size;
	size_t value_size;
	uint8_t key[80];
	uint8_t value[1024];
} Row;

static Row rows[ROWS_MAX];
static size_t row_count;
static Genesis genesis;
static SuiteSecret identity[MEMBERS + 1];
static TxWorld world;
static const uint8_t chain_id[CHAIN_ID_SIZE] = { 7 };

static Row *
find_row(TxTable table, McSpan key)
{
	for (size_t i = 0; i < row_count; i++)
		if (rows[i].table == table &&
			span_compare(span_of(rows[i].key, rows[i].key_size), key) == 0)
			return &rows[i];
	return NULL;
}

static inline bool
get_row(TxWorld *calls, TxTable table, McSpan key, McSpan *value)
{
	const Row *row = find_row(table, key);

	(void) calls;
	if (row != NULL)
		*value = span_of(row->value, row->value_size);
	return row != NULL;
}

static inline void
put_row(TxWorld *calls, TxTable table, McSpan key, McSpan value)
{
	Row *row = find_row(table, key);

	(void) calls;
	if (row == NULL)
		row = &rows[row_count++];
	assert(row_count <= ROWS_MAX && key.size <= sizeof(row->key) &&
		   value.size <= sizeof(row->value));
	*row = (Row){ .table = table, .key_size = key.size, .value_size = value.size };
	memcpy(row->key, key.data, key.size);
	memcpy(row->value, value.data, value.size);
}

static inline SuiteSecret
secret_of(uint8_t seed)
{
	uint8_t bytes[SUITE_SEED_SIZE] = { seed };
	SuiteSecret secret;

	CHECK(suite_secret_from_seed(SUITE_ED25519, bytes, &secret));
	return secret;
}

static inline void
begin(void)
{
	row_count = 0;
	genesis_init(&genesis);
	genesis.created_ms = 1;
	genesis.member_count = MEMBERS;
	for (uint8_t i = 0; i <= MEMBERS; i++)
		identity[i] = secret_of((uint8_t) (1 + i));
	for (uint8_t i = 0; i < MEMBERS; i++)
	{
		SuiteSecret voting = secret_of((uint8_t) (101 + i));
		GenesisMember *member = &genesis.members[i];

		snprintf(member->name, sizeof(member->name), "bank%d", i + 1);
		memcpy(member->identity_key, identity[i].key.public_key, SUITE_PUBLIC_SIZE);
		memcpy(member->voting_key, voting.key.public_key, SUITE_PUBLIC_SIZE);
	}
	world = (TxWorld){ .block_time_ms = 1000000,
					   .chain_id = chain_id,
					   .genesis = &genesis,
					   .get_row = get_row,
					   .put_row = put_row };
}

static inline bool
state_get(void *context, TxTable table, McSpan key, McSpan *value)
{
	return get_row(context, table, key, value);
}

static inline GovernanceState
state_now(void)
{
	return (GovernanceState){ .context = &world, .get_row = state_get, .genesis = &genesis };
}

static inline McStatus
run(const TxOperationKind *kind, McSpan arguments)
{
	TxOperation operation = { .kind = kind->number, .arguments = arguments };
	uint32_t outputs;
	McProblem problem;
	McStatus status = kind->check(arguments, &outputs, &problem);

	return status == MC_OK ? kind->execute(&operation, &world, &problem) : status;
}

#define ARGUMENTS_MAX REPORT_BYTES_MAX

static inline McSpan
rejoin_of(uint32_t roster, uint32_t signer, uint64_t incarnation, uint8_t key_seed,
		  uint8_t arguments[ARGUMENTS_MAX])
{
	PbftRejoin rejoin = { .roster = roster, .incarnation = incarnation };
	uint8_t signed_bytes[PBFT_DOCUMENT_SIGNED_SIZE];
	uint8_t ticket[PBFT_REJOIN_SIZE];
	WireWriter writer;

	memcpy(rejoin.chain_id, chain_id, CHAIN_ID_SIZE);
	memcpy(rejoin.voting_key, secret_of(key_seed).key.public_key, SUITE_PUBLIC_SIZE);
	pbft_rejoin_signed(&rejoin, signed_bytes);
	suite_sign(&identity[signer], span_of(signed_bytes, sizeof(signed_bytes)), rejoin.signature);
	pbft_rejoin_encode(&rejoin, ticket);
	wire_writer_init(&writer, arguments, ARGUMENTS_MAX);
	operation_put_rejoin(&writer, span_of(ticket, sizeof(ticket)));
	return wire_written(&writer);
}

#endif
