/* cache_pg.c - see cache_pg.h. The txid is a hash already, so its first bytes choose the set. */
#include "ledger/cache_pg.h"

#include "utils/memutils.h"

#define WAYS 8

typedef struct CacheEntry
{
	McHash txid;
	McAddress address;
	uint64_t output_id; /* 0: empty */
	int64_t amount;
	uint32_t index;
	TxAsset asset;
	uint8_t kind;
} CacheEntry;

static CacheEntry *entries;
static uint64_t set_count;

void
cache_open(Size bytes)
{
	set_count = Max(bytes / (sizeof(CacheEntry) * WAYS), 1);
	entries = MemoryContextAllocExtended(TopMemoryContext, set_count * WAYS * sizeof(CacheEntry),
										 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

static CacheEntry *
set_of(const McHash *txid, uint32_t index)
{
	uint64_t key = get_be64(txid->bytes) + index * UINT64CONST(0x9E3779B97F4A7C15);

	return &entries[key % set_count * WAYS];
}

static CacheEntry *
find(const McHash *txid, uint32_t index)
{
	CacheEntry *set = set_of(txid, index);

	for (int way = 0; way < WAYS; way++)
		if (set[way].output_id != 0 && set[way].index == index && hash_equal(&set[way].txid, txid))
			return &set[way];
	return NULL;
}

void
cache_put(const LedgerOutput *output)
{
	CacheEntry *set = set_of(&output->txid, output->index);
	CacheEntry *victim = &set[0];

	for (int way = 1; way < WAYS && victim->output_id != 0; way++)
		if (set[way].output_id < victim->output_id)
			victim = &set[way];
	*victim = (CacheEntry){
		.txid = output->txid,
		.address = output->address,
		.output_id = output->output_id,
		.amount = output->amount,
		.index = output->index,
		.asset = output->asset,
		.kind = (uint8_t) output->kind,
	};
}

bool
cache_get(const McHash *txid, uint32_t index, LedgerOutput *output)
{
	const CacheEntry *entry = find(txid, index);

	if (entry == NULL)
		return false;
	*output = (LedgerOutput){
		.txid = entry->txid,
		.index = entry->index,
		.output_id = entry->output_id,
		.address = entry->address,
		.asset = entry->asset,
		.amount = entry->amount,
		.kind = (LedgerOutputKind) entry->kind,
	};
	return true;
}

void
cache_remove(const McHash *txid, uint32_t index)
{
	CacheEntry *entry = find(txid, index);

	if (entry != NULL)
		entry->output_id = 0;
}
