/*
 * verify_problem_pg.c - what mes.verify found: recorded where it was found, settled by the leader.
 */
#include "ledger/verify_item_pg.h"

#include "common/hashfn.h"
#include "nodes/pg_list.h"

static const char *const object_names[] = {
	[VERIFY_BLOCK] = "block",
	[VERIFY_TRANSACTION] = "transaction",
	[VERIFY_RECEIPT] = "receipt",
	[VERIFY_OUTPUT] = "output",
	[VERIFY_SPEND] = "spend",
	[VERIFY_ADDRESS] = "address",
	[VERIFY_ASSET] = "asset",
	[VERIFY_NOTARISATION] = "notarisation",
	[VERIFY_CERTIFICATE] = "certificate",
	[VERIFY_STATE] = "state",
	[VERIFY_ACTOR] = "actor",
	[VERIFY_BURN] = "burn",
	[VERIFY_CLOSING] = "closing",
};

const char *
verify_object_name(VerifyObject object)
{
	return object_names[object];
}

/* Keys of different kinds never meet: each kind has its own seed. */
uint64_t
verify_key_tx(const McHash *txid)
{
	return hash_bytes_extended(txid->bytes, HASH_SIZE, 1);
}

uint64_t
verify_key_output(int64 output_id)
{
	return hash_bytes_extended((const unsigned char *) &output_id, sizeof(output_id), 2);
}

uint64_t
verify_key_row(int table, McSpan key)
{
	return hash_bytes_extended(key.data, (int) key.size, 3 + (uint64) table);
}

uint64_t
verify_key_address(int64 address_id)
{
	return hash_bytes_extended((const unsigned char *) &address_id, sizeof(address_id), 0);
}

char *
verify_hex(const McHash *hash)
{
	char *hex = palloc(2 * HASH_SIZE + 1);

	hex_format(hash->bytes, HASH_SIZE, hex);
	return hex;
}

VerifyProblem *
verify_report(Verifier *verifier, uint64_t height, VerifyObject object, uint64_t key,
			  const char *problem, const char *detail, ...)
{
	VerifyFindings *findings = verifier->findings;
	static VerifyProblem beyond; /* written to and forgotten */
	VerifyProblem *found = &beyond;
	va_list arguments;

	if (findings->count < VERIFY_PROBLEMS_MAX)
		found = &findings->problems[findings->count++];
	else
		findings->left_out++;
	memset(found, 0, sizeof(*found));
	found->order = findings->count;
	found->height = height;
	found->object = object;
	found->key = key;
	strlcpy(found->problem, problem, sizeof(found->problem));
	va_start(arguments, detail);
	vsnprintf(found->detail, sizeof(found->detail), detail, arguments);
	va_end(arguments);
	return found;
}

static bool
explains(const VerifyProblem *cause, const VerifyProblem *problem)
{
	if (cause->object == VERIFY_ADDRESS && problem->object == VERIFY_ADDRESS &&
		cause->key == problem->key && cause->key != 0)
		return true; /* the same wherever the address is used */
	if (cause->height >= problem->height)
		return false;
	if (cause->gap && cause->height >= problem->gap_low && cause->height < problem->gap_high)
		return true;
	for (uint32_t i = 0; cause->key != 0 && i < problem->cause_count; i++)
		if (problem->causes[i] == cause->key)
			return true;
	return false;
}

static bool
follows(const List *kept, const VerifyProblem *problem)
{
	ListCell *cell;

	foreach (cell, kept)
		if (explains(lfirst(cell), problem))
			return true;
	return false;
}

static int
compare_problems(const ListCell *left, const ListCell *right)
{
	const VerifyProblem *a = lfirst(left);
	const VerifyProblem *b = lfirst(right);

	if (a->height != b->height)
		return a->height < b->height ? -1 : 1;
	if (a->object != b->object)
		return a->object < b->object ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

List *
verify_settle(List *problems)
{
	List *kept = NIL;
	const VerifyProblem *last = NULL;
	ListCell *cell;

	list_sort(problems, compare_problems);
	foreach (cell, problems)
	{
		VerifyProblem *problem = lfirst(cell);

		if (follows(kept, problem) ||
			(last != NULL && last->height == problem->height && last->object == problem->object))
			continue;
		kept = lappend(kept, problem);
		last = problem;
	}
	return kept;
}
