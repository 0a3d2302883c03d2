/*
 * derive.c - see derive.h. A walk up is bounded by RIGHTS_DEPTH_MAX and RIGHTS_TREE_MAX, which
 * every stored work keeps.
 */
#include "rights/derive.h"

#include "rights/work.h"
#include "tx/part.h"

static McStatus
count_source(TxWorld *world, const RightsSource *source, WorkRow *work, McProblem *problem)
{
	WorkRow above;
	McStatus status = rights_find_work(world, &source->work_id, &above, problem);

	if (status != MC_OK)
		return status;
	if (work->depth < above.depth + 1)
		work->depth = above.depth + 1;
	work->tree += above.tree;
	if (!above.built_upon)
	{
		above.built_upon = true;
		rights_put_work(world, &source->work_id, &above);
	}
	return MC_OK;
}

McStatus
rights_build_upon(TxWorld *world, WorkRow *work, McProblem *problem)
{
	McStatus status = MC_OK;

	work->depth = 0;
	work->tree = 1;
	for (uint32_t i = 0; status == MC_OK && i < work->source_count; i++)
		status = count_source(world, &work->sources[i], work, problem);
	if (status == MC_OK && work->depth > RIGHTS_DEPTH_MAX)
		status = status_problem(problem, MC_DERIVATION_DEPTH, work->depth, RIGHTS_DEPTH_MAX);
	if (status == MC_OK && work->tree > RIGHTS_TREE_MAX)
		status = status_problem(problem, MC_DERIVATION_TREE, work->tree, RIGHTS_TREE_MAX);
	return status;
}

/* Sources are copied: the row's bytes go with the next look-up. */
bool
rights_derives_from(TxWorld *world, const RightsId *work_id, const RightsId *other)
{
	WorkRow work;

	if (hash_equal(work_id, other))
		return true;
	if (rights_find_work(world, work_id, &work, NULL) != MC_OK)
		return false;
	for (uint32_t i = 0; i < work.source_count; i++)
		if (rights_derives_from(world, &work.sources[i].work_id, other))
			return true;
	return false;
}
