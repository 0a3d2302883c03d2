/*
 * recovery_pg.h - a lost quorum in the server (C8): what sessions, the order worker and the files
 * in the state directory have in common.
 *
 * A statement is a member's TIP with the blocks that it holds above its tables; a recovery is the
 * document (RESUME) of a quorum's statements, its issuer's signature, and such blocks. Both travel
 * as files or bytea: a tag of eight bytes, the size of the document in four, the document, then
 * records of blocks as the vote log has them (block_record), each after its size in four.
 */
#ifndef MESCHAIN_NODE_RECOVERY_PG_H
#define MESCHAIN_NODE_RECOVERY_PG_H

#include "postgres.h"

#include "lib/stringinfo.h"
#include "node/shmem_pg.h"
#include "pbft/resume.h"

#define RECOVERY_TAG_SIZE 8
#define RECOVERY_STATEMENT "MES-STM1"
#define RECOVERY_DOCUMENT "MES-RCV1"

/* ---- recovery_file_pg.c: bytes and files ---- */

typedef struct RecoveryParts
{
	McSpan document;          /* a TIP, or TIPs */
	const uint8_t *signature; /* of the issuer; of a recovery only */
	McSpan blocks;
} RecoveryParts;

/* Raises on anything that is not one. */
extern void recovery_open(McSpan bytes, const char *tag, RecoveryParts *parts);
extern void recovery_put(StringInfo out, const char *tag, McSpan document, const uint8_t *signature,
						 McSpan blocks);

/* The next record of blocks; false at the end, and where the bytes are bad. */
extern bool recovery_next_block(McSpan *blocks, McSpan *record, PbftHeader *header, McHash *hash);

/* A file of the state directory, durable when it returns; NULL data: it is not there. */
extern void recovery_write_file(const char *name, McSpan bytes);
extern McSpan recovery_read_file(const char *name);

#define RECOVERY_FILE_HELD "recovery.held"     /* by the order worker: blocks above the tables */
#define RECOVERY_FILE_BLOCKS "recovery.blocks" /* of the recovery that was applied */

/* The statement that this node made last. From then on its voting key votes in no instance with a
 * lower number (D10). */
extern void recovery_keep_statement(const uint8_t voting_key[SUITE_PUBLIC_SIZE], bool witness,
									McSpan statement);
/* False when there is none by this key. */
extern bool recovery_kept_statement(const uint8_t voting_key[SUITE_PUBLIC_SIZE], bool *witness,
									PbftAttest *attest, McSpan *statement);

/* C8 (1): an identity key signs one statement for a number, and none for a lower one. */
extern void recovery_record_signature(const PbftAttest *attest);

/* ---- order_recovery_pg.c: the worker ---- */

#define RECOVERY_HINT_CLOSED                                                                       \
	"Apply the recovery to every node (mesctl recovery apply). If none is made, the node comes "   \
	"back with mesctl node attest."

/* Before START: headers and bodies between the tables and a recovery's base. */
extern void order_take_recovery(uint64_t applied);
/* False: this key has made a statement for a later recovery. */
extern bool order_may_vote(void);
/* Answers a session that wants this node's statement. */
extern void order_answer_recovery(void);

#endif
