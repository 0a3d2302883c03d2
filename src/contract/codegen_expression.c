/*
 * codegen_expression.c - expressions to registers. Expressions change no local and no field, so an
 * operand that is a local is used where it lies. A destination is written by the last instruction
 * of its expression alone, for it may be read before.
 */
#include "contract/codegen.h"

static int
take(AcsGenerator *generator, AcsType type)
{
	int reg = generator->local_count;

	while (reg < generator->register_count &&
		   (generator->busy[reg] || generator->types[reg] != type))
		reg++;
	if (reg == ACS_REGISTER_MAX)
	{
		acs_generator_limit(generator, "registers in a function", ACS_REGISTER_MAX);
		return 0;
	}
	if (reg == generator->register_count)
		generator->types[generator->register_count++] = (uint8_t) type;
	generator->busy[reg] = true;
	return reg;
}

void
acs_release(AcsGenerator *generator, int reg)
{
	if (reg >= generator->local_count)
		generator->busy[reg] = false;
}

static int
take_dest(AcsGenerator *generator, const AcsNode *node, int dest)
{
	return dest != ACS_ANYWHERE ? dest : take(generator, (AcsType) node->type);
}

static bool
constant_equal(const AcsConstant *one, const AcsConstant *two)
{
	if (one->type != two->type)
		return false;
	if (one->type == ACS_TEXT || one->type == ACS_HASH)
		return span_compare(span_of(one->value.text.data, one->value.text.size),
							span_of(two->value.text.data, two->value.text.size)) == 0;
	return one->type == ACS_BOOL ? one->value.truth == two->value.truth
								 : one->value.dec == two->value.dec;
}

static uint16_t
constant_index(AcsGenerator *generator, const AcsConstant *constant)
{
	AcsProgram *program = &generator->program;
	size_t i = 0;

	while (i < program->constant_count && !constant_equal(&program->constants[i], constant))
		i++;
	if (i == ACS_CONSTANT_MAX)
	{
		acs_generator_limit(generator, "different constants", ACS_CONSTANT_MAX);
		return 0;
	}
	if (i == program->constant_count)
		program->constants[program->constant_count++] = *constant;
	return (uint16_t) i;
}

uint16_t
acs_constant_dec(AcsGenerator *generator, AcsType type, AcsDec value)
{
	AcsConstant constant = { .type = (uint8_t) type };

	if (type == ACS_BOOL)
		constant.value.truth = value != 0;
	else
		constant.value.dec = value;
	return constant_index(generator, &constant);
}

uint16_t
acs_constant_bytes(AcsGenerator *generator, AcsType type, McSpan value)
{
	AcsConstant constant = { .type = (uint8_t) type };

	constant.value.text.data = value.data;
	constant.value.text.size = value.size;
	return constant_index(generator, &constant);
}

uint16_t
acs_constant_of(AcsGenerator *generator, const AcsNode *literal)
{
	if (literal->kind == ACS_NODE_TEXT)
		return acs_constant_bytes(generator, ACS_TEXT, literal->name);
	if (literal->kind == ACS_NODE_HASH)
		return acs_constant_bytes(generator, ACS_HASH, literal->name);
	return acs_constant_dec(generator, literal->kind == ACS_NODE_BOOL ? ACS_BOOL : ACS_DEC,
							literal->number);
}

/* && and ||: the second operand runs only when it decides. */
static int
generate_logic(AcsGenerator *generator, const AcsNode *node, int dest)
{
	AcsOpcode op = node->operation == ACS_AND ? ACS_OP_JUMP_UNLESS : ACS_OP_JUMP_IF;
	int reg = dest >= generator->local_count ? dest : take(generator, ACS_BOOL);
	uint32_t jump;

	acs_generate_expression(generator, node->first, reg);
	generator->offset = node->offset;
	jump = acs_emit(generator, op, reg, 0, 0, 0);
	acs_generate_expression(generator, node->second, reg);
	acs_emit_target(generator, jump);
	if (dest == ACS_ANYWHERE || dest == reg)
		return reg;
	acs_emit(generator, ACS_OP_MOVE, dest, reg, 0, 0);
	acs_release(generator, reg);
	return dest;
}

static AcsOpcode
binary_opcode(AcsOperation operation, AcsType operands)
{
	static const uint8_t arithmetic[] = { [ACS_PLUS] = ACS_OP_ADD,
										  [ACS_MINUS] = ACS_OP_SUB,
										  [ACS_TIMES] = ACS_OP_MUL,
										  [ACS_DIVIDE] = ACS_OP_DIV,
										  [ACS_REMAINDER] = ACS_OP_MOD };
	static const uint8_t equal[ACS_TYPE_COUNT][2] = {
		[ACS_DEC] = { ACS_OP_EQ, ACS_OP_NE },
		[ACS_BOOL] = { ACS_OP_EQ_BOOL, ACS_OP_NE_BOOL },
		[ACS_TEXT] = { ACS_OP_EQ_TEXT, ACS_OP_NE_TEXT },
		[ACS_HASH] = { ACS_OP_EQ_HASH, ACS_OP_NE_HASH }
	};

	switch (operation)
	{
		case ACS_EQUAL:
		case ACS_UNEQUAL:
			return (AcsOpcode) equal[operands][operation == ACS_UNEQUAL];
		case ACS_LESS:
		case ACS_GREATER:
			return operands == ACS_TEXT ? ACS_OP_LT_TEXT : ACS_OP_LT;
		case ACS_AT_MOST:
		case ACS_AT_LEAST:
			return operands == ACS_TEXT ? ACS_OP_LE_TEXT : ACS_OP_LE;
		default:
			return operands == ACS_TEXT ? ACS_OP_CONCAT : (AcsOpcode) arithmetic[operation];
	}
}

static int
generate_binary(AcsGenerator *generator, const AcsNode *node, int dest)
{
	bool swapped = node->operation == ACS_GREATER || node->operation == ACS_AT_LEAST;
	int left;
	int right;

	if (node->operation == ACS_AND || node->operation == ACS_OR)
		return generate_logic(generator, node, dest);
	left = acs_generate_expression(generator, node->first, ACS_ANYWHERE);
	right = acs_generate_expression(generator, node->second, ACS_ANYWHERE);
	acs_release(generator, left);
	acs_release(generator, right);
	dest = take_dest(generator, node, dest);
	generator->offset = node->offset;
	acs_emit(generator, binary_opcode((AcsOperation) node->operation, (AcsType) node->first->type),
			 dest, swapped ? right : left, swapped ? left : right, 0);
	return dest;
}

static int
generate_unary(AcsGenerator *generator, const AcsNode *node, int dest)
{
	int operand = acs_generate_expression(generator, node->first, ACS_ANYWHERE);

	acs_release(generator, operand);
	dest = take_dest(generator, node, dest);
	generator->offset = node->offset;
	acs_emit(generator, node->operation == ACS_NEGATE ? ACS_OP_NEG : ACS_OP_NOT, dest, operand, 0,
			 0);
	return dest;
}

static int
generate_call(AcsGenerator *generator, const AcsNode *node, int dest)
{
	int args[ACS_PARAMETER_MAX] = { 0 };
	size_t builtin_count;
	unsigned count = 0;
	uint32_t rest;

	for (const AcsNode *argument = node->first; argument != NULL; argument = argument->next)
		args[count++] = acs_generate_expression(generator, argument, ACS_ANYWHERE);
	for (unsigned i = 0; i < count; i++)
		acs_release(generator, args[i]);
	dest = take_dest(generator, node, dest);
	generator->offset = node->offset;
	if (node->builtin)
	{
		acs_emit(generator, (AcsOpcode) acs_builtins(&builtin_count)[node->index].opcode, dest,
				 args[0], args[1], (uint32_t) args[2]);
		return dest;
	}
	acs_emit(generator, ACS_OP_CALL, dest, 0, 0, generator->checked->functions[node->index].order);
	rest = (uint32_t) args[3] << 24 | (uint32_t) args[4] << 16 | (uint32_t) args[5] << 8 |
		   (uint32_t) args[6];
	if (count > 0)
		acs_emit(generator, ACS_OP_ARGUMENTS, args[0], args[1], args[2], rest);
	return dest;
}

int
acs_generate_expression(AcsGenerator *generator, const AcsNode *node, int dest)
{
	switch ((AcsNodeKind) node->kind)
	{
		case ACS_NODE_LOCAL:
			if (dest == ACS_ANYWHERE || dest == node->index)
				return node->index;
			generator->offset = node->offset;
			acs_emit(generator, ACS_OP_MOVE, dest, node->index, 0, 0);
			return dest;
		case ACS_NODE_FIELD:
			dest = take_dest(generator, node, dest);
			generator->offset = node->offset;
			acs_emit(generator, ACS_OP_READ, dest, 0, 0, node->index);
			return dest;
		case ACS_NODE_UNARY:
			return generate_unary(generator, node, dest);
		case ACS_NODE_BINARY:
			return generate_binary(generator, node, dest);
		case ACS_NODE_CALL:
			return generate_call(generator, node, dest);
		default:
			dest = take_dest(generator, node, dest);
			generator->offset = node->offset;
			acs_emit(generator, ACS_OP_LOAD, dest, 0, 0, acs_constant_of(generator, node));
			return dest;
	}
}
