/*
 * fuzz_address.c - a text that parses is the one text of its address, in upper or lower case; one
 * changed character is refused.
 */
#include "base/address.h"

#include <stdlib.h>

static void
check_text(McSpan text)
{
	char lower[ADDRESS_TEXT_SIZE + 1];
	McAddress address;
	McProblem problem;
	McStatus status = address_parse(text, &address, &problem);

	if (status != MC_OK)
	{
		if (status != MC_INVALID_ADDRESS || problem.status != status)
			abort();
		return;
	}
	address_format(&address, lower);
	for (size_t i = 0; i < ADDRESS_TEXT_SIZE; i++)
		if ((text.data[i] | 0x20) != (lower[i] | 0x20))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[ADDRESS_TEXT_SIZE + 1];
	McAddress address = { { 0 } };
	McAddress back;
	McProblem problem;

	check_text(span_of(data, size));

	/* the same bytes as an address, whose text then takes one change */
	memcpy(address.bytes, data, size < HASH_SIZE ? size : HASH_SIZE);
	address_format(&address, text);
	if (address_parse(span_text(text), &back, &problem) != MC_OK || !hash_equal(&address, &back))
		abort();
	if (size < HASH_SIZE + 2)
		return 0;
	size_t at = data[HASH_SIZE] % ADDRESS_TEXT_SIZE;
	uint8_t other = data[HASH_SIZE + 1];

	if ((other | 0x20) == text[at])
		return 0;
	text[at] = (char) other;
	if (address_parse(span_of(text, ADDRESS_TEXT_SIZE), &back, &problem) == MC_OK)
		abort();
	return 0;
}
