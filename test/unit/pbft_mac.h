/*
 * pbft_mac.h - signatures for tests: a keyed 64-bit code, a thousand times cheaper than Ed25519 and
 * deterministic like it. Whoever holds the context may sign for anybody: tests forge on purpose.
 */
#ifndef MESCHAIN_TEST_PBFT_MAC_H
#define MESCHAIN_TEST_PBFT_MAC_H

#include "pbft/certificate.h"

typedef struct MacSigner
{
	uint64_t secret; /* of the federation */
	uint32_t self;
} MacSigner;

static inline uint64_t
mac_mix(uint64_t value)
{
	value ^= value >> 32;
	value *= 0xd6e8feb86659fd93u;
	value ^= value >> 32;
	value *= 0xd6e8feb86659fd93u;
	return value ^ value >> 32;
}

static inline void
mac_sign_as(const MacSigner *signer, uint32_t member, McSpan message,
			uint8_t signature[PBFT_SIGNATURE_SIZE])
{
	uint64_t code = mac_mix(signer->secret + member + 1);
	size_t at = 0;

	for (; at + 8 <= message.size; at += 8)
	{
		uint64_t word;

		memcpy(&word, message.data + at, 8);
		code = mac_mix(code ^ word) + 0x9e3779b97f4a7c15u;
	}
	for (; at < message.size; at++)
		code = mac_mix(code ^ message.data[at]) + at;
	for (int i = 0; i < PBFT_SIGNATURE_SIZE / 8; i++)
		put_be64(signature + 8 * i, code + (uint64_t) i);
}

static inline void
mac_sign(void *context, McSpan message, uint8_t signature[PBFT_SIGNATURE_SIZE])
{
	const MacSigner *signer = context;

	mac_sign_as(signer, signer->self, message, signature);
}

static inline bool
mac_verify(void *context, uint32_t member, McSpan message,
		   const uint8_t signature[PBFT_SIGNATURE_SIZE])
{
	uint8_t expected[PBFT_SIGNATURE_SIZE];

	mac_sign_as(context, member, message, expected);
	return memcmp(expected, signature, PBFT_SIGNATURE_SIZE) == 0;
}

static inline PbftCrypto
mac_crypto(MacSigner *signer)
{
	return (PbftCrypto){ signer, mac_sign, mac_verify };
}

#endif
