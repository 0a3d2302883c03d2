/*
 * contract_cache_pg.c - compiled programs by the hash of their source, a few dozen a backend, the
 * least recently used making room. Bytecode is verified when it is loaded, not when it is used.
 */
#include "postgres.h"

#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "base/digest.h"
#include "contract/contract_pg.h"

#define CACHE_PROGRAMS_MAX 64

typedef struct CacheEntry
{
	McHash source_hash; /* the key */
	MemoryContext context;
	AcsProgram program;
	uint64 used_at; /* in calls */
} CacheEntry;

static HTAB *cache;
static uint64 calls;

AcsArena
contract_arena(Size size)
{
	char *memory = palloc(size + 15);

	return acs_arena((void *) TYPEALIGN(16, memory), size);
}

static HTAB *
cache_ready(void)
{
	HASHCTL control = { .keysize = sizeof(McHash), .entrysize = sizeof(CacheEntry) };

	if (cache == NULL)
		cache =
			hash_create("meschain contracts", CACHE_PROGRAMS_MAX, &control, HASH_ELEM | HASH_BLOBS);
	return cache;
}

static void
make_room(void)
{
	HASH_SEQ_STATUS scan;
	CacheEntry *entry;
	CacheEntry *oldest = NULL;

	if (hash_get_num_entries(cache) < CACHE_PROGRAMS_MAX)
		return;
	hash_seq_init(&scan, cache);
	while ((entry = hash_seq_search(&scan)) != NULL)
		if (oldest == NULL || entry->used_at < oldest->used_at)
			oldest = entry;
	MemoryContextDelete(oldest->context);
	hash_search(cache, &oldest->source_hash, HASH_REMOVE, NULL);
}

static void
load(McSpan bytecode, AcsArena *arena, AcsProgram *program)
{
	McProblem problem;
	char message[256];

	if (acs_program_read(bytecode, arena, program, &problem) == MC_OK)
		return;
	status_message(&problem, message, sizeof(message));
	elog(ERROR, "the compiler made bytecode that does not verify: %s", message);
}

/* Loads twice: once to see how much memory the program takes, once into just that. */
static const AcsProgram *
remember(const McHash *source_hash, McSpan bytecode)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "meschain contract", ALLOCSET_SMALL_SIZES);
	AcsArena scratch = contract_arena(ACS_PROGRAM_MEMORY);
	MemoryContext caller;
	AcsProgram program;
	AcsArena arena;
	CacheEntry *entry;

	load(bytecode, &scratch, &program);
	caller = MemoryContextSwitchTo(context);
	arena = contract_arena(scratch.used);
	MemoryContextSwitchTo(caller);
	load(bytecode, &arena, &program);
	make_room();
	entry = hash_search(cache, source_hash, HASH_ENTER, NULL);
	entry->context = context;
	entry->program = program;
	entry->used_at = calls;
	MemoryContextSetParent(context, TopMemoryContext);
	return &entry->program;
}

const AcsProgram *
contract_program(McSpan source, AcsDiagnostics *diagnostics)
{
	CacheEntry *entry;
	McHash hash;
	McSpan bytecode;
	AcsArena arena;

	calls++;
	diagnostics->count = 0;
	digest_tagged(&hash, "", source);
	entry = hash_search(cache_ready(), &hash, HASH_FIND, NULL);
	if (entry != NULL)
	{
		entry->used_at = calls;
		return &entry->program;
	}
	arena = contract_arena(ACS_COMPILE_MEMORY);
	if (acs_compile(acs_source(source), &arena, &bytecode, diagnostics) != MC_OK)
		return NULL;
	return remember(&hash, bytecode);
}
