/*
 * proof_bytes.c - a proof's bytes in and out. Reading is of hostile bytes and checks shape alone;
 * lists stay where they are, so nothing is allocated whatever count they claim.
 */
#include "ledger/proof_bytes.h"

#define TAG_SIGN1 18
#define LABEL_ALGORITHM 1
#define LABEL_TYPE 16
#define LABEL_TREE_KIND 395
#define LABEL_TREE_PROOFS 396
#define LABEL_INCLUSION (-1)
#define LABEL_HEADER (-70002)
#define LABEL_EFFECT (-70003)
#define LABEL_HEADERS (-70004)
#define LABEL_EPOCHS (-70005)
#define ALGORITHM_QUORUM (-70001)
#define TREE_RFC9162_SHA256 1

/* Generous for heads and labels; what repeats is counted exactly. */
#define FIXED_SIZE_MAX 1024
#define HASH_ITEM_SIZE (2 + HASH_SIZE)
#define HEADER_ITEM_SIZE (2 + PBFT_HEADER_SIZE)
#define MEMBER_ITEM_MAX (1 + HASH_ITEM_SIZE + 9)
_Static_assert(PBFT_HEADER_SIZE > 23 && PBFT_HEADER_SIZE < 256, "a header's CBOR head has 2 bytes");

/* ---- writing ---------------------------------------------------------------------- */

static void
put_hash(WireWriter *writer, const McHash *hash)
{
	wire_put_bytes(writer, hash->bytes, HASH_SIZE);
}

static void
put_protected(WireWriter *writer)
{
	uint8_t bytes[64];
	WireWriter inner;

	wire_writer_init(&inner, bytes, sizeof(bytes));
	wire_put_map(&inner, 3);
	wire_put_int(&inner, LABEL_ALGORITHM);
	wire_put_int(&inner, ALGORITHM_QUORUM);
	wire_put_int(&inner, LABEL_TYPE);
	wire_put_text(&inner, span_text(PROOF_TYPE));
	wire_put_int(&inner, LABEL_TREE_KIND);
	wire_put_int(&inner, TREE_RFC9162_SHA256);
	assert(!inner.full);
	wire_put_bytes(writer, inner.data, inner.size);
}

static void
put_inclusion(WireWriter *writer, const ProofPath *path)
{
	uint8_t bytes[32 + MERKLE_PATH_MAX * HASH_ITEM_SIZE];
	WireWriter inner;

	assert(path->count <= MERKLE_PATH_MAX);
	wire_writer_init(&inner, bytes, sizeof(bytes));
	wire_put_array(&inner, 3);
	wire_put_uint(&inner, path->size);
	wire_put_uint(&inner, path->index);
	wire_put_array(&inner, path->count);
	for (uint32_t i = 0; i < path->count; i++)
		put_hash(&inner, &path->hashes[i]);
	assert(!inner.full);
	wire_put_bytes(writer, inner.data, inner.size);
}

static void
put_effect(WireWriter *writer, const ProofParts *parts)
{
	const ProofEffect *effect = parts->effect;

	if (effect == NULL)
	{
		wire_put_null(writer);
		return;
	}
	wire_put_array(writer, 7);
	wire_put_bytes(writer, effect->receipt.data, effect->receipt.size);
	put_hash(writer, &effect->parent_exec_root);
	put_hash(writer, &effect->receipts_root);
	put_hash(writer, &effect->writeset_root);
	put_hash(writer, &effect->state_digest);
	put_hash(writer, &effect->next_valset);
	wire_put_array(writer, parts->later_count);
	for (uint32_t i = 0; i < parts->later_count; i++)
		put_hash(writer, &parts->later[i]);
}

static void
put_epochs(WireWriter *writer, const ProofParts *parts)
{
	wire_put_array(writer, parts->epoch_count);
	for (uint32_t i = 0; i < parts->epoch_count; i++)
	{
		const ProofEpoch *epoch = &parts->epochs[i];

		wire_put_array(writer, 2);
		wire_put_bytes(writer, epoch->certificate.data, epoch->certificate.size);
		wire_put_array(writer, epoch->member_count);
		for (uint32_t j = 0; j < epoch->member_count; j++)
		{
			wire_put_array(writer, 2);
			wire_put_bytes(writer, epoch->members[j].voting_key, SUITE_PUBLIC_SIZE);
			wire_put_uint(writer, epoch->members[j].incarnation);
		}
	}
}

static void
put_unprotected(WireWriter *writer, const ProofParts *parts)
{
	size_t header_count = parts->headers.size / PBFT_HEADER_SIZE;

	wire_put_map(writer, 5);
	wire_put_int(writer, LABEL_TREE_PROOFS);
	wire_put_map(writer, 1);
	wire_put_int(writer, LABEL_INCLUSION);
	wire_put_array(writer, parts->effect == NULL ? 1 : 2);
	put_inclusion(writer, parts->tx_path);
	if (parts->effect != NULL)
		put_inclusion(writer, parts->receipt_path);
	wire_put_int(writer, LABEL_HEADER);
	wire_put_bytes(writer, parts->header.data, parts->header.size);
	wire_put_int(writer, LABEL_EFFECT);
	put_effect(writer, parts);
	wire_put_int(writer, LABEL_HEADERS);
	wire_put_array(writer, header_count);
	for (size_t i = 0; i < header_count; i++)
		wire_put_bytes(writer, parts->headers.data + i * PBFT_HEADER_SIZE, PBFT_HEADER_SIZE);
	wire_put_int(writer, LABEL_EPOCHS);
	put_epochs(writer, parts);
}

size_t
proof_size_max(const ProofParts *parts)
{
	size_t size = FIXED_SIZE_MAX + parts->envelope.size + parts->certificate.size;

	size += 2 * MERKLE_PATH_MAX * HASH_ITEM_SIZE;
	if (parts->effect != NULL)
		size += parts->effect->receipt.size + (size_t) parts->later_count * HASH_ITEM_SIZE;
	size += parts->headers.size / PBFT_HEADER_SIZE * HEADER_ITEM_SIZE;
	for (uint32_t i = 0; i < parts->epoch_count; i++)
		size += 16 + parts->epochs[i].certificate.size +
				(size_t) parts->epochs[i].member_count * MEMBER_ITEM_MAX;
	return size;
}

void
proof_write(WireWriter *writer, const ProofParts *parts)
{
	assert(parts->header.size == PBFT_HEADER_SIZE);
	assert(parts->headers.size % PBFT_HEADER_SIZE == 0);
	wire_put_tag(writer, TAG_SIGN1);
	wire_put_array(writer, 4);
	put_protected(writer);
	put_unprotected(writer, parts);
	wire_put_bytes(writer, parts->envelope.data, parts->envelope.size);
	wire_put_bytes(writer, parts->certificate.data, parts->certificate.size);
}

/* ---- reading ---------------------------------------------------------------------- */

/* Reads inside byte strings speak of bytes of the whole proof. */
typedef struct ProofReader
{
	McSpan whole;
	WireReader wire;
} ProofReader;

static McStatus
malformed(const ProofReader *reader, McProblem *problem)
{
	const WireReader *wire = &reader->wire;

	return status_problem(problem, MC_TX_PROOF_FORMAT,
						  (int64_t) ((size_t) (wire->data - reader->whole.data) +
									 wire->fault_offset),
						  0);
}

static bool
read_label(WireReader *wire, int64_t label)
{
	int64_t found;

	if (!wire_read_int(wire, &found))
		return false;
	return found == label || wire_reader_fail(wire, MC_WRONG_TYPE);
}

static bool
read_map_of(WireReader *wire, size_t count)
{
	size_t found;

	if (!wire_read_map(wire, SIZE_MAX, &found))
		return false;
	return found == count || wire_reader_fail(wire, MC_WRONG_TYPE);
}

static bool
read_hash(WireReader *wire, McHash *hash)
{
	return wire_read_fixed(wire, hash->bytes, HASH_SIZE);
}

/* There is one protected header, so its bytes are compared and not understood. */
static bool
read_protected(WireReader *wire)
{
	uint8_t bytes[64];
	WireWriter expected;
	size_t start = wire->offset;
	McSpan found;

	wire_writer_init(&expected, bytes, sizeof(bytes));
	put_protected(&expected);
	if (!wire_read_bytes(wire, sizeof(bytes), &found))
		return false;
	if (span_compare(span_of(wire->data + start, wire->offset - start),
					 wire_written(&expected)) != 0)
		return wire_reader_fail(wire, MC_WRONG_TYPE);
	return true;
}

static McStatus
read_inclusion(ProofReader *outer, ProofPath *path, McProblem *problem)
{
	ProofReader inner = { .whole = outer->whole };
	size_t count;
	McSpan bytes;

	if (!wire_read_bytes(&outer->wire, SIZE_MAX, &bytes))
		return malformed(outer, problem);
	wire_reader_init(&inner.wire, bytes);
	if (!wire_read_tuple(&inner.wire, 3) || !wire_read_uint(&inner.wire, &path->size) ||
		!wire_read_uint(&inner.wire, &path->index) ||
		!wire_read_array(&inner.wire, MERKLE_PATH_MAX, &count))
		return malformed(&inner, problem);
	path->count = (uint32_t) count;
	for (size_t i = 0; i < count; i++)
		(void) read_hash(&inner.wire, &path->hashes[i]);
	return wire_read_end(&inner.wire) ? MC_OK : malformed(&inner, problem);
}

static McStatus
read_inclusions(ProofReader *reader, ProofView *view, McProblem *problem)
{
	McStatus status;
	size_t count;

	if (!read_map_of(&reader->wire, 5) || !read_label(&reader->wire, LABEL_TREE_PROOFS) ||
		!read_map_of(&reader->wire, 1) || !read_label(&reader->wire, LABEL_INCLUSION) ||
		!wire_read_array(&reader->wire, 2, &count))
		return malformed(reader, problem);
	if (count == 0)
	{
		wire_reader_fail(&reader->wire, MC_WRONG_TYPE);
		return malformed(reader, problem);
	}
	view->has_effect = count == 2;
	status = read_inclusion(reader, &view->tx_path, problem);
	if (status == MC_OK && view->has_effect)
		status = read_inclusion(reader, &view->receipt_path, problem);
	return status;
}

typedef bool (*ReadItem)(WireReader *wire);

/* Walks the items, so that whoever reads them again cannot fail. */
static bool
read_list(WireReader *wire, size_t maximum, ReadItem read_item, ProofList *list)
{
	size_t count;
	size_t start;

	if (!wire_read_array(wire, maximum, &count))
		return false;
	start = wire->offset;
	for (size_t i = 0; i < count; i++)
		if (!read_item(wire))
			return false;
	list->count = (uint32_t) count;
	list->items = span_of(wire->data + start, wire->offset - start);
	return true;
}

static bool
skip_hash(WireReader *wire)
{
	McHash hash;

	return read_hash(wire, &hash);
}

static bool
read_header(WireReader *wire, McSpan *bytes)
{
	if (!wire_read_bytes(wire, PBFT_HEADER_SIZE, bytes))
		return false;
	return bytes->size == PBFT_HEADER_SIZE || wire_reader_fail(wire, MC_WRONG_TYPE);
}

static bool
skip_header(WireReader *wire)
{
	McSpan bytes;

	return read_header(wire, &bytes);
}

static bool
read_epoch(WireReader *wire, ProofEpoch *epoch)
{
	size_t count;

	if (!wire_read_tuple(wire, 2) ||
		!wire_read_bytes(wire, PBFT_CERTIFICATE_MAX, &epoch->certificate) ||
		!wire_read_array(wire, PBFT_NODE_MAX, &count))
		return false;
	epoch->member_count = (uint32_t) count;
	for (size_t i = 0; i < count; i++)
		if (!wire_read_tuple(wire, 2) ||
			!wire_read_fixed(wire, epoch->members[i].voting_key, SUITE_PUBLIC_SIZE) ||
			!wire_read_uint(wire, &epoch->members[i].incarnation))
			return false;
	return count > 0 || wire_reader_fail(wire, MC_WRONG_TYPE);
}

static bool
skip_epoch(WireReader *wire)
{
	ProofEpoch epoch;

	return read_epoch(wire, &epoch);
}

static bool
read_effect(WireReader *wire, ProofView *view)
{
	ProofEffect *effect = &view->effect;

	if (!read_label(wire, LABEL_EFFECT))
		return false;
	if (!view->has_effect)
		return wire_read_null(wire);
	return wire_read_tuple(wire, 7) && wire_read_bytes(wire, SIZE_MAX, &effect->receipt) &&
		   read_hash(wire, &effect->parent_exec_root) && read_hash(wire, &effect->receipts_root) &&
		   read_hash(wire, &effect->writeset_root) && read_hash(wire, &effect->state_digest) &&
		   read_hash(wire, &effect->next_valset) &&
		   read_list(wire, PROOF_LATER_MAX, skip_hash, &view->later);
}

static McStatus
read_rest(ProofReader *reader, ProofView *view, McProblem *problem)
{
	WireReader *wire = &reader->wire;

	if (!read_label(wire, LABEL_HEADER) || !read_header(wire, &view->header_bytes) ||
		!read_effect(wire, view) || !read_label(wire, LABEL_HEADERS) ||
		!read_list(wire, PROOF_HEADERS_MAX, skip_header, &view->headers) ||
		!read_label(wire, LABEL_EPOCHS) ||
		!read_list(wire, PROOF_EPOCHS_MAX, skip_epoch, &view->epochs) ||
		!wire_read_bytes(wire, SIZE_MAX, &view->envelope) ||
		!wire_read_bytes(wire, PBFT_CERTIFICATE_MAX, &view->certificate) || !wire_read_end(wire))
		return malformed(reader, problem);
	return pbft_header_decode(view->header_bytes, &view->header, problem);
}

McStatus
proof_read(McSpan bytes, ProofView *view, McProblem *problem)
{
	ProofReader reader = { .whole = bytes };
	McStatus status;

	memset(view, 0, sizeof(*view));
	wire_reader_init(&reader.wire, bytes);
	if (!wire_read_tag(&reader.wire, TAG_SIGN1) || !wire_read_tuple(&reader.wire, 4) ||
		!read_protected(&reader.wire))
		return malformed(&reader, problem);
	status = read_inclusions(&reader, view, problem);
	return status == MC_OK ? read_rest(&reader, view, problem) : status;
}

void
proof_next_hash(WireReader *reader, McHash *hash)
{
	bool read = read_hash(reader, hash);

	assert(read);
	(void) read;
}

McSpan
proof_next_header(WireReader *reader)
{
	McSpan bytes = { NULL, 0 };
	bool read = read_header(reader, &bytes);

	assert(read);
	(void) read;
	return bytes;
}

void
proof_next_epoch(WireReader *reader, ProofEpoch *epoch)
{
	bool read = read_epoch(reader, epoch);

	assert(read);
	(void) read;
}
