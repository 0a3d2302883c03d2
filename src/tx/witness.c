/*
 * witness.c - witnesses in and out. Reading is all checks but the signatures, which cost a hundred
 * times the rest and are verified once, at the door.
 */
#include "tx/witness.h"

#include "base/digest.h"
#include "tx/part.h"

static McStatus
read_path(WireReader *reader, TxWitness *witness, McProblem *problem)
{
	uint64_t position;
	size_t count;
	McStatus status = part_read_number(reader, &position, problem);

	if (status == MC_OK)
		status = part_read_list(reader, POLICY_PATH_MAX, MC_PATH_TOO_LONG, &count, problem);
	if (status != MC_OK)
		return status;
	if (position >> count != 0)
		return status_problem(problem, MC_POSITION_OUT_OF_RANGE, (int64_t) position,
							  (int64_t) (1u << count) - 1);
	witness->position = (uint32_t) position;
	witness->path_count = (uint32_t) count;
	for (size_t i = 0; i < count; i++)
		if (!wire_read_fixed(reader, witness->path[i].bytes, HASH_SIZE))
			return part_wire_problem(reader, problem);
	return MC_OK;
}

static McStatus
problem_of_actor(McProblem *problem, McStatus status, const McAddress *actor, int64_t number,
				 int64_t limit)
{
	part_problem_address(problem, status, actor);
	if (problem != NULL)
	{
		problem->number = number;
		problem->limit = limit;
	}
	return status;
}

/* Signature items of a fixed sequence; false at the end of a reader that was read before. */
static McStatus
read_signature(WireReader *reader, const TxCondition *condition, int64_t previous,
			   TxSignature *signature, McProblem *problem)
{
	uint64_t index;
	McStatus status;

	if (!wire_read_tuple(reader, 2))
		return part_wire_problem(reader, problem);
	status = part_read_number(reader, &index, problem);
	if (status != MC_OK)
		return status;
	if (index >= condition->key_count)
		return status_problem(problem, MC_UNKNOWN_KEY_INDEX, (int64_t) index,
							  condition->key_count);
	if ((int64_t) index <= previous)
		return status_problem(problem, MC_SIGNATURES_UNORDERED, (int64_t) index, previous);
	signature->key_index = (uint32_t) index;
	if (!wire_read_fixed(reader, signature->bytes, sizeof(signature->bytes)))
		return part_wire_problem(reader, problem);
	return MC_OK;
}

static McStatus
read_signatures(WireReader *reader, TxWitness *witness, McProblem *problem)
{
	int64_t previous = -1;
	size_t count;
	size_t start;

	/* ascending indexes below the key count bound the walk */
	if (!wire_read_array(reader, SIZE_MAX, &count))
		return part_wire_problem(reader, problem);
	start = reader->offset;
	for (size_t i = 0; i < count; i++)
	{
		TxSignature signature;
		McStatus status =
			read_signature(reader, &witness->condition, previous, &signature, problem);

		if (status != MC_OK)
			return status;
		previous = signature.key_index;
	}
	witness->signature_count = (uint32_t) count;
	witness->signatures = span_of(reader->data + start, reader->offset - start);
	return MC_OK;
}

static McStatus
read_preimage(WireReader *reader, TxWitness *witness, McProblem *problem)
{
	witness->has_preimage = wire_peek(reader) != WIRE_NULL;
	if (witness->has_preimage ? !wire_read_fixed(reader, witness->preimage, PREIMAGE_SIZE)
							  : !wire_read_null(reader))
		return part_wire_problem(reader, problem);
	return MC_OK;
}

static McStatus
check_preimage(const TxWitness *witness, const McAddress *actor, McProblem *problem)
{
	McSpan preimage = span_of(witness->preimage, PREIMAGE_SIZE);
	McHash hash;

	if (witness->condition.hash_locked != witness->has_preimage)
		return part_problem_address(
			problem, witness->has_preimage ? MC_SURPLUS_PREIMAGE : MC_MISSING_PREIMAGE, actor);
	if (!witness->has_preimage)
		return MC_OK;
	digest_sha256(&hash, &preimage, 1);
	if (memcmp(hash.bytes, witness->condition.hash_lock, HASH_SIZE) != 0)
		return part_problem_address(problem, MC_WRONG_PREIMAGE, actor);
	return MC_OK;
}

static McStatus
check_signature_count(const TxWitness *witness, const McAddress *actor, McProblem *problem)
{
	uint32_t found = witness->signature_count;
	uint32_t needed = witness->condition.threshold;

	if (found == needed)
		return MC_OK;
	return problem_of_actor(problem, found < needed ? MC_MISSING_SIGNATURE : MC_SURPLUS_SIGNATURE,
							actor, found, needed);
}

static McStatus
check_address(const TxWitness *witness, const McAddress *actor, McProblem *problem)
{
	McAddress address;
	McHash leaf;
	McHash root;

	condition_leaf(witness->condition.bytes, &leaf);
	condition_climb(&leaf, witness->position, witness->path, witness->path_count, &root);
	condition_address(&root, &address);
	if (hash_equal(&address, actor))
		return MC_OK;
	return part_problem_address(
		problem, witness->path_count == 0 ? MC_WRONG_SIGNER : MC_BRANCH_NOT_IN_POLICY, actor);
}

McStatus
witness_read(WireReader *reader, const McAddress *actor, TxWitness *witness, McProblem *problem)
{
	McStatus status;

	if (!wire_read_tuple(reader, 5))
		return part_wire_problem(reader, problem);
	status = condition_read(reader, &witness->condition, problem);
	if (status == MC_OK)
		status = read_path(reader, witness, problem);
	if (status == MC_OK && actor != NULL)
		status = check_address(witness, actor, problem);
	if (status == MC_OK)
		status = read_signatures(reader, witness, problem);
	if (status == MC_OK)
		status = read_preimage(reader, witness, problem);
	if (status == MC_OK && actor != NULL)
		status = check_signature_count(witness, actor, problem);
	if (status == MC_OK && actor != NULL)
		status = check_preimage(witness, actor, problem);
	return status;
}

McStatus
witness_verify(const TxWitness *witness, const McAddress *actor, const McHash *signing_hash,
			   McProblem *problem)
{
	WireReader reader;

	wire_reader_init(&reader, witness->signatures);
	for (uint32_t i = 0; i < witness->signature_count; i++)
	{
		TxSignature signature;
		SuiteKey key;
		McStatus status = read_signature(&reader, &witness->condition, -1, &signature, problem);

		assert(status == MC_OK);
		(void) status;
		condition_key(&witness->condition, signature.key_index, &key);
		if (!suite_verify(&key, span_hash(signing_hash), signature.bytes))
			return problem_of_actor(problem, MC_BAD_SIGNATURE, actor, signature.key_index, 0);
	}
	return MC_OK;
}

void
witness_put(WireWriter *writer, McSpan condition, uint32_t position, const McHash *path,
			uint32_t path_count, const TxSignature *signatures, uint32_t signature_count,
			const uint8_t *preimage)
{
	assert(path_count <= POLICY_PATH_MAX && position >> path_count == 0);
	wire_put_array(writer, 5);
	wire_put_raw(writer, condition);
	wire_put_uint(writer, position);
	wire_put_array(writer, path_count);
	for (uint32_t i = 0; i < path_count; i++)
		wire_put_bytes(writer, path[i].bytes, HASH_SIZE);
	wire_put_array(writer, signature_count);
	for (uint32_t i = 0; i < signature_count; i++)
	{
		wire_put_array(writer, 2);
		wire_put_uint(writer, signatures[i].key_index);
		wire_put_bytes(writer, signatures[i].bytes, SUITE_SIGNATURE_SIZE);
	}
	if (preimage != NULL)
		wire_put_bytes(writer, preimage, PREIMAGE_SIZE);
	else
		wire_put_null(writer);
}
