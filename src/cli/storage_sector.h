/*
 * storage_sector.h - sealing sectors into a directory and proving them from it (storage/seal.h).
 *
 *   DIR/sector-NNN/layer000 ... layer007   labels; a layer file's length is how far sealing got
 *                  replica                 the last layer, with the file's bytes in a file sector
 *                  data                    a file sector's bytes, padded with zeros
 *                  tree_c tree_r tree_d    caps of the trees over columns, replica and data
 *                  sector                  identity and roots, as text; there when all is done
 *
 * The layer files may be deleted once the sector's columns have been audited.
 */
#ifndef MESCHAIN_CLI_STORAGE_SECTOR_H
#define MESCHAIN_CLI_STORAGE_SECTOR_H

#include "cli/storage_tree.h"
#include "storage/seal.h"

typedef struct SealRequest
{
	const char *directory;
	const char *data_path; /* NULL: capacity */
	uint8_t chain_id[SEAL_CHAIN_ID_SIZE];
	uint8_t node_key[SEAL_NODE_KEY_SIZE];
	uint64_t first_sector;
	uint64_t sector_count;
	uint32_t lg_n;
	unsigned threads;
} SealRequest;

/* Seals what is not sealed yet, in pairs of sectors a thread; resumes what was interrupted. */
extern void storage_seal(const SealRequest *request);

/* ---- one sector on disk ---- */

typedef struct SectorFiles
{
	char directory[STORAGE_PATH_MAX];
	SealSector sector;
	McHash data_root; /* sector.data_root points here in a file sector */
	StorageMap layers[SEAL_LAYERS]; /* without data when the files are gone */
	StorageMap replica;
	StorageMap data;
	StorageMap caps[3];
	StorageTree column_tree;
	StorageTree replica_tree;
	StorageTree data_tree;
} SectorFiles;

/* Opens a finished sector for proving. */
extern void storage_sector_open(SectorFiles *files, const char *directory);
extern void storage_sector_close(SectorFiles *files);

/* For seal_prove() and seal_prove_column(); points into files. */
extern SealSource storage_sector_source(SectorFiles *files);

/* Leaf hashers of the three trees: self is the SectorFiles, its maps are open. */
extern void storage_sector_trees(SectorFiles *files);

/* Writes and prints the text that says a sector is complete. */
extern void storage_sector_finish(const SectorFiles *files);

#endif
