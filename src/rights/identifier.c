/*
 * identifier.c - ISAN (ISO 15706), EIDR (ISO 26324 names of registrant 10.5240), ISRC (ISO 3901).
 * Check characters are ISO 7064 MOD 37,36.
 */
#include "rights/identifier.h"

/* What is left of the text without separators, upper case. */
#define PLAIN_MAX 48
typedef struct Plain
{
	char text[PLAIN_MAX + 1];
	size_t size;
} Plain;

static const char digits36[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

static bool
strip(McSpan text, Plain *plain)
{
	plain->size = 0;
	for (size_t i = 0; i < text.size; i++)
	{
		char character = (char) text.data[i];

		if (character == ' ' || character == '-')
			continue;
		if (character >= 'a' && character <= 'z')
			character = (char) (character - 'a' + 'A');
		if (plain->size == PLAIN_MAX)
			return false;
		plain->text[plain->size++] = character;
	}
	plain->text[plain->size] = '\0';
	return true;
}

/* Drops the prefix when what follows it is long enough to be the identifier. */
static void
drop_prefix(Plain *plain, const char *prefix, size_t size_min)
{
	size_t size = strlen(prefix);

	if (plain->size < size + size_min || strncmp(plain->text, prefix, size) != 0)
		return;
	memmove(plain->text, plain->text + size, plain->size - size + 1);
	plain->size -= size;
	if (plain->text[0] == ':')
	{
		memmove(plain->text, plain->text + 1, plain->size);
		plain->size--;
	}
}

static bool
all_in(const char *text, size_t size, const char *allowed)
{
	return strspn(text, allowed) >= size;
}

static char
check_character(const char *digits, size_t count)
{
	uint32_t product = 36;

	for (size_t i = 0; i < count; i++)
	{
		const char *digit = strchr(digits36, digits[i]);
		uint32_t sum = (product + (uint32_t) (digit - digits36)) % 36;

		product = (sum == 0 ? 36 : sum) * 2 % 37;
	}
	return digits36[(37 - product) % 36];
}

/* Groups of four with hyphens between and the check character behind. */
static char *
put_groups(char *out, const char *digits, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		if (i > 0 && i % 4 == 0)
			*out++ = '-';
		*out++ = digits[i];
	}
	return out;
}

/* 16 digits [check] [8 digits [check]]; the second check is over all 24 digits. */
static bool
read_isan(const Plain *plain, char digits[24], bool *versioned)
{
	size_t size = plain->size;
	bool checked = size == 17 || size == 26;

	*versioned = size == 24 || size == 26;
	if (size != 16 && size != 17 && size != 24 && size != 26)
		return false;
	memcpy(digits, plain->text, 16);
	if (*versioned)
		memcpy(digits + 16, plain->text + (checked ? 17 : 16), 8);
	for (size_t i = 0; i < (*versioned ? 24u : 16u); i++)
		if (strchr("0123456789ABCDEF", digits[i]) == NULL || digits[i] == '\0')
			return false;
	if (checked && plain->text[16] != check_character(digits, 16))
		return false;
	return !(checked && *versioned) || plain->text[25] == check_character(digits, 24);
}

static bool
normalise_isan(Plain *plain, char *out)
{
	char digits[24];
	bool versioned;

	drop_prefix(plain, "ISAN", 16);
	if (!read_isan(plain, digits, &versioned))
		return false;
	out = put_groups(out, digits, 16);
	*out++ = '-';
	*out++ = check_character(digits, 16);
	/* version zero is the work itself */
	if (versioned && memcmp(digits + 16, "00000000", 8) != 0)
	{
		*out++ = '-';
		out = put_groups(out, digits + 16, 8);
		*out++ = '-';
		*out++ = check_character(digits, 24);
	}
	*out = '\0';
	return true;
}

static bool
normalise_eidr(Plain *plain, char *out)
{
	static const char registrant[] = "10.5240/";
	const size_t head = sizeof(registrant) - 1;
	const char *digits = plain->text + head;

	drop_prefix(plain, "DOI", 29);
	drop_prefix(plain, "EIDR", 29);
	if (plain->size != head + 21 || strncmp(plain->text, registrant, head) != 0 ||
		!all_in(digits, 20, "0123456789ABCDEF") || digits[20] != check_character(digits, 20))
		return false;
	memcpy(out, registrant, head);
	out = put_groups(out + head, digits, 20);
	*out++ = '-';
	*out++ = digits[20];
	*out = '\0';
	return true;
}

static bool
normalise_isrc(Plain *plain, char *out)
{
	const char *text = plain->text;

	drop_prefix(plain, "ISRC", 12);
	if (plain->size != 12 || !all_in(text, 2, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") ||
		!all_in(text + 2, 3, digits36) || !all_in(text + 5, 7, "0123456789"))
		return false;
	memcpy(out, text, 2);
	out[2] = '-';
	memcpy(out + 3, text + 2, 3);
	out[6] = '-';
	memcpy(out + 7, text + 5, 2);
	out[9] = '-';
	memcpy(out + 10, text + 7, 5);
	out[15] = '\0';
	return true;
}

bool
rights_normalise_code(RightsCode code, McSpan text, char out[RIGHTS_CODE_SIZE_MAX + 1])
{
	Plain plain;

	if (!strip(text, &plain))
		return false;
	switch (code)
	{
		case RIGHTS_ISAN:
			return normalise_isan(&plain, out);
		case RIGHTS_EIDR:
			return normalise_eidr(&plain, out);
		default:
			assert(code == RIGHTS_ISRC);
			return normalise_isrc(&plain, out);
	}
}

const char *
rights_code_name(RightsCode code)
{
	static const char *const names[RIGHTS_CODE_COUNT] = { "isan", "eidr", "isrc" };

	assert(code < RIGHTS_CODE_COUNT);
	return names[code];
}

bool
rights_normalise_item(McSpan kind, McSpan code, char kind_out[RIGHTS_ITEM_KIND_MAX + 1],
					  char code_out[RIGHTS_ITEM_CODE_MAX + 1])
{
	size_t used = 0;

	if (kind.size == 0 || kind.size > RIGHTS_ITEM_KIND_MAX)
		return false;
	memcpy(kind_out, kind.data, kind.size);
	kind_out[kind.size] = '\0';
	if (!all_in(kind_out, kind.size, "abcdefghijklmnopqrstuvwxyz_"))
		return false;
	for (size_t i = 0; i < code.size; i++)
	{
		char character = (char) code.data[i];

		if (character == ' ')
			continue;
		if (character >= 'a' && character <= 'z')
			character = (char) (character - 'a' + 'A');
		if (used == RIGHTS_ITEM_CODE_MAX)
			return false;
		code_out[used++] = character;
	}
	code_out[used] = '\0';
	return used > 0 && all_in(code_out, used, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ.-/");
}
