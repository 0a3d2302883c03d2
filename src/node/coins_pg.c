/*
 * coins_pg.c - entries in a fixed array, found by output and, while they are change in flight, by
 * owner and asset. An entry that nobody ends (a session that was killed, or that waited for less
 * than final) expires, as change after some blocks: the ledger takes it without its height no
 * longer.
 */
#include "node/coins_pg.h"

#include "ledger/execute.h"
#include "miscadmin.h"
#include "node/shmem_pg.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/timestamp.h"

#define COINS_MAX 65536
#define BUCKETS 16384
#define NONE UINT32_MAX
/* Longer than any wait for the ledger that a session cannot end itself. */
#define RESERVED_US (INT64CONST(600) * 1000000)
/* Longer than a snapshot taken before a commit lives between two look-ups. */
#define SPENT_US (INT64CONST(5) * 1000000)
/* Blocks after which change is looked for among the outputs; the rest is for who spends it. */
#define CHANGE_BLOCKS (INPUT_HEIGHT_WINDOW / 2)

typedef enum CoinState
{
	COIN_CHANGE, /* free to take */
	COIN_TAKEN,
	COIN_GONE,
} CoinState;

typedef struct CoinEntry
{
	McHash txid;
	McAddress owner;
	TxAsset asset;
	int64_t amount;
	uint64_t since; /* the height when change was added */
	int64 expires_us;
	uint32_t index;
	CoinState state;
	uint32_t next;       /* by output, or in the free list */
	uint32_t next_owned; /* by owner and asset: change in flight */
	bool owned;
} CoinEntry;

typedef struct CoinsShared
{
	LWLock *lock;
	uint32_t free_head;
	uint32_t sweep;
	uint32_t by_output[BUCKETS];
	uint32_t by_owner[BUCKETS];
	CoinEntry entries[COINS_MAX];
} CoinsShared;

static CoinsShared *coins;

Size
coins_shmem_size(void)
{
	return sizeof(CoinsShared);
}

void
coins_shmem_startup(void)
{
	bool found;

	coins = ShmemInitStruct("meschain coins", sizeof(CoinsShared), &found);
	if (found)
		return;
	coins->lock = &GetNamedLWLockTranche("meschain_coins")[0].lock;
	coins->sweep = 0;
	coins->free_head = 0;
	for (uint32_t i = 0; i < COINS_MAX; i++)
		coins->entries[i].next = i + 1 < COINS_MAX ? i + 1 : NONE;
	memset(coins->by_output, 0xFF, sizeof(coins->by_output));
	memset(coins->by_owner, 0xFF, sizeof(coins->by_owner));
}

static uint32_t *
output_head(const McHash *txid, uint32_t index)
{
	return &coins->by_output[(get_be32(txid->bytes) + index * 0x9E3779B1u) % BUCKETS];
}

static uint32_t *
owner_head(const McAddress *owner, const TxAsset *asset)
{
	return &coins->by_owner[(get_be32(owner->bytes) + get_be32((const uint8_t *) asset->code)) %
							BUCKETS];
}

static CoinEntry *
find(const McHash *txid, uint32_t index)
{
	for (uint32_t at = *output_head(txid, index); at != NONE; at = coins->entries[at].next)
		if (coins->entries[at].index == index && hash_equal(&coins->entries[at].txid, txid))
			return &coins->entries[at];
	return NULL;
}

static void
unlink_from(uint32_t *link, uint32_t number, bool owned)
{
	while (*link != number)
	{
		Assert(*link != NONE);
		link = owned ? &coins->entries[*link].next_owned : &coins->entries[*link].next;
	}
	*link = owned ? coins->entries[number].next_owned : coins->entries[number].next;
}

static void
disown(CoinEntry *entry)
{
	if (entry->owned)
		unlink_from(owner_head(&entry->owner, &entry->asset), (uint32_t) (entry - coins->entries),
					true);
	entry->owned = false;
}

static void
forget(CoinEntry *entry)
{
	uint32_t number = (uint32_t) (entry - coins->entries);

	disown(entry);
	unlink_from(output_head(&entry->txid, entry->index), number, false);
	entry->expires_us = 0;
	entry->next = coins->free_head;
	coins->free_head = number;
}

/* Looks at a few entries a call and forgets the expired: cost spread, memory bounded. */
static void
sweep(int64 now_us)
{
	for (int i = 0; i < 8; i++)
	{
		CoinEntry *entry = &coins->entries[coins->sweep];

		coins->sweep = (coins->sweep + 1) % COINS_MAX;
		if (entry->expires_us != 0 && entry->expires_us < now_us)
			forget(entry);
	}
}

static CoinEntry *
add(const McHash *txid, uint32_t index, CoinState state, int64 lifetime_us)
{
	int64 now_us = GetCurrentTimestamp();
	uint32_t number;
	CoinEntry *entry;
	uint32_t *head = output_head(txid, index);

	sweep(now_us);
	number = coins->free_head;
	if (number == NONE)
		return NULL;
	entry = &coins->entries[number];
	coins->free_head = entry->next;
	memset(entry, 0, sizeof(*entry));
	entry->txid = *txid;
	entry->index = index;
	entry->state = state;
	entry->expires_us = now_us + lifetime_us;
	entry->next = *head;
	*head = number;
	return entry;
}

bool
coins_reserve(const Coin *coin)
{
	CoinEntry *entry;
	bool mine = false;

	LWLockAcquire(coins->lock, LW_EXCLUSIVE);
	entry = find(&coin->txid, coin->index);
	if (entry != NULL && entry->expires_us < GetCurrentTimestamp())
	{
		forget(entry);
		entry = NULL;
	}
	if (entry == NULL)
		mine = add(&coin->txid, coin->index, COIN_TAKEN, RESERVED_US) != NULL;
	else if (entry->state == COIN_CHANGE)
	{
		disown(entry);
		entry->state = COIN_TAKEN;
		mine = true;
	}
	LWLockRelease(coins->lock);
	return mine;
}

uint32_t
coins_reserve_change(const McAddress *owner, const TxAsset *asset, int64_t needed, Coin *taken,
					 uint32_t maximum)
{
	uint64_t applied = pg_atomic_read_u64(&node_shared->exchange.applied);
	uint32_t count = 0;
	int64_t total = 0;
	uint32_t at;

	LWLockAcquire(coins->lock, LW_EXCLUSIVE);
	at = *owner_head(owner, asset);
	while (at != NONE && count < maximum && total < needed)
	{
		CoinEntry *entry = &coins->entries[at];

		at = entry->next_owned;
		if (!hash_equal(&entry->owner, owner) || strcmp(entry->asset.code, asset->code) != 0)
			continue;
		if (entry->since + CHANGE_BLOCKS < applied)
		{
			forget(entry);
			continue;
		}
		disown(entry);
		entry->state = COIN_TAKEN;
		total += entry->amount;
		taken[count++] =
			(Coin){ .txid = entry->txid, .index = entry->index, .amount = entry->amount };
	}
	LWLockRelease(coins->lock);
	return count;
}

static void
offer_again(CoinEntry *entry)
{
	uint32_t *head = owner_head(&entry->owner, &entry->asset);

	entry->state = COIN_CHANGE;
	entry->owned = true;
	entry->next_owned = *head;
	*head = (uint32_t) (entry - coins->entries);
}

void
coins_release(const Coin *released, uint32_t count)
{
	LWLockAcquire(coins->lock, LW_EXCLUSIVE);
	for (uint32_t i = 0; i < count; i++)
	{
		CoinEntry *entry = find(&released[i].txid, released[i].index);

		if (entry == NULL || entry->state != COIN_TAKEN)
			continue;
		if (entry->amount > 0)
			offer_again(entry); /* it was change in flight and still is */
		else
			forget(entry);
	}
	LWLockRelease(coins->lock);
}

void
coins_refused(const Coin *refused, uint32_t count)
{
	LWLockAcquire(coins->lock, LW_EXCLUSIVE);
	for (uint32_t i = 0; i < count; i++)
	{
		CoinEntry *entry = find(&refused[i].txid, refused[i].index);

		if (entry != NULL && entry->state == COIN_TAKEN)
			forget(entry);
	}
	LWLockRelease(coins->lock);
}

void
coins_spent(const Coin *spent, uint32_t count)
{
	int64 until = GetCurrentTimestamp() + SPENT_US;

	LWLockAcquire(coins->lock, LW_EXCLUSIVE);
	for (uint32_t i = 0; i < count; i++)
	{
		CoinEntry *entry = find(&spent[i].txid, spent[i].index);

		if (entry == NULL)
			continue;
		disown(entry);
		entry->state = COIN_GONE;
		entry->expires_us = until;
	}
	LWLockRelease(coins->lock);
}

void
coins_add_change(const McHash *txid, uint32_t index, const McAddress *owner, const TxAsset *asset,
				 int64_t amount)
{
	CoinEntry *entry;

	LWLockAcquire(coins->lock, LW_EXCLUSIVE);
	entry = add(txid, index, COIN_CHANGE, RESERVED_US);
	if (entry != NULL)
	{
		entry->owner = *owner;
		entry->asset = *asset;
		entry->amount = amount;
		entry->since = pg_atomic_read_u64(&node_shared->exchange.applied);
		offer_again(entry);
	}
	LWLockRelease(coins->lock);
}

void
coins_drop_change(const McHash *txid, uint32_t index)
{
	CoinEntry *entry;

	LWLockAcquire(coins->lock, LW_EXCLUSIVE);
	entry = find(txid, index);
	if (entry != NULL && entry->state == COIN_CHANGE)
		forget(entry);
	else if (entry != NULL)
		entry->amount = 0; /* whoever has it takes it for change no longer */
	LWLockRelease(coins->lock);
}
