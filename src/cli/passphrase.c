/*
 * passphrase.c - asks for a passphrase: at a terminal without echo, else a line of stdin, for
 * scripts. Never an argument or an environment variable, which other users can read.
 */
#include "cli/passphrase.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static void
read_line(FILE *file, CliPassphrase *passphrase)
{
	if (fgets(passphrase->text, sizeof(passphrase->text), file) == NULL)
		cli_fail("there is no passphrase to read");
	if (strchr(passphrase->text, '\n') == NULL && !feof(file))
		cli_fail("a passphrase has at most %zu bytes", sizeof(passphrase->text) - 2);
	passphrase->text[strcspn(passphrase->text, "\r\n")] = '\0';
	passphrase->size = strlen(passphrase->text);
}

static void
ask_terminal(const char *question, CliPassphrase *passphrase)
{
	FILE *terminal = fopen("/dev/tty", "r+");
	struct termios shown;
	struct termios hidden;

	if (terminal == NULL || tcgetattr(fileno(terminal), &shown) != 0)
		cli_fail("cannot ask for a passphrase: there is no terminal");
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t) ECHO;
	tcsetattr(fileno(terminal), TCSAFLUSH, &hidden);
	fprintf(terminal, "%s: ", question);
	fflush(terminal);
	read_line(terminal, passphrase);
	tcsetattr(fileno(terminal), TCSAFLUSH, &shown);
	fputc('\n', terminal);
	fclose(terminal);
}

void
passphrase_ask(const char *question, CliPassphrase *passphrase)
{
	if (isatty(STDIN_FILENO))
		ask_terminal(question, passphrase);
	else
		read_line(stdin, passphrase);
}

void
passphrase_new(const char *question, CliPassphrase *passphrase)
{
	CliPassphrase again;

	passphrase_ask(question, passphrase);
	if (passphrase->size == 0)
		cli_fail("an empty passphrase protects nothing");
	if (!isatty(STDIN_FILENO))
		return;
	passphrase_ask("Once more", &again);
	if (again.size != passphrase->size || memcmp(again.text, passphrase->text, again.size) != 0)
		cli_fail("the two passphrases differ");
	suite_wipe(&again, sizeof(again));
}
