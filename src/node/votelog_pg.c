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
#include "node/votelog_private_pg.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "access/xlog.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "node/guc_pg.h"
#include "node/switches_pg.h"
#include "storage/fd.h"
#include "utils/memutils.h"

static struct
{
	bool open;
	bool ours; /* locked, and its headers agree with this node */
	LogFile files[2];
	int current;
	uint64_t number; /* of the next batch */
	off_t primary;
	off_t mirror;
	bool snapshot;
	StringInfoData votes;
	StringInfoData bodies;
	StringInfoData batch; /* as it is written */
	VoteLogStats stats;
	int64 lately_us; /* a moving mean of what a sync takes */
} vlog;

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

	votelog_machine_id(machine);
	if (header->lost == LOG_FENCED)
		return "the vote log had forgotten a vote";
	if (header->lost == LOG_DIVERGED)
		return "this node signed another result than the quorum";
	if (header->lost != 0)
		return "an earlier write to the vote log failed";
	if (memcmp(header->voting_key, owner->voting_key, SUITE_PUBLIC_SIZE) != 0)
		return "the vote log belongs to another voting key";
	if (memcmp(header->chain_id, owner->chain_id, CHAIN_ID_SIZE) != 0 &&
		memcmp(header->chain_id, no_chain, CHAIN_ID_SIZE) != 0)
		return "the vote log belongs to another chain";
	if (header->system_identifier != GetSystemIdentifier())
		return "the vote log belongs to another database cluster";
	if (!votelog_place_of(file->fd, &inode, &born_ns) || inode != header->inode ||
		born_ns != header->born_ns)
		return "the vote log is a copy";
	if (memcmp(machine, header->machine, sizeof(machine)) != 0)
		return "the vote log comes from another machine";
	return NULL;
}

static const char *
open_file(const VoteLogOwner *owner, int which)
{
	LogFile *file = &vlog.files[which];

	votelog_file_path(owner->voting_key, which, file->path);
	file->fd = open(file->path, O_RDWR | O_CLOEXEC);
	if (file->fd < 0)
		return "the vote log is missing";
	if (flock(file->fd, LOCK_EX | LOCK_NB) != 0)
		return "another server uses the vote log";
	file->good = votelog_read_header_at(file, 0) || votelog_read_header_at(file, HEADER_COPY);
	return NULL;
}

/* ---- reading -----------------------------------------------------------------------------------
 */

static bool
batch_good(const BatchHeader *batch, uint64_t generation, uint64_t number)
{
	return batch->magic == BATCH_MAGIC && batch->generation == generation &&
		   batch->number == number &&
		   batch->crc == votelog_checksum(batch, offsetof(BatchHeader, crc));
}

static char *
read_part(int fd, uint32_t size, pg_crc32c crc, off_t at)
{
	char *bytes = MemoryContextAllocHuge(CurrentMemoryContext, Max(size, 1));

	if (votelog_read_at(fd, bytes, size, at) && votelog_checksum(bytes, size) == crc)
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

		if (votelog_read_at(file->fd, &batch, sizeof(batch), at) && batch.number > number &&
			batch_good(&batch, file->header.generation, batch.number))
			return true;
	}
	for (off_t at = vlog.primary; at < end; at += BATCH_ALIGN)
	{
		BatchHeader batch;

		if (votelog_read_at(file->fd, &batch, sizeof(batch), at) && batch.number > number &&
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

	if (votelog_read_at(file->fd, &primary, sizeof(primary), vlog.primary) &&
		batch_good(&primary, generation, vlog.number))
	{
		batch = &primary;
		votes = read_part(file->fd, batch->votes_size, batch->votes_crc,
						  vlog.primary + (off_t) sizeof(BatchHeader));
	}
	if (votes == NULL && votelog_read_at(file->fd, &mirror, sizeof(mirror), vlog.mirror) &&
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

void
votelog_close(void)
{
	for (int i = 0; i < 2; i++)
		if (vlog.files[i].path[0] != '\0' && vlog.files[i].fd >= 0)
			close(vlog.files[i].fd);
	memset(vlog.files, 0, sizeof(vlog.files));
	vlog.open = vlog.ours = vlog.snapshot = false;
}

/* The files, locked, and that they are this node's; NULL: they are. */
static const char *
open_files(const VoteLogOwner *owner)
{
	const char *why = NULL;

	vlog.files[0].fd = vlog.files[1].fd = -1;
	for (int i = 0; i < 2 && why == NULL; i++)
		why = open_file(owner, i);
	if (why == NULL)
		why = choose_file();
	for (int i = 0; i < 2 && why == NULL; i++)
		why = check_header(&vlog.files[i], owner);
	if (why != NULL)
		return why;
	vlog.ours = true;
	for (int i = 0; i < 2; i++)
	{
		LogFile *file = &vlog.files[i];

		if (memcmp(file->header.chain_id, owner->chain_id, CHAIN_ID_SIZE) == 0)
			continue;
		memcpy(file->header.chain_id, owner->chain_id, CHAIN_ID_SIZE);
		if (!votelog_write_header(file))
			return "the vote log cannot be written";
	}
	return NULL;
}

/* Which instance's it is decides what it is good for (docs/pbft.md, Start 4). */
static VoteLogState
judge_instance(const VoteLogOwner *owner)
{
	static const uint8_t none[PBFT_INSTANCE_SIZE];
	const FileHeader *header = &vlog.files[vlog.current].header;

	if (memcmp(header->instance, none, PBFT_INSTANCE_SIZE) == 0)
		return owner->at_anchor ? VOTELOG_BEGINS : VOTELOG_WAITS;
	if (header->incarnation != owner->incarnation)
		return VOTELOG_FENCED;
	if (memcmp(header->instance, owner->instance, PBFT_INSTANCE_SIZE) == 0)
		return VOTELOG_GOES_ON;
	if (owner->at_anchor && memcmp(header->instance, owner->before, PBFT_INSTANCE_SIZE) == 0)
		return VOTELOG_BEGINS;
	return VOTELOG_FENCED;
}

static VoteLogState
open_log(const VoteLogOwner *owner, void (*take)(VoteLogRecord kind, McSpan record),
		 const char **why)
{
	bool was_open = vlog.open;
	VoteLogState state;

	if (!was_open)
		votelog_close();
	*why = was_open ? NULL : open_files(owner);
	if (*why != NULL)
		return VOTELOG_FENCED;
	state = judge_instance(owner);
	if (state == VOTELOG_FENCED)
		*why = "the vote log is of another epoch than the tables";
	else if (state == VOTELOG_GOES_ON && was_open)
		*why = "the epoch has begun in it before";
	else if (state == VOTELOG_GOES_ON)
		*why = read_file(&vlog.files[vlog.current], take);
	if (*why == NULL)
		return state;
	votelog_fence();
	return VOTELOG_FENCED;
}

VoteLogState
votelog_open(const VoteLogOwner *owner, void (*take)(VoteLogRecord kind, McSpan record),
			 const char **why)
{
	MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);
	VoteLogState state;

	if (vlog.votes.data == NULL)
	{
		initStringInfo(&vlog.votes);
		initStringInfo(&vlog.bodies);
		initStringInfo(&vlog.batch);
	}
	MemoryContextSwitchTo(old);
	resetStringInfo(&vlog.votes);
	resetStringInfo(&vlog.bodies);
	state = open_log(owner, take, why);
	vlog.open = state == VOTELOG_GOES_ON || state == VOTELOG_BEGINS;
	return state;
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

/*
 * What is in vlog.batch, and zeros to the end of its last page: the kernel reads a page before it
 * changes a part of it, unless it has it. What lies there is of an earlier generation, or zeros.
 */
static bool
write_pages(const LogFile *file, off_t at)
{
	int size = vlog.batch.len;
	int whole = (int) ((off_t) TYPEALIGN64(PAGE_ALIGN, at + size) - at);

	enlargeStringInfo(&vlog.batch, whole - size);
	memset(vlog.batch.data + size, 0, (size_t) (whole - size));
	return votelog_write_at(file->fd, vlog.batch.data, (size_t) whole, at);
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
		.votes_crc = votelog_checksum(vlog.votes.data, (size_t) vlog.votes.len),
		.bodies_crc = votelog_checksum(vlog.bodies.data, (size_t) vlog.bodies.len),
		.snapshot = vlog.snapshot,
	};

	batch.crc = votelog_checksum(&batch, offsetof(BatchHeader, crc));
	resetStringInfo(&vlog.batch);
	appendBinaryStringInfo(&vlog.batch, (const char *) &batch, sizeof(batch));
	appendBinaryStringInfo(&vlog.batch, vlog.votes.data, vlog.votes.len);
	if (!write_pages(file, mirror))
		return false;
	appendBinaryStringInfo(&vlog.batch, vlog.bodies.data, vlog.bodies.len);
	return write_pages(file, primary);
}

/* In both copies, whether they can be synced or not. */
static void
mark_lost(const LogFile *file, uint32_t how)
{
	FileHeader lost = file->header;

	lost.lost = how;
	lost.crc = votelog_checksum(&lost, offsetof(FileHeader, crc));
	(void) votelog_write_at(file->fd, &lost, sizeof(lost), 0);
	(void) votelog_write_at(file->fd, &lost, sizeof(lost), HEADER_COPY);
}

/* Never a PANIC: the server's other databases go on (A19). */
static bool
lose(const LogFile *file)
{
	ereport(LOG, (errcode_for_file_access(),
				  errmsg("could not write the vote log \"%s\": %m", file->path),
				  errhint("The node stops voting. Mend the disk, then let it rejoin with a new "
						  "voting key.")));
	vlog.open = false;
	mark_lost(file, LOG_LOST);
	return false;
}

void
votelog_fence(void)
{
	vlog.open = false;
	for (int i = 0; i < 2 && vlog.ours; i++)
	{
		mark_lost(&vlog.files[i], LOG_FENCED);
		if (fdatasync(vlog.files[i].fd) != 0)
			ereport(LOG, (errcode_for_file_access(),
						  errmsg("could not sync \"%s\": %m", vlog.files[i].path)));
	}
}

static bool
sync_file(const LogFile *file)
{
	struct timespec from;
	struct timespec to;
	int64 took_us;
	bool done;

	clock_gettime(CLOCK_MONOTONIC, &from);
	if (switch_disk_us() > 0)
		pg_usleep(switch_disk_us());
	done = fdatasync(file->fd) == 0;
	clock_gettime(CLOCK_MONOTONIC, &to);
	took_us = (to.tv_sec - from.tv_sec) * 1000000 + (to.tv_nsec - from.tv_nsec) / 1000;
	vlog.stats.sync_us += (uint64_t) took_us;
	vlog.lately_us += (took_us - vlog.lately_us) / 8;
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
votelog_begin_snapshot(const VoteLogOwner *owner)
{
	const FileHeader *old = &vlog.files[vlog.current].header;
	FileHeader *new = &vlog.files[1 - vlog.current].header;

	/* what no sync was asked for yet stands in the snapshot too */
	resetStringInfo(&vlog.votes);
	resetStringInfo(&vlog.bodies);
	vlog.snapshot = true;
	memcpy(new->instance, owner != NULL ? owner->instance : old->instance, PBFT_INSTANCE_SIZE);
	new->incarnation = owner != NULL ? owner->incarnation : old->incarnation;
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
	if (!commit_batch(new) || !votelog_write_header(new))
		return lose(old);
	old->header.superseded = 1;
	if (!votelog_write_header(old))
		return lose(new);
	vlog.current = 1 - vlog.current;
	vlog.snapshot = false;
	vlog.stats.snapshots++;
	return true;
}

uint64_t
votelog_sync_time(void)
{
	return (uint64_t) vlog.lately_us;
}

const VoteLogStats *
votelog_stats(void)
{
	return &vlog.stats;
}
