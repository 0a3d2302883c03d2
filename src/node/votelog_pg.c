/*
 * votelog_pg.c - the two files. Layout of each:
 *
 *   0          header, 4 KiB; its copy at 64 KiB
 *   128 KiB    mirror: batch headers with their votes
 *   4 MiB      primary: batch headers, votes and bodies; grows when it must
 *
 * A batch that is bad in both places is the unfinished last one (cut: never sent) or damage in the
 * middle (fenced); one that is bad in one place is taken from the other. A failed write or sync is
 * never tried again (fsyncgate).
 */
#include "node/votelog_pg.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "access/xlog.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "node/guc_pg.h"
#include "node/keys_pg.h"
#include "node/switches_pg.h"
#include "port/pg_crc32c.h"
#include "storage/fd.h"
#include "utils/memutils.h"

#define HEADER_SIZE 4096
#define HEADER_COPY (64 * 1024)
#define MIRROR_AT (128 * 1024)
#define PRIMARY_AT (4 * 1024 * 1024)
#define PRIMARY_FULL (PRIMARY_AT + 8 * 1024 * 1024)
#define MIRROR_FULL (PRIMARY_AT - 5 * 256 * 1024) /* a turn is never larger than what is left */
#define BATCH_ALIGN 64

#define FILE_MAGIC UINT64_C(0x4D45534C4F473031)
#define BATCH_MAGIC UINT64_C(0x4D45534241544348)

typedef struct FileHeader
{
	uint64_t magic;
	uint64_t generation;
	uint32_t superseded; /* the other file has taken over */
	uint32_t lost;       /* a write failed: not to be trusted */
	uint8_t log_uuid[VOTELOG_UUID_SIZE];
	uint8_t chain_id[CHAIN_ID_SIZE]; /* zeros before the first use */
	uint8_t voting_key[SUITE_PUBLIC_SIZE];
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

static struct
{
	bool open;
	LogFile files[2];
	int current;
	uint64_t number; /* of the next batch */
	off_t primary;
	off_t mirror;
	bool snapshot;
	StringInfoData votes;
	StringInfoData bodies;
	VoteLogStats stats;
} vlog;

/* ---- identity ----------------------------------------------------------------------------------
 */

static void
machine_id(uint8_t out[16])
{
	char text[64] = "";
	int fd = open("/etc/machine-id", O_RDONLY);

	if (fd >= 0)
	{
		if (read(fd, text, sizeof(text) - 1) < 0)
			text[0] = '\0';
		close(fd);
	}
	crypto_generichash(out, 16, (const unsigned char *) text, strlen(text), NULL, 0);
}

/* The birth time tells a file from its copy even where the copy got the inode. */
static bool
place_of(int fd, uint64_t *inode, uint64_t *born_ns)
{
	struct statx found;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &found) != 0)
		return false;
	*inode = found.stx_ino;
	*born_ns = (found.stx_mask & STATX_BTIME) == 0
				   ? 0
				   : (uint64_t) found.stx_btime.tv_sec * 1000000000 + found.stx_btime.tv_nsec;
	return true;
}

static pg_crc32c
checksum(const void *data, size_t size)
{
	pg_crc32c crc;

	INIT_CRC32C(crc);
	COMP_CRC32C(crc, data, size);
	FIN_CRC32C(crc);
	return crc;
}

static bool
write_at(int fd, const void *data, size_t size, off_t at)
{
	const char *from = data;

	while (size > 0)
	{
		ssize_t written = pwrite(fd, from, size, at);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		from += written;
		at += written;
		size -= (size_t) written;
	}
	return true;
}

static bool
read_at(int fd, void *data, size_t size, off_t at)
{
	return pread(fd, data, size, at) == (ssize_t) size;
}

static bool
write_header(LogFile *file)
{
	char page[HEADER_SIZE] = { 0 };

	file->header.crc = checksum(&file->header, offsetof(FileHeader, crc));
	memcpy(page, &file->header, sizeof(FileHeader));
	return write_at(file->fd, page, HEADER_SIZE, 0) &&
		   write_at(file->fd, page, HEADER_SIZE, HEADER_COPY) && fdatasync(file->fd) == 0;
}

static bool
read_header_at(LogFile *file, off_t at)
{
	return read_at(file->fd, &file->header, sizeof(FileHeader), at) &&
		   file->header.magic == FILE_MAGIC &&
		   file->header.crc == checksum(&file->header, offsetof(FileHeader, crc));
}

static void
file_path(int which, char path[MAXPGPATH])
{
	snprintf(path, MAXPGPATH, "%s/votes.%d", guc_state_directory, which);
}

/* ---- creating ----------------------------------------------------------------------------------
 */

static void
cannot_create(const char *path)
{
	ereport(ERROR, (errcode_for_file_access(), errmsg("could not create \"%s\": %m", path)));
}

static void
create_file(int which, const FileHeader *model)
{
	LogFile file = { .header = *model };
	char *zeros = palloc0(1024 * 1024);

	file_path(which, file.path);
	file.fd =
		OpenTransientFilePerm(file.path, O_RDWR | O_CREAT | O_EXCL | PG_BINARY, S_IRUSR | S_IWUSR);
	if (file.fd < 0)
		cannot_create(file.path);
	/* written through once, so that a vote's fdatasync has no file size to bring along */
	for (off_t at = 0; at < PRIMARY_FULL; at += 1024 * 1024)
		if (!write_at(file.fd, zeros, 1024 * 1024, at))
			cannot_create(file.path);
	if (!place_of(file.fd, &file.header.inode, &file.header.born_ns))
		cannot_create(file.path);
	file.header.generation = (uint64_t) which;
	file.header.superseded = which == 1; /* the first file is the one in use */
	if (!write_header(&file) || pg_fsync(file.fd) != 0)
		cannot_create(file.path);
	CloseTransientFile(file.fd);
	pfree(zeros);
}

void
votelog_create(const uint8_t voting_key[SUITE_PUBLIC_SIZE])
{
	FileHeader model = { .magic = FILE_MAGIC, .system_identifier = GetSystemIdentifier() };

	keys_random(model.log_uuid, VOTELOG_UUID_SIZE);
	memcpy(model.voting_key, voting_key, SUITE_PUBLIC_SIZE);
	machine_id(model.machine);
	create_file(0, &model);
	create_file(1, &model);
	fsync_fname(guc_state_directory, true);
}

/* ---- opening -----------------------------------------------------------------------------------
 */

static const char *
check_header(const LogFile *file, const VoteLogOwner *owner)
{
	static const uint8_t no_chain[CHAIN_ID_SIZE];
	const FileHeader *header = &file->header;
	uint64_t inode;
	uint64_t born_ns;
	uint8_t machine[16];

	machine_id(machine);
	if (header->lost != 0)
		return "an earlier write to the vote log failed";
	if (memcmp(header->voting_key, owner->voting_key, SUITE_PUBLIC_SIZE) != 0)
		return "the vote log belongs to another voting key";
	if (memcmp(header->chain_id, owner->chain_id, CHAIN_ID_SIZE) != 0 &&
		memcmp(header->chain_id, no_chain, CHAIN_ID_SIZE) != 0)
		return "the vote log belongs to another chain";
	if (header->system_identifier != GetSystemIdentifier())
		return "the vote log belongs to another database cluster";
	if (!place_of(file->fd, &inode, &born_ns) || inode != header->inode ||
		born_ns != header->born_ns)
		return "the vote log is a copy";
	if (memcmp(machine, header->machine, sizeof(machine)) != 0)
		return "the vote log comes from another machine";
	return NULL;
}

static const char *
open_file(int which)
{
	LogFile *file = &vlog.files[which];

	file_path(which, file->path);
	file->fd = open(file->path, O_RDWR | O_CLOEXEC);
	if (file->fd < 0)
		return "the vote log is missing";
	if (flock(file->fd, LOCK_EX | LOCK_NB) != 0)
		return "another server uses the vote log";
	file->good = read_header_at(file, 0) || read_header_at(file, HEADER_COPY);
	return NULL;
}

/* ---- reading -----------------------------------------------------------------------------------
 */

static bool
batch_good(const BatchHeader *batch, uint64_t generation, uint64_t number)
{
	return batch->magic == BATCH_MAGIC && batch->generation == generation &&
		   batch->number == number && batch->crc == checksum(batch, offsetof(BatchHeader, crc));
}

static char *
read_part(int fd, uint32_t size, pg_crc32c crc, off_t at)
{
	char *bytes = MemoryContextAllocHuge(CurrentMemoryContext, Max(size, 1));

	if (read_at(fd, bytes, size, at) && checksum(bytes, size) == crc)
		return bytes;
	pfree(bytes);
	return NULL;
}

static void
give_records(VoteLogRecord kind, const char *bytes, uint32_t size,
			 void (*take)(VoteLogRecord kind, McSpan record))
{
	const uint8_t *at = (const uint8_t *) bytes;

	while (size >= 4)
	{
		uint32_t length = get_be32(at);

		if (length > size - 4)
			return;
		take(kind, span_of(at + 4, length));
		at += 4 + length;
		size -= 4 + length;
	}
}

static off_t
aligned(off_t at)
{
	return TYPEALIGN64(BATCH_ALIGN, at);
}

/* A batch after a gap is proof that the gap was once whole. */
static bool
later_batch_exists(const LogFile *file, uint64_t number)
{
	off_t end = lseek(file->fd, 0, SEEK_END);

	for (off_t at = vlog.mirror; at < PRIMARY_AT; at += BATCH_ALIGN)
	{
		BatchHeader batch;

		if (read_at(file->fd, &batch, sizeof(batch), at) && batch.number > number &&
			batch_good(&batch, file->header.generation, batch.number))
			return true;
	}
	for (off_t at = vlog.primary; at < end; at += BATCH_ALIGN)
	{
		BatchHeader batch;

		if (read_at(file->fd, &batch, sizeof(batch), at) && batch.number > number &&
			batch_good(&batch, file->header.generation, batch.number))
			return true;
	}
	return false;
}

/* One batch from wherever it is whole; false at the end of the log. */
static bool
read_batch(const LogFile *file, void (*take)(VoteLogRecord kind, McSpan record))
{
	uint64_t generation = file->header.generation;
	BatchHeader primary;
	BatchHeader mirror;
	const BatchHeader *batch = NULL;
	char *votes = NULL;
	char *bodies;

	if (read_at(file->fd, &primary, sizeof(primary), vlog.primary) &&
		batch_good(&primary, generation, vlog.number))
	{
		batch = &primary;
		votes = read_part(file->fd, batch->votes_size, batch->votes_crc,
						  vlog.primary + (off_t) sizeof(BatchHeader));
	}
	if (votes == NULL && read_at(file->fd, &mirror, sizeof(mirror), vlog.mirror) &&
		batch_good(&mirror, generation, vlog.number))
	{
		batch = &mirror;
		votes = read_part(file->fd, batch->votes_size, batch->votes_crc,
						  vlog.mirror + (off_t) sizeof(BatchHeader));
	}
	if (votes == NULL)
		return false;
	bodies = read_part(file->fd, batch->bodies_size, batch->bodies_crc,
					   vlog.primary + (off_t) sizeof(BatchHeader) + batch->votes_size);
	/* a lost body is fetched again; a lost vote would be amnesia */
	if (bodies != NULL)
		give_records(VOTELOG_BODY, bodies, batch->bodies_size, take);
	give_records(VOTELOG_VOTE, votes, batch->votes_size, take);
	vlog.primary = aligned(vlog.primary + (off_t) sizeof(BatchHeader) + batch->votes_size +
						   batch->bodies_size);
	vlog.mirror = aligned(vlog.mirror + (off_t) sizeof(BatchHeader) + batch->votes_size);
	vlog.number++;
	return true;
}

static const char *
read_file(const LogFile *file, void (*take)(VoteLogRecord kind, McSpan record))
{
	vlog.number = 0;
	vlog.primary = PRIMARY_AT;
	vlog.mirror = MIRROR_AT;
	while (read_batch(file, take))
		;
	return later_batch_exists(file, vlog.number) ? "the vote log is damaged" : NULL;
}

static const char *
choose_file(void)
{
	const LogFile *files = vlog.files;

	for (int i = 0; i < 2; i++)
		if (!files[i].good)
			return "the vote log's header is damaged";
	for (int i = 0; i < 2; i++)
	{
		const LogFile *other = &files[1 - i];

		if (files[i].header.superseded ||
			memcmp(files[i].header.log_uuid, other->header.log_uuid, VOTELOG_UUID_SIZE) != 0)
			continue;
		/* both in use: the switch was cut short, and the older one is whole */
		if (!other->header.superseded && other->header.generation < files[i].header.generation)
			continue;
		vlog.current = i;
		return NULL;
	}
	return "the vote log's files do not belong together";
}

static const char *
open_log(const VoteLogOwner *owner, void (*take)(VoteLogRecord kind, McSpan record))
{
	const char *why = NULL;

	for (int i = 0; i < 2 && why == NULL; i++)
		why = open_file(i);
	if (why == NULL)
		why = choose_file();
	for (int i = 0; i < 2 && why == NULL; i++)
		why = check_header(&vlog.files[i], owner);
	if (why != NULL)
		return why;
	for (int i = 0; i < 2; i++)
	{
		LogFile *file = &vlog.files[i];

		if (memcmp(file->header.chain_id, owner->chain_id, CHAIN_ID_SIZE) == 0)
			continue;
		memcpy(file->header.chain_id, owner->chain_id, CHAIN_ID_SIZE);
		if (!write_header(file))
			return "the vote log cannot be written";
	}
	return read_file(&vlog.files[vlog.current], take);
}

bool
votelog_open(const VoteLogOwner *owner, void (*take)(VoteLogRecord kind, McSpan record),
			 const char **why)
{
	MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);

	initStringInfo(&vlog.votes);
	initStringInfo(&vlog.bodies);
	MemoryContextSwitchTo(old);
	*why = open_log(owner, take);
	vlog.open = *why == NULL;
	return vlog.open;
}

/* ---- writing -----------------------------------------------------------------------------------
 */

void
votelog_append(VoteLogRecord kind, McSpan record)
{
	StringInfo to = kind == VOTELOG_VOTE ? &vlog.votes : &vlog.bodies;
	uint8_t size[4];

	if (!vlog.open)
		return;
	put_be32(size, (uint32_t) record.size);
	appendBinaryStringInfo(to, (const char *) size, sizeof(size));
	appendBinaryStringInfo(to, (const char *) record.data, (int) record.size);
}

static bool
write_batch(const LogFile *file, off_t primary, off_t mirror)
{
	BatchHeader batch = {
		.magic = BATCH_MAGIC,
		.generation = file->header.generation,
		.number = vlog.number,
		.votes_size = (uint32_t) vlog.votes.len,
		.bodies_size = (uint32_t) vlog.bodies.len,
		.votes_crc = checksum(vlog.votes.data, (size_t) vlog.votes.len),
		.bodies_crc = checksum(vlog.bodies.data, (size_t) vlog.bodies.len),
		.snapshot = vlog.snapshot,
	};
	off_t content = (off_t) sizeof(batch);

	batch.crc = checksum(&batch, offsetof(BatchHeader, crc));
	return write_at(file->fd, &batch, sizeof(batch), primary) &&
		   write_at(file->fd, vlog.votes.data, (size_t) vlog.votes.len, primary + content) &&
		   write_at(file->fd, vlog.bodies.data, (size_t) vlog.bodies.len,
					primary + content + vlog.votes.len) &&
		   write_at(file->fd, &batch, sizeof(batch), mirror) &&
		   write_at(file->fd, vlog.votes.data, (size_t) vlog.votes.len, mirror + content);
}

/* Never a PANIC: the server's other databases go on (A19). */
static bool
lose(const LogFile *file)
{
	FileHeader lost = file->header;

	ereport(LOG, (errcode_for_file_access(),
				  errmsg("could not write the vote log \"%s\": %m", file->path),
				  errhint("The node stops voting. Mend the disk, then let it rejoin with a new "
						  "voting key.")));
	vlog.open = false;
	lost.lost = 1;
	lost.crc = checksum(&lost, offsetof(FileHeader, crc));
	(void) write_at(file->fd, &lost, sizeof(lost), 0);
	(void) write_at(file->fd, &lost, sizeof(lost), HEADER_COPY);
	return false;
}

static bool
sync_file(const LogFile *file)
{
	struct timespec from;
	struct timespec to;
	bool done;

	if (switch_disk_us() > 0)
		pg_usleep(switch_disk_us());
	clock_gettime(CLOCK_MONOTONIC, &from);
	done = fdatasync(file->fd) == 0;
	clock_gettime(CLOCK_MONOTONIC, &to);
	vlog.stats.sync_us +=
		(uint64_t) ((to.tv_sec - from.tv_sec) * 1000000 + (to.tv_nsec - from.tv_nsec) / 1000);
	return done;
}

static bool
commit_batch(LogFile *file)
{
	if (!write_batch(file, vlog.primary, vlog.mirror) || !sync_file(file))
		return lose(file);
	vlog.primary =
		aligned(vlog.primary + (off_t) sizeof(BatchHeader) + vlog.votes.len + vlog.bodies.len);
	vlog.mirror = aligned(vlog.mirror + (off_t) sizeof(BatchHeader) + vlog.votes.len);
	vlog.number++;
	vlog.stats.batches++;
	vlog.stats.bytes += (uint64_t) (2 * vlog.votes.len + vlog.bodies.len);
	resetStringInfo(&vlog.votes);
	resetStringInfo(&vlog.bodies);
	return true;
}

bool
votelog_sync(void)
{
	if (!vlog.open || (vlog.votes.len == 0 && vlog.bodies.len == 0))
		return vlog.open;
	return commit_batch(&vlog.files[vlog.current]);
}

/* ---- snapshots ---------------------------------------------------------------------------------
 */

bool
votelog_full(void)
{
	return vlog.open && (vlog.primary > PRIMARY_FULL || vlog.mirror > MIRROR_FULL);
}

void
votelog_begin_snapshot(void)
{
	Assert(vlog.votes.len == 0 && vlog.bodies.len == 0);
	vlog.snapshot = true;
}

/* The new file first, whole and synced; then the old one says that it is over. */
bool
votelog_end_snapshot(void)
{
	LogFile *old = &vlog.files[vlog.current];
	LogFile *new = &vlog.files[1 - vlog.current];

	new->header.generation = old->header.generation + 1;
	new->header.superseded = 0;
	vlog.number = 0;
	vlog.primary = PRIMARY_AT;
	vlog.mirror = MIRROR_AT;
	if (!commit_batch(new) || !write_header(new))
		return lose(old);
	old->header.superseded = 1;
	if (!write_header(old))
		return lose(new);
	vlog.current = 1 - vlog.current;
	vlog.snapshot = false;
	vlog.stats.snapshots++;
	return true;
}

const VoteLogStats *
votelog_stats(void)
{
	return &vlog.stats;
}
