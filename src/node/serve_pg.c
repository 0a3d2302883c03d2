/*
 * serve_pg.c - what a member asked for, into its outbox. Reads rows as they stand; what it sends is
 * checked by who receives it.
 */
#include "node/serve_pg.h"

#include "catalog/pg_authid.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "ledger/epoch_pg.h"
#include "ledger/execute.h"
#include "miscadmin.h"
#include "node/genesis_pg.h"
#include "node/shmem_pg.h"
#include "pbft/frame.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* A certificate's block and the ancestor that is asked for lie in one window. */
#define SERVE_NEAR (2 * PBFT_WINDOW_MAX)

static const uint8_t named_kind = PBFT_FRAME_NAMED;

static bool
put_body(PeerRing *outbox, McSpan envelope)
{
	return ring_put(outbox, 0, span_of(&named_kind, 1), envelope);
}

static McSpan
column(int row, int number)
{
	bool isnull;
	bytea *bytes = DatumGetByteaPP(
		SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, number, &isnull));

	return isnull ? span_of(NULL, 0) : span_of(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
}

/* Rows of one block by a plan made once a session: who catches up asks for thousands. A generic
 * one, since all it would gain from its height is which leaf it reads, and it finds that when it
 * runs. */
static void
read_block(SPIPlanPtr *plan, const char *query, uint64_t height)
{
	Datum values[] = { Int64GetDatum((int64) height), Int64GetDatum((int64) OUTPUT_ID(height, 0)),
					   Int64GetDatum((int64) OUTPUT_ID(height + 1, 0)) };

	if (*plan == NULL)
	{
		*plan = SPI_prepare_cursor(query, lengthof(values), (Oid[]){ INT8OID, INT8OID, INT8OID },
								   CURSOR_OPT_GENERIC_PLAN);
		if (*plan == NULL || SPI_keepplan(*plan) != 0)
			elog(ERROR, "could not prepare \"%s\"", query);
	}
	if (SPI_execute_plan(*plan, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read a block");
}

/* The bodies of a block and the list that names them; false when the ring is full. */
static bool
put_bodies(PeerRing *outbox, uint64_t height, uint8_t *list, uint32_t *count)
{
	static SPIPlanPtr plan;
	WireReader reader;
	McSpan witnesses;
	size_t items;
	bool fits = true;

	*count = 0;
	read_block(&plan,
			   "SELECT t.body, w.witnesses FROM mes_internal.transaction_rows t, "
			   "mes_internal.witness_rows w WHERE t.tx_id >= $2 AND t.tx_id < $3 "
			   "AND w.height = $1 ORDER BY t.tx_id",
			   height);
	if (SPI_processed == 0)
		return true;
	wire_reader_init(&reader, column(0, 2));
	if (!wire_read_array(&reader, SPI_processed, &items) || items != SPI_processed)
		return false;
	for (uint64 i = 0; fits && i < SPI_processed; i++)
	{
		McSpan body = column((int) i, 1);
		uint8_t *envelope;
		TxView view;
		McProblem problem;

		if (!wire_read_value(&reader, TX_BYTES_MAX, &witnesses))
			return false;
		envelope = palloc(1 + body.size + witnesses.size);
		envelope[0] = 0x82; /* an array of two */
		memcpy(envelope + 1, body.data, body.size);
		memcpy(envelope + 1 + body.size, witnesses.data, witnesses.size);
		if (tx_read(span_of(envelope, 1 + body.size + witnesses.size), &view, &problem) != MC_OK)
			return false;
		memcpy(list + (size_t) i * PBFT_LIST_ITEM, view.txid.bytes, HASH_SIZE);
		memcpy(list + (size_t) i * PBFT_LIST_ITEM + HASH_SIZE, view.body_id.bytes, HASH_SIZE);
		fits = put_body(outbox, view.bytes);
	}
	*count = (uint32_t) SPI_processed;
	return fits;
}

/* The instance of a block's epoch, by which alone its certificates can be checked. */
static void
instance_of(const PbftHeader *header, uint8_t instance[PBFT_INSTANCE_SIZE])
{
	static GovernanceEpoch epoch;
	static uint64_t version; /* another ledger may stand here since */
	uint64_t running = *(volatile uint64_t *) &node_shared->running_version;
	Genesis *origin;

	if (version != running || epoch.number != header->epoch)
	{
		origin = palloc(sizeof(Genesis));
		if (!genesis_read(origin))
			elog(ERROR, "there is no genesis");
		epoch_of(header->height, origin, &epoch);
		version = running;
	}
	epoch_instance(&epoch, instance);
}

static bool
put_certified(PeerRing *outbox, uint64_t height, McSpan list)
{
	static PbftMessage message;
	static uint8_t encoded[PBFT_FRAME_HEAD + PBFT_MESSAGE_MAX];
	static SPIPlanPtr plan;
	PbftCertified *certified = &message.u.certified;
	McProblem problem;
	size_t size;

	read_block(&plan,
			   "SELECT header, commit_certificate, result_certificate "
			   "FROM mes_internal.block_rows WHERE height = $1",
			   height);
	if (SPI_processed != 1)
		return false;
	memset(&message, 0, offsetof(PbftMessage, u));
	message.kind = PBFT_CERTIFIED;
	if (pbft_header_decode(column(0, 1), &certified->header, &problem) != MC_OK)
		return false;
	certified->has_commit =
		pbft_certificate_decode(column(0, 2), &certified->commit, &problem) == MC_OK;
	certified->has_checkpoint =
		pbft_certificate_decode(column(0, 3), &certified->checkpoint, &problem) == MC_OK;
	instance_of(&certified->header, message.instance);
	size = pbft_message_encode(&message, encoded + PBFT_FRAME_HEAD);
	pbft_frame_head(encoded, size);
	return ring_put(outbox, 0, span_of(encoded, PBFT_FRAME_HEAD + size), list);
}

/* The member's role may read nothing itself (P12). */
typedef struct ServeRights
{
	Oid user;
	int security;
} ServeRights;

static void
begin_reading(ServeRights *saved)
{
	GetUserIdAndSecContext(&saved->user, &saved->security);
	SetUserIdAndSecContext(BOOTSTRAP_SUPERUSERID,
						   saved->security | SECURITY_LOCAL_USERID_CHANGE | SECURITY_NOFORCE_RLS);
	SPI_connect();
}

static void
end_reading(const ServeRights *saved)
{
	SPI_finish();
	SetUserIdAndSecContext(saved->user, saved->security);
}

void
serve_range(uint32_t member, uint64_t from, uint32_t count, uint64_t applied)
{
	PeerRing *outbox = &peer_of(member)->outbox;
	uint64_t to = Min(from + Min(count, PBFT_FETCH_MAX) - 1, applied);
	uint8_t *list = palloc((Size) BLOCK_TX_MAX * PBFT_LIST_ITEM);
	ServeRights rights;
	bool more = true;

	begin_reading(&rights);
	for (uint64_t height = from; more && height <= to; height++)
	{
		MemoryContext block_context =
			AllocSetContextCreate(CurrentMemoryContext, "meschain serve", ALLOCSET_DEFAULT_SIZES);
		MemoryContext old = MemoryContextSwitchTo(block_context);
		uint32_t listed;

		more = put_bodies(outbox, height, list, &listed) &&
			   put_certified(outbox, height, span_of(list, (size_t) listed * PBFT_LIST_ITEM));
		MemoryContextSwitchTo(old);
		MemoryContextDelete(block_context);
		CHECK_FOR_INTERRUPTS();
	}
	end_reading(&rights);
	pfree(list);
}

bool
serve_hash(uint32_t member, const McHash *hash, uint64_t near_height)
{
	ServeRights rights;
	char hex[2 * HASH_SIZE + 1];
	uint64_t height = 0;
	bool isnull;

	hex_format(hash->bytes, HASH_SIZE, hex);
	begin_reading(&rights);
	if (SPI_execute(
			psprintf("SELECT height FROM mes_internal.block_rows WHERE height <= " UINT64_FORMAT
					 " AND height > " UINT64_FORMAT " AND hash = '\\x%s'",
					 near_height, near_height > SERVE_NEAR ? near_height - SERVE_NEAR : 0, hex),
			true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look for a block");
	if (SPI_processed == 1)
		height = (uint64_t) DatumGetInt64(
			SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	end_reading(&rights);
	if (height > 0)
		serve_range(member, height, 1, height);
	return height > 0;
}

void
serve_bodies(uint32_t member, McSpan ids, uint32_t count)
{
	PeerRing *outbox = &peer_of(member)->outbox;
	uint8_t *envelope = palloc(TX_BYTES_MAX);

	for (uint32_t i = 0; i < count; i++)
	{
		const McHash *id = (const McHash *) (ids.data + (size_t) i * HASH_SIZE);
		size_t size = pool_copy(id, envelope, TX_BYTES_MAX);

		if (size > 0 && !put_body(outbox, span_of(envelope, size)))
			break;
	}
	pfree(envelope);
}
