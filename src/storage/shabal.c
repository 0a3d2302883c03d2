/*
 * shabal.c - Shabal-256: mode of operation and keyed permutation (p = 3, r = 12).
 * Words are little-endian. Pure.
 */
#include "storage/shabal.h"

#include <stdbool.h>

#define BLOCK_SIZE 64
#define WORDS 16
#define A_WORDS 12
#define OUTPUT_BITS 256

typedef struct State
{
	uint32_t a[A_WORDS];
	uint32_t b[WORDS];
	uint32_t c[WORDS];
	uint64_t counter; /* of blocks, from -1: two blocks of initialisation come before the message */
} State;

static inline uint32_t
rotate(uint32_t value, int bits)
{
	return value << bits | value >> (32 - bits);
}

static inline void
load_block(uint32_t words[WORDS], const uint8_t *block)
{
	for (int i = 0; i < WORDS; i++, block += 4)
		words[i] = (uint32_t) block[3] << 24 | (uint32_t) block[2] << 16 |
				   (uint32_t) block[1] << 8 | block[0];
}

static inline void
permute(State *state, const uint32_t m[WORDS])
{
	uint32_t a[A_WORDS];
	uint32_t b[WORDS];
	uint32_t c[WORDS];

	memcpy(a, state->a, sizeof(a));
	memcpy(c, state->c, sizeof(c));
	for (int i = 0; i < WORDS; i++)
		b[i] = rotate(state->b[i], 17);
#pragma GCC unroll 48
	for (int step = 0; step < 3 * WORDS; step++)
	{
		int i = step % WORDS;
		uint32_t before = a[(step + A_WORDS - 1) % A_WORDS];
		uint32_t mixed = a[step % A_WORDS] ^ rotate(before, 15) * 5 ^ c[(8 - i + WORDS) % WORDS];

		mixed = mixed * 3 ^ b[(i + 13) % WORDS] ^ (b[(i + 9) % WORDS] & ~b[(i + 6) % WORDS]) ^ m[i];
		a[step % A_WORDS] = mixed;
		b[i] = rotate(b[i], 1) ^ ~mixed;
	}
#pragma GCC unroll 36
	for (int step = 0; step < 3 * A_WORDS; step++)
		a[step % A_WORDS] += c[(step + 3) % WORDS];
	memcpy(state->a, a, sizeof(a));
	memcpy(state->b, b, sizeof(b));
}

static inline void
mix_counter(State *state)
{
	state->a[0] ^= (uint32_t) state->counter;
	state->a[1] ^= (uint32_t) (state->counter >> 32);
}

static void
swap_halves(State *state)
{
	uint32_t kept[WORDS];

	memcpy(kept, state->b, sizeof(kept));
	memcpy(state->b, state->c, sizeof(kept));
	memcpy(state->c, kept, sizeof(kept));
}

static void
absorb(State *state, const uint32_t m[WORDS])
{
	for (int i = 0; i < WORDS; i++)
		state->b[i] += m[i];
	mix_counter(state);
	permute(state, m);
	for (int i = 0; i < WORDS; i++)
		state->c[i] -= m[i];
	swap_halves(state);
	state->counter++;
}

static void
start(State *state)
{
	uint32_t m[WORDS];

	memset(state, 0, sizeof(*state));
	state->counter = UINT64_MAX;
	for (uint32_t prefix = 0; prefix < 2; prefix++)
	{
		for (uint32_t i = 0; i < WORDS; i++)
			m[i] = OUTPUT_BITS + prefix * WORDS + i;
		absorb(state, m);
	}
}

/* The last block is absorbed without its end, then permuted three times more. */
static void
finish(State *state, const uint8_t block[BLOCK_SIZE], McHash *out)
{
	uint32_t m[WORDS];

	load_block(m, block);
	for (int i = 0; i < WORDS; i++)
		state->b[i] += m[i];
	mix_counter(state);
	permute(state, m);
	for (int i = 0; i < 3; i++)
	{
		swap_halves(state);
		mix_counter(state);
		permute(state, m);
	}
	for (int i = 0; i < HASH_SIZE; i++)
		out->bytes[i] = (uint8_t) (state->b[(BLOCK_SIZE - HASH_SIZE + i) / 4] >> 8 * (i % 4));
}

void
shabal256(McHash *out, const McSpan *parts, size_t count)
{
	static _Thread_local State started;
	static _Thread_local bool ready;
	uint8_t block[BLOCK_SIZE];
	uint32_t m[WORDS];
	size_t used = 0;
	State state;

	assert(out != NULL);
	if (!ready)
		start(&started);
	ready = true;
	state = started;
	for (size_t part = 0; part < count; part++)
	{
		const uint8_t *at = parts[part].data;
		size_t left = parts[part].size;

		while (left > 0)
		{
			size_t taken = left < BLOCK_SIZE - used ? left : BLOCK_SIZE - used;

			memcpy(block + used, at, taken);
			at += taken;
			left -= taken;
			used += taken;
			if (used < BLOCK_SIZE)
				break;
			load_block(m, block);
			absorb(&state, m);
			used = 0;
		}
	}
	memset(block + used, 0, BLOCK_SIZE - used);
	block[used] = 0x80;
	finish(&state, block, out);
}
