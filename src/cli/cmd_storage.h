/*
 * cmd_storage.h - `mesctl storage seal | prove | split | join`: storage_sha (hashing in bulk),
 * storage_io (files, threads, progress), storage_tree, storage_sector and storage_seal (sealing),
 * storage_share and storage_split (Reed-Solomon); guarded by test/t/070_storage.pl and
 * test/bench/storage.sh.
 */
#ifndef MESCHAIN_CLI_CMD_STORAGE_H
#define MESCHAIN_CLI_CMD_STORAGE_H

/* argv[0] is "storage"; returns the program's status. */
extern int cmd_storage(int argc, char **argv);

#endif
