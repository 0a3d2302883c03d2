/*
 * rejoin_pg.c - a new voting key with a log of its own (A18): mes.rotate_node_key() for a proposal
 * of the members, mes.attest_node() for the ticket of a node that is fenced, mes.rejoin() to hand
 * it in.
 *
 * The key lies beside the one in use and takes its place at the first anchor whose validators name
 * it (members_pg.c). It is used for one log: a log that has spoken, or is not where it was made,
 * has lost its key.
 */
#include "node/rejoin_pg.h"

#include "executor/spi.h"
#include "fmgr.h"
#include "ledger/datum_pg.h"
#include "ledger/epoch_pg.h"
#include "ledger/proposal.h"
#include "node/accounts_pg.h"
#include "node/errors_pg.h"
#include "node/genesis_pg.h"
#include "node/guc_pg.h"
#include "node/keys_pg.h"
#include "node/submission_pg.h"
#include "pbft/resume.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"
#include "utils/uuid.h"

void
rejoin_next_key(uint8_t voting_key[SUITE_PUBLIC_SIZE], uint8_t log_uuid[VOTELOG_UUID_SIZE])
{
	SuiteSecret next;

	if (keys_exist(NODE_KEY_NEXT))
	{
		keys_load(NODE_KEY_NEXT, &next);
		memcpy(voting_key, next.key.public_key, SUITE_PUBLIC_SIZE);
		suite_wipe(&next, sizeof(next));
		if (votelog_unused(voting_key, log_uuid))
			return;
		keys_drop_next();
		votelog_remove(voting_key);
	}
	keys_create(NODE_KEY_NEXT);
	keys_load(NODE_KEY_NEXT, &next);
	memcpy(voting_key, next.key.public_key, SUITE_PUBLIC_SIZE);
	suite_wipe(&next, sizeof(next));
	votelog_create(voting_key, log_uuid);
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_rotate_node_key);
Datum
mes_rotate_node_key(PG_FUNCTION_ARGS)
{
	uint8_t voting_key[SUITE_PUBLIC_SIZE];
	uint8_t log_uuid[VOTELOG_UUID_SIZE];

	rejoin_next_key(voting_key, log_uuid);
	PG_RETURN_BYTEA_P(bytes_of(voting_key, SUITE_PUBLIC_SIZE));
}

/* ---- the ticket --------------------------------------------------------------------------------
 */

/* This node's member, as the roll stands now, and the next of its incarnations. */
static void
find_member(const char *name, PbftRejoin *rejoin, GovernanceMember *member)
{
	Genesis *origin = palloc(sizeof(Genesis));
	EngineRights saved;
	McProblem problem;
	McHash hash;
	bool found;

	engine_rights_take(&saved);
	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	if (!genesis_read(origin))
		problem_check(status_problem(&problem, MC_NO_LEDGER, 0, 0), &problem);
	genesis_hash(origin, &hash);
	found = epoch_find_member(origin, name, &rejoin->roster, member);
	SPI_finish();
	PopActiveSnapshot();
	engine_rights_return(&saved);
	if (!found)
		problem_check(status_problem_name(&problem, MC_UNKNOWN_MEMBER, name, strlen(name)),
					  &problem);
	rejoin->incarnation = member->incarnation + 1;
	memcpy(rejoin->chain_id, hash.bytes, PBFT_CHAIN_ID_SIZE);
}

/* Signed when the identity key is here; else the ticket goes to where it is kept (A25). */
static void
sign(PbftRejoin *rejoin, const GovernanceMember *member)
{
	uint8_t signed_bytes[PBFT_DOCUMENT_SIGNED_SIZE];
	SuiteSecret identity;
	McProblem problem;
	bool own;

	if (!keys_exist(NODE_KEY_IDENTITY))
		return;
	keys_load(NODE_KEY_IDENTITY, &identity);
	own = memcmp(identity.key.public_key, member->member.identity_key, SUITE_PUBLIC_SIZE) == 0;
	pbft_rejoin_signed(rejoin, signed_bytes);
	suite_sign(&identity, span_of(signed_bytes, sizeof(signed_bytes)), rejoin->signature);
	suite_wipe(&identity, sizeof(identity));
	if (!own)
		problem_check(status_problem_name(&problem, MC_IDENTITY_SIGNATURE, member->member.name,
										  strlen(member->member.name)),
					  &problem);
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_attest_node);
Datum
mes_attest_node(PG_FUNCTION_ARGS)
{
	NodeGenesis *genesis = palloc(sizeof(NodeGenesis));
	uint8_t ticket[PBFT_REJOIN_SIZE];
	GovernanceMember member;
	PbftRejoin rejoin = { 0 };

	genesis_running(genesis);
	find_member(genesis->name, &rejoin, &member);
	rejoin_next_key(rejoin.voting_key, rejoin.log_uuid);
	sign(&rejoin, &member);
	pbft_rejoin_encode(&rejoin, ticket);
	PG_RETURN_BYTEA_P(bytes_of(ticket, sizeof(ticket)));
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_rejoin);
Datum
mes_rejoin(PG_FUNCTION_ARGS)
{
	bytea *ticket = PG_GETARG_BYTEA_PP(0);
	uint8_t arguments[PBFT_REJOIN_SIZE + 8];
	const uint8_t *submission;
	WireWriter writer;

	if (VARSIZE_ANY_EXHDR(ticket) != PBFT_REJOIN_SIZE)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("a ticket has %d bytes, not %d", (int) PBFT_REJOIN_SIZE,
							   (int) VARSIZE_ANY_EXHDR(ticket)),
						errhint("mes.attest_node() on the node that is fenced makes one.")));
	wire_writer_init(&writer, arguments, sizeof(arguments));
	operation_put_rejoin(&writer, span_of(VARDATA_ANY(ticket), PBFT_REJOIN_SIZE));
	submission = submission_add(OPERATION_REJOIN, wire_written(&writer));
	PG_RETURN_UUID_P((pg_uuid_t *) memcpy(palloc(UUID_LEN), submission, UUID_LEN));
}
