/*
 * recovery_file_pg.c - statements and recoveries as bytes, and what a node and its identity key
 * remember of them in the state directory.
 */
#include "node/recovery_pg.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/errors_pg.h"
#include "node/guc_pg.h"
#include "storage/fd.h"

#define FILE_STATEMENT "recovery.statement"
#define FILE_SIGNED "recovery.signed"

/* ---- bytes -------------------------------------------------------------------------------------
 */

void
recovery_open(McSpan bytes, const char *tag, RecoveryParts *parts)
{
	size_t at = RECOVERY_TAG_SIZE + 4;
	size_t behind = strcmp(tag, RECOVERY_DOCUMENT) == 0 ? PBFT_SIGNATURE_SIZE : 0;
	size_t size = bytes.size >= at ? get_be32(bytes.data + RECOVERY_TAG_SIZE) : 0;

	if (bytes.size < at || memcmp(bytes.data, tag, RECOVERY_TAG_SIZE) != 0 ||
		size > bytes.size - at || behind > bytes.size - at - size)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("these %zu bytes are no %s", bytes.size,
						behind > 0 ? "recovery" : "statement for a recovery"),
				 errhint(behind > 0
							 ? "mesctl recovery assemble, or mes.assemble_recovery(), makes one."
							 : "mesctl recovery attest, or mes.recovery_statement(), makes one.")));
	parts->document = span_of(bytes.data + at, size);
	parts->signature = behind > 0 ? bytes.data + at + size : NULL;
	parts->blocks = span_of(bytes.data + at + size + behind, bytes.size - at - size - behind);
}

void
recovery_put(StringInfo out, const char *tag, McSpan document, const uint8_t *signature,
			 McSpan blocks)
{
	uint8_t size[4];

	put_be32(size, (uint32_t) document.size);
	appendBinaryStringInfo(out, tag, RECOVERY_TAG_SIZE);
	appendBinaryStringInfo(out, (const char *) size, sizeof(size));
	appendBinaryStringInfo(out, (const char *) document.data, (int) document.size);
	if (signature != NULL)
		appendBinaryStringInfo(out, (const char *) signature, PBFT_SIGNATURE_SIZE);
	appendBinaryStringInfo(out, (const char *) blocks.data, (int) blocks.size);
}

bool
recovery_next_block(McSpan *blocks, McSpan *record, PbftHeader *header, McHash *hash)
{
	McProblem problem;
	uint32_t size;

	if (blocks->size < 4)
		return false;
	size = get_be32(blocks->data);
	if (size < PBFT_HEADER_SIZE || size > blocks->size - 4 ||
		pbft_header_decode(span_of(blocks->data + 4, PBFT_HEADER_SIZE), header, &problem) != MC_OK)
		return false;
	*record = span_of(blocks->data + 4, size);
	pbft_header_hash(header, hash);
	*blocks = span_of(blocks->data + 4 + size, blocks->size - 4 - size);
	return true;
}

/* ---- files -------------------------------------------------------------------------------------
 */

void
recovery_write_file(const char *name, McSpan bytes)
{
	char path[MAXPGPATH];
	char fresh[MAXPGPATH];
	int file;

	snprintf(path, MAXPGPATH, "%s/%s", guc_state_directory, name);
	snprintf(fresh, MAXPGPATH, "%s/%s.new", guc_state_directory, name);
	file = OpenTransientFilePerm(fresh, O_RDWR | O_CREAT | O_TRUNC | PG_BINARY, S_IRUSR | S_IWUSR);
	if (file < 0 || write(file, bytes.data, bytes.size) != (ssize_t) bytes.size)
		ereport(ERROR,
				(errcode_for_file_access(), errmsg("could not write file \"%s\": %m", fresh)));
	CloseTransientFile(file);
	durable_rename(fresh, path, ERROR); /* syncs both */
}

McSpan
recovery_read_file(const char *name)
{
	char path[MAXPGPATH];
	struct stat found;
	char *data;
	int file;

	snprintf(path, MAXPGPATH, "%s/%s", guc_state_directory, name);
	file = OpenTransientFile(path, O_RDONLY | PG_BINARY);
	if (file < 0 && errno == ENOENT)
		return span_of(NULL, 0);
	if (file < 0 || fstat(file, &found) != 0)
		ereport(ERROR, (errcode_for_file_access(), errmsg("could not read file \"%s\": %m", path)));
	data = MemoryContextAllocHuge(CurrentMemoryContext, (Size) found.st_size + 1);
	if (read(file, data, (size_t) found.st_size) != found.st_size)
		ereport(ERROR, (errcode_for_file_access(), errmsg("could not read file \"%s\": %m", path)));
	CloseTransientFile(file);
	return span_of(data, (size_t) found.st_size);
}

/* ---- the statement that this node made ---------------------------------------------------------
 */

void
recovery_keep_statement(const uint8_t voting_key[SUITE_PUBLIC_SIZE], bool witness, McSpan statement)
{
	StringInfoData kept;

	initStringInfo(&kept);
	appendBinaryStringInfo(&kept, (const char *) voting_key, SUITE_PUBLIC_SIZE);
	appendStringInfoChar(&kept, witness ? 1 : 0);
	appendBinaryStringInfo(&kept, (const char *) statement.data, (int) statement.size);
	recovery_write_file(FILE_STATEMENT, span_of(kept.data, (size_t) kept.len));
	pfree(kept.data);
}

bool
recovery_kept_statement(const uint8_t voting_key[SUITE_PUBLIC_SIZE], bool *witness,
						PbftAttest *attest, McSpan *statement)
{
	McSpan kept = recovery_read_file(FILE_STATEMENT);
	RecoveryParts parts;
	McProblem problem;

	if (kept.size <= SUITE_PUBLIC_SIZE + 1 || memcmp(kept.data, voting_key, SUITE_PUBLIC_SIZE) != 0)
		return false;
	*witness = kept.data[SUITE_PUBLIC_SIZE] != 0;
	*statement = span_of(kept.data + SUITE_PUBLIC_SIZE + 1, kept.size - SUITE_PUBLIC_SIZE - 1);
	recovery_open(*statement, RECOVERY_STATEMENT, &parts);
	problem_check(pbft_attest_decode(parts.document, attest, &problem), &problem);
	return true;
}

/* ---- what the identity key signed --------------------------------------------------------------
 */

void
recovery_record_signature(const PbftAttest *attest)
{
	uint8_t fresh[PBFT_CHAIN_ID_SIZE + 8 + HASH_SIZE];
	uint8_t signed_bytes[PBFT_DOCUMENT_SIGNED_SIZE];
	McSpan before = recovery_read_file(FILE_SIGNED);
	McProblem problem;
	uint64_t last;

	pbft_attest_signed(attest, signed_bytes);
	memcpy(fresh, attest->chain_id, PBFT_CHAIN_ID_SIZE);
	put_be64(fresh + PBFT_CHAIN_ID_SIZE, attest->resume_no);
	memcpy(fresh + PBFT_CHAIN_ID_SIZE + 8, signed_bytes + PBFT_DOCUMENT_SIGNED_SIZE - HASH_SIZE,
		   HASH_SIZE);
	if (before.size == sizeof(fresh) && memcmp(before.data, fresh, PBFT_CHAIN_ID_SIZE) == 0)
	{
		if (memcmp(before.data, fresh, sizeof(fresh)) == 0)
			return;
		last = get_be64(before.data + PBFT_CHAIN_ID_SIZE);
		if (attest->resume_no <= last)
			problem_check(status_problem(&problem, MC_RECOVERY_SIGNED, (int64_t) attest->resume_no,
										 (int64_t) last),
						  &problem);
	}
	recovery_write_file(FILE_SIGNED, span_of(fresh, sizeof(fresh)));
}
