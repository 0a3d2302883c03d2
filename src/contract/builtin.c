/*
 * builtin.c - the functions that the language brings along; each is one instruction.
 */
#include "contract/ast.h"

static const AcsBuiltin builtins[] = {
	{ "abs", ACS_OP_ABS, 1, "magnitude" },
	{ "min", ACS_OP_MIN, 2, "the smaller" },
	{ "max", ACS_OP_MAX, 2, "the larger" },
	{ "round", ACS_OP_ROUND, 2, "to 0-12 decimals, half to even" },
	{ "floor", ACS_OP_FLOOR, 1, "whole number at or below" },
	{ "ceil", ACS_OP_CEIL, 1, "whole number at or above" },
	{ "pow", ACS_OP_POW, 2, "first multiplied second times, 0-1000" },
	{ "length", ACS_OP_LENGTH, 1, "characters of a text" },
	{ "substring", ACS_OP_SUBSTRING, 3, "of a text, from a character counted from 1, so many" },
	{ "text", ACS_OP_DEC_TO_TEXT, 1, "shortest text of a number" },
	{ "dec", ACS_OP_TEXT_TO_DEC, 1, "number of a text" },
	{ "hex", ACS_OP_HASH_TO_TEXT, 1, "64 digits of a hash" },
	{ "hash", ACS_OP_TEXT_TO_HASH, 1, "hash of 64 digits" },
	{ "sha256", ACS_OP_SHA256, 1, "SHA-256 of a text" },
	{ "hash_pair", ACS_OP_HASH_PAIR, 2, "SHA-256 of two hashes, one after the other" },
	{ "verify_ed25519", ACS_OP_VERIFY_ED25519, 3, "key, message, signature in hexadecimal" },
	{ "verify_schnorr", ACS_OP_VERIFY_SCHNORR, 3, "key, message, signature in hexadecimal" },
};

const AcsBuiltin *
acs_builtins(size_t *count)
{
	*count = sizeof(builtins) / sizeof(builtins[0]);
	return builtins;
}

AcsType
acs_builtin_argument(const AcsBuiltin *builtin, unsigned i)
{
	const AcsOpcodeInfo *info = &acs_opcodes[builtin->opcode];

	assert(i < builtin->argument_count);
	return (AcsType) (i == 0 ? info->b : i == 1 ? info->c : info->k);
}
