/*
 * rehome_pg.c - makes a vote log that was carried to another place this node's again (P23). Says
 * nothing about whether it is the latest: the others do, when the node asks them what it has said
 * (A17, the echo), and fence it when it has forgotten something.
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "access/xlog.h"
#include "fmgr.h"
#include "node/errors_pg.h"
#include "node/genesis_pg.h"
#include "node/keys_pg.h"
#include "node/shmem_pg.h"
#include "node/votelog_private_pg.h"
#include "executor/spi.h"
#include "storage/fd.h"

static void
refuse(const char *path, const char *why)
{
	ereport(ERROR, (errcode(errcode_of(MC_VOTE_LOG)),
					errmsg("vote log \"%s\" cannot be taken over: %s", path, why),
					errhint("%s", status_info(MC_VOTE_LOG)->hint)));
}

static void
check_file(const LogFile *file, const uint8_t voting_key[SUITE_PUBLIC_SIZE],
		   const McHash *genesis_hash)
{
	static const uint8_t no_chain[CHAIN_ID_SIZE];
	const FileHeader *header = &file->header;

	if (!file->good)
		refuse(file->path, "its header is damaged");
	if (header->lost != 0)
		refuse(file->path, "it says itself that it may have forgotten a vote");
	if (memcmp(header->voting_key, voting_key, SUITE_PUBLIC_SIZE) != 0)
		refuse(file->path, "it belongs to another voting key");
	if (memcmp(header->chain_id, genesis_hash->bytes, CHAIN_ID_SIZE) != 0 &&
		memcmp(header->chain_id, no_chain, CHAIN_ID_SIZE) != 0)
		refuse(file->path, "it belongs to another ledger");
}

static void
open_file(LogFile *file, const uint8_t voting_key[SUITE_PUBLIC_SIZE], int which)
{
	votelog_file_path(voting_key, which, file->path);
	file->fd = OpenTransientFile(file->path, O_RDWR | PG_BINARY);
	if (file->fd < 0)
		refuse(file->path, "it is missing");
	if (flock(file->fd, LOCK_EX | LOCK_NB) != 0)
		refuse(file->path, "another server uses it");
	file->good = votelog_read_header_at(file, 0) || votelog_read_header_at(file, HEADER_COPY);
}

static void
stamp(LogFile *file)
{
	file->header.system_identifier = GetSystemIdentifier();
	votelog_machine_id(file->header.machine);
	if (!votelog_place_of(file->fd, &file->header.inode, &file->header.born_ns) ||
		!votelog_write_header(file))
		ereport(ERROR,
				(errcode_for_file_access(), errmsg("could not write \"%s\": %m", file->path)));
}

static void
own_key(uint8_t key[SUITE_PUBLIC_SIZE])
{
	SuiteSecret voting;

	keys_load(NODE_KEY_VOTING, &voting);
	memcpy(key, voting.key.public_key, SUITE_PUBLIC_SIZE);
	suite_wipe(&voting, sizeof(voting));
}

/* With the workers stopped; both files or neither are looked at before one is written. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_rehome_votelog);
Datum
mes_internal_rehome_votelog(PG_FUNCTION_ARGS)
{
	Genesis *document = palloc(sizeof(Genesis));
	LogFile files[2] = { 0 };
	uint8_t key[SUITE_PUBLIC_SIZE];
	McHash hash;
	McProblem problem;

	shmem_require();
	SPI_connect();
	if (!genesis_read(document))
		problem_check(status_problem(&problem, MC_NO_LEDGER, 0, 0), &problem);
	SPI_finish();
	genesis_hash(document, &hash);
	own_key(key);
	for (int i = 0; i < 2; i++)
	{
		open_file(&files[i], key, i);
		check_file(&files[i], key, &hash);
	}
	if (memcmp(files[0].header.log_uuid, files[1].header.log_uuid, VOTELOG_UUID_SIZE) != 0)
		refuse(files[1].path, "its two files do not belong together");
	for (int i = 0; i < 2; i++)
	{
		stamp(&files[i]);
		CloseTransientFile(files[i].fd);
	}
	PG_RETURN_VOID();
}

/*
 * A node that diverged has signed a wrong result and must not sign another for the same block: its
 * log votes no more, and without its word the mended node can follow. With the workers stopped.
 */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_retire_votelog);
Datum
mes_internal_retire_votelog(PG_FUNCTION_ARGS)
{
	uint8_t key[SUITE_PUBLIC_SIZE];

	shmem_require();
	own_key(key);
	for (int i = 0; i < 2; i++)
	{
		LogFile file = { 0 };

		open_file(&file, key, i);
		file.header.lost = LOG_DIVERGED;
		if (!file.good || !votelog_write_header(&file))
			refuse(file.path, "its header cannot be written");
		CloseTransientFile(file.fd);
	}
	PG_RETURN_VOID();
}
