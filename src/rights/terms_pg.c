/*
 * terms_pg.c - confidential terms: sealed here for the parties, opened here by one of them.
 *
 *   plain = salt (16 bytes) || terms as jsonb prints them
 *   hash  = SHA-256("MES1-terms" || plain)
 *   box   = count, count * crypto_box_seal(key to a party), nonce, crypto_secretbox(plain, key)
 *
 * A party's key is the X25519 form of its Ed25519 account key. The ledger holds hash and box; the
 * clear terms stand in mes_internal.clear_terms, on the nodes of parties that sealed or opened
 * them.
 */
#include "rights/rights_pg.h"

#include "base/digest.h"
#include "base/suite.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "node/errors_pg.h"
#include "node/submission_pg.h"
#include "rights/operations.h"
#include "rights/row.h"
#include "tx/part.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"

#include <sodium.h>

#define PARTIES_MAX 16
#define SALT_SIZE 16
#define KEY_SIZE crypto_secretbox_KEYBYTES
#define SEALED_KEY_SIZE (crypto_box_SEALBYTES + KEY_SIZE)
#define BOX_EXTRA (1 + crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES)

typedef struct Plain
{
	uint8_t *data; /* salt and text */
	size_t size;
	McHash hash;
} Plain;

static void
hash_plain(Plain *plain)
{
	digest_tagged(&plain->hash, "MES1-terms", span_of(plain->data, plain->size));
}

static Plain
make_plain(Jsonb *terms)
{
	char *text = JsonbToCString(NULL, &terms->root, VARSIZE(terms));
	Plain plain = { .size = SALT_SIZE + strlen(text) };

	plain.data = palloc(plain.size);
	randombytes_buf(plain.data, SALT_SIZE);
	memcpy(plain.data + SALT_SIZE, text, plain.size - SALT_SIZE);
	hash_plain(&plain);
	return plain;
}

/* ---- sealing
 * -------------------------------------------------------------------------------------
 */

typedef struct Parties
{
	int count;
	uint8_t keys[PARTIES_MAX][crypto_box_PUBLICKEYBYTES];
} Parties;

static void
add_party(Parties *parties, const uint8_t public_key[SUITE_PUBLIC_SIZE])
{
	uint8_t *key = parties->keys[parties->count];

	if (crypto_sign_ed25519_pk_to_curve25519(key, public_key) != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("a party's key is not a public key of suite 1"),
						errhint("mes.accounts shows the public keys of accounts.")));
	for (int i = 0; i < parties->count; i++)
		if (memcmp(parties->keys[i], key, sizeof(parties->keys[i])) == 0)
			return;
	parties->count++;
}

/* The author is a party too, unless its account signs with the other suite. */
static void
read_parties(ArrayType *array, Parties *parties)
{
	Account account;
	Datum *keys;
	bool *nulls;
	int count;

	deconstruct_array(array, BYTEAOID, -1, false, TYPALIGN_INT, &keys, &nulls, &count);
	if (count < 1 || count > PARTIES_MAX - 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%d parties, from 1 to %d are allowed", count, PARTIES_MAX - 1)));
	parties->count = 0;
	account_current(&account);
	if (account.secret.key.suite == SUITE_ED25519)
		add_party(parties, account.secret.key.public_key);
	suite_wipe(&account.secret, sizeof(account.secret));
	for (int i = 0; i < count; i++)
	{
		McSpan key = nulls[i] ? span_of(NULL, 0) : rights_span(DatumGetByteaPP(keys[i]));

		if (key.size != SUITE_PUBLIC_SIZE)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("a party's key must be of %d bytes", SUITE_PUBLIC_SIZE)));
		add_party(parties, key.data);
	}
}

static McSpan
seal_box(const Plain *plain, const Parties *parties)
{
	size_t size = BOX_EXTRA + (size_t) parties->count * SEALED_KEY_SIZE + plain->size;
	uint8_t *box = palloc(size);
	uint8_t *out = box;
	uint8_t key[KEY_SIZE];
	uint8_t *nonce;
	McProblem problem;

	if (size > RIGHTS_BOX_MAX)
		problem_check(status_problem(&problem, MC_BOX_TOO_LARGE, (int64_t) size, RIGHTS_BOX_MAX),
					  &problem);
	crypto_secretbox_keygen(key);
	*out++ = (uint8_t) parties->count;
	for (int i = 0; i < parties->count; i++, out += SEALED_KEY_SIZE)
		crypto_box_seal(out, key, sizeof(key), parties->keys[i]);
	nonce = out;
	randombytes_buf(nonce, crypto_secretbox_NONCEBYTES);
	crypto_secretbox_easy(nonce + crypto_secretbox_NONCEBYTES, plain->data, plain->size, nonce,
						  key);
	suite_wipe(key, sizeof(key));
	return span_of(box, size);
}

/* ---- opening
 * -------------------------------------------------------------------------------------
 */

static bool
open_key(McSpan box, const SuiteSecret *secret, uint8_t key[KEY_SIZE])
{
	uint8_t sign_public[crypto_sign_PUBLICKEYBYTES];
	uint8_t sign_secret[crypto_sign_SECRETKEYBYTES];
	uint8_t public_key[crypto_box_PUBLICKEYBYTES];
	uint8_t secret_key[crypto_box_SECRETKEYBYTES];
	bool opened = false;

	if (secret->key.suite != SUITE_ED25519)
		return false;
	crypto_sign_seed_keypair(sign_public, sign_secret, secret->seed);
	if (crypto_sign_ed25519_pk_to_curve25519(public_key, sign_public) == 0 &&
		crypto_sign_ed25519_sk_to_curve25519(secret_key, sign_secret) == 0)
		for (int i = 0; i < box.data[0] && !opened; i++)
			opened = crypto_box_seal_open(key, box.data + 1 + (size_t) i * SEALED_KEY_SIZE,
										  SEALED_KEY_SIZE, public_key, secret_key) == 0;
	suite_wipe(sign_secret, sizeof(sign_secret));
	suite_wipe(secret_key, sizeof(secret_key));
	return opened;
}

static bool
box_whole(McSpan box)
{
	return box.size > BOX_EXTRA + SALT_SIZE && box.data[0] <= PARTIES_MAX &&
		   box.size > BOX_EXTRA + SALT_SIZE + (size_t) box.data[0] * SEALED_KEY_SIZE;
}

/* False: the key is right and the rest is not what was sealed. */
static bool
open_box(McSpan box, const uint8_t key[KEY_SIZE], const McHash *hash, Plain *plain)
{
	const uint8_t *nonce = box.data + 1 + (size_t) box.data[0] * SEALED_KEY_SIZE;
	const uint8_t *sealed = nonce + crypto_secretbox_NONCEBYTES;
	size_t size = (size_t) (box.data + box.size - sealed);

	plain->size = size - crypto_secretbox_MACBYTES;
	plain->data = palloc(plain->size);
	if (crypto_secretbox_open_easy(plain->data, sealed, size, nonce, key) != 0)
		return false;
	hash_plain(plain);
	return hash_equal(&plain->hash, hash);
}

static void
raise_hex(McStatus status, const McHash *hash)
{
	McProblem problem;

	problem_check(part_problem_hex(&problem, status, hash->bytes, HASH_SIZE), &problem);
}

static void
unseal(McSpan box, const McHash *hash, Plain *plain)
{
	uint8_t key[KEY_SIZE];
	Account account;
	McProblem problem;
	bool opened;

	if (!box_whole(box))
		raise_hex(MC_BOX_DAMAGED, hash);
	account_current(&account);
	opened = open_key(box, &account.secret, key);
	suite_wipe(&account.secret, sizeof(account.secret));
	if (!opened)
		problem_check(status_problem_name(&problem, MC_NOT_A_PARTY, NameStr(account.name),
										  strlen(NameStr(account.name))),
					  &problem);
	opened = open_box(box, key, hash, plain);
	suite_wipe(key, sizeof(key));
	if (!opened)
		raise_hex(MC_BOX_DAMAGED, hash);
}

/* ---- the clear terms, on this node alone ------------------------------------------------------
 */

static Datum
terms_json(const Plain *plain)
{
	char *text = pnstrdup((const char *) plain->data + SALT_SIZE, plain->size - SALT_SIZE);

	return DirectFunctionCall1(jsonb_in, CStringGetDatum(text));
}

static void
keep_clear(const Plain *plain, Datum terms)
{
	char *owner = GetUserNameFromId(GetUserId(), false);
	EngineRights saved;

	engine_rights_take(&saved);
	SPI_connect();
	if (SPI_execute_with_args("INSERT INTO mes_internal.clear_terms (terms_hash, terms, salt, "
							  "owner) VALUES ($1, $2, $3, $4) ON CONFLICT (terms_hash, owner) "
							  "DO NOTHING",
							  4, (Oid[]){ BYTEAOID, JSONBOID, BYTEAOID, TEXTOID },
							  (Datum[]){ rights_bytes(plain->hash.bytes, HASH_SIZE), terms,
										 rights_bytes(plain->data, SALT_SIZE),
										 CStringGetTextDatum(owner) },
							  NULL, false, 0) != SPI_OK_INSERT)
		elog(ERROR, "could not keep the terms");
	SPI_finish();
	engine_rights_return(&saved);
}

/* (subject_id, terms, parties) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_seal_terms);
Datum
mes_seal_terms(PG_FUNCTION_ARGS)
{
	RightsId subject;
	Parties parties;
	WireWriter writer;
	Plain plain;
	Datum result;

	rights_hash_argument(fcinfo, 0, "subject_id", &subject);
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("\"terms\" and \"parties\" must not be null")));
	read_parties(PG_GETARG_ARRAYTYPE_P(2), &parties);
	plain = make_plain(PG_GETARG_JSONB_P(1));
	wire_writer_init(&writer, palloc(RIGHTS_BOX_MAX + 128), RIGHTS_BOX_MAX + 128);
	operation_put_seal_terms(&writer, &subject, &plain.hash, seal_box(&plain, &parties));
	result = rights_submit(OPERATION_SEAL_TERMS, &writer);
	keep_clear(&plain, terms_json(&plain));
	return result;
}

/* (terms_hash) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_open_terms);
Datum
mes_open_terms(PG_FUNCTION_ARGS)
{
	MemoryContext caller = CurrentMemoryContext;
	RightsSession session;
	McHash hash;
	McSpan value;
	TermsRow row;
	Plain plain;
	Datum terms;
	uint8_t *box;
	bool found;

	rights_hash_argument(fcinfo, 0, "terms_hash", &hash);
	rights_session_begin(&session);
	found = session.world.get_row(&session.world, RIGHTS_TERMS, span_hash(&hash), &value);
	if (found && !terms_row_read(value, &row))
		raise_hex(MC_BOX_DAMAGED, &hash);
	box = found ? MemoryContextAlloc(caller, Max(row.box.size, 1)) : NULL;
	if (found)
		memcpy(box, row.box.data, row.box.size);
	rights_session_end(&session);
	if (!found)
		PG_RETURN_NULL();
	MemoryContextSwitchTo(caller);
	unseal(span_of(box, row.box.size), &hash, &plain);
	terms = terms_json(&plain);
	keep_clear(&plain, terms);
	PG_RETURN_DATUM(terms);
}

/* author, subject, box of a state row */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_terms_state);
Datum
mes_internal_terms_state(PG_FUNCTION_ARGS)
{
	TermsRow row;
	Datum values[3];
	bool nulls[3] = { false };

	if (!terms_row_read(rights_span(PG_GETARG_BYTEA_PP(0)), &row))
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("the state of terms is damaged"),
						errhint("Run mes.verify() to find the rows at fault.")));
	values[0] = rights_bytes(row.author.bytes, HASH_SIZE);
	values[1] = rights_bytes(row.subject.bytes, HASH_SIZE);
	values[2] = rights_bytes(row.box.data, row.box.size);
	PG_RETURN_DATUM(rights_row(fcinfo, values, nulls));
}
