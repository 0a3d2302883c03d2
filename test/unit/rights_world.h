/*
 * rights_world.h - a ledger of state rows for the operations of rights/: versions in a chain by
 * key, cut back when an operation is refused, outputs counted.
 */
#ifndef MESCHAIN_TEST_RIGHTS_WORLD_H
#define MESCHAIN_TEST_RIGHTS_WORLD_H

#include "rights/operations.h"
#include "rights/row.h"
#include "rights/work.h"
#include "unit/check.h"

#define ROWS_MAX 40000
#define CHAINS 1024

typedef struct RightsVersion
{
	TxTable table;
	uint8_t key[64];
	size_t key_size;
	uint8_t *value;
	size_t value_size;
	int next;
} RightsVersion;

static struct
{
	TxWorld calls;
	int count;
	int heads[CHAINS];
	RightsVersion rows[ROWS_MAX];
	int64_t out;    /* of the operation at hand */
	int64_t issued; /* of all, in whatever asset: a test uses one pool */
	int64_t burned;
	uint32_t outputs;
	TxOutput last;
} rights;

static inline int
rights_chain(TxTable table, McSpan key)
{
	uint32_t mix = (uint32_t) table;

	for (size_t i = 0; i < key.size; i++)
		mix = (mix ^ key.data[i]) * 16777619u;
	return (int) (mix % CHAINS);
}

static inline bool
rights_get(TxWorld *world, TxTable table, McSpan key, McSpan *value)
{
	int at = rights.heads[rights_chain(table, key)];

	(void) world;
	for (; at >= 0; at = rights.rows[at].next)
		if (rights.rows[at].table == table &&
			span_compare(span_of(rights.rows[at].key, rights.rows[at].key_size), key) == 0)
		{
			*value = span_of(rights.rows[at].value, rights.rows[at].value_size);
			return true;
		}
	return false;
}

static inline void
rights_put(TxWorld *world, TxTable table, McSpan key, McSpan value)
{
	RightsVersion *row = &rights.rows[rights.count];
	int chain = rights_chain(table, key);

	(void) world;
	assert(rights.count < ROWS_MAX && key.size <= sizeof(row->key));
	*row = (RightsVersion){ .table = table, .key_size = key.size, .value_size = value.size };
	memcpy(row->key, key.data, key.size);
	row->value = malloc(value.size + 1);
	memcpy(row->value, value.data, value.size);
	row->next = rights.heads[chain];
	rights.heads[chain] = rights.count++;
}

static inline void
rights_cut(int count)
{
	while (rights.count > count)
	{
		RightsVersion *row = &rights.rows[--rights.count];

		rights.heads[rights_chain(row->table, span_of(row->key, row->key_size))] = row->next;
		free(row->value);
	}
}

static inline McStatus
rights_output(TxWorld *world, uint32_t actor, const TxOutput *output, McProblem *problem)
{
	(void) world, (void) actor, (void) problem;
	assert(output->amount > 0);
	rights.out += output->amount;
	rights.outputs++;
	rights.last = *output;
	return MC_OK;
}

static inline McStatus
rights_issued(TxWorld *world, uint32_t actor, const TxAsset *asset, int64_t amount,
			  McProblem *problem)
{
	(void) world, (void) actor, (void) asset, (void) problem;
	rights.issued += amount;
	return MC_OK;
}

static inline McStatus
rights_burned(TxWorld *world, uint32_t actor, const TxAsset *asset, int64_t amount,
			  McProblem *problem)
{
	(void) world, (void) actor, (void) asset, (void) problem;
	rights.burned += amount;
	return MC_OK;
}

static const TxAsset rights_cny = { "CNY" };
static const TxAsset rights_usd = { "USD" };
#define SUPPLY 1000000000000

static inline void
rights_asset(const TxAsset *asset)
{
	uint8_t bytes[256];
	WireWriter writer;
	uint8_t map = 0xA0;
	AssetRow row = { .decimals = 2, .supply = SUPPLY, .metadata = span_of(&map, 1) };

	wire_writer_init(&writer, bytes, sizeof(bytes));
	asset_row_write(&writer, &row);
	rights_put(&rights.calls, TX_TABLE_ASSETS, span_text(asset->code), wire_written(&writer));
}

static inline void
rights_init(void)
{
	rights_cut(0);
	memset(rights.heads, 0xFF, sizeof(rights.heads));
	rights.issued = 0;
	rights.burned = 0;
	rights.calls = (TxWorld){ .height = 1,
							  .block_time_ms = 1000,
							  .get_row = rights_get,
							  .put_row = rights_put,
							  .add_output = rights_output,
							  .add_issued = rights_issued,
							  .add_burned = rights_burned };
	rights_asset(&rights_cny);
	rights_asset(&rights_usd);
}

#endif
