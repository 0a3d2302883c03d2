/*
 * codegen.h - what the parts of the code generator share: expressions in codegen_expression.c,
 * statements, functions and the whole in codegen.c.
 */
#ifndef MESCHAIN_CONTRACT_CODEGEN_H
#define MESCHAIN_CONTRACT_CODEGEN_H

#include "contract/ast.h"

typedef struct AcsGenerator
{
	const AcsChecked *checked;
	AcsDiagnostics *diagnostics;
	AcsProgram program; /* its arrays have room for the maximum */
	uint32_t offset;    /* of what is being compiled */
	bool failed;        /* a limit was reported; what is emitted now is dropped */

	/* the function being compiled: locals first, then temporaries of fixed types */
	uint16_t local_count;
	uint16_t register_count;
	uint8_t types[ACS_REGISTER_MAX];
	bool busy[ACS_REGISTER_MAX];
} AcsGenerator;

#define ACS_ANYWHERE (-1)

/* Returns its index; a jump's target is patched in later. */
extern uint32_t acs_emit(AcsGenerator *generator, AcsOpcode op, int a, int b, int c, uint32_t k);
extern void acs_emit_target(AcsGenerator *generator, uint32_t jump);

/* Code for the value of an expression; the register that holds it, which is dest unless ANYWHERE.
 */
extern int acs_generate_expression(AcsGenerator *generator, const AcsNode *node, int dest);

/* A temporary is free again; a local stays what it is. */
extern void acs_release(AcsGenerator *generator, int reg);

extern uint16_t acs_constant_dec(AcsGenerator *generator, AcsType type, AcsDec value);
extern uint16_t acs_constant_bytes(AcsGenerator *generator, AcsType type, McSpan value);
extern uint16_t acs_constant_of(AcsGenerator *generator, const AcsNode *literal);

extern void acs_generator_limit(AcsGenerator *generator, const char *what, int64_t limit);

#endif
