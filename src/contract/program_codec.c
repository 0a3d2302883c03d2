/*
 * program_codec.c - bytecode as deterministic CBOR:
 *
 *   [version, fields, constants, functions, bindings, code, offsets]
 *   field [container, name, type, preset]   function [length, parameters, result, register types]
 *   binding [field, asset, payer, rate, taker]   an index that may be missing is written plus one
 *   constant: 16 bytes (dec), 32 bytes (hash), text, bool   code 8 bytes an instruction, offsets 4
 */
#include "base/digest.h"
#include "base/wire.h"
#include "contract/program.h"

#define CODE_SIZE 8
#define OFFSET_SIZE 4
#define DEC_SIZE 16

static void
put_dec(WireWriter *writer, AcsDec value)
{
	uint8_t bytes[DEC_SIZE];

	put_be64(bytes, (uint64_t) (value >> 64));
	put_be64(bytes + 8, (uint64_t) value);
	wire_put_bytes(writer, bytes, DEC_SIZE);
}

static AcsDec
get_dec(const uint8_t *bytes)
{
	__extension__ typedef unsigned __int128 Wide;

	return (AcsDec) ((Wide) get_be64(bytes) << 64 | get_be64(bytes + 8));
}

static uint64_t
plus_one(uint16_t index)
{
	return index == ACS_NOWHERE ? 0 : (uint64_t) index + 1;
}

static void
put_constant(WireWriter *writer, const AcsConstant *constant)
{
	if (constant->type == ACS_DEC)
		put_dec(writer, constant->value.dec);
	else if (constant->type == ACS_BOOL)
		wire_put_bool(writer, constant->value.truth);
	else if (constant->type == ACS_TEXT)
		wire_put_text(writer, span_of(constant->value.text.data, constant->value.text.size));
	else
		wire_put_bytes(writer, constant->value.text.data, HASH_SIZE);
}

static void
put_tables(WireWriter *writer, const AcsProgram *program)
{
	wire_put_array(writer, program->field_count);
	for (size_t i = 0; i < program->field_count; i++)
	{
		wire_put_array(writer, 4);
		wire_put_uint(writer, program->fields[i].container);
		wire_put_text(writer, program->fields[i].name);
		wire_put_uint(writer, program->fields[i].type);
		wire_put_uint(writer, plus_one(program->fields[i].preset));
	}
	wire_put_array(writer, program->constant_count);
	for (size_t i = 0; i < program->constant_count; i++)
		put_constant(writer, &program->constants[i]);
	wire_put_array(writer, program->function_count);
	for (size_t i = 0; i < program->function_count; i++)
	{
		const AcsFunction *function = &program->functions[i];

		wire_put_array(writer, 4);
		wire_put_uint(writer, function->end - function->start);
		wire_put_uint(writer, function->parameters);
		wire_put_uint(writer, function->result);
		wire_put_bytes(writer, function->types, function->registers);
	}
	wire_put_array(writer, program->binding_count);
	for (size_t i = 0; i < program->binding_count; i++)
	{
		const AcsBinding *binding = &program->bindings[i];

		wire_put_array(writer, 5);
		wire_put_uint(writer, binding->field);
		wire_put_uint(writer, binding->asset);
		wire_put_uint(writer, plus_one(binding->payer));
		wire_put_uint(writer, plus_one(binding->rate));
		wire_put_uint(writer, plus_one(binding->taker));
	}
}

bool
acs_program_write(const AcsProgram *program, AcsArena *arena, McSpan *bytecode)
{
	uint8_t *code = acs_arena_take(arena, program->code_count * CODE_SIZE);
	uint8_t *offsets = acs_arena_take(arena, program->code_count * OFFSET_SIZE);
	WireWriter writer;

	if (code == NULL || offsets == NULL)
		return false;
	for (size_t i = 0; i < program->code_count; i++)
	{
		AcsInstruction in = program->code[i];

		memcpy(code + i * CODE_SIZE, (uint8_t[4]){ in.op, in.a, in.b, in.c }, 4);
		put_be32(code + i * CODE_SIZE + 4, in.k);
		put_be32(offsets + i * OFFSET_SIZE, program->offsets[i]);
	}
	wire_writer_init(&writer, arena->data + arena->used, arena->capacity - arena->used);
	wire_put_array(&writer, 7);
	wire_put_uint(&writer, ACS_COMPILER_VERSION);
	put_tables(&writer, program);
	wire_put_bytes(&writer, code, program->code_count * CODE_SIZE);
	wire_put_bytes(&writer, offsets, program->code_count * OFFSET_SIZE);
	if (writer.full)
		return false;
	*bytecode = wire_written(&writer);
	acs_arena_take(arena, bytecode->size);
	return true;
}

typedef struct Loader
{
	WireReader reader;
	AcsArena *arena;
	bool full;
} Loader;

/* Fails the loader when the arena is full; a count is bounded before it comes here. */
static void *
take(Loader *loader, size_t count, size_t size)
{
	void *memory = acs_arena_take(loader->arena, count * size);

	loader->full |= memory == NULL;
	return memory;
}

static bool
keep(Loader *loader, McSpan *span)
{
	uint8_t *copy = take(loader, span->size, 1);

	if (copy == NULL)
		return false;
	if (span->size > 0)
		memcpy(copy, span->data, span->size);
	span->data = copy;
	return true;
}

static bool
read_index(Loader *loader, size_t maximum, uint16_t *index)
{
	uint64_t value;

	if (!wire_read_uint_max(&loader->reader, maximum, &value))
		return false;
	*index = value == 0 ? ACS_NOWHERE : (uint16_t) (value - 1);
	return true;
}

static bool
read_byte(Loader *loader, uint8_t *byte)
{
	uint64_t value;

	if (!wire_read_uint_max(&loader->reader, UINT8_MAX, &value))
		return false;
	*byte = (uint8_t) value;
	return true;
}

static bool
read_fields(Loader *loader, AcsProgram *program)
{
	if (!wire_read_array(&loader->reader, ACS_FIELD_MAX, &program->field_count))
		return false;
	program->fields = take(loader, program->field_count, sizeof(AcsField));
	for (size_t i = 0; program->fields != NULL && i < program->field_count; i++)
	{
		AcsField *field = &program->fields[i];

		if (!wire_read_tuple(&loader->reader, 4) || !read_byte(loader, &field->container) ||
			!wire_read_text(&loader->reader, ACS_NAME_MAX, &field->name) ||
			!keep(loader, &field->name) || !read_byte(loader, &field->type) ||
			!read_index(loader, ACS_CONSTANT_MAX, &field->preset))
			return false;
	}
	return program->fields != NULL;
}

static bool
read_constant(Loader *loader, AcsConstant *constant)
{
	WireKind kind = wire_peek(&loader->reader);
	McSpan bytes = { NULL, 0 };

	memset(constant, 0, sizeof(*constant));
	if (kind == WIRE_FALSE || kind == WIRE_TRUE)
	{
		constant->type = ACS_BOOL;
		return wire_read_bool(&loader->reader, &constant->value.truth);
	}
	constant->type = ACS_TEXT;
	if (kind == WIRE_BYTES)
	{
		if (!wire_read_bytes(&loader->reader, HASH_SIZE, &bytes))
			return false;
		if (bytes.size != DEC_SIZE && bytes.size != HASH_SIZE)
			return wire_reader_fail(&loader->reader, MC_WRONG_TYPE);
		constant->type = bytes.size == DEC_SIZE ? ACS_DEC : ACS_HASH;
	}
	else if (!wire_read_text(&loader->reader, ACS_TEXT_MAX, &bytes))
		return false;
	if (constant->type == ACS_DEC)
	{
		constant->value.dec = get_dec(bytes.data);
		return true;
	}
	if (!keep(loader, &bytes))
		return false;
	constant->value.text.data = bytes.data;
	constant->value.text.size = bytes.size;
	return true;
}

static bool
read_constants(Loader *loader, AcsProgram *program)
{
	if (!wire_read_array(&loader->reader, ACS_CONSTANT_MAX, &program->constant_count))
		return false;
	program->constants = take(loader, program->constant_count, sizeof(AcsConstant));
	for (size_t i = 0; program->constants != NULL && i < program->constant_count; i++)
		if (!read_constant(loader, &program->constants[i]))
			return false;
	return program->constants != NULL;
}

static bool
read_functions(Loader *loader, AcsProgram *program)
{
	uint32_t start = 0;

	if (!wire_read_array(&loader->reader, ACS_FUNCTION_MAX, &program->function_count))
		return false;
	program->functions = take(loader, program->function_count, sizeof(AcsFunction));
	for (size_t i = 0; program->functions != NULL && i < program->function_count; i++)
	{
		AcsFunction *function = &program->functions[i];
		uint64_t length;
		McSpan types;

		if (!wire_read_tuple(&loader->reader, 4) ||
			!wire_read_uint_max(&loader->reader, ACS_CODE_MAX, &length) ||
			!read_byte(loader, &function->parameters) || !read_byte(loader, &function->result) ||
			!wire_read_bytes(&loader->reader, ACS_REGISTER_MAX, &types) || !keep(loader, &types))
			return false;
		function->start = start;
		function->end = start += (uint32_t) length;
		function->registers = (uint16_t) types.size;
		function->types = types.data;
	}
	return program->functions != NULL;
}

static bool
read_bindings(Loader *loader, AcsProgram *program)
{
	if (!wire_read_array(&loader->reader, ACS_BINDING_MAX, &program->binding_count))
		return false;
	program->bindings = take(loader, program->binding_count, sizeof(AcsBinding));
	for (size_t i = 0; program->bindings != NULL && i < program->binding_count; i++)
	{
		AcsBinding *binding = &program->bindings[i];
		uint64_t field;
		uint64_t asset;

		if (!wire_read_tuple(&loader->reader, 5) ||
			!wire_read_uint_max(&loader->reader, ACS_FIELD_MAX - 1, &field) ||
			!wire_read_uint_max(&loader->reader, ACS_CONSTANT_MAX - 1, &asset) ||
			!read_index(loader, ACS_FIELD_MAX, &binding->payer) ||
			!read_index(loader, ACS_FIELD_MAX, &binding->rate) ||
			!read_index(loader, ACS_FIELD_MAX, &binding->taker))
			return false;
		binding->field = (uint16_t) field;
		binding->asset = (uint16_t) asset;
	}
	return program->bindings != NULL;
}

static bool
read_code(Loader *loader, AcsProgram *program)
{
	McSpan code;
	McSpan offsets;

	if (!wire_read_bytes(&loader->reader, ACS_CODE_MAX * CODE_SIZE, &code) ||
		!wire_read_bytes(&loader->reader, ACS_CODE_MAX * OFFSET_SIZE, &offsets))
		return false;
	program->code_count = code.size / CODE_SIZE;
	if (code.size % CODE_SIZE != 0 || offsets.size != program->code_count * OFFSET_SIZE)
		return wire_reader_fail(&loader->reader, MC_WRONG_TYPE);
	program->code = take(loader, program->code_count, sizeof(AcsInstruction));
	program->offsets = take(loader, program->code_count, sizeof(uint32_t));
	if (program->code == NULL || program->offsets == NULL)
		return false;
	for (size_t i = 0; i < program->code_count; i++)
	{
		const uint8_t *at = code.data + i * CODE_SIZE;

		program->code[i] = (AcsInstruction){ at[0], at[1], at[2], at[3], get_be32(at + 4) };
		program->offsets[i] = get_be32(offsets.data + i * OFFSET_SIZE);
	}
	return true;
}

static bool
read_version(Loader *loader)
{
	uint64_t version;

	if (!wire_read_tuple(&loader->reader, 7) ||
		!wire_read_uint_max(&loader->reader, ACS_COMPILER_VERSION, &version))
		return false;
	return version == ACS_COMPILER_VERSION || wire_reader_fail(&loader->reader, MC_OUT_OF_RANGE);
}

McStatus
acs_program_read(McSpan bytecode, AcsArena *arena, AcsProgram *program, McProblem *problem)
{
	Loader loader = { .arena = arena };

	memset(program, 0, sizeof(*program));
	wire_reader_init(&loader.reader, bytecode);
	if (!read_version(&loader) || !read_fields(&loader, program) ||
		!read_constants(&loader, program) || !read_functions(&loader, program) ||
		!read_bindings(&loader, program) || !read_code(&loader, program) ||
		!wire_read_end(&loader.reader))
	{
		if (loader.full)
			return status_problem(problem, MC_ACS_MEMORY_FULL, 0, (int64_t) arena->capacity);
		return status_problem(problem, loader.reader.status, (int64_t) loader.reader.fault_offset,
							  0);
	}
	digest_tagged(&program->hash, "", bytecode);
	return acs_program_verify(program, problem);
}
