/*
 * sample_sign.c - the transactions of the sample, signed as their parties would. What a report pays
 * is split by the ledger's own code over the works as they were registered.
 */
#include "base/digest.h"
#include "cli/sample.h"
#include "rights/operations.h"
#include "rights/work.h"
#include "tx/build.h"

#include <string.h>

#define COIN_UNITS INT64_C(1000000000000)
#define CLOCK_MARGIN_MS 60000

static _Alignas(16) uint8_t memory[1 << 18];

static void
begin(Sample *sample, SampleParty *party, const char *reference, TxBuilder *builder)
{
	int64_t now_ms = cli_now_us() / 1000;
	uint8_t number[8];
	McSpan parts[2] = { span_hash(&party->address), span_of(number, sizeof(number)) };
	TxHeader header = { .sender = party->address, .reference = span_text(reference) };
	McHash unique;

	put_be64(number, party->sequence++);
	digest_sha256(&unique, parts, 2);
	now_ms = (now_ms > sample->time_ms ? now_ms : sample->time_ms) - CLOCK_MARGIN_MS;
	memcpy(header.chain_id, sample->chain_id, CHAIN_ID_SIZE);
	memcpy(header.submission, unique.bytes, SUBMISSION_SIZE);
	tx_name_submission((uint64_t) now_ms, header.submission);
	header.valid_from_ms = (uint64_t) now_ms;
	header.valid_until_ms = (uint64_t) (now_ms + sample->window_ms);
	tx_build_init(builder, &header, memory, sizeof(memory));
}

static void
seal(const Sample *sample, const SampleParty *party, TxBuilder *builder, SampleEnvelope *envelope)
{
	static uint8_t bytes[1 << 18];
	static uint8_t out[1 << 18];
	WireWriter body;
	WireWriter writer;
	McHash signing;
	McProblem problem;

	wire_writer_init(&body, bytes, sizeof(bytes));
	cli_check(tx_build_body(builder, &body, &problem), &problem);
	tx_txid(wire_written(&body), &envelope->txid);
	tx_signing_hash(sample->chain_id, &envelope->txid, &signing);
	wire_writer_init(&writer, out, sizeof(out));
	tx_put_envelope(&writer, wire_written(&body), 1);
	tx_put_key_witness(&writer, &party->secret, &signing);
	if (writer.full || writer.size > SAMPLE_ENVELOPE_MAX)
		cli_fail("a transaction of the sample does not fit into %d bytes", SAMPLE_ENVELOPE_MAX);
	memcpy(envelope->bytes, out, writer.size);
	envelope->size = (uint32_t) writer.size;
}

void
sample_sign_issue(Sample *sample, SampleEnvelope *envelope)
{
	static const uint8_t empty_map = 0xA0;
	AssetRow row = { .decimals = 2,
					 .supply = COIN_UNITS * SAMPLE_PLATFORMS * SAMPLE_COINS,
					 .metadata = span_of(&empty_map, 1) };
	TxBuilder builder;

	begin(sample, &sample->parties[0], "", &builder);
	operation_put_issue_asset(tx_build_operation(&builder, OPERATION_ISSUE_ASSET, 0),
							  &sample->asset, &row);
	seal(sample, &sample->parties[0], &builder, envelope);
}

void
sample_sign_coins(Sample *sample, const McHash *issued, SampleEnvelope *envelope)
{
	static TxOutput outputs[SAMPLE_PLATFORMS * SAMPLE_COINS];
	TxBuilder builder;

	begin(sample, &sample->parties[0], "opening balances", &builder);
	for (uint32_t i = 0; i < SAMPLE_PLATFORMS * SAMPLE_COINS; i++)
		outputs[i] = (TxOutput){ sample->parties[SAMPLE_FIRST_PLATFORM + i / SAMPLE_COINS].address,
								 sample->asset, COIN_UNITS };
	tx_build_input(&builder, &(TxInput){ .txid = *issued });
	operation_put_transfer(tx_build_operation(&builder, OPERATION_TRANSFER, 0), outputs,
						   SAMPLE_PLATFORMS * SAMPLE_COINS, span_of(NULL, 0));
	seal(sample, &sample->parties[0], &builder, envelope);
	for (uint32_t i = 0; i < SAMPLE_PLATFORMS * SAMPLE_COINS; i++)
		sample->coins[i / SAMPLE_COINS][i % SAMPLE_COINS] =
			(SampleCoin){ { .txid = envelope->txid, .output_index = i }, COIN_UNITS };
}

void
sample_sign_work(Sample *sample, const SampleWork *work, SampleEnvelope *envelope)
{
	SampleParty *studio = &sample->parties[work->studio];
	TxBuilder builder;

	begin(sample, studio, "registration", &builder);
	operation_put_register_work(tx_build_operation(&builder, OPERATION_REGISTER_WORK, 0),
								&work->row, &work->shares);
	seal(sample, studio, &builder, envelope);
}

/* The id of what the first operation of a transaction makes. */
static void
made_id(const McHash *txid, RightsId *id)
{
	TxWorld world = { .txid = *txid };
	TxOperation operation = { .index = 0 };

	rights_new_id("MES1-licence", &world, &operation, id);
}

void
sample_sign_offer(Sample *sample, SampleLicence *licence, SampleEnvelope *envelope)
{
	SampleParty *studio = &sample->parties[sample->works[licence->work].studio];
	TxBuilder builder;

	begin(sample, studio, "offer", &builder);
	operation_put_grant_licence(tx_build_operation(&builder, OPERATION_GRANT_LICENCE, 0),
								&licence->row);
	seal(sample, studio, &builder, envelope);
	made_id(&envelope->txid, &licence->id);
}

/* ---- who gets what -----------------------------------------------------------------------------
 */

static bool
get_row(TxWorld *world, TxTable table, McSpan key, McSpan *value)
{
	const Sample *sample = world->ledger;

	for (uint32_t i = 0; i < sample->work_count; i++)
	{
		const SampleWork *work = &sample->works[i];

		if (span_compare(span_hash(&work->id), key) != 0)
			continue;
		*value = table == RIGHTS_WORKS ? span_of(work->stored, work->stored_size)
									   : span_of(work->stored_shares, work->stored_shares_size);
		return true;
	}
	return false;
}

static void
split(Sample *sample, const SampleLicence *licence, int64_t amount, RightsPayment *payment)
{
	TxWorld world = { .ledger = sample, .get_row = get_row };
	McProblem problem;

	payment_init(payment, &sample->asset);
	cli_check(rights_split_work(&world, &licence->row.work_id, amount, payment, &problem),
			  &problem);
}

static void
pay(Sample *sample, SampleParty *payer, TxBuilder *builder, const RightsPayment *payment,
	SampleCoin *coin, SampleEnvelope *envelope)
{
	coin->units -= payment_total(payment);
	tx_build_input(builder, &coin->input);
	if (coin->units <= 0)
		cli_fail("%s has spent all it has", payer->name);
	tx_build_change(builder, 0, &sample->asset, coin->units);
	seal(sample, payer, builder, envelope);
	/* change is numbered behind the payouts */
	coin->input = (TxInput){ .txid = envelope->txid, .output_index = payment->count };
}

void
sample_sign_purchase(Sample *sample, SampleLicence *licence, const char *reference,
					 SampleCoin *coin, SampleEnvelope *envelope)
{
	static RightsPayment payment;
	SampleParty *buyer = &sample->parties[licence->platform];
	TxBuilder builder;

	split(sample, licence, licence->row.price, &payment);
	begin(sample, buyer, reference, &builder);
	operation_put_buy_licence(tx_build_operation(&builder, OPERATION_BUY_LICENCE, 0), &licence->id,
							  &payment);
	pay(sample, buyer, &builder, &payment, coin, envelope);
	made_id(&envelope->txid, &licence->id);
}

void
sample_sign_report(Sample *sample, const SampleLicence *licence, int64_t revenue,
				   const char *reference, SampleCoin *coin, SampleEnvelope *envelope)
{
	static RightsPayment payment;
	SampleParty *payer = &sample->parties[licence->platform];
	RoyaltyReport report = { .work_id = licence->row.work_id,
							 .has_licence = true,
							 .licence_id = licence->id,
							 .revenue = revenue };
	TxBuilder builder;

	split(sample, licence, rights_part_of(revenue, licence->row.royalty_ppm), &payment);
	begin(sample, payer, reference, &builder);
	operation_put_pay_royalty(tx_build_operation(&builder, OPERATION_PAY_ROYALTY, 0), &report,
							  &payment);
	pay(sample, payer, &builder, &payment, coin, envelope);
}
