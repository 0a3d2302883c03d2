/*
 * resume_state.h - the state of resume.c: members, levels, instances and the rank of certificates.
 */
#ifndef MESCHAIN_MODEL_RESUME_STATE_H
#define MESCHAIN_MODEL_RESUME_STATE_H

#include <stdint.h>

#define LEVELS_MAX 5
#define BLOCKS_MAX 7 /* a tree of two levels: two children each */
#define DEPTH 2
#define HONEST_MAX 5
#define SUCCESSORS_MAX 65536
#define NOT_TOLD (-2)

typedef struct Member
{
	uint8_t prepared[LEVELS_MAX]; /* what its key has signed stays signed */
	uint8_t committed[LEVELS_MAX];
	int8_t instance[LEVELS_MAX]; /* at an instance's first level: its id, or -1 */
	int8_t tip[LEVELS_MAX];
	int8_t told_level[LEVELS_MAX]; /* lock in its VIEW-CHANGE or TIP for a level, or NOT_TOLD */
	int8_t told_block[LEVELS_MAX];
	int8_t told_since[LEVELS_MAX]; /* of a TIP: since when its log is whole */
	int8_t level;
	int8_t active;
	int8_t no_prepare;
	int8_t fenced; /* 1: yes; 2: yes, and attested for its level */
	int8_t since;
	int8_t lock_level; /* -1: the first anchor */
	int8_t lock_block;
	int8_t restored;
} Member;

typedef struct State
{
	Member members[HONEST_MAX];
} State;

enum
{
	BREAK_VOTES_ON = 1,            /* a restored member votes with its old key and log */
	BREAK_RANK,                    /* rank does not begin with the resume number */
	BREAK_OLD_EPOCHS_OPEN,         /* CLOSED stops only the newest instance */
	BREAK_DOCUMENT_IS_FINAL,       /* RESUME alone makes its base final */
	BREAK_UNFENCED_BY_CERTIFICATE, /* an epoch's certificate ends a fence, with the old key */
	BREAK_CLAIMS_INTACT,           /* a fenced member's TIP claims a whole log */
	BREAK_FENCED_BY_START,         /* only a log lost since the last start counts as fenced */
	BREAK_OLDER_TIP,               /* a TIP for a lower RESUME after one for a higher */
	BREAK_ENTER_WITHOUT_TIP,
	BREAK_TWO_F_PLUS_ONE,
	BREAK_NO_SENTENCE, /* the document never says that blocks may be lost */
	BREAK_COUNT
};

#include "explore.h"

static const char *break_names[BREAK_COUNT] = {
	"nothing",           "votes_on",          "rank_without_resume",
	"old_epochs_open",   "document_is_final", "unfenced_by_certificate",
	"claims_intact",     "fenced_by_start",   "older_tip",
	"enter_without_tip", "two_f_plus_one",    "no_sentence"
};

static char kinds[LEVELS_MAX + 1];
static int levels;
static int first_of[LEVELS_MAX]; /* the level an instance begins at */
static int resume_bit[LEVELS_MAX];
static int height_limit[LEVELS_MAX]; /* END_EPOCH leaves room above it */
static int members_all, faults, honest, quorum, need, restores;
static const int parent_of[BLOCKS_MAX] = { -1, 0, 0, 1, 1, 2, 2 };
static const int height_of[BLOCKS_MAX] = { 0, 1, 1, 2, 2, 2, 2 };
static const int mirror_of[BLOCKS_MAX] = { 0, 2, 1, 5, 6, 3, 4 };

static bool
extends(int block, int ancestor)
{
	while (height_of[block] > height_of[ancestor])
		block = parent_of[block];
	return block == ancestor;
}

/* ---- instances: which block they begin on, and which announced RESUMEs lie below them ----------
 */

static int
id_of(int base, int announced)
{
	return base | announced << 3;
}

static int
base_of(int id)
{
	return id & 7;
}

static int
announced_of(int id)
{
	return id >> 3;
}

static bool
in_instance(const Member *member, int level, int id)
{
	return member->instance[first_of[level]] == id;
}

static int
count_prepared(const State *state, int level, int id, int block)
{
	int count = 0;

	for (int i = 0; i < honest; i++)
		count += in_instance(&state->members[i], level, id) &&
				 (state->members[i].prepared[level] >> block & 1);
	return count;
}

static int
count_committed(const State *state, int level, int id, int block)
{
	int count = 0;

	for (int i = 0; i < honest; i++)
		count += in_instance(&state->members[i], level, id) &&
				 (state->members[i].committed[level] >> block & 1);
	return count;
}

/* The instances some honest member is in, at the level one begins at. */
static int
instances_at(const State *state, int level, int *ids)
{
	int count = 0;

	for (int i = 0; i < honest; i++)
	{
		int id = state->members[i].instance[first_of[level]];
		bool known = id < 0;

		for (int k = 0; k < count; k++)
			known |= ids[k] == id;
		if (!known)
			ids[count++] = id;
	}
	return count;
}

static bool
has_certificate(const State *state, int level, int id, int block)
{
	return count_prepared(state, level, id, block) >= need ||
		   count_committed(state, level, id, block) >= need ||
		   (kinds[level] == 'E' && base_of(id) == block);
}

/* Which announced RESUMEs lie below a certificate; the fewest, when it exists in two instances. */
static int
announced_below(const State *state, int level, int block)
{
	int ids[HONEST_MAX];
	int count = level < 0 ? 0 : instances_at(state, level, ids);
	int best = -1;

	for (int k = 0; k < count; k++)
		if (has_certificate(state, level, ids[k], block) &&
			(best < 0 || announced_of(ids[k]) < best))
			best = announced_of(ids[k]);
	return best < 0 ? 0 : best;
}

static int
rank_level(int level)
{
	if (level < 0 || broken != BREAK_RANK)
		return level;
	return level - first_of[level];
}

static bool
outranks(int level, int block, int other_level, int other_block)
{
	if (rank_level(level) != rank_level(other_level))
		return rank_level(level) > rank_level(other_level);
	return height_of[block] > height_of[other_block];
}

#endif
