/*
 * guard_pg.c - the hooks behind guard_pg.h. They look at commands, never at rows, and cost nothing
 * where no ledger relation is touched.
 */
#include "node/guard_pg.h"

#include "access/genam.h"
#include "catalog/namespace.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "commands/dbcommands.h"
#include "commands/extension.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "node/compat_pg.h"
#include "node/errors_pg.h"
#include "node/guc_pg.h"
#include "node/home_pg.h"
#include "node/hooks_pg.h"
#include "node/launcher_pg.h"
#include "node/shmem_pg.h"
#include "tcop/cmdtag.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

static ExecutorCheckPerms_hook_type previous_check_perms;
static ProcessUtility_hook_type previous_utility;
static object_access_hook_type previous_object_access;

static bool engine_process;
static bool repairing;      /* within repair_pg.c's own statements */
static int extension_depth; /* inside a command on the extension itself */

/* The append-only relations; a leaf's name begins with its parent's and an underscore. */
static const char *const ledger_relations[] = {
	"block_rows",   "transaction_rows", "witness_rows", "output_rows", "spend_rows",
	"address_rows", "asset_rows",       "state_rows",   "state_sums",  "leaves",
	"genesis_rows", "actor_rows",       "burn_rows",
};

static bool
ledger_name(const char *name)
{
	for (size_t i = 0; i < lengthof(ledger_relations); i++)
	{
		size_t size = strlen(ledger_relations[i]);

		if (strncmp(name, ledger_relations[i], size) == 0 &&
			(name[size] == '\0' || name[size] == '_'))
			return true;
	}
	return false;
}

static bool
ledger_relation(Oid relation)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	Form_pg_class form;
	bool found;
	char *schema;

	if (!HeapTupleIsValid(tuple))
		return false;
	form = (Form_pg_class) GETSTRUCT(tuple);
	found = (form->relkind == RELKIND_RELATION || form->relkind == RELKIND_PARTITIONED_TABLE) &&
			ledger_name(NameStr(form->relname));
	schema = found ? get_namespace_name(form->relnamespace) : NULL;
	ReleaseSysCache(tuple);
	return schema != NULL && strcmp(schema, "mes_internal") == 0;
}

/*
 * A database without genesis has nothing to protect, and has to be filled once; a restore goes on
 * filling it until it is finished.
 */
static bool
being_filled(void)
{
	bool found;

	SPI_connect();
	PushActiveSnapshot(GetTransactionSnapshot());
	if (SPI_execute("SELECT 1 FROM mes_internal.genesis_rows", true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look for genesis");
	found = SPI_processed == 0 || (guc_restore && superuser() && !home_exists());
	PopActiveSnapshot();
	SPI_finish();
	return found;
}

static bool
guard_is_open(void)
{
	if ((engine_process && !hooks_running()) || creating_extension || extension_depth > 0 ||
		IsBinaryUpgrade || repairing)
		return true;
	if (SessionReplicationRole == SESSION_REPLICATION_ROLE_REPLICA)
		return true;
	return being_filled();
}

static void
refuse(Oid relation)
{
	McProblem problem;
	const char *name = get_rel_name(relation);

	problem_check(status_problem_name(&problem, MC_APPEND_ONLY, name, strlen(name)), &problem);
}

static void
protect(Oid relation)
{
	if (!OidIsValid(relation) || !ledger_relation(relation))
		return;
	if (!guard_is_open())
		refuse(relation);
	/* with a genesis apply has a reason to say why it stays down: a restore not finished */
	if (guc_restore && strcmp(get_rel_name(relation), "genesis_rows") == 0)
		launcher_wake_at_commit();
}

/* ---- rows: INSERT, UPDATE, DELETE, MERGE, COPY, row locks
 * ---------------------------------------- */

#define WRITES (ACL_INSERT | ACL_UPDATE | ACL_DELETE)

#if PG_VERSION_NUM >= 160000
static bool
on_check_perms(List *range_table, List *permissions, bool raise)
{
	ListCell *cell;

	foreach (cell, permissions)
	{
		RTEPermissionInfo *info = lfirst_node(RTEPermissionInfo, cell);

		if ((info->requiredPerms & WRITES) != 0)
			protect(info->relid);
	}
	return previous_check_perms ? previous_check_perms(range_table, permissions, raise) : true;
}
#else
static bool
on_check_perms(List *range_table, bool raise)
{
	ListCell *cell;

	foreach (cell, range_table)
	{
		RangeTblEntry *entry = lfirst_node(RangeTblEntry, cell);

		if (entry->rtekind == RTE_RELATION && (entry->requiredPerms & WRITES) != 0)
			protect(entry->relid);
	}
	return previous_check_perms ? previous_check_perms(range_table, raise) : true;
}
#endif

/* ---- objects: TRUNCATE and DROP, by whatever command
 * ---------------------------------------------- */

static void
on_object_access(ObjectAccessType access, Oid class, Oid object, int column, void *argument)
{
	if (previous_object_access)
		previous_object_access(access, class, object, column, argument);
	if (class == RelationRelationId && (access == OAT_DROP || access == OAT_TRUNCATE))
		protect(object);
}

/* ---- commands
 * ------------------------------------------------------------------------------------ */

static Oid
relation_of(const RangeVar *name)
{
	return name == NULL ? InvalidOid : RangeVarGetRelid(name, NoLock, true);
}

/* What a DBA may change about a ledger relation: how it is stored, never what it says. */
static bool
harmless_alteration(AlterTableType type)
{
	switch (type)
	{
		case AT_SetStatistics:
		case AT_SetOptions:
		case AT_ResetOptions:
		case AT_SetStorage:
		case AT_SetCompression:
		case AT_ClusterOn:
		case AT_DropCluster:
		case AT_SetTableSpace:
		case AT_SetRelOptions:
		case AT_ResetRelOptions:
		case AT_ReplicaIdentity:
		case AT_EnableRowSecurity:
		case AT_DisableRowSecurity:
			return true;
		default:
			return false;
	}
}

static void
guard_alter(const AlterTableStmt *statement)
{
	ListCell *cell;

	foreach (cell, statement->cmds)
		if (!harmless_alteration(((AlterTableCmd *) lfirst(cell))->subtype))
		{
			protect(relation_of(statement->relation));
			return;
		}
}

static void
guard_create(const CreateStmt *statement)
{
	ListCell *cell;

	foreach (cell, statement->inhRelations)
		protect(relation_of(lfirst_node(RangeVar, cell)));
}

static void
guard_command(const Node *statement)
{
	switch (nodeTag(statement))
	{
		case T_AlterTableStmt:
			guard_alter((const AlterTableStmt *) statement);
			break;
		case T_CreateStmt:
			guard_create((const CreateStmt *) statement);
			break;
		case T_CreateTrigStmt:
			protect(relation_of(((const CreateTrigStmt *) statement)->relation));
			break;
		case T_RuleStmt:
			protect(relation_of(((const RuleStmt *) statement)->relation));
			break;
		case T_RenameStmt:
			protect(relation_of(((const RenameStmt *) statement)->relation));
			break;
		case T_AlterObjectSchemaStmt:
			protect(relation_of(((const AlterObjectSchemaStmt *) statement)->relation));
			break;
		case T_IndexStmt:
			/* a unique index could veto a block; a plain one only costs */
			if (((const IndexStmt *) statement)->unique)
				protect(relation_of(((const IndexStmt *) statement)->relation));
			break;
		default:
			break;
	}
}

static bool
names_extension(const Node *statement)
{
	ListCell *cell;

	if (IsA(statement, AlterExtensionStmt))
		return strcmp(((const AlterExtensionStmt *) statement)->extname, "meschain") == 0;
	if (!IsA(statement, DropStmt) || ((const DropStmt *) statement)->removeType != OBJECT_EXTENSION)
		return false;
	foreach (cell, ((const DropStmt *) statement)->objects)
		if (strcmp(strVal(lfirst(cell)), "meschain") == 0)
			return true;
	return false;
}

static const char *
database_at_stake(const Node *statement)
{
	if (IsA(statement, DropdbStmt))
		return ((const DropdbStmt *) statement)->dbname;
	if (IsA(statement, RenameStmt) &&
		((const RenameStmt *) statement)->renameType == OBJECT_DATABASE)
		return ((const RenameStmt *) statement)->subname;
	return NULL;
}

/* Should the workers leave this server's ledger alone while the command runs? */
static bool
needs_workers_gone(const Node *statement)
{
	const char *database = database_at_stake(statement);

	if (node_shared == NULL)
		return false;
	if (database != NULL)
		return strcmp(database, guc_database) == 0;
	return names_extension(statement) && strcmp(get_database_name(MyDatabaseId), guc_database) == 0;
}

static void
run_command(PlannedStmt *planned, const char *query, bool read_only_tree,
			ProcessUtilityContext context, ParamListInfo parameters, QueryEnvironment *environment,
			DestReceiver *destination, QueryCompletion *completion)
{
	ProcessUtility_hook_type next = previous_utility ? previous_utility : standard_ProcessUtility;

	next(planned, query, read_only_tree, context, parameters, environment, destination, completion);
}

static void
on_utility(PlannedStmt *planned, const char *query, bool read_only_tree,
		   ProcessUtilityContext context, ParamListInfo parameters, QueryEnvironment *environment,
		   DestReceiver *destination, QueryCompletion *completion)
{
	const Node *statement = planned->utilityStmt;
	volatile bool own = names_extension(statement);

	if (hooks_running())
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("a commit hook cannot run %s",
							   GetCommandTagName(CreateCommandTag(planned->utilityStmt))),
						errdetail("It runs in the block's transaction: data statements only.")));
	if (!own)
		guard_command(statement);
	if (needs_workers_gone(statement))
		launcher_stop_workers();
	extension_depth += own;
	PG_TRY();
	{
		run_command(planned, query, read_only_tree, context, parameters, environment, destination,
					completion);
	}
	PG_FINALLY();
	{
		extension_depth -= own;
	}
	PG_END_TRY();
}

void
guard_open_process(void)
{
	engine_process = true;
}

void
guard_repair(bool open)
{
	repairing = open;
}

void
guard_init(void)
{
	previous_check_perms = ExecutorCheckPerms_hook;
	ExecutorCheckPerms_hook = on_check_perms;
	previous_utility = ProcessUtility_hook;
	ProcessUtility_hook = on_utility;
	previous_object_access = object_access_hook;
	object_access_hook = on_object_access;
}
