/*
 * refusals.h - writes refusals.json: envelopes with one thing wrong each, the step that finds it
 * and the refusal with its message. Written from drafts, since the builder makes no such bytes.
 */
#ifndef MESCHAIN_VECTORS_REFUSALS_H
#define MESCHAIN_VECTORS_REFUSALS_H

#include "vectors/addresses.h"

static const TxRules vector_rules = {
	.chain_id = "chain-of-a-test",
	.window_max_ms = 60000,
	.bytes_max = TX_BYTES_MAX,
	.signatures_max = 1024,
};
#define VECTOR_BLOCK_TIME_MS 1030000

/* The steps of a node in their order; "" when all pass. */
static inline const char *
refusing_step(McSpan envelope, McProblem *problem)
{
	TxView view;

	if (tx_read(envelope, &view, problem) != MC_OK)
		return "read";
	if (tx_check_rules(&view, &vector_rules, problem) != MC_OK)
		return "rules";
	if (tx_verify(&view, problem) != MC_OK)
		return "verify";
	return tx_check_time(&view, VECTOR_BLOCK_TIME_MS, problem) != MC_OK ? "time" : "";
}

static inline void
write_refusal_of(const char *name, McSpan envelope)
{
	McProblem problem = { .status = MC_OK };
	char message[256];
	const char *step = refusing_step(envelope, &problem);

	assert(problem.status != MC_OK);
	status_message(&problem, message, sizeof(message));
	json_open(NULL, '{');
	json_string("name", name);
	json_hex("envelope", envelope.data, envelope.size);
	json_string("step", step);
	json_number("number", problem.status);
	json_string("code", status_info(problem.status)->name);
	json_number("operation_index", problem.operation);
	json_string("message", message);
	json_close('}');
}

static inline void
write_refusal(const char *name, DraftField field, McSpan value)
{
	Draft draft;

	draft_init(&draft);
	draft.field[field] = value;
	write_refusal_of(name, draft_envelope(&draft));
}

static inline void
write_refused_transfer(const char *name, const char *asset, int64_t amount, const char *memo)
{
	McAddress to = fixture_address(SUITE_ED25519, 2);

	write_refusal(name, FIELD_OPERATIONS,
				  draft_operation(OPERATION_TRANSFER, 0,
								  draft_transfer(&to, asset, amount, memo)));
}

static inline void
write_refused_bytes(void)
{
	Draft draft;
	McSpan good;

	draft_init(&draft);
	good = draft_envelope(&draft);
	write_refusal_of("cut", span_of(good.data, good.size - 1));
	write_refusal_of("one byte more", pack("ru", good, U(0)));
	write_refusal("a length longer than needed", FIELD_VERSION, span_of("\x18\x01", 2));
	write_refusal("an indefinite length", FIELD_INPUTS, span_of("\x9F\xFF", 2));
	write_refusal("a float", FIELD_FEE, span_of("\xF9\x00\x00", 3));
	write_refusal("text that is not UTF-8", FIELD_REFERENCE, pack("t", "\xC0\x80"));
	write_refusal("a repeated key", FIELD_OPERATIONS,
				  draft_operation(OPERATION_NOTARISE, 0,
								  pack("ahmtntn", N(2), &fixture_txid, N(2), "a", "a")));
	write_refusal("keys out of order", FIELD_OPERATIONS,
				  draft_operation(OPERATION_NOTARISE, 0,
								  pack("ahmtntn", N(2), &fixture_txid, N(2), "b", "a")));
	good = pack("r", good);
	((uint8_t *) good.data)[good.size - 8] ^= 1;
	write_refusal_of("a flipped bit in the signature", good);
}

/* The witness of one body under another. */
static inline void
write_refused_change(void)
{
	McAddress to = fixture_address(SUITE_ED25519, 2);
	Draft draft;
	TxView view;

	draft_init(&draft);
	tx_read(draft_envelope(&draft), &view, NULL);
	draft.witnesses = pack("ar", N(1), view.witnesses);
	draft.field[FIELD_OPERATIONS] =
		draft_operation(OPERATION_TRANSFER, 0, draft_transfer(&to, "MES", 6, "thanks"));
	write_refusal_of("an amount changed after signing", draft_envelope(&draft));
}

static inline void
write_refused_header(void)
{
	McAddress low = { { 1 } };
	McAddress sender = fixture_address(SUITE_ED25519, 1);

	write_refusal("another version", FIELD_VERSION, pack("u", U(2)));
	write_refusal("another chain", FIELD_CHAIN,
				  pack("b", span_of("another-chain-id", CHAIN_ID_SIZE)));
	write_refusal("an empty window", FIELD_UNTIL, pack("u", U(1000000)));
	write_refusal("a window too long", FIELD_UNTIL, pack("u", U(1060001)));
	write_refusal("expired", FIELD_UNTIL, pack("u", U(1029999)));
	write_refusal("not yet valid", FIELD_FROM, pack("u", U(1030001)));
	write_refusal("a negative fee", FIELD_FEE, pack("i", I(-1)));
	write_refusal("a fee where none is taken", FIELD_FEE, pack("i", I(1)));
	write_refusal("actors twice", FIELD_ACTORS, pack("ahh", N(2), &low, &low));
	write_refusal("the sender as actor", FIELD_ACTORS, pack("ah", N(1), &sender));
	write_refusal("an actor who did not sign", FIELD_ACTORS, pack("ah", N(1), &low));
	write_refusal("an input twice", FIELD_INPUTS,
				  pack("aahuuahuu", N(2), N(3), &fixture_txid, U(1), U(0), N(3), &fixture_txid,
					   U(1), U(0)));
	write_refusal("inputs out of order", FIELD_INPUTS,
				  pack("aahuuahuu", N(2), N(3), &fixture_txid, U(1), U(0), N(3), &fixture_txid,
					   U(0), U(0)));
	write_refusal("another sender's condition", FIELD_SENDER, pack("h", &low));
}

static inline void
write_refused_operations(void)
{
	char memo[TX_MEMO_MAX + 2] = { 0 };

	memset(memo, 'm', TX_MEMO_MAX + 1);
	write_refusal("no operation", FIELD_OPERATIONS, pack("a", N(0)));
	write_refusal("an unknown operation", FIELD_OPERATIONS, draft_operation(99, 0, pack("n")));
	write_refusal("an unknown actor", FIELD_OPERATIONS, draft_operation(2, 1, pack("n")));
	write_refusal("a transfer to nobody", FIELD_OPERATIONS,
				  draft_operation(2, 0, pack("aat", N(2), N(0), "")));
	write_refused_transfer("nothing", "MES", 0, "");
	write_refused_transfer("a negative amount", "MES", -5, "");
	write_refused_transfer("a sum beyond 63 bits", "MES", INT64_MAX, "");
	write_refused_transfer("a code in lower case", "mes", 5, "");
	write_refused_transfer("a memo too long", "MES", 5, memo);
	write_refusal("thirteen decimals", FIELD_OPERATIONS,
				  draft_operation(1, 0, pack("atuunm", N(5), "GOLD", U(13), U(1), N(0))));
}

#endif
