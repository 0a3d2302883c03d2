/*
 * row.c - works, shares and the smaller rows as canonical bytes. A row was written by this code, so
 * one that cannot be read is a damaged disk, which the caller reports.
 */
#include "rights/row.h"

#include "rights/field.h"

static McStatus
read_work_numbers(WireReader *reader, WorkRow *row)
{
	uint64_t depth;
	uint64_t tree;
	McStatus status = field_work_kind(reader, &row->kind, NULL);

	if (status == MC_OK)
		status = field_bool(reader, &row->built_upon, NULL);
	if (status == MC_OK)
		status = part_read_number(reader, &depth, NULL);
	if (status == MC_OK)
		status = part_read_number(reader, &tree, NULL);
	if (status == MC_OK)
		status = field_ppm(reader, PPM_WHOLE, &row->resale_ppm, NULL);
	if (status != MC_OK || depth > RIGHTS_DEPTH_MAX || tree > RIGHTS_TREE_MAX)
		return MC_OUT_OF_RANGE;
	row->depth = (uint32_t) depth;
	row->tree = (uint32_t) tree;
	return MC_OK;
}

static McStatus
read_work_names(WireReader *reader, WorkRow *row)
{
	McStatus status = MC_OK;

	if (!wire_read_text(reader, RIGHTS_TITLE_MAX, &row->title) ||
		field_optional_text(reader, &row->title_zh, NULL) != MC_OK ||
		field_hash(reader, &row->content_hash, NULL) != MC_OK)
		return MC_WRONG_TYPE;
	for (int code = 0; status == MC_OK && code < RIGHTS_CODE_COUNT; code++)
		status = field_optional_text(reader, &row->codes[code], NULL);
	if (status == MC_OK)
		status = field_optional_hash(reader, &row->has_evidence, &row->evidence, NULL);
	return status;
}

bool
work_row_read(McSpan value, WorkRow *row)
{
	WireReader reader;

	wire_reader_init(&reader, value);
	return wire_read_tuple(&reader, 16) &&
		   wire_read_fixed(&reader, row->registrant.bytes, HASH_SIZE) &&
		   wire_read_fixed(&reader, row->agent.bytes, HASH_SIZE) &&
		   read_work_numbers(&reader, row) == MC_OK && read_work_names(&reader, row) == MC_OK &&
		   field_sources(&reader, &row->source_count, row->sources, NULL) == MC_OK &&
		   part_read_metadata(&reader, &row->metadata, NULL) == MC_OK && wire_read_end(&reader);
}

void
work_row_write(WireWriter *writer, const WorkRow *row)
{
	assert(row->depth <= RIGHTS_DEPTH_MAX && row->tree >= 1 && row->tree <= RIGHTS_TREE_MAX);
	wire_put_array(writer, 16);
	wire_put_bytes(writer, row->registrant.bytes, HASH_SIZE);
	wire_put_bytes(writer, row->agent.bytes, HASH_SIZE);
	wire_put_uint(writer, row->kind);
	wire_put_bool(writer, row->built_upon);
	wire_put_uint(writer, row->depth);
	wire_put_uint(writer, row->tree);
	wire_put_uint(writer, row->resale_ppm);
	wire_put_text(writer, row->title);
	field_put_optional_text(writer, row->title_zh);
	wire_put_bytes(writer, row->content_hash.bytes, HASH_SIZE);
	for (int code = 0; code < RIGHTS_CODE_COUNT; code++)
		field_put_optional_text(writer, row->codes[code]);
	field_put_optional_hash(writer, row->has_evidence, &row->evidence);
	field_put_sources(writer, row->source_count, row->sources);
	wire_put_raw(writer, row->metadata);
}

bool
shares_row_read(McSpan value, RightsShares *shares)
{
	WireReader reader;

	wire_reader_init(&reader, value);
	return field_shares(&reader, shares, NULL) == MC_OK && wire_read_end(&reader);
}

void
shares_row_write(WireWriter *writer, const RightsShares *shares)
{
	assert(shares->count >= 1 && shares->count <= RIGHTS_HOLDERS_MAX);
	field_put_shares(writer, shares);
}

bool
item_row_read(McSpan value, ItemRow *row)
{
	WireReader reader;

	wire_reader_init(&reader, value);
	return wire_read_tuple(&reader, 6) && wire_read_fixed(&reader, row->owner.bytes, HASH_SIZE) &&
		   wire_read_text(&reader, RIGHTS_ITEM_KIND_MAX, &row->kind) &&
		   wire_read_text(&reader, RIGHTS_ITEM_CODE_MAX, &row->code) &&
		   field_optional_text(&reader, &row->title, NULL) == MC_OK &&
		   field_optional_hash(&reader, &row->has_content, &row->content_hash, NULL) == MC_OK &&
		   part_read_metadata(&reader, &row->metadata, NULL) == MC_OK && wire_read_end(&reader);
}

void
item_row_write(WireWriter *writer, const ItemRow *row)
{
	wire_put_array(writer, 6);
	wire_put_bytes(writer, row->owner.bytes, HASH_SIZE);
	wire_put_text(writer, row->kind);
	wire_put_text(writer, row->code);
	field_put_optional_text(writer, row->title);
	field_put_optional_hash(writer, row->has_content, &row->content_hash);
	wire_put_raw(writer, row->metadata);
}

bool
offer_row_read(McSpan value, OfferRow *row)
{
	WireReader reader;
	uint64_t status;

	wire_reader_init(&reader, value);
	if (!wire_read_tuple(&reader, 8) || !wire_read_uint_max(&reader, OFFER_WITHDRAWN, &status) ||
		!wire_read_fixed(&reader, row->work_id.bytes, HASH_SIZE) ||
		!wire_read_fixed(&reader, row->seller.bytes, HASH_SIZE))
		return false;
	row->status = (OfferStatus) status;
	return field_optional_hash(&reader, &row->has_buyer, &row->buyer, NULL) == MC_OK &&
		   field_ppm(&reader, PPM_WHOLE, &row->ppm, NULL) == MC_OK &&
		   part_read_asset(&reader, &row->asset, NULL) == MC_OK &&
		   part_read_amount_or_zero(&reader, "", &row->price, NULL) == MC_OK &&
		   field_bounded(&reader, &row->until_ms, NULL) == MC_OK && wire_read_end(&reader);
}

void
offer_row_write(WireWriter *writer, const OfferRow *row)
{
	assert(row->ppm >= 1 && row->price >= 0);
	wire_put_array(writer, 8);
	wire_put_uint(writer, row->status);
	wire_put_bytes(writer, row->work_id.bytes, HASH_SIZE);
	wire_put_bytes(writer, row->seller.bytes, HASH_SIZE);
	field_put_optional_hash(writer, row->has_buyer, &row->buyer);
	wire_put_uint(writer, row->ppm);
	part_put_asset(writer, &row->asset);
	wire_put_int(writer, row->price);
	field_put_bounded(writer, row->until_ms);
}

bool
reward_row_read(McSpan value, RewardRow *row)
{
	WireReader reader;

	wire_reader_init(&reader, value);
	return wire_read_tuple(&reader, 2) &&
		   part_read_amount_or_zero(&reader, "", &row->left, NULL) == MC_OK &&
		   field_ppm(&reader, PPM_WHOLE, &row->ppm, NULL) == MC_OK && wire_read_end(&reader);
}

void
reward_row_write(WireWriter *writer, const RewardRow *row)
{
	assert(row->left >= 0);
	wire_put_array(writer, 2);
	wire_put_int(writer, row->left);
	wire_put_uint(writer, row->ppm);
}

bool
terms_row_read(McSpan value, TermsRow *row)
{
	WireReader reader;

	wire_reader_init(&reader, value);
	return wire_read_tuple(&reader, 3) && wire_read_fixed(&reader, row->author.bytes, HASH_SIZE) &&
		   wire_read_fixed(&reader, row->subject.bytes, HASH_SIZE) &&
		   wire_read_bytes(&reader, RIGHTS_BOX_MAX, &row->box) && wire_read_end(&reader);
}

void
terms_row_write(WireWriter *writer, const TermsRow *row)
{
	wire_put_array(writer, 3);
	wire_put_bytes(writer, row->author.bytes, HASH_SIZE);
	wire_put_bytes(writer, row->subject.bytes, HASH_SIZE);
	wire_put_bytes(writer, row->box.data, row->box.size);
}
