/*
 * votelog_file_pg.c - the vote log's two files: their headers, which bind them to a key, a cluster
 * and a place, and their making.
 */
#include "node/votelog_private_pg.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access/xlog.h"
#include "miscadmin.h"
#include "node/guc_pg.h"
#include "node/keys_pg.h"
#include "storage/fd.h"

/* ---- identity ----------------------------------------------------------------------------------
 */

void
votelog_machine_id(uint8_t out[16])
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

bool
votelog_place_of(int fd, uint64_t *inode, uint64_t *born_ns)
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

pg_crc32c
votelog_checksum(const void *data, size_t size)
{
	pg_crc32c crc;

	INIT_CRC32C(crc);
	COMP_CRC32C(crc, data, size);
	FIN_CRC32C(crc);
	return crc;
}

bool
votelog_write_at(int fd, const void *data, size_t size, off_t at)
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

bool
votelog_read_at(int fd, void *data, size_t size, off_t at)
{
	return pread(fd, data, size, at) == (ssize_t) size;
}

bool
votelog_write_header(LogFile *file)
{
	char page[HEADER_SIZE] = { 0 };

	file->header.crc = votelog_checksum(&file->header, offsetof(FileHeader, crc));
	memcpy(page, &file->header, sizeof(FileHeader));
	return votelog_write_at(file->fd, page, HEADER_SIZE, 0) &&
		   votelog_write_at(file->fd, page, HEADER_SIZE, HEADER_COPY) && fdatasync(file->fd) == 0;
}

bool
votelog_read_header_at(LogFile *file, off_t at)
{
	return votelog_read_at(file->fd, &file->header, sizeof(FileHeader), at) &&
		   file->header.magic == FILE_MAGIC &&
		   file->header.crc == votelog_checksum(&file->header, offsetof(FileHeader, crc));
}

void
votelog_file_path(const uint8_t voting_key[SUITE_PUBLIC_SIZE], int which, char path[MAXPGPATH])
{
	char name[2 * 8 + 1];

	hex_format(voting_key, 8, name);
	snprintf(path, MAXPGPATH, "%s/votes.%s.%d", guc_state_directory, name, which);
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

	votelog_file_path(model->voting_key, which, file.path);
	file.fd =
		OpenTransientFilePerm(file.path, O_RDWR | O_CREAT | O_EXCL | PG_BINARY, S_IRUSR | S_IWUSR);
	if (file.fd < 0)
		cannot_create(file.path);
	/* written through once, so that a vote's fdatasync has no file size to bring along */
	for (off_t at = 0; at < PRIMARY_FULL; at += 1024 * 1024)
		if (!votelog_write_at(file.fd, zeros, 1024 * 1024, at))
			cannot_create(file.path);
	if (!votelog_place_of(file.fd, &file.header.inode, &file.header.born_ns))
		cannot_create(file.path);
	file.header.generation = (uint64_t) which;
	file.header.superseded = which == 1; /* the first file is the one in use */
	if (!votelog_write_header(&file) || pg_fsync(file.fd) != 0)
		cannot_create(file.path);
	CloseTransientFile(file.fd);
	pfree(zeros);
}

void
votelog_create(const uint8_t voting_key[SUITE_PUBLIC_SIZE], uint8_t log_uuid[VOTELOG_UUID_SIZE])
{
	FileHeader model = { .magic = FILE_MAGIC, .system_identifier = GetSystemIdentifier() };

	keys_random(model.log_uuid, VOTELOG_UUID_SIZE);
	memcpy(log_uuid, model.log_uuid, VOTELOG_UUID_SIZE);
	memcpy(model.voting_key, voting_key, SUITE_PUBLIC_SIZE);
	votelog_machine_id(model.machine);
	create_file(0, &model);
	create_file(1, &model);
	fsync_fname(guc_state_directory, true);
}

void
votelog_remove(const uint8_t voting_key[SUITE_PUBLIC_SIZE])
{
	for (int which = 0; which < 2; which++)
	{
		char path[MAXPGPATH];

		votelog_file_path(voting_key, which, path);
		if (unlink(path) != 0 && errno != ENOENT)
			ereport(LOG, (errcode_for_file_access(), errmsg("could not remove \"%s\": %m", path)));
	}
}

static bool
file_unused(const uint8_t voting_key[SUITE_PUBLIC_SIZE], int which, FileHeader *header)
{
	static const uint8_t none[PBFT_INSTANCE_SIZE];
	LogFile file = { 0 };
	uint64_t inode = 0;
	uint64_t born_ns = 0;
	uint8_t machine[16];
	bool good;

	votelog_file_path(voting_key, which, file.path);
	file.fd = OpenTransientFile(file.path, O_RDONLY | PG_BINARY);
	if (file.fd < 0)
		return false;
	votelog_machine_id(machine);
	good = votelog_read_header_at(&file, 0) && votelog_place_of(file.fd, &inode, &born_ns);
	CloseTransientFile(file.fd);
	*header = file.header;
	return good && header->lost == 0 && header->inode == inode && header->born_ns == born_ns &&
		   header->system_identifier == GetSystemIdentifier() &&
		   memcmp(header->machine, machine, sizeof(machine)) == 0 &&
		   memcmp(header->voting_key, voting_key, SUITE_PUBLIC_SIZE) == 0 &&
		   memcmp(header->instance, none, sizeof(none)) == 0;
}

bool
votelog_unused(const uint8_t voting_key[SUITE_PUBLIC_SIZE], uint8_t log_uuid[VOTELOG_UUID_SIZE])
{
	FileHeader first;
	FileHeader second;

	if (!file_unused(voting_key, 0, &first) || !file_unused(voting_key, 1, &second) ||
		memcmp(first.log_uuid, second.log_uuid, VOTELOG_UUID_SIZE) != 0)
		return false;
	memcpy(log_uuid, first.log_uuid, VOTELOG_UUID_SIZE);
	return true;
}
