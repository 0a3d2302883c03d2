/*
 * build.h - writes envelopes: the wallet in a client's backend and mesctl use it. It makes
 * canonical bytes and asserts on its caller's mistakes; limits and meaning are tx_read's to
 * judge, so a caller reads what it built before it sends it.
 *
 * Order of calls: init, actors, then inputs, operations and change in any order, body. The body
 * goes to whoever signs; the envelope is the body and a witness of every actor.
 */
#ifndef MESCHAIN_TX_BUILD_H
#define MESCHAIN_TX_BUILD_H

#include "tx/operation.h"
#include "tx/witness.h"

typedef struct TxHeader
{
	uint8_t chain_id[CHAIN_ID_SIZE];
	McAddress sender;
	uint64_t valid_from_ms;
	uint64_t valid_until_ms;
	uint8_t submission[SUBMISSION_SIZE];
	McSpan reference; /* borrowed until the body is written */
	int64_t fee;
} TxHeader;

/*
 * Works in memory of the caller: operations grow from its front, inputs from its back. When it is
 * too small the builder goes on and tx_build_body says so.
 */
typedef struct TxBuilder
{
	TxHeader header;
	McAddress actors[TX_ACTORS_MAX];
	uint32_t actor_count; /* besides the sender */
	uint32_t operation_count;
	WireWriter operations;
	bool open;				/* the last operation's arguments are being written */
	size_t arguments_start; /* where they begin, without the head that they get when closed */
	TxInput *inputs; /* the lowest of them in memory */
	uint32_t input_count;
	TxChange change[TX_CHANGE_MAX];
	uint32_t change_count;
	bool full;
} TxBuilder;

/* memory is aligned as malloc's is; (operations' bytes + inputs * sizeof(TxInput)) suffice. */
extern void tx_build_init(TxBuilder *builder, const TxHeader *header, void *memory, size_t size);

/* Before the first operation, since actors are numbered in the order of their addresses. */
extern void tx_build_actor(TxBuilder *builder, const McAddress *address);
/* Number of the sender or of an actor that was added. */
extern uint32_t tx_build_actor_number(const TxBuilder *builder, const McAddress *address);

extern void tx_build_input(TxBuilder *builder, const TxInput *input);

/* Writes the head of an operation; its arguments follow by operation_put_KIND to the result. */
extern WireWriter *tx_build_operation(TxBuilder *builder, uint16_t kind, uint32_t actor);

extern void tx_build_change(TxBuilder *builder, uint32_t actor, const TxAsset *asset,
							int64_t amount);

/* Writes the body; MC_BUFFER_FULL when memory or writer was too small. Sorts the inputs. */
extern McStatus tx_build_body(TxBuilder *builder, WireWriter *writer, McProblem *problem);

extern void tx_txid(McSpan body, McHash *txid);

/*
 * Makes random bytes a uuid of version 7, RFC 9562, that begins with the time. Any uuid names a
 * submission, but the ledger's index grows at one end only where they come in the order of time.
 */
extern void tx_name_submission(uint64_t unix_ms, uint8_t submission[SUBMISSION_SIZE]);

/* Head of the envelope and the body; one witness an actor follows by witness_put. */
extern void tx_put_envelope(WireWriter *writer, McSpan body, uint32_t witness_count);

/* The witness of an address of one key: condition, signature and all. */
extern void tx_put_key_witness(WireWriter *writer, const SuiteSecret *secret,
							   const McHash *signing_hash);

#endif
