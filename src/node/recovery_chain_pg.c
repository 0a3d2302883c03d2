/*
 * recovery_chain_pg.c - rows and headers, as pbft_resume_judge() asks for them.
 */
#include "node/recovery_chain_pg.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "ledger/datum_pg.h"
#include "ledger/recovery_pg.h"
#include "node/errors_pg.h"
#include "node/genesis_pg.h"
#include "utils/memutils.h"

/* A certificate of use is of a block near the last one. */
#define NEAR_BLOCKS 4096

void
chain_open(RecoveryChain *chain, McSpan blocks)
{
	McProblem problem;
	McHash hash;
	bool isnull;

	memset(chain, 0, sizeof(*chain));
	chain->blocks = blocks;
	chain->origin = palloc(sizeof(Genesis));
	if (!genesis_read(chain->origin))
		problem_check(status_problem(&problem, MC_NO_LEDGER, 0, 0), &problem);
	genesis_hash(chain->origin, &hash);
	memcpy(chain->chain_id, hash.bytes, CHAIN_ID_SIZE);
	chain->tip_hash = hash;
	if (SPI_execute("SELECT height, hash FROM mes_internal.block_rows ORDER BY height DESC LIMIT 1",
					true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read the last block");
	if (SPI_processed == 0)
		return;
	chain->tip_height = (uint64_t) DatumGetInt64(
		SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	memcpy(chain->tip_hash.bytes,
		   VARDATA_ANY(DatumGetByteaPP(
			   SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &isnull))),
		   HASH_SIZE);
}

static uint64_t
find_height(const char *from, const McHash *hash)
{
	Datum value = PointerGetDatum(bytes_of(hash->bytes, HASH_SIZE));
	uint64_t height = 0;
	bool isnull;

	if (SPI_execute_with_args(from, 1, (Oid[]){ BYTEAOID }, &value, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look for a block");
	if (SPI_processed == 1)
		height = (uint64_t) DatumGetInt64(
			SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	return height;
}

uint64_t
chain_row(const RecoveryChain *chain, const McHash *hash)
{
	uint64_t low = chain->tip_height > NEAR_BLOCKS ? chain->tip_height - NEAR_BLOCKS : 0;

	return find_height(psprintf("SELECT height FROM mes_internal.block_rows "
								"WHERE height > " UINT64_FORMAT " AND hash = $1",
								low),
					   hash);
}

bool
chain_find(const RecoveryChain *chain, const McHash *wanted, McSpan *record, PbftHeader *header)
{
	McSpan blocks = chain->blocks;
	McHash hash;

	while (recovery_next_block(&blocks, record, header, &hash))
		if (hash_equal(&hash, wanted))
			return true;
	return false;
}

/* ---- who signs ---------------------------------------------------------------------------------
 */

static void
seat(const RecoveryChain *chain, const GovernanceEpoch *from, ChainEpoch *epoch)
{
	Genesis *document = palloc(sizeof(Genesis));
	EpochSeats *seats = palloc(sizeof(EpochSeats));

	*document = *chain->origin;
	epoch->known = epoch_seats(from, chain->origin, document, seats);
	epoch->roll_height = from->roll_height;
	epoch->count = document->member_count;
	for (uint32_t i = 0; i < epoch->count; i++)
	{
		epoch->numbers[i] = seats->numbers[i];
		memcpy(epoch->keys[i], document->members[i].voting_key, SUITE_PUBLIC_SIZE);
	}
	pfree(document);
	pfree(seats);
}

void
chain_epoch(RecoveryChain *chain, uint64_t height, ChainEpoch *epoch)
{
	GovernanceEpoch found;

	epoch_of(height, chain->origin, &found);
	epoch->at = (PbftInstance){ .epoch = found.number,
								.resume_no = found.resume_no,
								.anchor_hash = found.anchor_hash,
								.valset_hash = found.valset_hash };
	epoch_instance(&found, epoch->instance);
	seat(chain, &found, epoch);
}

/* Height of the block on which an instance of this chain began; false: of another chain. */
static bool
find_anchor(const RecoveryChain *chain, const PbftInstance *at, uint64_t *height)
{
	McHash genesis;

	genesis_hash(chain->origin, &genesis);
	*height = 0;
	if (hash_equal(&at->anchor_hash, &genesis))
		return true;
	*height = find_height("SELECT base_height FROM mes_internal.recovery_rows "
						  "WHERE sha256(document) = $1",
						  &at->valset_hash);
	if (*height == 0)
		*height =
			find_height("SELECT height FROM mes_internal.block_rows "
						"WHERE hash = $1 AND next_valset_hash <> decode(repeat('00', 32), 'hex')",
						&at->anchor_hash);
	return *height > 0;
}

static const ChainEpoch *
epoch_at(RecoveryChain *chain, const PbftInstance *at)
{
	uint64_t anchor;

	if (!chain->epoch.known || memcmp(&chain->epoch.at, at, sizeof(*at)) != 0)
	{
		chain->epoch.known = false;
		if (!find_anchor(chain, at, &anchor))
		{
			GovernanceEpoch last;

			/* perhaps of this chain, when this node has seen more of it */
			epoch_of(chain->tip_height + 1, chain->origin, &last);
			chain->missing |= at->epoch > last.number;
			return NULL;
		}
		chain_epoch(chain, anchor + 1, &chain->epoch);
	}
	return chain->epoch.known && memcmp(&chain->epoch.at, at, sizeof(*at)) == 0 ? &chain->epoch
																				: NULL;
}

static bool
verify_vote(void *context, uint32_t member, McSpan message,
			const uint8_t signature[PBFT_SIGNATURE_SIZE])
{
	const ChainEpoch *epoch = context;
	SuiteKey key = { .suite = SUITE_ED25519 };

	if (member >= epoch->count)
		return false;
	memcpy(key.public_key, epoch->keys[member], SUITE_PUBLIC_SIZE);
	return suite_verify(&key, message, signature);
}

bool
chain_signed(const RecoveryChain *chain, const ChainEpoch *epoch,
			 const PbftCertificate *certificate)
{
	PbftCrypto crypto = { .context = unconstify(ChainEpoch *, epoch), .verify = verify_vote };
	PbftDomain domain;
	McProblem problem;

	memset(&domain, 0, sizeof(domain));
	memcpy(domain.chain_id, chain->chain_id, PBFT_CHAIN_ID_SIZE);
	memcpy(domain.instance, epoch->instance, PBFT_INSTANCE_SIZE);
	return epoch->known &&
		   pbft_certificate_verify(certificate, &domain, epoch->count, &crypto, &problem) == MC_OK;
}

/* ---- rules -------------------------------------------------------------------------------------
 */

static bool
identity_good(void *context, uint32_t roster, McSpan message,
			  const uint8_t signature[PBFT_SIGNATURE_SIZE])
{
	const RecoveryChain *chain = context;
	SuiteKey key = { .suite = SUITE_ED25519 };
	GovernanceMember member;

	if (!epoch_member(chain->origin, roster, &member) || member.standing == MEMBER_REMOVED)
		return false;
	memcpy(key.public_key, member.member.identity_key, SUITE_PUBLIC_SIZE);
	return suite_verify(&key, message, signature);
}

static uint32_t
member_count(void *context, const PbftInstance *at)
{
	const ChainEpoch *epoch = epoch_at(context, at);

	return epoch != NULL ? epoch->count : 0;
}

static bool
seated(const ChainEpoch *epoch, uint32_t roster)
{
	for (uint32_t i = 0; epoch != NULL && i < epoch->count; i++)
		if (epoch->numbers[i] == roster)
			return true;
	return false;
}

static bool
has_seat(void *context, const PbftInstance *at, uint32_t roster)
{
	return seated(epoch_at(context, at), roster);
}

static bool
certificate_good(void *context, const PbftInstance *at, const PbftCertificate *certificate)
{
	const ChainEpoch *epoch = epoch_at(context, at);

	return epoch != NULL && chain_signed(context, epoch, certificate);
}

/* The validators that a block's result names; only a row has a result. */
static bool
next_seats(RecoveryChain *chain, const McHash *block, ChainEpoch *next)
{
	uint64_t height = chain_row(chain, block);
	GovernanceEpoch from = { .roll_height = height };

	next->count = 0;
	if (height == 0 ||
		find_height(
			psprintf("SELECT height FROM mes_internal.block_rows WHERE height = " UINT64_FORMAT
					 " AND hash = $1 "
					 "AND next_valset_hash <> decode(repeat('00', 32), 'hex')",
					 height),
			block) == 0)
		return false;
	seat(chain, &from, next);
	return true;
}

static uint32_t
next_count(void *context, const McHash *block)
{
	ChainEpoch *next = palloc(sizeof(ChainEpoch));
	uint32_t count = next_seats(context, block, next) ? next->count : 0;

	pfree(next);
	return count;
}

static bool
has_next_seat(void *context, const McHash *block, uint32_t roster)
{
	ChainEpoch *next = palloc(sizeof(ChainEpoch));
	bool has = next_seats(context, block, next) && seated(next, roster);

	pfree(next);
	return has;
}

static bool
row_is(uint64_t height, const McHash *hash)
{
	return find_height(psprintf("SELECT height FROM mes_internal.block_rows "
								"WHERE height = " UINT64_FORMAT " AND hash = $1",
								height),
					   hash) > 0;
}

static bool
extends(void *context, const McHash *block, const McHash *ancestor, uint64_t height)
{
	RecoveryChain *chain = context;
	McHash at = *block;
	PbftHeader header;
	McSpan record;

	while (chain_find(chain, &at, &record, &header) && header.height > chain->tip_height)
	{
		if (header.height <= height)
			return header.height == height && hash_equal(&at, ancestor);
		at = header.parent_hash;
	}
	if (height <= chain->tip_height && chain_row(chain, &at) >= height)
		return row_is(height, ancestor);
	chain->missing = true;
	return false;
}

void
chain_rules(RecoveryChain *chain, PbftResumeRules *rules)
{
	*rules = (PbftResumeRules){ .context = chain,
								.roster_count = epoch_number_count(chain->origin),
								.identity_good = identity_good,
								.member_count = member_count,
								.has_seat = has_seat,
								.certificate_good = certificate_good,
								.next_count = next_count,
								.has_next_seat = has_next_seat,
								.extends = extends };
	memcpy(rules->chain_id, chain->chain_id, PBFT_CHAIN_ID_SIZE);
}

static void
refuse_unsigned(const RecoveryChain *chain, uint32_t number)
{
	GovernanceMember member;
	McProblem problem;

	if (!epoch_member(chain->origin, number, &member))
		strlcpy(member.member.name, "?", sizeof(member.member.name));
	problem_check(status_problem_name(&problem, MC_RECOVERY_UNSIGNED, member.member.name,
									  strlen(member.member.name)),
				  &problem);
}

/* Fresh keys of the statements, each its member's alone. */
static void
check_keys(const RecoveryChain *chain, McSpan document, uint32_t roster_count, PbftAttest *scratch)
{
	RecoveryKeys *keys = palloc(sizeof(RecoveryKeys));
	GovernanceMember member;
	McProblem problem;

	if (!recovery_keys(document, scratch, keys))
		problem_check(status_problem(&problem, MC_RECOVERY_KEYS, scratch->roster, 0), &problem);
	for (uint32_t i = 0; i < keys->count; i++)
		for (uint32_t number = 0; number < roster_count; number++)
			if (number != keys->keys[i].number && epoch_member(chain->origin, number, &member) &&
				memcmp(member.member.voting_key, keys->keys[i].voting_key, SUITE_PUBLIC_SIZE) == 0)
				problem_check(status_problem(&problem, MC_RECOVERY_KEYS, keys->keys[i].number, 0),
							  &problem);
	pfree(keys);
}

void
chain_judge(RecoveryChain *chain, const RecoveryParts *parts, PbftResume *verdict)
{
	PbftAttest *scratch = palloc(2 * sizeof(PbftAttest));
	uint8_t message[PBFT_DOCUMENT_SIGNED_SIZE];
	PbftResumeRules rules;
	McProblem problem;
	uint32_t issuer;

	chain_rules(chain, &rules);
	if (parts->document.size < PBFT_CHAIN_ID_SIZE + 8 ||
		memcmp(parts->document.data, chain->chain_id, PBFT_CHAIN_ID_SIZE) != 0)
		problem_check(status_problem(&problem, MC_CONSENSUS_INSTANCE, 0, 0), &problem);
	issuer = (uint32_t) (get_be64(parts->document.data + PBFT_CHAIN_ID_SIZE) % rules.roster_count);
	pbft_resume_signed(parts->document, message);
	if (!identity_good(chain, issuer, span_of(message, sizeof(message)), parts->signature))
		refuse_unsigned(chain, issuer);
	if (pbft_resume_judge(&rules, parts->document, parts->signature, scratch, verdict, &problem) !=
		MC_OK)
	{
		if (chain->missing)
			status_problem(&problem, MC_RECOVERY_BEHIND, (int64_t) chain->tip_height,
						   (int64_t) verdict->base_height);
		problem_raise(&problem);
	}
	check_keys(chain, parts->document, rules.roster_count, scratch);
	pfree(scratch);
}
