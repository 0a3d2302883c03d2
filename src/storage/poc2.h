/*
 * poc2.h - capacity plots in the published second format: which scoop a round reads, what a nonce
 * scores, when its owner may speak. Exact to the published vectors (docs/storage-proofs.md).
 *
 * A nonce can be made again in a tenth of a second without the disk, so a hit proves little about
 * one place on a disk: it is a lottery over capacity, not the capacity that earns (storage/seal.h).
 */
#ifndef MESCHAIN_STORAGE_POC2_H
#define MESCHAIN_STORAGE_POC2_H

#include "base/bytes.h"
#include "base/status.h"

#define POC2_SCOOPS 4096
#define POC2_SCOOP_SIZE 64
#define POC2_NONCE_SIZE (POC2_SCOOPS * POC2_SCOOP_SIZE)
#define POC2_SEED_SIZE 16

/* A nonce while it is made, its seed behind it. 256 KiB and 16 bytes, the caller's memory. */
typedef struct Poc2Nonce
{
	uint8_t bytes[POC2_NONCE_SIZE + POC2_SEED_SIZE];
} Poc2Nonce;

/* Fills nonce->bytes[0 .. POC2_NONCE_SIZE) as a plot file holds it. */
extern void poc2_plot(uint64_t account, uint64_t number, Poc2Nonce *nonce);

/* The generation signature that follows one, by the account that won. */
extern void poc2_next_signature(const McHash *signature, uint64_t account, McHash *out);

/* The scoop that all plots read for a height. */
extern uint32_t poc2_scoop(const McHash *signature, uint64_t height);

/* The score of 64 bytes of scoop: the lower the better. */
extern uint64_t poc2_hit(const McHash *signature, const uint8_t scoop[POC2_SCOOP_SIZE]);

/* Seconds to wait; refuses base target 0. */
extern McStatus poc2_deadline(uint64_t hit, uint64_t base_target, uint64_t *seconds,
							  McProblem *problem);

#endif
