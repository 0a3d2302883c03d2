/*
 * home_pg.c - the file "home" in the state directory, its row in the database, and what
 * mes.finish_restore() does to both. Compares and refuses; never decides by itself that a copy is
 * good. Only a federation of one has the file: with more members the vote log is what has to be
 * where it was, and blocks that are lost here are fetched again.
 *
 * The file is text of fixed width. It is compared line by line with what it would have to say here,
 * so a line that differs is the reason. Its last line, the height, is written after each block's
 * commit and not synced: after a power cut it may be too low, which refuses nothing; it is too high
 * only when the database went back.
 */
#include "node/home_pg.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access/xlog.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "node/errors_pg.h"
#include "node/genesis_pg.h"
#include "node/guc_pg.h"
#include "node/keys_pg.h"
#include "node/worker_pg.h"
#include "storage/fd.h"
#include "utils/uuid.h"

#define HOME_FORMAT "mes-home-1"
#define HOME_SIZE_MAX 512
#define HEIGHT_DIGITS 20
#define LOCK_TRIES 150
#define LOCK_PAUSE_MS 20

static const char finish_hint[] =
	"Stop every other copy of this node, then run mes.finish_restore() here.";

/* What is wrong when a line differs, in the order of the file; the height has a rule of its own. */
static const char *const line_problems[] = {
	"the file \"home\" in the state directory is damaged or of another release",
	"the state directory belongs to another ledger",
	"the state directory belongs to another copy of this database",
	"this cluster has another system identifier than the one that voted last",
	"this cluster was promoted or recovered to a point in time",
	"the data directory is a copy of the one that voted last",
};

static int home_file = -1; /* the apply worker's, locked */
static off_t height_offset;

/* ---- what the file has to say ------------------------------------------------------------------
 */

typedef struct Home
{
	char text[HOME_SIZE_MAX];
	size_t size;
	uint64_t height;
} Home;

/* pg_control is written in place for a cluster's whole life; a copy is another file (X3). */
static void
control_file(unsigned long long *inode, long long *born_ns)
{
	struct statx found;

	if (statx(AT_FDCWD, "global/pg_control", 0, STATX_INO | STATX_BTIME, &found) != 0)
		ereport(ERROR, (errcode_for_file_access(), errmsg("could not look at pg_control: %m")));
	*inode = found.stx_ino;
	*born_ns = (found.stx_mask & STATX_BTIME) != 0
				   ? (long long) found.stx_btime.tv_sec * 1000000000 + found.stx_btime.tv_nsec
				   : 0;
}

static void
home_format(Home *home, const uint8_t chain_id[CHAIN_ID_SIZE], const uint8_t stamp[UUID_LEN])
{
	char chain[2 * CHAIN_ID_SIZE + 1];
	char stamped[2 * UUID_LEN + 1];
	unsigned long long inode;
	long long born_ns;

	hex_format(chain_id, CHAIN_ID_SIZE, chain);
	hex_format(stamp, UUID_LEN, stamped);
	control_file(&inode, &born_ns);
	home->size = (size_t) snprintf(home->text, sizeof(home->text),
								   HOME_FORMAT "\nchain %s\nstamp %s\nsystem %020llu\n"
											   "timeline %010u\ncontrol %020llu %020lld\n"
											   "height %0*llu\n",
								   chain, stamped, (unsigned long long) GetSystemIdentifier(),
								   GetWALInsertionTimeLine(), inode, born_ns, HEIGHT_DIGITS,
								   (unsigned long long) home->height);
	Assert(home->size < sizeof(home->text));
}

/* Index of the first line that differs, lengthof(line_problems) when only the height may. */
static size_t
first_difference(const Home *found, const Home *expected)
{
	const char *left = found->text;
	const char *right = expected->text;

	if (found->size != expected->size)
		return 0;
	for (size_t line = 0; line < lengthof(line_problems); line++)
	{
		size_t size = (size_t) (strchr(right, '\n') - right) + 1;

		if (memcmp(left, right, size) != 0)
			return line;
		left += size;
		right += size;
	}
	return lengthof(line_problems);
}

/* ---- the file ----------------------------------------------------------------------------------
 */

static void
home_path(char path[MAXPGPATH])
{
	snprintf(path, MAXPGPATH, "%s/home", guc_state_directory);
}

/* One server a state directory: a worker that is just ending may hold it a moment longer. */
static bool
lock_file(int file)
{
	for (int i = 0; i < LOCK_TRIES; i++)
	{
		if (flock(file, LOCK_EX | LOCK_NB) == 0)
			return true;
		CHECK_FOR_INTERRUPTS();
		pg_usleep(LOCK_PAUSE_MS * 1000L);
	}
	return false;
}

/* False when the file is empty or nothing that this release wrote. */
static bool
read_home(int file, Home *home)
{
	ssize_t size = pread(file, home->text, sizeof(home->text) - 1, 0);
	const char *last;

	home->size = size < 0 ? 0 : (size_t) size;
	home->text[home->size] = '\0';
	last = strstr(home->text, "\nheight ");
	if (strlen(home->text) != home->size || last == NULL ||
		strlen(last) != strlen("\nheight ") + HEIGHT_DIGITS + 1)
		return false;
	last += strlen("\nheight ");
	if (strspn(last, "0123456789") != HEIGHT_DIGITS)
		return false;
	home->height = strtoull(last, NULL, 10);
	return true;
}

static bool
same_chain(const Home *found, const uint8_t chain_id[CHAIN_ID_SIZE])
{
	char line[2 * CHAIN_ID_SIZE + 16] = "\nchain ";

	hex_format(chain_id, CHAIN_ID_SIZE, line + strlen(line));
	return strstr(found->text, line) != NULL;
}

/* ---- the database's side -----------------------------------------------------------------------
 */

static bool
read_stamp(uint8_t stamp[UUID_LEN])
{
	bool isnull;

	if (SPI_execute("SELECT stamp FROM mes_internal.home_rows", true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read the home row");
	if (SPI_processed == 0)
		return false;
	memcpy(stamp,
		   DatumGetUUIDP(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull))
			   ->data,
		   UUID_LEN);
	return true;
}

bool
home_exists(void)
{
	uint8_t stamp[UUID_LEN];

	return read_stamp(stamp);
}

static uint64_t
last_height(void)
{
	bool isnull;

	if (SPI_execute("SELECT coalesce(max(height), 0) FROM mes_internal.block_rows", true, 1) !=
			SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "could not read the last block");
	return (uint64_t) DatumGetInt64(
		SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
}

/* ---- the worker's side -------------------------------------------------------------------------
 */

static void
enter(const Genesis *document, const uint8_t stamp[UUID_LEN])
{
	Home *found = palloc0(sizeof(Home));
	Home *expected = palloc0(sizeof(Home));
	char path[MAXPGPATH];
	McHash hash;
	uint64_t tip = last_height();
	size_t difference;

	if (!keys_exist(NODE_KEY_VOTING))
		worker_leave(NODE_FENCED, "this node's voting key is not in the state directory",
					 "Carry meschain.state_directory over from the node's old place, then run "
					 "mes.finish_restore().");
	home_path(path);
	home_file = open(path, O_RDWR | O_CLOEXEC);
	if (home_file < 0)
		worker_leave(NODE_FENCED, "the state directory has not served this database", finish_hint);
	if (!lock_file(home_file))
		worker_leave(NODE_FENCED, "the state directory serves another node that runs",
					 "One state directory serves one node: stop the other.");
	genesis_hash(document, &hash);
	home_format(expected, hash.bytes, stamp);
	difference = read_home(home_file, found) ? first_difference(found, expected) : 0;
	if (difference < lengthof(line_problems))
		worker_leave(NODE_FENCED, line_problems[difference], finish_hint);
	if (found->height > tip)
		worker_leave(NODE_FENCED,
					 psprintf("this database ends at block " UINT64_FORMAT
							  ", its state directory has seen block " UINT64_FORMAT,
							  tip, found->height),
					 "Restore a later copy, or give up the blocks between with "
					 "mes.finish_restore(go_on_from_height).");
	height_offset = (off_t) (expected->size - HEIGHT_DIGITS - 1);
}

void
home_enter(const Genesis *document, uint32_t seats)
{
	MemoryContext context = CurrentMemoryContext;
	uint8_t stamp[UUID_LEN];

	if (!read_stamp(stamp))
		worker_leave(NODE_OFFLINE, "this database was restored and the restore is not finished",
					 "Run mes.finish_restore(); it verifies the ledger first.");
	if (seats > 1)
		return; /* its vote log knows its place and its last word (votelog_pg.h) */
	PG_TRY();
	{
		enter(document, stamp);
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		worker_leave(NODE_FENCED, error->message, error->detail != NULL ? error->detail : "");
	}
	PG_END_TRY();
	home_note_height(last_height());
}

void
home_note_height(uint64_t height)
{
	char digits[HEIGHT_DIGITS + 1];

	if (home_file < 0)
		return;
	snprintf(digits, sizeof(digits), "%0*llu", HEIGHT_DIGITS, (unsigned long long) height);
	if (pwrite(home_file, digits, HEIGHT_DIGITS, height_offset) != HEIGHT_DIGITS)
		ereport(ERROR, (errcode_for_file_access(),
						errmsg("could not write to file \"home\" in the state directory: %m")));
}

/* ---- taking a home: join_federation and finish_restore -----------------------------------------
 */

static void
refuse(McStatus status, const char *name)
{
	McProblem problem;

	problem_check(status_problem_name(&problem, status, name, strlen(name)), &problem);
}

static int
open_home(void)
{
	char path[MAXPGPATH];
	int file;

	home_path(path);
	file = OpenTransientFilePerm(path, O_RDWR | O_CREAT | PG_BINARY, S_IRUSR | S_IWUSR);
	if (file < 0)
		ereport(ERROR, (errcode_for_file_access(), errmsg("could not open file \"%s\": %m", path)));
	if (!lock_file(file))
		refuse(MC_HOME_IN_USE, guc_state_directory);
	return file;
}

static void
check_voting_key(const Genesis *document)
{
	NodeGenesis *derived = palloc0(sizeof(NodeGenesis));
	SuiteSecret voting;

	keys_load(NODE_KEY_VOTING, &voting);
	derived->document = *document;
	genesis_derive(derived, voting.key.public_key);
	suite_wipe(&voting, sizeof(voting));
	if (derived->self == document->member_count)
		refuse(MC_FOREIGN_KEY, guc_state_directory);
	pfree(derived);
}

/* Opens and locks the file after every check that can be made without reading the ledger. */
static int
check_home(const uint8_t chain_id[CHAIN_ID_SIZE], uint64_t tip, bool given_up)
{
	Home found = { 0 };
	McProblem problem;
	int file = open_home();

	if (!given_up && read_home(file, &found) && same_chain(&found, chain_id) && found.height > tip)
		problem_check(
			status_problem(&problem, MC_BEHIND_HOME, (int64_t) tip, (int64_t) found.height),
			&problem);
	return file;
}

static void
write_home(int file, const Home *home)
{
	if (pwrite(file, home->text, home->size, 0) != (ssize_t) home->size ||
		ftruncate(file, (off_t) home->size) != 0 || pg_fsync(file) != 0)
		ereport(ERROR, (errcode_for_file_access(),
						errmsg("could not write file \"home\" in the state directory: %m")));
}

static Genesis *
read_genesis(void)
{
	Genesis *document = palloc(sizeof(Genesis));

	if (!genesis_read(document))
		refuse(MC_NO_LEDGER, "");
	return document;
}

static bool
given_up(FunctionCallInfo fcinfo, uint64_t tip)
{
	if (PG_ARGISNULL(0))
		return false;
	if (PG_GETARG_INT64(0) != (int64) tip)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("go_on_from_height is " INT64_FORMAT
							   ", this database ends at block " UINT64_FORMAT,
							   PG_GETARG_INT64(0), tip)));
	return true;
}

/* Everything that finish_restore can refuse before it verifies. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_check_home);
Datum
mes_internal_check_home(PG_FUNCTION_ARGS)
{
	Genesis *document;
	uint64_t tip;
	McHash hash;

	shmem_require();
	SPI_connect();
	document = read_genesis();
	tip = last_height();
	if (document->member_count == 1)
	{
		check_voting_key(document);
		genesis_hash(document, &hash);
		CloseTransientFile(check_home(hash.bytes, tip, given_up(fcinfo, tip)));
	}
	SPI_finish();
	PG_RETURN_VOID();
}

static void
take_home(const uint8_t stamp[UUID_LEN], const Genesis *document, bool accepted, uint64_t tip)
{
	Home home = { .height = tip };
	McHash hash;
	int file;

	genesis_hash(document, &hash);
	file = check_home(hash.bytes, tip, accepted);
	home_format(&home, hash.bytes, stamp);
	write_home(file, &home);
	CloseTransientFile(file);
	fsync_fname(guc_state_directory, true);
}

/* Makes the state directory this database's and returns the stamp for the home row. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_take_home);
Datum
mes_internal_take_home(PG_FUNCTION_ARGS)
{
	pg_uuid_t *stamp = palloc(sizeof(pg_uuid_t));
	Genesis *document;
	uint64_t tip;

	shmem_require();
	keys_random(stamp->data, UUID_LEN);
	SPI_connect();
	document = read_genesis();
	tip = last_height();
	if (document->member_count == 1)
		take_home(stamp->data, document, given_up(fcinfo, tip), tip);
	SPI_finish();
	PG_RETURN_UUID_P(stamp);
}
