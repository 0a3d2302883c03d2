/*
 * resume.c - members restored from backups, REJOIN at an epoch switch (C9) and RESUME (C8), on top
 * of the voting rules of model.c.
 *
 * A run is a row of levels: V a view of the instance before it, E the next epoch, R a RESUME; with
 * a small v in front the first instance makes blocks of one height only. The level is the first
 * part of a certificate's rank, so the row is what C8's (resume_no, epoch, view) counts. Honest
 * members are explicit; faulty ones sign whatever serves them, show any certificate there is and
 * put their TIPs into a RESUME or leave them out. A member restored from a backup knows nothing: it
 * is fenced, its key's earlier votes stand, and only its identity key's own record remembers which
 * TIPs it has signed.
 *
 * Safety: two final blocks lie on one path, or between their instances stands a RESUME whose
 * document said that acknowledged blocks may be lost.
 *
 *   resume bfs LEVELS N RESTORES [break] [limit]
 *   resume walk LEVELS N RESTORES SECONDS [break]
 *
 * break reverses one rule, to show that the model would notice.
 */
#include "resume_code.h"

/* ---- safety ------------------------------------------------------------------------------------
 */

typedef struct Final
{
	int first;
	int id;
	int block;
} Final;

static int
finals(const State *state, Final *list)
{
	int count = 0;

	for (int level = 0; level < levels; level++)
	{
		int ids[HONEST_MAX];
		int instances = instances_at(state, level, ids);

		for (int k = 0; k < instances; k++)
		{
			for (int block = 1; block < BLOCKS_MAX; block++)
				if (count_committed(state, level, ids[k], block) >= need)
					list[count++] = (Final){ first_of[level], ids[k], block };
			if (broken == BREAK_DOCUMENT_IS_FINAL && kinds[level] == 'R' && base_of(ids[k]) > 0)
				list[count++] = (Final){ level, ids[k], base_of(ids[k]) };
		}
	}
	return count;
}

static bool
may_differ(const Final *older, const Final *newer)
{
	if (extends(older->block, newer->block) || extends(newer->block, older->block))
		return true;
	for (int level = older->first + 1; level <= newer->first; level++)
		if (kinds[level] == 'R' && (announced_of(newer->id) >> resume_bit[level] & 1))
			return true;
	return false;
}

static bool
is_safe(const State *state)
{
	Final list[LEVELS_MAX * HONEST_MAX * BLOCKS_MAX];
	int count = finals(state, list);

	for (int i = 0; i < count; i++)
		for (int k = 0; k < count; k++)
			if (list[i].first <= list[k].first && !may_differ(&list[i], &list[k]))
				return false;
	return true;
}

/* ---- votes -------------------------------------------------------------------------------------
 */

static Member *
branch(const State *state, int i)
{
	return &add_successor(state)->members[i];
}

static void
raise_lock(Member *member, int level, int block)
{
	if (!outranks(level, block, member->lock_level, member->lock_block))
		return;
	member->lock_level = (int8_t) level;
	member->lock_block = (int8_t) block;
}

/* R3 and R4 at one level; `open` also where the member should have stopped. */
static void
vote(const State *state, int i, int level, bool open)
{
	const Member *member = &state->members[i];
	int id = member->instance[first_of[level]];

	for (int block = 1; block < BLOCKS_MAX; block++)
	{
		Member *next;

		if (parent_of[block] == member->tip[level] && height_of[block] <= height_limit[level] &&
			(open || !member->no_prepare))
		{
			next = branch(state, i);
			next->tip[level] = (int8_t) block;
			next->prepared[level] |= (uint8_t) (1u << block);
		}
		if ((member->prepared[level] >> block & 1) && !(member->committed[level] >> block & 1) &&
			member->tip[level] >= 0 && extends(member->tip[level], block) &&
			count_prepared(state, level, id, block) >= need)
		{
			next = branch(state, i);
			next->committed[level] |= (uint8_t) (1u << block);
			if (!open)
				raise_lock(next, level, block);
		}
	}
}

/* R16b: a commit certificate of this or an earlier level. */
static void
learn(const State *state, int i)
{
	const Member *member = &state->members[i];

	for (int level = 0; level <= member->level; level++)
	{
		int ids[HONEST_MAX];
		int count = instances_at(state, level, ids);

		for (int k = 0; k < count; k++)
			for (int block = 1; block < BLOCKS_MAX; block++)
			{
				Member *next;

				if (count_committed(state, level, ids[k], block) < need ||
					!outranks(level, block, member->lock_level, member->lock_block))
					continue;
				next = branch(state, i);
				raise_lock(next, level, block);
				if (!next->active || next->fenced || first_of[level] != first_of[next->level] ||
					ids[k] != next->instance[first_of[level]] ||
					height_of[block] <= height_of[next->tip[next->level]])
					continue;
				if (extends(block, next->tip[next->level]))
					next->tip[next->level] = (int8_t) block;
				else
					next->no_prepare = 1;
			}
	}
}

/* ---- views -------------------------------------------------------------------------------------
 */

static void
leave_view(const State *state, int i)
{
	const Member *member = &state->members[i];

	if (member->fenced || member->level < 0)
		return;
	for (int level = member->level + 1; level < levels && kinds[level] == 'V'; level++)
	{
		int first = first_of[level];
		Member *next;

		if (first != first_of[member->level] || member->instance[first] < 0)
			return;
		next = branch(state, i);
		next->level = (int8_t) level;
		next->active = next->no_prepare = 0;
		next->told_level[level] = member->lock_level >= first ? member->lock_level : -1;
		next->told_block[level] =
			(int8_t) (member->lock_level >= first ? member->lock_block
												  : base_of(member->instance[first]));
	}
}

static void
enter_on(const State *state, int i, int level, int block)
{
	Member *next = branch(state, i);

	next->level = (int8_t) level;
	next->active = 1;
	next->no_prepare = 0;
	next->tip[level] = (int8_t) block;
	next->prepared[level] |= (uint8_t) (1u << block);
}

/* The highest lock among the chosen members' words for a level; false when one has said nothing. */
static bool
best_told(const State *state, unsigned chosen, int level, int *best_level, int *best_block)
{
	for (int k = 0; k < honest; k++)
	{
		const Member *other = &state->members[k];

		if (!(chosen >> k & 1))
			continue;
		if (other->told_level[level] == NOT_TOLD)
			return false;
		if (outranks(other->told_level[level], other->told_block[level], *best_level, *best_block))
		{
			*best_level = other->told_level[level];
			*best_block = other->told_block[level];
		}
	}
	return true;
}

static bool
all_in_instance(const State *state, unsigned chosen, int level, int id)
{
	for (int k = 0; k < honest; k++)
		if ((chosen >> k & 1) && !in_instance(&state->members[k], level, id))
			return false;
	return true;
}

/* R12: any quorum of VIEW-CHANGEs, and any higher certificate a faulty member may show. */
static void
enter_view(const State *state, int i, int level)
{
	int id = state->members[i].instance[first_of[level]];

	for (unsigned chosen = 0; chosen < 1u << honest; chosen++)
	{
		int best_level = -1;
		int best = base_of(id);

		if (__builtin_popcount(chosen) != need || !all_in_instance(state, chosen, level, id) ||
			!best_told(state, chosen, level, &best_level, &best))
			continue;
		enter_on(state, i, level, best);
		for (int older = first_of[level]; faults > 0 && older < level; older++)
			for (int block = 1; block < BLOCKS_MAX; block++)
				if (count_prepared(state, older, id, block) >= need &&
					outranks(older, block, best_level, best))
					enter_on(state, i, level, block);
	}
}

static void
enter_views(const State *state, int i)
{
	const Member *member = &state->members[i];

	if (member->fenced || member->level < 0)
		return;
	for (int level = member->level; level < levels; level++)
		if (kinds[level] == 'V' && level > 0 && first_of[level] == first_of[member->level] &&
			member->instance[first_of[level]] >= 0 && (level > member->level || !member->active))
			enter_view(state, i, level);
}

/* ---- epochs and REJOIN -------------------------------------------------------------------------
 */

/* The final block of greatest height an epoch ends with, one by one as they exist. */
static bool
epoch_end(const State *state, int level, int which, int *block, int *id)
{
	int first = first_of[level - 1];

	for (int older = first; older < level; older++)
	{
		int ids[HONEST_MAX];
		int count = instances_at(state, older, ids);

		for (int k = 0; k < count; k++)
			for (int at = 1; at < BLOCKS_MAX; at++)
				if (height_of[at] == height_limit[older] &&
					count_committed(state, older, ids[k], at) >= need && which-- == 0)
				{
					*block = at;
					*id = ids[k];
					return true;
				}
	}
	return false;
}

static bool
may_start_epoch(const Member *member, int level)
{
	if (!member->fenced)
		return member->level < level;
	if (broken == BREAK_UNFENCED_BY_CERTIFICATE)
		return member->fenced == 1;
	/* C9: a new key, so only where the old one has not voted, and no later word of it stands */
	for (int later = level; later < levels; later++)
		if (member->instance[later] >= 0 || member->told_level[later] != NOT_TOLD)
			return false;
	return member->fenced == 1;
}

static void
start_epochs(const State *state, int i)
{
	for (int level = 1; level < levels; level++)
	{
		int block, id;

		if (kinds[level] != 'E' || !may_start_epoch(&state->members[i], level))
			continue;
		for (int which = 0; epoch_end(state, level, which, &block, &id); which++)
		{
			Member *next = branch(state, i);

			if (next->fenced)
				next->since = (int8_t) level;
			next->fenced = 0;
			next->level = (int8_t) level;
			next->active = 1;
			next->no_prepare = 0;
			next->instance[level] = (int8_t) id_of(block, announced_of(id));
			next->tip[level] = (int8_t) block;
			next->lock_level = (int8_t) level;
			next->lock_block = (int8_t) block;
		}
	}
}

/* Where an epoch begun late is voted in by one who closed only the newest instance. */
static void
vote_in_old_epochs(const State *state, int i)
{
	const Member *member = &state->members[i];
	int block, id;

	if (broken != BREAK_OLD_EPOCHS_OPEN || member->fenced)
		return;
	for (int level = 1; level < member->level; level++)
	{
		if (kinds[level] != 'E' || kinds[member->level] != 'R')
			continue;
		if (member->instance[level] >= 0)
			vote(state, i, level, true);
		else if (epoch_end(state, level, 0, &block, &id))
		{
			Member *next = branch(state, i);

			next->instance[level] = (int8_t) id_of(block, announced_of(id));
			next->tip[level] = (int8_t) block;
		}
	}
}

/* ---- restore, TIP and RESUME -------------------------------------------------------------------
 */

static void
restore(const State *state, int i)
{
	int done = 0;
	Member *next;

	for (int k = 0; k < honest; k++)
		done += state->members[k].restored;
	if (state->members[i].restored || done >= restores)
		return;
	next = branch(state, i);
	next->restored = 1;
	next->lock_level = -1;
	next->lock_block = 0;
	next->no_prepare = 0;
	memset(next->tip, -1, sizeof(next->tip));
	if (broken == BREAK_VOTES_ON)
	{
		next->level = 0;
		next->active = 1;
		next->tip[0] = 0;
		return;
	}
	next->level = -1;
	next->active = 0;
	next->fenced = 1;
}

/* C8 (1): CLOSED first: no vote in any lower level any more. */
static void
sign_tips(const State *state, int i)
{
	const Member *member = &state->members[i];

	for (int level = 1; level < levels; level++)
	{
		bool higher = false;
		Member *next;

		if (kinds[level] != 'R' || member->told_level[level] != NOT_TOLD ||
			(member->fenced != 1 && member->level >= level))
			continue;
		for (int later = level + 1; later < levels; later++)
			higher |= kinds[later] == 'R' && member->told_level[later] != NOT_TOLD;
		if (higher && broken != BREAK_OLDER_TIP)
			continue;
		next = branch(state, i);
		next->level = (int8_t) level;
		next->active = next->no_prepare = 0;
		next->told_level[level] = member->lock_level;
		next->told_block[level] = member->lock_block;
		next->told_since[level] = (int8_t) (member->fenced ? level : member->since);
		if ((broken == BREAK_CLAIMS_INTACT && member->fenced) ||
			(broken == BREAK_FENCED_BY_START && !member->fenced))
			next->told_since[level] = 0;
		if (member->fenced)
			next->fenced = 2;
	}
}

/* C8 (2) to (4): base, and whether the document says that blocks may be lost. */
static void
resume_on(const State *state, int i, unsigned chosen, int level, int base_level, int base)
{
	int from = base_level < 0 ? 0 : first_of[base_level];
	int count = __builtin_popcount(chosen);
	int fenced = 0;

	for (int k = 0; k < honest; k++)
		fenced += (chosen >> k & 1) && state->members[k].told_since[level] > from;
	/* faulty members put in as many TIPs as suits them */
	for (int lies = 0; lies <= faults; lies++)
	{
		bool lost = fenced + faults >= count + lies + quorum - members_all;
		int announced = announced_below(state, base_level, base);
		Member *next;

		if (count + lies < quorum)
			continue;
		if (lost && broken != BREAK_NO_SENTENCE)
			announced |= 1 << resume_bit[level];
		next = branch(state, i);
		next->instance[level] = (int8_t) id_of(base, announced);
		next->tip[level] = (int8_t) base;
		if (base > 0)
			next->prepared[level] |= (uint8_t) (1u << base);
		next->level = (int8_t) level;
		next->active = 1;
		next->no_prepare = 0;
		if (next->fenced)
			next->since = (int8_t) level;
		next->fenced = 0;
	}
}

/* Certificates above the honest TIPs that a faulty signer may show. */
static void
resume_on_higher(const State *state, int i, unsigned chosen, int level, int best_level, int best)
{
	for (int older = 0; faults > 0 && older < level; older++)
	{
		int ids[HONEST_MAX];
		int count = instances_at(state, older, ids);

		for (int block = 1; block < BLOCKS_MAX; block++)
		{
			bool shown = false;

			for (int k = 0; k < count; k++)
				shown |= has_certificate(state, older, ids[k], block);
			if (shown && outranks(older, block, best_level, best))
				resume_on(state, i, chosen, level, older, block);
		}
	}
}

static void
enter_resume(const State *state, int i, int level)
{
	const Member *member = &state->members[i];

	if (member->fenced
			? member->fenced != 2 || member->level != level
			: (member->told_level[level] == NOT_TOLD && broken != BREAK_ENTER_WITHOUT_TIP) ||
				  member->level > level || (member->level == level && member->active))
		return;
	for (unsigned chosen = 0; chosen < 1u << honest; chosen++)
	{
		int best_level = -1;
		int best = 0;

		if (__builtin_popcount(chosen) < quorum - faults ||
			(member->fenced && !(chosen >> i & 1)) ||
			!best_told(state, chosen, level, &best_level, &best))
			continue;
		resume_on(state, i, chosen, level, best_level, best);
		resume_on_higher(state, i, chosen, level, best_level, best);
	}
}

/* ---- the whole ---------------------------------------------------------------------------------
 */

static void
expand(const State *state)
{
	successor_count = 0;
	for (int i = 0; i < honest; i++)
	{
		const Member *member = &state->members[i];

		if (member->active && !member->fenced && member->level >= 0)
			vote(state, i, member->level, false);
		vote_in_old_epochs(state, i);
		learn(state, i);
		leave_view(state, i);
		enter_views(state, i);
		start_epochs(state, i);
		restore(state, i);
		sign_tips(state, i);
		for (int level = 1; level < levels; level++)
			if (kinds[level] == 'R')
				enter_resume(state, i, level);
	}
}

static void
begin(State *state)
{
	memset(state, 0, sizeof(*state));
	for (int i = 0; i < honest; i++)
	{
		Member *member = &state->members[i];

		memset(member->instance, -1, sizeof(member->instance));
		memset(member->tip, -1, sizeof(member->tip));
		memset(member->told_level, NOT_TOLD, sizeof(member->told_level));
		member->instance[0] = 0;
		member->tip[0] = 0;
		member->active = 1;
		member->lock_level = -1;
	}
}

static void
make_levels(const char *text)
{
	int bits = 0;
	int epochs_left = 0;

	levels = (int) strlen(text);
	for (int level = 0; level < levels; level++)
	{
		kinds[level] = text[level] == 'v' ? 'V' : text[level];
		first_of[level] = level > 0 && kinds[level] == 'V' ? first_of[level - 1] : level;
		resume_bit[level] = kinds[level] == 'R' ? bits++ : 0;
		epochs_left += kinds[level] == 'E';
	}
	for (int level = 0; level < levels; level++)
	{
		epochs_left -= kinds[level] == 'E';
		height_limit[level] = DEPTH - epochs_left;
		if (text[first_of[level]] == 'v')
			height_limit[level] = 1;
	}
}

int
main(int argc, char **argv)
{
	bool walking = argc > 5 && strcmp(argv[1], "walk") == 0;
	int at = walking ? 6 : 5;

	members_all = argc > 3 ? atoi(argv[3]) : 0;
	faults = (members_all - 1) / 3;
	honest = members_all - faults;
	if (argc < 5 || strlen(argv[2]) > LEVELS_MAX || (argv[2][0] | 32) != 'v' || members_all < 1 ||
		honest > HONEST_MAX)
	{
		printf("usage: resume bfs LEVELS N RESTORES [break] [limit] | "
			   "walk LEVELS N RESTORES SECONDS [break]\n");
		return 2;
	}
	make_levels(argv[2]);
	restores = atoi(argv[4]);
	broken = rule_of(argc > at ? argv[at] : NULL, BREAK_COUNT);
	quorum = broken == BREAK_TWO_F_PLUS_ONE ? 2 * faults + 1 : (members_all + faults) / 2 + 1;
	need = quorum - faults;
	return walking ? walk(atof(argv[5])) : explore(argc > 6 ? strtoull(argv[6], NULL, 10) : 0);
}
