/*
 * genesis.h - what a federation agrees on before its first block. Its canonical CBOR is
 *
 *   [version, created_ms, fee_asset, parameters [integer...], members [[name, identity_key,
 *    voting_key, fee_address, host, port]...]]
 *
 * chain_id is the first 16 bytes of its SHA-256 (A3), so that every signature names the federation.
 */
#ifndef MESCHAIN_LEDGER_GENESIS_H
#define MESCHAIN_LEDGER_GENESIS_H

#include "base/suite.h"
#include "ledger/execute.h"
#include "ledger/parameters.h"
#include "tx/tx.h"

#define GENESIS_VERSION 1
#define GENESIS_MEMBERS_MAX 100
#define GENESIS_NAME_MAX 40
#define GENESIS_HOST_MAX 255
#define GENESIS_BYTES_MAX (64 * 1024)

typedef struct GenesisMember
{
	char name[GENESIS_NAME_MAX + 1]; /* a-z, 0-9, _: it becomes part of a role's name */
	uint8_t identity_key[SUITE_PUBLIC_SIZE];
	uint8_t voting_key[SUITE_PUBLIC_SIZE];
	McAddress fee_address;
	char host[GENESIS_HOST_MAX + 1];
	uint16_t port;
} GenesisMember;

typedef struct Genesis
{
	uint64_t created_ms;
	TxAsset fee_asset; /* empty: no fees */
	int64_t parameters[PARAMETER_COUNT];
	uint32_t member_count;
	GenesisMember members[GENESIS_MEMBERS_MAX];
} Genesis;

/* The standard parameters, no member. */
extern void genesis_init(Genesis *genesis);

/* Names, keys and parameters in bounds, no key or name twice. */
extern McStatus genesis_check(const Genesis *genesis, McProblem *problem);

extern void genesis_encode(const Genesis *genesis, WireWriter *writer);

/* Hostile bytes; what it accepts passed genesis_check and encodes to the same bytes. */
extern McStatus genesis_decode(McSpan bytes, Genesis *genesis, McProblem *problem);

/* Who is paid the fees of a block that this member proposed. */
extern LedgerFees genesis_fees(const Genesis *genesis, uint32_t proposer);

/* A name of use, and keys that are points of the curve. */
extern bool genesis_member_valid(const GenesisMember *member);

/* One name, or one key, for both. */
extern bool genesis_members_clash(const GenesisMember *left, const GenesisMember *right);

/* SHA-256 of the canonical bytes. */
extern void genesis_hash(const Genesis *genesis, McHash *hash);

/* What a member's identity key signs to say that this is the genesis it agreed to. */
extern void genesis_agreement(const Genesis *genesis, McHash *hash);

/* H("MES1-valset" || (member, voting key, incarnation)...), numbers big-endian (A7). */
extern void genesis_valset_hash(const Genesis *genesis, McHash *hash);

#endif
