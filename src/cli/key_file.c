/*
 * key_file.c - writes and reads key files. A seed is wiped from every buffer that it passed.
 */
#include "cli/key_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define KEY_FORMAT "mes-key-1"
#define KEY_FILE_MAX 256

void
key_new(uint8_t suite, SuiteSecret *secret)
{
	uint8_t seed[SUITE_SEED_SIZE];

	do
		cli_random(seed, sizeof(seed));
	while (!suite_secret_from_seed(suite, seed, secret));
	suite_wipe(seed, sizeof(seed));
}

void
key_file_write(const char *path, const SuiteSecret *secret)
{
	char text[KEY_FILE_MAX];
	char hex[2 * SUITE_SEED_SIZE + 1];

	hex_format(secret->seed, SUITE_SEED_SIZE, hex);
	snprintf(text, sizeof(text), "%s %s %s\n", KEY_FORMAT, suite_name(secret->key.suite), hex);
	cli_write_secret(path, span_text(text));
	suite_wipe(text, sizeof(text));
	suite_wipe(hex, sizeof(hex));
}

static uint8_t
suite_by_name(const char *path, const char *name)
{
	for (uint8_t suite = 1; suite <= SUITE_MAX; suite++)
		if (strcmp(suite_name(suite), name) == 0)
			return suite;
	cli_fail("key file \"%s\" is of suite \"%s\", which is not known", path, name);
}

void
key_file_read(const char *path, SuiteSecret *secret)
{
	struct stat found;
	uint8_t seed[SUITE_SEED_SIZE];
	McSpan content;
	char *text;
	char *words[3];

	if (stat(path, &found) != 0)
		cli_fail("cannot read key file \"%s\": %s", path, strerror(errno));
	if ((found.st_mode & 077) != 0)
		cli_fail("key file \"%s\" can be read by others than its owner; chmod 600 it", path);
	content = cli_read(path, KEY_FILE_MAX);
	text = (char *) content.data;
	text[strcspn(text, "\n")] = '\0';
	if (cli_split(text, words, 3) != 3 || strcmp(words[0], KEY_FORMAT) != 0)
		cli_fail("\"%s\" is not a key file", path);
	if (strlen(words[2]) != 2 * SUITE_SEED_SIZE)
		cli_fail("key file \"%s\" is damaged", path);
	cli_hex("seed", words[2], seed, sizeof(seed));
	if (!suite_secret_from_seed(suite_by_name(path, words[1]), seed, secret))
		cli_fail("key file \"%s\" is damaged", path);
	suite_wipe(text, content.size);
	suite_wipe(seed, sizeof(seed));
}

SuiteKey
key_parse(const char *text)
{
	SuiteKey key;
	const char *colon = strchr(text, ':');

	if (colon == NULL)
		cli_usage("\"%s\" is not SUITE:PUBLIC_KEY", text);
	key.suite =
		(uint8_t) cli_number("suite", cli_format("%.*s", (int) (colon - text), text), 1, SUITE_MAX);
	cli_hex("public key", colon + 1, key.public_key, SUITE_PUBLIC_SIZE);
	if (!suite_key_valid(&key))
		cli_usage("\"%s\" is no key of suite %d", text, key.suite);
	return key;
}
