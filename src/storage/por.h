/*
 * por.h - proofs of retrievability: a node shows leaves, drawn anew each time, of the share of a
 * file it is paid to keep.
 *
 * A file is cut into data_shards equal parts, padded with zeros to whole leaves of 256 bytes, and
 * extended to shares by Reed-Solomon (storage/rs.h): any data_shards of them give it back. N shards
 * in M replicas, as the storage order says it, are data_shards = N and shares = N * M.
 *
 * share_root is the Merkle root of a share's leaves; file_root that of all shares, each bound to
 * its number and to the file's shape. Only file_root stands on the chain.
 */
#ifndef MESCHAIN_STORAGE_POR_H
#define MESCHAIN_STORAGE_POR_H

#include "storage/proof.h"
#include "storage/rs.h"

#define POR_LEAF_SIZE 256
#define POR_FILE_SIZE_MAX (UINT64_C(1) << 50)

typedef struct PorFile
{
	McHash root;
	uint32_t data_shards;
	uint32_t shares;
	uint64_t size;
} PorFile;

/* Shape and size, not the root. */
extern McStatus por_check_file(const PorFile *file, McProblem *problem);

extern uint64_t por_share_size(const PorFile *file); /* whole leaves */
extern uint64_t por_leaf_count(const PorFile *file);

extern void por_leaf(const uint8_t bytes[POR_LEAF_SIZE], McHash *out);
extern void por_share_leaf(const PorFile *file, uint32_t share, const McHash *share_root,
						   McHash *out);
/* Fills file->root from all share roots. */
extern void por_file_root(PorFile *file, const McHash *share_roots);

extern McStatus por_challenge(McSpan seed, uint64_t leaf_count, uint64_t count, uint64_t *indexes,
							  McProblem *problem);

/* Which share is asked for what. */
typedef struct PorAudit
{
	const PorFile *file;
	uint32_t share;
	McSpan seed;
	uint64_t count;
} PorAudit;

/* Every field and the proof may be hostile. */
extern McStatus por_verify(const PorAudit *audit, McSpan proof, McProblem *problem);

/* How a prover reads the share it keeps. */
typedef struct PorSource
{
	void *self;
	void (*leaf)(void *self, uint64_t index, uint8_t out[POR_LEAF_SIZE]);
	MerkleSubtree share_tree;
	const McHash *share_roots; /* of all shares */
} PorSource;

/* Size first, with out NULL; then the proof itself. Refuses what por_verify() would refuse. */
extern McStatus por_prove(const PorAudit *audit, const PorSource *source, size_t *size,
						  uint8_t *out, McProblem *problem);

#endif
