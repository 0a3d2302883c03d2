/*
 * explore.h - every state of a model, breadth first, or random walks through it. The includer has
 * State, begin(), expand() into successors[], is_safe(), code_of() and show().
 */
#ifndef MESCHAIN_MODEL_EXPLORE_H
#define MESCHAIN_MODEL_EXPLORE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int broken;
static const char *break_names[];

static State successors[SUCCESSORS_MAX];
static int successor_count;

static void begin(State *state);
static void expand(const State *state);
static bool is_safe(const State *state);
static uint64_t code_of(const State *state);
static void show(const State *state);

static State *
add_successor(const State *state)
{
	if (successor_count == SUCCESSORS_MAX)
	{
		printf("model: too many successors\n");
		exit(2);
	}
	successors[successor_count] = *state;
	return &successors[successor_count++];
}

static uint64_t
mix(uint64_t value)
{
	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
	value = (value ^ value >> 27) * 0x94d049bb133111ebu;
	return value ^ value >> 31;
}

static uint64_t *seen;
static size_t seen_count;
static size_t seen_capacity;

static bool
see(uint64_t code)
{
	size_t at;

	if (2 * seen_count >= seen_capacity)
	{
		uint64_t *old = seen;
		size_t capacity = seen_capacity;

		seen_capacity = capacity ? 2 * capacity : 1u << 16;
		seen = calloc(seen_capacity, sizeof(uint64_t));
		seen_count = 0;
		for (size_t i = 0; i < capacity; i++)
			if (old[i] != 0)
				see(old[i]);
		free(old);
	}
	at = code & (seen_capacity - 1);
	while (seen[at] != 0 && seen[at] != code)
		at = (at + 1) & (seen_capacity - 1);
	if (seen[at] == code)
		return false;
	seen[at] = code;
	seen_count++;
	return true;
}

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static int
found(const State *state, const char *how, unsigned long long count, double begun)
{
	printf("UNSAFE, rule broken: %s, %s %llu, %.1f s\n", break_names[broken], how, count,
		   seconds() - begun);
	show(state);
	return 1;
}

static int
explore(size_t limit)
{
	double begun = seconds();
	size_t count = 1;
	size_t next_count = 0;
	size_t next_capacity = 1024;
	State *level = malloc(sizeof(State));
	State *next = malloc(next_capacity * sizeof(State));
	unsigned long long transitions = 0;

	begin(&level[0]);
	see(code_of(&level[0]));
	for (; count > 0; count = next_count, next_count = 0)
	{
		State *done = level;

		for (size_t i = 0; i < count; i++)
		{
			expand(&level[i]);
			transitions += (unsigned long long) successor_count;
			for (int k = 0; k < successor_count; k++)
			{
				if (!see(code_of(&successors[k])))
					continue;
				if (!is_safe(&successors[k]))
					return found(&successors[k], "state", seen_count, begun);
				if (next_count == next_capacity)
					next = realloc(next, (next_capacity *= 2) * sizeof(State));
				next[next_count++] = successors[k];
			}
			if (limit > 0 && seen_count > limit)
			{
				printf("model: %zu states and no end\n", seen_count);
				return 3;
			}
		}
		level = next;
		next = done;
		next_capacity = count;
	}
	printf("%zu states, %llu transitions, all safe, %.1f s\n", seen_count, transitions,
		   seconds() - begun);
	return 0;
}

static int
walk(double limit)
{
	double begun = seconds();
	uint64_t random = 1;
	unsigned long long walks = 0;

	while (seconds() - begun < limit)
	{
		State state;

		begin(&state);
		walks++;
		for (int i = 0; i < 90; i++)
		{
			expand(&state);
			if (successor_count == 0)
				break;
			random += 0x9e3779b97f4a7c15u;
			state = successors[mix(random) % (uint64_t) successor_count];
			if (!is_safe(&state))
				return found(&state, "walk", walks, begun);
		}
	}
	printf("%llu walks, none unsafe\n", walks);
	return 0;
}

/* The number of a broken rule, by name; exits when there is none of that name. */
static int
rule_of(const char *name, int count)
{
	for (int i = 0; i < count; i++)
		if (name != NULL && strcmp(name, break_names[i]) == 0)
			return i;
	if (name != NULL)
	{
		printf("model: no rule %s\n", name);
		exit(2);
	}
	return 0;
}

#endif
