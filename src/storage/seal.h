/*
 * seal.h - seal-v1: a sector filled with labels that take long to make and a moment to check.
 *
 * A sector has n = 2^lg_n positions and eight layers of labels. A label hashes its sector, place
 * and parents: the position before it and one further back in its own layer, six positions anywhere
 * in the layer below. So a layer is one long chain, and a leaf that was not kept takes most of the
 * sector's work again. The replica is the last layer, with a file's bytes added (exclusive or) in a
 * file sector; a capacity sector is the sector of a file of zeros.
 *
 * Two roots stand on the chain: of the columns (all eight labels of a position) and of the replica.
 * Columns are opened once, when a sector is registered; replica leaves in every period.
 */
#ifndef MESCHAIN_STORAGE_SEAL_H
#define MESCHAIN_STORAGE_SEAL_H

#include "storage/proof.h"

#define SEAL_LG_MIN 10
#define SEAL_LG_MAX 32
#define SEAL_LAYERS 8
#define SEAL_EXPANDERS 6
#define SEAL_PARENTS (2 + SEAL_EXPANDERS)
#define SEAL_COLUMNS_MAX (1 + SEAL_PARENTS)
#define SEAL_NO_PARENT UINT64_MAX /* position 0 has none in its own layer */

#define SEAL_CHAIN_ID_SIZE 16
#define SEAL_NODE_KEY_SIZE 32

extern McStatus seal_check_size(int64_t lg_n, McProblem *problem);

/* SHA-256("mes.seal.v1" || chain_id || node_key || be64 number || u8 lg_n) */
extern McStatus seal_sector_id(McSpan chain_id, McSpan node_key, uint64_t number, int64_t lg_n,
							   McHash *out, McProblem *problem);

/* The graph of all sectors of one size: it depends on nothing a prover can choose. */
typedef struct SealGraph
{
	uint32_t lg_n;
	uint64_t keys[SEAL_EXPANDERS][4];
} SealGraph;

extern void seal_graph_init(SealGraph *graph, uint32_t lg_n);

/* [0] the position before, [1] one further back, [2 ..] six of the layer below. */
extern void seal_parents(const SealGraph *graph, uint64_t index, uint64_t parents[SEAL_PARENTS]);

/* What a label hashes, in order. Layer 0 stops before the expander labels. */
typedef struct SealInput
{
	McHash sector_id;
	uint8_t layer[8];
	uint8_t index[8];
	McHash parents[SEAL_PARENTS];
} SealInput;

#define SEAL_INPUT_BASE (offsetof(SealInput, parents) + 2 * HASH_SIZE)

/* Parents that do not exist count as 32 zero bytes. */
extern void seal_label(SealInput *input, uint32_t layer, uint64_t index, McHash *out);

/* One layer after the other, one thread: the definition. below is not read in layer 0. */
extern void seal_layer(const SealGraph *graph, const McHash *sector_id, uint32_t layer,
					   const McHash *below, McHash *labels);

extern void seal_column_leaf(const McHash column[SEAL_LAYERS], McHash *out);
extern void seal_replica_leaf(const McHash *replica, McHash *out);

/* Leaves over all of a node's sectors laid end to end; docs say how one finds its sector. */
extern McStatus seal_challenge(McSpan seed, uint64_t total_leaves, uint64_t count,
							   uint64_t *indexes, McProblem *problem);

/* The positions a column proof opens: index and its parents, ascending, each once. */
extern size_t seal_column_set(const SealGraph *graph, uint64_t index,
							  uint64_t positions[SEAL_COLUMNS_MAX]);

/* ---- verifying: every argument may be hostile ---- */

extern McStatus seal_verify(const McHash *root_r, int64_t lg_n, const uint64_t *indexes,
							size_t count, McSpan proof, McProblem *problem);

/* A sector as it stands on the chain. data_root NULL: capacity. */
typedef struct SealSector
{
	McHash sector_id;
	McHash root_c;
	McHash root_r;
	const McHash *data_root;
	int64_t lg_n;
} SealSector;

extern McStatus seal_verify_column(const SealSector *sector, uint64_t index, McSpan proof,
								   McProblem *problem);

/* ---- proving ---- */

/* How a prover reads what it keeps. data and data_tree only for a file sector. */
typedef struct SealSource
{
	void *self;
	void (*replica)(void *self, uint64_t index, McHash *out);
	void (*column)(void *self, uint64_t index, McHash out[SEAL_LAYERS]);
	MerkleSubtree replica_tree;
	MerkleSubtree column_tree;
	MerkleSubtree data_tree;
} SealSource;

/* Indexes that pass proof_check_indexes(); writes as many bytes as seal_proof_size() says. */
extern size_t seal_proof_size(uint32_t lg_n, const uint64_t *indexes, size_t count);
extern void seal_prove(const SealSource *source, const McHash *root_r, uint32_t lg_n,
					   const uint64_t *indexes, size_t count, uint8_t *out);

extern size_t seal_column_proof_size(const SealSector *sector, uint64_t index);
extern void seal_prove_column(const SealSource *source, const SealSector *sector, uint64_t index,
							  uint8_t *out);

#endif
