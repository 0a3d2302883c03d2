/*
 * ledger_recovery.c - what a recovery does to the ledger: fresh keys out of a document, onto the
 * roll, by rows that no transaction wrote.
 */
#include "ledger/recovery.h"
#include "unit/check.h"
#include "unit/ledger_world.h"

#define MEMBERS 4

static Genesis genesis;
static PbftAttest attests[MEMBERS];
static PbftAttest scratch;
static RecoveryKeys keys;
static uint8_t document[MEMBERS * PBFT_ATTEST_MAX];
static size_t document_size;

static void
begin(void)
{
	memset(&genesis, 0, sizeof(genesis));
	genesis.member_count = MEMBERS;
	for (uint8_t i = 0; i < MEMBERS; i++)
	{
		snprintf(genesis.members[i].name, sizeof(genesis.members[i].name), "bank%u", i);
		memset(genesis.members[i].voting_key, 10 + i, SUITE_PUBLIC_SIZE);
		attests[i] = (PbftAttest){ .roster = i, .resume_no = 1, .incarnation = 1 };
		memset(attests[i].fresh_key, 20 + i, PBFT_KEY_SIZE);
	}
	begin_world();
}

/* Of the first so many members. */
static bool
assemble(uint32_t count)
{
	static uint8_t bytes[MEMBERS][PBFT_ATTEST_MAX];
	static const uint8_t chain_id[PBFT_CHAIN_ID_SIZE];
	McSpan spans[MEMBERS];

	for (uint32_t i = 0; i < count; i++)
		spans[i] = span_of(bytes[i], pbft_attest_encode(&attests[i], bytes[i]));
	document_size = pbft_resume_encode(chain_id, 1, spans, count, document, sizeof(document));
	return recovery_keys(span_of(document, document_size), &scratch, &keys);
}

static void
test_keys_of_a_document(void)
{
	begin();
	CHECK(assemble(3));
	CHECK_INT(keys.count, 3);
	CHECK_INT(keys.keys[2].number, 2);
	CHECK_INT(keys.keys[2].voting_key[0], 22);
	/* a document that is cut says no more than it has */
	CHECK(recovery_keys(span_of(document, document_size - 1), &scratch, &keys));
	CHECK_INT(keys.count, 2);
	memcpy(attests[1].fresh_key, attests[0].fresh_key, PBFT_KEY_SIZE);
	CHECK(!assemble(3));
}

static void
test_a_key_that_was_replaced_since_stays(void)
{
	GovernanceMember member = { .standing = MEMBER_ACTIVE, .incarnation = 1 };

	begin();
	CHECK(assemble(2));
	CHECK(!recovery_rekey(&keys, 0, &member));
	CHECK_INT(member.member.voting_key[0], 0);
	member.incarnation = 0;
	CHECK(recovery_rekey(&keys, 0, &member));
	CHECK_INT(member.incarnation, 1);
	CHECK_INT(member.member.voting_key[0], 20);
	CHECK(!recovery_rekey(&keys, 3, &member));
}

static void
close_block(LedgerRoots *out)
{
	ledger_block_close(block);
	ledger_block_roots(block, out);
}

/* Behind the transactions, in the write set and in the state, as rows of the block's own. */
static void
test_a_recovery_writes_its_keys(void)
{
	GovernanceMember member;
	LedgerRoots empty;
	LedgerRoots written;
	LtHash expected;
	McHash element;
	McHash digest;
	const LedgerRow *rows;
	uint32_t count;

	begin();
	close_block(&empty);
	begin();
	expected = state;
	CHECK(assemble(2));
	recovery_write(block, &genesis, &keys);
	close_block(&written);
	rows = ledger_block_rows(block, &count);
	CHECK_INT(count, 2);
	CHECK_INT(rows[1].table, TX_TABLE_MEMBERS);
	CHECK_INT(rows[1].position, 0);
	CHECK(governance_member_read(rows[1].value, &member));
	CHECK(strcmp(member.member.name, "bank1") == 0);
	CHECK_INT(member.incarnation, 1);
	CHECK_INT(member.member.voting_key[5], 21);
	CHECK(!hash_equal(&empty.writeset_root, &written.writeset_root));
	CHECK(hash_equal(&empty.receipts_root, &written.receipts_root));
	for (uint32_t i = 0; i < count; i++)
	{
		ledger_row_element(rows[i].table, rows[i].key, rows[i].value, &element);
		lthash_add(&expected, &element);
	}
	lthash_digest(&expected, &digest);
	CHECK(hash_equal(&digest, &written.state_digest));
}

int
main(void)
{
	RUN(test_keys_of_a_document);
	RUN(test_a_key_that_was_replaced_since_stays);
	RUN(test_a_recovery_writes_its_keys);
	return CHECK_RESULT();
}
