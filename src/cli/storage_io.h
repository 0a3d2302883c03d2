/*
 * storage_io.h - files, threads and progress of `mesctl storage`. Every failure is fatal: it prints
 * what it was about and ends the program with status 1; what was written can be resumed.
 */
#ifndef MESCHAIN_CLI_STORAGE_IO_H
#define MESCHAIN_CLI_STORAGE_IO_H

#include "base/bytes.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>

#define STORAGE_PATH_MAX 4096

extern void storage_fail(const char *format, ...)
	__attribute__((format(printf, 1, 2), noreturn));

/* "DIRECTORY/NAME", the name as printf makes it. */
extern void storage_path(char out[STORAGE_PATH_MAX], const char *directory, const char *name, ...)
	__attribute__((format(printf, 3, 4)));

extern void storage_make_directory(const char *path);
extern void *storage_allocate(size_t size); /* zeros, in large pages when it is large */
extern void storage_release(void *memory, size_t size);

typedef struct StorageMap
{
	uint8_t *data;
	size_t size;
} StorageMap;

extern bool storage_exists(const char *path);
extern uint64_t storage_file_size(const char *path); /* 0 when there is none */
extern StorageMap storage_map(const char *path); /* for reading, the next one for writing */
extern StorageMap storage_map_sized(const char *path, uint64_t size, bool *was_there);
extern void storage_unmap(StorageMap *map, bool to_disk);
extern int storage_open(const char *path, int flags);
extern void storage_write_at(int file, const void *data, size_t size, uint64_t offset,
							 const char *path);
extern void storage_sync(int file, const char *path);
/*
 * Numbers N of the entries PREFIX-N of a directory, ascending; returns how many, at most maximum.
 */
extern size_t storage_list_numbers(const char *directory, const char *prefix, uint64_t *numbers,
								   size_t maximum);
/* Whole small files: written beside and renamed, so that one is complete or absent. */
extern void storage_write_whole(const char *path, const void *data, size_t size);

/* Calls run(context, job) for every job below count on so many threads, until all are done. */
extern void storage_run(unsigned threads, uint64_t count, void (*run)(void *context, uint64_t job),
						void *context);
extern unsigned storage_processors(void);
extern uint64_t storage_memory_available(void); /* bytes; UINT64_MAX where nobody says */

/* A bar on the terminal, silence elsewhere. Units are bytes; any thread may add. */
typedef struct StorageProgress
{
	const char *what;
	uint64_t total;
	uint64_t at_start; /* done in an earlier run */
	_Atomic uint64_t done;
	_Atomic int64_t next_us;
	int64_t started_us;
} StorageProgress;

extern void storage_progress_start(StorageProgress *progress, const char *what, uint64_t total,
								   uint64_t already);
extern void storage_progress_add(StorageProgress *progress, uint64_t bytes);
extern void storage_progress_end(StorageProgress *progress);

#endif
