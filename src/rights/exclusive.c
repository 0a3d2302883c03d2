/*
 * exclusive.c - no two exclusive licences of one owner meet in territory, medium and window. An
 * offer of one counts from the grant on, so whoever buys it gets what was offered.
 */
#include "rights/field.h"
#include "rights/licence.h"

typedef struct Exclusive
{
	RightsId licence_id;
	LicenceScope scope;
} Exclusive;

typedef struct Exclusives
{
	uint32_t count;
	Exclusive items[RIGHTS_EXCLUSIVES_MAX];
} Exclusives;

#define EXCLUSIVES_BYTES_MAX (RIGHTS_EXCLUSIVES_MAX * 80 + 8)

static void
load(TxWorld *world, const RightsId *owner, Exclusives *list)
{
	WireReader reader;
	McSpan value;
	size_t count = 0;

	list->count = 0;
	if (!world->get_row(world, RIGHTS_EXCLUSIVES, span_hash(owner), &value))
		return;
	wire_reader_init(&reader, value);
	wire_read_array(&reader, RIGHTS_EXCLUSIVES_MAX, &count);
	for (; list->count < count; list->count++)
	{
		Exclusive *item = &list->items[list->count];

		wire_read_tuple(&reader, 2);
		wire_read_fixed(&reader, item->licence_id.bytes, HASH_SIZE);
		licence_scope_read(&reader, &item->scope, NULL);
	}
	assert(wire_read_end(&reader));
}

static void
store(TxWorld *world, const RightsId *owner, const Exclusives *list)
{
	uint8_t bytes[EXCLUSIVES_BYTES_MAX];
	WireWriter writer;

	wire_writer_init(&writer, bytes, sizeof(bytes));
	wire_put_array(&writer, list->count);
	for (uint32_t i = 0; i < list->count; i++)
	{
		wire_put_array(&writer, 2);
		wire_put_bytes(&writer, list->items[i].licence_id.bytes, HASH_SIZE);
		licence_scope_write(&writer, &list->items[i].scope);
	}
	assert(!writer.full);
	world->put_row(world, RIGHTS_EXCLUSIVES, span_hash(owner), wire_written(&writer));
}

static bool
meet(const LicenceScope *left, const LicenceScope *right)
{
	return (left->medium == right->medium || left->medium == 0 || right->medium == 0) &&
		   left->from_ms < right->until_ms && right->from_ms < left->until_ms &&
		   territory_overlaps(left->territory, right->territory);
}

const RightsId *
exclusive_owner(const LicenceRow *row)
{
	return row->has_parent ? &row->parent : &row->work_id;
}

McStatus
exclusive_check(TxWorld *world, const RightsId *owner, const LicenceScope *scope,
				McProblem *problem)
{
	Exclusives list;

	load(world, owner, &list);
	for (uint32_t i = 0; i < list.count; i++)
		if (list.items[i].scope.until_ms > world->block_time_ms &&
			meet(&list.items[i].scope, scope))
			return part_problem_hex(problem, MC_EXCLUSIVE_OVERLAP, list.items[i].licence_id.bytes,
									HASH_SIZE);
	return MC_OK;
}

McStatus
exclusive_add(TxWorld *world, const RightsId *owner, const RightsId *licence_id,
			  const LicenceScope *scope, McProblem *problem)
{
	Exclusives list;
	uint32_t kept = 0;

	load(world, owner, &list);
	for (uint32_t i = 0; i < list.count; i++)
		if (list.items[i].scope.until_ms > world->block_time_ms)
			list.items[kept++] = list.items[i];
	if (kept == RIGHTS_EXCLUSIVES_MAX)
		return status_problem(problem, MC_TOO_MANY_EXCLUSIVES, kept + 1, RIGHTS_EXCLUSIVES_MAX);
	list.items[kept++] = (Exclusive){ .licence_id = *licence_id, .scope = *scope };
	list.count = kept;
	store(world, owner, &list);
	return MC_OK;
}

void
exclusive_end(TxWorld *world, const RightsId *owner, const RightsId *licence_id, uint64_t until_ms)
{
	Exclusives list;
	uint32_t kept = 0;

	load(world, owner, &list);
	for (uint32_t i = 0; i < list.count; i++)
	{
		if (hash_equal(&list.items[i].licence_id, licence_id))
			list.items[i].scope.until_ms = until_ms;
		if (list.items[i].scope.until_ms > 0)
			list.items[kept++] = list.items[i];
	}
	list.count = kept;
	store(world, owner, &list);
}
