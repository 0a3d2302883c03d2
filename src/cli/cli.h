/*
 * cli.h - what every subcommand of mesctl stands on: the table of commands, options, messages,
 * small parsers and files.
 *
 * Room card, cli/: mesctl, a client of libpq and of the pure rooms. It may include those, ISA-L,
 * threads and files, nothing of the server: what it does to a running node is SQL that a DBA could
 * type. A command is one file cmd_*.c and a row of the table in mesctl.c. Guarded by
 * test/t/020_mesctl.pl, 021_demo.pl, 070_storage.pl.
 *
 * Commands are short-lived: what they allocate lives until they exit, and a failure ends the
 * process with a message on stderr. Exit codes: 0 done, 1 refused or failed, 2 wrong usage;
 * `node health` has those of monitoring.
 */
#ifndef MESCHAIN_CLI_CLI_H
#define MESCHAIN_CLI_CLI_H

#include "base/address.h"
#include "base/bytes.h"
#include "base/status.h"

#define CLI_DONE 0
#define CLI_FAILED 1
#define CLI_USAGE 2

typedef struct CliCommand
{
	const char *name; /* one word or two, "tx build" */
	const char *summary;
	const char *help;                  /* NULL: run answers --help itself */
	int (*run)(int argc, char **argv); /* argv[0] is the last word of the name */
} CliCommand;

/* Rows of the table in mesctl.c, one a cmd_*.c or several. */
extern const CliCommand cmd_federation_create[];
extern const CliCommand cmd_federation[];
extern const CliCommand cmd_psql[];
extern const CliCommand cmd_load[];
extern const CliCommand cmd_sample[];
extern const CliCommand cmd_node[];
extern const CliCommand cmd_node_care[];
extern const CliCommand cmd_bootstrap[];
extern const CliCommand cmd_attest[];
extern const CliCommand cmd_recovery[];
extern const CliCommand cmd_certificate[];
extern const CliCommand cmd_key[];
extern const CliCommand cmd_account[];
extern const CliCommand cmd_tx[];
extern const CliCommand cmd_proof[];
extern const CliCommand cmd_verify[];
extern const CliCommand cmd_proposal[];

/* ---- messages ---- */

extern _Noreturn void cli_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
extern _Noreturn void cli_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Ends with the refusal's message, its name and its hint; does nothing on MC_OK. */
extern void cli_check(McStatus status, const McProblem *problem);

/* ---- options ---- */

typedef enum CliKind
{
	CLI_FLAG,   /* target: bool */
	CLI_TEXT,   /* target: const char * */
	CLI_NUMBER, /* target: int64_t, from minimum to maximum */
	CLI_LIST,   /* target: CliList, one more at every use */
} CliKind;

#define CLI_LIST_MAX 128
typedef struct CliList
{
	size_t count;
	const char *items[CLI_LIST_MAX];
} CliList;

typedef struct CliOption
{
	const char *name; /* without the dashes */
	CliKind kind;
	void *target;
	int64_t minimum;
	int64_t maximum;
} CliOption;

/*
 * Takes --name value and --name=value out of argv, in any place before "--"; what is left, from
 * argv[1] on, are the words. Returns how many words there are. The options end with a row of zeros.
 */
extern int cli_options(int argc, char **argv, const CliOption *options);
extern const char *cli_required(const char *value, const char *option);

/* ---- values ---- */

extern int64_t cli_number(const char *what, const char *text, int64_t minimum, int64_t maximum);
/* "12.50" with two decimals is 1250 base units; refuses what does not fit. */
extern int64_t cli_units(const char *text, int decimals);
extern char *cli_amount(int64_t units, int decimals);
extern McAddress cli_address(const char *text);
/* Hex of exactly size bytes. */
extern void cli_hex(const char *what, const char *text, void *out, size_t size);
extern char *cli_to_hex(const void *data, size_t size);

extern void *cli_alloc(size_t size);
extern char *cli_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
extern int64_t cli_now_us(void);
extern void cli_random(void *out, size_t size);

/* ---- files; "-" is stdin or stdout ---- */

/* With a terminator behind the last byte. */
extern McSpan cli_read(const char *path, size_t maximum);
/* A new file 0600, durable when it returns; an existing one is never overwritten. */
extern void cli_write_secret(const char *path, McSpan content);
extern void cli_write(const char *path, McSpan content);

/* The next line of text, or NULL; cuts the text in place. */
extern char *cli_next_line(char **text);
/* Splits at single blanks, in place; returns how many words, at most maximum. */
extern size_t cli_split(char *line, char **words, size_t maximum);

#endif
