/*
 * trust_file.h - what a verifier of proofs believes, as JSON: a genesis document, as
 * mes.create_genesis() returned it, or a block: {"chain_id", "height", "block_hash"}, hashes in
 * hex.
 */
#ifndef MESCHAIN_CLI_TRUST_FILE_H
#define MESCHAIN_CLI_TRUST_FILE_H

#include "cli/cli.h"
#include "ledger/proof.h"

/* Says in words what is believed. */
extern const char *trust_file_read(const char *path, ProofTrust *trust);

#endif
