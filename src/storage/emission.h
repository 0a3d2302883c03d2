/*
 * emission.h - how much CCC the network's space has minted, a pure function of the byte-minutes it
 * has been there.
 *
 * One CCC is found for a GiB that stayed a period of 2^19 minutes; each time half of what remains
 * of the supply is mined a CCC takes twice the space. So stage k pays 2^-(49+k) CCC a byte-minute,
 * holds 2^(29-k) CCC and lasts 2^78 byte-minutes whatever k, and minting needs no loop and no
 * memory of past rates. It ends after stage 29, where one CCC would take 1 EiB.
 */
#ifndef MESCHAIN_STORAGE_EMISSION_H
#define MESCHAIN_STORAGE_EMISSION_H

#include "base/status.h"
#include "storage/wide.h"

#define CCC_UNITS 100000000u /* base units of one CCC: 8 decimals */
#define CCC_SUPPLY (UINT64_C(1) << 30)
#define EMISSION_STAGES 30
#define EMISSION_STAGE_BITS 78
#define EMISSION_RATE_BITS 49 /* a GiB for a period */
#define EMISSION_PERIOD_MINUTES (UINT64_C(1) << 19)
/* What one minute counts at most: 1 EiB. The network may be larger, it then mints no faster. */
#define EMISSION_SPACE_CAP ((Wide) 1 << 60)
/* Byte-minutes beyond any life of the network; readers of numbers refuse more. */
#define EMISSION_BYTE_MINUTES_MAX ((Wide) 1 << 120)

/* All byte-minutes of the network from its first minute on, as they count. */
extern uint32_t emission_stage(Wide byte_minutes); /* EMISSION_STAGES when it has ended */
extern uint64_t emission_minted(Wide byte_minutes); /* base units, never falling */

/* The byte-minutes of a minute by stage: two parts when a border lies inside. */
typedef struct EmissionPart
{
	uint32_t stage;
	Wide byte_minutes;
} EmissionPart;

/* Parts of a minute with bytes of effective space, byte_minutes before it; none at the end. */
extern size_t emission_minute(Wide byte_minutes, Wide bytes, EmissionPart parts[2]);

/*
 * A node's part of a minute: its bytes among the network's, cut at the same borders. The nodes'
 * floors never add up to more than the network's part is worth.
 */
extern McStatus emission_node_minute(Wide node_bytes, Wide network_bytes,
									 const EmissionPart *parts, size_t count, Wide byte_minutes[2],
									 McProblem *problem);

/* What a node's byte-minutes by stage have earned in all; the caller subtracts what was paid. */
extern McStatus emission_owed(const Wide *stage_byte_minutes, size_t count, uint64_t *units,
							  McProblem *problem);

#endif
