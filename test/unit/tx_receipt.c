/* tx_receipt.c - receipts: success and refusal to bytes and back, and what is no receipt. */
#include "tx/receipt.h"
#include "unit/tx_fixture.h"

#include "base/digest.h"

static const McHash txid = { { 0x11, 0x22 } };

static McSpan
receipt_of(const McProblem *problem)
{
	WireWriter writer;

	wire_writer_init(&writer, arena + arena_used, RECEIPT_BYTES_MAX);
	receipt_write(&writer, &txid, problem);
	CHECK(!writer.full);
	arena_used += writer.size;
	return wire_written(&writer);
}

static void
test_success(void)
{
	McProblem problem = { .status = MC_OK, .operation = 7, .number = 8, .name = "left over" };
	McProblem back;
	McHash back_txid;

	CHECK_INT(receipt_read(receipt_of(&problem), &back_txid, &back, NULL), MC_OK);
	CHECK(hash_equal(&back_txid, &txid));
	CHECK_INT(back.status, MC_OK);
	CHECK_INT(back.operation, -1);
	CHECK_INT(back.number, 0);
	CHECK_TEXT(back.name, "");
}

/* The largest of every field fits. */
static void
test_refusal(void)
{
	McProblem problem = { .status = MC_STATUS_MAX,
						  .operation = TX_OPERATIONS_MAX - 1,
						  .number = INT64_MIN,
						  .limit = INT64_MAX };
	McProblem back;
	McHash back_txid;

	memset(problem.name, 'n', MC_PROBLEM_NAME_MAX - 1);
	CHECK_INT(receipt_read(receipt_of(&problem), &back_txid, &back, NULL), MC_OK);
	CHECK_INT(back.status, problem.status);
	CHECK_INT(back.operation, problem.operation);
	CHECK_INT(back.number, problem.number);
	CHECK_INT(back.limit, problem.limit);
	CHECK_TEXT(back.name, problem.name);
}

static McStatus
read_receipt(McSpan bytes)
{
	McProblem problem;
	McProblem refusal;
	McHash back_txid;

	return receipt_read(bytes, &back_txid, &problem, &refusal);
}

static void
test_what_is_no_receipt(void)
{
	char name[MC_PROBLEM_NAME_MAX + 1] = { 0 };

	memset(name, 'n', MC_PROBLEM_NAME_MAX);
	CHECK_INT(read_receipt(pack("ahuiiit", N(6), &txid, U(201), I(0), I(0), I(0), "GOLD")), MC_OK);
	CHECK_INT(read_receipt(pack("ahuiiit", N(6), &txid, U(1000), I(0), I(0), I(0), "")),
			  MC_NUMBER_TOO_LARGE);
	CHECK_INT(read_receipt(pack("ahuiiit", N(6), &txid, U(201), I(-2), I(0), I(0), "")),
			  MC_NUMBER_TOO_LARGE);
	CHECK_INT(read_receipt(pack("ahuiiit", N(6), &txid, U(201), I(TX_OPERATIONS_MAX), I(0), I(0),
								"")),
			  MC_NUMBER_TOO_LARGE);
	CHECK_INT(read_receipt(pack("ahuiiit", N(6), &txid, U(201), I(0), I(0), I(0), name)),
			  MC_TOO_LARGE);
	CHECK_INT(read_receipt(pack("ahuiiit", N(6), &txid, U(0), I(0), I(0), I(0), "")),
			  MC_NOT_CANONICAL);
	CHECK_INT(read_receipt(pack("ahuiiit", N(6), &txid, U(0), I(-1), I(1), I(0), "")),
			  MC_NOT_CANONICAL);
	CHECK_INT(read_receipt(pack("ahuiiit", N(6), &txid, U(0), I(-1), I(0), I(1), "")),
			  MC_NOT_CANONICAL);
	CHECK_INT(read_receipt(pack("ahuiiit", N(6), &txid, U(0), I(-1), I(0), I(0), "x")),
			  MC_NOT_CANONICAL);
	CHECK_INT(read_receipt(pack("ahuiiitn", N(6), &txid, U(0), I(-1), I(0), I(0), "")),
			  MC_TRAILING_BYTES);
}

static void
test_leaf(void)
{
	McSpan parts[3] = { span_of("\0", 1), span_text("MES1-receipt"),
						receipt_of(&(McProblem){ .status = MC_EXPIRED }) };
	McHash expected;
	McHash leaf;

	digest_sha256(&expected, parts, 3);
	receipt_leaf(parts[2], &leaf);
	CHECK(hash_equal(&leaf, &expected));
}

int
main(void)
{
	RUN_FRESH(test_success);
	RUN_FRESH(test_refusal);
	RUN_FRESH(test_what_is_no_receipt);
	RUN_FRESH(test_leaf);
	return CHECK_RESULT();
}
