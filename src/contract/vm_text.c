/*
 * vm_text.c - instructions on texts and hashes. What they make lies in the run's arena; what they
 * handle is charged by its size before it is handled.
 */
#include "base/digest.h"
#include "base/suite.h"
#include "base/wire.h"
#include "contract/vm.h"

#define HANDLER(name)                                                                              \
	McStatus acs_op_##name(__attribute__((unused)) AcsVm *vm, AcsCell *registers, AcsInstruction in)
#define A (registers[in.a])
#define B (registers[in.b])
#define C (registers[in.c])

const uint8_t *
acs_hash_bytes(const AcsCell *cell)
{
	static const uint8_t zeros[HASH_SIZE];

	return cell->text.data != NULL ? cell->text.data : zeros;
}

static McSpan
span_of_cell(const AcsCell *cell)
{
	return span_of(cell->text.data, cell->text.size);
}

/* Room for a value of that size, or NULL with the outcome set. */
static uint8_t *
make(AcsVm *vm, size_t size)
{
	uint8_t *data;

	if (size > ACS_TEXT_MAX)
	{
		status_problem(&vm->outcome->problem, MC_ACS_TEXT_TOO_LONG, (int64_t) size, ACS_TEXT_MAX);
		return NULL;
	}
	data = acs_arena_take(vm->arena, size);
	if (data == NULL)
		status_problem(&vm->outcome->problem, MC_ACS_MEMORY_FULL, 0, (int64_t) vm->arena->capacity);
	return data;
}

static McStatus
set_text(AcsVm *vm, AcsCell *cell, const void *data, size_t size)
{
	uint8_t *copy = make(vm, size);

	if (copy == NULL)
		return vm->outcome->problem.status;
	memcpy(copy, data, size);
	cell->text.data = copy;
	cell->text.size = size;
	return MC_OK;
}

HANDLER(compare_text)
{
	size_t common = B.text.size < C.text.size ? B.text.size : C.text.size;
	int order;

	if (!acs_vm_charge(vm, (int64_t) common / 64))
		return MC_ACS_OUT_OF_GAS;
	order = span_compare(span_of_cell(&B), span_of_cell(&C));
	A.truth = in.op == ACS_OP_EQ_TEXT   ? order == 0
			  : in.op == ACS_OP_NE_TEXT ? order != 0
			  : in.op == ACS_OP_LT_TEXT ? order < 0
										: order <= 0;
	return MC_OK;
}

HANDLER(write_text)
{
	AcsSlot *slot = &vm->slots[in.k];

	if (!acs_vm_charge(vm, (int64_t) A.text.size / 8))
		return MC_ACS_OUT_OF_GAS;
	slot->value = A;
	slot->present = true;
	slot->written = true;
	return MC_OK;
}

HANDLER(length)
{
	int64_t count = 0;

	if (!acs_vm_charge(vm, (int64_t) B.text.size / 8))
		return MC_ACS_OUT_OF_GAS;
	for (size_t i = 0; i < B.text.size; i++)
		count += (B.text.data[i] & 0xC0) != 0x80;
	A.dec = ACS_DEC_ONE * count;
	return MC_OK;
}

HANDLER(concat)
{
	size_t size = B.text.size + C.text.size;
	uint8_t *data;

	/* Over the limit it is refused whatever the gas, so that the charge is bounded. */
	if (size <= ACS_TEXT_MAX && !acs_vm_charge(vm, (int64_t) size / 8))
		return MC_ACS_OUT_OF_GAS;
	data = make(vm, size);
	if (data == NULL)
		return vm->outcome->problem.status;
	if (B.text.size > 0)
		memcpy(data, B.text.data, B.text.size);
	if (C.text.size > 0)
		memcpy(data + B.text.size, C.text.data, C.text.size);
	A.text.data = data;
	A.text.size = size;
	return MC_OK;
}

/* The byte where the wanted character (from 0) begins; the size when there are fewer. */
static size_t
character_at(McSpan text, AcsDec wanted)
{
	size_t at = 0;
	AcsDec seen = -1;

	for (; at < text.size; at++)
	{
		seen += (text.data[at] & 0xC0) != 0x80;
		if (seen == wanted)
			break;
	}
	return at;
}

HANDLER(substring)
{
	AcsDec from = C.dec;
	AcsDec count = registers[in.k].dec;
	McSpan text = span_of_cell(&B);
	size_t begin;

	if (!acs_vm_charge(vm, (int64_t) text.size / 8))
		return MC_ACS_OUT_OF_GAS;
	if (from % ACS_DEC_ONE != 0 || count % ACS_DEC_ONE != 0 || from < ACS_DEC_ONE || count < 0)
		return acs_vm_fail(vm, MC_ACS_BAD_ARGUMENT,
						   "substring needs a whole start from 1 and a whole count from 0");
	if (text.size == 0)
	{
		A = B;
		return MC_OK;
	}
	begin = character_at(text, from / ACS_DEC_ONE - 1);
	/* A part of a text in the arena, the program or the input lives as long as the whole. */
	A.text.data = text.data + begin;
	A.text.size = count == 0 ? 0
							 : character_at(span_of(text.data + begin, text.size - begin),
											count / ACS_DEC_ONE);
	return MC_OK;
}

HANDLER(dec_to_text)
{
	char text[ACS_DEC_TEXT_MAX];

	return set_text(vm, &A, text, acs_dec_format(B.dec, text));
}

HANDLER(text_to_dec)
{
	AcsDec value;

	if (!acs_dec_parse(span_of_cell(&B), &value))
		return acs_vm_fail(vm, MC_ACS_BAD_ARGUMENT, "dec needs the text of a number");
	A.dec = value;
	return MC_OK;
}

HANDLER(hash_to_text)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *bytes = acs_hash_bytes(&B);
	char text[2 * HASH_SIZE];

	for (int i = 0; i < HASH_SIZE; i++)
	{
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	return set_text(vm, &A, text, sizeof(text));
}

static bool
decode_hex(McSpan text, uint8_t *out, size_t size)
{
	if (text.size != 2 * size)
		return false;
	for (size_t i = 0; i < text.size; i++)
	{
		uint8_t c = text.data[i];
		uint8_t lower = c | 0x20;
		bool digit = c >= '0' && c <= '9';

		if (!digit && (lower < 'a' || lower > 'f'))
			return false;
		out[i / 2] = (uint8_t) (out[i / 2] << 4 | (digit ? c - '0' : lower - 'a' + 10));
	}
	return true;
}

HANDLER(text_to_hash)
{
	uint8_t bytes[HASH_SIZE] = { 0 };

	if (!decode_hex(span_of_cell(&B), bytes, HASH_SIZE))
		return acs_vm_fail(vm, MC_ACS_BAD_ARGUMENT, "hash needs 64 hexadecimal digits");
	return set_text(vm, &A, bytes, HASH_SIZE);
}

HANDLER(sha256)
{
	McHash hash;

	if (!acs_vm_charge(vm, (int64_t) B.text.size / 64))
		return MC_ACS_OUT_OF_GAS;
	digest_tagged(&hash, "", span_of_cell(&B));
	return set_text(vm, &A, hash.bytes, HASH_SIZE);
}

HANDLER(hash_pair)
{
	McSpan parts[2] = { span_of(acs_hash_bytes(&B), HASH_SIZE),
						span_of(acs_hash_bytes(&C), HASH_SIZE) };
	McHash hash;

	digest_sha256(&hash, parts, 2);
	return set_text(vm, &A, hash.bytes, HASH_SIZE);
}

HANDLER(verify)
{
	uint8_t signature[SUITE_SIGNATURE_SIZE] = { 0 };
	SuiteKey key = { .suite = in.op == ACS_OP_VERIFY_ED25519 ? SUITE_ED25519 : SUITE_SCHNORR };
	bool formed = decode_hex(span_of_cell(&registers[in.k]), signature, SUITE_SIGNATURE_SIZE);

	memcpy(key.public_key, acs_hash_bytes(&B), SUITE_PUBLIC_SIZE);
	/* What is no signature at all is a wrong signature: the contract decides what follows. */
	A.truth = formed && suite_verify(&key, span_of(acs_hash_bytes(&C), HASH_SIZE), signature);
	return MC_OK;
}
