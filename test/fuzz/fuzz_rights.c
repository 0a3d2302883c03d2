/*
 * fuzz_rights.c - arguments of any bytes for any operation of rights/: what is accepted is
 * described, its outputs are as many as foretold, and executing it on a small ledger neither
 * stops nor leaves shares that are no million. The first byte chooses the kind; bytes 0xE0 to 0xE7
 * that begin a run of 32 stand for ids and addresses that the ledger knows.
 */
#include "unit/rights_run.h"

static RightsId known[8];

static void
prepare(void)
{
	RightsShares shares = { .count = 2, .items = { { person(1), 400000 }, { person(2), 600000 } } };
	OfferRow offer = { .ppm = 1000, .asset = rights_cny, .price = 100, .until_ms = 100000 };
	LicenceRow licence = { .scope = { .territory = "CN", .until_ms = 100000 },
						   .uses_left = 100,
						   .depth_left = 1,
						   .asset = rights_cny,
						   .price = 100,
						   .royalty_ppm = 1000,
						   .notice_ms = 0 };
	McAddress first = person(1);

	rights_init();
	register_work(1, 1, &shares, 0, NULL);
	register_work(2, 1, &shares, 1, &(RightsSource){ content(1), 100000 });
	offer.work_id = licence.work_id = content(2);
	operation_put_offer_share(arguments(), &offer);
	run(OPERATION_OFFER_SHARE, &first);
	known[4] = made("MES1-offer");
	operation_put_grant_licence(arguments(), &licence);
	run(OPERATION_GRANT_LICENCE, &first);
	known[5] = made("MES1-licence");
	known[0] = person(1);
	known[1] = person(2);
	known[2] = content(1);
	known[3] = content(2);
	known[6] = known[5];
	known[7] = person(3);
}

/* Ids are hashes, which no mutation guesses. */
static void
put_known(uint8_t *data, size_t size)
{
	for (size_t i = 0; i + HASH_SIZE <= size; i++)
		if (data[i] >= 0xE0 && data[i] <= 0xE7)
		{
			memcpy(data + i, known[data[i] - 0xE0].bytes, HASH_SIZE);
			i += HASH_SIZE - 1;
		}
}

static void
ignore_text(TxFields *fields, const char *name, McSpan value)
{
	(void) fields, (void) name;
	CHECK(value.size == 0 || value.data != NULL);
}

static void
ignore_number(TxFields *fields, const char *name, int64_t value)
{
	(void) fields, (void) name, (void) value;
}

static void
ignore_hash(TxFields *fields, const char *name, const McHash *value)
{
	(void) fields, (void) name, (void) value;
}

static void
ignore_amount(TxFields *fields, const char *name, const TxAsset *asset, int64_t units)
{
	(void) fields, (void) name, (void) asset, (void) units;
}

static void
ignore_list(TxFields *fields, const char *name)
{
	(void) fields, (void) name;
}

static void
ignore_item(TxFields *fields)
{
	(void) fields;
}

static void
describe(const TxOperationKind *kind, const TxOperation *operation)
{
	TxFields fields = { .text = ignore_text,
						.number = ignore_number,
						.hash = ignore_hash,
						.address = ignore_hash,
						.amount = ignore_amount,
						.cbor = ignore_text,
						.open_list = ignore_list,
						.open_item = ignore_item,
						.close_list = ignore_item };

	kind->describe(operation, &fields);
}

static void
check_shares(void)
{
	for (int i = 2; i <= 3; i++)
	{
		RightsShares shares;
		McSpan value;

		/* reading refuses what is not a million */
		CHECK(rights_get(NULL, RIGHTS_SHARES, span_hash(&known[i]), &value) &&
			  shares_row_read(value, &shares));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const TxOperationKind *kind;
	McAddress actor = person(1);
	uint32_t outputs;
	int prepared;

	if (size < 2 || size > sizeof(rights_arguments))
		return 0;
	kind = operation_kind(OPERATION_REGISTER_WORK +
						  data[0] % (OPERATION_SEAL_TERMS - OPERATION_REGISTER_WORK + 1));
	if (rights.count == 0)
		prepare();
	prepared = rights.count;
	wire_put_raw(arguments(), span_of(data + 1, size - 1));
	put_known(rights_writer.data, rights_writer.size);
	if (kind->check(wire_written(&rights_writer), &outputs, &rights_problem) == MC_OK)
	{
		TxOperation operation = { .kind = kind->number,
								  .actor_address = actor,
								  .arguments = wire_written(&rights_writer) };

		describe(kind, &operation);
		run(kind->number, &actor);
		check_shares();
	}
	if (check_failures > 0)
		abort();
	rights_cut(prepared);
	rights.issued = rights.burned = 0;
	return 0;
}
