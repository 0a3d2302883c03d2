/* work.c - see work.h. */
#include "rights/work.h"

#include "base/digest.h"
#include "rights/row.h"
#include "tx/part.h"

void
rights_work_id(const McHash *content_hash, RightsId *id)
{
	digest_tagged(id, "MES1-work", span_hash(content_hash));
}

void
rights_item_id(McSpan kind, McSpan code, RightsId *id)
{
	McSpan parts[4] = { span_text("MES1-item"), kind, span_of("", 1), code };

	digest_sha256(id, parts, 4);
}

void
rights_new_id(const char *tag, const TxWorld *world, const TxOperation *operation, RightsId *id)
{
	uint8_t index[4];
	McSpan parts[3] = { span_text(tag), span_hash(&world->txid), span_of(index, sizeof(index)) };

	put_be32(index, operation->index);
	digest_sha256(id, parts, 3);
}

/* A row that this ledger wrote and cannot read is not an answer to anybody's transaction. */
static McStatus
found_row(bool readable)
{
	assert(readable);
	(void) readable;
	return MC_OK;
}

McStatus
rights_find_work(TxWorld *world, const RightsId *id, WorkRow *row, McProblem *problem)
{
	McSpan value;

	if (!world->get_row(world, RIGHTS_WORKS, span_hash(id), &value))
		return part_problem_hex(problem, MC_UNKNOWN_WORK, id->bytes, HASH_SIZE);
	return found_row(work_row_read(value, row));
}

McStatus
rights_find_shares(TxWorld *world, const RightsId *work_id, RightsShares *shares,
				   McProblem *problem)
{
	McSpan value;

	if (!world->get_row(world, RIGHTS_SHARES, span_hash(work_id), &value))
		return part_problem_hex(problem, MC_UNKNOWN_WORK, work_id->bytes, HASH_SIZE);
	return found_row(shares_row_read(value, shares));
}

McStatus
rights_find_licence(TxWorld *world, const RightsId *id, LicenceRow *row, McProblem *problem)
{
	McSpan value;

	if (!world->get_row(world, RIGHTS_LICENCES, span_hash(id), &value))
		return part_problem_hex(problem, MC_UNKNOWN_LICENCE, id->bytes, HASH_SIZE);
	return found_row(licence_row_read(value, row));
}

McStatus
rights_find_offer(TxWorld *world, const RightsId *id, OfferRow *row, McProblem *problem)
{
	McSpan value;

	if (!world->get_row(world, RIGHTS_OFFERS, span_hash(id), &value))
		return part_problem_hex(problem, MC_UNKNOWN_OFFER, id->bytes, HASH_SIZE);
	return found_row(offer_row_read(value, row));
}

McStatus
rights_find_asset(TxWorld *world, const TxAsset *asset, McProblem *problem)
{
	McSpan value;

	if (!world->get_row(world, TX_TABLE_ASSETS, span_text(asset->code), &value))
		return part_problem_asset(problem, MC_UNKNOWN_ASSET, asset, 0, 0);
	return MC_OK;
}

McStatus
rights_check_agent(TxWorld *world, const RightsId *work_id, const WorkRow *work,
				   const McAddress *actor, McProblem *problem)
{
	RightsShares shares;
	McStatus status;

	if (hash_equal(&work->agent, actor))
		return MC_OK;
	status = rights_find_shares(world, work_id, &shares, problem);
	if (status == MC_OK && rights_share_of(&shares, actor) <= PPM_WHOLE / 2)
		status = part_problem_address(problem, MC_NOT_AGENT, actor);
	return status;
}

/* Where the holder stands, or would stand. */
static uint32_t
holder_place(const RightsShares *shares, const McAddress *holder)
{
	uint32_t place = 0;

	while (place < shares->count &&
		   memcmp(shares->items[place].holder.bytes, holder->bytes, HASH_SIZE) < 0)
		place++;
	return place;
}

static bool
holds_at(const RightsShares *shares, uint32_t place, const McAddress *holder)
{
	return place < shares->count && hash_equal(&shares->items[place].holder, holder);
}

uint32_t
rights_share_of(const RightsShares *shares, const McAddress *holder)
{
	uint32_t place = holder_place(shares, holder);

	return holds_at(shares, place, holder) ? shares->items[place].ppm : 0;
}

McStatus
rights_check_share(const RightsShares *shares, const McAddress *holder, uint32_t ppm,
				   McProblem *problem)
{
	uint32_t held = rights_share_of(shares, holder);

	if (held >= ppm)
		return MC_OK;
	part_problem_address(problem, MC_SHARE_NOT_HELD, holder);
	if (problem != NULL)
	{
		problem->number = held;
		problem->limit = ppm;
	}
	return MC_SHARE_NOT_HELD;
}

static void
take_share(RightsShares *shares, uint32_t place, uint32_t ppm)
{
	shares->items[place].ppm -= ppm;
	if (shares->items[place].ppm > 0)
		return;
	shares->count--;
	memmove(&shares->items[place], &shares->items[place + 1],
			(shares->count - place) * sizeof(RightsShare));
}

McStatus
rights_move_share(RightsShares *shares, const McAddress *from, const McAddress *to, uint32_t ppm,
				  McProblem *problem)
{
	uint32_t place;
	McStatus status = rights_check_share(shares, from, ppm, problem);

	if (status != MC_OK)
		return status;
	take_share(shares, holder_place(shares, from), ppm);
	place = holder_place(shares, to);
	if (holds_at(shares, place, to))
	{
		shares->items[place].ppm += ppm;
		return MC_OK;
	}
	if (shares->count == RIGHTS_HOLDERS_MAX)
		return status_problem(problem, MC_TOO_MANY_HOLDERS, RIGHTS_HOLDERS_MAX + 1,
							  RIGHTS_HOLDERS_MAX);
	memmove(&shares->items[place + 1], &shares->items[place],
			(shares->count - place) * sizeof(RightsShare));
	shares->items[place] = (RightsShare){ .holder = *to, .ppm = ppm };
	shares->count++;
	return MC_OK;
}

static void
put_row(TxWorld *world, TxTable table, const RightsId *id, const WireWriter *writer)
{
	assert(!writer->full);
	world->put_row(world, table, span_hash(id), wire_written(writer));
}

void
rights_put_work(TxWorld *world, const RightsId *id, const WorkRow *row)
{
	uint8_t bytes[WORK_ROW_BYTES_MAX];
	WireWriter writer;

	wire_writer_init(&writer, bytes, sizeof(bytes));
	work_row_write(&writer, row);
	put_row(world, RIGHTS_WORKS, id, &writer);
}

void
rights_put_shares(TxWorld *world, const RightsId *work_id, const RightsShares *shares)
{
	uint8_t bytes[RIGHTS_HOLDERS_MAX * 48 + 8];
	WireWriter writer;

	wire_writer_init(&writer, bytes, sizeof(bytes));
	shares_row_write(&writer, shares);
	put_row(world, RIGHTS_SHARES, work_id, &writer);
}

void
rights_put_licence(TxWorld *world, const RightsId *id, const LicenceRow *row)
{
	uint8_t bytes[LICENCE_ROW_BYTES_MAX];
	WireWriter writer;

	wire_writer_init(&writer, bytes, sizeof(bytes));
	licence_row_write(&writer, row);
	put_row(world, RIGHTS_LICENCES, id, &writer);
}

void
rights_put_offer(TxWorld *world, const RightsId *id, const OfferRow *row)
{
	uint8_t bytes[OFFER_ROW_BYTES_MAX];
	WireWriter writer;

	wire_writer_init(&writer, bytes, sizeof(bytes));
	offer_row_write(&writer, row);
	put_row(world, RIGHTS_OFFERS, id, &writer);
}
