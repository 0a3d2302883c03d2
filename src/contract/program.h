/*
 * program.h - bytecode: its parts, its bytes, the proof that it is safe to run, what it can cost.
 *
 * A register has one type in all of its function, given by the function's table. So verification is
 * one pass without dataflow: each operand's type must be the one the instruction wants, each index
 * must exist, each jump must land in its own function. Registers start zeroed, hence none is read
 * before it holds a value of its type. A function calls only functions before it: no recursion.
 */
#ifndef MESCHAIN_CONTRACT_PROGRAM_H
#define MESCHAIN_CONTRACT_PROGRAM_H

#include "contract/acs.h"

typedef enum AcsOpcode
{
#define ACS_OP(NAME, handler, gas, worst, a, b, c, k) ACS_OP_##NAME,
#define ACS_CONTROL(NAME, gas, a, k) ACS_OP_##NAME,
#include "contract/opcode.def"
#undef ACS_OP
#undef ACS_CONTROL
	ACS_OPCODE_COUNT
} AcsOpcode;

/* What an operand must be; the first five are the register types. */
typedef enum AcsOperand
{
	ACS_OPERAND_NO = ACS_NONE,
	ACS_OPERAND_DEC = ACS_DEC,
	ACS_OPERAND_BOOL = ACS_BOOL,
	ACS_OPERAND_TEXT = ACS_TEXT,
	ACS_OPERAND_HASH = ACS_HASH,
	ACS_OPERAND_ANY,
	ACS_OPERAND_CONSTANT,
	ACS_OPERAND_FIELD,
	ACS_OPERAND_LABEL,
	ACS_OPERAND_FUNCTION
} AcsOperand;

typedef struct AcsOpcodeInfo
{
	const char *name;
	uint16_t gas;
	uint16_t worst;
	uint8_t a, b, c, k; /* AcsOperand */
	bool control;
} AcsOpcodeInfo;

extern const AcsOpcodeInfo acs_opcodes[ACS_OPCODE_COUNT];

typedef struct AcsInstruction
{
	uint8_t op;
	uint8_t a;
	uint8_t b;
	uint8_t c;
	uint32_t k;
} AcsInstruction;

/* The i-th register of an ARGUMENTS instruction. */
static inline uint8_t
acs_argument(AcsInstruction in, unsigned i)
{
	return i == 0   ? in.a
		   : i == 1 ? in.b
		   : i == 2 ? in.c
					: (uint8_t) (in.k >> (8 * (ACS_PARAMETER_MAX - 1 - i)));
}

#define ACS_NOWHERE 0xFFFF /* an index that points at nothing */

typedef struct AcsField
{
	McSpan name;
	uint8_t container;
	uint8_t type;
	uint16_t preset; /* constant that stands for a missing field, or ACS_NOWHERE */
} AcsField;

typedef struct AcsConstant
{
	uint8_t type;
	AcsCell value;
} AcsConstant;

typedef struct AcsFunction
{
	uint32_t start;
	uint32_t end;
	uint8_t parameters; /* the first registers */
	uint8_t result;     /* AcsType; ACS_NONE of the program itself alone */
	uint16_t registers;
	const uint8_t *types;
} AcsFunction;

/* field belongs to asset; who pays when it gains; the share withheld and who gets it. */
typedef struct AcsBinding
{
	uint16_t field;
	uint16_t asset; /* a text constant */
	uint16_t payer; /* field or ACS_NOWHERE, as rate and taker, which go together */
	uint16_t rate;
	uint16_t taker;
} AcsBinding;

typedef struct AcsProgram
{
	size_t field_count;
	size_t constant_count;
	size_t function_count; /* the last one is the program itself */
	size_t code_count;
	size_t binding_count;
	AcsField *fields;
	AcsConstant *constants;
	AcsFunction *functions;
	AcsInstruction *code;
	uint32_t *offsets; /* of each instruction in the source, for messages */
	AcsBinding *bindings;
	McHash hash; /* SHA-256 of the bytecode */
} AcsProgram;

static inline const AcsFunction *
acs_program_main(const AcsProgram *program)
{
	return &program->functions[program->function_count - 1];
}

/* Writes the bytecode into the arena; false when it is full. */
extern bool acs_program_write(const AcsProgram *program, AcsArena *arena, McSpan *bytecode);

/*
 * Decodes and verifies bytes from anywhere. The program points into the arena only, so the bytes
 * may go. Fails with acs_bytecode_invalid and what is wrong, or a status of the wire codec.
 */
extern McStatus acs_program_read(McSpan bytecode, AcsArena *arena, AcsProgram *program,
								 McProblem *problem);

/* The rules above, over decoded parts. acs_program_read calls it. */
extern McStatus acs_program_verify(const AcsProgram *program, McProblem *problem);

/*
 * The most gas a run can use, exact but for the size of texts; -1 when a loop leaves it open. Needs
 * room for one number an instruction in the arena, which is given back.
 */
extern int64_t acs_program_worst_gas(const AcsProgram *program, AcsArena *arena);

#endif
