/*
 * derive.h - the tree of works: what a work builds upon, without circles, eight deep at most.
 */
#ifndef MESCHAIN_RIGHTS_DERIVE_H
#define MESCHAIN_RIGHTS_DERIVE_H

#include "rights/rights.h"

/*
 * Fills depth and tree of the work from its sources, which must exist, and marks them as built
 * upon: their own sources are settled from now on, so what was counted here stays true.
 */
extern McStatus rights_build_upon(TxWorld *world, WorkRow *work, McProblem *problem);

/* Does the work stand above the other, at any distance? */
extern bool rights_derives_from(TxWorld *world, const RightsId *work_id, const RightsId *other);

#endif
