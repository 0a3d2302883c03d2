/*
 * mesctl.c - finds the command and runs it, or explains it.
 */
#include "cli/cli.h"
#include "cli/cmd_storage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const CliCommand storage[] = {
	{ "storage", "seals sectors, answers audits, cuts files into shares", NULL, cmd_storage },
	{ 0 },
};

static const CliCommand *const groups[] = {
	cmd_federation_create,
	cmd_federation,
	cmd_psql,
	cmd_load,
	cmd_sample,
	cmd_node,
	cmd_node_care,
	cmd_bootstrap,
	cmd_attest,
	cmd_recovery,
	cmd_certificate,
	cmd_key,
	cmd_account,
	cmd_tx,
	cmd_proof,
	cmd_verify,
	cmd_proposal,
	storage,
};
#define GROUP_COUNT (sizeof(groups) / sizeof(groups[0]))

static void
print_line(FILE *out, const CliCommand *command)
{
	fprintf(out, "  %-20s %s\n", command->name, command->summary);
}

static int
print_overview(FILE *out)
{
	fprintf(out, "mesctl - runs federations, keeps keys, builds and signs transactions, "
				 "checks proofs\n\nusage: mesctl COMMAND [options]\n\n");
	for (size_t i = 0; i < GROUP_COUNT; i++)
		for (const CliCommand *command = groups[i]; command->name != NULL; command++)
			print_line(out, command);
	fprintf(out, "\nmesctl help COMMAND shows options and examples. Exit codes: 0 done, 1 refused "
				 "or failed,\n2 wrong usage.\n");
	return out == stdout ? CLI_DONE : CLI_USAGE;
}

/* Those whose first word it is: "tx" has build, sign and others. Returns how many. */
static int
print_family(const char *word, FILE *out)
{
	size_t size = strlen(word);
	int found = 0;

	for (size_t i = 0; i < GROUP_COUNT; i++)
		for (const CliCommand *command = groups[i]; command->name != NULL; command++)
		{
			if (strncmp(command->name, word, size) != 0 || command->name[size] != ' ')
				continue;
			if (found++ == 0)
				fprintf(out, "usage: mesctl %s COMMAND [options]\n\n", word);
			print_line(out, command);
		}
	if (found > 0)
		fprintf(out, "\nmesctl help %s COMMAND shows options and examples.\n", word);
	return found;
}

static int
print_help(const CliCommand *command)
{
	if (command->help == NULL)
	{
		printf("mesctl %s - %s\n\n", command->name, command->summary);
		return command->run(2, (char *[]){ "", "--help", NULL });
	}
	printf("mesctl %s - %s\n\n%s", command->name, command->summary, command->help);
	return CLI_DONE;
}

/* How many words of argv name this command, 0 when they do not. */
static int
words_of(const CliCommand *command, int argc, char **argv)
{
	const char *second = strchr(command->name, ' ');
	size_t first = second != NULL ? (size_t) (second - command->name) : strlen(command->name);

	if (argc < 1 || strlen(argv[0]) != first || strncmp(argv[0], command->name, first) != 0)
		return 0;
	if (second == NULL)
		return 1;
	return argc > 1 && strcmp(argv[1], second + 1) == 0 ? 2 : 0;
}

static const CliCommand *
find_command(int argc, char **argv, int *words)
{
	for (size_t i = 0; i < GROUP_COUNT; i++)
		for (const CliCommand *command = groups[i]; command->name != NULL; command++)
			if ((*words = words_of(command, argc, argv)) > 0)
				return command;
	return NULL;
}

static bool
asks_for_help(int argc, char **argv)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0)
			return true;
	return false;
}

int
main(int argc, char **argv)
{
	bool help = argc > 1 && strcmp(argv[1], "help") == 0;
	int skip = help ? 2 : 1;
	int words;
	const CliCommand *command;

	if (argc == 1)
		return print_overview(stderr);
	if (argc == skip || strcmp(argv[1], "--help") == 0)
		return print_overview(stdout);
	if (strcmp(argv[1], "--version") == 0)
	{
		printf("mesctl %s\n", MESCHAIN_VERSION);
		return CLI_DONE;
	}
	command = find_command(argc - skip, argv + skip, &words);
	if (command == NULL && (argc == skip + 1 || strcmp(argv[skip + 1], "--help") == 0))
	{
		help |= argc > skip + 1;
		if (print_family(argv[skip], help ? stdout : stderr) > 0)
			return help ? CLI_DONE : CLI_USAGE;
	}
	if (command == NULL)
		cli_usage("there is no command \"%s%s%s\"; mesctl help lists them", argv[skip],
				  argc > skip + 1 ? " " : "", argc > skip + 1 ? argv[skip + 1] : "");
	if (help || asks_for_help(argc - skip - words, argv + skip + words))
		return print_help(command);
	return command->run(argc - skip - words + 1, argv + skip + words - 1);
}
