/*
 * model.c - the rules of SPBFT as a transition system, explored exhaustively or by random walks.
 *
 * Honest members are explicit; faulty ones are not: whatever they could sign is taken as signed, so
 * a certificate needs only `need` = Q - f honest votes, a NEW-VIEW needs `need` honest VIEW-CHANGEs
 * and may be moved up by any certificate there is. The network may lose, delay and reorder at will:
 * every transition is a choice. Proposers may offer every member another block. A crash is no
 * transition of its own, because R0 makes what was sent durable: a restarted member is where it
 * was.
 *
 * Blocks form a binary tree of depth D; safety is that all committed blocks lie on one path.
 *
 *   model bfs N VIEWS DEPTH [break] [limit]      every state
 *   model walk N VIEWS DEPTH SECONDS [break]     random walks
 *
 * break reverses one rule, to show that the model would notice.
 */
#include <stdint.h>

#define BLOCKS_MAX 15
#define VIEWS_MAX 4
#define HONEST_MAX 5
#define NONE 0xff
#define SUCCESSORS_MAX 4096

typedef struct Member
{
	uint16_t prepared[VIEWS_MAX]; /* sets of blocks this member sent PREPARE, COMMIT for */
	uint16_t committed[VIEWS_MAX];
	uint8_t reported_view[VIEWS_MAX]; /* lock in its VIEW-CHANGE for a view; NONE: not sent */
	uint8_t reported_block[VIEWS_MAX];
	uint8_t view;
	uint8_t active;
	uint8_t no_prepare;
	uint8_t tip;
	uint8_t lock_view; /* plus one; 0: the anchor */
	uint8_t lock_block;
} Member;

typedef struct State
{
	Member members[HONEST_MAX];
} State;

enum
{
	BREAK_COMMITS_OVER_VIEWS = 1,
	BREAK_ANCESTORS,
	BREAK_RANK,
	BREAK_COMMIT_AFTER_LEAVING,
	BREAK_LOCK_FORGOTTEN,
	BREAK_ENTER_TWICE,
	BREAK_PREPARES_FORGOTTEN,
	BREAK_BASE_IGNORED,
	BREAK_TWO_F_PLUS_ONE,
	BREAK_TIP_OVER_CONFLICT,
	BREAK_NEW_VIEW_ONE_LESS,
	BREAK_COUNT
};

#include "explore.h"

static const char *break_names[BREAK_COUNT] = {
	"nothing",        "commits_over_views",   "prepare_ancestors",
	"rank_by_height", "commit_after_leaving", "lock_forgotten",
	"enter_twice",    "prepares_forgotten",   "base_ignored",
	"two_f_plus_one", "tip_over_conflict",    "new_view_one_less"
};

static int views;
static int depth;
static int honest;
static int need;
static int block_count;
static int parent_of[BLOCKS_MAX];
static int height_of[BLOCKS_MAX];
static uint16_t path_to[BLOCKS_MAX]; /* the block and its ancestors */

static void
make_blocks(void)
{
	int from = 0;
	int to = 1;

	parent_of[0] = -1;
	path_to[0] = 1;
	block_count = 1;
	for (int level = 1; level <= depth; level++)
	{
		for (int parent = from; parent < to; parent++)
			for (int child = 0; child < 2; child++)
			{
				parent_of[block_count] = parent;
				height_of[block_count] = level;
				path_to[block_count] = (uint16_t) (path_to[parent] | 1u << block_count);
				block_count++;
			}
		from = to;
		to = block_count;
	}
}

static bool
extends(int block, int ancestor)
{
	return (path_to[block] >> ancestor & 1) != 0;
}

/* Rank of locks: view first, then height (R8); the anchor has view 0, others theirs plus one. */
static bool
outranks(int view, int block, int other_view, int other_block)
{
	if (broken == BREAK_RANK && height_of[block] != height_of[other_block])
		return height_of[block] > height_of[other_block];
	if (view != other_view)
		return view > other_view;
	return height_of[block] > height_of[other_block];
}

static bool
is_prepared(const State *state, int view, int block)
{
	int count = 0;

	for (int i = 0; i < honest; i++)
		count += state->members[i].prepared[view] >> block & 1;
	return count >= need;
}

static bool
is_committed(const State *state, int view, int block)
{
	int count = 0;

	for (int i = 0; i < honest; i++)
		count += state->members[i].committed[view] >> block & 1;
	return count >= need;
}

static bool
is_safe(const State *state)
{
	uint16_t all = 0;
	int deepest = 0;

	for (int block = 1; block < block_count; block++)
	{
		int any_view = 0;

		for (int view = 0; view < views; view++)
			if (is_committed(state, view, block))
				all |= path_to[block];
		for (int i = 0; i < honest && broken == BREAK_COMMITS_OVER_VIEWS; i++)
		{
			bool voted = false;

			for (int view = 0; view < views; view++)
				voted |= (state->members[i].committed[view] >> block & 1) != 0;
			any_view += voted;
		}
		if (any_view >= need)
			all |= path_to[block];
	}
	for (int block = 0; block < block_count; block++)
		if ((all >> block & 1) && height_of[block] > height_of[deepest])
			deepest = block;
	return (all & ~path_to[deepest]) == 0;
}

static Member *
branch(const State *state, int member)
{
	return &add_successor(state)->members[member];
}

static void
raise_lock(Member *member, int view, int block)
{
	if (!outranks(view + 1, block, member->lock_view, member->lock_block))
		return;
	member->lock_view = (uint8_t) (view + 1);
	member->lock_block = (uint8_t) block;
}

/* R3: any child of the tip may be offered. */
static void
accept_blocks(const State *state, int i)
{
	const Member *member = &state->members[i];

	if (!member->active || member->no_prepare)
		return;
	for (int block = 1; block < block_count; block++)
	{
		Member *next;

		if (parent_of[block] != member->tip)
			continue;
		next = branch(state, i);
		next->tip = (uint8_t) block;
		next->prepared[member->view] |= (uint16_t) (1u << block);
	}
}

/* R4 */
static void
commit_blocks(const State *state, int i)
{
	const Member *member = &state->members[i];

	for (int view = 0; view < views; view++)
		for (int block = 1; block < block_count; block++)
		{
			Member *next;

			if (view != member->view || !member->active)
				if (broken != BREAK_COMMIT_AFTER_LEAVING || view > member->view)
					continue;
			if (!(member->prepared[view] >> block & 1) || !is_prepared(state, view, block) ||
				(member->committed[view] >> block & 1))
				continue;
			if (view == member->view && member->active && !extends(member->tip, block))
				continue;
			next = branch(state, i);
			next->committed[view] |= (uint16_t) (1u << block);
			raise_lock(next, view, block);
		}
}

/* R16b with A9: a commit certificate from anywhere. */
static void
learn_blocks(const State *state, int i)
{
	for (int view = 0; view < views; view++)
		for (int block = 1; block < block_count; block++)
		{
			Member *next;

			if (!is_committed(state, view, block))
				continue;
			next = branch(state, i);
			raise_lock(next, view, block);
			if (next->active && height_of[block] > height_of[next->tip])
			{
				if (extends(block, next->tip) || broken == BREAK_TIP_OVER_CONFLICT)
					next->tip = (uint8_t) block;
				else
					next->no_prepare = 1;
			}
			else if (next->active && !extends(next->tip, block))
				next->no_prepare = 1;
			if (view > next->view)
			{
				next->view = (uint8_t) view;
				next->active = 0;
				next->no_prepare = 0;
			}
			if (memcmp(next, &state->members[i], sizeof(*next)) == 0)
				successor_count--;
		}
}

/* R8 */
static void
leave_view(const State *state, int i)
{
	for (int view = state->members[i].view + 1; view < views; view++)
	{
		Member *next = branch(state, i);

		next->view = (uint8_t) view;
		next->active = 0;
		next->reported_view[view] = next->lock_view;
		next->reported_block[view] = next->lock_block;
		if (broken == BREAK_LOCK_FORGOTTEN)
			next->reported_view[view] = next->reported_block[view] = 0;
	}
}

static void
enter(const State *state, int i, int view, int base_view, int base)
{
	Member *next = branch(state, i);

	next->view = (uint8_t) view;
	next->active = 1;
	next->no_prepare = 0;
	next->tip = (uint8_t) (broken == BREAK_BASE_IGNORED ? 0 : base);
	if (base_view == 0 || broken == BREAK_BASE_IGNORED)
		return;
	if (broken == BREAK_ANCESTORS)
		next->prepared[view] |= (uint16_t) (path_to[base] & ~1u);
	else
		next->prepared[view] |= (uint16_t) (1u << base);
}

/* R11, R12: every choice of honest VIEW-CHANGEs, and every higher certificate a faulty one may
 * add. */
static void
enter_view(const State *state, int i, int view)
{
	int enough = broken == BREAK_NEW_VIEW_ONE_LESS ? need - 1 : need;

	for (unsigned chosen = 0; chosen < 1u << honest; chosen++)
	{
		int best_view = 0;
		int best = 0;
		bool all = true;

		if (__builtin_popcount(chosen) != enough)
			continue;
		for (int j = 0; j < honest; j++)
		{
			const Member *other = &state->members[j];

			if (!(chosen >> j & 1))
				continue;
			if (other->reported_view[view] == NONE)
				all = false;
			else if (outranks(other->reported_view[view], other->reported_block[view], best_view,
							  best))
			{
				best_view = other->reported_view[view];
				best = other->reported_block[view];
			}
		}
		if (!all)
			continue;
		enter(state, i, view, best_view, best);
		for (int older = 0; older < view; older++)
			for (int block = 1; block < block_count; block++)
				if (is_prepared(state, older, block) && outranks(older + 1, block, best_view, best))
					enter(state, i, view, older + 1, block);
	}
}

static void
forget(const State *state, int i)
{
	Member *next;

	if (broken != BREAK_PREPARES_FORGOTTEN || !state->members[i].active)
		return;
	next = branch(state, i);
	next->tip = next->lock_block;
}

static void
expand(const State *state)
{
	successor_count = 0;
	for (int i = 0; i < honest; i++)
	{
		const Member *member = &state->members[i];

		accept_blocks(state, i);
		commit_blocks(state, i);
		learn_blocks(state, i);
		leave_view(state, i);
		for (int view = 1; view < views; view++)
			if (view > member->view || (view == member->view && !member->active) ||
				(view == member->view && broken == BREAK_ENTER_TWICE))
				enter_view(state, i, view);
		forget(state, i);
	}
}

static void
begin(State *state)
{
	memset(state, 0, sizeof(*state));
	for (int i = 0; i < honest; i++)
	{
		state->members[i].active = 1;
		memset(state->members[i].reported_view, NONE, VIEWS_MAX);
	}
}

/* Members are interchangeable: their codes are sorted before they are joined. */
static uint64_t
code_of(const State *state)
{
	uint64_t codes[HONEST_MAX];
	uint64_t joined = 1;

	for (int i = 0; i < honest; i++)
	{
		const uint8_t *bytes = (const uint8_t *) &state->members[i];
		uint64_t code = 7;
		int at = i;

		for (size_t k = 0; k < sizeof(Member); k++)
			code = mix(code + bytes[k] * 0x9e3779b97f4a7c15u + k);
		for (; at > 0 && codes[at - 1] > code; at--)
			codes[at] = codes[at - 1];
		codes[at] = code;
	}
	for (int i = 0; i < honest; i++)
		joined = mix(joined * 31 + codes[i]);
	return joined | 1;
}

static void
show(const State *state)
{
	for (int i = 0; i < honest; i++)
	{
		const Member *member = &state->members[i];

		printf("  member %d view %d active %d tip %d lock (%d, %d)", i, member->view,
			   member->active, member->tip, member->lock_view - 1, member->lock_block);
		for (int view = 0; view < views; view++)
			printf(" | view %d prepared %x committed %x", view, member->prepared[view],
				   member->committed[view]);
		printf("\n");
	}
}

int
main(int argc, char **argv)
{
	int members = argc > 2 ? atoi(argv[2]) : 0;
	int faults = (members - 1) / 3;
	const char *what = NULL;
	bool walking = argc > 5 && strcmp(argv[1], "walk") == 0;

	views = argc > 3 ? atoi(argv[3]) : 0;
	depth = argc > 4 ? atoi(argv[4]) : 0;
	honest = members - faults;
	if (members < 1 || honest > HONEST_MAX || views < 1 || views > VIEWS_MAX || depth < 1 ||
		depth > 3)
	{
		printf("usage: model bfs N VIEWS DEPTH [break] [limit] | "
			   "walk N VIEWS DEPTH SECONDS [break]\n");
		return 2;
	}
	what = walking ? (argc > 6 ? argv[6] : NULL) : (argc > 5 ? argv[5] : NULL);
	broken = rule_of(what, BREAK_COUNT);
	need = (broken == BREAK_TWO_F_PLUS_ONE ? 2 * faults + 1 : (members + faults) / 2 + 1) - faults;
	make_blocks();
	return walking ? walk(atof(argv[5])) : explore(argc > 6 ? strtoull(argv[6], NULL, 10) : 0);
}
