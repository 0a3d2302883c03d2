/*
 * members_pg.c - see members_pg.h. What it reads is the ledger's, but for addresses that a DBA set
 * and the key files.
 */
#include "node/members_pg.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "ledger/recovery_pg.h"
#include "node/guc_pg.h"
#include "node/keys_pg.h"
#include "node/launcher_pg.h"
#include "node/votelog_pg.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

static uint32_t
find_name(const NodeGenesis *genesis, const char *name)
{
	uint32_t i = 0;

	while (i < genesis->peer_count && strcmp(genesis->document.members[i].name, name) != 0)
		i++;
	return i;
}

/* Addresses that hold on this node alone. */
static void
read_addresses(NodeGenesis *genesis)
{
	MemoryContext context = CurrentMemoryContext;

	if (SPI_execute("SELECT member, host, port FROM mes_internal.peer_addresses", true, 0) !=
		SPI_OK_SELECT)
		elog(ERROR, "could not read the members' addresses");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple row = SPI_tuptable->vals[i];
		TupleDesc desc = SPI_tuptable->tupdesc;
		uint32_t at = find_name(genesis, SPI_getvalue(row, desc, 1));
		bool isnull;

		if (at == genesis->peer_count)
			continue;
		strlcpy(genesis->document.members[at].host, SPI_getvalue(row, desc, 2),
				GENESIS_HOST_MAX + 1);
		genesis->document.members[at].port =
			(uint16_t) DatumGetInt32(SPI_getbinval(row, desc, 3, &isnull));
	}
	SPI_freetuptable(SPI_tuptable);
	MemoryContextSwitchTo(context);
}

void
members_domain(const NodeGenesis *genesis, PbftDomain *domain)
{
	memset(domain, 0, sizeof(*domain));
	memcpy(domain->chain_id, genesis->chain_id, PBFT_CHAIN_ID_SIZE);
	pbft_instance(genesis->epoch, genesis->resume_no, &genesis->anchor.hash, &genesis->valset_hash,
				  domain->instance);
}

/* ---- which of them this node is ----------------------------------------------------------------
 */

static uint32_t
find_seat(const NodeGenesis *genesis, NodeKey key)
{
	uint32_t seat = 0;
	SuiteSecret secret;

	if (!keys_exist(key))
		return genesis->document.member_count;
	keys_load(key, &secret);
	while (seat < genesis->document.member_count &&
		   memcmp(genesis->document.members[seat].voting_key, secret.key.public_key,
				  SUITE_PUBLIC_SIZE) != 0)
		seat++;
	suite_wipe(&secret, sizeof(secret));
	return seat;
}

/* The old key signs nothing any more, so it and its log go (A18). */
static void
take_next_key(void)
{
	SuiteSecret old;
	bool had_one = keys_exist(NODE_KEY_VOTING);

	if (had_one)
		keys_load(NODE_KEY_VOTING, &old);
	keys_take_next();
	ereport(LOG, (errmsg("meschain votes with its next voting key from this epoch on")));
	if (!had_one)
		return;
	votelog_remove(old.key.public_key);
	suite_wipe(&old, sizeof(old));
}

static void
find_self(NodeGenesis *genesis, const EpochSeats *seats)
{
	uint32_t seat = find_seat(genesis, NODE_KEY_VOTING);

	strlcpy(genesis->name,
			guc_node_name != NULL && guc_node_name[0] != '\0' ? guc_node_name : "node1",
			sizeof(genesis->name));
	if (seat == genesis->document.member_count)
	{
		seat = find_seat(genesis, NODE_KEY_NEXT);
		if (seat < genesis->document.member_count)
			take_next_key();
	}
	genesis->seated = seat < genesis->document.member_count;
	genesis->self = genesis->seated ? seat : find_name(genesis, genesis->name);
	genesis->incarnation = genesis->seated ? seats->incarnations[seat] : 0;
	if (genesis->self < genesis->peer_count)
		strlcpy(genesis->name, genesis->document.members[genesis->self].name,
				sizeof(genesis->name));
}

/* ---- an epoch ----------------------------------------------------------------------------------
 */

static void
fill_peers(const Genesis *origin, NodeGenesis *genesis, EpochSeats *seats)
{
	genesis->peer_count = epoch_guests(origin, &genesis->document, seats);
	for (uint32_t i = 0; i < genesis->peer_count; i++)
	{
		genesis->numbers[i] = (uint16_t) seats->numbers[i];
		genesis->incarnations[i] = seats->incarnations[i];
	}
	read_addresses(genesis);
}

/* Of a block's row; false: the block is no row yet. */
static bool
find_result(uint64_t height, McHash *exec_root)
{
	MemoryContext context = CurrentMemoryContext;
	bytea *root;
	bool isnull;
	bool found;

	if (SPI_execute(psprintf("SELECT state_root FROM mes_internal.block_rows "
							 "WHERE height = " UINT64_FORMAT,
							 height),
					true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read block " UINT64_FORMAT, height);
	found = SPI_processed == 1;
	if (found)
	{
		root = DatumGetByteaPP(
			SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
		if (isnull || VARSIZE_ANY_EXHDR(root) != HASH_SIZE)
			elog(ERROR, "the state root of block " UINT64_FORMAT " is damaged", height);
		memcpy(exec_root->bytes, VARDATA_ANY(root), HASH_SIZE);
	}
	SPI_freetuptable(SPI_tuptable);
	MemoryContextSwitchTo(context);
	return found;
}

/* A recovery's base is said to be what its header says, whether or not it is executed (C8). */
static void
read_base(const GovernanceEpoch *epoch, NodeGenesis *genesis)
{
	RecoveryRow recovery;

	if (!recovery_below(epoch->anchor_height + 1, &recovery))
		elog(ERROR, "recovery " UINT64_FORMAT " is missing", epoch->resume_no);
	genesis->base_parent = recovery.base.parent_hash;
	genesis->anchor.stable_height = recovery.base.stable_height;
	genesis->anchor.stable_exec_root = recovery.base.stable_exec_root;
	memset(&genesis->anchor.exec_root, 0, sizeof(McHash));
	(void) find_result(epoch->anchor_height, &genesis->anchor.exec_root);
}

/* As an instance begins on it (docs/pbft.md, Start 1). */
static void
read_anchor(const Genesis *origin, const GovernanceEpoch *epoch, NodeGenesis *genesis)
{
	GovernanceEpoch before;

	genesis->resume_no = epoch->resume_no;
	genesis->resumed = epoch->resumed;
	genesis->roll_height = epoch->roll_height;
	genesis->anchor = (PbftTip){ .height = epoch->anchor_height,
								 .hash = epoch->anchor_hash,
								 .exec_root = epoch->anchor_hash,
								 .ts_ms = epoch->anchor_ms,
								 .stable_height = epoch->anchor_height,
								 .stable_exec_root = epoch->anchor_hash };
	if (epoch->anchor_height == 0)
		return;
	epoch_of(epoch->anchor_height, origin, &before);
	epoch_instance(&before, genesis->before);
	if (epoch->resumed)
	{
		read_base(epoch, genesis);
		return;
	}
	if (!find_result(epoch->anchor_height, &genesis->anchor.exec_root))
		elog(ERROR, "block " UINT64_FORMAT " is missing", epoch->anchor_height);
	genesis->anchor.stable_exec_root = genesis->anchor.exec_root;
}

void
members_open(uint64_t height, const Genesis *origin, GovernanceEpoch *epoch, NodeGenesis *genesis)
{
	EpochSeats *seats = palloc0(sizeof(EpochSeats));

	memset(genesis, 0, sizeof(*genesis));
	genesis_hash(origin, &genesis->genesis_hash);
	memcpy(genesis->chain_id, genesis->genesis_hash.bytes, CHAIN_ID_SIZE);
	memcpy(genesis->rules.chain_id, genesis->chain_id, CHAIN_ID_SIZE);
	epoch_open(height, origin, &genesis->document, &genesis->rules, epoch);
	genesis->epoch = epoch->number;
	genesis->valset_hash = epoch->valset_hash;
	if (!epoch_seats(epoch, origin, &genesis->document, seats))
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("the members' rows are not those that block " UINT64_FORMAT " names",
							   epoch->anchor_height),
						errhint("Run mes.verify() to find the rows at fault.")));
	read_anchor(origin, epoch, genesis);
	epoch_older(epoch, origin, genesis->document.member_count, &genesis->older.height,
				&genesis->older.ts_ms);
	fill_peers(origin, genesis, seats);
	find_self(genesis, seats);
	pfree(seats);
}

uint64_t
members_open_recovery(uint64_t height, const Genesis *origin, NodeGenesis *genesis)
{
	GovernanceEpoch epoch;
	RecoveryRow recovery;

	if (!recovery_from(height + 1, &recovery))
		return 0;
	members_open(recovery.base.height + 1, origin, &epoch, genesis);
	return recovery.base.height;
}

void
members_reload(const Genesis *origin, NodeGenesis *genesis)
{
	EpochSeats *seats = palloc0(sizeof(EpochSeats));
	GovernanceEpoch epoch = { .anchor_height = genesis->anchor.height,
							  .valset_hash = genesis->valset_hash,
							  .resumed = genesis->resumed,
							  .roll_height = genesis->roll_height };
	uint32_t self = genesis->self;
	bool named = self < genesis->peer_count;

	if (!epoch_seats(&epoch, origin, &genesis->document, seats))
		elog(ERROR, "the members' rows changed within an epoch");
	fill_peers(origin, genesis, seats);
	/* a seat keeps its place; a guest may have got one */
	if (!genesis->seated)
		genesis->self = named && self < genesis->document.member_count
							? self
							: find_name(genesis, genesis->name);
	pfree(seats);
}

bool
members_differ(const NodeGenesis *left, const NodeGenesis *right)
{
	return left->document.member_count != right->document.member_count ||
		   left->peer_count != right->peer_count || left->self != right->self ||
		   strcmp(left->name, right->name) != 0 ||
		   memcmp(left->numbers, right->numbers, sizeof(left->numbers)) != 0 ||
		   memcmp(left->document.members, right->document.members,
				  sizeof(GenesisMember) * left->peer_count) != 0;
}

uint32_t
members_speaker(const NodeGenesis *genesis, uint32_t peer)
{
	if (peer < genesis->document.member_count && peer != genesis->self)
		return peer;
	return genesis->self == 0 && genesis->document.member_count > 1 ? 1 : 0;
}

/* ---- addresses that a DBA sets -----------------------------------------------------------------
 */

static bool reload_at_commit;

static void
on_transaction_end(XactEvent event, void *argument)
{
	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT)
		return;
	if (reload_at_commit && event == XACT_EVENT_COMMIT)
	{
		pg_atomic_write_u32(&node_shared->addresses_due, 1);
		node_wake(&node_shared->apply_latch);
	}
	reload_at_commit = false;
}

/* Called by mes.set_peer_address: the links follow when the transaction commits. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_reload_addresses);
Datum
mes_internal_reload_addresses(PG_FUNCTION_ARGS)
{
	static bool registered;

	if (node_shared == NULL)
		PG_RETURN_VOID();
	if (!registered)
		RegisterXactCallback(on_transaction_end, NULL);
	registered = true;
	reload_at_commit = true;
	PG_RETURN_VOID();
}
