/*
 * lexer.h - tokens of the contract language, one at a time. Hostile input: any bytes.
 */
#ifndef MESCHAIN_CONTRACT_LEXER_H
#define MESCHAIN_CONTRACT_LEXER_H

#include "contract/acs.h"

typedef enum AcsTokenKind
{
	ACS_TOKEN_END,
	ACS_TOKEN_BAD, /* reported, unless quiet */
	ACS_TOKEN_NUMBER,
	ACS_TOKEN_TEXT, /* text: the bytes between the quotes, escapes as written */
	ACS_TOKEN_HASH, /* text: 64 hexadecimal digits */
	ACS_TOKEN_NAME,
	ACS_TOKEN_LOCAL, /* text: the name after the dollar */
	ACS_TOKEN_SIGN   /* text: one or two characters of punctuation */
} AcsTokenKind;

typedef struct AcsToken
{
	AcsTokenKind kind;
	size_t offset;
	McSpan text;
	AcsDec number;
} AcsToken;

typedef struct AcsLexer
{
	AcsSource source;
	size_t at;
	AcsDiagnostics *diagnostics;
	bool quiet; /* mistakes are not reported: one was, and the next statement is not yet reached */
} AcsLexer;

extern void acs_lexer_init(AcsLexer *lexer, AcsSource source, AcsDiagnostics *diagnostics);
extern AcsToken acs_lexer_next(AcsLexer *lexer);

extern bool acs_token_is(const AcsToken *token, AcsTokenKind kind, const char *text);

#endif
