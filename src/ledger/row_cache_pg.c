/* row_cache_pg.c - see row_cache_pg.h. Keys longer than usual are not kept. */
#include "ledger/row_cache_pg.h"

#include "utils/hsearch.h"
#include "utils/memutils.h"

#define KEY_MAX 60

typedef struct RowKey
{
	uint16_t table;
	uint16_t size;
	uint8_t bytes[KEY_MAX];
} RowKey;

typedef struct RowEntry
{
	RowKey key;
	bool present;
	McSpan value;
} RowEntry;

static struct
{
	Size limit;
	Size used;
	MemoryContext memory;
	HTAB *rows;
} cache;

static void
make_table(void)
{
	HASHCTL control = { .keysize = sizeof(RowKey),
						.entrysize = sizeof(RowEntry),
						.hcxt = cache.memory };

	cache.rows =
		hash_create("meschain state rows", 4096, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	cache.used = 0;
}

void
row_cache_open(Size bytes)
{
	cache.limit = bytes;
	cache.memory =
		AllocSetContextCreate(TopMemoryContext, "meschain state rows", ALLOCSET_DEFAULT_SIZES);
	make_table();
}

void
row_cache_trim(void)
{
	if (cache.used <= cache.limit)
		return;
	MemoryContextReset(cache.memory); /* the table is a child of it */
	make_table();
}

static bool
fill_key(RowKey *row_key, TxTable table, McSpan key)
{
	if (key.size > KEY_MAX)
		return false;
	memset(row_key, 0, sizeof(*row_key));
	row_key->table = (uint16_t) table;
	row_key->size = (uint16_t) key.size;
	memcpy(row_key->bytes, key.data, key.size);
	return true;
}

bool
row_cache_get(TxTable table, McSpan key, bool *present, McSpan *value)
{
	RowKey row_key;
	const RowEntry *entry;

	if (!fill_key(&row_key, table, key))
		return false;
	entry = hash_search(cache.rows, &row_key, HASH_FIND, NULL);
	if (entry == NULL)
		return false;
	*present = entry->present;
	*value = entry->value;
	return true;
}

void
row_cache_put(TxTable table, McSpan key, const McSpan *value)
{
	RowKey row_key;
	RowEntry *entry;
	uint8_t *copy;
	bool found;

	if (!fill_key(&row_key, table, key))
		return;
	entry = hash_search(cache.rows, &row_key, HASH_ENTER, &found);
	if (found && entry->present)
		pfree(unconstify(uint8_t *, entry->value.data));
	cache.used += sizeof(RowEntry);
	entry->present = value != NULL;
	if (value == NULL)
		return;
	copy = MemoryContextAlloc(cache.memory, Max(value->size, 1));
	memcpy(copy, value->data, value->size);
	entry->value = span_of(copy, value->size);
	cache.used += value->size;
}
