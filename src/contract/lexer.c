/*
 * lexer.c - cuts source into tokens. Only text literals and comments may hold other than ASCII, so
 * that two names which look alike are alike.
 */
#include "contract/lexer.h"

#include "base/wire.h"

void
acs_lexer_init(AcsLexer *lexer, AcsSource source, AcsDiagnostics *diagnostics)
{
	assert(source.begin <= source.end && source.end <= source.text.size);
	*lexer = (AcsLexer){ source, source.begin, diagnostics, false };
}

bool
acs_token_is(const AcsToken *token, AcsTokenKind kind, const char *text)
{
	return token->kind == kind && span_compare(token->text, span_text(text)) == 0;
}

/* NUL at the end: never part of a token. */
static uint8_t
look(const AcsLexer *lexer, size_t ahead)
{
	size_t at = lexer->at + ahead;

	return at < lexer->source.end ? lexer->source.text.data[at] : '\0';
}

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool
is_name_start(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool
is_name(uint8_t c)
{
	return is_name_start(c) || is_digit(c);
}

static bool
is_hex(uint8_t c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static void
skip_blank(AcsLexer *lexer)
{
	for (;;)
	{
		uint8_t c = look(lexer, 0);

		if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
			lexer->at++;
		else if (c == '/' && look(lexer, 1) == '/')
			while (lexer->at < lexer->source.end && look(lexer, 0) != '\n')
				lexer->at++;
		else
			return;
	}
}

static AcsToken
token_make(const AcsLexer *lexer, AcsTokenKind kind, size_t offset, size_t skip, size_t size)
{
	return (AcsToken){ kind, offset, span_of(lexer->source.text.data + offset + skip, size), 0 };
}

static AcsToken
token_bad(AcsLexer *lexer, size_t offset, McStatus status)
{
	McSpan text = span_of(lexer->source.text.data + offset, lexer->at - offset);

	if (!lexer->quiet)
		acs_diagnose(lexer->diagnostics, offset, status, (const char *) text.data, text.size);
	return (AcsToken){ ACS_TOKEN_BAD, offset, text, 0 };
}

static AcsToken
read_hash(AcsLexer *lexer, size_t offset)
{
	lexer->at += 2;
	while (is_name(look(lexer, 0)))
		lexer->at++;
	if (lexer->at - offset != 2 + 2 * HASH_SIZE)
		return token_bad(lexer, offset, MC_ACS_BAD_HASH);
	for (size_t i = offset + 2; i < lexer->at; i++)
		if (!is_hex(lexer->source.text.data[i]))
			return token_bad(lexer, offset, MC_ACS_BAD_HASH);
	return token_make(lexer, ACS_TOKEN_HASH, offset, 2, 2 * HASH_SIZE);
}

static AcsToken
read_number(AcsLexer *lexer)
{
	size_t offset = lexer->at;
	AcsToken token;

	if (look(lexer, 0) == '0' && look(lexer, 1) == 'x')
		return read_hash(lexer, offset);
	/* Takes in what looks like part of a number, so that 1.2.3 and 12ab are one mistake each. */
	while (is_name(look(lexer, 0)) || look(lexer, 0) == '.')
		lexer->at++;
	token = token_make(lexer, ACS_TOKEN_NUMBER, offset, 0, lexer->at - offset);
	if (!acs_dec_parse(token.text, &token.number))
		return token_bad(lexer, offset, MC_ACS_BAD_NUMBER);
	return token;
}

static AcsToken
read_text(AcsLexer *lexer)
{
	size_t offset = lexer->at++;
	size_t size;

	while (look(lexer, 0) != '"')
	{
		bool escape =
			look(lexer, 0) == '\\' && lexer->at + 1 < lexer->source.end && look(lexer, 1) != '\n';

		if (lexer->at >= lexer->source.end || look(lexer, 0) == '\n')
			return token_bad(lexer, offset, MC_ACS_UNTERMINATED_TEXT);
		lexer->at += escape ? 2 : 1;
	}
	size = lexer->at++ - offset - 1;
	if (!wire_text_valid(span_of(lexer->source.text.data + offset + 1, size)))
	{
		if (!lexer->quiet)
			acs_diagnose_number(lexer->diagnostics, offset, MC_INVALID_TEXT, (int64_t) offset, 0);
		return (AcsToken){ ACS_TOKEN_BAD, offset, span_text("text"), 0 };
	}
	return token_make(lexer, ACS_TOKEN_TEXT, offset, 1, size);
}

static AcsToken
read_name(AcsLexer *lexer, AcsTokenKind kind, size_t skip)
{
	size_t offset = lexer->at;
	size_t size;

	lexer->at += skip;
	while (is_name(look(lexer, 0)))
		lexer->at++;
	size = lexer->at - offset - skip;
	if (size > ACS_NAME_MAX)
		return token_bad(lexer, offset, MC_ACS_NAME_TOO_LONG);
	return token_make(lexer, kind, offset, skip, size);
}

static AcsToken
read_sign(AcsLexer *lexer)
{
	static const char *const pairs[] = { "||", "&&", "==", "!=", "<=", ">=" };
	size_t offset = lexer->at;
	uint8_t one = look(lexer, 0);
	uint8_t two = look(lexer, 1);

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (one == pairs[i][0] && two == pairs[i][1])
		{
			lexer->at += 2;
			return token_make(lexer, ACS_TOKEN_SIGN, offset, 0, 2);
		}
	lexer->at++;
	if (one != '\0' && strchr("+-*/%!<>=(){},;:.", one) != NULL)
		return token_make(lexer, ACS_TOKEN_SIGN, offset, 0, 1);
	/* The rest of a UTF-8 character belongs to the mistake. */
	while (lexer->at < lexer->source.end && (look(lexer, 0) & 0xC0) == 0x80)
		lexer->at++;
	return token_bad(lexer, offset, MC_ACS_BAD_CHARACTER);
}

AcsToken
acs_lexer_next(AcsLexer *lexer)
{
	uint8_t c;

	skip_blank(lexer);
	c = look(lexer, 0);
	if (lexer->at >= lexer->source.end)
		return (AcsToken){ ACS_TOKEN_END, lexer->source.end, span_text("the end"), 0 };
	if (is_digit(c))
		return read_number(lexer);
	if (c == '"')
		return read_text(lexer);
	if (is_name_start(c))
		return read_name(lexer, ACS_TOKEN_NAME, 0);
	if (c == '$' && is_name_start(look(lexer, 1)))
		return read_name(lexer, ACS_TOKEN_LOCAL, 1);
	return read_sign(lexer);
}
