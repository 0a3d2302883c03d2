/*
 * file.c - whole files in and out.
 */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

McSpan
cli_read(const char *path, size_t maximum)
{
	int file = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	uint8_t *content = cli_alloc(maximum + 1);
	size_t size = 0;
	ssize_t got = 1;

	if (file < 0)
		cli_fail("cannot read \"%s\": %s", path, strerror(errno));
	while (got > 0 && size <= maximum)
	{
		got = read(file, content + size, maximum + 1 - size);
		if (got < 0)
			cli_fail("cannot read \"%s\": %s", path, strerror(errno));
		size += (size_t) got;
	}
	if (size > maximum)
		cli_fail("\"%s\" is larger than %zu bytes", path, maximum);
	content[size] = '\0';
	if (file != STDIN_FILENO)
		close(file);
	return span_of(content, size);
}

static void
write_all(int file, const char *path, McSpan content)
{
	for (size_t done = 0; done < content.size;)
	{
		ssize_t wrote = write(file, content.data + done, content.size - done);

		if (wrote < 0)
			cli_fail("cannot write \"%s\": %s", path, strerror(errno));
		done += (size_t) wrote;
	}
}

static void
sync_directory_of(const char *path)
{
	int directory = open(dirname(cli_format("%s", path)), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (directory < 0 || fsync(directory) != 0)
		cli_fail("cannot make \"%s\" durable: %s", path, strerror(errno));
	close(directory);
}

void
cli_write_secret(const char *path, McSpan content)
{
	int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);

	if (file < 0 && errno == EEXIST)
		cli_fail("\"%s\" exists already and is not overwritten; name a new file", path);
	if (file < 0)
		cli_fail("cannot make \"%s\": %s", path, strerror(errno));
	write_all(file, path, content);
	if (fsync(file) != 0 || close(file) != 0)
		cli_fail("cannot make \"%s\" durable: %s", path, strerror(errno));
	sync_directory_of(path);
}

void
cli_write(const char *path, McSpan content)
{
	int file;

	fflush(stdout);
	if (strcmp(path, "-") == 0)
	{
		write_all(STDOUT_FILENO, "stdout", content);
		return;
	}
	file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (file < 0)
		cli_fail("cannot write \"%s\": %s", path, strerror(errno));
	write_all(file, path, content);
	if (close(file) != 0)
		cli_fail("cannot write \"%s\": %s", path, strerror(errno));
}

char *
cli_next_line(char **text)
{
	char *line = *text;
	char *end;

	if (line == NULL || *line == '\0')
		return NULL;
	end = strchr(line, '\n');
	*text = end != NULL ? end + 1 : NULL;
	if (end != NULL)
		*end = '\0';
	return line;
}

size_t
cli_split(char *line, char **words, size_t maximum)
{
	size_t count = 0;

	while (line != NULL && count < maximum)
		words[count++] = strsep(&line, " ");
	return count;
}
