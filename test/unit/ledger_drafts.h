/*
 * ledger_drafts.h - transactions over coins that are known by a number.
 */
#ifndef MESCHAIN_TEST_LEDGER_DRAFTS_H
#define MESCHAIN_TEST_LEDGER_DRAFTS_H

#include "unit/tx_fixture.h"

#define VIEWS_MAX 16

static TxView views[VIEWS_MAX];
static uint32_t view_count;

static inline McAddress
key_address(uint8_t number)
{
	return fixture_address(SUITE_ED25519, number);
}

/* A coin's txid begins with its number, so that it is found at once. */
static inline McHash
coin_txid(uint32_t number)
{
	McHash txid = { { 0x11 } };

	put_be32(txid.bytes, number);
	return txid;
}

/* A draft of this key, with a submission of its own and nothing in it yet. */
static inline void
begin_draft(Draft *draft, uint8_t sender)
{
	static uint32_t number;
	uint8_t submission[SUBMISSION_SIZE] = { 0 };
	McAddress address = key_address(sender);

	put_be32(submission, ++number);
	draft_init(draft);
	draft->field[FIELD_SENDER] = pack("h", &address);
	draft->field[FIELD_SUBMISSION] = pack("b", span_of(submission, SUBMISSION_SIZE));
	draft->field[FIELD_INPUTS] = pack("a", N(0));
	draft->field[FIELD_OPERATIONS] = pack("a", N(0));
	draft->field[FIELD_CHANGE] = pack("a", N(0));
	draft->signers[0] = fixture_secret(SUITE_ED25519, sender);
}

static inline void
draft_spends(Draft *draft, uint32_t first, uint32_t count, uint64_t height)
{
	uint8_t *start = arena + arena_used;

	pack("a", N(count));
	for (uint32_t i = first; i < first + count; i++)
	{
		McHash txid = coin_txid(i);

		pack("ahuu", N(3), &txid, U(0), U(height));
	}
	draft->field[FIELD_INPUTS] = span_of(start, (size_t) (arena + arena_used - start));
}

static inline void
draft_pays(Draft *draft, uint8_t to, const char *asset, int64_t amount)
{
	McAddress receiver = key_address(to);

	draft->field[FIELD_OPERATIONS] =
		draft_operation(OPERATION_TRANSFER, 0, draft_transfer(&receiver, asset, amount, ""));
}

static inline void
draft_change(Draft *draft, const char *asset, int64_t amount)
{
	draft->field[FIELD_CHANGE] = pack("aauti", N(1), N(3), U(0), asset, I(amount));
}

static inline void
draft_fee(Draft *draft, int64_t fee)
{
	draft->field[FIELD_FEE] = pack("i", I(fee));
}

static inline TxView *
draft_view(const Draft *draft)
{
	TxView *view = &views[view_count++];
	McProblem problem;
	McStatus status = draft_read(draft, view, &problem);

	assert(view_count <= VIEWS_MAX);
	if (status != MC_OK)
		printf("# %s\n", problem_text(&problem));
	assert(status == MC_OK);
	return view;
}

#endif
