/*
 * peer_stats_pg.c - counters of the links and of what members said last, as rows.
 */
#include "node/peer_stats_pg.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "node/desk_pg.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

bool
peer_heard(Peer *peer)
{
	uint64 heard_us = pg_atomic_read_u64(&peer->last_heard_us);

	return (int64) heard_us > GetCurrentTimestamp() - PEER_HEARD_US;
}

bool
peer_votes(Peer *peer)
{
	/* a server that crashed takes its connection with it, long before its silence tells */
	return pg_atomic_read_u32(&peer->active) != 0 && pg_atomic_read_u32(&peer->link_up) != 0 &&
		   peer_heard(peer);
}

#define PEER_COLUMNS 25

static Datum
count_datum(pg_atomic_uint64 *counter)
{
	return Int64GetDatum((int64) pg_atomic_read_u64(counter));
}

static void
put_peer(ReturnSetInfo *result, const NodeGenesis *genesis, const PbftSummary *consensus,
		 uint32_t number)
{
	Peer *peer = peer_of(number);
	const GenesisMember *member = &genesis->document.members[number];
	uint64 heard_us = pg_atomic_read_u64(&peer->last_heard_us);
	uint64 since_us = pg_atomic_read_u64(&peer->link_since_us);
	uint64 round_trip_us = pg_atomic_read_u64(&peer->round_trip_us);
	Datum values[PEER_COLUMNS];
	bool nulls[PEER_COLUMNS] = { false };
	char reason[DESK_NOTICE_MAX + 1];

	values[0] = CStringGetTextDatum(member->name);
	values[1] = BoolGetDatum(pg_atomic_read_u32(&peer->link_up) != 0);
	values[2] = TimestampTzGetDatum((TimestampTz) since_us);
	values[3] = BoolGetDatum(peer_heard(peer));
	values[4] = BoolGetDatum(peer_votes(peer) && !desk_peer_mute(number));
	values[5] = TimestampTzGetDatum((TimestampTz) heard_us);
	values[6] = count_datum(&peer->view);
	values[7] = count_datum(&peer->committed);
	values[8] = count_datum(&peer->stable);
	values[9] = Int64GetDatum((int64) round_trip_us);
	values[10] = count_datum(&peer->connects);
	values[11] = count_datum(&peer->frames_in);
	values[12] = count_datum(&peer->bytes_in);
	values[13] = count_datum(&peer->bodies_in);
	values[14] = count_datum(&peer->frames_refused);
	values[15] = count_datum(&peer->frames_dropped);
	values[16] = count_datum(&peer->frames_out);
	values[17] = count_datum(&peer->bytes_out);
	values[18] = count_datum(&peer->frames_lost);
	values[19] = count_datum(&peer->sessions_ended);
	values[20] = Int32GetDatum((int32) genesis->numbers[number]);
	values[21] = count_datum(&peer->frames_late);
	values[22] = count_datum(&peer->frames_over);
	nulls[23] = !desk_peer_paused(number, reason);
	values[23] = CStringGetTextDatum(reason);
	values[24] = BoolGetDatum(pbft_named(consensus->liars, number));
	nulls[2] = since_us == 0;
	nulls[5] = nulls[6] = nulls[7] = nulls[8] = heard_us == 0;
	nulls[9] = round_trip_us == 0;
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* One row a member but this one; none while the node does not run here. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_stat_peers);
Datum
mes_internal_stat_peers(PG_FUNCTION_ARGS)
{
	NodeGenesis *genesis = palloc(sizeof(NodeGenesis));
	PbftSummary consensus;
	bool runs = false;

	InitMaterializedSRF(fcinfo, 0);
	if (node_shared == NULL)
		return (Datum) 0;
	LWLockAcquire(node_shared->lock, LW_SHARED);
	runs = node_shared->domain_known && node_shared->database_oid == MyDatabaseId;
	if (runs)
	{
		*genesis = node_shared->running;
		consensus = node_shared->consensus;
	}
	LWLockRelease(node_shared->lock);
	for (uint32_t i = 0; runs && i < genesis->peer_count; i++)
		if (i != genesis->self)
			put_peer((ReturnSetInfo *) fcinfo->resultinfo, genesis, &consensus, i);
	return (Datum) 0;
}
