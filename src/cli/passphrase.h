/*
 * passphrase.h - a passphrase of the user's, in memory for as short as can be.
 */
#ifndef MESCHAIN_CLI_PASSPHRASE_H
#define MESCHAIN_CLI_PASSPHRASE_H

#include "base/keywrap.h"
#include "cli/cli.h"

typedef struct CliPassphrase
{
	size_t size;
	char text[KEYWRAP_PASSPHRASE_MAX + 2];
} CliPassphrase;

/* The caller wipes it. */
extern void passphrase_ask(const char *question, CliPassphrase *passphrase);
/* Asks twice at a terminal; refuses an empty one. */
extern void passphrase_new(const char *question, CliPassphrase *passphrase);

#endif
