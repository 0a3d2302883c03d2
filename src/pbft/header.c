/*
 * header.c - the block header's bytes and hash. Judges no values: that is the rules' business.
 */
#include "pbft/header.h"

#include "base/digest.h"
#include "pbft/pack.h"

#define TAG_SIZE 8

static void
causes_pack(PbftPacker *packer, const PbftCauses *causes)
{
	static const uint8_t rest[PBFT_CAUSES_SIZE - 2 * PBFT_BITMAP_SIZE];

	pack_bytes(packer, causes->liars, PBFT_BITMAP_SIZE);
	pack_bytes(packer, causes->returning, PBFT_BITMAP_SIZE);
	pack_bytes(packer, rest, sizeof(rest));
}

static void
causes_unpack(PbftUnpacker *unpacker, PbftCauses *causes)
{
	static const uint8_t zero[PBFT_CAUSES_SIZE - 2 * PBFT_BITMAP_SIZE];
	uint8_t rest[sizeof(zero)];

	unpack_bytes(unpacker, causes->liars, PBFT_BITMAP_SIZE);
	unpack_bytes(unpacker, causes->returning, PBFT_BITMAP_SIZE);
	unpack_bytes(unpacker, rest, sizeof(rest));
	unpacker->bad |= memcmp(rest, zero, sizeof(rest)) != 0;
}

bool
pbft_causes_none(const PbftCauses *causes)
{
	static const PbftCauses none;

	return pbft_causes_equal(causes, &none);
}

bool
pbft_causes_equal(const PbftCauses *left, const PbftCauses *right)
{
	return memcmp(left, right, sizeof(*left)) == 0;
}

bool
pbft_causes_within(const PbftCauses *causes, uint32_t member_count)
{
	for (uint32_t seat = member_count > 1 ? member_count : 0; seat < 8 * PBFT_BITMAP_SIZE; seat++)
		if (pbft_named(causes->liars, seat) || pbft_named(causes->returning, seat))
			return false;
	return true;
}

void
pbft_header_encode(const PbftHeader *header, uint8_t out[PBFT_HEADER_SIZE])
{
	PbftPacker packer = { out, 0, PBFT_HEADER_SIZE };

	pack_bytes(&packer, PBFT_HEADER_TAG, TAG_SIZE);
	pack_32(&packer, header->version);
	pack_64(&packer, header->shard);
	pack_64(&packer, header->epoch);
	pack_64(&packer, header->height);
	pack_hash(&packer, &header->parent_hash);
	pack_hash(&packer, &header->tx_root);
	pack_32(&packer, header->tx_count);
	pack_64(&packer, header->body_bytes);
	pack_64(&packer, header->ts_ms);
	pack_32(&packer, header->proposer);
	pack_hash(&packer, &header->onion_reveal);
	pack_32(&packer, header->mempool_depth);
	causes_pack(&packer, &header->causes);
	pack_64(&packer, header->stable_height);
	pack_hash(&packer, &header->stable_exec_root);
	pack_64(&packer, header->skip_first);
	pack_32(&packer, header->skip_count);
	pack_32(&packer, header->flags);
	assert(packer.size == PBFT_HEADER_SIZE);
}

McStatus
pbft_header_decode(McSpan bytes, PbftHeader *header, McProblem *problem)
{
	PbftUnpacker unpacker = { bytes, 0, false };
	uint8_t tag[TAG_SIZE];

	unpack_bytes(&unpacker, tag, TAG_SIZE);
	if (memcmp(tag, PBFT_HEADER_TAG, TAG_SIZE) != 0)
		return status_problem(problem, MC_CONSENSUS_FORMAT, 0, 0);
	header->version = unpack_32(&unpacker);
	if (header->version != PBFT_HEADER_VERSION)
		return status_problem(problem, MC_CONSENSUS_FORMAT, TAG_SIZE, 0);
	header->shard = unpack_64(&unpacker);
	header->epoch = unpack_64(&unpacker);
	header->height = unpack_64(&unpacker);
	unpack_hash(&unpacker, &header->parent_hash);
	unpack_hash(&unpacker, &header->tx_root);
	header->tx_count = unpack_32(&unpacker);
	header->body_bytes = unpack_64(&unpacker);
	header->ts_ms = unpack_64(&unpacker);
	header->proposer = unpack_32(&unpacker);
	unpack_hash(&unpacker, &header->onion_reveal);
	header->mempool_depth = unpack_32(&unpacker);
	causes_unpack(&unpacker, &header->causes);
	header->stable_height = unpack_64(&unpacker);
	unpack_hash(&unpacker, &header->stable_exec_root);
	header->skip_first = unpack_64(&unpacker);
	header->skip_count = unpack_32(&unpacker);
	header->flags = unpack_32(&unpacker);
	if (unpacker.bad || unpacker.offset != bytes.size || (header->flags & ~PBFT_FLAGS_KNOWN) != 0)
		return status_problem(problem, MC_CONSENSUS_FORMAT, (int64_t) unpacker.offset, 0);
	return MC_OK;
}

void
pbft_header_hash(const PbftHeader *header, McHash *hash)
{
	uint8_t bytes[PBFT_HEADER_SIZE];
	McSpan part;

	pbft_header_encode(header, bytes);
	part = span_of(bytes, PBFT_HEADER_SIZE);
	digest_sha256(hash, &part, 1);
}
