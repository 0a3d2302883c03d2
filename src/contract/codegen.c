/*
 * codegen.c - statements and functions to bytecode, and acs_compile, the compiler as a whole.
 */
#include "contract/codegen.h"

void
acs_generator_limit(AcsGenerator *generator, const char *what, int64_t limit)
{
	McProblem problem;

	status_problem_name(&problem, MC_ACS_TOO_COMPLEX, what, strlen(what));
	problem.limit = limit;
	if (!generator->failed)
		acs_report(generator->diagnostics, generator->offset, &problem);
	generator->failed = true;
}

uint32_t
acs_emit(AcsGenerator *generator, AcsOpcode op, int a, int b, int c, uint32_t k)
{
	AcsProgram *program = &generator->program;
	size_t at = program->code_count;

	assert(a >= 0 && a < ACS_REGISTER_MAX && b < ACS_REGISTER_MAX && c < ACS_REGISTER_MAX);
	if (at == ACS_CODE_MAX)
		acs_generator_limit(generator, "instructions", ACS_CODE_MAX);
	if (generator->failed)
		return 0;
	program->code[at] = (AcsInstruction){ (uint8_t) op, (uint8_t) a, (uint8_t) b, (uint8_t) c, k };
	program->offsets[at] = generator->offset;
	program->code_count++;
	return (uint32_t) at;
}

void
acs_emit_target(AcsGenerator *generator, uint32_t jump)
{
	if (!generator->failed)
		generator->program.code[jump].k = (uint32_t) generator->program.code_count;
}

static void generate_statement(AcsGenerator *generator, const AcsNode *node);

static void
generate_block(AcsGenerator *generator, const AcsNode *block)
{
	for (const AcsNode *node = block->first; node != NULL; node = node->next)
		generate_statement(generator, node);
}

/* The condition and the jump taken when it is false. */
static uint32_t
generate_condition(AcsGenerator *generator, const AcsNode *node)
{
	int reg = acs_generate_expression(generator, node->first, ACS_ANYWHERE);

	acs_release(generator, reg);
	return acs_emit(generator, ACS_OP_JUMP_UNLESS, reg, 0, 0, 0);
}

static void
generate_if(AcsGenerator *generator, const AcsNode *node)
{
	uint32_t skip = generate_condition(generator, node);
	uint32_t leave;

	generate_block(generator, node->second);
	if (node->third == NULL)
	{
		acs_emit_target(generator, skip);
		return;
	}
	leave = acs_emit(generator, ACS_OP_JUMP, 0, 0, 0, 0);
	acs_emit_target(generator, skip);
	generate_statement(generator, node->third);
	acs_emit_target(generator, leave);
}

static void
generate_while(AcsGenerator *generator, const AcsNode *node)
{
	uint32_t top = (uint32_t) generator->program.code_count;
	uint32_t leave = generate_condition(generator, node);

	generate_block(generator, node->second);
	generator->offset = node->offset;
	acs_emit(generator, ACS_OP_JUMP, 0, 0, 0, top);
	acs_emit_target(generator, leave);
}

static void
generate_value(AcsGenerator *generator, const AcsNode *node, AcsOpcode op, uint32_t k)
{
	int reg = acs_generate_expression(generator, node->first, ACS_ANYWHERE);

	acs_release(generator, reg);
	generator->offset = node->offset;
	acs_emit(generator, op, reg, 0, 0, k);
}

static void
generate_statement(AcsGenerator *generator, const AcsNode *node)
{
	switch ((AcsNodeKind) node->kind)
	{
		case ACS_NODE_ASSIGN:
			acs_generate_expression(generator, node->first, node->index);
			break;
		case ACS_NODE_EVALUATE:
			acs_release(generator, acs_generate_expression(generator, node->first, ACS_ANYWHERE));
			break;
		case ACS_NODE_WRITE:
			generate_value(generator, node,
						   node->first->type == ACS_TEXT ? ACS_OP_WRITE_TEXT : ACS_OP_WRITE,
						   node->index);
			break;
		case ACS_NODE_RETURN:
			generate_value(generator, node, ACS_OP_RETURN, 0);
			break;
		case ACS_NODE_RESULT:
			generator->offset = node->offset;
			if (node->first != NULL)
				generate_value(generator, node, ACS_OP_RESULT, 0);
			else
				acs_emit(generator, ACS_OP_END, 0, 0, 0, 0);
			break;
		case ACS_NODE_IF:
			generate_if(generator, node);
			break;
		case ACS_NODE_WHILE:
			generate_while(generator, node);
			break;
		default:
			assert(node->kind == ACS_NODE_BLOCK);
			generate_block(generator, node);
	}
}

static bool
generate_function(AcsGenerator *generator, const AcsFunctionInfo *info, AcsArena *arena)
{
	AcsFunction *function = &generator->program.functions[info->order];
	uint8_t *types;

	generator->local_count = generator->register_count = info->local_count;
	memcpy(generator->types, info->local_types, info->local_count);
	memset(generator->busy, 0, sizeof(generator->busy));
	function->start = (uint32_t) generator->program.code_count;
	generate_block(generator, info->body);
	/* Ends the program itself; in a function nothing leads here, but a jump may name the place. */
	acs_emit(generator, ACS_OP_END, 0, 0, 0, 0);
	function->end = (uint32_t) generator->program.code_count;
	function->parameters = info->parameter_count;
	function->result = info->result;
	function->registers = generator->register_count;
	types = acs_arena_take(arena, generator->register_count);
	if (types == NULL)
		return false;
	function->types = memcpy(types, generator->types, generator->register_count);
	return true;
}

static void
generate_tables(AcsGenerator *generator)
{
	const AcsChecked *checked = generator->checked;
	AcsProgram *program = &generator->program;

	program->field_count = checked->field_count;
	program->function_count = checked->function_count;
	program->binding_count = checked->binding_count;
	for (size_t i = 0; i < checked->field_count; i++)
	{
		const AcsFieldInfo *info = &checked->fields[i];

		program->fields[i] = (AcsField){ info->name, info->container, info->type, ACS_NOWHERE };
		if (info->preset != NULL)
			program->fields[i].preset = acs_constant_of(generator, info->preset);
	}
	for (size_t i = 0; i < checked->binding_count; i++)
	{
		const AcsBindingInfo *info = &checked->bindings[i];
		uint16_t asset = acs_constant_bytes(generator, ACS_TEXT, info->asset);

		program->bindings[i] =
			(AcsBinding){ info->field, asset, info->payer, info->rate, info->taker };
	}
}

static bool
make_room(AcsProgram *program, AcsArena *arena)
{
	program->fields = acs_arena_take(arena, ACS_FIELD_MAX * sizeof(AcsField));
	program->constants = acs_arena_take(arena, ACS_CONSTANT_MAX * sizeof(AcsConstant));
	program->functions = acs_arena_take(arena, ACS_FUNCTION_MAX * sizeof(AcsFunction));
	program->code = acs_arena_take(arena, ACS_CODE_MAX * sizeof(AcsInstruction));
	program->offsets = acs_arena_take(arena, ACS_CODE_MAX * sizeof(uint32_t));
	program->bindings = acs_arena_take(arena, ACS_BINDING_MAX * sizeof(AcsBinding));
	return program->bindings != NULL && program->offsets != NULL && program->code != NULL;
}

bool
acs_generate(const AcsChecked *checked, AcsArena *arena, McSpan *bytecode,
			 AcsDiagnostics *diagnostics)
{
	AcsGenerator generator = { .checked = checked, .diagnostics = diagnostics };
	bool fits = make_room(&generator.program, arena);

	if (fits)
		generate_tables(&generator);
	for (size_t order = 0; fits && order < checked->function_count; order++)
		for (size_t i = 0; i < checked->function_count; i++)
			if (checked->functions[i].order == order)
				fits = fits && generate_function(&generator, &checked->functions[i], arena);
	if (!generator.failed && (!fits || !acs_program_write(&generator.program, arena, bytecode)))
		acs_generator_limit(&generator, "bytes of memory to compile", ACS_COMPILE_MEMORY);
	return !generator.failed;
}

McStatus
acs_compile(AcsSource source, AcsArena *arena, McSpan *bytecode, AcsDiagnostics *diagnostics)
{
	AcsTree tree;
	AcsChecked *checked;

	diagnostics->count = 0;
	if (source.end - source.begin > ACS_SOURCE_MAX)
	{
		acs_diagnose_number(diagnostics, source.begin, MC_ACS_SOURCE_TOO_LARGE,
							(int64_t) (source.end - source.begin), ACS_SOURCE_MAX);
		return MC_ACS_SOURCE_TOO_LARGE;
	}
	checked = acs_arena_take(arena, sizeof(AcsChecked));
	assert(checked != NULL && arena->capacity >= ACS_COMPILE_MEMORY);
	if (!acs_parse(source, arena, &tree, diagnostics) || !acs_check(&tree, checked, diagnostics) ||
		!acs_generate(checked, arena, bytecode, diagnostics))
	{
		assert(diagnostics->count > 0);
		return diagnostics->items[0].problem.status;
	}
	return MC_OK;
}
