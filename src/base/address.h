/*
 * address.h - the text of an address: bech32m (BIP 350) with prefix "mes" over 32 bytes, always 62
 * characters. What the 32 bytes commit to is tx/condition.h's subject.
 */
#ifndef MESCHAIN_BASE_ADDRESS_H
#define MESCHAIN_BASE_ADDRESS_H

#include "base/bytes.h"
#include "base/status.h"

/* "mes" + "1" + 52 data characters + 6 checksum characters */
#define ADDRESS_TEXT_SIZE 62
#define ADDRESS_PREFIX "mes"

typedef McHash McAddress;

extern void address_format(const McAddress *address, char text[ADDRESS_TEXT_SIZE + 1]);

/* Lower or upper case, never mixed; on failure problem names the text. */
extern McStatus address_parse(McSpan text, McAddress *address, McProblem *problem);

#endif
