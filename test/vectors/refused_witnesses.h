/*
 * refused_witnesses.h - the refusals of what signs: one change each to a good witness of a policy.
 */
#ifndef MESCHAIN_VECTORS_REFUSED_WITNESSES_H
#define MESCHAIN_VECTORS_REFUSED_WITNESSES_H

#include "vectors/refusals.h"

static inline void
sign_by_one(Party *party)
{
	party->signer_count = 1;
}

static inline void
sign_in_another_order(Party *party)
{
	SuiteSecret first = party->signers[0];

	party->signers[0] = party->signers[1];
	party->signers[1] = first;
	party->key_indexes[0] = 2;
	party->key_indexes[1] = 0;
}

static inline void
sign_by_a_stranger(Party *party)
{
	party->signers[1] = fixture_secret(SUITE_SCHNORR, 99);
}

static inline void
sign_for_a_key_that_is_not(Party *party)
{
	party->key_indexes[1] = 3;
}

static inline void
sign_by_two_where_one_suffices(Party *party)
{
	SuiteKey keys[2] = { party->signers[0].key, fixture_secret(SUITE_SCHNORR, 13).key };
	McHash leaf;

	party->condition = party_condition(1, keys, 2, 0, NULL);
	party->path_count = 0;
	party->position = 0;
	condition_leaf(party->condition, &leaf);
	condition_address(&leaf, &party->address);
	party->signers[1] = fixture_secret(SUITE_SCHNORR, 13);
	party->key_indexes[1] = 1;
	party->signer_count = 2;
}

static inline void
leave_as_it_is(Party *party)
{
	(void) party;
}

static inline void
stand_in_another_place(Party *party)
{
	party->position ^= 1;
}

static inline void
show_a_branch_of_another_policy(Party *party)
{
	SuiteKey key = party->signers[0].key;

	party->condition = party_condition(1, &key, 1, 1, NULL);
}

static inline void
keep_the_secret(Party *party)
{
	party->preimage = NULL;
}

static inline void
show_another_secret(Party *party)
{
	party->preimage = fixture_txid.bytes;
}

/* prepare may change the address, so it comes before the body is signed; change comes after. */
static inline void
write_refused_witness(const char *name, size_t branch, void (*prepare)(Party *party),
					  void (*change)(Party *party))
{
	Party party = party_of_branch(branch);
	Draft draft;
	WireWriter writer;
	McHash hash;

	prepare(&party);
	draft_init(&draft);
	draft.field[FIELD_SENDER] = pack("h", &party.address);
	draft_signing_hash(draft_body(&draft), &hash);
	change(&party);
	wire_writer_init(&writer, arena + arena_used, 65536);
	wire_put_array(&writer, 1);
	party_put_witness(&writer, &party, &hash);
	arena_used += writer.size;
	draft.witnesses = wire_written(&writer);
	write_refusal_of(name, draft_envelope(&draft));
}

static inline void
write_refused_witnesses(void)
{
	write_refused_witness("one of two signatures", 1, leave_as_it_is, sign_by_one);
	write_refused_witness("signatures out of order", 1, leave_as_it_is, sign_in_another_order);
	write_refused_witness("a signature of a stranger", 1, leave_as_it_is, sign_by_a_stranger);
	write_refused_witness("a key that is not there", 1, leave_as_it_is,
						  sign_for_a_key_that_is_not);
	write_refused_witness("one signature too many", 0, sign_by_two_where_one_suffices,
						  keep_the_secret);
	write_refused_witness("a branch in another place", 1, leave_as_it_is, stand_in_another_place);
	write_refused_witness("a branch that is not in the policy", 2, leave_as_it_is,
						  show_a_branch_of_another_policy);
	write_refused_witness("a hash lock left shut", 0, leave_as_it_is, keep_the_secret);
	write_refused_witness("another preimage", 0, leave_as_it_is, show_another_secret);
	write_refused_witness("a preimage without a lock", 2, leave_as_it_is, show_another_secret);
}

static inline void
write_refusals(void)
{
	json_open(NULL, '{');
	json_hex("chain_id", fixture_chain, CHAIN_ID_SIZE);
	json_amount("window_max_ms", (int64_t) vector_rules.window_max_ms);
	json_amount("block_time_ms", VECTOR_BLOCK_TIME_MS);
	json_open("refusals", '[');
	write_refused_bytes();
	write_refused_change();
	write_refused_header();
	write_refused_operations();
	write_refused_witnesses();
	json_close(']');
	json_close('}');
}

#endif
