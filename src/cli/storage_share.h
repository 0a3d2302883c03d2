/*
 * storage_share.h - cutting files into Reed-Solomon shares and putting them together by ISA-L
 * (storage/por.h).
 *
 *   DIR/shares            the file's shape and all roots, as text; there when all is done
 *       share-NNN         a share
 *       share-NNN.tree    caps of its Merkle tree, which its holder needs to answer audits
 */
#ifndef MESCHAIN_CLI_STORAGE_SHARE_H
#define MESCHAIN_CLI_STORAGE_SHARE_H

#include "cli/storage_tree.h"
#include "storage/por.h"

/* The text: what an owner keeps of a file. */
typedef struct ShareList
{
	PorFile file;
	McHash roots[RS_SHARES_MAX];
} ShareList;

extern void storage_shares_read(const char *path, ShareList *list);

/* Resumes an interrupted run; prints the text. */
extern void storage_split(const char *file_path, const char *directory, uint32_t data_shards,
						  uint32_t shares, unsigned threads);

/* From any data_shards shares that are whole; damaged ones are named and left out. */
extern void storage_join(const char *directory, const char *file_path, unsigned threads);

/* One share as its holder keeps it. */
typedef struct ShareFiles
{
	StorageMap content;
	StorageMap caps;
	StorageTree tree;
} ShareFiles;

/* Makes the caps when their file is missing. */
extern void storage_share_open(ShareFiles *files, const char *path, unsigned threads);
extern void storage_share_close(ShareFiles *files);

/* Gives files, whose maps are open, its tree. */
extern void storage_share_attach(ShareFiles *files);

/* Maps a share and hashes all of it into memory; writes nothing. */
extern void storage_share_read(ShareFiles *files, const char *path, unsigned threads,
							   McHash *root);
extern void storage_share_forget(ShareFiles *files);

extern void storage_share_leaf(void *self, uint64_t index, uint8_t out[POR_LEAF_SIZE]);
extern void storage_share_subtree(void *self, uint64_t first, uint64_t count, McHash *out);

/* ---- ISA-L ---- */

typedef struct ShareCoder
{
	uint32_t inputs;
	uint32_t outputs;
	uint8_t *tables;
} ShareCoder;

/* Combines inputs into outputs by rows of coefficients, RS_DATA_MAX apart. */
extern void storage_coder_init(ShareCoder *coder, uint32_t inputs, uint32_t outputs,
							   const uint8_t (*rows)[RS_DATA_MAX]);
extern void storage_coder_run(const ShareCoder *coder, const uint8_t *const *in,
							  uint8_t *const *out, size_t size);
extern void storage_coder_free(ShareCoder *coder);

#endif
