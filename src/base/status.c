/*
 * status.c - the catalogue of refusals and the text of one. No I/O, no locale.
 */
#include "base/status.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const McStatusInfo catalogue[] = {
#define MC_STATUS(number, constant, name, transient, message, hint)                                \
	{ number, transient, name, message, hint },
#include "base/status.def"
#undef MC_STATUS
};

#define CATALOGUE_COUNT (sizeof(catalogue) / sizeof(catalogue[0]))

const McStatusInfo *
status_info(McStatus status)
{
	for (size_t i = 0; i < CATALOGUE_COUNT; i++)
		if (catalogue[i].status == status)
			return &catalogue[i];
	return NULL;
}

const McStatusInfo *
status_catalogue(size_t *count)
{
	assert(count != NULL);
	*count = CATALOGUE_COUNT;
	return catalogue;
}

McStatus
status_by_name(const char *name)
{
	for (size_t i = 0; i < CATALOGUE_COUNT; i++)
		if (strcmp(catalogue[i].name, name) == 0)
			return catalogue[i].status;
	return MC_OK;
}

static size_t
append_text(char *out, size_t size, size_t used, const char *text)
{
	while (*text != '\0' && used + 1 < size)
		out[used++] = *text++;
	return used;
}

void
status_message(const McProblem *problem, char *out, size_t size)
{
	const McStatusInfo *info = status_info(problem->status);
	const char *template = info ? info->message : "unknown status %n";
	size_t used = 0;

	assert(size > 0);
	for (const char *at = template; *at != '\0'; at++)
	{
		char piece[MC_PROBLEM_NAME_MAX] = { at[0], '\0' };

		if (at[0] == '%' && at[1] == 'n')
			snprintf(piece, sizeof(piece), "%" PRId64, problem->number);
		else if (at[0] == '%' && at[1] == 'l')
			snprintf(piece, sizeof(piece), "%" PRId64, problem->limit);
		else if (at[0] == '%' && at[1] == 's')
			snprintf(piece, sizeof(piece), "%s", problem->name);
		else
		{
			used = append_text(out, size, used, piece);
			continue;
		}
		used = append_text(out, size, used, piece);
		at++;
	}
	out[used] = '\0';
}

McStatus
status_problem(McProblem *problem, McStatus status, int64_t number, int64_t limit)
{
	assert(status <= MC_STATUS_MAX);
	if (problem != NULL)
	{
		problem->status = status;
		problem->operation = -1;
		problem->number = number;
		problem->limit = limit;
		problem->name[0] = '\0';
	}
	return status;
}

McStatus
status_problem_name(McProblem *problem, McStatus status, const char *name, size_t name_size)
{
	status_problem(problem, status, 0, 0);
	if (problem != NULL)
	{
		size_t size = name_size < MC_PROBLEM_NAME_MAX ? name_size : MC_PROBLEM_NAME_MAX - 1;

		/* Never cut inside a UTF-8 character: the text goes into receipts and to people. */
		while (size < name_size && size > 0 && ((unsigned char) name[size] & 0xC0) == 0x80)
			size--;
		memcpy(problem->name, name, size);
		problem->name[size] = '\0';
	}
	return status;
}
