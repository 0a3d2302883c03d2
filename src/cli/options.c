/*
 * options.c - options of a command line, taken out of it by a table.
 */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

static const CliOption *
find_option(const CliOption *options, const char *name, size_t size)
{
	for (; options->name != NULL; options++)
		if (strlen(options->name) == size && memcmp(options->name, name, size) == 0)
			return options;
	cli_usage("there is no option --%.*s; add --help to see those there are", (int) size, name);
}

static void
store(const CliOption *option, const char *value)
{
	CliList *list = option->target;

	if (option->kind == CLI_TEXT)
		*(const char **) option->target = value;
	else if (option->kind == CLI_NUMBER)
		*(int64_t *) option->target =
			cli_number(option->name, value, option->minimum, option->maximum);
	else if (list->count == CLI_LIST_MAX)
		cli_usage("--%s is given more than %d times", option->name, CLI_LIST_MAX);
	else
		list->items[list->count++] = value;
}

int
cli_options(int argc, char **argv, const CliOption *options)
{
	int words = 0;
	int at = 1;

	for (; at < argc && strcmp(argv[at], "--") != 0; at++)
	{
		const char *name = argv[at] + 2;
		const char *equals = strchr(argv[at], '=');
		const CliOption *option;

		if (strncmp(argv[at], "--", 2) != 0)
		{
			argv[++words] = argv[at];
			continue;
		}
		option = find_option(options, name, equals ? (size_t) (equals - name) : strlen(name));
		if (option->kind == CLI_FLAG && equals == NULL)
			*(bool *) option->target = true;
		else if (option->kind == CLI_FLAG)
			cli_usage("--%s takes no value", option->name);
		else if (equals != NULL)
			store(option, equals + 1);
		else if (at + 1 < argc)
			store(option, argv[++at]);
		else
			cli_usage("--%s needs a value", option->name);
	}
	for (at++; at < argc; at++)
		argv[++words] = argv[at];
	return words;
}

const char *
cli_required(const char *value, const char *option)
{
	if (value == NULL)
		cli_usage("%s is missing; add --help to see how it is used", option);
	return value;
}
