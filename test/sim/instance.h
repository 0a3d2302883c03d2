/*
 * instance.h - instances of the protocol: validator sets with their keys, on an anchor. Included by
 * sim.h.
 */
#ifndef MESCHAIN_SIM_INSTANCE_H
#define MESCHAIN_SIM_INSTANCE_H

#include "pbft/resume.h"
#include "unit/pbft_mac.h"

/* A validator set with its keys, on an anchor. */
typedef struct SimInstance
{
	PbftInstance at;
	uint8_t name[PBFT_INSTANCE_SIZE];
	PbftTip anchor;
	uint32_t parent;
	uint16_t keys[PBFT_NODE_MAX];
	bool resumed; /* C8: the anchor was not final in it at first */
	McHash base_parent;
} SimInstance;

typedef struct SimKeys
{
	MacSigner signer;
	const uint16_t *counts; /* of the instance, by member */
} SimKeys;

#endif
