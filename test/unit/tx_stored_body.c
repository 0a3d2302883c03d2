/* tx_stored_body.c - a body is read without its witnesses, as the ledger stores it. */
#include "unit/tx_fixture.h"

static McProblem problem;

static void
test_reads_what_the_envelope_says(void)
{
	Draft draft;
	TxView view;
	McSpan body;
	McHash txid;

	draft_init(&draft);
	body = draft_body(&draft);
	tx_txid(body, &txid);
	CHECK_INT(tx_read_body(body, &view, &problem), MC_OK);
	CHECK(hash_equal(&view.txid, &txid));
	CHECK(span_compare(view.body, body) == 0);
	CHECK(span_compare(view.reference, span_text("invoice 7")) == 0);
	CHECK_INT(view.operation_count, 1);
	CHECK_INT(view.witnesses.size, 0);
}

static void
test_refuses_what_is_no_body(void)
{
	uint8_t longer[4096];
	Draft draft;
	TxView view;
	McSpan body;

	draft_init(&draft);
	body = draft_body(&draft);
	for (size_t size = 0; size < body.size; size++)
		CHECK(tx_read_body(span_of(body.data, size), &view, &problem) != MC_OK);
	memcpy(longer, body.data, body.size);
	longer[body.size] = 0;
	CHECK_INT(tx_read_body(span_of(longer, body.size + 1), &view, &problem), MC_TRAILING_BYTES);
}

int
main(void)
{
	RUN_FRESH(test_reads_what_the_envelope_says);
	RUN_FRESH(test_refuses_what_is_no_body);
	return CHECK_RESULT();
}
