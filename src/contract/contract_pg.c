/*
 * contract_pg.c - the SQL face of the contract language: check a source, run it on given fields,
 * and show what the language is made of. IMMUTABLE: the answers depend on the arguments alone.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "contract/ast.h"
#include "contract/contract_pg.h"
#include "contract/property.h"
#include "node/errors_pg.h"

static McSpan
text_argument(FunctionCallInfo fcinfo, int argument)
{
	text *value = PG_GETARG_TEXT_PP(argument);

	return span_of(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
}

static Datum
span_datum(McSpan span)
{
	return PointerGetDatum(cstring_to_text_with_len((const char *) span.data, (int) span.size));
}

static void
put_row(FunctionCallInfo fcinfo, const Datum *values)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	bool nulls[8] = { false };

	Assert(result->setDesc->natts <= 8);
	tuplestore_putvalues(result->setResult, result->setDesc, (Datum *) values, nulls);
}

static void
put_diagnostics(FunctionCallInfo fcinfo, McSpan source, const AcsDiagnostics *diagnostics)
{
	for (size_t i = 0; i < diagnostics->count; i++)
	{
		const AcsDiagnostic *item = &diagnostics->items[i];
		const McStatusInfo *info = status_info(item->problem.status);
		char message[256];
		char caret[ACS_CARET_MAX];
		uint32_t line;
		uint32_t column;

		status_message(&item->problem, message, sizeof(message));
		acs_locate(source, item->offset, &line, &column);
		acs_caret(source, item->offset, caret);
		put_row(fcinfo, (Datum[]){ Int32GetDatum((int32) line), Int32GetDatum((int32) column),
								   CStringGetTextDatum(info->name), CStringGetTextDatum(message),
								   CStringGetTextDatum(info->hint), CStringGetTextDatum(caret) });
	}
}

static void
check_program(FunctionCallInfo fcinfo, AcsSource source)
{
	MemoryContext scratch =
		AllocSetContextCreate(CurrentMemoryContext, "meschain check", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(scratch);
	AcsArena arena = contract_arena(ACS_COMPILE_MEMORY);
	AcsDiagnostics diagnostics;
	McSpan bytecode;

	acs_compile(source, &arena, &bytecode, &diagnostics);
	put_diagnostics(fcinfo, source.text, &diagnostics);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(scratch);
}

/* Every program of a property file, with the lines of the file. */
static void
check_properties(FunctionCallInfo fcinfo, McSpan file)
{
	AcsPropertyReader reader = acs_property_reader(file);
	AcsDiagnostics *diagnostics = palloc0(sizeof(AcsDiagnostics));
	AcsProperty property;

	while (acs_property_next(&reader, &property, diagnostics))
	{
		CHECK_FOR_INTERRUPTS();
		if (property.program)
			check_program(fcinfo, acs_property_source(file, &property));
	}
	put_diagnostics(fcinfo, file, diagnostics);
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(contract_check_sql);

Datum
contract_check_sql(PG_FUNCTION_ARGS)
{
	char *language = text_to_cstring(PG_GETARG_TEXT_PP(0));
	McSpan source = text_argument(fcinfo, 1);

	InitMaterializedSRF(fcinfo, 0);
	if (strcmp(language, "acs") == 0)
		check_program(fcinfo, acs_source(source));
	else if (strcmp(language, "acs_properties") == 0)
		check_properties(fcinfo, source);
	else
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("there is no contract language \"%s\"", language),
						errhint("Known are acs and acs_properties.")));
	return (Datum) 0;
}

static Jsonb *
object_argument(FunctionCallInfo fcinfo, int argument, const char *name)
{
	Jsonb *value = PG_GETARG_JSONB_P(argument);

	if (!JB_ROOT_IS_OBJECT(value))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s is not a JSON object", name)));
	return value;
}

/* Made once a backend; a run leaves nothing in it that is still wanted. */
static AcsArena
run_arena(void)
{
	static AcsArena arena;

	if (arena.data == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);

		arena = contract_arena(ACS_RUN_MEMORY);
		MemoryContextSwitchTo(caller);
	}
	arena.used = 0;
	return arena;
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(contract_evaluate_sql);

Datum
contract_evaluate_sql(PG_FUNCTION_ARGS)
{
	McSpan source = text_argument(fcinfo, 0);
	Jsonb *self = object_argument(fcinfo, 1, "self");
	Jsonb *operator_fields = object_argument(fcinfo, 2, "operator");
	int64 gas = PG_GETARG_INT64(3);
	AcsDiagnostics diagnostics;
	const AcsProgram *program;
	AcsSlot *slots;
	AcsOutcome outcome = { 0 };
	AcsArena arena;

	if (gas < 0 || gas > ACS_GAS_MAX)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("gas " INT64_FORMAT " is not between 0 and %d", gas, ACS_GAS_MAX)));
	program = contract_program(source, &diagnostics);
	if (program == NULL)
		PG_RETURN_JSONB_P(contract_refusal_json(&diagnostics.items[0], source));
	arena = contract_arena(program->field_count * sizeof(AcsSlot));
	slots = (AcsSlot *) arena.data;
	arena = run_arena();
	if (contract_fill_slots(program, self, operator_fields, slots, &outcome))
		acs_run(program, slots, gas, &arena, &outcome);
	else
		memset(slots, 0, program->field_count * sizeof(AcsSlot));
	PG_RETURN_JSONB_P(contract_outcome_json(program, slots, &outcome, source));
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(contract_max_gas_sql);

Datum
contract_max_gas_sql(PG_FUNCTION_ARGS)
{
	AcsDiagnostics diagnostics;
	const AcsProgram *program = contract_program(text_argument(fcinfo, 0), &diagnostics);
	AcsArena arena;
	int64 gas;

	if (program == NULL)
		PG_RETURN_NULL();
	arena = contract_arena((program->code_count + 2) * sizeof(int64_t));
	gas = acs_program_worst_gas(program, &arena);
	if (gas < 0)
		PG_RETURN_NULL();
	PG_RETURN_INT64(gas);
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(contract_properties_sql);

Datum
contract_properties_sql(PG_FUNCTION_ARGS)
{
	McSpan file = text_argument(fcinfo, 0);
	AcsPropertyReader reader = acs_property_reader(file);
	AcsDiagnostics diagnostics = { 0 };
	AcsProperty property;
	uint32_t line;
	uint32_t column;

	InitMaterializedSRF(fcinfo, 0);
	while (acs_property_next(&reader, &property, &diagnostics))
		put_row(fcinfo,
				(Datum[]){ span_datum(property.key), span_datum(property.value),
						   BoolGetDatum(property.program), Int32GetDatum((int32) property.line) });
	if (diagnostics.count > 0)
	{
		const char *hint = status_info(diagnostics.items[0].problem.status)->hint;
		char message[256];

		status_message(&diagnostics.items[0].problem, message, sizeof(message));
		acs_locate(file, diagnostics.items[0].offset, &line, &column);
		ereport(ERROR, (errcode(errcode_of(diagnostics.items[0].problem.status)),
						errmsg("line %u, column %u: %s", line, column, message),
						hint[0] != '\0' ? errhint("%s", hint) : 0));
	}
	return (Datum) 0;
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(contract_instructions_sql);

Datum
contract_instructions_sql(PG_FUNCTION_ARGS)
{
	InitMaterializedSRF(fcinfo, 0);
	for (int32 i = 0; i < ACS_OPCODE_COUNT; i++)
		put_row(fcinfo, (Datum[]){ Int32GetDatum(i), CStringGetTextDatum(acs_opcodes[i].name),
								   Int32GetDatum(acs_opcodes[i].gas),
								   Int32GetDatum(acs_opcodes[i].gas + acs_opcodes[i].worst) });
	return (Datum) 0;
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(contract_builtins_sql);

Datum
contract_builtins_sql(PG_FUNCTION_ARGS)
{
	size_t count;
	const AcsBuiltin *builtins = acs_builtins(&count);

	InitMaterializedSRF(fcinfo, 0);
	for (size_t i = 0; i < count; i++)
	{
		const AcsOpcodeInfo *info = &acs_opcodes[builtins[i].opcode];
		StringInfoData arguments;

		initStringInfo(&arguments);
		for (unsigned j = 0; j < builtins[i].argument_count; j++)
			appendStringInfo(&arguments, "%s%s", j > 0 ? ", " : "",
							 acs_type_name(acs_builtin_argument(&builtins[i], j)));
		put_row(fcinfo, (Datum[]){ CStringGetTextDatum(builtins[i].name),
								   CStringGetTextDatum(arguments.data),
								   CStringGetTextDatum(acs_type_name((AcsType) info->a)),
								   Int32GetDatum(info->gas), Int32GetDatum(info->gas + info->worst),
								   CStringGetTextDatum(builtins[i].description) });
	}
	return (Datum) 0;
}
