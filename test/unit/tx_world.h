/*
 * tx_world.h - a ledger in a few arrays, for executing one transaction's operations; and a receiver
 * of described fields that writes them as one line of text.
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

static char line[4096];

static inline void
line_add(const char *name, const char *value)
{
	size_t used = strlen(line);

	snprintf(line + used, sizeof(line) - used, "%s=%s;", name, value);
}

static inline void
line_text(TxFields *fields, const char *name, McSpan value)
{
	char text[256];

	(void) fields;
	snprintf(text, sizeof(text), "%.*s", (int) value.size, (const char *) value.data);
	line_add(name, text);
}

static inline void
line_number(TxFields *fields, const char *name, int64_t value)
{
	char text[32];

	(void) fields;
	snprintf(text, sizeof(text), "%lld", (long long) value);
	line_add(name, text);
}

static inline void
line_hash(TxFields *fields, const char *name, const McHash *value)
{
	char text[2 * HASH_SIZE + 1];

	(void) fields;
	check_hex(value->bytes, HASH_SIZE, text);
	line_add(name, text);
}

static inline void
line_address(TxFields *fields, const char *name, const McAddress *value)
{
	char text[ADDRESS_TEXT_SIZE + 1];

	(void) fields;
	address_format(value, text);
	text[8] = '\0';
	line_add(name, text);
}

static inline void
line_amount(TxFields *fields, const char *name, const TxAsset *asset, int64_t units)
{
	char text[64];

	(void) fields;
	snprintf(text, sizeof(text), "%lld%s", (long long) units, asset->code);
	line_add(name, text);
}

static inline void
line_cbor(TxFields *fields, const char *name, McSpan value)
{
	char text[128];

	(void) fields;
	check_hex(value.data, value.size, text);
	line_add(name, text);
}

static inline void
line_open(TxFields *fields, const char *name)
{
	(void) fields;
	strcat(line, name);
	strcat(line, "[");
}

static inline void
line_item(TxFields *fields)
{
	(void) fields;
	strcat(line, "|");
}

static inline void
line_close(TxFields *fields)
{
	(void) fields;
	strcat(line, "]");
}

static TxFields line_fields = { NULL,		 line_text, line_number, line_hash, line_address,
								line_amount, line_cbor, line_open,	 line_item, line_close };

#endif
