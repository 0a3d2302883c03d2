/* licence.c - see licence.h. */
#include "rights/licence.h"

#include "rights/field.h"
#include "rights/work.h"

bool
licence_in_force(const LicenceRow *row, uint64_t now_ms)
{
	return (row->status == LICENCE_ACTIVE || row->status == LICENCE_REVOKED) &&
		   now_ms < row->scope.until_ms;
}

McStatus
licence_check_parents(TxWorld *world, const LicenceRow *row, McProblem *problem)
{
	bool more = row->has_parent;
	RightsId id = row->parent;
	LicenceRow parent;
	McStatus status = MC_OK;

	/* each sublicence is a level below its parent's depth: RIGHTS_SUBLICENCE_DEPTH_MAX steps */
	while (status == MC_OK && more)
	{
		status = rights_find_licence(world, &id, &parent, problem);
		if (status == MC_OK && !licence_in_force(&parent, world->block_time_ms))
			status = part_problem_hex(problem, MC_LICENCE_NOT_ACTIVE, id.bytes, HASH_SIZE);
		more = parent.has_parent;
		id = parent.parent;
	}
	return status;
}

static McStatus
outside(const char *what, McProblem *problem)
{
	return status_problem_name(problem, MC_OUTSIDE_PARENT, what, strlen(what));
}

static McStatus
check_within(const LicenceRow *inner, const LicenceRow *outer, McProblem *problem)
{
	const LicenceScope *scope = &inner->scope;
	const LicenceScope *allowed = &outer->scope;

	if (!hash_equal(&inner->work_id, &outer->work_id))
		return outside("work", problem);
	if (!territory_within(scope->territory, allowed->territory))
		return outside("territory", problem);
	if (allowed->medium != 0 && scope->medium != allowed->medium)
		return outside("medium", problem);
	if (scope->from_ms < allowed->from_ms || scope->until_ms > allowed->until_ms)
		return outside("window", problem);
	if (scope->exclusive && !allowed->exclusive)
		return outside("exclusivity", problem);
	if (outer->depth_left == 0 || inner->depth_left >= outer->depth_left)
		return status_problem(problem, MC_SUBLICENCE_DEPTH, (int64_t) inner->depth_left + 1,
							  outer->depth_left);
	return MC_OK;
}

McStatus
licence_check_parent(TxWorld *world, const LicenceRow *sublicence, const McAddress *actor,
					 McProblem *problem)
{
	const RightsId *id = &sublicence->parent;
	LicenceRow parent;
	McStatus status = rights_find_licence(world, id, &parent, problem);

	if (status != MC_OK)
		return status;
	if (!parent.has_licensee || !hash_equal(&parent.licensee, actor))
		return part_problem_hex(problem, MC_NOT_LICENSEE, id->bytes, HASH_SIZE);
	if (parent.uses_left != RIGHTS_UNBOUNDED)
		return part_problem_hex(problem, MC_SUBLICENCE_COUNTED, id->bytes, HASH_SIZE);
	status = licence_check_parents(world, sublicence, problem);
	return status == MC_OK ? check_within(sublicence, &parent, problem) : status;
}

McStatus
licence_settle(TxWorld *world, const LicenceRow *row, int64_t amount, RightsPayment *due,
			   McProblem *problem)
{
	LicenceRow parent;
	int64_t up;
	McStatus status;

	if (!row->has_parent)
		return rights_split_work(world, &row->work_id, amount, due, problem);
	status = rights_find_licence(world, &row->parent, &parent, problem);
	if (status != MC_OK)
		return status;
	up = rights_part_of(amount, parent.royalty_ppm);
	status = licence_settle(world, &parent, up, due, problem);
	if (status == MC_OK)
		status = payment_add(due, 0, &row->licensor, amount - up, problem);
	return status;
}
