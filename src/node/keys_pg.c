/*
 * keys_pg.c - key files and the wrapping of accounts' keys. Refuses rather than repairs: a key in a
 * place that others can read is no key.
 */
#include "node/keys_pg.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "miscadmin.h"
#include "node/errors_pg.h"
#include "node/guc_pg.h"
#include "storage/fd.h"

#define KEY_FILE_FORMAT "mes-key-1 ed25519 "
#define KEY_FILE_SIZE (sizeof(KEY_FILE_FORMAT) - 1 + 2 * SUITE_SEED_SIZE + 1)

static const char *const file_names[] = {
	[NODE_KEY_IDENTITY] = "identity.key",
	[NODE_KEY_VOTING] = "voting.key",
	[NODE_KEY_WRAPPING] = "wrapping.key",
	[NODE_KEY_NEXT] = "voting_next.key",
};

static void
refuse(McStatus status, const char *path, const char *why)
{
	McProblem problem;
	char message[512];

	status_problem_name(&problem, status, path, strlen(path));
	status_message(&problem, message, sizeof(message));
	ereport(ERROR, (errcode(errcode_of(status)), errmsg("%s", message), errdetail("%s", why),
					errhint("%s", status_info(status)->hint)));
}

static void
check_directory(void)
{
	struct stat found;
	char *resolved;
	char *data;
	bool inside;

	if (guc_state_directory == NULL || guc_state_directory[0] == '\0')
		refuse(MC_STATE_DIRECTORY, "", "meschain.state_directory is not set.");
	if (mkdir(guc_state_directory, S_IRWXU) != 0 && errno != EEXIST)
		refuse(MC_STATE_DIRECTORY, guc_state_directory, strerror(errno));
	if (stat(guc_state_directory, &found) != 0)
		refuse(MC_STATE_DIRECTORY, guc_state_directory, strerror(errno));
	if (!S_ISDIR(found.st_mode) || found.st_uid != geteuid() || (found.st_mode & 077) != 0)
		refuse(MC_STATE_DIRECTORY, guc_state_directory,
			   "It is not a directory of the server's user with mode 0700.");
	resolved = realpath(guc_state_directory, NULL);
	data = realpath(DataDir, NULL);
	inside = resolved == NULL || data == NULL || path_is_prefix_of_path(data, resolved);
	free(resolved);
	free(data);
	if (inside)
		refuse(MC_STATE_DIRECTORY, guc_state_directory,
			   "It is inside the data directory: every base backup would carry the keys.");
}

static void
key_path(NodeKey key, char path[MAXPGPATH])
{
	snprintf(path, MAXPGPATH, "%s/%s", guc_state_directory, file_names[key]);
}

bool
keys_exist(NodeKey key)
{
	char path[MAXPGPATH];

	check_directory();
	key_path(key, path);
	return access(path, F_OK) == 0;
}

static bool
parse_seed(const char *text, uint8_t seed[SUITE_SEED_SIZE])
{
	size_t size = 0;

	if (strncmp(text, KEY_FILE_FORMAT, sizeof(KEY_FILE_FORMAT) - 1) != 0)
		return false;
	return sodium_hex2bin(seed, SUITE_SEED_SIZE, text + sizeof(KEY_FILE_FORMAT) - 1,
						  2 * SUITE_SEED_SIZE, NULL, &size, NULL) == 0 &&
		   size == SUITE_SEED_SIZE;
}

void
keys_load(NodeKey key, SuiteSecret *secret)
{
	char path[MAXPGPATH];
	char text[KEY_FILE_SIZE + 1] = "";
	uint8_t seed[SUITE_SEED_SIZE];
	struct stat found;
	int file;
	ssize_t size;

	check_directory();
	key_path(key, path);
	file = OpenTransientFile(path, O_RDONLY | PG_BINARY);
	if (file < 0 || fstat(file, &found) != 0)
		refuse(MC_NODE_KEY, path, strerror(errno));
	if ((found.st_mode & 077) != 0)
		refuse(MC_NODE_KEY, path, "Others than its owner may read it.");
	size = read(file, text, KEY_FILE_SIZE);
	CloseTransientFile(file);
	if (size != (ssize_t) KEY_FILE_SIZE || !parse_seed(text, seed) ||
		!suite_secret_from_seed(SUITE_ED25519, seed, secret))
		refuse(MC_NODE_KEY, path, "It is damaged.");
	suite_wipe(text, sizeof(text));
	suite_wipe(seed, sizeof(seed));
}

void
keys_create(NodeKey key)
{
	char path[MAXPGPATH];
	char text[KEY_FILE_SIZE + 1];
	uint8_t seed[SUITE_SEED_SIZE];
	int file;

	check_directory();
	key_path(key, path);
	keys_random(seed, sizeof(seed));
	strlcpy(text, KEY_FILE_FORMAT, sizeof(text));
	hex_format(seed, sizeof(seed), text + sizeof(KEY_FILE_FORMAT) - 1);
	strlcat(text, "\n", sizeof(text));
	file = OpenTransientFilePerm(path, O_WRONLY | O_CREAT | O_EXCL | PG_BINARY, S_IRUSR | S_IWUSR);
	if (file < 0)
		refuse(MC_NODE_KEY, path, strerror(errno));
	if (write(file, text, KEY_FILE_SIZE) != (ssize_t) KEY_FILE_SIZE || pg_fsync(file) != 0)
		refuse(MC_NODE_KEY, path, strerror(errno));
	CloseTransientFile(file);
	fsync_fname(guc_state_directory, true);
	suite_wipe(text, sizeof(text));
	suite_wipe(seed, sizeof(seed));
}

void
keys_take_next(void)
{
	char next[MAXPGPATH];
	char voting[MAXPGPATH];

	key_path(NODE_KEY_NEXT, next);
	key_path(NODE_KEY_VOTING, voting);
	if (durable_rename(next, voting, LOG) != 0)
		refuse(MC_NODE_KEY, next, strerror(errno));
}

void
keys_drop_next(void)
{
	char next[MAXPGPATH];

	key_path(NODE_KEY_NEXT, next);
	if (durable_unlink(next, LOG) != 0)
		refuse(MC_NODE_KEY, next, strerror(errno));
}

void
keys_random(void *out, size_t size)
{
	if (!pg_strong_random(out, size))
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not get random bytes")));
}

StaticAssertDecl(KEYS_WRAPPED_SIZE == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES +
										  crypto_aead_xchacha20poly1305_ietf_ABYTES +
										  SUITE_SEED_SIZE,
				 "nonce, tag and seed");

void
keys_wrap(const uint8_t seed[SUITE_SEED_SIZE], const char *account,
		  uint8_t wrapped[KEYS_WRAPPED_SIZE])
{
	SuiteSecret wrapping;

	keys_load(NODE_KEY_WRAPPING, &wrapping);
	keys_random(wrapped, crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
	crypto_aead_xchacha20poly1305_ietf_encrypt(
		wrapped + crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, NULL, seed, SUITE_SEED_SIZE,
		(const unsigned char *) account, strlen(account), NULL, wrapped, wrapping.seed);
	suite_wipe(&wrapping, sizeof(wrapping));
}

bool
keys_unwrap(const uint8_t *wrapped, size_t size, const char *account, uint8_t seed[SUITE_SEED_SIZE])
{
	SuiteSecret wrapping;
	bool opened;

	if (size != KEYS_WRAPPED_SIZE)
		return false;
	keys_load(NODE_KEY_WRAPPING, &wrapping);
	opened = crypto_aead_xchacha20poly1305_ietf_decrypt(
				 seed, NULL, NULL, wrapped + crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
				 size - crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
				 (const unsigned char *) account, strlen(account), wrapped, wrapping.seed) == 0;
	suite_wipe(&wrapping, sizeof(wrapping));
	return opened;
}

/* One file, two uses: the key for sealing is derived, never the bytes that wrap accounts. */
static void
sealing_seed(uint8_t seed[KEYWRAP_SEED_SIZE])
{
	SuiteSecret wrapping;
	McHash derived;

	keys_load(NODE_KEY_WRAPPING, &wrapping);
	digest_tagged(&derived, "MES1-sealing", span_of(wrapping.seed, SUITE_SEED_SIZE));
	memcpy(seed, derived.bytes, KEYWRAP_SEED_SIZE);
	suite_wipe(&derived, sizeof(derived));
	suite_wipe(&wrapping, sizeof(wrapping));
}

void
keys_sealing_public(uint8_t public_key[KEYWRAP_PUBLIC_SIZE])
{
	uint8_t seed[KEYWRAP_SEED_SIZE];

	sealing_seed(seed);
	keywrap_public(seed, public_key);
	suite_wipe(seed, sizeof(seed));
}

bool
keys_open_sealed(McSpan sealed, uint8_t *message)
{
	uint8_t seed[KEYWRAP_SEED_SIZE];
	bool opened;

	sealing_seed(seed);
	opened = keywrap_open(seed, sealed, message);
	suite_wipe(seed, sizeof(seed));
	return opened;
}
