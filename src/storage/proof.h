/*
 * proof.h - what all storage proofs share.
 *
 * Room card, storage/: proofs that bytes are kept (por), that space is filled (seal, poc2), what
 * that earns (emission, reward). Pure; may include base/ and its own files. storage_pg.c and
 * ccc_pg.c are its SQL face, src/cli/storage_*.c the sealer and splitter that need threads and
 * files. Guarded by test/unit/storage_*.c, test/sql/storage_*.sql, test/t,
 * test/fuzz/fuzz_por.c, fuzz_seal.c, fuzz_merkle.c. Rules: docs/storage-proofs.md.
 *
 * A proof begins with 24 bytes that say what it is for, so that a wrong one is refused by name and
 * before any hash is computed. It carries no length: what was asked for decides the size.
 *
 *   "MS" | kind | version 1 | size, be32 | subject, 8 bytes | challenge, 8 bytes | body
 */
#ifndef MESCHAIN_STORAGE_PROOF_H
#define MESCHAIN_STORAGE_PROOF_H

#include "base/bytes.h"
#include "base/merkle_multi.h"
#include "base/status.h"

#define PROOF_HEADER_SIZE 24

#define PROOF_KIND_SHARE 'P'  /* leaves of a file's share */
#define PROOF_KIND_SECTOR 'S' /* leaves of a sealed sector */
#define PROOF_KIND_COLUMN 'C' /* a column of a sector and its parents */

/* A challenge names this many leaves at most: 3 MiB of proof at 27 levels. */
#define PROOF_INDEXES_MAX 4096
#define PROOF_LEAVES_MAX (UINT64_C(1) << 48)
#define PROOF_SEED_MAX 64

typedef struct ProofHeader
{
	uint8_t kind;
	uint32_t size;
	McHash subject;           /* of which the first eight bytes are written */
	MerkleIndexes challenge;
} ProofHeader;

/* H("mes.proof.subject" || root || be64 number): a sector by its root, a share by file, number. */
extern void proof_subject(const McHash *root, uint64_t number, McHash *out);

/* Some bytes, and all of them zero. */
extern bool proof_is_zero(McSpan bytes);

extern void proof_header_write(const ProofHeader *header, uint8_t out[PROOF_HEADER_SIZE]);

/*
 * Hostile bytes against what was asked for: all zero, too short for a header, another kind, size,
 * subject or challenge, then shorter or longer than body_size demands. The body follows the header.
 */
extern McStatus proof_header_check(const ProofHeader *expected, McSpan proof, uint64_t body_size,
								   McProblem *problem);

/* Count from 1 to PROOF_INDEXES_MAX, strictly ascending, each below leaf_count. */
extern McStatus proof_check_indexes(const MerkleIndexes *indexes, McProblem *problem);

/*
 * Draws count different leaves of leaf_count, ascending, each set of that size equally likely
 * (Floyd's sampling, one hash a leaf). Refuses an empty or long seed, a count or leaf count out of
 * range and a count above the leaf count.
 */
extern McStatus proof_draw(const char *tag, McSpan seed, uint64_t leaf_count, uint64_t count,
						   uint64_t *indexes, McProblem *problem);

#endif
