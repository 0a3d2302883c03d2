/*
 * resume.c - C8: what follows from the TIPs of a quorum. The base is the block of the certificate
 * of highest rank, whoever shows it; a document whose certificates do not lie on one chain proves a
 * fork and resumes nothing. Says in numbers what it cannot promise.
 */
#include "base/digest.h"
#include "pbft/document.h"

/* (0): instances first, then views; an epoch's end ranks below everything of the next epoch. */
typedef struct Rank
{
	bool any;
	uint64_t resume_no;
	uint64_t epoch;
	uint64_t view_next; /* view + 1; 0 for an anchor */
	uint64_t height;
} Rank;

typedef struct Walk
{
	const PbftResumeRules *rules;
	PbftUnpacker unpacker;
	uint32_t count;
	uint32_t taken;
} Walk;

#define ATTESTS_MAX PBFT_NODE_MAX

size_t
pbft_resume_encode(const uint8_t chain_id[PBFT_CHAIN_ID_SIZE], uint64_t resume_no,
				   const McSpan *attests, uint32_t count, uint8_t *out, size_t room)
{
	PbftPacker packer = { out, 0, room };
	size_t size = PBFT_CHAIN_ID_SIZE + 8 + 1;

	assert(count <= ATTESTS_MAX);
	for (uint32_t i = 0; i < count; i++)
		size += 4 + attests[i].size;
	if (size > room)
		return 0;
	pack_bytes(&packer, chain_id, PBFT_CHAIN_ID_SIZE);
	pack_64(&packer, resume_no);
	pack_8(&packer, (uint8_t) count);
	for (uint32_t i = 0; i < count; i++)
	{
		pack_32(&packer, (uint32_t) attests[i].size);
		pack_bytes(&packer, attests[i].data, attests[i].size);
	}
	return packer.size;
}

bool
pbft_resume_next(McSpan document, size_t *offset, PbftAttest *attest)
{
	size_t at = *offset > 0 ? *offset : PBFT_CHAIN_ID_SIZE + 8 + 1;
	PbftUnpacker unpacker = { document, at, false };
	uint32_t size = unpack_32(&unpacker);
	McProblem problem;

	if (unpacker.bad || size > document.size - unpacker.offset)
		return false;
	*offset = unpacker.offset + size;
	return pbft_attest_decode(span_of(document.data + unpacker.offset, size), attest, &problem) ==
		   MC_OK;
}

void
pbft_resume_signed(McSpan document, uint8_t out[PBFT_DOCUMENT_SIGNED_SIZE])
{
	pbft_document_signed("MES1-resume\0", document, out);
}

static bool
walk_begin(const PbftResumeRules *rules, McSpan document, PbftResume *verdict, Walk *walk)
{
	uint8_t chain_id[PBFT_CHAIN_ID_SIZE];

	*walk = (Walk){ .rules = rules, .unpacker = { document, 0, false } };
	unpack_bytes(&walk->unpacker, chain_id, PBFT_CHAIN_ID_SIZE);
	verdict->resume_no = unpack_64(&walk->unpacker);
	walk->count = unpack_8(&walk->unpacker);
	return !walk->unpacker.bad && walk->count <= ATTESTS_MAX &&
		   memcmp(chain_id, rules->chain_id, PBFT_CHAIN_ID_SIZE) == 0;
}

/* The next TIP; false at the end or where the bytes are bad, which `problem` tells apart. */
static bool
walk_next(Walk *walk, PbftAttest *attest, McStatus *status, McProblem *problem)
{
	PbftUnpacker *unpacker = &walk->unpacker;
	uint32_t size;
	McSpan bytes;

	*status = MC_OK;
	if (walk->taken == walk->count && unpacker->offset == unpacker->input.size)
		return false;
	size = unpack_32(unpacker);
	bytes = span_of(unpacker->input.data + unpacker->offset, size);
	if (unpacker->bad || walk->taken == walk->count || size > PBFT_ATTEST_MAX ||
		size > unpacker->input.size - unpacker->offset)
	{
		*status = status_problem(problem, MC_CONSENSUS_FORMAT, (int64_t) unpacker->offset, 0);
		return false;
	}
	unpacker->offset += size;
	walk->taken++;
	*status = pbft_attest_decode(bytes, attest, problem);
	return *status == MC_OK;
}

static bool
outranks(const Rank *left, const Rank *right)
{
	if (!left->any || !right->any)
		return left->any;
	if (left->resume_no != right->resume_no)
		return left->resume_no > right->resume_no;
	if (left->epoch != right->epoch)
		return left->epoch > right->epoch;
	if (left->view_next != right->view_next)
		return left->view_next > right->view_next;
	return left->height > right->height;
}

static void
consider(const PbftProof *proof, Rank rank, Rank *best, PbftResume *verdict)
{
	rank.any = true;
	rank.resume_no = proof->at.resume_no;
	rank.height = proof->certificate.subject.height;
	if (!outranks(&rank, best))
		return;
	*best = rank;
	verdict->from = proof->at;
	verdict->base_height = rank.height;
	verdict->base = proof->certificate.subject.hash;
}

static void
consider_order(const PbftProof *proof, Rank *best, PbftResume *verdict)
{
	Rank rank = { .epoch = proof->at.epoch, .view_next = proof->certificate.subject.view + 1 };

	if (proof->present)
		consider(proof, rank, best, verdict);
}

/* An END_EPOCH block with both certificates opens the next epoch, below its every view. */
static void
consider_anchor(const PbftAttest *attest, Rank *best, PbftResume *verdict)
{
	const PbftSubject *result = &attest->result.certificate.subject;
	Rank rank = { .epoch = attest->result.at.epoch + 1 };

	if (attest->result.present && attest->commit.present && !hash_is_zero(&result->next_valset) &&
		hash_equal(&result->hash, &attest->commit.certificate.subject.hash))
		consider(&attest->result, rank, best, verdict);
}

static McStatus
proof_judge(const PbftResumeRules *rules, const PbftProof *proof, uint32_t roster,
			McProblem *problem)
{
	if (!proof->present || rules->certificate_good(rules->context, &proof->at, &proof->certificate))
		return MC_OK;
	return status_problem(problem, MC_CONSENSUS_SIGNATURE, roster, 0);
}

/* One TIP by itself: its member's words, its proofs, and for this RESUME. */
static McStatus
attest_judge(const PbftResumeRules *rules, const PbftAttest *attest, uint64_t resume_no,
			 McProblem *problem)
{
	uint8_t signed_bytes[PBFT_DOCUMENT_SIGNED_SIZE];
	McStatus status;

	if (attest->resume_no != resume_no ||
		memcmp(attest->chain_id, rules->chain_id, PBFT_CHAIN_ID_SIZE) != 0)
		return status_problem(problem, MC_CONSENSUS_INSTANCE, attest->roster, 0);
	pbft_attest_signed(attest, signed_bytes);
	if (!rules->identity_good(rules->context, attest->roster,
							  span_of(signed_bytes, PBFT_DOCUMENT_SIGNED_SIZE), attest->signature))
		return status_problem(problem, MC_CONSENSUS_SIGNATURE, attest->roster, 0);
	status = proof_judge(rules, &attest->result, attest->roster, problem);
	if (status == MC_OK)
		status = proof_judge(rules, &attest->commit, attest->roster, problem);
	if (status == MC_OK)
		status = proof_judge(rules, &attest->lock, attest->roster, problem);
	return status;
}

/* First walk: every TIP by itself, and the certificate of highest rank among them. */
static McStatus
find_base(const PbftResumeRules *rules, McSpan document, PbftAttest *attest, PbftResume *verdict,
		  McProblem *problem)
{
	Rank best = { 0 };
	uint64_t roster_next = 0;
	McStatus status;
	Walk walk;

	if (!walk_begin(rules, document, verdict, &walk))
		return status_problem(problem, MC_CONSENSUS_FORMAT, 0, 0);
	while (walk_next(&walk, attest, &status, problem))
	{
		/* ascending: each member once */
		if (attest->roster < roster_next)
			return status_problem(problem, MC_CONSENSUS_MEMBER, attest->roster, 0);
		roster_next = (uint64_t) attest->roster + 1;
		status = attest_judge(rules, attest, verdict->resume_no, problem);
		if (status != MC_OK)
			return status;
		consider_order(&attest->commit, &best, verdict);
		consider_order(&attest->lock, &best, verdict);
		consider_anchor(attest, &best, verdict);
	}
	if (status == MC_OK && !best.any)
		return status_problem(problem, MC_CONSENSUS_QUORUM, 0, 1);
	return status;
}

static bool
on_chain(const PbftResumeRules *rules, const PbftProof *proof, const PbftResume *verdict)
{
	const PbftSubject *subject = &proof->certificate.subject;

	return !proof->present ||
		   (subject->height <= verdict->base_height &&
			rules->extends(rules->context, &verdict->base, &subject->hash, subject->height));
}

/* (2), (4): who signed counts where the base's certificate was made, and in the next set when the
 * base ends an epoch; what a quorum committed or agreed on lies below the base. */
static McStatus
count_signers(const PbftResumeRules *rules, McSpan document, PbftAttest *attest,
			  PbftResume *verdict, McProblem *problem)
{
	uint32_t members = rules->member_count(rules->context, &verdict->from);
	uint32_t next = rules->next_count(rules->context, &verdict->base);
	uint32_t next_signers = 0;
	McStatus status;
	Walk walk;

	walk_begin(rules, document, verdict, &walk);
	while (walk_next(&walk, attest, &status, problem))
	{
		bool later = attest->since_resume != verdict->from.resume_no
						 ? attest->since_resume > verdict->from.resume_no
						 : attest->since_epoch > verdict->from.epoch;

		if (!on_chain(rules, &attest->commit, verdict) ||
			!on_chain(rules, &attest->result, verdict))
			return status_problem(problem, MC_CONSENSUS_FORK, (int64_t) verdict->base_height, 0);
		if (attest->result.present && attest->result.certificate.subject.height > verdict->agreed)
			verdict->agreed = attest->result.certificate.subject.height;
		if (next > 0 && rules->has_next_seat(rules->context, &verdict->base, attest->roster))
			next_signers++;
		if (!rules->has_seat(rules->context, &verdict->from, attest->roster))
			continue;
		verdict->signers++;
		verdict->fenced += attest->fenced || later;
	}
	if (members == 0 || members > PBFT_NODE_MAX || next > PBFT_NODE_MAX)
		return status_problem(problem, MC_CONSENSUS_INSTANCE, 0, 0);
	if (verdict->signers < pbft_quorum(members))
		return status_problem(problem, MC_CONSENSUS_QUORUM, verdict->signers, pbft_quorum(members));
	if (next > 0 && next_signers < pbft_quorum(next))
		return status_problem(problem, MC_CONSENSUS_QUORUM, next_signers, pbft_quorum(next));
	verdict->member_count = members;
	return MC_OK;
}

/* How many TIPs with a seat signed this very result. */
static uint32_t
signers_of(const PbftResumeRules *rules, McSpan document, const PbftOwnResult *result,
		   PbftAttest *attest, PbftResume *verdict)
{
	uint32_t count = 0;
	McProblem problem;
	McStatus status;
	Walk walk;

	walk_begin(rules, document, verdict, &walk);
	while (walk_next(&walk, attest, &status, &problem))
	{
		if (!rules->has_seat(rules->context, &verdict->from, attest->roster))
			continue;
		for (uint32_t i = 0; i < attest->result_count; i++)
			count += attest->results[i].height == result->height &&
					 hash_equal(&attest->results[i].hash, &result->hash) &&
					 hash_equal(&attest->results[i].exec_root, &result->exec_root);
	}
	return count;
}

/* (5): at which height two results may each have been agreed on. */
static void
find_results(const PbftResumeRules *rules, McSpan document, PbftAttest scratch[2],
			 PbftResume *verdict)
{
	uint32_t n = verdict->member_count;
	PbftOwnResult first[PBFT_LAG_MAX];
	McProblem problem;
	McStatus status;
	Walk walk;

	memset(first, 0, sizeof(first));
	walk_begin(rules, document, verdict, &walk);
	while (walk_next(&walk, &scratch[0], &status, &problem))
		for (uint32_t i = 0; i < scratch[0].result_count; i++)
		{
			const PbftOwnResult *result = &scratch[0].results[i];
			PbftOwnResult *known = &first[result->height % PBFT_LAG_MAX];
			uint32_t m = signers_of(rules, document, result, &scratch[1], verdict);
			uint32_t rest = verdict->signers - m;
			uint32_t liars = verdict->fenced + pbft_faults(n);
			uint32_t hidden = liars < rest ? liars : rest;

			if (result->height <= verdict->agreed ||
				result->height - verdict->agreed > PBFT_LAG_MAX ||
				m + n - verdict->signers + hidden < pbft_quorum(n))
				continue;
			if (known->height == result->height &&
				!hash_equal(&known->exec_root, &result->exec_root) &&
				(verdict->results_from == 0 || result->height < verdict->results_from))
				verdict->results_from = result->height;
			*known = *result;
		}
}

McStatus
pbft_resume_judge(const PbftResumeRules *rules, McSpan document,
				  const uint8_t signature[PBFT_SIGNATURE_SIZE], PbftAttest scratch[2],
				  PbftResume *verdict, McProblem *problem)
{
	uint8_t signed_bytes[PBFT_DOCUMENT_SIGNED_SIZE];
	uint32_t intact;
	uint32_t missing;
	McStatus status;
	Walk walk;

	memset(verdict, 0, sizeof(*verdict));
	if (rules->roster_count == 0 || !walk_begin(rules, document, verdict, &walk))
		return status_problem(problem, MC_CONSENSUS_FORMAT, 0, 0);
	pbft_resume_signed(document, signed_bytes);
	if (!rules->identity_good(rules->context, (uint32_t) (verdict->resume_no % rules->roster_count),
							  span_of(signed_bytes, PBFT_DOCUMENT_SIGNED_SIZE), signature))
		return status_problem(problem, MC_CONSENSUS_SIGNATURE,
							  (int64_t) (verdict->resume_no % rules->roster_count), 0);
	digest_sha256(&verdict->hash, &document, 1);
	status = find_base(rules, document, &scratch[0], verdict, problem);
	if (status == MC_OK)
		status = count_signers(rules, document, &scratch[0], verdict, problem);
	if (status != MC_OK)
		return status;
	intact = verdict->signers - verdict->fenced;
	missing = verdict->member_count - pbft_quorum(verdict->member_count);
	verdict->may_be_lost = intact <= missing + pbft_faults(verdict->member_count);
	verdict->only_if_intact_lied = verdict->may_be_lost && intact >= missing + 1;
	find_results(rules, document, scratch, verdict);
	if (verdict->may_be_lost)
		verdict->results_from = verdict->agreed + 1;
	return MC_OK;
}
