/*
 * votelog_private_pg.h - the vote log's files, for votelog_pg.c that reads and writes batches and
 * votelog_file_pg.c that knows whose a file is.
 */
#ifndef MESCHAIN_NODE_VOTELOG_PRIVATE_PG_H
#define MESCHAIN_NODE_VOTELOG_PRIVATE_PG_H

#include "node/votelog_pg.h"

#include "port/pg_crc32c.h"

#define HEADER_SIZE 4096
#define HEADER_COPY (64 * 1024)
#define MIRROR_AT (128 * 1024)
#define PRIMARY_AT (4 * 1024 * 1024)
#define PRIMARY_FULL (PRIMARY_AT + 8 * 1024 * 1024)
#define MIRROR_FULL (PRIMARY_AT - 5 * 256 * 1024) /* a turn is never larger than what is left */
#define BATCH_ALIGN 64
#define PAGE_ALIGN 4096

#define FILE_MAGIC UINT64_C(0x4D45534C4F473032)
#define BATCH_MAGIC UINT64_C(0x4D45534241544348)

#define LOG_LOST 1     /* a write failed */
#define LOG_FENCED 2   /* the node found that it may have forgotten a vote */
#define LOG_DIVERGED 3 /* it signed a result that the quorum did not agree to */

typedef struct FileHeader
{
	uint64_t magic;
	uint64_t generation;
	uint32_t superseded; /* the other file has taken over */
	uint32_t lost;       /* LOG_LOST, LOG_FENCED: not to be trusted */
	uint8_t log_uuid[VOTELOG_UUID_SIZE];
	uint8_t chain_id[CHAIN_ID_SIZE]; /* zeros before the first use */
	uint8_t voting_key[SUITE_PUBLIC_SIZE];
	uint8_t instance[PBFT_INSTANCE_SIZE]; /* whose votes these are; zeros before the first */
	uint64_t incarnation;
	uint64_t system_identifier;
	uint64_t inode;
	uint64_t born_ns;
	uint8_t machine[16];
	pg_crc32c crc;
} FileHeader;

typedef struct BatchHeader
{
	uint64_t magic;
	uint64_t generation;
	uint64_t number;
	uint32_t votes_size;
	uint32_t bodies_size;
	pg_crc32c votes_crc;
	pg_crc32c bodies_crc;
	uint32_t snapshot; /* the first of its file */
	pg_crc32c crc;
} BatchHeader;

typedef struct LogFile
{
	int fd;
	char path[MAXPGPATH];
	FileHeader header;
	bool good;
} LogFile;

extern void votelog_machine_id(uint8_t out[16]);
/* The birth time tells a file from its copy even where the copy got the inode. */
extern bool votelog_place_of(int fd, uint64_t *inode, uint64_t *born_ns);

extern pg_crc32c votelog_checksum(const void *data, size_t size);
extern bool votelog_write_at(int fd, const void *data, size_t size, off_t at);
extern bool votelog_read_at(int fd, void *data, size_t size, off_t at);

/* Both copies, synced. */
extern bool votelog_write_header(LogFile *file);
extern bool votelog_read_header_at(LogFile *file, off_t at);

/* A log is named after its key: one key, one log (A18). */
extern void votelog_file_path(const uint8_t voting_key[SUITE_PUBLIC_SIZE], int which,
							  char path[MAXPGPATH]);

#endif
