/*
 * tx_world.h - a ledger in a few arrays, for executing one transaction's operations.
 */
#ifndef MESCHAIN_TEST_TX_WORLD_H
#define MESCHAIN_TEST_TX_WORLD_H

#include "tx/operation.h"
#include "unit/check.h"

#define WORLD_ROWS_MAX 8
#define WORLD_OUTPUTS_MAX 8

typedef struct WorldRow
{
	TxTable table;
	uint8_t key[HASH_SIZE];
	size_t key_size;
	uint8_t value[8192];
	size_t value_size;
} WorldRow;

typedef struct World
{
	TxWorld calls;
	WorldRow rows[WORLD_ROWS_MAX];
	size_t row_count;
	TxOutput outputs[WORLD_OUTPUTS_MAX];
	uint32_t output_actors[WORLD_OUTPUTS_MAX];
	size_t output_count;
	int64_t issued; /* of whatever asset: a test looks at one */
	int64_t burned;
	McStatus refuse_output; /* what the ledger answers to the next output */
} World;

static inline WorldRow *
world_find(World *world, TxTable table, McSpan key)
{
	for (size_t i = 0; i < world->row_count; i++)
	{
		WorldRow *row = &world->rows[i];

		if (row->table == table && span_compare(span_of(row->key, row->key_size), key) == 0)
			return row;
	}
	return NULL;
}

static inline bool
world_get(TxWorld *calls, TxTable table, McSpan key, McSpan *value)
{
	WorldRow *row = world_find(calls->ledger, table, key);

	if (row == NULL)
		return false;
	*value = span_of(row->value, row->value_size);
	return true;
}

static inline void
world_put(TxWorld *calls, TxTable table, McSpan key, McSpan value)
{
	World *world = calls->ledger;
	WorldRow *row = world_find(world, table, key);

	if (row == NULL)
	{
		assert(world->row_count < WORLD_ROWS_MAX && key.size <= HASH_SIZE);
		row = &world->rows[world->row_count++];
		row->table = table;
		memcpy(row->key, key.data, key.size);
		row->key_size = key.size;
	}
	assert(value.size <= sizeof(row->value));
	memmove(row->value, value.data, value.size);
	row->value_size = value.size;
}

static inline McStatus
world_output(TxWorld *calls, uint32_t actor, const TxOutput *output, McProblem *problem)
{
	World *world = calls->ledger;

	if (world->refuse_output != MC_OK)
		return status_problem(problem, world->refuse_output, 0, 0);
	assert(world->output_count < WORLD_OUTPUTS_MAX);
	world->output_actors[world->output_count] = actor;
	world->outputs[world->output_count++] = *output;
	return MC_OK;
}

static inline McStatus
world_issued(TxWorld *calls, uint32_t actor, const TxAsset *asset, int64_t amount,
			 McProblem *problem)
{
	(void) actor, (void) asset, (void) problem;
	((World *) calls->ledger)->issued += amount;
	return MC_OK;
}

static inline McStatus
world_burned(TxWorld *calls, uint32_t actor, const TxAsset *asset, int64_t amount,
			 McProblem *problem)
{
	(void) actor, (void) asset, (void) problem;
	((World *) calls->ledger)->burned += amount;
	return MC_OK;
}

static inline void
world_init(World *world)
{
	memset(world, 0, sizeof(*world));
	world->calls = (TxWorld){ .height = 12,
							  .block_time_ms = 1000000,
							  .txid = { { 0x77 } },
							  .ledger = world,
							  .get_row = world_get,
							  .put_row = world_put,
							  .add_output = world_output,
							  .add_issued = world_issued,
							  .add_burned = world_burned };
}

#endif
