/*
 * address.c - bech32m for one prefix and one length. Pure; refuses every second spelling.
 */
#include "base/address.h"

#define CHECKSUM_SIZE 6
#define DATA_SIZE 52 /* 256 bits in groups of five, four zero bits of padding */
#define BECH32M_CONSTANT 0x2BC830A3u

static const char charset[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

static uint32_t
polymod_step(uint32_t checksum, uint8_t value)
{
	static const uint32_t generator[5] = { 0x3B6A57B2u, 0x26508E6Du, 0x1EA119FAu, 0x3D4233DDu,
										   0x2A1462B3u };
	uint32_t top = checksum >> 25;

	checksum = (checksum & 0x1FFFFFF) << 5 ^ value;
	for (int i = 0; i < 5; i++)
		if (top >> i & 1)
			checksum ^= generator[i];
	return checksum;
}

static uint32_t
polymod_prefix(void)
{
	uint32_t checksum = 1;

	for (const char *at = ADDRESS_PREFIX; *at != '\0'; at++)
		checksum = polymod_step(checksum, (uint8_t) (*at >> 5));
	checksum = polymod_step(checksum, 0);
	for (const char *at = ADDRESS_PREFIX; *at != '\0'; at++)
		checksum = polymod_step(checksum, (uint8_t) (*at & 31));
	return checksum;
}

void
address_format(const McAddress *address, char text[ADDRESS_TEXT_SIZE + 1])
{
	uint32_t checksum = polymod_prefix();
	uint32_t bits = 0;
	int bit_count = 0;
	char *out = text;

	memcpy(out, ADDRESS_PREFIX "1", sizeof(ADDRESS_PREFIX));
	out += sizeof(ADDRESS_PREFIX);
	for (int i = 0, next = 0; i < DATA_SIZE; i++)
	{
		uint8_t value;

		if (bit_count < 5)
		{
			bits = bits << 8 | (next < HASH_SIZE ? address->bytes[next] : 0);
			next++;
			bit_count += 8;
		}
		bit_count -= 5;
		value = bits >> bit_count & 31;
		checksum = polymod_step(checksum, value);
		*out++ = charset[value];
	}
	for (int i = 0; i < CHECKSUM_SIZE; i++)
		checksum = polymod_step(checksum, 0);
	checksum ^= BECH32M_CONSTANT;
	for (int i = 0; i < CHECKSUM_SIZE; i++)
		*out++ = charset[checksum >> 5 * (CHECKSUM_SIZE - 1 - i) & 31];
	*out = '\0';
	assert(out - text == ADDRESS_TEXT_SIZE);
}

/* The five bits behind a character of lower case, -1 when it is none. */
static int
character_value(char character)
{
	const char *at = character == '\0' ? NULL : strchr(charset, character);

	return at == NULL ? -1 : (int) (at - charset);
}

/* Copies in lower case; false when cases are mixed or the prefix is another. */
static bool
lower_text(McSpan text, char out[ADDRESS_TEXT_SIZE])
{
	bool lower = false;
	bool upper = false;

	if (text.size != ADDRESS_TEXT_SIZE)
		return false;
	for (int i = 0; i < ADDRESS_TEXT_SIZE; i++)
	{
		char character = (char) text.data[i];

		lower |= character >= 'a' && character <= 'z';
		upper |= character >= 'A' && character <= 'Z';
		out[i] = character >= 'A' && character <= 'Z' ? (char) (character + 32) : character;
	}
	return !(lower && upper) && memcmp(out, ADDRESS_PREFIX "1", sizeof(ADDRESS_PREFIX)) == 0;
}

McStatus
address_parse(McSpan text, McAddress *address, McProblem *problem)
{
	char lower[ADDRESS_TEXT_SIZE];
	uint32_t checksum = polymod_prefix();
	uint32_t bits = 0;
	int bit_count = 0;
	int written = 0;
	bool valid = lower_text(text, lower);

	for (int i = sizeof(ADDRESS_PREFIX); valid && i < ADDRESS_TEXT_SIZE; i++)
	{
		int value = character_value(lower[i]);

		valid = value >= 0;
		checksum = polymod_step(checksum, (uint8_t) (value & 31));
		if (i >= ADDRESS_TEXT_SIZE - CHECKSUM_SIZE)
			continue;
		bits = (bits << 5 | (uint32_t) (value & 31)) & 0xFFFF;
		bit_count += 5;
		if (bit_count >= 8 && written < HASH_SIZE)
		{
			bit_count -= 8;
			address->bytes[written++] = (uint8_t) (bits >> bit_count);
		}
	}
	/* the four bits of padding are zero, or two texts would name one address */
	if (!valid || checksum != BECH32M_CONSTANT || (bits & 0xF) != 0)
		return status_problem_name(problem, MC_INVALID_ADDRESS, (const char *) text.data,
								   text.size);
	return MC_OK;
}
