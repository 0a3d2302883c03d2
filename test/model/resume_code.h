/*
 * resume_code.h - one code for all states of resume.c that differ in names alone, and a state in
 * words.
 */
#ifndef MESCHAIN_MODEL_RESUME_CODE_H
#define MESCHAIN_MODEL_RESUME_CODE_H

#include "resume_state.h"

static uint8_t
mirror_set(uint8_t set)
{
	uint8_t other = 0;

	for (int block = 0; block < BLOCKS_MAX; block++)
		if (set >> block & 1)
			other |= (uint8_t) (1u << mirror_of[block]);
	return other;
}

/* The tree's two halves are alike. */
static void
mirror(const Member *member, Member *other)
{
	*other = *member;
	for (int level = 0; level < levels; level++)
	{
		other->prepared[level] = mirror_set(member->prepared[level]);
		other->committed[level] = mirror_set(member->committed[level]);
		if (member->instance[level] >= 0)
			other->instance[level] = (int8_t) id_of(mirror_of[base_of(member->instance[level])],
													announced_of(member->instance[level]));
		if (member->tip[level] >= 0)
			other->tip[level] = (int8_t) mirror_of[member->tip[level]];
		other->told_block[level] = (int8_t) mirror_of[member->told_block[level]];
	}
	other->lock_block = (int8_t) mirror_of[member->lock_block];
}

static uint64_t
code_of_members(const Member *members)
{
	uint64_t codes[HONEST_MAX];
	uint64_t joined = 1;

	for (int i = 0; i < honest; i++)
	{
		uint64_t words[(sizeof(Member) + 7) / 8] = { 0 };
		uint64_t code = 7;
		int at = i;

		memcpy(words, &members[i], sizeof(Member));
		for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++)
			code = mix(code + words[k] * 0x9e3779b97f4a7c15u + k);
		for (; at > 0 && codes[at - 1] > code; at--)
			codes[at] = codes[at - 1];
		codes[at] = code;
	}
	for (int i = 0; i < honest; i++)
		joined = mix(joined * 31 + codes[i]);
	return joined | 1;
}

/* Members are interchangeable, and so are the tree's halves. */
static uint64_t
code_of(const State *state)
{
	Member other[HONEST_MAX];
	uint64_t one, two;

	for (int i = 0; i < honest; i++)
		mirror(&state->members[i], &other[i]);
	one = code_of_members(state->members);
	two = code_of_members(other);
	return one < two ? one : two;
}

static void
show(const State *state)
{
	for (int i = 0; i < honest; i++)
	{
		const Member *member = &state->members[i];

		printf("  member %d level %d active %d fenced %d restored %d since %d lock (%d, %d)", i,
			   member->level, member->active, member->fenced, member->restored, member->since,
			   member->lock_level, member->lock_block);
		for (int level = 0; level < levels; level++)
			printf(" | %c instance %d prepared %x committed %x told (%d, %d, %d)", kinds[level],
				   member->instance[level], member->prepared[level], member->committed[level],
				   member->told_level[level], member->told_block[level], member->told_since[level]);
		printf("\n");
	}
}

#endif
