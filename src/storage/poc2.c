/*
 * poc2.c - nonces, scoops and hits. Pure; the caller gives the 256 KiB a nonce takes.
 */
#include "storage/poc2.h"

#include "storage/shabal.h"

/* No hash of the chain reads more than this many bytes of what came before it. */
#define CHAIN_WINDOW 4096

/* The second half of every scoop changes place with that of the scoop opposite. */
static void
swap_scoop_halves(uint8_t *bytes)
{
	for (int scoop = 0; scoop < POC2_SCOOPS / 2; scoop++)
	{
		uint8_t *low = bytes + scoop * POC2_SCOOP_SIZE + HASH_SIZE;
		uint8_t *high = bytes + (POC2_SCOOPS - 1 - scoop) * POC2_SCOOP_SIZE + HASH_SIZE;
		McHash kept;

		memcpy(kept.bytes, low, HASH_SIZE);
		memcpy(low, high, HASH_SIZE);
		memcpy(high, kept.bytes, HASH_SIZE);
	}
}

void
poc2_plot(uint64_t account, uint64_t number, Poc2Nonce *nonce)
{
	uint8_t *bytes = nonce->bytes;
	McHash final;
	McSpan span;

	put_be64(bytes + POC2_NONCE_SIZE, account);
	put_be64(bytes + POC2_NONCE_SIZE + 8, number);
	/* backwards: every hash covers those after it, up to the window */
	for (size_t at = POC2_NONCE_SIZE; at > 0; at -= HASH_SIZE)
	{
		size_t behind = sizeof(nonce->bytes) - at;
		McHash hash;

		span = span_of(bytes + at, behind < CHAIN_WINDOW ? behind : CHAIN_WINDOW);
		shabal256(&hash, &span, 1);
		memcpy(bytes + at - HASH_SIZE, hash.bytes, HASH_SIZE);
	}
	span = span_of(bytes, sizeof(nonce->bytes));
	shabal256(&final, &span, 1);
	for (size_t i = 0; i < POC2_NONCE_SIZE; i++)
		bytes[i] ^= final.bytes[i % HASH_SIZE];
	swap_scoop_halves(bytes);
}

void
poc2_next_signature(const McHash *signature, uint64_t account, McHash *out)
{
	uint8_t number[8];
	McSpan parts[2] = { span_hash(signature), span_of(number, sizeof(number)) };

	put_be64(number, account);
	shabal256(out, parts, 2);
}

uint32_t
poc2_scoop(const McHash *signature, uint64_t height)
{
	uint8_t number[8];
	McSpan parts[2] = { span_hash(signature), span_of(number, sizeof(number)) };
	McHash hash;

	put_be64(number, height);
	shabal256(&hash, parts, 2);
	return get_be32(hash.bytes + HASH_SIZE - 4) % POC2_SCOOPS;
}

uint64_t
poc2_hit(const McHash *signature, const uint8_t scoop[POC2_SCOOP_SIZE])
{
	McSpan parts[2] = { span_hash(signature), span_of(scoop, POC2_SCOOP_SIZE) };
	uint64_t hit = 0;
	McHash hash;

	shabal256(&hash, parts, 2);
	for (int i = 7; i >= 0; i--)
		hit = hit << 8 | hash.bytes[i];
	return hit;
}

McStatus
poc2_deadline(uint64_t hit, uint64_t base_target, uint64_t *seconds, McProblem *problem)
{
	if (base_target == 0)
		return status_problem(problem, MC_BASE_TARGET_ZERO, 0, 1);
	*seconds = hit / base_target;
	return MC_OK;
}
