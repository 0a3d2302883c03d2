/*
 * storage_io.c - files, threads and progress of `mesctl storage`. Knows nothing of proofs.
 */
#include "cli/storage_io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LARGE_PAGE (2u << 20)
#define THREADS_MAX 256
#define BAR_WIDTH 30
#define BAR_INTERVAL_US 200000

void
storage_fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("mesctl storage: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	exit(EXIT_FAILURE);
}

void
storage_path(char out[STORAGE_PATH_MAX], const char *directory, const char *name, ...)
{
	int used = snprintf(out, STORAGE_PATH_MAX, "%s/", directory);
	size_t room = used >= 0 && used < STORAGE_PATH_MAX ? (size_t) (STORAGE_PATH_MAX - used) : 0;
	va_list arguments;
	int added;

	va_start(arguments, name);
	added = room > 0 ? vsnprintf(out + used, room, name, arguments) : -1;
	va_end(arguments);
	if (added < 0 || (size_t) added >= room)
		storage_fail("a path in \"%s\" is too long", directory);
}

void
storage_make_directory(const char *path)
{
	if (mkdir(path, 0777) != 0 && errno != EEXIST)
		storage_fail("cannot make directory \"%s\": %s", path, strerror(errno));
}

void *
storage_allocate(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		storage_fail("no memory for %zu bytes", size);
	/* random reads all over a layer: with small pages each would miss the address cache too */
	if (size >= LARGE_PAGE)
		madvise(memory, size, MADV_HUGEPAGE);
	return memory;
}

void
storage_release(void *memory, size_t size)
{
	munmap(memory, size);
}

bool
storage_exists(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0;
}

uint64_t
storage_file_size(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 ? (uint64_t) status.st_size : 0;
}

int
storage_open(const char *path, int flags)
{
	int file = open(path, flags | O_CLOEXEC, 0666);

	if (file < 0)
		storage_fail("cannot open \"%s\": %s", path, strerror(errno));
	return file;
}

static StorageMap
map_file(int file, const char *path, uint64_t size, int protection)
{
	StorageMap map = { NULL, (size_t) size };

	if (size > 0)
		map.data = mmap(NULL, map.size, protection, MAP_SHARED, file, 0);
	if (map.data == MAP_FAILED)
		storage_fail("cannot map \"%s\": %s", path, strerror(errno));
	close(file);
	return map;
}

StorageMap
storage_map(const char *path)
{
	return map_file(storage_open(path, O_RDONLY), path, storage_file_size(path), PROT_READ);
}

StorageMap
storage_map_sized(const char *path, uint64_t size, bool *was_there)
{
	int file = storage_open(path, O_RDWR | O_CREAT);

	*was_there = storage_file_size(path) == size;
	if (!*was_there && (ftruncate(file, 0) != 0 || ftruncate(file, (off_t) size) != 0))
		storage_fail("cannot make \"%s\" %llu bytes long: %s", path, (unsigned long long) size,
					 strerror(errno));
	return map_file(file, path, size, PROT_READ | PROT_WRITE);
}

void
storage_unmap(StorageMap *map, bool to_disk)
{
	if (map->size > 0)
	{
		if (to_disk && msync(map->data, map->size, MS_SYNC) != 0)
			storage_fail("cannot write to disk: %s", strerror(errno));
		munmap(map->data, map->size);
	}
	map->data = NULL;
	map->size = 0;
}

void
storage_write_at(int file, const void *data, size_t size, uint64_t offset, const char *path)
{
	const uint8_t *at = data;

	while (size > 0)
	{
		ssize_t written = pwrite(file, at, size, (off_t) offset);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			storage_fail("cannot write to \"%s\": %s", path, strerror(errno));
		at += written;
		size -= (size_t) written;
		offset += (uint64_t) written;
	}
}

void
storage_sync(int file, const char *path)
{
	if (fdatasync(file) != 0)
		storage_fail("cannot write \"%s\" to disk: %s", path, strerror(errno));
}

void
storage_write_whole(const char *path, const void *data, size_t size)
{
	char beside[STORAGE_PATH_MAX];
	int file;

	if (snprintf(beside, sizeof(beside), "%s.new", path) >= (int) sizeof(beside))
		storage_fail("path \"%s\" is too long", path);
	file = storage_open(beside, O_WRONLY | O_CREAT | O_TRUNC);
	storage_write_at(file, data, size, 0, beside);
	storage_sync(file, beside);
	close(file);
	if (rename(beside, path) != 0)
		storage_fail("cannot rename \"%s\": %s", beside, strerror(errno));
}

typedef struct Work
{
	_Atomic uint64_t next;
	uint64_t count;
	void (*run)(void *context, uint64_t job);
	void *context;
} Work;

static void *
work_through(void *argument)
{
	Work *work = argument;

	for (;;)
	{
		uint64_t job = atomic_fetch_add(&work->next, 1);

		if (job >= work->count)
			return NULL;
		work->run(work->context, job);
	}
}

void
storage_run(unsigned threads, uint64_t count, void (*run)(void *context, uint64_t job),
			void *context)
{
	Work work = { 0, count, run, context };
	pthread_t started[THREADS_MAX];
	unsigned others = 0;

	while (others + 1 < threads && others < THREADS_MAX && others + 1 < count &&
		   pthread_create(&started[others], NULL, work_through, &work) == 0)
		others++;
	work_through(&work);
	for (unsigned i = 0; i < others; i++)
		pthread_join(started[i], NULL);
}

unsigned
storage_processors(void)
{
	long found = sysconf(_SC_NPROCESSORS_ONLN);

	return found < 1 ? 1 : found > THREADS_MAX ? THREADS_MAX : (unsigned) found;
}

uint64_t
storage_memory_available(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	unsigned long long kilobytes;
	uint64_t found = UINT64_MAX;
	char line[128];

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "MemAvailable: %llu kB", &kilobytes) == 1)
			found = (uint64_t) kilobytes * 1024;
	if (file != NULL)
		fclose(file);
	return found;
}

static int
compare_numbers(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *) left;
	uint64_t b = *(const uint64_t *) right;

	return (a > b) - (a < b);
}

size_t
storage_list_numbers(const char *directory, const char *prefix, uint64_t *numbers, size_t maximum)
{
	DIR *entries = opendir(directory);
	size_t length = strlen(prefix);
	size_t count = 0;

	if (entries == NULL)
		storage_fail("cannot read \"%s\": %s", directory, strerror(errno));
	for (struct dirent *entry; count < maximum && (entry = readdir(entries)) != NULL;)
	{
		const char *digits = entry->d_name + length + 1;

		if (strncmp(entry->d_name, prefix, length) == 0 && entry->d_name[length] == '-' &&
			*digits != '\0' && strspn(digits, "0123456789") == strlen(digits))
			numbers[count++] = strtoull(digits, NULL, 10);
	}
	closedir(entries);
	qsort(numbers, count, sizeof(numbers[0]), compare_numbers);
	return count;
}

static int64_t
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t) now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void
draw_bar(const StorageProgress *progress, uint64_t done, int64_t now)
{
	double part = progress->total ? (double) done / (double) progress->total : 1;
	double seconds = (double) (now - progress->started_us) / 1e6;
	double rate = seconds > 0 ? (double) (done - progress->at_start) / seconds : 0;
	char bar[BAR_WIDTH + 1];

	for (int i = 0; i < BAR_WIDTH; i++)
		bar[i] = i < (int) (part * BAR_WIDTH) ? '#' : '.';
	bar[BAR_WIDTH] = '\0';
	fprintf(stderr, "\r%s [%s] %3d %%  %.1f MiB/s  %.0f s left   ", progress->what, bar,
			(int) (part * 100), rate / (1 << 20),
			rate > 0 ? (double) (progress->total - done) / rate : 0);
}

void
storage_progress_start(StorageProgress *progress, const char *what, uint64_t total,
					   uint64_t already)
{
	progress->what = what;
	progress->total = total;
	progress->at_start = already;
	progress->started_us = now_us();
	atomic_store(&progress->done, already);
	atomic_store(&progress->next_us, isatty(STDERR_FILENO) ? 0 : INT64_MAX);
}

void
storage_progress_add(StorageProgress *progress, uint64_t bytes)
{
	uint64_t done = atomic_fetch_add(&progress->done, bytes) + bytes;
	int64_t next = atomic_load(&progress->next_us);
	int64_t now;

	if (next == INT64_MAX)
		return;
	now = now_us();
	/* of the threads that find it due, one draws */
	if (now >= next &&
		atomic_compare_exchange_strong(&progress->next_us, &next, now + BAR_INTERVAL_US))
		draw_bar(progress, done, now);
}

void
storage_progress_end(StorageProgress *progress)
{
	if (atomic_load(&progress->next_us) == INT64_MAX)
		return;
	draw_bar(progress, atomic_load(&progress->done), now_us());
	fputc('\n', stderr);
}
