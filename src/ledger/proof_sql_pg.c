/*
 * proof_sql_pg.c - mes.verify_proof and mes.proof_json: a proof judged by what the caller trusts,
 * and shown. Needs no ledger in this database when the trust is given.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "ledger/proof.h"
#include "ledger/tables_pg.h"
#include "node/errors_pg.h"
#include "node/genesis_pg.h"
#include "tx/operation.h"
#include "tx/receipt.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

/* ---- trust -----------------------------------------------------------------------------------
 */

static void
bad_trust(const char *why)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("trust has %s", why),
					errhint("mes.trust_anchor() shows its form.")));
}

static JsonbValue *
field(Jsonb *json, const char *name, JsonbValue *buffer)
{
	return getKeyJsonValueFromContainer(&json->root, name, (int) strlen(name), buffer);
}

static bool
hex_field(Jsonb *json, const char *name, uint8_t *out, size_t size)
{
	JsonbValue buffer;
	JsonbValue *value = field(json, name, &buffer);
	bytea *bytes;

	if (value == NULL)
		return false;
	if (value->type != jbvString || (size_t) value->val.string.len != 2 * size)
		bad_trust(psprintf("no %zu bytes of hex in \"%s\"", size, name));
	bytes = DatumGetByteaPP(DirectFunctionCall2(
		binary_decode,
		PointerGetDatum(cstring_to_text_with_len(value->val.string.val, value->val.string.len)),
		CStringGetTextDatum("hex")));
	memcpy(out, VARDATA_ANY(bytes), size);
	return true;
}

static bool
height_field(Jsonb *json, const char *name, uint64_t *out)
{
	JsonbValue buffer;
	JsonbValue *value = field(json, name, &buffer);
	int64 number;

	if (value == NULL)
		return false;
	if (value->type != jbvNumeric)
		bad_trust(psprintf("no number in \"%s\"", name));
	number = DatumGetInt64(DirectFunctionCall1(numeric_int8, NumericGetDatum(value->val.numeric)));
	if (number < 0)
		bad_trust(psprintf("a negative \"%s\"", name));
	*out = (uint64_t) number;
	return true;
}

static uint32_t
members_field(Jsonb *json, ProofMember members[PBFT_NODE_MAX])
{
	JsonbValue buffer;
	JsonbValue *value = field(json, "voting_keys", &buffer);
	uint32 count;

	if (value == NULL)
		return 0;
	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
		bad_trust("no list in \"voting_keys\"");
	count = JsonContainerSize(value->val.binary.data);
	if (count == 0 || count > PBFT_NODE_MAX)
		bad_trust(psprintf("%u \"voting_keys\", from 1 to %d are possible", count, PBFT_NODE_MAX));
	for (uint32 i = 0; i < count; i++)
	{
		JsonbValue *key = getIthJsonbValueFromContainer(value->val.binary.data, i);
		bytea *bytes;

		if (key->type != jbvString || key->val.string.len != 2 * SUITE_PUBLIC_SIZE)
			bad_trust("a voting key that is not 32 bytes of hex");
		bytes = DatumGetByteaPP(DirectFunctionCall2(
			binary_decode,
			PointerGetDatum(cstring_to_text_with_len(key->val.string.val, key->val.string.len)),
			CStringGetTextDatum("hex")));
		memcpy(members[i].voting_key, VARDATA_ANY(bytes), SUITE_PUBLIC_SIZE);
		members[i].incarnation = 0;
	}
	return count;
}

static void
trust_from_json(Jsonb *json, ProofTrust *trust)
{
	ProofMember members[PBFT_NODE_MAX];
	McHash genesis;
	uint32_t count;

	if (!JB_ROOT_IS_OBJECT(json) || !hex_field(json, "genesis_hash", genesis.bytes, HASH_SIZE))
		bad_trust("no \"genesis_hash\"");
	count = members_field(json, members);
	memset(trust, 0, sizeof(*trust));
	if (count > 0)
		proof_trust_genesis(trust, &genesis, members, count);
	memcpy(trust->chain_id, genesis.bytes, PBFT_CHAIN_ID_SIZE);
	if (hex_field(json, "block_hash", trust->block_hash.bytes, HASH_SIZE))
	{
		trust->has_block = true;
		if (!height_field(json, "height", &trust->block_height))
			bad_trust("a \"block_hash\" without \"height\"");
	}
	if (!trust->has_block && !trust->has_instance)
		bad_trust("neither \"voting_keys\" nor \"block_hash\"");
}

/* The genesis of this database's own ledger. */
static void
trust_here(ProofTrust *trust)
{
	ProofMember members[PBFT_NODE_MAX];
	Genesis *genesis = palloc0(sizeof(Genesis));
	McProblem problem;
	McHash hash;

	SPI_connect();
	if (!genesis_read(genesis))
		problem_check(status_problem(&problem, MC_NO_LEDGER, 0, 0), &problem);
	SPI_finish();
	genesis_hash(genesis, &hash);
	for (uint32_t i = 0; i < genesis->member_count; i++)
	{
		memcpy(members[i].voting_key, genesis->members[i].voting_key, SUITE_PUBLIC_SIZE);
		members[i].incarnation = 0;
	}
	proof_trust_genesis(trust, &hash, members, genesis->member_count);
}

/* ---- what it says ----------------------------------------------------------------------------
 */

static void
push_key(JsonbParseState **state, const char *key)
{
	JsonbValue name = { .type = jbvString };

	name.val.string.val = unconstify(char *, key);
	name.val.string.len = (int) strlen(key);
	pushJsonbValue(state, WJB_KEY, &name);
}

static void
push_text(JsonbParseState **state, const char *key, const char *text)
{
	JsonbValue value = { .type = jbvString };

	push_key(state, key);
	value.val.string.val = pstrdup(text);
	value.val.string.len = (int) strlen(text);
	pushJsonbValue(state, WJB_VALUE, &value);
}

static void
push_number(JsonbParseState **state, const char *key, int64 number)
{
	JsonbValue value = { .type = jbvNumeric };

	push_key(state, key);
	value.val.numeric = int64_to_numeric(number);
	pushJsonbValue(state, WJB_VALUE, &value);
}

static void
push_hex(JsonbParseState **state, const char *key, const void *data, size_t size)
{
	char *hex = palloc(2 * size + 1);

	hex_format(data, size, hex);
	push_text(state, key, hex);
}

static void
push_address(JsonbParseState **state, const char *key, const McAddress *address)
{
	char text[ADDRESS_TEXT_SIZE + 1];

	address_format(address, text);
	push_text(state, key, text);
}

static void
push_operations(JsonbParseState **state, const TxView *view)
{
	WireReader reader;
	TxOperation operation = { 0 };

	push_key(state, "operations");
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	wire_reader_init(&reader, view->operations);
	while (tx_next_operation(&reader, view, &operation))
	{
		pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
		push_text(state, "operation", operation_kind(operation.kind)->name);
		push_address(state, "address", &operation.actor_address);
		pushJsonbValue(state, WJB_END_OBJECT, NULL);
	}
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

static void
push_outputs(JsonbParseState **state, const TxView *view)
{
	TxOutputs outputs;
	TxOutput output;

	push_key(state, "outputs");
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	tx_outputs_init(&outputs, view);
	while (tx_next_output(&outputs, &output))
	{
		pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
		push_address(state, "address", &output.address);
		push_text(state, "asset", output.asset.code);
		push_number(state, "amount_units", output.amount);
		if (outputs.operation_index < 0)
			push_text(state, "kind", "change");
		pushJsonbValue(state, WJB_END_OBJECT, NULL);
	}
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

static void
push_verdict(JsonbParseState **state, const McProblem *verdict)
{
	const McStatusInfo *info = status_info(verdict->status);
	char message[512];

	push_text(state, "status", verdict->status == MC_OK ? "ok" : info != NULL ? info->name : "?");
	if (verdict->status == MC_OK)
		return;
	status_message(verdict, message, sizeof(message));
	push_text(state, "message", message);
}

/* Base units: how many decimals an asset has is not for a proof of this transaction to say. */
static void
push_transaction(JsonbParseState **state, const TxView *view)
{
	push_hex(state, "txid", view->txid.bytes, HASH_SIZE);
	push_address(state, "address", &view->sender);
	push_hex(state, "submission", view->submission, SUBMISSION_SIZE);
	push_text(state, "reference",
			  pnstrdup((const char *) view->reference.data, view->reference.size));
	push_operations(state, view);
	push_outputs(state, view);
}

static Jsonb *
content_of(const ProofResult *result)
{
	JsonbParseState *state = NULL;
	McProblem problem;
	TxView view;

	problem_check(tx_read(result->envelope, &view, &problem), &problem);
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	push_transaction(&state, &view);
	push_number(&state, "position", result->position);
	if (result->kind == PROOF_FINAL)
		push_verdict(&state, &result->verdict);
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

static Datum
signers_of(const ProofResult *result)
{
	Datum members[PBFT_NODE_MAX];
	int count = 0;

	for (uint32_t i = 0; i < result->member_count; i++)
		if (result->signers[i / 8] >> (i % 8) & 1)
			members[count++] = Int32GetDatum((int32) i);
	return PointerGetDatum(
		construct_array(members, count, INT4OID, sizeof(int32), true, TYPALIGN_INT));
}

static McSpan
span_of_bytea(bytea *bytes)
{
	return span_of(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
}

static Datum
bytea_of(const void *data, size_t size)
{
	bytea *bytes = palloc(VARHDRSZ + size);

	SET_VARSIZE(bytes, VARHDRSZ + size);
	memcpy(VARDATA(bytes), data, size);
	return PointerGetDatum(bytes);
}

#define RESULT_COLUMNS 8

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_verify_proof);
Datum
mes_verify_proof(PG_FUNCTION_ARGS)
{
	ProofTrust *trust = palloc0(sizeof(ProofTrust));
	Datum values[RESULT_COLUMNS] = { 0 };
	bool nulls[RESULT_COLUMNS] = { false, true, true, true, true, true, true, true };
	TupleDesc desc;
	ProofResult result;
	McProblem problem;
	char message[512];

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	if (PG_ARGISNULL(1))
		trust_here(trust);
	else
		trust_from_json(PG_GETARG_JSONB_P(1), trust);
	if (proof_verify(span_of_bytea(PG_GETARG_BYTEA_PP(0)), trust, &result, &problem) == MC_OK)
	{
		memset(nulls, false, sizeof(nulls));
		values[0] = BoolGetDatum(true);
		values[1] = CStringGetTextDatum(proof_kind_name(result.kind));
		values[2] = bytea_of(result.chain_id, PBFT_CHAIN_ID_SIZE);
		values[3] = Int64GetDatum((int64) result.height);
		values[4] = TimestampTzGetDatum(tables_timestamp(result.block_time_ms));
		values[5] = PointerGetDatum(content_of(&result));
		values[6] = signers_of(&result);
		nulls[7] = !result.rests_on_anchor;
		if (result.rests_on_anchor)
			values[7] = CStringGetTextDatum("self-signed: trust from anchor");
	}
	else
	{
		status_message(&problem, message, sizeof(message));
		values[7] = CStringGetTextDatum(message);
		nulls[7] = false;
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(desc, values, nulls)));
}

/* ---- a proof as people read it ---------------------------------------------------------------
 */

static void
push_header(JsonbParseState **state, const PbftHeader *header, McSpan bytes)
{
	McHash hash;

	digest_sha256(&hash, &bytes, 1);
	push_number(state, "height", (int64) header->height);
	push_hex(state, "block_hash", hash.bytes, HASH_SIZE);
	push_hex(state, "parent_hash", header->parent_hash.bytes, HASH_SIZE);
	push_hex(state, "tx_root", header->tx_root.bytes, HASH_SIZE);
	push_number(state, "tx_count", header->tx_count);
	push_number(state, "block_time_ms", (int64) header->ts_ms);
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_proof_json);
Datum
mes_proof_json(PG_FUNCTION_ARGS)
{
	JsonbParseState *state = NULL;
	ProofView *proof = palloc(sizeof(ProofView));
	PbftCertificate *certificate = palloc(sizeof(PbftCertificate));
	McProblem problem;
	McProblem verdict;
	McHash txid;
	TxView tx;

	problem_check(proof_read(span_of_bytea(PG_GETARG_BYTEA_PP(0)), proof, &problem), &problem);
	problem_check(tx_read(proof->envelope, &tx, &problem), &problem);
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	push_text(&state, "type", PROOF_TYPE);
	push_text(&state, "kind",
			  proof_kind_name(proof->has_effect ? PROOF_FINAL : PROOF_ORDERED_ONLY));
	push_hex(&state, "chain_id", tx.chain_id, CHAIN_ID_SIZE);
	push_header(&state, &proof->header, proof->header_bytes);
	push_number(&state, "position", (int64) proof->tx_path.index);
	push_transaction(&state, &tx);
	if (proof->has_effect &&
		receipt_read(proof->effect.receipt, &txid, &verdict, &problem) == MC_OK)
		push_verdict(&state, &verdict);
	push_number(&state, "later_blocks", proof->later.count);
	push_number(&state, "headers", proof->headers.count);
	push_number(&state, "epochs", proof->epochs.count);
	if (proof->certificate.size > 0 &&
		pbft_certificate_decode(proof->certificate, certificate, &problem) == MC_OK)
	{
		push_number(&state, "certified_height", (int64) certificate->subject.height);
		push_number(&state, "members", certificate->member_count);
		push_number(&state, "signed", pbft_certificate_signers(certificate));
	}
	PG_RETURN_POINTER(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL)));
}
