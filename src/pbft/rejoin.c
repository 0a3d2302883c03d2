/*
 * rejoin.c - C9: the ticket of a member that returns with a new log, key and incarnation. Whether
 * the incarnation is above all earlier ones is the ledger's to judge, which knows them.
 */
#include "base/digest.h"
#include "pbft/document.h"

#define UNSIGNED_SIZE (PBFT_REJOIN_SIZE - PBFT_SIGNATURE_SIZE)

void
pbft_document_signed(const char tag[12], McSpan bytes, uint8_t out[PBFT_DOCUMENT_SIGNED_SIZE])
{
	McHash hash;

	digest_sha256(&hash, &bytes, 1);
	memcpy(out, tag, 12);
	memcpy(out + 12, hash.bytes, HASH_SIZE);
}

static void
pack_unsigned(const PbftRejoin *rejoin, uint8_t *out)
{
	PbftPacker packer = { out, 0, UNSIGNED_SIZE };

	pack_bytes(&packer, rejoin->chain_id, PBFT_CHAIN_ID_SIZE);
	pack_32(&packer, rejoin->roster);
	pack_64(&packer, rejoin->incarnation);
	pack_bytes(&packer, rejoin->voting_key, PBFT_KEY_SIZE);
	pack_bytes(&packer, rejoin->log_uuid, PBFT_LOG_UUID_SIZE);
	assert(packer.size == UNSIGNED_SIZE);
}

void
pbft_rejoin_signed(const PbftRejoin *rejoin, uint8_t out[PBFT_DOCUMENT_SIGNED_SIZE])
{
	uint8_t bytes[UNSIGNED_SIZE];

	pack_unsigned(rejoin, bytes);
	pbft_document_signed("MES1-rejoin\0", span_of(bytes, UNSIGNED_SIZE), out);
}

void
pbft_rejoin_encode(const PbftRejoin *rejoin, uint8_t out[PBFT_REJOIN_SIZE])
{
	pack_unsigned(rejoin, out);
	memcpy(out + UNSIGNED_SIZE, rejoin->signature, PBFT_SIGNATURE_SIZE);
}

McStatus
pbft_rejoin_decode(McSpan bytes, PbftRejoin *rejoin, McProblem *problem)
{
	PbftUnpacker unpacker = { bytes, 0, false };

	unpack_bytes(&unpacker, rejoin->chain_id, PBFT_CHAIN_ID_SIZE);
	rejoin->roster = unpack_32(&unpacker);
	rejoin->incarnation = unpack_64(&unpacker);
	unpack_bytes(&unpacker, rejoin->voting_key, PBFT_KEY_SIZE);
	unpack_bytes(&unpacker, rejoin->log_uuid, PBFT_LOG_UUID_SIZE);
	unpack_bytes(&unpacker, rejoin->signature, PBFT_SIGNATURE_SIZE);
	if (unpacker.bad || unpacker.offset != bytes.size)
		return status_problem(problem, MC_CONSENSUS_FORMAT, (int64_t) unpacker.offset, 0);
	return MC_OK;
}
